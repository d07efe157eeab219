"""What a job may say while it works."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_desktop.domain.errors import JobCancelledError
from mlops_desktop.workers.journal import read_journal
from mlops_desktop.workers.report import HEARTBEAT, Report, heartbeat


def bodies(folder: Path) -> list[object]:
    return [dict(message.body) for message in read_journal(folder, 0).messages]


def test_progress_lies_between_nothing_and_all(tmp_path: Path) -> None:
    with Report(tmp_path) as report:
        report.progress(-1, "before")
        report.progress(math.nan, "never")
        report.progress(7, "done")
    assert bodies(tmp_path) == [{"share": 0.0, "note": "before"}, {"share": 1.0, "note": "done"}]


def test_progress_said_too_often_is_thinned_but_its_end_is_kept(tmp_path: Path) -> None:
    with Report(tmp_path) as report:
        for step in range(10_001):
            report.progress(step / 10_000, "rows")
    told = bodies(tmp_path)
    assert len(told) < 200
    assert told[-1] == {"share": 1.0, "note": "rows"}


def test_long_words_are_shortened(tmp_path: Path) -> None:
    with Report(tmp_path) as report:
        report.log("x" * 50_000, level="warning")
        report.progress(0.1, "y" * 5_000)
    assert bodies(tmp_path) == [
        {"level": "warning", "text": "x" * 9_999 + "…"},
        {"share": 0.1, "note": "y" * 499 + "…"},
    ]


def test_a_job_sees_that_it_was_asked_to_stop(tmp_path: Path) -> None:
    asked = threading.Event()
    with Report(tmp_path, asked) as report:
        assert not report.is_cancelled
        report.check_cancelled()
        asked.set()
        assert report.is_cancelled
        with pytest.raises(JobCancelledError):
            report.check_cancelled()


def test_the_heart_beats_and_a_missing_folder_does_not_stop_it(tmp_path: Path, until: Callable[..., None]) -> None:
    with heartbeat(tmp_path):
        until((tmp_path / HEARTBEAT).exists)
    with heartbeat(tmp_path / "missing"):
        pass
    assert not (tmp_path / "missing").exists()
