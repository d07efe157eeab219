"""Settings, Record of decisions: who did what and when, newest first, and a search over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings.home import change_sentence
from mlops_desktop.gui.settings.section import Section
from mlops_desktop.gui.widgets.search_field import SearchField
from mlops_desktop.gui.widgets.states import NoMatch
from mlops_desktop.gui.widgets.tall_table import TallTable
from mlops_desktop.gui.widgets.text import Text

if TYPE_CHECKING:
    from datetime import datetime

    from mlops_desktop.domain.audit import AuditEntry
    from mlops_desktop.domain.changes import Change

MOST_READ, MOST_SHOWN = 5_000, 500
HEADS = (
    Head("No", 64, numeric=True),
    Head("When", 120),
    Head("Who", 110, keep=1),
    Head("What", 300, stretch=True),
    Head("Action", 150, keep=3),
    Head("Hash", 120, keep=2),
)


class RecordSection(Section):
    """The newest entries; the search looks through all that were read."""

    fills = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        theme = self._theme
        self._entries: tuple[AuditEntry, ...] = ()
        self._lines: tuple[str, ...] = ()
        self._query = Query(context.lanes, self._read, self._show, context.shell.show_failure, self)
        self.search = SearchField(theme, "Search the record", "Search the record: a name, a person, an action")
        self.search.setMaximumWidth(520)
        self.search.textChanged.connect(self._fill)
        self.search.left.connect(self._leave_search)
        tools = QHBoxLayout()
        tools.setSpacing(12)
        tools.addWidget(self.search, 1)
        self.count = Text(theme, "Reading…", "table", "muted")
        tools.addWidget(self.count)
        tools.addStretch(1)
        card = self.card("Record of decisions", "append-only; each entry carries the hash of the one before")
        card.setMaximumWidth(16_777_215)
        holder = QWidget()
        holder.setLayout(tools)
        tools.setContentsMargins(14, 0, 14, 10)
        card.body.addWidget(holder)
        self.table = TallTable(theme, "Record of decisions", HEADS)
        card.body.addWidget(self.table, 1)
        self.nothing = NoMatch(theme, self.search.clear)
        card.body.addWidget(self.nothing, 1)
        self.nothing.hide()

    def refresh(self) -> None:
        if self._workspace is not None:
            self._query.ask()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        self._query.ask_soon()

    def panes(self) -> list[QWidget]:
        return [self.search, self.table]

    def focus_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def _leave_search(self) -> None:
        self.table.setFocus()

    def _read(self) -> tuple[AuditEntry, ...]:
        return tuple(reversed(self.workspace.audit(MOST_READ)))

    def _show(self, entries: tuple[AuditEntry, ...]) -> None:
        self._entries = entries
        self._lines = tuple(f"{entry.actor} {entry.action} {change_sentence(entry)}".lower() for entry in entries)
        self._fill()

    def _fill(self) -> None:
        words = self.search.text().lower().split()
        found = [
            entry for entry, line in zip(self._entries, self._lines, strict=True) if all(word in line for word in words)
        ]
        now = self._context.clock()
        self.table.show_rows([_row(entry, now) for entry in found[:MOST_SHOWN]])
        shown = f"the newest {formats.count(MOST_SHOWN)} of " if len(found) > MOST_SHOWN else ""
        many = formats.plural(len(found), "decision")
        self.count.setText(shown + (f"{many} of {formats.count(len(self._entries))}" if words else many))
        self.table.setVisible(bool(found) or not self._entries)
        self.nothing.setVisible(bool(words) and not found)
        self.nothing.show_filter(
            f"None of {formats.plural(len(self._entries), 'decision')} says “{self.search.text()}”."
        )


def _row(entry: AuditEntry, now: datetime) -> CellRow:
    sentence = change_sentence(entry)
    return CellRow(
        str(entry.seq),
        (
            Cell(formats.count(entry.seq), "muted"),
            Cell(formats.moment(entry.at, now), tip=formats.full_moment(entry.at)),
            Cell(entry.actor, strong=True, tip=f"on {entry.machine}"),
            Cell(sentence[:1].upper() + sentence[1:], tip=sentence),
            Cell(entry.action, "muted"),
            Cell(formats.short_hash(entry.hash), "muted", tip=entry.hash),
        ),
    )
