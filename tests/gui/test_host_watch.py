"""Hosts are asked each by itself: one that is frozen holds up neither the others nor the end of the program."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from tests.fakes.hosts import KEY, FakeHosts
from tests.gui.conftest import MakeWindow, wait
from tests.gui.played_world import copy_of, make_template
from tests.services.world import World

from mlops_desktop.domain.hosts import Host, HostKind, HostReport
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.pages.deployments import DeploymentsPage


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def world(template: World, tmp_path: Path) -> Iterator[World]:
    made = copy_of(template, tmp_path / "world")
    for name in ("frozen", "fine"):
        host = Host(new_identifier(), name, HostKind.SSH, made.clock(), "ada", f"mlops@{name}", "", KEY)
        made.workspace.hosts.add(host)
    yield made
    made.close()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Opens at the end, so that no thread is left."""
    made = threading.Event()
    yield made
    made.set()


def freeze(world: World, gate: threading.Event) -> None:
    """The host `frozen` answers when the gate opens."""
    hosts = world.parts.hosts
    assert isinstance(hosts, FakeHosts)
    check = hosts.check

    def slow(host: Host, *rest: object) -> HostReport:
        if host.name == "frozen":
            gate.wait(30)
        return check(host)

    hosts.check = slow  # type: ignore[method-assign, assignment]


def test_a_frozen_host_holds_up_neither_the_others_nor_the_page(
    make_window: MakeWindow, world: World, gate: threading.Event, qtbot: QtBot
) -> None:
    freeze(world, gate)
    window = make_window(None, open_folder=lambda folder: world.workspace, lanes=Lanes())
    window.shell.begin(world.folder)
    window.shell.open(world.folder)
    wait(qtbot, lambda: window.shell.workspace is not None)
    window.shell.go(Place("deployments", "", {"host": "fine"}))
    page = window.shell.page
    assert isinstance(page, DeploymentsPage)
    words = page.hosts.hosts.rows
    wait(qtbot, lambda: len(words.rows) == 3 and words.rows[2].sign.word == "Connected")
    assert words.rows[1].sign.word == "Checking…"
    gate.set()
    wait(qtbot, lambda: words.rows[1].sign.word == "Connected")


def test_a_step_is_told_on_the_gui_thread_while_the_work_goes_on(gate: threading.Event, qtbot: QtBot) -> None:
    lanes = Lanes()
    told: list[tuple[str, threading.Thread]] = []
    here = threading.current_thread()

    def work() -> None:
        lanes.tell(lambda: told.append(("step", threading.current_thread())))
        gate.wait(10)

    lanes.call(work, lambda _: told.append(("end", threading.current_thread())), apart="gpu-box")
    wait(qtbot, lambda: len(told) == 1)
    assert not lanes.is_idle
    gate.set()
    wait(qtbot, lambda: lanes.is_idle)
    assert told == [("step", here), ("end", here)]
    assert lanes.close()


def test_closing_does_not_wait_for_a_host_that_does_not_answer(gate: threading.Event) -> None:
    lanes = Lanes()
    begun = threading.Event()
    ended: list[bool] = []

    def work() -> None:
        begun.set()
        ended.append(gate.wait(30))

    lanes.call(work, apart="frozen")
    assert begun.wait(10)
    assert lanes.close()
    assert not ended
