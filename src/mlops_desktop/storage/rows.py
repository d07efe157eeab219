"""Tables as typed rows, which never leave this room; `seq` is the order things came in, whatever the clock said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from mlops_desktop.domain.changes import ChangeKind
from mlops_desktop.domain.datasets import Column, ColumnProfile, Finding, Source, VersionDifference
from mlops_desktop.domain.deployments import (
    ContainerIdentity,
    DeploymentStatus,
    Health,
    RolloutKind,
    RolloutStep,
    StepTime,
    Trial,
)
from mlops_desktop.domain.experiments import Environment, Failure, MetricSummary, RunSpec, RunStatus, Task
from mlops_desktop.domain.hosts import HostKind
from mlops_desktop.domain.jobs import JobKind, JobStatus
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.storage.columns import FreeText, Nested, UtcTime, Word
from mlops_desktop.storage.seals import Sealed


class Base(DeclarativeBase):
    type_annotation_map = {str: Text(), datetime: UtcTime()}


def _seq() -> Mapped[int]:
    return mapped_column(primary_key=True, autoincrement=True, sort_order=-2)


def _id() -> Mapped[str]:
    return mapped_column(unique=True, sort_order=-1)


def _parent(column: str) -> Mapped[str]:
    return mapped_column(ForeignKey(column, ondelete="CASCADE"))


class DatasetRow(Sealed, Base):
    __tablename__ = "datasets"
    __table_args__ = {"sqlite_autoincrement": True}
    seq: Mapped[int] = _seq()
    id: Mapped[str] = _id()
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(FreeText)
    created_at: Mapped[datetime]
    trashed_at: Mapped[datetime | None]
    revision: Mapped[int]


class DatasetVersionRow(Sealed, Base):
    __tablename__ = "dataset_versions"
    __table_args__ = (UniqueConstraint("dataset_id", "number"), {"sqlite_autoincrement": True})
    seq: Mapped[int] = _seq()
    id: Mapped[str] = _id()
    dataset_id: Mapped[str] = _parent("datasets.id")
    number: Mapped[int]
    content_hash: Mapped[str]
    rows: Mapped[int]
    size: Mapped[int]
    columns: Mapped[tuple[Column, ...]] = mapped_column(Nested(tuple[Column, ...]))
    profiles: Mapped[tuple[ColumnProfile, ...]] = mapped_column(Nested(tuple[ColumnProfile, ...]))
    findings: Mapped[tuple[Finding, ...]] = mapped_column(Nested(tuple[Finding, ...]))
    source: Mapped[Source] = mapped_column(Nested(Source))
    difference: Mapped[VersionDifference | None] = mapped_column(Nested(VersionDifference))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(FreeText)


class ExperimentRow(Sealed, Base):
    __tablename__ = "experiments"
    __table_args__ = {"sqlite_autoincrement": True}
    seq: Mapped[int] = _seq()
    id: Mapped[str] = _id()
    name: Mapped[str] = mapped_column(unique=True)
    question: Mapped[str] = mapped_column(FreeText)
    created_at: Mapped[datetime]
    trashed_at: Mapped[datetime | None]
    revision: Mapped[int]


class RunRow(Sealed, Base):
    __tablename__ = "runs"
    __table_args__ = {"sqlite_autoincrement": True}
    seq: Mapped[int] = _seq()
    id: Mapped[str] = _id()
    experiment_id: Mapped[str] = mapped_column(ForeignKey("experiments.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(unique=True)
    status: Mapped[RunStatus] = mapped_column(Word(RunStatus), index=True)
    spec: Mapped[RunSpec] = mapped_column(Nested(RunSpec))
    dataset_reference: Mapped[str]
    dataset_hash: Mapped[str]
    job_id: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(FreeText)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    metrics: Mapped[tuple[MetricSummary, ...]] = mapped_column(Nested(tuple[MetricSummary, ...]))
    tags: Mapped[tuple[str, ...]] = mapped_column(Nested(tuple[str, ...]))
    notes: Mapped[str] = mapped_column(FreeText)
    environment: Mapped[Environment | None] = mapped_column(Nested(Environment))
    evaluation_hash: Mapped[str | None]
    bundle_hash: Mapped[str | None]
    log_hash: Mapped[str | None]
    failure: Mapped[Failure | None] = mapped_column(Nested(Failure))
    rerun_of: Mapped[str | None]
    progress: Mapped[float | None]
    trashed_at: Mapped[datetime | None]
    revision: Mapped[int]


class RunMetricRow(Base):
    """One point. SQLite has no not-a-number: NULL stands for it."""

    __tablename__ = "run_metrics"
    __table_args__ = (UniqueConstraint("run_id", "key", "step"), {"sqlite_autoincrement": True})
    seq: Mapped[int] = _seq()
    run_id: Mapped[str] = _parent("runs.id")
    key: Mapped[str]
    step: Mapped[int]
    value: Mapped[float | None]


class ModelRow(Sealed, Base):
    __tablename__ = "models"
    __table_args__ = {"sqlite_autoincrement": True}
    seq: Mapped[int] = _seq()
    id: Mapped[str] = _id()
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(FreeText)
    created_at: Mapped[datetime]
    trashed_at: Mapped[datetime | None]
    revision: Mapped[int]


class ModelVersionRow(Sealed, Base):
    __tablename__ = "model_versions"
    __table_args__ = (UniqueConstraint("model_id", "number"), {"sqlite_autoincrement": True})
    seq: Mapped[int] = _seq()
    id: Mapped[str] = _id()
    model_id: Mapped[str] = _parent("models.id")
    number: Mapped[int]
    manifest_hash: Mapped[str]
    run_id: Mapped[str | None]
    run_name: Mapped[str] = mapped_column(FreeText)
    dataset_reference: Mapped[str] = mapped_column(FreeText)
    task: Mapped[Task] = mapped_column(Word(Task))
    estimator: Mapped[str] = mapped_column(FreeText)
    metrics: Mapped[tuple[MetricSummary, ...]] = mapped_column(Nested(tuple[MetricSummary, ...]))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(FreeText)


class AliasRow(Sealed, Base):
    __tablename__ = "aliases"
    model_id: Mapped[str] = mapped_column(ForeignKey("models.id", ondelete="CASCADE"), primary_key=True)
    alias: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]


class AliasMoveRow(Sealed, Base):
    __tablename__ = "alias_moves"
    __table_args__ = {"sqlite_autoincrement": True}
    seq: Mapped[int] = _seq()
    model_id: Mapped[str] = mapped_column(ForeignKey("models.id", ondelete="CASCADE"), index=True)
    alias: Mapped[str]
    from_number: Mapped[int | None]
    to_number: Mapped[int | None]
    moved_at: Mapped[datetime]
    moved_by: Mapped[str] = mapped_column(FreeText)


class EndpointRow(Sealed, Base):
    __tablename__ = "endpoints"
    __table_args__ = {"sqlite_autoincrement": True}
    seq: Mapped[int] = _seq()
    id: Mapped[str] = _id()
    name: Mapped[str] = mapped_column(unique=True)
    host: Mapped[str]
    port: Mapped[int]
    token_sha256: Mapped[str]
    created_at: Mapped[datetime]
    wanted_deployment_id: Mapped[str | None]
    trashed_at: Mapped[datetime | None]
    revision: Mapped[int]
    published: Mapped[bool]
    trial: Mapped[Trial | None] = mapped_column(Nested(Trial))


class DeploymentRow(Sealed, Base):
    __tablename__ = "deployments"
    __table_args__ = (UniqueConstraint("endpoint_id", "number"), {"sqlite_autoincrement": True})
    seq: Mapped[int] = _seq()
    id: Mapped[str] = _id()
    endpoint_id: Mapped[str] = _parent("endpoints.id")
    number: Mapped[int]
    model_version_id: Mapped[str]
    model_reference: Mapped[str]
    manifest_hash: Mapped[str]
    status: Mapped[DeploymentStatus] = mapped_column(Word(DeploymentStatus), index=True)
    health: Mapped[Health] = mapped_column(Word(Health))
    share: Mapped[float]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(FreeText)
    process: Mapped[ProcessIdentity | None] = mapped_column(Nested(ProcessIdentity))
    checked_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    restarts: Mapped[int]
    failure: Mapped[Failure | None] = mapped_column(Nested(Failure))
    container: Mapped[ContainerIdentity | None] = mapped_column(Nested(ContainerIdentity))
    image: Mapped[str]


class RolloutRow(Sealed, Base):
    __tablename__ = "rollouts"
    __table_args__ = {"sqlite_autoincrement": True}
    seq: Mapped[int] = _seq()
    id: Mapped[str] = _id()
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("endpoints.id", ondelete="CASCADE"), index=True)
    kind: Mapped[RolloutKind] = mapped_column(Word(RolloutKind))
    from_deployment_id: Mapped[str | None]
    to_deployment_id: Mapped[str | None]
    step: Mapped[RolloutStep] = mapped_column(Word(RolloutStep), index=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(FreeText)
    finished_at: Mapped[datetime | None]
    failure: Mapped[Failure | None] = mapped_column(Nested(Failure))
    steps: Mapped[tuple[StepTime, ...]] = mapped_column(Nested(tuple[StepTime, ...]))
    cancelled_by: Mapped[str] = mapped_column(FreeText)
    trial: Mapped[Trial | None] = mapped_column(Nested(Trial))


class HostRow(Sealed, Base):
    __tablename__ = "hosts"
    __table_args__ = {"sqlite_autoincrement": True}
    seq: Mapped[int] = _seq()
    id: Mapped[str] = _id()
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[HostKind] = mapped_column(Word(HostKind))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(FreeText)
    address: Mapped[str]
    credentials: Mapped[str] = mapped_column(FreeText)
    pinned: Mapped[str]
    base_image: Mapped[str]
    image_registry: Mapped[str]
    registry_user: Mapped[str] = mapped_column(FreeText)
    revision: Mapped[int]


class JobRow(Sealed, Base):
    __tablename__ = "jobs"
    __table_args__ = {"sqlite_autoincrement": True}
    seq: Mapped[int] = _seq()
    id: Mapped[str] = _id()
    kind: Mapped[JobKind] = mapped_column(Word(JobKind))
    title: Mapped[str] = mapped_column(FreeText)
    status: Mapped[JobStatus] = mapped_column(Word(JobStatus), index=True)
    spec: Mapped[Mapping[str, Any]] = mapped_column(Nested(Mapping[str, Any], shared=False))
    object_id: Mapped[str] = mapped_column(FreeText)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(FreeText)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    process: Mapped[ProcessIdentity | None] = mapped_column(Nested(ProcessIdentity))
    journal_offset: Mapped[int]
    progress: Mapped[float | None]
    note: Mapped[str] = mapped_column(FreeText)
    cancel_requested_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    result: Mapped[Mapping[str, Any]] = mapped_column(Nested(Mapping[str, Any], shared=False))
    failure: Mapped[Failure | None] = mapped_column(Nested(Failure))


class AuditEntryRow(Base):
    """`seq` is given by the chain, without a gap."""

    __tablename__ = "audit_entries"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(FreeText)
    machine: Mapped[str] = mapped_column(FreeText)
    action: Mapped[str] = mapped_column(FreeText)
    subject: Mapped[str] = mapped_column(FreeText)
    details: Mapped[Mapping[str, Any]] = mapped_column(Nested(Mapping[str, Any], shared=False))
    previous_hash: Mapped[str]
    hash: Mapped[str]


class ChangeRow(Base):
    __tablename__ = "changes"
    __table_args__ = {"sqlite_autoincrement": True}
    seq: Mapped[int] = _seq()
    kind: Mapped[ChangeKind] = mapped_column(Word(ChangeKind))
    object_id: Mapped[str] = mapped_column(FreeText)


class SettingRow(Sealed, Base):
    __tablename__ = "settings"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
