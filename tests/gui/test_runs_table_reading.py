"""What the table of runs reads again: what changed, or everything when something asks for that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.real_workspace import real_workspace

from mlops_desktop.gui.readings.runs_table import ExperimentFacts, RunsReading
from mlops_desktop.services.workspace import Workspace

NAME = "late-at-arrival"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with real_workspace(tmp_path / "nyc-delays") as opened:
        yield opened


def _read(reading: RunsReading, workspace: Workspace) -> ExperimentFacts:
    return reading.read(workspace, NAME, datetime.now(UTC))


def test_first_everything_is_read_and_then_what_changed(workspace: Workspace) -> None:
    reading = RunsReading()
    whole = _read(reading, workspace).whole
    assert whole is not None
    again = _read(reading, workspace)
    assert (again.whole, again.fresh) == (None, ())
    reading.note_ids([whole.rows[0].id, "gone"])
    changed = _read(reading, workspace)
    assert [run.id for run in changed.fresh] == [whole.rows[0].id]
    assert changed.gone == ("gone",)


def test_a_wish_for_everything_that_comes_during_a_reading_is_not_lost(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = RunsReading()
    views = workspace.experiments.lists.views

    def views_while_somebody_refreshes() -> object:
        reading.forget()
        return views()

    with monkeypatch.context() as patched:
        patched.setattr(workspace.experiments.lists, "views", views_while_somebody_refreshes)
        _read(reading, workspace)
    assert _read(reading, workspace).whole is not None
    assert _read(reading, workspace).whole is None


def test_after_a_reading_that_failed_everything_is_read(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = RunsReading()
    whole = _read(reading, workspace).whole
    assert whole is not None
    reading.note_ids([whole.rows[0].id])

    def fail() -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as patched:
        patched.setattr(workspace.experiments.lists, "views", fail)
        with pytest.raises(OSError, match="the disk is gone"):
            _read(reading, workspace)
    assert _read(reading, workspace).whole is not None
