"""What is odd about the file, with choices where there is something to decide."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.previews import FindingChoice
from mlops_desktop.gui.readings.import_findings import FindingView
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.radios import Radio
from mlops_desktop.gui.widgets.text import ElidedText, Text


class FindingsPane(QWidget):
    """`decided` carries a finding and the choice that was made; `change_asked` the column whose type is wanted else."""

    decided = Signal(object, object)
    change_asked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.views: tuple[FindingView, ...] = ()
        self.radios: list[Radio] = []
        self._wanted = ("", -1)
        self.setAccessibleName("Findings")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 11, 14, 10)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Text(theme, "Findings", "title"))
        self._badge = Text(theme, "", "caption-bold", "warn")
        self._badge.setProperty("chip", "warn")
        self._badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._badge.setFixedHeight(18)
        self._badge.setMinimumWidth(20)
        head.addWidget(self._badge)
        self._count = ElidedText(theme, "", "table", "muted")
        self._count.setAlignment(Qt.AlignmentFlag.AlignRight)
        head.addWidget(self._count, 1)
        column.addLayout(head)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        column.addLayout(self._list)

    def show_views(self, views: Sequence[FindingView]) -> None:
        if tuple(views) == self.views and self._list.count():
            return
        self.views = tuple(views)
        waiting = sum(view.is_open for view in views)
        self._badge.setVisible(waiting > 0)
        self._badge.setText(str(waiting))
        settled = len(views) - waiting
        words = f"{settled} settled" + (f", {waiting} to decide" if waiting else "")
        self._count.setText(words if views else "nothing odd")
        clear_layout(self._list)
        self.radios = []
        for place, view in enumerate(views):
            self._list.addWidget(self._row(view, first=place == 0))
        if not views:
            said = "Every value fits the type of its column, and no name had to be changed."
            self._list.addWidget(Text(self._theme, said, "table", "muted", wrap=True))

    def _row(self, view: FindingView, *, first: bool) -> QFrame:
        theme = self._theme
        frame = QFrame()
        if not first:
            frame.setProperty("row", True)
        frame.setAccessibleName(f"{view.title}. {view.sentence}")
        row = QHBoxLayout(frame)
        row.setContentsMargins(0, 0 if first else 9, 0, 9)
        row.setSpacing(9)
        warns = view.is_open or view.is_warning
        sign = Icon(theme, "triangle-alert" if warns else "circle-check", "warn" if warns else "ok", 15)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(1)
        column.addWidget(Text(theme, view.title, "table-bold", wrap=True))
        column.addWidget(Text(theme, view.sentence, "table", "muted", wrap=True))
        group = QButtonGroup(frame)
        for place, choice in enumerate(view.choices):
            column.addWidget(self._radio(view, choice, place, group))
        if view.column:
            change = Button(theme, "Change", kind="link", small=True)
            change.setAccessibleName(f"Change the type of {view.column}")
            change.clicked.connect(lambda: self.change_asked.emit(view.column))
            change.setProperty("flush", True)
            column.addWidget(change, 0, Qt.AlignmentFlag.AlignLeft)
        row.addLayout(column, 1)
        return frame

    def _radio(self, view: FindingView, choice: FindingChoice, place: int, group: QButtonGroup) -> Radio:
        radio = Radio(self._theme, choice.caption, choice.note)
        radio.setAccessibleDescription(view.title)
        radio.setChecked(choice.is_chosen)
        group.addButton(radio)
        self.radios.append(radio)
        key = (view.choices[0].caption + view.choices[-1].caption, place)
        radio.clicked.connect(lambda: self._on_radio(view, choice, key))
        if self._wanted == key and choice.is_chosen:
            self._wanted = ("", -1)
            radio.setFocus(Qt.FocusReason.OtherFocusReason)
        return radio

    def _on_radio(self, view: FindingView, choice: FindingChoice, key: tuple[str, int]) -> None:
        self._wanted = key
        self.decided.emit(view, choice)
