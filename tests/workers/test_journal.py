"""The journal: nothing written is lost, nothing damaged is believed."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_desktop.domain.jobs import JournalPart, Message, MessageKind
from mlops_desktop.workers import journal
from mlops_desktop.workers.journal import JOURNAL, JournalWriter, append_failure, read_journal
from mlops_desktop.workers.protocol import MAX_LINE, ProtocolError

GOOD = b'{"kind":"log","at":"2030-01-02T03:04:05+00:00","body":{"level":"info","text":"good"}}\n'
LOST = "this part of it is lost."


def texts(folder: Path, offset: int = 0) -> list[object]:
    return [message.body.get("text") for message in read_journal(folder, offset).messages]


def test_what_is_written_is_read_and_only_once(tmp_path: Path) -> None:
    assert read_journal(tmp_path, 0).messages == ()
    writer = JournalWriter(tmp_path)
    writer.write(MessageKind.LOG, {"level": "info", "text": "line\nend, \x00 and half a pair \ud800"})
    first = read_journal(tmp_path, 0)
    assert texts(tmp_path) == ["line\nend, \x00 and half a pair ?"]
    assert read_journal(tmp_path, first.offset).messages == ()
    writer.write(MessageKind.METRIC, {"key": "auc", "step": 2, "value": float("-inf")})
    writer.write(MessageKind.RESULT, {"deep": {"list": [1, None, "ü"]}})
    writer.close()
    writer.close()
    second = read_journal(tmp_path, first.offset)
    assert [message.body for message in second.messages] == [
        {"key": "auc", "step": 2, "value": "-Infinity"},
        {"deep": {"list": [1, None, "ü"]}},
    ]
    assert second.offset == (tmp_path / JOURNAL).stat().st_size


def test_a_journal_is_made_once(tmp_path: Path) -> None:
    JournalWriter(tmp_path).close()
    with pytest.raises(FileExistsError):
        JournalWriter(tmp_path)


def test_nothing_follows_an_ending(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    writer.write(MessageKind.RESULT, {})
    writer.write(MessageKind.FAILURE, {"code": "x"})
    writer.write(MessageKind.LOG, {"level": "info", "text": "late"})
    writer.close()
    assert [message.kind for message in read_journal(tmp_path, 0).messages] == [MessageKind.RESULT]


def test_threads_do_not_write_into_each_others_lines(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)

    def write() -> None:
        for step in range(200):
            writer.write(MessageKind.METRIC, {"key": "k" * 500, "step": step, "value": 0.5})

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    messages = read_journal(tmp_path, 0).messages
    assert len(messages) == 800
    assert {message.kind for message in messages} == {MessageKind.METRIC}


def test_a_torn_last_line_waits_until_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    for cut in range(1, len(GOOD)):
        path.write_bytes(GOOD + GOOD[:cut])
        part = read_journal(tmp_path, 0)
        assert (len(part.messages), part.offset) == (1, len(GOOD))
        path.write_bytes(GOOD + GOOD)
        assert len(read_journal(tmp_path, part.offset).messages) == 1


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"[]",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"kind":"nothing known","at":"2030-01-02T03:04:05+00:00","body":{}}',
        b'{"kind":"log","at":"0001-01-01T00:00:00+23:59","body":{"level":"info","text":"t"}}',
        b'{"kind":"log","at":5,"body":{"level":"info","text":"t"}}',
        b'{"kind":"log","at":"2030-01-02T03:04:05+00:00","body":{"level":"info","text":7}}',
        b'{"kind":"log","at":"2030-01-02T03:04:05+00:00","body":{"level":"info","text":"\\uD800"}}',
        b'{"kind":"log","at":"2030-01-02T03:04:05+00:00"}',
        b'{"kind":"metric","at":"2030-01-02T03:04:05+00:00","body":{"key":"k","step":1,"value":NaN}}',
        b'{"kind":"metric","at":"2030-01-02T03:04:05+00:00","body":{"key":"k","step":true,"value":1}}',
        b'{"kind":"metric","at":"2030-01-02T03:04:05+00:00","body":{"key":"k","step":1,"value":"one"}}',
        b'{"kind":"progress","at":"2030-01-02T03:04:05+00:00","body":{"share":' + b"9" * 5000 + b',"note":""}}',
        b'{"kind":"started","at":"2030-01-02T03:04:05+00:00","body":{"pid":"1"}}',
        b'{"kind":"failure","at":"2030-01-02T03:04:05+00:00","body":{"code":"c"}}',
        b'{"kind":"log","at":"2030-01-02T03:04:05+00:00","body":{"level":"i","text":"' + b"t" * MAX_LINE + b'"}}',
    ],
    ids=range(18),
)
def test_a_damaged_line_is_named_and_passed_over(tmp_path: Path, line: bytes) -> None:
    (tmp_path / JOURNAL).write_bytes(GOOD + line + b"\n" + GOOD)
    offset = read_journal(tmp_path, 0).offset
    first = texts(tmp_path)
    first += texts(tmp_path, offset)  # a very long line fills a part of its own
    assert first == ["good", f"The journal is damaged at line 2; {LOST}", "good"]


def test_damage_in_a_row_is_told_once_with_numbers_that_count_from_the_first_line(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_bytes(GOOD * 3 + b"\n" * 1000 + GOOD)
    assert texts(tmp_path, 2 * len(GOOD)) == ["good", f"The journal is damaged at lines 4 to 1003; {LOST}", "good"]


def test_a_long_line_without_an_end_is_not_read_yet(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_bytes(GOOD + b"x" * (MAX_LINE + 5))
    assert read_journal(tmp_path, 0).offset == len(GOOD)
    assert read_journal(tmp_path, len(GOOD)) == JournalPart((), len(GOOD))


def test_a_part_is_limited_and_the_next_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_MAX_PART", 3 * len(GOOD))
    (tmp_path / JOURNAL).write_bytes(GOOD * 7)
    lengths, offset = [], 0
    while (part := read_journal(tmp_path, offset)).offset != offset:
        lengths.append(len(part.messages))
        offset = part.offset
    assert lengths == [3, 3, 1]


def test_j_06_a_full_journal_says_so_and_still_takes_the_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MAX_JOURNAL", 1000)
    writer = JournalWriter(tmp_path)
    for _ in range(50):
        writer.write(MessageKind.LOG, {"level": "info", "text": "word"})
    writer.write(MessageKind.RESULT, {"text": "the end"})
    writer.close()
    told = texts(tmp_path)
    assert told[-1] == "the end"
    assert str(told[-2]).startswith("The journal is full")
    assert set(told[:-2]) == {"word"}
    assert (tmp_path / JOURNAL).stat().st_size < 1500


def test_j_05_a_job_that_logs_without_end_is_cut_and_its_figures_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MAX_LOGGED", 1000)
    writer = JournalWriter(tmp_path)
    for step in range(50):
        writer.write(MessageKind.LOG, {"level": "info", "text": "word"})
        writer.write(MessageKind.METRIC, {"key": "loss", "step": step, "value": 0.5})
    writer.write(MessageKind.RESULT, {})
    writer.close()
    messages = read_journal(tmp_path, 0).messages
    logged = [message.body["text"] for message in messages if message.kind is MessageKind.LOG]
    assert str(logged[-1]).startswith("The log is full")
    assert set(logged[:-1]) == {"word"}
    assert len(logged) < 20
    assert sum(message.kind is MessageKind.METRIC for message in messages) == 50
    assert messages[-1].kind is MessageKind.RESULT


def test_what_has_no_plain_form_or_is_too_long_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    with pytest.raises(ProtocolError, match="plain"):
        writer.write(MessageKind.RESULT, {"what": object()})
    with pytest.raises(ProtocolError, match="more than"):
        writer.write(MessageKind.RESULT, {"text": "x" * MAX_LINE})
    writer.write(MessageKind.RESULT, {})
    writer.close()
    assert len(read_journal(tmp_path, 0).messages) == 1


def test_after_a_full_disk_the_next_line_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = JournalWriter(tmp_path)
    real: Callable[[int, memoryview], int] = os.write
    calls = iter([True, False])

    def fail_half_way(descriptor: int, data: memoryview) -> int:
        if next(calls, True) is False:
            raise OSError(28, "No space left on device")
        return real(descriptor, data[:10])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fail_half_way)
        with pytest.raises(OSError, match="No space left"):
            writer.write(MessageKind.RESULT, {"text": "never whole"})
    writer.write(MessageKind.FAILURE, {"code": "c", "message": "m", "hint": "", "details": ""})
    writer.close()
    assert [message.kind for message in read_journal(tmp_path, 0).messages] == [MessageKind.LOG, MessageKind.FAILURE]


@pytest.mark.parametrize("before", [b"", GOOD, GOOD + GOOD[:20]])
def test_the_end_of_a_dead_worker_is_added_behind_what_it_wrote(tmp_path: Path, before: bytes) -> None:
    (tmp_path / JOURNAL).write_bytes(before)
    body = {"code": "MD-JOB-003", "message": "gone", "hint": "", "details": ""}
    append_failure(tmp_path, body)
    append_failure(tmp_path, body)
    messages = read_journal(tmp_path, 0).messages
    assert [message.kind for message in messages].count(MessageKind.FAILURE) == 1
    assert messages[-1].body == body


@given(st.lists(st.one_of(st.just(GOOD), st.binary(max_size=80), st.just(b"\n")), max_size=12), st.integers(0, 200))
def test_no_bytes_whatsoever_upset_the_reader(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[bytes], offset: int
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    content = b"".join(blocks)
    (folder / JOURNAL).write_bytes(content)
    part = read_journal(folder, offset)
    assert part.offset >= offset
    assert part.offset <= max(len(content), offset)
    assert all(isinstance(message, Message) for message in part.messages)
    again = read_journal(folder, part.offset)
    assert (again.offset, again.messages) == (part.offset, ())


@given(
    st.lists(st.one_of(st.just(GOOD), st.binary(max_size=40).map(lambda line: line + b"\n")), max_size=10), st.data()
)
def test_reading_while_it_grows_finds_the_same_as_reading_at_the_end(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    content = b"".join(lines)
    offset, found = 0, 0
    for cut in [*sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=4))), len(content)]:
        (folder / JOURNAL).write_bytes(content[:cut])
        part = read_journal(folder, offset)
        offset = part.offset
        found += sum(message.body.get("text") == "good" for message in part.messages)
    assert offset == len(content)
    assert found == content.split(b"\n").count(GOOD.strip())


def test_times_are_kept_in_utc(tmp_path: Path) -> None:
    line = json.loads(GOOD)
    line["at"] = "2030-01-02T05:04:05+02:00"
    (tmp_path / JOURNAL).write_bytes(json.dumps(line).encode() + b"\n")
    assert read_journal(tmp_path, 0).messages[0].at == datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
