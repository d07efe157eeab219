"""Hosts that are engines; deployments in containers; rollouts that may be cancelled; versions on trial."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "hosts",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("credentials", sa.Text, nullable=False),
        sa.Column("pinned", sa.Text, nullable=False),
        sa.Column("base_image", sa.Text, nullable=False),
        sa.Column("image_registry", sa.Text, nullable=False, server_default=""),
        sa.Column("registry_user", sa.Text, nullable=False, server_default=""),
        sa.Column("revision", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.add_column("endpoints", sa.Column("published", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("endpoints", sa.Column("trial", sa.Text))
    op.add_column("rollouts", sa.Column("trial", sa.Text))
    op.add_column("deployments", sa.Column("container", sa.Text))
    op.add_column("deployments", sa.Column("image", sa.Text, nullable=False, server_default=""))
    op.add_column("rollouts", sa.Column("cancelled_by", sa.Text, nullable=False, server_default=""))
