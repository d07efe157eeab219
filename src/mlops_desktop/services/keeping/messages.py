"""What a worker's messages say, as our values; what cannot be right is passed over."""

from __future__ import annotations

import contextlib
import math

from mlops_desktop.domain.experiments import MetricPoint
from mlops_desktop.domain.jobs import JournalPart, Message, MessageKind
from mlops_desktop.domain.plain import from_plain
from mlops_desktop.domain.processes import ProcessIdentity

_LONGEST_NOTE = 500
_LONGEST_KEY = 200
_LARGEST_STEP = 2**31


def progress_of(message: Message) -> tuple[float | None, str]:
    """The share from 0 to 1, None where it is no number, and the note."""
    share = _number(message.body.get("share"))
    note = str(message.body.get("note", ""))[:_LONGEST_NOTE]
    return (min(max(share, 0.0), 1.0) if share is not None and math.isfinite(share) else None), note


def started_process(part: JournalPart) -> ProcessIdentity | None:
    """The worker's own word of who it is: where a keeper was ended between starting it and writing that down."""
    for message in part.messages:
        if message.kind is MessageKind.STARTED:
            with contextlib.suppress(TypeError, ValueError):
                return from_plain(ProcessIdentity, message.body.get("process"))
    return None


def metric_point(message: Message) -> MetricPoint | None:
    if message.kind is not MessageKind.METRIC:
        return None
    key, step, value = message.body.get("key"), message.body.get("step"), _number(message.body.get("value"))
    if not isinstance(key, str) or not isinstance(step, int) or value is None:
        return None
    return MetricPoint(key[:_LONGEST_KEY], step, value) if abs(step) < _LARGEST_STEP else None


def _number(value: object) -> float | None:
    """A number as a worker may write it: "NaN" and the infinities are texts in its journal."""
    if not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
