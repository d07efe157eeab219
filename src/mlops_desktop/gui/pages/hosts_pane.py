"""The left pane of Deployments: the hosts, and the endpoints of the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListView, QSizePolicy, QVBoxLayout, QWidget

from mlops_desktop.domain.hosts import HostState
from mlops_desktop.gui import formats
from mlops_desktop.gui.delegates.endpoints import EndpointDelegate
from mlops_desktop.gui.delegates.hosts import HostDelegate, height_of
from mlops_desktop.gui.item_models.endpoints import EndpointItemModel, EndpointRow
from mlops_desktop.gui.item_models.hosts import HostItemModel, HostRow
from mlops_desktop.gui.readings import hosts as reading
from mlops_desktop.gui.readings.deployments import DeploymentFacts, condition, version_words
from mlops_desktop.gui.readings.hosts import HostsFacts
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.version_drag import reference_in
from mlops_desktop.gui.widgets.text import Text, line

WIDTH, SMALL_WIDTH = 236, 210
MOST_IN_SIGHT = 2
"""So many hosts are seen without scrolling where the pane is low."""
_LEAST = 70


class EndpointList(QListView):
    """`chosen` carries the name of the endpoint that the person goes to."""

    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._showing = False
        self.rows = EndpointItemModel()
        self.setObjectName("endpoints")
        self.setAccessibleName("Endpoints")
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
        elif place < 0 and self.currentIndex().isValid():  # the host itself is shown
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        self._showing = False

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # type: ignore[override]
        super().currentChanged(current, previous)
        if not self._showing and current.isValid():
            self.chosen.emit(self.rows.rows[current.row()].name)


class HostList(QListView):
    """`chosen` carries the name of the host that the person goes to; `dropped` a model version and a host.

    `menu_wanted` asks what can be done with a host, at a place of the screen.
    """

    chosen = Signal(str)
    dropped = Signal(str, str)
    menu_wanted = Signal(str, QPoint)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._showing = False
        self.rows = HostItemModel()
        self.setObjectName("endpoints")
        self.setAccessibleName("Hosts")
        self.setAccessibleDescription("A model version that is dropped on a host is deployed there")
        self.setModel(self.rows)
        self._painter = HostDelegate(theme, self, self.rows)
        self.setItemDelegate(self._painter)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        theme.changed.connect(self.updateGeometry)

    def show_rows(self, rows: Sequence[HostRow], current: str) -> None:
        self._showing = True
        before = self.sizeHint()
        self.rows.set_rows(rows)
        if before != self.sizeHint():
            self.updateGeometry()
        place = self.rows.row_of(current)
        if place >= 0 and place != self.currentIndex().row():
            index = self.rows.index(place)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._showing = False

    def sizeHint(self) -> QSize:
        """All of them where there is room; the endpoints below keep some, too."""
        return QSize(0, self._height(len(self.rows.rows)))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self._height(MOST_IN_SIGHT))

    def _height(self, rows: int) -> int:
        return max(self._theme.px(_LEAST), sum(height_of(self._theme, row) for row in self.rows.rows[:rows]))

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # type: ignore[override]
        super().currentChanged(current, previous)
        if not self._showing and current.isValid():
            self.chosen.emit(self.rows.rows[current.row()].name)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Also the current one leads to its page, from an endpoint of it."""
        index = self.indexAt(event.position().toPoint())
        again = index.isValid() and index == self.currentIndex()
        super().mousePressEvent(event)
        if again and event.button() is Qt.MouseButton.LeftButton:
            self.chosen.emit(self.rows.rows[index.row()].name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if index.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self.rows.rows[index.row()].name)
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = (
            self.currentIndex() if event.reason() is QContextMenuEvent.Reason.Keyboard else self.indexAt(event.pos())
        )
        if index.isValid():
            self.menu_wanted.emit(self.rows.rows[index.row()].name, event.globalPos())

    # A model version that is dragged here

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if reference_in(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        self._show_drop(index.row() if index.isValid() else -1)
        if index.isValid() and reference_in(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_drop(-1)

    def dropEvent(self, event: QDropEvent) -> None:
        self._show_drop(-1)
        index, reference = self.indexAt(event.position().toPoint()), reference_in(event.mimeData())
        if index.isValid() and reference:
            event.acceptProposedAction()
            self.dropped.emit(reference, self.rows.rows[index.row()].name)

    def _show_drop(self, row: int) -> None:
        if self._painter.drop_row != row:
            self._painter.drop_row = row
            self.viewport().update()


class HostsPane(QWidget):
    """The hosts above, the endpoints of the chosen one below."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("hosts")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 1, 0)
        column.setSpacing(0)
        head, self._number = _head(theme, "Hosts", 10)
        column.addLayout(head)
        self.hosts = HostList(theme)
        column.addWidget(self.hosts)
        column.addSpacing(6)
        column.addWidget(line(theme))
        below, self._many = _head(theme, "Endpoints", 10)
        column.addLayout(below)
        self.list = EndpointList(theme)
        column.addWidget(self.list, 1)
        self._nothing = Text(theme, "Nothing is deployed there yet.", "table", "muted", wrap=True)
        self._nothing.setContentsMargins(18, 0, 18, 8)
        column.addWidget(self._nothing, 1, Qt.AlignmentFlag.AlignTop)
        column.addWidget(line(theme))
        note = Text(theme, "Drop a model version on a host to deploy it there.", "caption", "muted", wrap=True)
        note.setContentsMargins(18, 8, 18, 10)
        column.addWidget(note)

    def show_facts(self, facts: DeploymentFacts, hosts: HostsFacts, host: str, current: str) -> None:
        """`current` is the endpoint that is shown; none where the host itself is."""
        now = facts.read_at
        self.hosts.show_rows([_host_row(state, hosts, now) for state in hosts.states], host)
        self._number.setText(formats.count(len(hosts.states)))
        rows = []
        for one in facts.on(host):
            how, spoken_of = condition(one, now), one.spoken_of
            version = version_words(spoken_of.model_reference, one.name) if spoken_of else ""
            note = f":{one.endpoint.port}" if one.endpoint.port else ""
            rows.append(EndpointRow(one.name, version, how.foremost, note))
        self.list.setAccessibleName(f"Endpoints on {host}")
        self._many.setText(formats.count(len(rows)))
        self.list.setVisible(bool(rows))
        self._nothing.setVisible(not rows)
        self.list.show_rows(rows, current)

    def set_small(self, small: bool) -> None:
        self.setFixedWidth(SMALL_WIDTH if small else WIDTH)


def _head(theme: Theme, words: str, above: int) -> tuple[QHBoxLayout, Text]:
    row = QHBoxLayout()
    row.setContentsMargins(18, above, 18, 6)
    row.addWidget(Text(theme, words, "title"))
    row.addStretch(1)
    number = Text(theme, "", "number", "muted")
    row.addWidget(number)
    return row, number


def _host_row(state: HostState, hosts: HostsFacts, now: datetime) -> HostRow:
    checking = state.host.name in hosts.checking
    return HostRow(
        state.host.name,
        reading.title(state.host.name),
        reading.icon(state),
        reading.kind_words(state),
        reading.count_words(state),
        hosts.sign(state, now),
        reading.age_words(state, now, checking=checking),
        reading.use_of(state),
    )
