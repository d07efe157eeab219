"""What cannot be read: what happened, the raw lines around it, and the ways out with what each gives."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from mlops_desktop.domain.datasets import ReadAnswers
from mlops_desktop.domain.errors import MlopsError
from mlops_desktop.domain.previews import Obstacle, RawLine, Recipe, WayOut
from mlops_desktop.gui import formats
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon, StatusWord
from mlops_desktop.gui.widgets.text import ElidedText, Text, elided

LINE = 19


class RawLines(QWidget):
    """Lines of a file with their numbers; the wrong one on red, the sign in it marked."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._lines: tuple[RawLine, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_lines(self, lines: tuple[RawLine, ...]) -> None:
        self._lines = lines
        wrong = next((line for line in lines if line.is_wrong), None)
        said = f", line {formats.count(wrong.number)}: {wrong.text}" if wrong else ""
        self.setAccessibleName(f"Lines of the file{said}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, self._theme.px(LINE) * len(self._lines) + self._theme.px(14))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.colour("border"))
        painter.setBrush(theme.colour("subtle"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setFont(theme.font("mono"))
        metrics = QFontMetricsF(theme.font("mono"))
        numbers = [formats.count(line.number) for line in self._lines]
        room = max((metrics.horizontalAdvance(number) for number in numbers), default=0.0)
        height = theme.px(LINE)
        painter.setClipRect(self.rect().adjusted(1, 1, -1, -1))
        for place, line in enumerate(self._lines):
            area = QRectF(1, theme.px(7) + place * height, self.width() - 2, height)
            if line.is_wrong:
                painter.fillRect(area, theme.colour("error-soft"))
            self._paint_line(painter, area, line, (numbers[place], room), metrics)

    def _paint_line(
        self, painter: QPainter, area: QRectF, line: RawLine, number: tuple[str, float], metrics: QFontMetricsF
    ) -> None:
        theme = self._theme
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        left = area.left() + theme.px(12)
        painter.setPen(theme.colour("muted"))
        figures = QRectF(left, area.top(), number[1], area.height())
        painter.drawText(figures, middle | int(Qt.AlignmentFlag.AlignRight), number[0])
        left += number[1] + theme.px(14)
        painter.setPen(theme.colour("text"))
        painter.drawText(QRectF(left, area.top(), 4000, area.height()), middle, line.text)
        if line.mark is not None:
            start, end = line.mark
            before = metrics.horizontalAdvance(line.text[:start])
            width = max(metrics.horizontalAdvance(line.text[start:end]), 6.0)
            box = QRectF(left + before - 1, area.top() + 2, width + 2, area.height() - 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("danger-fill"))
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(theme.colour("on-accent"))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), line.text[start:end])


class WayButton(Button):
    """A way out: what it does in the first line, what it gives in the second."""

    def __init__(self, theme: Theme, caption: str, sentence: str) -> None:
        super().__init__(theme, "", kind="way")
        self._words = caption, sentence
        self.setAccessibleName(f"{caption}. {sentence}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(260, self._theme.px(52))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme, painter = self._theme, QPainter(self)
        area = self.rect().adjusted(theme.px(14), theme.px(7), -theme.px(34), -theme.px(7))
        upper, lower = area.adjusted(0, 0, 0, -area.height() // 2), area.adjusted(0, area.height() // 2, 0, 0)
        for part, text, role, token in (
            (upper, self._words[0], "label", "text"),
            (lower, self._words[1], "table", "muted"),
        ):
            painter.setFont(theme.font(role))
            painter.setPen(theme.colour(token))
            shown = elided(painter.fontMetrics(), text, Qt.TextElideMode.ElideRight, part.width())
            painter.drawText(part, int(Qt.AlignmentFlag.AlignVCenter), shown)
        size = theme.px(14)
        place = self.rect().adjusted(self.width() - theme.px(28), (self.height() - size) // 2, 0, 0)
        place.setSize(QSize(size, size))
        theme.paint_icon(painter, place, "chevron-right", "muted")


class ProblemPane(QWidget):
    """`way_taken` carries the way out that was chosen."""

    way_taken = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        outer = self._outer = QVBoxLayout(self)
        outer.setContentsMargins(20, 4, 20, 16)
        card = QFrame()
        card.setProperty("card", "true")
        outer.addWidget(card)
        inner = QVBoxLayout(card)
        inner.setContentsMargins(1, 1, 1, 1)
        inner.setSpacing(0)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setAccessibleName("What cannot be read")
        inner.addWidget(scroll, 1)
        body = QWidget()
        body.setObjectName("inspectorbody")
        column = QVBoxLayout(body)
        column.setContentsMargins(14, 12, 14, 14)
        column.setSpacing(10)
        scroll.setWidget(body)
        column.addLayout(self._make_head())
        self._box = QFrame()
        self._box.setProperty("card", "error")
        box = QVBoxLayout(self._box)
        box.setContentsMargins(14, 10, 14, 11)
        box.setSpacing(3)
        self._title = Text(theme, "", "title", wrap=True)
        self._sentence = Text(theme, "", "table", wrap=True)
        box.addWidget(self._title)
        box.addWidget(self._sentence)
        column.addWidget(self._box)
        self._around = Text(theme, "", "table-bold")
        column.addWidget(self._around)
        self.lines = RawLines(theme)
        column.addWidget(self.lines)
        self._what = Text(theme, "What to do", "table-bold")
        column.addWidget(self._what)
        self._ways = QVBoxLayout()
        self._ways.setSpacing(6)
        column.addLayout(self._ways)
        column.addStretch(1)
        inner.addWidget(self._make_foot())
        self.ways: list[WayButton] = []

    def show_problem(
        self, path: Path, error: BaseException, obstacle: Obstacle | None, recipe: Recipe | None = None
    ) -> None:
        """Everything comes from the error and from what was found out about it; `recipe` is how it was to be read."""
        title, hint, code, details = _words(error)
        self._name.setText(path.name)
        self._name.setToolTip("")
        self._title.setText(obstacle.title if obstacle else title)
        self._sentence.setText(obstacle.sentence if obstacle else hint)
        self._sentence.setVisible(bool(self._sentence.text()))
        self._box.setAccessibleName(f"Error: {self._title.text()}")
        lines = obstacle.lines if obstacle else ()
        self._around.setText(obstacle.around if obstacle else "")
        self._around.setVisible(bool(lines))
        self.lines.setVisible(bool(lines))
        self.lines.show_lines(lines)
        self._show_ways(obstacle.ways if obstacle else (), recipe)
        self._code.setText(code)
        self._copy.text_to_copy = "\n".join(part for part in (f"{code} {title}", hint, details, str(path)) if part)

    def set_small(self, small: bool) -> None:
        edge = 14 if small else 20
        self._outer.setContentsMargins(edge, 4, edge, 14)

    def _show_ways(self, ways: tuple[WayOut, ...], recipe: Recipe | None) -> None:
        clear_layout(self._ways)
        self.ways = []
        self._what.setText("What to do" if ways else "Choose another file, or have this one written anew")
        for way in ways:
            afresh = recipe is not None and way.answers == ReadAnswers()
            caption = "Read it without the recipe" if afresh else way.caption
            button = WayButton(self._theme, caption, way.sentence)
            button.clicked.connect(lambda _=False, taken=way: self.way_taken.emit(taken))
            self._ways.addWidget(button)
            self.ways.append(button)

    def _make_head(self) -> QHBoxLayout:
        theme = self._theme
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Icon(theme, "file-text", "muted", 16))
        self._name = ElidedText(theme, "", "title", mode=Qt.TextElideMode.ElideMiddle)
        row.addWidget(self._name, 1)
        row.addWidget(StatusWord(theme, Sign("circle-x", "error", "Cannot be read")))
        return row

    def _make_foot(self) -> QWidget:
        theme = self._theme
        foot = QWidget()
        foot.setObjectName("dialogfoot")
        foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(foot)
        row.setContentsMargins(14, 8, 14, 8)
        self._code = Text(theme, "", "mono", "muted")
        self._copy = CopyButton(theme, "", "Copy details")
        row.addWidget(self._code)
        row.addStretch(1)
        row.addWidget(self._copy)
        return foot


def _words(error: BaseException) -> tuple[str, str, str, str]:
    if isinstance(error, MlopsError):
        return error.message, error.hint, error.code, error.details
    said = "The program met something it did not expect; the log has the details. Nothing was stored."
    return "This could not be read.", said, "MD-BUG-001", f"{type(error).__name__}: {error}"
