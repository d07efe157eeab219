"""How the program's own logs are written: one JSON record a line for each event, bounded, and without secrets."""

from __future__ import annotations

import json
import logging
import os
import traceback
from datetime import UTC, datetime

from mlops_desktop.domain.redaction import redact, secrets_in

LONGEST_MESSAGE = 4_000
LONGEST_TRACE = 16_000
_LOOKED_AT = 64_000
"""Of a long text so much is searched for secrets: more than is kept of it, so that none is cut in two."""


class JsonRecords(logging.Formatter):
    """A foreign text stays inside its record, whatever it holds: line ends, escape sequences, per cent signs."""

    def format(self, record: logging.LogRecord) -> str:
        known = secrets_in(os.environ)
        content: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": record.process,
            "logger": record.name,
            "message": _cut(redact(record.getMessage()[:_LOOKED_AT], known), LONGEST_MESSAGE),
        }
        if record.exc_info and record.exc_info[1] is not None:
            content["trace"] = trace_of(record.exc_info[1])
        return json.dumps(content, default=str)


def trace_of(error: BaseException) -> str:
    """Where it happened and why, for a log or a report: no values of variables, no secrets; its end if it is long."""
    whole = "".join(traceback.format_exception(error))
    text = redact(whole[-_LOOKED_AT:], secrets_in(os.environ))
    return text if len(text) <= LONGEST_TRACE else f"…{text[-LONGEST_TRACE:]}"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
