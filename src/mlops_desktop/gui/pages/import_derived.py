"""Derived columns: a name and an expression each, checked while they are written, with what they give."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.domain.datasets import Column, ColumnType
from mlops_desktop.domain.errors import ExpressionError
from mlops_desktop.domain.expression_types import check
from mlops_desktop.domain.expressions import names, parse, parse_derived, split_derived
from mlops_desktop.domain.previews import PreviewColumn
from mlops_desktop.gui import formats
from mlops_desktop.gui.readings.dataset_columns import TAGS
from mlops_desktop.gui.readings.import_preview import cell_text
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.controls import LineEntry
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import ElidedText, Text, plain_tip
from mlops_desktop.gui.widgets.type_tags import TypeTag

PAUSE_SECONDS = 0.35
ROW_HEIGHT = 62


class DerivedRow(QWidget):
    """One column. Typing `=` after the name goes on to the expression; `late = x > 1` may be written in one go."""

    edited = Signal()
    left = Signal()
    removed = Signal()

    def __init__(self, theme: Theme, number: int) -> None:
        super().__init__()
        self._theme = theme
        self.error = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(8)
        of = f" of derived column {number}"
        self.tag = TypeTag(theme)
        self.tag.hide()
        self.name = LineEntry(theme, f"Name{of}", "name")
        self.name.setMinimumWidth(110)
        self.expression = LineEntry(theme, f"Expression{of}")
        self.expression.setFont(theme.font("mono"))
        self.remove = IconButton(theme, "trash-2", f"Take derived column {number} away")
        row.addWidget(self.tag)
        row.addWidget(self.name, 2)
        row.addWidget(Text(theme, "=", "body", "muted"))
        row.addWidget(self.expression, 7)
        row.addWidget(self.remove)
        column.addLayout(row)
        self._sign = Icon(theme, "circle-check", "ok", 14)
        self._result = ElidedText(theme, "", "table", "muted")
        below = QHBoxLayout()
        below.setSpacing(6)
        below.addWidget(self._sign)
        below.addWidget(self._result, 1)
        column.addLayout(below)
        self._sign.hide()
        self.name.textEdited.connect(self._on_name)
        self.expression.textEdited.connect(self._on_expression)
        for entry in (self.name, self.expression):
            entry.left.connect(self.left)
        self.remove.clicked.connect(self.removed)

    @property
    def text(self) -> str:
        """As the core takes it; empty where nothing is written."""
        name, expression = self.name.text().strip(), self.expression.text().strip()
        if not expression:
            return ""
        return f"{name if name.isidentifier() else f'`{name}`'} = {expression}"

    def show_text(self, text: str) -> None:
        made = split_derived(text)
        if made:
            self.name.show_text(made.name)
            self.expression.show_text(made.expression)

    def check(self, columns: Sequence[Column]) -> Column | None:
        """The column that it makes; None where it is empty or cannot be understood, which is said."""
        if not self.text:
            self._say("", "", "muted")
            return None
        try:
            if not self.name.text().strip():
                raise ExpressionError("The column needs a name.")
            made = parse_derived(self.text)
            if made.name.casefold() in {column.name.casefold() for column in columns}:
                raise ExpressionError(f"There is a column {made.name} already.")
            kind = check(self.expression.text(), columns)
        except ExpressionError as error:
            self._show_error(error)
            return None
        if self.error:
            self._say("", "", "muted")
        return Column(made.name, kind)

    def show_column(self, column: PreviewColumn | None) -> None:
        """What the column holds, as it was read."""
        self.tag.setVisible(column is not None)
        if column is None:
            return
        self.tag.show_words(TAGS[column.type])
        if not self.error:
            self._say("circle-check", result_words(column, self.expression.text()), "ok", "text")

    def _show_error(self, error: ExpressionError) -> None:
        said = error.message.split("\n")[0].rstrip(".")
        at = re.search(r"at sign (\d+)", error.details)
        where = f" at sign {at[1]}" if at else ""
        self.error = f"{said}{where}." + (f" {error.hint}" if error.hint else "")
        self.tag.hide()
        self._say("triangle-alert", self.error, "error")
        self._mark(self.expression if self.name.text().strip() else self.name, bad=True)

    def _say(self, icon: str, words: str, token: str, tone: str = "") -> None:
        if token != "error":
            self.error = ""
            self._mark(self.expression, bad=False)
            self._mark(self.name, bad=False)
        self._sign.setVisible(bool(icon))
        if icon:
            self._sign.set_sign(icon, token)
        self._result.setText(words)
        self._result.set_tone(tone or token)
        self.expression.setAccessibleDescription(words)
        if words:
            self._result.setToolTip(plain_tip(words))

    @staticmethod
    def _mark(entry: LineEntry, *, bad: bool) -> None:
        if bool(entry.property("bad")) is not bad:
            entry.setProperty("bad", bad)
            entry.style().unpolish(entry)
            entry.style().polish(entry)

    def _on_name(self, text: str) -> None:
        made = split_derived(text)
        if made:
            self.name.show_text(made.name)
            self.expression.show_text(made.expression)
            self.expression.setFocus(Qt.FocusReason.OtherFocusReason)
            self.expression.setCursorPosition(len(made.expression))
        self.edited.emit()

    def _on_expression(self, text: str) -> None:
        made = split_derived(text)
        if made and not self.name.text().strip():
            self.name.show_text(made.name)
            self.expression.show_text(made.expression)
        elif not self.name.text() and text.startswith(" "):
            self.expression.setText(text.lstrip())
        self.edited.emit()


class DerivedEditor(QWidget):
    """`changed` carries the texts that can be understood, when they are others than before."""

    changed = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._columns: tuple[Column, ...] | None = None
        self._made: tuple[PreviewColumn, ...] = ()
        self._hint = ""
        self.texts: tuple[str, ...] = ()
        self.rows: list[DerivedRow] = []
        self.setAccessibleName("Derived columns")
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 10, 16, 8)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Text(theme, "Derived column", "title"))
        self._sub = ElidedText(theme, "calculated on import and kept in the recipe", "table", "muted")
        head.addWidget(self._sub, 1)
        self.add = Button(theme, "Add another", kind="link")
        self.add.clicked.connect(self._on_add)
        head.addWidget(self.add)
        column.addLayout(head)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        holder = QWidget()
        self._list = QVBoxLayout(holder)
        self._list.setContentsMargins(0, 2, 0, 2)
        self._list.setSpacing(6)
        self._list.addStretch(1)
        self._scroll.setWidget(holder)
        column.addWidget(self._scroll)
        self._pause = QTimer(self, singleShot=True, interval=round(PAUSE_SECONDS * 1000))
        self._pause.timeout.connect(self.flush)
        self.show_texts(())

    def show_texts(self, texts: Sequence[str]) -> None:
        """Starts with these; there is always one row to write in."""
        for row in list(self.rows):
            self._drop(row)
        for text in texts or ("",):
            self._make().show_text(text)
        self._columns, self._made, self.texts = None, (), tuple(texts)
        self._fit()

    def show_columns(self, columns: Sequence[PreviewColumn]) -> None:
        """What was read: the file's columns to write about, and what the derived ones hold."""
        self._columns = tuple(
            Column(column.name, column.type) for column in columns if not (column.is_derived or column.is_left_out)
        )
        self._made = tuple(column for column in columns if column.is_derived)
        self._hint = example(columns)
        for row in self.rows:
            row.expression.setPlaceholderText(self._hint)
        self.flush()

    def flush(self) -> None:
        """Checks what is written now."""
        self._pause.stop()
        if self._columns is None:
            return
        known, texts = list(self._columns), []
        holding = {column.name: column for column in self._made}
        for row in self.rows:
            made = row.check(known)
            if made is not None:
                known.append(made)
                texts.append(row.text)
        is_new = tuple(texts) != self.texts
        self.texts = tuple(texts)
        for row in self.rows:
            name = row.name.text().strip()
            row.show_column(None if is_new or row.error or not row.text else holding.get(name))
        if is_new:
            self.changed.emit(self.texts)

    @property
    def first_error(self) -> DerivedRow | None:
        return next((row for row in self.rows if row.error), None)

    def set_small(self, small: bool) -> None:
        self.layout().setContentsMargins(14 if small else 20, 10, 16, 8)  # type: ignore[union-attr]
        self._sub.setVisible(not small)

    def _on_add(self) -> None:
        row = self._make()
        self._fit()
        row.name.setFocus(Qt.FocusReason.OtherFocusReason)
        QTimer.singleShot(0, row, lambda: self._scroll.ensureWidgetVisible(row))

    def _make(self) -> DerivedRow:
        row = DerivedRow(self._theme, len(self.rows) + 1)
        row.expression.setPlaceholderText(self._hint)
        row.edited.connect(self._pause.start)
        row.left.connect(self.flush)
        row.removed.connect(lambda: self._on_removed(row))
        self.rows.append(row)
        self._list.insertWidget(self._list.count() - 1, row)
        return row

    def _on_removed(self, row: DerivedRow) -> None:
        if len(self.rows) == 1:
            row.name.clear()
            row.expression.clear()
        else:
            self._drop(row)
        self._fit()
        self.rows[0].name.setFocus(Qt.FocusReason.OtherFocusReason)
        self.flush()

    def _drop(self, row: DerivedRow) -> None:
        self.rows.remove(row)
        row.hide()
        row.deleteLater()

    def _fit(self) -> None:
        shown = min(2, max(1, len(self.rows)))
        self._scroll.setFixedHeight(shown * ROW_HEIGHT - (2 if shown == 1 else 0))


def example(columns: Sequence[PreviewColumn]) -> str:
    """What an expression may look like, with a column that is there."""
    for column in columns:
        if column.type.is_numeric and column.low != column.high and not (column.is_derived or column.is_left_out):
            name = column.name if column.name.isidentifier() else f"`{column.name}`"
            return f"such as {name} > {column.low}"
    return "an expression"


def result_words(column: PreviewColumn, expression: str) -> str:
    """`77,630 rows are 1 (23.7 %) · 249,716 are 0 · 9,430 empty, as arr_delay is`."""
    empty = ""
    if column.missing:
        sources = names(parse(expression))
        why = f", as {sources[0]} is" if len(sources) == 1 else ""
        empty = f" · {formats.count(column.missing)} empty{why}"
    filled = column.rows - column.missing
    if column.type is ColumnType.BOOLEAN:
        share = f" ({column.true / filled * 100:.1f} %)" if filled else ""
        verb = "row is" if column.true == 1 else "rows are"
        return f"{formats.count(column.true)} {verb} 1{share} · {formats.count(filled - column.true)} are 0{empty}"
    if column.low:
        low, high = cell_text(column.low, column.type), cell_text(column.high, column.type)
        return f"{low} to {high} · {formats.plural(column.distinct, 'value')}{empty}"
    return f"{formats.plural(column.distinct, 'value')}{empty}"
