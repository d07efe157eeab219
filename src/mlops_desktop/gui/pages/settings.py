"""Settings: how this workspace and the windows on this computer are set up; changes apply at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.settings.section import Section
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.sidebar import Entry, Navigation
from mlops_desktop.gui.widgets.text import Text, line

if TYPE_CHECKING:
    from mlops_desktop.domain.changes import Change
    from mlops_desktop.services.workspace import Workspace

LEFT = 192
HERE = "laptop"
ENTRIES = (
    Entry("general", "General", "settings", "", mark=HERE),
    Entry("workspace", "Workspace", "folder", ""),
    Entry("hosts", "Hosts", "server", ""),
    Entry("trash", "Trash", "trash-2", ""),
    Entry("record", "Record", "shield-check", ""),
    Entry("keys", "Keys", "keyboard", "", mark=HERE),
    Entry("about", "About", "info", "", mark=HERE),
)
_SENTENCES = {
    "general": "Changes apply at once and stay on this computer.",
    "workspace": "Changes apply at once and are written to the record.",
    "hosts": "Changes apply at once and are written to the record.",
    "trash": "What was put away stays here until somebody restores or erases it.",
    "record": "Who did what, and when. Nothing in it can be changed or taken out unseen.",
    "keys": "Every key and what it does. Ctrl+/ shows them anywhere.",
    "about": "Version, packages, and what a report of a fault needs.",
}


@dataclass(frozen=True)
class _Shown:
    section: Section
    holder: QWidget


class SettingsPage(Page):
    """Sections at the left, each made when it is first shown."""

    name = section = "settings"
    least_width = 600

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        theme = context.theme
        self._made: dict[str, _Shown] = {}
        self._chosen = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(theme, "Settings")
        column.addWidget(self.header)
        column.addWidget(line(theme))
        row = QHBoxLayout()
        row.setSpacing(0)
        column.addLayout(row, 1)
        self._left = QWidget()
        self._left.setObjectName("settingsections")
        self._left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._left.setFixedWidth(LEFT)
        left = QVBoxLayout(self._left)
        left.setContentsMargins(0, 8, 1, 10)
        self.sections = Navigation(theme, ENTRIES)
        self.sections.setAccessibleName("Sections of Settings")
        self.sections.chosen.connect(self.show_section)
        left.addWidget(self.sections, 1)
        note = Text(theme, "Sections with a laptop stay on this computer.", "caption", "muted", wrap=True)
        note.setContentsMargins(14, 0, 12, 0)
        left.addWidget(note)
        row.addWidget(self._left)
        self._stack = QStackedWidget()
        row.addWidget(self._stack, 1)
        self.show_section("general")

    # What the window asks for

    def attach(self, workspace: Workspace) -> None:
        for shown in self._made.values():
            shown.section.attach(workspace)
        super().attach(workspace)

    def refresh(self) -> None:
        if self._workspace is not None:
            self.current.refresh()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        if self._workspace is not None and self.isVisible():
            self.current.on_changes(changes)

    def place(self) -> Place:
        return Place(self.name, self._chosen)

    def go(self, place: Place) -> None:
        if place.subject and any(entry.page == place.subject for entry in ENTRIES):
            self.show_section(place.subject)

    def path(self) -> list[tuple[str, Place | None]]:
        title = next(entry.title for entry in ENTRIES if entry.page == self._chosen)
        return [("Settings", Place(self.name, "general")), (title, None)]

    def panes(self) -> list[QWidget]:
        return [self.sections, *self.current.panes()]

    def commands(self) -> list[Command]:
        return [Command("filter", "Search in this section", "search", self.current.focus_search)]

    @property
    def current(self) -> Section:
        return self._made[self._chosen].section

    def show_section(self, name: str) -> None:
        if name == self._chosen:
            return
        self._chosen = name
        if name not in self._made:
            self._made[name] = self._make(name)
        shown = self._made[name]
        self._stack.setCurrentWidget(shown.holder)
        self.sections.show_page(name)
        self.header.show_sentence(_SENTENCES[name])
        self._fit()
        self.refresh()
        if self.isVisible():
            self._context.shell.place_changed()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _make(self, name: str) -> _Shown:
        section = make_section(name, self._context)
        if self._workspace is not None:
            section.attach(self._workspace)
        holder = QWidget()
        holder.setObjectName("page")
        column = QVBoxLayout(holder)
        column.addWidget(section)
        if section.fills:
            self._stack.addWidget(holder)
            return _Shown(section, holder)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setAccessibleName(f"Settings, {name}")
        scroll.setWidget(holder)
        self._stack.addWidget(scroll)
        return _Shown(section, scroll)

    def _fit(self) -> None:
        small = self.window().width() < SMALL * self._context.theme.zoom
        self.header.set_small(small)
        shown = self._made[self._chosen]
        holder = shown.section.parentWidget()
        layout = holder.layout() if holder is not None else None
        if layout is not None:
            edge = 14 if small else 16
            layout.setContentsMargins(edge, edge, edge, edge)


def make_section(name: str, context: Context) -> Section:
    """The section of that name; its module is loaded when it is first asked for."""
    match name:
        case "general":
            from mlops_desktop.gui.settings.general import GeneralSection

            return GeneralSection(context)
        case "workspace":
            from mlops_desktop.gui.settings.workspace import WorkspaceSection

            return WorkspaceSection(context)
        case "hosts":
            from mlops_desktop.gui.settings.hosts import HostsSection

            return HostsSection(context)
        case "trash":
            from mlops_desktop.gui.settings.trash import TrashSection

            return TrashSection(context)
        case "record":
            from mlops_desktop.gui.settings.record import RecordSection

            return RecordSection(context)
        case "keys":
            from mlops_desktop.gui.settings.keys import KeysSection

            return KeysSection(context)
        case "about":
            from mlops_desktop.gui.settings.about import AboutSection

            return AboutSection(context)
    raise ValueError(f"there is no section {name}")
