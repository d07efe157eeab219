"""Rows of what people decided and measured carry a seal; datasets, experiments and models count their changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_SEALED = (
    "datasets", "dataset_versions", "experiments", "runs", "models", "model_versions", "aliases", "alias_moves",
    "endpoints", "deployments", "rollouts", "hosts", "jobs", "settings",
)  # fmt: skip


def upgrade() -> None:
    for table in ("datasets", "experiments", "models"):
        op.add_column(table, sa.Column("revision", sa.Integer, nullable=False, server_default="1"))
    for table in _SEALED:  # what the seals are is computed after the migration
        op.add_column(table, sa.Column("seal", sa.Text, nullable=False, server_default=""))
