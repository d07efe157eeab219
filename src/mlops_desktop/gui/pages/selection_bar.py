"""What can be done with the selected runs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from mlops_desktop.domain.experiments import RunStatus
from mlops_desktop.domain.run_summaries import RunSummary
from mlops_desktop.gui import formats
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.text import Text

FEWEST, MOST = 2, 8
"""How many runs can be compared."""


class SelectionBar(QWidget):
    """Shown while something is selected; each signal says what is wanted with the selected runs."""

    compare_asked = Signal()
    register_asked = Signal()
    tag_asked = Signal()
    rerun_asked = Signal()
    cancel_asked = Signal()
    export_asked = Signal()
    trash_asked = Signal()
    clear_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("selectionbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Selected runs")
        self.setFixedHeight(38)
        self._theme = theme
        row = self._row = QHBoxLayout(self)
        row.setSpacing(8)
        self._count = Text(theme, "", "label")
        self.compare = Button(theme, "Compare", icon="chart-line", small=True)
        self.register = Button(theme, "Register…", icon="box", small=True)
        self.tag = Button(theme, "Tag…", icon="tag", small=True)
        self.cancel = Button(theme, "Cancel run", icon="square", small=True)
        self.trash = Button(theme, "Move to trash", icon="trash-2", kind="ghost", small=True)
        self.more = Button(theme, "More", icon="ellipsis", kind="ghost", small=True)
        self._menu = QMenu(self)
        self.rerun = self._menu.addAction("Re-run", self.rerun_asked.emit)
        self.export = self._menu.addAction("Export as CSV…", self.export_asked.emit)
        self.more.setMenu(self._menu)
        self._note = Text(theme, "", "number", "muted")
        self.clear = Button(theme, "Clear", kind="ghost", small=True)
        for part in (self._count, self.compare, self.register, self.tag, self.cancel, self.trash, self.more):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self._note)
        row.addWidget(self.clear)
        for button, signal in (
            (self.compare, self.compare_asked),
            (self.register, self.register_asked),
            (self.tag, self.tag_asked),
            (self.cancel, self.cancel_asked),
            (self.trash, self.trash_asked),
            (self.clear, self.clear_asked),
        ):
            button.clicked.connect(signal)
        self.set_small(False)
        self.hide()

    def set_small(self, small: bool) -> None:
        self._row.setContentsMargins(14 if small else 20, 1, 12, 0)
        self._note.setVisible(not small)

    def show_runs(self, runs: Sequence[RunSummary], note: str) -> None:
        """`note` says how many rows there are and their order."""
        self.setVisible(bool(runs))
        self._count.setText(f"{formats.count(len(runs))} selected")
        open_runs = sum(not run.status.is_ended for run in runs)
        self.compare.setVisible(FEWEST <= len(runs) <= MOST)
        self.register.setVisible(len(runs) == 1 and runs[0].status is RunStatus.FINISHED)
        self.cancel.setVisible(open_runs > 0)
        self.cancel.set_caption("Cancel run" if open_runs == 1 else f"Cancel {open_runs} runs")
        self.trash.setVisible(len(runs) > open_runs)
        self.rerun.setText("Re-run" if len(runs) == 1 else f"Re-run {formats.plural(len(runs), 'run')}")
        apart = len({run.way for run in runs if run.status is RunStatus.FINISHED}) > 1
        self._note.set_tone("warn" if apart else "muted")
        self._note.setText("Not measured in the same way: not comparable" if apart else note)
