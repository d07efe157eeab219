"""What the window itself is doing when it is closed: every such action by its name, and each is finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow, wait
from tests.gui.demo_workspace import NOW
from tests.gui.hands import click, write
from tests.pictures.scenes_runs import FOUR, name_of
from tests.real_workspace import real_workspace

from mlops_desktop import bootstrap
from mlops_desktop.domain.hosts import Host, HostKind, HostState
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus
from mlops_desktop.gui.charts import card
from mlops_desktop.gui.dialogs.base_image import BaseImageDialog
from mlops_desktop.gui.dialogs.erase import EraseDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.compare import ComparePage
from mlops_desktop.gui.pages.datasets import DatasetsPage
from mlops_desktop.gui.pages.experiments import ExperimentsPage
from mlops_desktop.gui.pages.models import ModelsPage
from mlops_desktop.gui.pages.run import RunPage
from mlops_desktop.gui.pages.settings import SettingsPage
from mlops_desktop.gui.settings.trash import TrashSection
from mlops_desktop.gui.settings.workspace import WorkspaceSection
from mlops_desktop.gui.state import WindowState
from mlops_desktop.gui.widgets import log_view
from mlops_desktop.services.workspace import Workspace

PageT = TypeVar("PageT", bound=QWidget)


@dataclass
class Desk:
    """A person's window on the real workspace, whose held service calls end only after closing has begun."""

    window: MainWindow
    workspace: Workspace
    lanes: Lanes
    folder: Path
    qtbot: QtBot
    patch: pytest.MonkeyPatch
    begun: list[str] = field(default_factory=list)
    ended: list[object] = field(default_factory=list)

    def hold(self, owner: object, name: str, instead: Callable[..., object] | None = None) -> None:
        """The call waits for the closing, then does what it always does, or `instead` of that."""
        real = instead or getattr(owner, name)

        def held(*given: Any, **named: Any) -> object:
            self.begun.append(name)
            self.lanes._stop.wait(20)
            self.ended.append(real(*given, **named))
            return self.ended[-1]

        self.patch.setattr(owner, name, held)

    def at(self, place: Place, kind: type[PageT]) -> PageT:
        shell = self.window.shell
        shell.go(place)
        wait(self.qtbot, lambda: isinstance(shell.page, kind) and self.lanes.is_idle)
        assert isinstance(shell.page, kind)
        return shell.page


def back_up(desk: Desk) -> str:
    section = desk.at(Place("settings", "workspace"), SettingsPage).current
    assert isinstance(section, WorkspaceSection)
    desk.hold(bootstrap, "backup_workspace")
    section.write_backup(desk.folder / "backup.zip")
    return "A backup is being written to backup.zip."


def export_bundle(desk: Desk) -> str:
    page = desk.at(Place("models"), ModelsPage)
    desk.hold(desk.workspace.models, "export")
    page.actions_.export("flight-late@v2", desk.folder / "late.zip")
    return "A bundle is being written to late.zip."


def import_bundle(desk: Desk) -> str:
    desk.workspace.models.export("flight-late@v2", desk.folder / "carrier.zip")
    page = desk.at(Place("models"), ModelsPage)
    desk.hold(desk.workspace.models, "import_file")
    page.actions_.import_file(desk.folder / "carrier.zip")
    return "carrier.zip is being taken in."


def draw_charts(desk: Desk) -> str:
    names = ",".join(name_of(desk.workspace, estimator) for estimator in FOUR)
    page = desk.at(Place("compare", names), ComparePage)
    wait(desk.qtbot, lambda: page.facts is not None)
    desk.hold(desk.workspace.experiments, "chart", lambda *given, **named: ((), ""))
    page.export_to(str(desk.folder))
    return f"Charts are being written to {desk.folder.name}."


def save_chart(desk: Desk) -> str:
    names = ",".join(name_of(desk.workspace, estimator) for estimator in FOUR)
    page = desk.at(Place("compare", names), ComparePage)
    desk.hold(card, "_write")
    page.metric_charts.spread.chart.file_made.emit(str(desk.folder / "spread.csv"), b"a,b\n")
    return "The chart is being written to spread.csv."


def save_scores(desk: Desk) -> str:
    """Of a job that has ended just now; any stored file does for its table."""
    actions = desk.at(Place("datasets"), DatasetsPage).acts
    stored = desk.workspace.datasets.get("flights@v2").content_hash
    job = Job("1", JobKind.SCORE, "Score", JobStatus.FINISHED, {}, "", NOW, "ada", result={"file_hash": stored})
    desk.hold(desk.workspace.datasets, "save_scores")
    actions._scoring[job.id] = desk.folder / "scores.csv"
    actions._on_job(job)
    return "Scores are being written to scores.csv."


def save_runs(desk: Desk) -> str:
    page = desk.at(Place("experiments"), ExperimentsPage)
    desk.hold(desk.workspace.experiments.lists, "export")
    page.work._actions.export(desk.workspace.experiments.lists.summaries()[:2], desk.folder / "runs.csv")
    return "Runs are being written to runs.csv."


def save_log(desk: Desk) -> str:
    page = desk.at(Place("run", name_of(desk.workspace, FOUR[0])), RunPage)
    desk.hold(log_view, "_write")
    page.log.save_to(str(desk.folder / "run.log"))
    return "The log is being written to run.log."


def bring_base_image(desk: Desk) -> str:
    """Without an engine: what the host would say is left out."""
    host = Host("1", "gpu-box", HostKind.SSH, NOW, "ada", "mlops@gpu-box")
    desk.hold(desk.workspace.hosts, "prepare_base", lambda *given, **named: "sha256:1")
    dialog = BaseImageDialog(desk.window.shell.context, desk.workspace, HostState(host, 0, 0), desk.window)
    dialog.open()
    click(dialog.prepare)
    return "A base image is being brought to gpu-box."


def erase_one(desk: Desk) -> str:
    section = desk.at(Place("settings", "trash"), SettingsPage).current
    assert isinstance(section, TrashSection)
    wait(desk.qtbot, lambda: section.chosen)
    assert section.chosen is not None
    name = section.chosen.name
    desk.hold(desk.workspace.trash, "purge")
    click(section.erase)
    confirm(desk, name)
    return f"The run {name} is being erased."


def empty_trash(desk: Desk) -> str:
    section = desk.at(Place("settings", "trash"), SettingsPage).current
    assert isinstance(section, TrashSection)
    wait(desk.qtbot, lambda: section.items)
    desk.hold(desk.workspace.trash, "purge")
    click(section.empty)
    confirm(desk, desk.workspace.name)
    return "The trash is being emptied."


def confirm(desk: Desk, word: str) -> None:
    dialog = desk.window.findChildren(EraseDialog)[-1]
    write(dialog.entry, word)
    click(dialog.erase)


@pytest.fixture
def desk(tmp_path: Path, make_window: MakeWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with real_workspace(tmp_path / "nyc-delays") as workspace:
        lanes, folder = Lanes(), tmp_path / "mine"
        folder.mkdir()
        window = make_window(open_folder=lambda _: workspace, lanes=lanes, state=WindowState(asks_on_close=False))
        window.shell.open(workspace.folder)
        wait(qtbot, lambda: window.shell.workspace and lanes.is_idle)
        yield Desk(window, workspace, lanes, folder, qtbot, monkeypatch)
        lanes.close()


@pytest.mark.parametrize(
    "begin",
    [
        back_up,
        export_bundle,
        import_bundle,
        draw_charts,
        save_chart,
        save_scores,
        save_runs,
        save_log,
        bring_base_image,
        erase_one,
        empty_trash,
    ],
)
def test_u_03_what_a_person_has_begun_is_named_and_finished_before_the_program_ends(
    desk: Desk, begin: Callable[[Desk], str]
) -> None:
    sentence = begin(desk)
    wait(desk.qtbot, lambda: desk.begun)
    leaving = desk.window.shell.leaving
    assert leaving.going_on.here == (sentence,)
    leaving.ask()
    assert leaving.dialog is not None
    said = [label.text() for label in leaving.dialog.findChildren(QLabel)]
    assert f"{sentence} It is finished before the program ends." in said
    assert not desk.ended
    click(leaving.dialog.close_window)
    assert not desk.window.isVisible()
    assert len(desk.ended) == len(desk.begun)
    assert desk.lanes.unfinished == ()
