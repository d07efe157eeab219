"""How the hosts are: each is asked by itself, away from the window, and again while somebody looks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.errors import UserError
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings.hosts import HostsFacts, hosts_sign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_desktop.domain.hosts import HostReport, HostState
    from mlops_desktop.gui.widgets.bars import StatusBar
    from mlops_desktop.services.workspace import Workspace

AGAIN_SECONDS = 30
_CONCERN = frozenset({ChangeKind.HOST, ChangeKind.ENDPOINT, ChangeKind.DEPLOYMENT})


class HostWatch(QObject):
    """One for the whole window, which says in its foot how many answer.

    `changed` follows every answer; `facts` are those known now."""

    changed = Signal()

    def __init__(self, context: Context, parent: QObject, status: StatusBar) -> None:
        super().__init__(parent)
        self._context = context
        self._workspace: Workspace | None = None
        self._lookers: list[QWidget] = []
        self._checking: set[str] = set()
        self._answered: dict[str, datetime] = {}
        self.facts = HostsFacts()
        self._query = Query(context.lanes, self._read, self._show, context.shell.show_failure, self)
        self._clock = QTimer(self, interval=AGAIN_SECONDS * 1000)
        self._clock.timeout.connect(self.look)
        context.events.changed.connect(self._on_changes)
        self.changed.connect(lambda: status.show_part(status.hosts, hosts_sign(self.facts)))

    def attach(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def follow(self, looker: QWidget) -> None:
        """While it is seen, every host is asked again each half minute. It calls `look` when it comes into sight."""
        self._lookers.append(looker)
        looker.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The clock goes while somebody looks."""
        if event.type() == QEvent.Type.Show:
            self._clock.start()
        elif event.type() == QEvent.Type.Hide and not any(
            shiboken6.isValid(one) and one is not watched and one.isVisible() for one in self._lookers
        ):
            self._clock.stop()
        return False

    def look(self) -> None:
        """Reads which hosts there are and asks those that were not asked lately, where somebody sees it."""
        self._lookers = [one for one in self._lookers if shiboken6.isValid(one)]
        if self._workspace is not None and any(one.isVisible() for one in self._lookers):
            self._query.ask()

    def read(self) -> None:
        """Reads again which hosts there are."""
        if self._workspace is not None:
            self._query.ask()

    def check(self, name: str) -> None:
        """Asks one host now; never twice at once."""
        workspace = self._workspace
        if workspace is None or name in self._checking:
            return
        self._checking.add(name)
        self._say()
        self._context.lanes.call(
            lambda: workspace.hosts.check(name),
            lambda report: self._on_checked(name, report),
            lambda error: self._on_not_checked(name, error),
            owner=self,
            apart=name,
        )

    def _read(self) -> Sequence[HostState]:
        return self._workspace.hosts.list() if self._workspace is not None else ()

    def _show(self, states: Sequence[HostState]) -> None:
        self.facts = HostsFacts(tuple(states), frozenset(self._checking), dict(self._answered))
        self.changed.emit()
        now = self._context.clock()
        if not any(one.isVisible() for one in self._lookers if shiboken6.isValid(one)):
            return
        for state in states:
            asked = state.checked_at
            if asked is None or abs((now - asked).total_seconds()) >= AGAIN_SECONDS - 1:
                self.check(state.host.name)

    def _on_checked(self, name: str, report: HostReport) -> None:
        self._checking.discard(name)
        state = self.facts.state(name)
        if state is not None and report.ok:
            self._answered[state.host.id] = self._context.clock()
        self._read_quietly()

    def _on_not_checked(self, name: str, error: BaseException) -> None:
        self._checking.discard(name)
        self._say()
        if not isinstance(error, UserError):  # one that was removed meanwhile is read anew by the feed
            self._context.shell.show_failure(error)

    def _read_quietly(self) -> None:
        """What was found is with the service; nobody is asked again because of an answer."""
        self._context.lanes.run(self._read, self._take, self._context.shell.show_failure, owner=self)

    def _take(self, states: Sequence[HostState]) -> None:
        self.facts = HostsFacts(tuple(states), frozenset(self._checking), dict(self._answered))
        self.changed.emit()

    def _say(self) -> None:
        self.facts = HostsFacts(self.facts.states, frozenset(self._checking), dict(self._answered))
        self.changed.emit()

    def _on_changes(self, changes: tuple[Change, ...]) -> None:
        if any(change.kind in _CONCERN for change in changes) and any(
            shiboken6.isValid(one) and one.isVisible() for one in self._lookers
        ):
            self._query.ask_soon()


def open_deploy(context: Context, workspace: Workspace, reference: str, parent: QWidget, host: str) -> None:
    """Asks where the model version is to answer, with this host chosen, if one is named."""
    from mlops_desktop.gui.dialogs.deploy import DeployDialog

    DeployDialog(context, workspace, reference, parent, host=host).open()
