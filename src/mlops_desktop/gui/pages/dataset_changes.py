"""What changed between any two versions of a dataset."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.datasets import ColumnDifference, VersionDifference
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.readings.dataset_columns import moment_text
from mlops_desktop.gui.readings.datasets import DatasetFacts, VersionNote, difference_sentence
from mlops_desktop.gui.readings.home import quoted
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.controls import Choice
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import EmptyState, ErrorBox
from mlops_desktop.gui.widgets.tall_table import TallTable
from mlops_desktop.gui.widgets.text import Text

HEADS = (
    Head("Column", 124),
    Head("Change", 100),
    Head("Before", 224, stretch=True),
    Head("After", 224, stretch=True),
)
_CHANGES = {
    "added": ("Added", "ok"),
    "removed": ("Lost", "error"),
    "retyped": ("Other type", "warn"),
    "content": ("Other values", "muted"),
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z?")
_MINUS = re.compile(r"(?<![\w.])-(?=\d)")
Compare = Callable[[str, str], VersionDifference]


class DatasetChanges(QWidget):
    """The older version at the left; what is stored is shown at once, the rest is asked of a worker."""

    import_asked = Signal()

    def __init__(self, context: Context, compare: Compare) -> None:
        super().__init__()
        self._context, self._compare = context, compare
        self._facts = DatasetFacts("")
        self._known: dict[tuple[str, str], VersionDifference] = {}
        self._round = 0
        theme = context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_tools())
        self._stack = QStackedWidget()
        self._shown = QWidget()
        inner = QVBoxLayout(self._shown)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        self.sentence = Text(theme, "", "label", wrap=True)
        self.sentence.setContentsMargins(16, 12, 16, 2)
        self.summary = Text(theme, "", "table", "muted", wrap=True)
        self.summary.setContentsMargins(16, 0, 16, 10)
        self.table = TallTable(theme, "Columns that changed", HEADS)
        inner.addWidget(self.sentence)
        inner.addWidget(self.summary)
        inner.addWidget(self.table, 1)
        self._loading = Skeleton(theme, "the difference", 30)
        self.empty = EmptyState(
            theme,
            "database",
            "One version so far",
            "When the next file of this dataset is imported, rows and columns that came, went or changed stand here.",
            action="Import new version…",
            act=self.import_asked.emit,
        )
        holder = QWidget()
        around = QVBoxLayout(holder)
        around.setContentsMargins(16, 16, 16, 16)
        self.error = ErrorBox(theme, self._ask)
        around.addWidget(self.error)
        around.addStretch(1)
        self._failed = holder
        for state in (self._shown, self._loading, self.empty, holder):
            self._stack.addWidget(state)
        column.addWidget(self._stack, 1)

    def show_facts(self, facts: DatasetFacts) -> None:
        """The chosen version against the one before it, unless a pair was chosen of the same dataset."""
        before = (self._facts.name, self._facts.chosen.number if self._facts.chosen else 0)
        self._facts = facts
        now = (facts.name, facts.chosen.number if facts.chosen else 0)
        options = [(note.reference, f"v{note.number}") for note in facts.versions]
        for choice in (self.before, self.after):
            choice.set_options(options)
        self._tools.setVisible(len(options) > 1)
        if len(options) < 2:
            self._stack.setCurrentWidget(self.empty)
            return
        if now != before or self.before.value is None:
            number = facts.chosen.number if facts.chosen else facts.latest
            older = [note for note in facts.versions if note.number < number]
            newer = [note for note in facts.versions if note.number > number]
            self.before.show_value(older[0].reference if older else f"{facts.name}@v{number}")
            self.after.show_value(f"{facts.name}@v{number}" if older else newer[-1].reference)
            self._ask()

    def compare(self, before: str, after: str) -> None:
        self.before.show_value(before)
        self.after.show_value(after)
        self._ask()

    def _make_tools(self) -> QWidget:
        theme = self._context.theme
        self._tools = QWidget()
        self._tools.setObjectName("toolline")
        row = QHBoxLayout(self._tools)
        row.setContentsMargins(16, 7, 12, 8)
        row.setSpacing(8)
        self.before, self.after = Choice(theme, "Older version"), Choice(theme, "Newer version")
        for choice in (self.before, self.after):
            choice.setFixedWidth(86)
            choice.chosen.connect(lambda _: self._ask())
        row.addWidget(Text(theme, "From", "table", "muted"))
        row.addWidget(self.before)
        row.addWidget(Text(theme, "to", "table", "muted"))
        row.addWidget(self.after)
        row.addStretch(1)
        self.cli = CopyButton(theme, "", "Copy as CLI", what="for this comparison", kind="ghost")
        row.addWidget(self.cli)
        return self._tools

    def _note(self, reference: object) -> VersionNote | None:
        return next((note for note in self._facts.versions if note.reference == reference), None)

    def _ask(self) -> None:
        before, after = self._note(self.before.value), self._note(self.after.value)
        if before is None or after is None:
            return
        self._round += 1
        self.cli.set_text(f"mlops datasets diff {quoted(before.reference)} {quoted(after.reference)}")
        if before.number == after.number:
            self.sentence.setText("Choose two versions that differ.")
            self.summary.hide()
            self.table.hide()
            self._stack.setCurrentWidget(self._shown)
            return
        pair, asked = (before.reference, after.reference), self._round
        stored = after.difference
        if stored is not None and stored.before_number == before.number:
            self._known.setdefault(pair, stored)
        if pair in self._known:
            self._show(before, after, self._known[pair])
            return
        self._stack.setCurrentWidget(self._loading)
        self._context.lanes.call(
            lambda: self._compare(*pair),
            lambda found: self._on_compared(asked, before, after, found),
            lambda error: self._on_failed(asked, error),
            owner=self,
        )

    def _on_compared(self, asked: int, before: VersionNote, after: VersionNote, found: VersionDifference) -> None:
        self._known[before.reference, after.reference] = found
        if asked == self._round:
            self._show(before, after, found)

    def _on_failed(self, asked: int, error: BaseException) -> None:
        if asked == self._round:
            self.error.show_error(error)
            self._stack.setCurrentWidget(self._failed)

    def _show(self, before: VersionNote, after: VersionNote, found: VersionDifference) -> None:
        self.sentence.setText(difference_sentence(found, f"v{before.number}", f"v{after.number}"))
        self.summary.setText(columns_sentence(found.columns))
        self.summary.show()
        self.table.setVisible(bool(found.columns))
        self.table.show_rows([_row(column) for column in found.columns])
        self._stack.setCurrentWidget(self._shown)


def columns_sentence(columns: Sequence[ColumnDifference]) -> str:
    """How many columns came, went, and changed."""
    counts = {change: sum(column.change == change for column in columns) for change in _CHANGES}
    words = {
        "added": "{} added",
        "removed": "{} lost",
        "retyped": "{} read as another type",
        "content": "{} with other values",
    }
    parts = [words[change].format(formats.count(number)) for change, number in counts.items() if number]
    return f"Columns: {', '.join(parts)}." if parts else "No column changed."


def _row(column: ColumnDifference) -> CellRow:
    words, token = _CHANGES.get(column.change, (column.change, "muted"))
    return CellRow(
        column.name,
        (
            Cell(column.name, strong=True),
            Cell(words, token=token),
            Cell(_said(column.before), token="text" if column.before else "muted", tip=_said(column.before)),
            Cell(_said(column.after), token="text" if column.after else "muted", tip=_said(column.after)),
        ),
    )


def _said(words: str) -> str:
    """A column's summary in the window's words: minus signs, times without T and Z, empty cells."""
    if not words:
        return formats.NOT_SET
    words = _TIME.sub(lambda found: moment_text(found[0]), words)
    return _MINUS.sub("−", words).replace(" missing", " empty")
