"""Tables, numbers and foreign text as people see them."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from mlops_desktop.cli import output
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus


def test_a_name_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(["Name"], [["a\x1b[2Jb\r\n[red]c[/red]"]])
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\\x1b[2Jb\\x0d\\x0a[red]c[/red]" in printed


@pytest.mark.parametrize(("value", "text"), [(None, "—"), (0.5, "0.5000"), (-1.25, "−1.2500"), (math.nan, "NaN")])
def test_numbers(value: float | None, text: str) -> None:
    assert output.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_000_000, "2.0 MB"), (5e12, "5000.0 GB")]
)
def test_sizes(value: int, text: str) -> None:
    assert output.size(value) == text


def test_on_a_pipe_progress_says_each_note_once(capsys: pytest.CaptureFixture[str]) -> None:
    job = Job("j", JobKind.TRAIN, "t", JobStatus.RUNNING, {}, "o", datetime.now(UTC), "me", note="fold 1")
    with output.progress("run") as show:
        show(job)
        show(job)
    assert capsys.readouterr().err == "run: fold 1\n"
