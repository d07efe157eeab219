"""Three machines over SSH behind one window: one frozen, one cut off, one fine."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot
from tests.engines.hosts import CACHE, ssh_host
from tests.engines.session import Engines
from tests.gui.conftest import MakeWindow, wait
from tests.gui.hands import click
from tests.hosts.engines import real_keeper
from tests.hosts.engines.reaching import ssh_processes
from tests.real_workspace import real_workspace

from mlops_desktop import bootstrap
from mlops_desktop.domain.deployments import RolloutStep
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.deployments import DeploymentsPage
from mlops_desktop.services.workspace import Workspace

pytestmark = [pytest.mark.engines, pytest.mark.long]
SECONDS = 120.0
QUITTING = 5.0
"""What the person who quits waits at most, by the promise that this test is about."""


@pytest.fixture
def workspace(remote_hosts: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Its hosts are `frozen`, `lost` and `fine`, and are what they are called."""
    machines = dict(zip(("frozen", "lost", "fine"), remote_hosts.remote(3), strict=True))
    monkeypatch.setenv("MLOPS_CACHE_FOLDER", str(CACHE))
    with real_workspace(tmp_path / "workspace") as made:
        for name, machine in machines.items():
            made.hosts.add(ssh_host(machine, name))
        machines["frozen"].freeze_all()
        machines["lost"].cut()
        with real_keeper.kept(made.folder):
            yield made


class Pulse(QTimer):
    """Beats in the window's own loop; `longest` is how long it once stood still, in seconds."""

    def __init__(self) -> None:
        super().__init__(interval=10)
        self.longest, self.beats, self._last = 0.0, 0, time.monotonic()
        self.timeout.connect(self._beat)

    def _beat(self) -> None:
        now = time.monotonic()
        self.longest, self._last, self.beats = max(self.longest, now - self._last), now, self.beats + 1


def open_page(make_window: MakeWindow, workspace: Workspace) -> tuple[MainWindow, DeploymentsPage]:
    window = make_window(None, open_folder=lambda folder: bootstrap.open_workspace(folder, actor="ada"), lanes=Lanes())
    object.__setattr__(window.shell.context, "clock", lambda: datetime.now(UTC))
    window.shell.begin(workspace.folder)
    window.shell.open(workspace.folder, then=Place("deployments", "frozen"))
    page = window.shell.navigator.page("deployments")
    assert isinstance(page, DeploymentsPage)
    return window, page


def signs(page: DeploymentsPage) -> dict[str, str]:
    return {row.name: row.sign.word for row in page.hosts.hosts.rows.rows}


def choose(page: DeploymentsPage, name: str) -> None:
    rows = page.hosts.hosts.rows
    page.hosts.hosts.setCurrentIndex(rows.index(rows.row_of(name)))


def is_shown(page: DeploymentsPage, name: str) -> bool:
    return page.host_view.accessibleName() == f"Host {name}"


def test_k_08_the_page_lives_the_fine_host_is_deployed_to_and_quitting_waits_for_nobody(
    make_window: MakeWindow, workspace: Workspace, qtbot: QtBot
) -> None:
    window, page = open_page(make_window, workspace)
    wait(qtbot, lambda: signs(page).get("fine") == "Connected", SECONDS)
    wait(qtbot, lambda: all(signs(page)[name].startswith("No answer") for name in ("frozen", "lost")), SECONDS)
    pulse = Pulse()
    pulse.start()
    for name in ("frozen", "lost"):  # both are asked again, and answer nothing meanwhile
        page.watch.check(name)
    begun = time.monotonic()
    order = workspace.deployments.deploy("flight-late@v1", endpoint="late", host="fine", published=True)
    for name in ("lost", "frozen", "fine"):
        choose(page, name)
        wait(qtbot, partial(is_shown, page, name), SECONDS)
    wait(qtbot, lambda: [row.sign.word for row in page.hosts.list.rows.rows] == ["Healthy"], SECONDS)
    deployed = time.monotonic() - begun
    assert workspace.deployments.wait(order.rollout.id).step is RolloutStep.DONE
    choose(page, "frozen")
    wait(qtbot, page.host_view.test.isEnabled, SECONDS)
    click(page.host_view.test)
    wait(qtbot, lambda: "frozen" in page.watch.facts.checking and bool(ssh_processes()), SECONDS)
    pulse.stop()
    assert pulse.beats > 0
    begun = time.monotonic()
    window.close()
    quitting = time.monotonic() - begun
    wait(qtbot, lambda: not ssh_processes(), SECONDS)
    sys.stdout.write(
        f"deployed in {deployed:.1f} s, longest stall {pulse.longest * 1000:.0f} ms, quit in {quitting:.2f} s\n"
    )
    assert quitting < QUITTING
