"""The server's log: one line per event, capped, and never in the way."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.secret_shapes import COSTLY_PARTS, HARMLESS, SECRET_TEXTS
from tests.small_disks import fill, small_disk

from mlops_desktop.domain import redaction as domain_redaction
from mlops_desktop.serving.log import LogHandler, ServingLog, StreamLog
from mlops_desktop.serving.redaction import redact

NAMES = ["two\nlines", "\x1b[31mred", "%s %d", "{}", "\u2028", "a\x00b", "🦊" * 3000]


def _records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("ascii").split("\n") if line]


def test_r_05_every_event_is_one_record_whatever_it_holds(tmp_path: Path) -> None:
    log = ServingLog(tmp_path / "serving.log")
    for name in NAMES:
        log.write("refused", level="warning", field=name)
    log.close()
    records = _records(tmp_path / "serving.log")
    assert [str(record["field"])[:20] for record in records] == [name[:20] for name in NAMES]
    assert (tmp_path / "serving.log").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "value",
    ["x" * 1_000_000, ["x" * 10] * 100_000, {str(number): number for number in range(100_000)}, Path("x" * 100_000)],
    ids=["text", "list", "mapping", "other"],
)
def test_r_05_a_value_of_any_kind_is_bounded(tmp_path: Path, value: object) -> None:
    log = ServingLog(tmp_path / "serving.log")
    log.write("refused", field=value, number=7, ready=True, nothing=None)
    log.close()
    (record,) = _records(tmp_path / "serving.log")
    assert len(str(record["field"])) == 4001
    assert (record["number"], record["ready"], record["nothing"]) == (7, True, None)


class Unspeakable:
    def __str__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize(
    ("words", "values", "said"),
    [
        ("%d rows", ("many",), "%d rows (its values could not be put in: TypeError)"),
        ("%s", (), "%s"),
        ("one %s of %s", ("part",), "one %s of %s (its values could not be put in: TypeError)"),
        ("found %s", (Unspeakable(),), "found %s (its values could not be put in: ValueError)"),
        (Unspeakable(), (), "Unspeakable (its values could not be put in: ValueError)"),
    ],
)
def test_r_05_a_library_that_logs_badly_is_told_and_fails_nothing(
    tmp_path: Path, words: object, values: tuple[object, ...], said: str
) -> None:
    log = ServingLog(tmp_path / "serving.log")
    LogHandler(log).handle(logging.LogRecord("driver", logging.WARNING, __file__, 1, words, values, None))
    log.close()
    (record,) = _records(tmp_path / "serving.log")
    assert (record["logger"], record["message"]) == ("driver", said)


@pytest.mark.parametrize(("text", "secret"), SECRET_TEXTS)
def test_r_07_what_looks_like_a_secret_is_in_no_record(tmp_path: Path, text: str, secret: str) -> None:
    log = ServingLog(tmp_path / "serving.log")
    log.write("error", message=text, details="x" * 3990 + text, values=[text, {"said": text}])
    handler = LogHandler(log)
    try:
        raise ConnectionError(text)
    except ConnectionError:
        failure = sys.exc_info()
    handler.handle(logging.LogRecord("driver", logging.ERROR, __file__, 1, "refused: %s", (text,), failure))
    log.close()
    assert secret not in (tmp_path / "serving.log").read_text("ascii")
    said, library = _records(tmp_path / "serving.log")
    assert said["message"] == redact(text)
    assert library["message"] == f"refused: {redact(text)}"
    assert "ConnectionError" in str(library["details"])


@pytest.mark.parametrize(
    "text", [*(text for text, _ in SECRET_TEXTS), *HARMLESS, *(part * 500 for part in COSTLY_PARTS)]
)
def test_r_07_a_server_takes_out_what_the_other_rooms_take_out(text: str) -> None:
    """Its expressions are its own, since it travels without the other rooms."""
    assert redact(text) == domain_redaction.redact(text)


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


def test_v_04_records_that_cannot_be_written_are_counted_and_said_later(tmp_path: Path) -> None:
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
def test_v_04_a_full_disk_stops_nothing(tmp_path: Path) -> None:
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


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as folder:
        yield folder


def test_v_04_what_a_full_disk_left_of_a_record_never_runs_into_the_next(disk: Path) -> None:
    """Records of every length meet the end of the disk at every place; whatever is there can be read."""
    log = ServingLog(disk / "serving.log", largest=1 << 30)
    log.write("start")
    for round in range(3):
        ballast = fill(disk)
        with ballast.open("r+b") as file:
            file.truncate(ballast.stat().st_size - 4096)
        for number in range(300):
            log.write("refused", round=round, number=number, field="x" * (number % 50))
        lost = log.lost
        assert lost
        ballast.unlink()
        log.write("mended", round=round)
    log.close()
    records = _records(disk / "serving.log")
    said = [int(str(record["count"])) for record in records if record["event"] == "records_lost"]
    assert sum(said) == log.lost == lost
    assert len(records) == 1 + 3 * 301 + len(said) - log.lost


def test_v_04_what_a_kill_left_of_a_record_never_runs_into_the_next(tmp_path: Path) -> None:
    (tmp_path / "serving.log").write_text('{"event": "start"}\n{"event": "ref')
    log = ServingLog(tmp_path / "serving.log")
    log.write("start")
    log.close()
    first, torn, last = (tmp_path / "serving.log").read_text().splitlines()
    assert (json.loads(first)["event"], torn, json.loads(last)["event"]) == ("start", '{"event": "ref', "start")


def test_v_04_nobody_who_reads_the_output_stops_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose engine is frozen: its pipe is full."""
    reader, writer = os.pipe()
    dup = os.dup
    monkeypatch.setattr(os, "dup", lambda _: dup(writer))
    log = StreamLog()
    while not log.lost:
        log.write("refused", field="x" * 1000)
    said = os.read(reader, 1 << 20)
    log.write("mended")
    said += os.read(reader, 1 << 20)
    for descriptor in (reader, writer):
        os.close(descriptor)
    log.close()
    whole = [json.loads(line) for line in said.decode().splitlines() if line.endswith("}")]
    assert [record["event"] for record in whole[-2:]] == ["records_lost", "mended"]
    assert len(whole) >= len(said.splitlines()) - 1, "one at most is torn"
