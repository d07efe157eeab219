"""The program's own logs: one record a line for each event, whatever the event says."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_desktop.domain.log_records import LONGEST_MESSAGE, LONGEST_TRACE, JsonRecords, trace_of

NAMES = [
    "two\nlines",
    "\r\n",
    "\x1b[2J\x1b[31mred",
    "%s %d %n",
    "{} {0.__class__}",
    "\u2028\u2029\x85",
    "a\x00b",
    "\ud800",
    '"}\n{"level":"info"',
    "🦊" * 3000,
]
CANARY = "canary-of-the-database"


class Logged:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = logging.getLogger("mlops_desktop.of_this_test")

    def records(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.path.read_text("ascii").splitlines()]


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Logged]:
    made = Logged(tmp_path / "window.log")
    handler = logging.FileHandler(made.path, encoding="ascii")
    handler.setFormatter(JsonRecords())
    made.log.addHandler(handler)
    yield made
    made.log.removeHandler(handler)
    handler.close()


def test_r_05_a_name_is_one_record_whatever_it_holds(logged: Logged) -> None:
    for name in NAMES:
        logged.log.warning("dataset %s is odd", name)
        logged.log.warning(name)
    records = logged.records()
    assert len(records) == 2 * len(NAMES)
    for name, (told, bare) in zip(NAMES, zip(records[::2], records[1::2], strict=True), strict=True):
        assert told["message"].startswith(f"dataset {name}"[:LONGEST_MESSAGE])
        assert bare["message"].startswith(name[:LONGEST_MESSAGE])
        assert (told["level"], told["logger"]) == ("warning", "mlops_desktop.of_this_test")


@pytest.mark.logs_errors
def test_r_07_an_error_is_logged_without_values_and_without_secrets(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_SECRET_REGISTRY", "plain words")

    def connect(password: str) -> None:
        raise ConnectionError(f"postgresql://ada:{CANARY}@db/flights refused; plain words")

    try:
        connect("canary of an argument")
    except ConnectionError as error:
        logged.log.exception("it failed with %s", "token=canary-of-the-message")
        caught = error
    (record,) = logged.records()
    assert "ConnectionError" in record["trace"]
    assert "in connect" in record["trace"]
    assert "canary" not in (record["message"] + record["trace"]).replace('"canary of an argument"', "")  # a source line
    assert "plain words" not in record["trace"]
    assert CANARY not in trace_of(caught)


@pytest.mark.logs_errors
def test_what_is_long_is_cut_and_what_cannot_speak_harms_nobody(logged: Logged) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    logged.log.warning("x" * 5_000_000)
    logged.log.error("mute", exc_info=Mute())
    logged.log.error("long", exc_info=ValueError("y" * 5_000_000))
    long, mute, deep = logged.records()
    assert len(long["message"]) == LONGEST_MESSAGE + 1
    assert "Mute" in mute["trace"]
    assert len(deep["trace"]) == LONGEST_TRACE + 1
