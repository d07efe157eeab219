"""Takes pictures of every page, in both themes and both sizes, of a workspace with realistic values."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TZ", "UTC")

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from PySide6.QtCore import QEvent  # noqa: E402 - the platform is chosen before Qt is loaded
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402
from tests.gui.demo_workspace import NOW, FakeWorkspace  # noqa: E402
from tests.real_workspace import real_workspace  # noqa: E402

from mlops_desktop.domain.errors import BusyRegistryError  # noqa: E402
from mlops_desktop.domain.run_selection import SortKey  # noqa: E402
from mlops_desktop.gui.charts.chart import REDRAW_SECONDS, Chart  # noqa: E402
from mlops_desktop.gui.history import Place  # noqa: E402
from mlops_desktop.gui.lanes import Lanes  # noqa: E402
from mlops_desktop.gui.main_window import MainWindow  # noqa: E402
from mlops_desktop.gui.shell import Shell  # noqa: E402
from mlops_desktop.gui.state import WindowState  # noqa: E402
from mlops_desktop.gui.theme.theme import Look, Theme  # noqa: E402
from mlops_desktop.services.workspace import Workspace  # noqa: E402

SIZES = {"": (1440, 900), "small-": (1100, 700)}
Scene = Callable[[MainWindow, FakeWorkspace], None]
RealScene = Callable[[Shell, Workspace], None]


def home(window: MainWindow, workspace: FakeWorkspace) -> None:
    window.shell.open(workspace.folder)


def experiments(window: MainWindow, workspace: FakeWorkspace) -> None:
    window.shell.open(workspace.folder)
    window.shell.go_to("experiments")
    page = window.shell.experiments
    page.model.sort_by(SortKey("metric:roc_auc", descending=True))
    page.runs.show_rows()
    page.model.tick([3, 10, 16], True)
    page.runs.table.go_to(0)


def failed_run(window: MainWindow, workspace: FakeWorkspace) -> None:
    window.shell.open(workspace.folder)
    run = next(run for run in workspace.all_runs if run.name == "red-plover-26")
    window.shell.go(Place("experiments", run.experiment_name, {"run": run.id}))
    window.shell.experiments.runs.filter.set_text("mlp")
    window.shell.say("Run flat-dunnock-15 moved to trash", "trash-2", lambda: None)


def params(window: MainWindow, workspace: FakeWorkspace) -> None:
    window.shell.open(workspace.folder)
    run = next(run for run in workspace.all_runs if run.name == "amber-falcon-27")
    window.shell.go(Place("experiments", run.experiment_name, {"run": run.id}))
    window.shell.experiments.inspector.tabs.setCurrentIndex(0)
    window.shell.set_density("standard")


def no_match(window: MainWindow, workspace: FakeWorkspace) -> None:
    window.shell.open(workspace.folder)
    window.shell.go_to("experiments")
    window.shell.experiments.runs.filter.set_text("xgboost")


def empty_home(window: MainWindow, workspace: FakeWorkspace) -> None:
    window.shell.open(workspace.folder)


def empty_experiments(window: MainWindow, workspace: FakeWorkspace) -> None:
    window.shell.open(workspace.folder)
    window.shell.go_to("experiments")


def opening(window: MainWindow, workspace: FakeWorkspace) -> None:
    """As at the first paint, before anything was read."""


def unreadable(window: MainWindow, workspace: FakeWorkspace) -> None:
    workspace.error = BusyRegistryError(
        "Another process has held the registry for 30 s.", hint="Wait a moment and try again. Nothing was changed."
    )
    window.shell.open(workspace.folder)
    window.shell.go_to("experiments")


def welcome(window: MainWindow, workspace: FakeWorkspace) -> None:
    """Shown because no folder is known."""


SCENES: dict[str, Scene] = {
    "home": home,
    "experiments": experiments,
    "failed-run": failed_run,
    "run": params,
    "no-match": no_match,
    "empty-home": empty_home,
    "empty-experiments": empty_experiments,
    "opening": opening,
    "unreadable": unreadable,
    "welcome": welcome,
}


def _opener(workspace: FakeWorkspace) -> Callable[[Path], Workspace]:
    return lambda folder: workspace.as_workspace()


def windows(
    app: QApplication, folder: Path, wanted: Sequence[str] = (), zoom: int = 100
) -> Iterator[tuple[str, MainWindow]]:
    """Every scene in both looks and sizes; only those whose names begin with one of the wanted words, if any."""
    theme = Theme(app, Look.LIGHT)
    zoomed = f"zoom{zoom}-" if zoom != 100 else ""  # noqa: PLR2004 - per cent
    for look in (Look.LIGHT, Look.DARK):
        theme.choose(look)
        for prefix, size in SIZES.items():
            begins = tuple(wanted) or ("",)
            for name, window in play_scenes(theme, size, folder, partial(_begins, begins), zoom):
                _settle(window)
                yield f"{zoomed}{prefix}{look.value}-{name}", window
                window.close()
                window.deleteLater()
                app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
                app.processEvents()


def _settle(window: MainWindow) -> None:
    """Charts paint new values at most four times a second, and a layout may want a second round."""
    charts = [chart for chart in window.findChildren(Chart) if chart.isVisible()]
    QTest.qWait(round(REDRAW_SECONDS * 1000) + 50 if charts else 0)
    QApplication.processEvents()


def _begins(words: tuple[str, ...], name: str) -> bool:
    return name.startswith(words)


def play_scenes(
    theme: Theme, size: tuple[int, int], folder: Path, is_wanted: Callable[[str], bool], zoom: int = 100
) -> Iterator[tuple[str, MainWindow]]:
    for name, played in SCENES.items():
        if is_wanted(name):
            fake = FakeWorkspace(empty=name.startswith("empty"))
            start = None if name == "welcome" else fake.folder
            window = _window(theme, size, folder, start, _opener(fake), zoom)
            played(window, fake)
            yield name, window
    for name, scene in real_scenes().items():
        if is_wanted(name):
            with tempfile.TemporaryDirectory(prefix="mlops-") as place:
                os.environ["MLOPS_STATE_FOLDER"] = f"{place}/state"
                with real_workspace(Path(place) / "nyc-delays") as workspace:
                    window = _window(theme, size, Path(place), workspace.folder, partial(_same, workspace), zoom)
                    window.shell.open(workspace.folder)
                    QApplication.processEvents()
                    scene(window.shell, workspace)
                    yield name, window


def real_scenes() -> dict[str, RealScene]:
    """The `SCENES` of every module `scenes_*.py` beside this one: functions of the shell and a real workspace.

    The lanes are inline; the clock is the real one.
    """
    found: dict[str, RealScene] = {}
    for path in sorted(Path(__file__).parent.glob("scenes_*.py")):
        found |= importlib.import_module(f"tests.pictures.{path.stem}").SCENES
    return found


def _same(workspace: Workspace, folder: Path) -> Workspace:
    return workspace


def _window(
    theme: Theme,
    size: tuple[int, int],
    state_folder: Path,
    folder: Path | None,
    open_folder: Callable[[Path], Workspace],
    zoom: int,
) -> MainWindow:
    state = WindowState(recent=("/home/ds-lead/MLOps/nyc-delays", "/home/ds-lead/MLOps/churn"), zoom=zoom)
    window = MainWindow(state, state_folder)
    is_real = isinstance(open_folder, partial)
    window.fill(theme, Lanes(inline=True), (lambda: datetime.now(UTC)) if is_real else (lambda: NOW), open_folder)
    window.resize(*size)
    window.shell.begin(folder)
    window.show()
    QApplication.processEvents()
    return window


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build/pictures"))
    parser.add_argument("scenes", nargs="*", help="only scenes whose names begin so")
    parser.add_argument("--zoom", type=int, default=100, help="in per cent")
    options = parser.parse_intermixed_args(arguments)
    target: Path = options.folder
    target.mkdir(parents=True, exist_ok=True)
    app = QApplication(["pictures", "-style", "Fusion"])
    os.environ.setdefault("MLOPS_KEEPER_IDLE_SECONDS", "1")
    with tempfile.TemporaryDirectory() as folder:
        for name, window in windows(app, Path(folder), options.scenes, options.zoom):
            window.grab().save(str(target / f"{name}.png"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
