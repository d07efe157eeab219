"""Settings, Trash: what was put away; brought back with a click, erased only after its name was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings.trash import ALWAYS, FATES, Trashed, read_trash
from mlops_desktop.gui.settings.section import Section
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.search_field import SearchField
from mlops_desktop.gui.widgets.states import EmptyState, NoMatch
from mlops_desktop.gui.widgets.tall_table import TallTable
from mlops_desktop.gui.widgets.text import ElidedText, Text, line

if TYPE_CHECKING:
    from datetime import datetime

    from mlops_desktop.domain.changes import Change
    from mlops_desktop.services.trash import Purge

HEADS = (
    Head("Item", 200, stretch=True),
    Head("What", 110),
    Head("Moved here", 130),
    Head("By", 110, keep=1),
)
INSPECTOR = 272
NARROW = 560


class TrashSection(Section):
    """Table at the left, what would happen to the chosen thing at the right, both actions below."""

    fills = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        theme = self._theme
        self.items: tuple[Trashed, ...] = ()
        self._query = Query(context.lanes, lambda: read_trash(self.workspace), self._show, self._on_failed, self)
        row = QHBoxLayout()
        row.setSpacing(12)
        self._card = Card(theme, "Trash", "nothing is erased by itself")
        self.empty = Button(theme, "Empty trash…", icon="trash-2", kind="danger", small=True)
        self.empty.clicked.connect(self._on_empty)
        self._card.head.addWidget(self.empty)
        self.search = SearchField(theme, "Search the trash", "Search the trash: a name, dataset, run, model")
        self.search.textChanged.connect(self._fill)
        self.search.left.connect(self._leave_search)
        tools = QHBoxLayout()
        tools.setContentsMargins(14, 0, 14, 10)
        tools.addWidget(self.search)
        self._card.body.addLayout(tools)
        self.table = TallTable(theme, "Trash", HEADS)
        self.table.current_key.connect(lambda _: self._show_chosen())
        self.table.opened.connect(lambda _: self._on_restore())
        self._card.body.addWidget(self.table, 1)
        sentence = "What you move to the trash waits here until you restore or erase it."
        self.nothing = EmptyState(theme, "trash-2", "The trash is empty", sentence)
        self.no_match = NoMatch(theme, self.search.clear)
        self._card.body.addWidget(self.nothing, 1)
        self._card.body.addWidget(self.no_match, 1)
        self._card.body.addWidget(self._make_bar())
        row.addWidget(self._card, 1)
        row.addWidget(self._make_inspector())
        self.column.addLayout(row, 1)
        self._fill()

    @property
    def chosen(self) -> Trashed | None:
        key = self.table.key(self.table.currentIndex().row())
        return next((item for item in self.items if item.key == key), None)

    def refresh(self) -> None:
        if self._workspace is not None:
            self._query.ask()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        self._query.ask_soon()

    def panes(self) -> list[QWidget]:
        return [self.search, self.table] if self.items else []

    def focus_search(self) -> None:
        self.search.setFocus()

    def _leave_search(self) -> None:
        self.table.setFocus()

    # Making

    def _make_bar(self) -> QWidget:
        theme = self._theme
        self.bar = QWidget()
        self.bar.setObjectName("selectionbar")
        self.bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(14, 5, 12, 5)
        row.setSpacing(8)
        self.named = ElidedText(theme, "", "label")
        self.restore = Button(theme, "Restore", icon="undo-2", small=True)
        self.restore.clicked.connect(self._on_restore)
        self.erase = Button(theme, "Erase for good…", icon="trash-2", kind="danger", small=True)
        self.erase.clicked.connect(self._on_erase)
        row.addWidget(self.named, 1)
        row.addWidget(self.restore)
        row.addWidget(self.erase)
        return self.bar

    def _make_inspector(self) -> QFrame:
        theme = self._theme
        self.inspector = QFrame()
        self.inspector.setProperty("card", "true")
        self.inspector.setFixedWidth(INSPECTOR)
        column = QVBoxLayout(self.inspector)
        column.setContentsMargins(1, 1, 1, 12)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(14, 12, 14, 2)
        head.setSpacing(8)
        self._icon = Icon(theme, "trash-2", "muted", 16)
        self._name = ElidedText(theme, "", "section")
        head.addWidget(self._icon)
        head.addWidget(self._name, 1)
        column.addLayout(head)
        self._when = Text(theme, "", "table", "muted", wrap=True)
        self._when.setContentsMargins(14, 0, 14, 10)
        column.addWidget(self._when)
        self._parts: dict[str, Text] = {}
        for title in ("Restoring brings back", "Erasing removes", "What stays"):
            column.addWidget(line(theme))
            heading = Text(theme, title, "title")
            heading.setContentsMargins(14, 10, 14, 3)
            words = Text(theme, "", "table", "muted", wrap=True)
            words.setContentsMargins(14, 0, 14, 10)
            column.addWidget(heading)
            column.addWidget(words)
            self._parts[title] = words
        column.addStretch(1)
        return self.inspector

    # Showing

    def _show(self, items: tuple[Trashed, ...]) -> None:
        self.items = items
        self._fill()

    def _fill(self) -> None:
        words, now = self.search.text().lower().split(), self._context.clock()
        found = [item for item in self.items if all(word in f"{item.kind} {item.name}".lower() for word in words)]
        before = self.table.key(self.table.currentIndex().row())
        self.table.show_rows([_row(item, now) for item in found])
        self.table.go_to_key(before)
        if found and not self.table.currentIndex().isValid():
            self.table.go_to(0)
        self.table.setVisible(bool(found))
        self.search.setVisible(bool(self.items))
        self.empty.setVisible(bool(self.items))
        self.nothing.setVisible(not self.items)
        self.no_match.setVisible(bool(self.items) and not found)
        self.no_match.show_filter(f"None of {formats.plural(len(self.items), 'thing')} here is “{self.search.text()}”.")
        self._card.sub.setText(f"{formats.plural(len(self.items), 'thing')} · nothing is erased by itself")
        self._show_chosen()

    @property
    def _narrow(self) -> bool:
        """Then the table has the whole room; what erasing removes is said before it is done."""
        return self.width() < self._theme.px(NARROW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.inspector.setVisible(self.bar.isVisibleTo(self) and not self._narrow)

    def _show_chosen(self) -> None:
        item = self.chosen if self.table.isVisibleTo(self) else None
        self.bar.setVisible(item is not None)
        self.inspector.setVisible(item is not None and not self._narrow)
        if item is None:
            return
        fate, now = FATES[item.kind.value], self._context.clock()
        self.named.setText(item.name)
        self._icon.set_sign(fate.icon, "muted")
        self._name.setText(item.name)
        by = f" by {item.by}" if item.by else ""
        self._when.setText(f"{item.kind.value.capitalize()} · moved here {formats.moment(item.at, now)}{by}")
        self._parts["Restoring brings back"].setText(fate.back)
        self._parts["Erasing removes"].setText(fate.gone)
        self._parts["What stays"].setText(f"{fate.stays} {ALWAYS}")
        for button, verb in ((self.restore, "Restore"), (self.erase, "Erase for good")):
            button.setAccessibleName(f"{verb}: {item.kind.value} {item.name}")

    # What a person does

    def _on_restore(self) -> None:
        item = self.chosen
        if item is None:
            return
        trash, lanes = self.workspace.trash, self._context.lanes

        def done(_: object) -> None:
            self._context.shell.say(
                f"{item.kind.value.capitalize()} {item.name} restored",
                "undo-2",
                lambda: lanes.run(lambda: trash.put(item.kind, [item.name]), lambda _: self.refresh(), self._on_failed),
            )
            self.refresh()

        lanes.run(lambda: trash.restore(item.kind, [item.name]), done, self._on_failed, owner=self)

    def _on_erase(self) -> None:
        from mlops_desktop.gui.dialogs.erase import EraseDialog, Erasure

        item = self.chosen
        if item is None:
            return
        fate, trash = FATES[item.kind.value], self.workspace.trash
        dialog = EraseDialog(
            self._theme,
            Erasure(
                f"Erase {item.kind.value} {item.name} for good?",
                [f"Removes: {fate.gone} This cannot be undone.", f"{fate.stays} {ALWAYS}"],
                item.name,
                f"Erase {item.name}",
            ),
            lambda: self._erase(
                lambda: trash.purge(item.kind, [item.name]), f"The {item.kind.value} {item.name} is being erased."
            ),
            self.window(),
        )
        dialog.open()

    def _on_empty(self) -> None:
        from mlops_desktop.gui.dialogs.erase import EraseDialog, Erasure

        trash, many = self.workspace.trash, formats.plural(len(self.items), "thing")
        dialog = EraseDialog(
            self._theme,
            Erasure(
                f"Erase {many} for good?",
                [
                    "Everything in the trash is removed, with the files that nothing else uses. This cannot be undone.",
                    f"What something outside the trash was made from stops it before anything is erased. {ALWAYS}",
                ],
                self.workspace.name,
                f"Erase {many}",
            ),
            lambda: self._erase(trash.purge, "The trash is being emptied."),
            self.window(),
        )
        dialog.open()

    def _erase(self, purge: Callable[[], Purge], finishes: str) -> None:
        self._context.lanes.run(purge, self._on_erased, self._on_failed, owner=self, finishes=finishes)

    def _on_erased(self, purge: Purge) -> None:
        files = f", {formats.plural(purge.files, 'file')} with {formats.size(purge.size)}" if purge.files else ""
        self._context.shell.say(f"Erased {formats.plural(purge.items, 'thing')}{files}", "trash-2")
        self.refresh()

    def _on_failed(self, error: BaseException) -> None:
        self._context.shell.show_failure(error)
        self.refresh()


def _row(item: Trashed, now: datetime) -> CellRow:
    return CellRow(
        item.key,
        (
            Cell(item.name, strong=True, tip=item.name),
            Cell(item.kind.value.capitalize(), "muted"),
            Cell(formats.moment(item.at, now), "muted", tip=formats.full_moment(item.at)),
            Cell(item.by or formats.NOT_SET, "muted"),
        ),
    )
