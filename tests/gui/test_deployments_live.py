"""Deployments follows what the command line and the system do to a server that really runs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import psutil
import pytest
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow, wait
from tests.gui.live_endpoint import NAME, LiveEndpoint, live_endpoint

from mlops_desktop.gui.history import Place
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.pages.deployments import DeploymentsPage

SECONDS = 60.0
"""Far more than it takes: a busy computer must not decide how this ends."""


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveEndpoint]:
    with live_endpoint("flight-late@v2") as made:
        monkeypatch.setenv("MLOPS_STATE_FOLDER", str(made.state))
        yield made


@pytest.fixture
def page(make_window: MakeWindow, live: LiveEndpoint) -> DeploymentsPage:
    """In a window as a person has it: real lanes, and the time of day."""
    window = make_window(None, open_folder=lambda folder: live.open(), lanes=Lanes())
    object.__setattr__(window.shell.context, "clock", lambda: datetime.now(UTC))
    window.shell.begin(live.folder)
    window.shell.open(live.folder, then=Place("deployments", NAME))
    found = window.shell.navigator.page("deployments")
    assert isinstance(found, DeploymentsPage)
    return found


def rows(page: DeploymentsPage) -> list[str]:
    cells = page.view.table.cells
    return [" ".join(cells.cell(row, column).words for column in range(3)) for row in range(cells.rowCount())]


def title(page: DeploymentsPage) -> str:
    cells = page.view.history.table.cells
    return cells.cell(0, 0).text if cells.rowCount() else ""


def ended(process: subprocess.Popen[bytes]) -> Callable[[], bool]:
    return lambda: process.poll() is not None


def test_it_follows_a_switch_a_rollback_a_lost_a_frozen_process_and_a_stop(
    page: DeploymentsPage, live: LiveEndpoint, qtbot: QtBot
) -> None:
    head = page.view.head

    def by_command(*words: str) -> None:
        with live.command(*words) as process:
            wait(qtbot, ended(process), SECONDS)
            assert process.stderr is not None
            assert process.returncode == 0, process.stderr.read().decode()

    wait(qtbot, lambda: rows(page) == ["v2 answers champion Running Healthy"], SECONDS)
    assert not head.back.isVisible()

    by_command("deploy", "flight-late@v3", "--endpoint", NAME)
    wait(qtbot, lambda: rows(page)[:1] == ["v3 answers Running Healthy"], SECONDS)
    wait(qtbot, lambda: rows(page)[1:] == ["v2 kept warm champion Running Healthy"], SECONDS)
    assert head.back.accessibleName() == "Roll back to v2…"
    assert title(page) == "Deploy v3"
    wait(qtbot, lambda: any("flight-late@v3" in item.text for item in page.view.log.view.lines.lines), SECONDS)

    by_command("rollback", NAME)
    wait(qtbot, lambda: [row.split()[1] for row in rows(page)] == ["kept", "answers"], SECONDS)
    assert title(page) == "Roll back to v2"
    assert head.back.accessibleName() == "Roll back to v3…"

    one = page.one
    assert one is not None
    assert one.answering is not None
    assert one.answering.process is not None
    psutil.Process(one.answering.process.pid).kill()
    wait(qtbot, lambda: head.note.text() == "restarted 1 time by itself", SECONDS)
    wait(qtbot, lambda: head.health.accessibleName() == "Healthy", SECONDS)

    frozen = page.one.answering if page.one is not None else None
    assert frozen is not None
    assert frozen.process is not None
    psutil.Process(frozen.process.pid).suspend()
    wait(qtbot, lambda: head.health.accessibleName() == "Degraded", SECONDS)
    assert head.note.text() == "it runs, but does not answer as it should; if it stays silent, it is started again"
    wait(qtbot, lambda: head.note.text() == "restarted 2 times by itself", SECONDS)
    wait(qtbot, lambda: head.health.accessibleName() == "Healthy", SECONDS)
    assert not psutil.pid_exists(frozen.process.pid)

    by_command("stop", NAME)
    wait(qtbot, lambda: head.status.accessibleName() == "Stopped", SECONDS)
    assert head.start.isVisible()
    assert not head.back.isVisible()
    assert not head.health.isVisible()
    assert page.view.version.title.text() == "Answered last with"
    wait(qtbot, lambda: page.hosts.list.rows.rows[0].sign.word == "Stopped", SECONDS)
    assert "1 stopped" in page.header.sentence
