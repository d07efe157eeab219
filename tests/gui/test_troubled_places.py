"""What the window says of a workspace that is only viewed, is damaged, went away, or is edited in two windows."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pytestqt.qtbot import QtBot
from tests import mounting, needs
from tests.end_to_end.test_places import add_dataset
from tests.gui.conftest import wait
from tests.storage.storage_values import a_model, a_model_version

from mlops_desktop import bootstrap
from mlops_desktop.gui.app import Program
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.models import ModelsPage
from mlops_desktop.gui.shell import Shell
from mlops_desktop.gui.state import WindowState
from mlops_desktop.gui.theme.theme import Theme

Opens = Callable[[Path], MainWindow]


@contextmanager
def windows(theme: Theme, tmp_path: Path) -> Iterator[Opens]:
    program = Program(lambda: theme, tmp_path / "state")
    try:
        yield lambda folder: program.show(folder, WindowState())
    finally:
        program.end()


def make(folder: Path) -> None:
    with bootstrap.create_workspace(folder, "study") as workspace:
        add_dataset(workspace, "flights")
        model = a_model(description="Late?")
        with workspace._parts.registry.write() as unit:
            unit.models.add(model)
            unit.models.add_version(a_model_version(model))
            unit.commit()


def is_open(window: MainWindow) -> bool:
    return window.is_filled and window.shell.workspace is not None


def said(shell: Shell) -> str:
    return shell.message.accessibleName() if not shell.message.isHidden() else ""


def test_s_08_a_window_on_what_cannot_be_written_says_so_for_as_long_as_it_is_open(
    theme: Theme, tmp_path: Path, qtbot: QtBot
) -> None:
    needs.mounts()
    make(tmp_path / "study")
    with mounting.read_only(tmp_path / "study"), windows(theme, tmp_path) as opens:
        window = opens(tmp_path / "study")
        wait(qtbot, lambda: is_open(window) and window.shell.home.content is not None)
        assert said(window.shell).startswith("Viewing only. The folder")
        assert window.shell.status.workspace.accessibleName() == "Viewing only"
        workspace = window.shell.workspace
        assert workspace is not None
        window.shell._lanes.run(
            lambda: workspace.datasets.rename("flights", "other"), lambda _: None, window.shell.show_failure
        )
        wait(qtbot, lambda: "(MD-WSP-007)" in said(window.shell))


def test_s_11_a_damaged_registry_is_put_back_by_a_button(theme: Theme, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "study"
    make(folder)
    with bootstrap.open_workspace(folder) as opened:
        assert opened._parts.registry.keep_copy()
    (folder / "registry.db").write_bytes(b"year,month\n" * 1000)
    with windows(theme, tmp_path) as opens:
        window = opens(folder)
        wait(qtbot, lambda: window.is_filled and window.shell.welcome is not None and window.shell.welcome.error)
        welcome = window.shell.welcome
        assert welcome is not None
        assert not welcome.recover.isHidden()
        welcome.recover.click()
        wait(qtbot, lambda: window.shell.workspace is not None and window.shell.home.content is not None)
        workspace = window.shell.workspace
        assert workspace is not None
        assert [dataset.name for dataset in workspace.datasets.list()] == ["flights"]
        assert workspace.audit()[-1].action == "workspace.recover"


def test_a_10_a_store_that_went_away_is_said_above_the_page_until_it_is_back(
    theme: Theme, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "study"
    make(folder)
    with windows(theme, tmp_path) as opens:
        window = opens(folder)
        wait(qtbot, lambda: is_open(window))
        shell = window.shell
        (folder / "artifacts").rename(tmp_path / "unplugged")
        (folder / "artifacts").mkdir()
        shell.refresh()
        wait(qtbot, lambda: "not mounted" in said(shell))
        assert shell.status.workspace.accessibleName() == "Not reachable"
        shutil.rmtree(folder / "artifacts")
        (tmp_path / "unplugged").rename(folder / "artifacts")
        shell.refresh()
        wait(qtbot, lambda: not said(shell))
        assert shell.status.workspace.accessibleName() == "Workspace open"


def test_s_16_of_two_windows_the_second_to_save_is_told_and_overwrites_nothing(
    theme: Theme, tmp_path: Path, qtbot: QtBot
) -> None:
    """Both show the same description; the second one's edit is of a state that is no more."""
    folder = tmp_path / "study"
    make(folder)
    with windows(theme, tmp_path) as opens:
        shown = [opens(folder), opens(folder)]
        wait(qtbot, lambda: all(is_open(window) for window in shown))
        first, second = (window.shell for window in shown)
        assert second.workspace is not None
        seen = second.workspace.models.model("flight-late")
        for shell, text in ((first, "Late by 15 minutes"), (second, "Late by 30 minutes")):
            shell.go_to("models")
            page = shell.page
            assert isinstance(page, ModelsPage)
            page.actions_.describe(seen, text)
            wait(qtbot, lambda shell=shell: said(shell) or shell.notice.isVisible())  # type: ignore[misc]
        wait(qtbot, lambda: "changed by somebody else" in said(second))
        assert "(MD-EDT-001)" in said(second)
        assert second.workspace.models.model("flight-late").description == "Late by 15 minutes"
        assert [entry.action for entry in second.workspace.audit() if "describe" in entry.action] == ["model.describe"]
