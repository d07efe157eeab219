"""Try it, in the window, against containers on other machines, whose ports nobody reaches from here."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication
from tests.gui.conftest import MakeWindow
from tests.gui.hands import click
from tests.hosts.engines.conftest import KINDS, Team, _made_workspace, team

from mlops_desktop import bootstrap
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.try_it import TryItPage

pytestmark = [pytest.mark.engines, pytest.mark.long]
__all__ = ["_made_workspace", "team"]  # their fixtures


@pytest.mark.parametrize("team", KINDS, indirect=True)
def test_a_request_is_answered_by_the_container(team: Team, make_window: MakeWindow) -> None:  # noqa: F811
    """Its port is published on the loopback address of the host alone."""
    order = team.workspace.deployments.deploy("flight-late@v2", endpoint="late", host=team.host.name)
    team.settle(order.rollout)
    team.turn()
    window = make_window(None, open_folder=lambda folder: bootstrap.open_workspace(folder, actor="ada"))
    window.shell.begin(team.workspace.folder)
    window.shell.open(team.workspace.folder)
    window.shell.go(Place("try-it", "late"))
    QApplication.processEvents()
    page = window.shell.page
    assert isinstance(page, TryItPage)
    click(page.send)
    assert page.answer.status.accessibleName() == "200 OK"
    (said,) = team.workspace.deployments.predict("late", page.request.rows)["predictions"]
    assert page.answer.figure.text() == said["prediction"]
    assert {one.label: one.share for one in page.answer.bars.chances} == said["probabilities"]
