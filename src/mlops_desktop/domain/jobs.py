"""Jobs: long work that a worker does, and the messages by which it reports."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mlops_desktop.domain.experiments import Failure
from mlops_desktop.domain.processes import ProcessIdentity


class JobKind(enum.StrEnum):
    IMPORT_DATASET = "import_dataset"
    TRAIN = "train"
    SCORE = "score"


class JobStatus(enum.StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def is_ended(self) -> bool:
        return self not in (JobStatus.QUEUED, JobStatus.RUNNING)


@dataclass(frozen=True)
class Job:
    """`spec` is what the worker is told, `result` what it answered (both plain JSON); `object_id` is what it is for.

    `heartbeat_at` is set while its worker does not respond: when it was last heard of.
    """

    id: str
    kind: JobKind
    title: str
    status: JobStatus
    spec: Mapping[str, object]
    object_id: str
    created_at: datetime
    created_by: str
    started_at: datetime | None = None
    finished_at: datetime | None = None
    process: ProcessIdentity | None = None
    journal_offset: int = 0
    progress: float | None = None
    note: str = ""
    cancel_requested_at: datetime | None = None
    heartbeat_at: datetime | None = None
    result: Mapping[str, object] = field(default_factory=dict)
    failure: Failure | None = None

    @property
    def silent_since(self) -> datetime | None:
        """Since when its worker, which lives, does not respond; None where it does or has ended."""
        return self.heartbeat_at if self.status is JobStatus.RUNNING else None


class MessageKind(enum.StrEnum):
    STARTED = "started"
    LOG = "log"
    PROGRESS = "progress"
    METRIC = "metric"
    RESULT = "result"
    FAILURE = "failure"


@dataclass(frozen=True)
class Message:
    """One line of a worker's journal. `body` by kind:

    started: pid, packages. log: level, text. progress: share (0 to 1), note. metric: key, step (fold), value.
    result: whatever the job promises. failure: code, message, hint, details, cancelled.
    """

    kind: MessageKind
    at: datetime
    body: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class JournalPart:
    """What was new in a journal; `offset` is where to go on reading. A torn last line is not part of it.

    A part is limited in size: there is nothing more when `offset` is the one that was asked for.
    """

    messages: tuple[Message, ...]
    offset: int
