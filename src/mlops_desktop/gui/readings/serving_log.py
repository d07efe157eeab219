"""The log of a serving process as lines for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mlops_desktop.gui.readings.log import LogLine
from mlops_desktop.gui.readings.rollouts import Build

_SAID = {
    "start": "process {pid} started for {model}",
    "ready": "{message}",
    "accept": "takes requests on port {port}",
    "drain": "takes no more requests, {open_connections} connections open",
    "token_changed": "only the new token is accepted from now on",
    "end": "ended after {requests} requests",
    "refused": "{method} {path} refused with {status}: {message}",
    "records_lost": "{count} lines could not be written",
    "library": "{logger}: {message}",
}


def parse_serving_log(lines: Iterable[str]) -> tuple[LogLine, ...]:
    """A line that is no record of ours is all text."""
    return tuple(map(_parse, lines))


def parse_rollout_log(lines: Iterable[str], since: datetime) -> tuple[tuple[LogLine, ...], Build]:
    """What a rollout said while it built, and what it said last; what was said before `since` is of an earlier one.

    Of work that says again and again how far it is one line is left.
    """
    made: list[LogLine] = []
    build, before = Build(), ""
    for line in lines:
        try:
            record = json.loads(line)
            at = datetime.fromisoformat(record["time"])
            found = Build(str(record["message"]), int(record["done"]), int(record["total"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if at.tzinfo is None or at < since:
            continue
        if found.sentence == before:
            made.pop()
        before, build, local = found.sentence, found, at.astimezone()
        made.append(LogLine(f"{local:%H:%M:%S}.{local.microsecond // 1000:03}", "", found.words))
    return tuple(made), build


def _parse(line: str) -> LogLine:
    try:
        record = json.loads(line)
        at = datetime.fromisoformat(record["time"]).astimezone()
        event, level = str(record["event"]), str(record["level"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return LogLine("", "", line)
    return LogLine(f"{at:%H:%M:%S}.{at.microsecond // 1000:03}", level, _words(event, record))


def _words(event: str, record: Mapping[str, Any]) -> str:
    said = _SAID.get(event)
    if said is not None:
        try:
            return said.format_map(record)
        except (KeyError, ValueError):
            pass
    message = record.get("message")
    rest = ", ".join(
        f"{key} {value}" for key, value in record.items() if key not in ("time", "level", "event", "message", "details")
    )
    return " ".join(part for part in (f"{event.replace('_', ' ')}:", str(message or ""), rest) if part)
