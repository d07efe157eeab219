"""A log: level filter, search with count, follow, wrap, copy and save over its lines."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.readings.log import LogLine
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import IconButton
from mlops_desktop.gui.widgets.controls import Segments
from mlops_desktop.gui.widgets.log_lines import LogLines
from mlops_desktop.gui.widgets.text import Text

SEARCH_PAUSE = 150


class LogView(QWidget):
    """`show_lines` may be called again and again while a log grows; it opens at the first error.

    `followed` says whether it stays at the end: scrolling up stops that, going to the end begins it again.
    """

    followed = Signal(bool)

    def __init__(self, context: Context, name: str, *, title: str = "", empty: str = "No line yet.") -> None:
        super().__init__()
        self._context = context
        theme = context.theme
        self.name = name
        self._all: Sequence[LogLine] = ()
        self._found: list[int] = []
        self._level = "all"
        self.follows = True
        self._first = True
        self._quiet = False
        self._searching = QTimer(self, singleShot=True, interval=SEARCH_PAUSE)
        self._searching.timeout.connect(self._on_search)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.head = self._make_head(theme, title)
        column.addLayout(self.head)
        self.lines = LogLines(theme, name)
        self.lines.moved_up.connect(lambda: self._set_follows(False))
        self.lines.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.empty = Text(theme, empty, "table", "muted")
        self.empty.setContentsMargins(13, 6, 13, 8)
        column.addWidget(self.empty)
        column.addWidget(self.lines, 1)
        self._show_counts()

    def show_lines(self, lines: Sequence[LogLine]) -> None:
        """The whole log as it is now."""
        if len(lines) == len(self._all) and tuple(lines[-1:]) == tuple(self._all[-1:]):
            return
        self._all = lines
        self._show_counts()
        self._filter()
        if self._first and lines:
            self._first = False
            error = next((place for place, line in enumerate(self.lines.lines) if line.is_error), -1)
            if error >= 0:
                self._set_follows(False)
                self.lines.go_to(error)

    def clear(self) -> None:
        """Another log comes."""
        self._all, self._first, self.follows = (), True, True
        self._level = "all"
        self._levels.show_value("all")
        self.search.clear()
        self._show_counts()
        self._filter()

    @property
    def count(self) -> int:
        return len(self._all)

    @property
    def warnings(self) -> int:
        return sum(line.is_warning for line in self._all)

    @property
    def errors(self) -> int:
        return sum(line.is_error for line in self._all)

    # Making

    def _make_head(self, theme: Theme, title: str) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(13 if title else 10, 8 if title else 0, 8, 8)
        head.setSpacing(8)
        self.title, self.sub = Text(theme, title, "title"), Text(theme, "", "table", "muted")
        for words in (self.title, self.sub):
            head.addWidget(words)
            if not title:
                words.hide()
        self.bar = self._make_bar(theme)
        head.addWidget(self.bar, 1)
        head.addStretch()
        return head

    def _make_bar(self, theme: Theme) -> QWidget:
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._levels = Segments(theme, "Level", [("all", "All"), ("warning", "Warnings"), ("error", "Errors")])
        self._levels.show_value("all")
        self._levels.chosen.connect(self._on_level)
        row.addWidget(self._levels)
        self.search = SearchField(theme, "Search in the log")
        self.search.textChanged.connect(lambda _: self._searching.start())
        self.search.stepped.connect(self.step)
        row.addWidget(self.search, 1)
        self.before = IconButton(theme, "chevron-up", "Find before (Shift+Enter)", size=28)
        self.after = IconButton(theme, "chevron-down", "Find next (Enter)", size=28)
        self.before.clicked.connect(lambda: self.step(-1))
        self.after.clicked.connect(lambda: self.step(1))
        self.follow = IconButton(theme, "arrow-down", "Follow the end", size=28)
        self.follow.setCheckable(True)
        self.follow.setChecked(True)
        self.follow.clicked.connect(self._set_follows)
        self.wrap = IconButton(theme, "text-wrap", "Wrap long lines", size=28)
        self.wrap.setCheckable(True)
        self.wrap.clicked.connect(self._on_wrap)
        self.copy = IconButton(theme, "copy", "Copy the marked lines, or all", size=28)
        self.copy.clicked.connect(self._on_copy)
        self.save = IconButton(theme, "download", "Save the log…", size=28)
        self.save.clicked.connect(self._ask_for_file)
        for button in (self.before, self.after, self.follow, self.wrap, self.copy, self.save):
            row.addWidget(button)
        return bar

    # Showing

    def _show_counts(self) -> None:
        for button, words in zip(
            self._levels.buttons,
            ("All", f"Warnings {formats.count(self.warnings)}", f"Errors {formats.count(self.errors)}"),
            strict=True,
        ):
            if button.text() != words:
                button.setText(words)
                button.setAccessibleName(words)
                button.updateGeometry()
        self.sub.setText(formats.plural(len(self._all), "line") if self._all else "")
        self.empty.setVisible(not self._all)
        self.bar.setVisible(bool(self._all))

    def _filter(self) -> None:
        if self._level == "all":
            shown: Sequence[LogLine] = self._all
        else:
            wanted_errors = self._level == "error"
            shown = [line for line in self._all if line.is_error or (line.is_warning and not wanted_errors)]
        self._quiet = True
        self.lines.show_lines(shown)
        self._find()
        if self.follows:
            self.lines.go_to_end()
        self._quiet = False

    def _find(self) -> None:
        needle = self.search.text().lower()
        self.lines.set_needle(self.search.text())
        self._found = (
            [place for place, line in enumerate(self.lines.lines) if needle in line.text.lower()] if needle else []
        )
        self._say_found()

    def _say_found(self) -> None:
        if not self.search.text():
            self.search.show_count("")
        elif not self._found:
            self.search.show_count("none")
        else:
            here = next((n for n, place in enumerate(self._found) if place == self.lines.current), -1)
            total = formats.count(len(self._found))
            self.search.show_count(f"{formats.count(here + 1)} of {total}" if here >= 0 else total)

    def step(self, way: int) -> None:
        """Goes to the next place where the searched stands, around the end too."""
        if self._searching.isActive():
            self._searching.stop()
            self._find()
        if not self._found:
            return
        here = self.lines.current
        if way > 0:
            target = next((place for place in self._found if place > here), self._found[0])
        else:
            target = next((place for place in reversed(self._found) if place < here), self._found[-1])
        self._set_follows(False)
        self.lines.go_to(target)
        self._say_found()

    def _on_search(self) -> None:
        self._find()
        if self._found and self.lines.current not in self._found:
            self.step(1)

    def _on_level(self, value: object) -> None:
        self._level = str(value)
        self.lines.current = -1
        self._filter()

    def _on_scrolled(self, _value: int) -> None:
        if not self._quiet:
            self._set_follows(self.lines.is_at_end)

    def _set_follows(self, follows: bool) -> None:
        if follows != self.follows:
            self.follows = follows
            self.followed.emit(follows)
        with QSignalBlocker(self.follow):
            self.follow.setChecked(follows)
        if follows and not self.lines.is_at_end:
            self.lines.go_to_end()

    def _on_wrap(self, wraps: bool) -> None:
        self.lines.set_wraps(wraps)

    def _on_copy(self) -> None:
        self.lines.copy()

    # Saving

    def _ask_for_file(self) -> None:
        name = "".join(sign if sign.isalnum() or sign == "-" else "-" for sign in self.name.lower()).strip("-")
        dialog = QFileDialog(self.window(), "Save the log", f"{name}.log")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("log")
        dialog.fileSelected.connect(self.save_to)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save_to(self, path: str) -> None:
        """Writes the whole log, whatever is shown of it."""
        lines, target, shell = self._all, Path(path), self._context.shell
        self._context.lanes.call(
            partial(_write, target, lines),
            lambda _: shell.say(f"{target.name} saved", "download"),
            shell.show_failure,
            finishes=f"The log is being written to {target.name}.",
        )


class SearchField(QLineEdit):
    """Says at its right how much was found; Enter goes on, Shift+Enter back, Esc empties it."""

    stepped = Signal(int)

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._count = ""
        self.setPlaceholderText("Search")
        self.setAccessibleName(name)
        self.setTextMargins(22, 0, 64, 0)
        self.setMinimumWidth(120)

    def show_count(self, words: str) -> None:
        self._count = words
        self.setAccessibleDescription(f"found: {words}" if words else "")
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        place = self.rect().adjusted(8, (self.height() - 15) // 2, 0, 0)
        place.setSize(place.size().boundedTo(place.size().scaled(15, 15, Qt.AspectRatioMode.IgnoreAspectRatio)))
        self._theme.paint_icon(painter, place, "search", "muted")
        painter.setFont(self._theme.font("number"))
        painter.setPen(self._theme.colour("muted"))
        area = self.rect().adjusted(0, 0, -8, 0)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), self._count)


def _write(target: Path, lines: Sequence[LogLine]) -> None:
    from mlops_desktop.domain.errors import InvalidInputError

    try:
        target.write_text("\n".join(line.whole for line in lines) + "\n", "utf-8")
    except OSError as error:
        raise InvalidInputError(
            f"{target.name} could not be written: {error.strerror or error}.",
            hint="Choose another folder. The log itself is unchanged.",
            details=str(error),
        ) from error
