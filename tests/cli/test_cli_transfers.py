"""How a transfer is told: lines on a pipe, a bar on a terminal."""

from __future__ import annotations

import io

import pytest

from mlops_desktop.cli.transfers import telling


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_pipe_each_thing_and_each_tenth_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with telling("late") as tell:
        tell.report("looking", 0, 0)
        tell.report("looking", 0, 0)
        for done in range(0, 101):
            tell.report("sending", done * 10_000, 1_000_000)
        tell.note("done\x1b[2J")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "late: looking"
    assert lines[1:3] == ["late: sending (0 B of 1.0 MB)", "late: sending (100.0 kB of 1.0 MB)"]
    assert lines[-2:] == ["late: sending (1.0 MB of 1.0 MB)", "late: done\\x1b[2J"]
    assert len(lines) == 1 + 11 + 1


def test_on_a_terminal_there_is_a_bar_and_what_is_noted_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with telling("late") as tell:
        tell.note("build")
        tell.report("looking", 0, 0)
        tell.report("sending [bold]", 500_000, 1_000_000)
        tell.report("sending [bold]", 1_000_000, 1_000_000)
        tell.note("done [bold]")
    written = terminal.getvalue()
    assert "late: build" in written
    assert "late: done [bold]" in written
