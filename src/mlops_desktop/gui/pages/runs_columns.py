"""The columns of the runs table: which are shown in a view, how wide, in what order; the person's choice is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QHeaderView, QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.columns import Column
from mlops_desktop.gui.item_models.runs import RunItemModel
from mlops_desktop.gui.widgets.column_picker import ColumnPicker
from mlops_desktop.gui.widgets.data_table import BOX_WIDTH, DataTable
from mlops_desktop.gui.widgets.panel import Tick


class RunsColumns(QObject):
    """Without a choice of the person, the usual columns as far as there is room; with one, exactly those."""

    def __init__(self, context: Context, table: DataTable, model: RunItemModel, parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._table, self._model = context, table, model
        self._view = ""
        self._saved: tuple[str, ...] = ()
        self._widths: dict[str, int] = {}
        self._sizing = False
        self.filtered: frozenset[str] = frozenset()
        """The columns whose funnel stands beside the title."""
        table.header.sectionResized.connect(self._on_resized)

    def show_view(self, name: str, saved: Sequence[str]) -> None:
        """The view's own choice counts; `saved` are the columns that came with it."""
        self._view, self._saved = name, tuple(saved)

    @property
    def chosen(self) -> list[str]:
        """The person's columns in their order; none where the usual ones are shown."""
        kept = self._context.shell.state.columns.get(self._key())
        if kept is not None:
            return [name for name, shown in kept.items() if shown]
        return list(self._saved)

    def fit(self) -> None:
        """Chooses and sizes the columns for the room there is."""
        known = {column.name: column for column in self._model.columns}
        chosen = [known[name] for name in self.chosen if name in known]
        wanted = chosen or self._usual()
        self._model.set_shown([column.name for column in wanted])
        self._size()

    def pick(self, anchor: QWidget) -> None:
        """Opens the choice of columns."""
        shown = [column.name for column in self._model.shown]
        others = [column for column in self._model.columns if column.name not in shown]
        ticks = [Tick(column.name, column.title, True, _kind(column)) for column in self._model.shown]
        ticks += [Tick(column.name, column.title, False, _kind(column)) for column in others]
        panel = ColumnPicker(self._context.theme, ticks, self.choose, lambda: self.choose(None), anchor)
        panel.open_below(anchor)

    def choose(self, names: Sequence[str] | None) -> None:
        """Shows exactly these and remembers them for the view; None means the usual ones again."""
        shell = self._context.shell
        columns = {key: kept for key, kept in shell.state.columns.items() if key != self._key()}
        if names is not None:
            names = names if "run" in names else ["run", *names]
            columns[self._key()] = dict.fromkeys(names, True)
        else:
            self._saved = ()
        shell.remember(replace(shell.state, columns=columns))
        self.fit()

    def width(self, column: Column) -> int:
        theme = self._context.theme
        funnel = theme.px(22) if column.name in self.filtered else 0
        needed = max(theme.px(column.width), self._table.header.title_width(column.title) + funnel)
        return self._widths.get(column.name, needed)

    def _key(self) -> str:
        return f"{self._model.runs.task.value}/{self._view}"

    def _room(self) -> int:
        px = self._context.theme.px
        return self._table.width() - px(BOX_WIDTH) - px(12)

    def _usual(self) -> list[Column]:
        wanted = [column for column in self._model.columns if column.shown]
        needed = sum(self.width(column) for column in wanted)
        for column in sorted(wanted, key=lambda one: one.keep, reverse=True):
            if needed > self._room() and column.keep:
                wanted.remove(column)
                needed -= self.width(column)
        return wanted

    def _size(self) -> None:
        """The run's name takes what is left; where nothing is left, the table scrolls."""
        header, shown = self._table.header, self._model.shown
        self._sizing = True
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(0, self._context.theme.px(BOX_WIDTH))
        fits = sum(self.width(column) for column in shown) <= self._room()
        for place, column in enumerate(shown, 1):
            stretch = fits and column.name == "run"
            mode = QHeaderView.ResizeMode.Stretch if stretch else QHeaderView.ResizeMode.Interactive
            header.setSectionResizeMode(place, mode)
            if not stretch:
                header.resizeSection(place, self.width(column))
        header.show_numeric(frozenset(place for place, one in enumerate(shown, 1) if one.numeric))
        self._sizing = False

    def _on_resized(self, section: int, before: int, now: int) -> None:
        if not self._sizing and 0 < section <= len(self._model.shown):
            name = self._model.shown[section - 1].name
            if self._table.header.sectionResizeMode(section) is QHeaderView.ResizeMode.Interactive:
                self._widths[name] = now


def _kind(column: Column) -> str:
    return "param" if column.name.startswith("param:") else "metric" if column.name.startswith("metric:") else ""
