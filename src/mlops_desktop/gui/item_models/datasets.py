"""The datasets of the list at the left, narrowed by what is searched for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from mlops_desktop.domain.datasets import Finding
from mlops_desktop.gui.readings.datasets import DatasetEntry, entry_line, entry_sign, with_findings

_NOWHERE = QModelIndex()


class DatasetItemModel(QAbstractListModel):
    """Keeps all entries, shows those whose name holds every word."""

    def __init__(self) -> None:
        super().__init__()
        self.all: tuple[DatasetEntry, ...] = ()
        self.shown: tuple[DatasetEntry, ...] = ()
        self._words: tuple[str, ...] = ()
        self._known: dict[tuple[str, int], DatasetEntry] = {}

    def set_entries(self, entries: Sequence[DatasetEntry]) -> None:
        """What is known better of a version than its import knew stays."""
        self.all = tuple(self._known.get((entry.name, entry.latest), entry) for entry in entries)
        self._arrange()

    def show_findings(self, name: str, findings: Sequence[Finding]) -> None:
        """What is known of the latest version of a dataset by now."""
        for entry in self.all:
            if entry.name == name and entry.latest:
                better = with_findings(entry, findings)
                self._known[name, entry.latest] = better
                self.set_entries([better if other is entry else other for other in self.all])

    def set_filter(self, text: str) -> None:
        self._words = tuple(text.casefold().split())
        self._arrange()

    def row_of(self, name: str) -> int:
        return next((row for row, entry in enumerate(self.shown) if entry.name == name), -1)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.shown)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self.shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            version = f" v{entry.latest}" if entry.latest else ""
            return f"{entry.name}{version}, {entry_line(entry)}, {entry_sign(entry).word}"
        return None

    def _arrange(self) -> None:
        shown = tuple(entry for entry in self.all if all(word in entry.name.casefold() for word in self._words))
        if [entry.name for entry in shown] == [entry.name for entry in self.shown]:
            self.shown = shown
            if shown:
                self.dataChanged.emit(self.index(0), self.index(len(shown) - 1))
            return
        self.beginResetModel()
        self.shown = shown
        self.endResetModel()
