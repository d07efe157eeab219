"""Above a version's table: a condition for rows, a search for columns, a way to a row, which columns are shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from mlops_desktop.domain.errors import MlopsError
from mlops_desktop.gui import formats
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.search_field import SearchField
from mlops_desktop.gui.widgets.text import Text, plain_caption

MOST_IN_MENU = 60


class DatasetTools(QWidget):
    """`where_given` carries the condition, `searched` what column names should hold, `row_given` a row from 1."""

    where_given = Signal(str)
    searched = Signal(str)
    row_given = Signal(int)
    column_switched = Signal(str, bool)
    left = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._names: Sequence[str] = ()
        self._hidden: frozenset[str] = frozenset()
        self.setObjectName("toolline")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 7, 12, 8)
        column.setSpacing(7)
        row = QHBoxLayout()
        row.setSpacing(8)
        column.addLayout(row)
        self.where = SearchField(theme, "Filter rows", "Filter rows", icon="list-filter")
        self.where.textEdited.connect(self._on_written)
        self.where.entered.connect(self._on_where)
        self.where.left.connect(self.left)
        self.search = SearchField(theme, "Find columns", "Find columns")
        self.search.textChanged.connect(self.searched)
        self.search.left.connect(self.left)
        self.row = SearchField(theme, "Go to row", "Row", icon="arrow-down")
        self.row.setValidator(QIntValidator(1, 2_000_000_000, self))
        self.row.entered.connect(self._on_row)
        self.row.left.connect(self.left)
        self.columns = Button(theme, "Columns", icon="columns-3", kind="ghost", small=True)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill)
        self.columns.setMenu(self._menu)
        row.addWidget(self.where, 1)
        row.addWidget(self.search)
        row.addWidget(self.row)
        row.addWidget(self.columns)
        column.addWidget(self._make_refusal())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_small(False)

    def set_small(self, small: bool) -> None:
        self.search.setFixedWidth(132 if small else 140)
        self.row.setFixedWidth(70 if small else 84)

    def show_example(self, condition: str) -> None:
        self.where.setPlaceholderText(f"Filter rows, e.g. {condition}" if condition else "Filter rows")

    def show_columns(self, names: Sequence[str], hidden: frozenset[str], shown: int) -> None:
        """All columns of the table, those the person hides, and how many are shown."""
        self._names, self._hidden = names, hidden
        self.columns.set_caption(f"{formats.count(shown)} of {formats.count(len(names))}")
        self.columns.setAccessibleName(f"Columns, {shown} of {len(names)} shown")
        self.columns.setVisible(len(names) <= MOST_IN_MENU)

    def show_count(self, matching: int | None, all_rows: int) -> None:
        """How many rows a condition leaves; nothing without one."""
        filtered = bool(self.where.text().strip()) and matching is not None
        words = formats.plural(matching or 0, "row")
        self.where.show_tail(words if filtered else "", f"{words} of {formats.count(all_rows)}")
        if filtered and not self.where.hasFocus():
            self.where.setCursorPosition(0)

    def show_refusal(self, error: BaseException | None) -> None:
        """Why the condition could not be understood, with the place of it."""
        self._refusal.setVisible(error is not None)
        if error is None:
            return
        known = isinstance(error, MlopsError)
        said, _, place = (error.message if isinstance(error, MlopsError) else "It could not be tried.").partition("\n")
        hint = error.hint if isinstance(error, MlopsError) else ""
        self._said.setText(f"{said.rstrip('.')}. {hint}".strip())
        self._place.setText(place)
        self._place.setVisible(bool(place))
        self._code.setText(error.code if isinstance(error, MlopsError) else "")
        self._code.setVisible(known)
        self._refusal.setAccessibleName(f"Error: {said}")

    @property
    def refusal(self) -> str:
        return "" if self._refusal.isHidden() else self._said.text()

    def _make_refusal(self) -> QWidget:
        theme = self._theme
        self._refusal = QFrame()
        self._refusal.setProperty("card", "error")
        row = QHBoxLayout(self._refusal)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(8)
        row.addWidget(Icon(theme, "circle-x", "error", 15), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(3)
        self._said = Text(theme, "", "table", wrap=True)
        self._place = Text(theme, "", "mono")
        words.addWidget(self._said)
        words.addWidget(self._place)
        self._code = Text(theme, "", "mono", "muted")
        row.addLayout(words, 1)
        row.addWidget(self._code, 0, Qt.AlignmentFlag.AlignTop)
        self._refusal.hide()
        return self._refusal

    def _on_written(self, text: str) -> None:
        """Every row is looked at for a condition, so it waits until it is whole; an empty one needs no waiting."""
        if text.strip():
            self.where.show_tail("Enter filters", "Press Enter to filter the rows")
        else:
            self._on_where()

    def _on_where(self) -> None:
        self.where.show_tail("", "")
        self.where_given.emit(self.where.text().strip())

    def _on_row(self) -> None:
        text = self.row.text().strip()
        if text.isdigit() and int(text):
            self.row_given.emit(int(text))
        self.row.clear()

    def _fill(self) -> None:
        self._menu.clear()
        for name in self._names:
            action = self._menu.addAction(plain_caption(name))
            action.setCheckable(True)
            action.setChecked(name not in self._hidden)
            action.toggled.connect(lambda on, chosen=name: self.column_switched.emit(chosen, on))
