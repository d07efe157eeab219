"""What a person does to a host: add, test, trust a new key, prepare its base image, name a registry, remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from mlops_desktop.domain.hosts import HostKind
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.dialogs.confirm import ConfirmDialog, Question
from mlops_desktop.gui.readings import hosts as reading
from mlops_desktop.gui.readings.home import quoted

if TYPE_CHECKING:
    from mlops_desktop.domain.hosts import HostState
    from mlops_desktop.gui.pages.page import Command
    from mlops_desktop.services.workspace import Workspace


class HostActions(QObject):
    """`then` follows what changed which hosts there are."""

    def __init__(self, context: Context, parent: QWidget, then: Callable[[], object]) -> None:
        super().__init__(parent)
        self._context, self._widget, self._then = context, parent, then
        self.workspace: Workspace | None = None

    def add(self) -> None:
        from mlops_desktop.gui.dialogs.add_host import AddHostDialog

        if self.workspace is not None:
            AddHostDialog(self._context, self.workspace, self._widget.window()).open()

    def test(self, name: str) -> None:
        self._context.shell.host_watch.check(name)

    def trust(self, state: HostState) -> None:
        from mlops_desktop.gui.dialogs.host_key_changed import HostKeyChangedDialog

        if self.workspace is not None:
            HostKeyChangedDialog(self._context, self.workspace, state, self._widget.window()).open()

    def prepare(self, state: HostState) -> None:
        from mlops_desktop.gui.dialogs.base_image import BaseImageDialog

        if self.workspace is not None:
            BaseImageDialog(self._context, self.workspace, state, self._widget.window()).open()

    def choose_registry(self, state: HostState) -> None:
        from mlops_desktop.gui.dialogs.host_registry import HostRegistryDialog

        if self.workspace is not None:
            HostRegistryDialog(self._context, self.workspace, state, self._widget.window()).open()

    def deploy(self, name: str, reference: str = "") -> None:
        self._context.shell.deploy(reference, name)

    def remove(self, state: HostState) -> None:
        """Asks first; one with endpoints is refused with their names."""
        name = state.host.name
        effects = [
            ("server", f"{name} is forgotten here: its address, its confirmed key and what was found there."),
            ("shield-check", f"Nothing on {name} itself is touched; what was sent there stays there."),
        ]
        if state.endpoints:
            many = formats.plural(state.endpoints, "endpoint")
            effects.insert(0, ("triangle-alert", f"{many} still there: that is refused until they are erased."))
        question = Question(f"Remove the host {name}?", effects, f"Keep {name}", f"Remove {name}")
        ConfirmDialog(self._context.theme, question, lambda: self._remove(name), self._widget.window()).open()

    def _remove(self, name: str) -> None:
        workspace = self.workspace
        if workspace is None:
            return

        def done(_: object) -> None:
            self._context.shell.say(f"Host {name} removed", "server")
            self._context.shell.host_watch.read()
            self._then()

        self._context.lanes.run(
            lambda: workspace.hosts.remove(name), done, self._context.shell.show_failure, owner=self
        )

    # As a menu and as commands

    def entries(self, state: HostState) -> list[tuple[str, str, str, Callable[[], object], str]]:
        """(name, title, icon, act, line) of everything that can be done with it."""
        name = state.host.name
        word = quoted(name)
        found: list[tuple[str, str, str, Callable[[], object], str]] = [
            ("deploy_there", f"Deploy to {name}…", "rocket", lambda: self.deploy(name),
             f"mlops deployments deploy MODEL --host {word}"),
        ]  # fmt: skip
        if state.host.kind is HostKind.PROCESS:
            return found
        found.append(
            (
                "test_host",
                f"Test connection to {name}",
                "rotate-cw",
                lambda: self.test(name),
                f"mlops hosts check {word}",
            )
        )
        if reading.key_changed(state) or state.host.kind is HostKind.TLS:
            what = "key" if state.host.kind is HostKind.SSH else "authority"
            found.append(
                ("trust_host", f"Trust a new {what} of {name}…", "shield-check", lambda: self.trust(state),
                 f"mlops hosts trust {word} --fingerprint FINGERPRINT")
            )  # fmt: skip
        found.append(
            ("base_image", f"Prepare base image on {name}…", "download", lambda: self.prepare(state),
             f"mlops hosts base {word}")
        )  # fmt: skip
        if state.host.kind is not HostKind.DOCKER:
            found.append(
                ("host_registry", f"Registry for {name}…", "package", lambda: self.choose_registry(state),
                 f"mlops hosts registry {word} ADDRESS")
            )  # fmt: skip
        return [
            *found,
            ("remove_host", f"Remove host {name}…", "trash-2", lambda: self.remove(state),
             f"mlops hosts remove {word}"),
        ]  # fmt: skip

    def menu(self, state: HostState) -> QMenu:
        made, theme = QMenu(self._widget), self._context.theme
        made.setAccessibleName(f"What can be done with {state.host.name}")
        for name, title, icon, act, _ in self.entries(state):
            action = made.addAction(theme.icon(icon, "muted", 16), title)
            action.setData(name)
            action.triggered.connect(lambda _=False, do=act: do())
        return made

    def show_menu(self, state: HostState, at: QPoint) -> None:
        menu = self.menu(state)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def commands(self, state: HostState) -> list[Command]:
        from mlops_desktop.gui.pages.page import Command

        return [Command(name, title, icon, act, line) for name, title, icon, act, line in self.entries(state)]
