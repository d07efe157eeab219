"""The left pane of Deployments: this computer as a host, with the endpoints on it."""

from __future__ import annotations

import platform

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListView, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.delegates.endpoints import EndpointDelegate
from mlops_desktop.gui.item_models.endpoints import EndpointItemModel, EndpointRow
from mlops_desktop.gui.readings.deployments import DeploymentFacts, condition, version_words
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import ElidedText, Text

WIDTH, SMALL_WIDTH = 236, 196


class EndpointList(QListView):
    """`chosen` carries the name of the endpoint that the person goes to."""

    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._showing = False
        self.rows = EndpointItemModel()
        self.setObjectName("endpoints")
        self.setAccessibleName("Endpoints on this computer")
        self.setModel(self.rows)
        self.setItemDelegate(EndpointDelegate(theme, self, self.rows))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_rows(self, rows: list[EndpointRow], current: str) -> None:
        self._showing = True
        self.rows.set_rows(rows)
        place = self.rows.row_of(current)
        if place >= 0 and place != self.currentIndex().row():
            index = self.rows.index(place)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._showing = False

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # type: ignore[override]
        super().currentChanged(current, previous)
        if not self._showing and current.isValid():
            self.chosen.emit(self.rows.rows[current.row()].name)


class HostsPane(QWidget):
    """One host for now: the computer that this runs on."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("hosts")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 1, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(18, 10, 18, 8)
        head.addWidget(Text(theme, "Hosts", "title"))
        head.addStretch(1)
        head.addWidget(Text(theme, "1", "number", "muted"))
        column.addLayout(head)
        column.addWidget(self._make_host(theme))
        self.list = EndpointList(theme)
        column.addWidget(self.list, 1)

    def _make_host(self, theme: Theme) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(18, 2, 18, 8)
        row.setSpacing(8)
        row.addWidget(Icon(theme, "laptop", "muted", 17), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(ElidedText(theme, "This computer", "label"))
        words.addWidget(ElidedText(theme, f"process, {platform.machine() or 'no Docker'}", "table", "muted"))
        self._counts = ElidedText(theme, "", "table", "muted")
        words.addWidget(self._counts)
        row.addLayout(words, 1)
        return holder

    def show_facts(self, facts: DeploymentFacts, current: str) -> None:
        now = facts.read_at
        rows = []
        for one in facts.endpoints:
            how, spoken_of = condition(one, now), one.spoken_of
            version = version_words(spoken_of.model_reference, one.name) if spoken_of else ""
            note = f":{one.endpoint.port}" if one.endpoint.port else ""
            rows.append(EndpointRow(one.name, version, how.foremost, note))
        self._counts.setText(formats.plural(len(rows), "endpoint") if rows else "nothing runs here")
        self.list.show_rows(rows, current)

    def set_small(self, small: bool) -> None:
        self.setFixedWidth(SMALL_WIDTH if small else WIDTH)
