"""A dialog before something that disturbs: its effect in words, the safe button focused, the verb on the red one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui.dialogs.sheet import Growing, fitting_width
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import Text

WIDTH = 480


@dataclass(frozen=True)
class Question:
    """`effects` are (icon, sentence); `danger` says verb and object, `safe` what stays as it is."""

    title: str
    effects: Sequence[tuple[str, str]]
    safe: str
    danger: str


class ConfirmDialog(Growing):
    """`act` is what the red button does. Esc and the safe button change nothing."""

    def __init__(self, theme: Theme, question: Question, act: Callable[[], object], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(question.title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(fitting_width(theme, WIDTH, parent))
        self._act = act
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        body = QVBoxLayout()
        body.setContentsMargins(20, 16, 20, 16)
        body.setSpacing(10)
        body.addWidget(Text(theme, question.title, "section", wrap=True))
        for icon, sentence in question.effects:
            row = QHBoxLayout()
            row.setSpacing(9)
            row.addWidget(Icon(theme, icon, "muted", 16), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(Text(theme, sentence, "body", wrap=True), 1)
            body.addLayout(row)
        column.addLayout(body)
        column.addWidget(self._make_foot(theme, question))
        self.safe.setDefault(True)
        self.safe.setFocus()
        self.setAccessibleDescription(" ".join(sentence for _, sentence in question.effects))

    def _make_foot(self, theme: Theme, question: Question) -> QWidget:
        foot = QWidget()
        foot.setObjectName("dialogfoot")
        foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(foot)
        row.setContentsMargins(16, 10, 16, 11)
        row.setSpacing(8)
        row.addStretch(1)
        self.safe = Button(theme, question.safe)
        self.danger = Button(theme, question.danger, kind="destroy")
        self.danger.setAutoDefault(False)
        self.safe.clicked.connect(self.reject)
        self.danger.clicked.connect(self._on_danger)
        row.addWidget(self.safe)
        row.addWidget(self.danger)
        return foot

    def _on_danger(self) -> None:
        self.accept()
        self._act()
