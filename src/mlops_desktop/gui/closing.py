"""What closing the window means while something goes on: it is said, and can be stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.dialogs.sheet import Growing
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.controls import Box
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import Text

if TYPE_CHECKING:
    from mlops_desktop.gui.theme.theme import Theme
    from mlops_desktop.services.workspace import Workspace


@dataclass(frozen=True)
class GoingOn:
    """Jobs by id that run or wait, endpoints by name that should answer, and what this window itself is writing."""

    jobs: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    here: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """`2 jobs and 1 endpoint`; empty where nothing goes on."""
        parts = []
        if self.jobs:
            parts.append(formats.plural(len(self.jobs), "job"))
        if self.endpoints:
            parts.append(formats.plural(len(self.endpoints), "endpoint"))
        return " and ".join(parts)


def stop(workspace: Workspace, going_on: GoingOn) -> None:
    """Asks all of it to end; the background process sees to it after the window is gone."""
    for job in going_on.jobs:
        workspace.jobs.cancel(job)
    for endpoint in going_on.endpoints:
        workspace.deployments.stop(endpoint)


class ClosingDialog(Growing):
    """`decided` carries whether to stop what goes on, and whether to ask again next time."""

    decided = Signal(bool, bool)

    def __init__(self, theme: Theme, going_on: GoingOn, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setWindowTitle("Close the window")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._make_words(going_on))
        column.addWidget(self._make_foot(going_on))
        for button in (self.stop, self.stay):
            button.setAutoDefault(False)
        self.close_window.setDefault(True)
        self.close_window.setFocus()

    def _make_words(self, going_on: GoingOn) -> QVBoxLayout:
        theme = self._theme
        verb = "goes" if len(going_on.jobs) + len(going_on.endpoints) == 1 else "go"
        body = QVBoxLayout()
        body.setContentsMargins(18, 16, 18, 14)
        body.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(Icon(theme, "activity", "accent-text", 20))
        title = f"{going_on.words} {verb} on in the background" if going_on.words else "The window is still at work"
        head.addWidget(Text(theme, title, "section"), 1)
        body.addLayout(head)
        for sentence in _sentences(going_on):
            words = Text(theme, sentence, "body", "muted", wrap=True)
            words.setMinimumWidth(460)
            body.addWidget(words)
        self.again = Box(theme, "Do not ask again")
        self.again.setVisible(bool(going_on.words))
        body.addSpacing(4)
        body.addWidget(self.again)
        return body

    def _make_foot(self, going_on: GoingOn) -> QFrame:
        theme = self._theme
        foot = QFrame()
        foot.setObjectName("dialogfoot")
        row = QHBoxLayout(foot)
        row.setContentsMargins(18, 10, 18, 10)
        row.setSpacing(8)
        self.stop = Button(theme, "Stop all and close", kind="danger")
        self.stop.setAccessibleName(f"Stop {going_on.words} and close")
        self.stop.setVisible(bool(going_on.words))
        self.stay = Button(theme, "Keep the window")
        self.close_window = Button(theme, "Close window", kind="primary")
        row.addWidget(self.stop)
        row.addStretch(1)
        row.addWidget(self.stay)
        row.addWidget(self.close_window)
        self.stop.clicked.connect(lambda: self._decide(stop=True))
        self.close_window.clicked.connect(lambda: self._decide(stop=False))
        self.stay.clicked.connect(self.reject)
        return foot

    def _decide(self, *, stop: bool) -> None:
        asks = not self.again.isChecked()
        self.accept()
        self.decided.emit(stop, asks)


def _sentences(going_on: GoingOn) -> Sequence[str]:
    sentences = []
    if going_on.jobs:
        sentences.append("What runs or waits is finished without the window; its results are here when you come back.")
    if going_on.endpoints:
        named = ", ".join(going_on.endpoints[:4]) + (" …" if len(going_on.endpoints) > 4 else "")
        sentences.append(f"Endpoints keep answering requests: {named}.")
    sentences += [f"{words} It is finished before the program ends." for words in going_on.here]
    return sentences
