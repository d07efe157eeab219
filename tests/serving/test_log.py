"""The server's log: one line per event, capped, and never in the way."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import pytest

from mlops_desktop.serving.log import LogHandler, ServingLog

NAMES = ["two\nlines", "\x1b[31mred", "%s %d", "{}", "\u2028", "a\x00b", "🦊" * 3000]


def _records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("ascii").split("\n") if line]


def test_every_event_is_one_record_whatever_it_holds(tmp_path: Path) -> None:
    log = ServingLog(tmp_path / "serving.log")
    for name in NAMES:
        log.write("refused", level="warning", field=name)
    log.close()
    records = _records(tmp_path / "serving.log")
    assert [str(record["field"])[:20] for record in records] == [name[:20] for name in NAMES]
    assert (tmp_path / "serving.log").stat().st_mode & 0o777 == 0o600


def test_the_log_is_capped_and_its_newest_records_stay(tmp_path: Path) -> None:
    log = ServingLog(tmp_path / "serving.log", largest=2000, kept=2)
    for number in range(200):
        log.write("refused", number=number)
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["serving.log", "serving.log.1", "serving.log.2"]
    assert all(file.stat().st_size <= 2000 for file in files)
    numbers = [record["number"] for file in reversed(files) for record in _records(file)]
    assert numbers == list(range(int(str(numbers[0])), 200))


def test_a_log_goes_on_where_it_was(tmp_path: Path) -> None:
    for event in ("start", "end"):
        log = ServingLog(tmp_path / "serving.log")
        log.write(event)
        log.close()
    assert [record["event"] for record in _records(tmp_path / "serving.log")] == ["start", "end"]


def test_records_that_cannot_be_written_are_counted_and_said_later(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    log = ServingLog(folder / "serving.log")
    log.write("start")
    log.write("ready")
    assert log.lost == 2
    folder.mkdir()
    log.write("end")
    log.close()
    lost, end = _records(folder / "serving.log")
    assert (lost["event"], lost["count"], end["event"]) == ("records_lost", 2, "end")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file that is always full is Linux's")
def test_a_full_disk_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "serving.log").symlink_to("/dev/full")
    log = ServingLog(tmp_path / "serving.log")
    for _ in range(3):
        log.write("refused")
    log.close()
    assert log.lost == 3


def test_what_libraries_say_becomes_records(tmp_path: Path) -> None:
    log = ServingLog(tmp_path / "serving.log")
    handler = LogHandler(log)
    try:
        raise ValueError("wrong")
    except ValueError:
        failure = sys.exc_info()
    handler.handle(logging.LogRecord("uvicorn.error", logging.ERROR, __file__, 1, "it %s", ("broke",), failure))
    log.close()
    [record] = _records(tmp_path / "serving.log")
    assert (record["event"], record["level"], record["message"]) == ("library", "error", "it broke")
    assert "ValueError: wrong" in str(record["details"])
