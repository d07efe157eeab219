"""The window as a process of its own, in which something fails: `python -m tests.gui.faulty_program FOLDER HOW REPORT`.

HOW is `once`: a fault of each kind, one after the other; `painting`: one that comes again with every painting; or
`ending`: the process dies as it shows the section of experiments.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from mlops_desktop.gui.app import ARGUMENTS, Program, _theme
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.experiments import ExperimentsPage
from mlops_desktop.gui.state import read_state

SECONDS = 30.0
CANARY = "canary-of-the-database"


class Fault(Exception):
    """What somebody forgot."""


def fail(*_: object) -> None:
    raise Fault(f"postgresql://ada:{CANARY}@db/flights is not there")


class Spoilt(QWidget):
    """Fails as it is painted; `times` is how often."""

    def __init__(self, parent: QWidget, times: int) -> None:
        super().__init__(parent)
        self.times, self.painted = times, 0
        self.resize(60, 60)
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        self.painted += 1
        if self.painted <= self.times:
            fail()


def kinds(window: MainWindow) -> dict[str, Callable[[], object]]:
    def in_slot() -> None:
        fail()

    def in_timer() -> None:
        fail()

    button = QPushButton("Fail", window)
    button.clicked.connect(in_slot)
    lanes = window.shell.context.lanes
    return {
        "slot": button.click,
        "timer": lambda: QTimer.singleShot(0, in_timer),
        "painting": lambda: Spoilt(window, 1),
        "work in a lane": lambda: lanes.run(fail),
        "what follows a work": lambda: lanes.call(lambda: 1, fail),
        "thread": lambda: threading.Thread(target=fail).start(),
    }


class Play:
    """Goes through its steps as the loop turns; each step is done when its condition holds."""

    def __init__(self, program: Program, how: str, report: Path) -> None:
        self._program, self._how, self._report = program, how, report
        self.said: dict[str, Any] = {"met": [], "dialogs": 0, "texts": []}
        self._steps = self._go()
        self._wanted: Callable[[], object] = lambda: True
        self._until = time.monotonic() + SECONDS
        self._clock = QTimer(interval=10)
        self._clock.timeout.connect(self._on_turn)
        self._clock.start()

    def _on_turn(self) -> None:
        if time.monotonic() > self._until:
            self._end(7)
        elif self._wanted():
            try:
                self._wanted = next(self._steps)
                self._until = time.monotonic() + SECONDS
            except StopIteration:
                self._end(0)

    def _end(self, code: int) -> None:
        self._clock.stop()
        self._report.write_text(json.dumps(self.said), "utf-8")
        self._program.end()
        QApplication.exit(code)

    @property
    def _dialog(self) -> Any:
        crashes = self._program._crashes
        shown = crashes.dialog if crashes is not None else None
        return shown if shown is not None and shown.isVisible() else None

    def _go(self) -> Iterator[Callable[[], object]]:
        window = self._program.windows[0]
        yield lambda: window.is_filled and window.shell.workspace and window.shell.context.lanes.is_idle
        self.said["page"] = window.shell.page.section if window.shell.page else ""
        self.said["notice"] = window.shell.notifications.said[0].sentence if window.shell.notifications.said else ""
        if self._how == "once":
            for name, act in kinds(window).items():
                act()
                yield lambda: self._dialog
                self._note(name)
        elif self._how == "painting":
            spoilt = Spoilt(window, 1_000_000)
            yield lambda: self._dialog
            self._note("painting")
            for painted in range(2, 200):
                spoilt.update()
                yield lambda painted=painted: spoilt.painted >= painted  # type: ignore[misc]
                if self._dialog:
                    self._note("painting again")
            spoilt.hide()
        for section in ("datasets", "models", "home"):
            window.shell.go_to(section)
            yield lambda: window.shell.context.lanes.is_idle
        self.said["visible"] = window.shell.home.isVisible()

    def _note(self, name: str) -> None:
        self.said["met"].append(name)
        self.said["dialogs"] += 1
        self._dialog.copy.click()
        self.said["texts"].append(QApplication.clipboard().text())
        self._dialog.go_on.click()


def main(folder: Path, how: str, report: Path) -> int:
    app = QApplication(ARGUMENTS)
    state_folder = Path(os.environ["MLOPS_STATE_FOLDER"])
    state, told = read_state(state_folder)
    if how == "ending":
        ExperimentsPage.refresh = lambda page: os.kill(os.getpid(), signal.SIGSEGV)  # type: ignore[assignment]
    program = Program(lambda: _theme(app, "light"), state_folder)
    program.show(folder, state, told=told)
    play = Play(program, how, report)
    code = app.exec()
    del play
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
