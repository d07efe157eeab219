"""The steps of a rollout, one below the other: what each does, whether it is done, and how long it took."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui.readings.rollouts import Stage, StageState
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.bars import Arc
from mlops_desktop.gui.widgets.marks import Icon, Progress
from mlops_desktop.gui.widgets.text import ElidedText, Text

_SIGNS = {
    StageState.DONE: ("circle-check", "ok", "done"),
    StageState.RUNNING: ("loader-circle", "accent-text", "under way"),
    StageState.WAITING: ("clock", "muted", "waiting"),
    StageState.FAILED: ("circle-x", "error", "failed"),
    StageState.SKIPPED: ("square", "muted", "not begun"),
    StageState.CANCELLED: ("square", "warn", "cancelled"),
    StageState.WAITS: ("hand", "note", "waits for you"),
}


_TALLEST = 10_000


class _StageRow(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        top = Qt.AlignmentFlag.AlignTop
        self._icon = Icon(theme, "clock", "muted", 16)
        self._arc = Arc(theme, 16)
        row.addWidget(self._icon, 0, top)
        row.addWidget(self._arc, 0, top)
        column = QVBoxLayout()
        column.setSpacing(1)
        self._name = ElidedText(theme, "", "label")
        self._sentence = Text(theme, "", "table", "muted", wrap=True)
        column.addWidget(self._name)
        column.addWidget(self._sentence)
        self._bar = Progress(theme, "How much is done")
        column.addSpacing(2)
        column.addWidget(self._bar)
        row.addLayout(column, 1)
        self._time = Text(theme, "", "number", "muted")
        row.addWidget(self._time, 0, top)

    def show_stage(self, stage: Stage) -> None:
        icon, token, word = _SIGNS[stage.state]
        self._icon.set_sign(icon, token)
        running = stage.state is StageState.RUNNING
        self._icon.setVisible(not running)
        self._arc.setVisible(running)
        self._name.setText(stage.name)
        self._name.set_tone("muted" if stage.state in (StageState.WAITING, StageState.SKIPPED) else "text")
        self._sentence.setText(stage.sentence)
        self._fit()
        self._time.setText(stage.time)
        self._bar.setVisible(stage.share is not None)
        self._bar.set_share(stage.share)
        self.setAccessibleName(f"{stage.name}: {word}{', ' + stage.time if stage.time else ''}. {stage.sentence}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:  # what stands beside it took more room, or less
            self._fit()
        return handled

    def _fit(self) -> None:
        """A sentence of several lines keeps them, also in a dialog that grows with it."""
        words, wraps = self._sentence, int(Qt.TextFlag.TextWordWrap)
        room = QRect(0, 0, max(1, words.width()), _TALLEST)
        words.setMinimumHeight(words.fontMetrics().boundingRect(room, wraps, words.text()).height())


class RolloutSteps(QWidget):
    """Rows are kept and filled again."""

    def __init__(self, theme: Theme, name: str = "Steps of the rollout") -> None:
        super().__init__()
        self._theme = theme
        self._rows: list[_StageRow] = []
        self.stages: tuple[Stage, ...] = ()
        self.setAccessibleName(name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)

    def show_stages(self, stages: Sequence[Stage]) -> None:
        self.stages = tuple(stages)
        while len(self._rows) < len(stages):
            row = _StageRow(self._theme)
            self._rows.append(row)
            self._column.addWidget(row)
        for place, row in enumerate(self._rows):
            row.setVisible(place < len(stages))
            if place < len(stages):
                row.show_stage(stages[place])
