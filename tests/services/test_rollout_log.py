"""What a rollout said: read whole, and followed line by line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlops_desktop.services import rollout_log
from mlops_desktop.services.rollout_log import RolloutFollower, RolloutNote, newest_lines

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def line(message: str, done: int = 0, at: datetime = NOW) -> str:
    return json.dumps({"time": at.isoformat(), "message": message, "done": done, "total": 9}) + "\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rollout.log"


def test_the_newest_lines_come_oldest_first(path: Path) -> None:
    assert newest_lines(path, 10) == []
    path.write_text("a\nb\nc\n")
    assert newest_lines(path, 2) == ["b", "c"]
    assert newest_lines(path, 10) == ["a", "b", "c"]
    assert newest_lines(path, 0) == []


def test_of_a_long_log_only_the_end_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout_log, "_LONGEST_READ", 8)
    path.write_text("first line\nsecond\nlast\n")
    assert newest_lines(path, 10) == ["last"]


def test_each_note_is_given_once_and_a_torn_one_when_it_is_whole(path: Path) -> None:
    follower = RolloutFollower(path, NOW)
    assert follower.new() == []
    whole, torn = line("sending", 1), line("sending", 2)
    path.write_text(whole + torn[:20])
    assert follower.new() == [RolloutNote(NOW, "sending", 1, 9)]
    assert follower.new() == []
    path.write_text(whole + torn)
    assert follower.new() == [RolloutNote(NOW, "sending", 2, 9)]


def test_what_an_earlier_rollout_said_is_left_out(path: Path) -> None:
    path.write_text(line("long ago", at=NOW - timedelta(seconds=1)) + line("now"))
    assert [note.message for note in RolloutFollower(path, NOW).new()] == ["now"]


@pytest.mark.parametrize(
    "broken", ["no json", "[]", "{}", '{"time": "x"}', '{"time": "2026-01-01T12:00:00", "message": "a"}', "[" * 100_000]
)
def test_a_line_that_is_not_ours_is_passed_over(path: Path, broken: str) -> None:
    path.write_text(broken + "\n" + line("now"))
    assert [note.message for note in RolloutFollower(path, NOW).new()] == ["now"]
