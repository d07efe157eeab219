"""Models with their versions under them, as rows that open and close; frozen cells, filtered by words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from mlops_desktop.domain.models import ModelVersion
from mlops_desktop.gui import formats
from mlops_desktop.gui.item_models.columns import dataset_text
from mlops_desktop.gui.readings import models as reading
from mlops_desktop.gui.readings.models import ModelFacts, ModelsFacts
from mlops_desktop.gui.statuses import Sign, health_sign
from mlops_desktop.gui.widgets.chips import Chip
from mlops_desktop.gui.widgets.text import plain_tip

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
NAME, RUN, ALIASES, SERVING, FIGURE, CHANGE = range(6)
HEADS = ("Model", "Run", "Aliases", "Serving on", "Test", "Last change")


@dataclass(frozen=True)
class TreeCell:
    """Text, or chips, or signs with their words; `strong` is medium weight."""

    text: str = ""
    token: str = "text"
    strong: bool = False
    chips: tuple[Chip, ...] = ()
    signs: tuple[Sign, ...] = ()
    tip: str = ""

    @property
    def words(self) -> str:
        said = [self.text, *(chip.words for chip in self.chips)]
        said += [f"{sign.word} {_HEALTH_WORDS.get(sign.icon, '')}".strip() for sign in self.signs]
        return ", ".join(part for part in said if part)


_HEALTH_WORDS = {health_sign(health).icon: health for health in ("healthy", "degraded", "unknown")}
NOTHING = TreeCell(formats.NOT_SET, "muted")


@dataclass(frozen=True)
class TreeRow:
    """A model (`number` 0) or one of its versions."""

    facts: ModelFacts
    number: int
    cells: tuple[TreeCell, ...]

    @property
    def key(self) -> str:
        name = self.facts.model.name
        return f"{name}@v{self.number}" if self.number else name

    @property
    def version(self) -> ModelVersion | None:
        return self.facts.version(self.number)


class ModelsItemModel(QAbstractTableModel):
    """What is closed stays closed when the rows are read again; while a filter is set, everything found is open."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[TreeRow, ...] = ()
        self._facts: ModelsFacts | None = None
        self._closed: set[str] = set()
        self._filter = ""
        self._serving_only = False

    def set_facts(self, facts: ModelsFacts) -> None:
        self._facts = facts
        self._arrange()

    def set_filter(self, text: str) -> None:
        self._filter = text.strip()
        self._arrange()

    def set_serving_only(self, serving_only: bool) -> None:
        self._serving_only = serving_only
        self._arrange()

    def is_open(self, row: TreeRow) -> bool:
        return bool(self._filter) or row.facts.model.name not in self._closed

    def set_open(self, name: str, is_open: bool) -> None:
        if is_open:
            self._closed.discard(name)
        else:
            self._closed.add(name)
        self._arrange()

    def row(self, place: int) -> TreeRow | None:
        return self.rows[place] if 0 <= place < len(self.rows) else None

    def place_of(self, key: str) -> int:
        return next((place for place, row in enumerate(self.rows) if row.key == key), -1)

    def _arrange(self) -> None:
        rows: list[TreeRow] = []
        facts = self._facts
        for one in facts.models if facts else ():
            shown = [version for version in one.versions if self._shows(one, version)]
            if not shown and (self._filter or self._serving_only):
                continue
            rows.append(TreeRow(one, 0, _model_cells(one)))
            if self._filter or one.model.name not in self._closed:
                now = facts.read_at if facts else None
                rows += [
                    TreeRow(one, v.number, _version_cells(one, v, reading.last_change(one, v, now)))
                    for v in shown
                    if now
                ]
        self._set(tuple(rows))

    def _shows(self, facts: ModelFacts, version: ModelVersion) -> bool:
        if self._serving_only and not facts.behind(version.number):
            return False
        return reading.matches(facts, version, self._filter)

    def _set(self, rows: tuple[TreeRow, ...]) -> None:
        if [row.key for row in rows] != [row.key for row in self.rows]:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
        elif rows != self.rows:
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(HEADS) - 1))

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(HEADS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index.row()) if index.isValid() else None
        if row is None:
            return None
        cell = row.cells[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = ""
            if index.column() == NAME and not row.number:
                state = ", open" if self.is_open(row) else ", closed"
            return f"{HEADS[index.column()]}: {cell.words}{state}"
        return plain_tip(cell.tip) if role == Qt.ItemDataRole.ToolTipRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADS[section]
        return None


def _model_cells(facts: ModelFacts) -> tuple[TreeCell, ...]:
    model = facts.model
    aliases = [alias for alias in reading.alias_order(model.aliases) if alias in (reading.CHAMPION, reading.CHALLENGER)]
    chips = tuple(Chip(alias, f"v{model.aliases[alias]}") for alias in aliases)
    key = reading.figure(facts.versions[0])[0] if facts.versions else formats.NOT_SET
    changes = reading.changes(facts)
    newest = changes[0] if changes else None
    return (
        TreeCell(model.name, strong=True, tip=model.description),
        TreeCell(formats.plural(len(facts.versions), "version"), "muted"),
        TreeCell(chips=chips) if chips else NOTHING,
        _serving(facts.answering),
        TreeCell(key, "muted"),
        TreeCell(f"{newest.who} {newest.what}" if newest else formats.NOT_SET, "muted"),
    )


def _version_cells(facts: ModelFacts, version: ModelVersion, change: str) -> tuple[TreeCell, ...]:
    key, value, of_test = reading.figure(version)
    where = "on the test part" if of_test else "mean over the folds; there was no test part"
    shown = formats.NOT_SET if value is None else formats.number(value, formats.decimals([value]))
    shown = shown if of_test or value is None else f"mean {shown}"
    chips = tuple(Chip(alias) for alias in reading.alias_order(version.aliases))
    return (
        TreeCell(f"v{version.number}", strong=True),
        TreeCell(
            version.run_name or "from a file",
            "muted",
            tip=f"{formats.estimator(version.estimator)} on {dataset_text(version.dataset_reference)}",
        ),
        TreeCell(chips=chips) if chips else NOTHING,
        _serving(facts.behind(version.number)),
        TreeCell(shown, "text" if value is not None else "muted", tip=f"{key} {where}"),
        TreeCell(change, "muted", tip=formats.full_moment(version.created_at)),
    )


def _serving(answering: tuple[reading.Answering, ...]) -> TreeCell:
    if not answering:
        return NOTHING
    signs = {}
    for one in answering:
        sign = health_sign(one.health)
        signs[one.endpoint.id] = Sign(sign.icon, sign.token, one.endpoint.name)
    tip = "\n".join(f"{one.endpoint.name}: {one.health.value}" for one in answering)
    return TreeCell(signs=tuple(signs.values()), tip=tip)
