"""What more can be done with one run: repeat it, copy it as a command, copy its name, move it to the trash."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from mlops_desktop.domain.experiments import Run
from mlops_desktop.gui.readings.home import quoted


class RunMenu(QMenu):
    """Gone when it closes. What has a button of its own on the page is not in it."""

    def __init__(self, run: Run, rerun: Callable[[], None], trash: Callable[[], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        clipboard = QGuiApplication.clipboard()
        if not run.status.is_ended:
            self.addAction("Re-run").triggered.connect(rerun)
        line = f"mlops experiments rerun {quoted(run.name)}"
        self.addAction("Copy as CLI").triggered.connect(lambda: clipboard.setText(line))
        self.addAction("Copy name").triggered.connect(lambda: clipboard.setText(run.name))
        if run.status.is_ended:
            self.addSeparator()
            self.addAction("Move to trash").triggered.connect(trash)
