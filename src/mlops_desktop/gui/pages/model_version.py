"""One model version: where it comes from, how good it is, what it takes, what it holds, where it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.errors import DamagedBundleError, UntrustedBundleError
from mlops_desktop.domain.models import BundleContents
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.alias_menu import fill_alias_menu
from mlops_desktop.gui.pages.deploy_menu import add_deploy_menu
from mlops_desktop.gui.pages.model_actions import ModelActions, shown
from mlops_desktop.gui.pages.model_version_content import ModelVersionContent
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings import model_version as reading
from mlops_desktop.gui.readings.home import quoted
from mlops_desktop.gui.readings.model_version import Link, VersionFacts
from mlops_desktop.gui.readings.models import alias_order, figure
from mlops_desktop.gui.widgets.busy_note import BusyNote
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.chips import Chip, ChipButton
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.text import ElidedText, Text, line, plain_caption
from mlops_desktop.gui.widgets.version_list import VersionEntry, VersionList

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

LEFT = 184
_CONCERN = frozenset({ChangeKind.MODEL, ChangeKind.ENDPOINT, ChangeKind.DEPLOYMENT, ChangeKind.RUN, ChangeKind.DATASET})


class ModelVersionPage(Page):
    """`facts` come from the registry, `contents` or `refused` from the check of the bundle."""

    name, section = "model-version", "models"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.reference = ""
        self.facts: VersionFacts | None = None
        self.contents: BundleContents | None = None
        self.refused: BaseException | None = None
        self._checked = ""
        self._query = Query(context.lanes, self._read, self._show, self._on_failed, self)
        self._build()

    # What the window asks for

    def attach(self, workspace: Workspace) -> None:
        self.actions_.workspace = workspace
        self._context.shell.host_watch.attach(workspace)
        self._context.shell.host_watch.read()
        super().attach(workspace)

    def refresh(self) -> None:
        if self._workspace is not None and self.reference:
            self._checked = ""
            self._query.ask()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        if self.reference and any(change.kind in _CONCERN for change in changes):
            self._query.ask_soon()

    def place(self) -> Place:
        return Place(self.name, self.reference)

    def go(self, place: Place) -> None:
        """The subject is `flight-late@v3`, `flight-late@champion` or `flight-late`."""
        if place.subject and place.subject != self.reference:
            self.reference, self.facts = place.subject, None
            self.contents = self.refused = None
            self.header.show_title(shown(self.reference))
            self.header.show_sentence("Reading…")
            self._show_chips()
            self._place_buttons()
            self._stack.setCurrentWidget(self._skeleton)
        self.refresh()

    def path(self) -> list[tuple[str, Place | None]]:
        name, _, version = (self.facts.version.reference if self.facts else self.reference).partition("@")
        return [("Models", Place("models")), (name, Place("models", name)), (version or "latest", None)]

    def panes(self) -> list[QWidget]:
        if self.facts is None:
            return [self.deploy_button]
        left = [self.versions] if self._left.isVisible() else []
        return [self.deploy_button, *left, *self.content.panes()]

    def commands(self) -> list[Command]:
        facts = self.facts
        if facts is None:
            return []
        reference = facts.version.reference
        deploy = f"mlops deployments deploy {quoted(reference)}"
        found = [
            Command("primary", f"Deploy {reference}…", "rocket", self.deploy, deploy),
            Command("deploy", f"Deploy {reference}…", "rocket", self.deploy, deploy),
            Command("alias", "Set an alias…", "tag", self.ask_alias, f"mlops models alias {quoted(reference)} ALIAS"),
            Command("export", "Export…", "download", self.export, f"mlops models export {quoted(reference)} FILE"),
            Command("copy", "Copy reference", "copy", self.copy_reference),
            Command("trash", f"Move {facts.version.model_name} to trash", "trash-2", self.trash,
                    f"mlops trash put model {quoted(facts.version.model_name)}"),
        ]  # fmt: skip
        if self._comparable():
            found.append(Command("compare", f"Compare with {facts.other_words}", "chart-line", self.compare))
        if facts.answering:
            found.append(Command("try_it", "Try it", "send", self.try_it))
        return found

    # What can be done here

    def deploy(self) -> None:
        self.deploy_to("")

    def deploy_to(self, host: str) -> None:
        """Opens the dialog, with this host chosen; a version whose bundle is refused is refused here too."""
        if self.facts is None:
            return
        reference = self.facts.version.reference
        if self.refused is not None:
            self._context.shell.show_failure(self.refused)
        elif host:
            self._context.shell.deploy(reference, host)
        else:
            self.actions_.deploy(reference)

    def try_it(self) -> None:
        if self.facts is not None and self.facts.answering:
            self._context.shell.go(Place("try-it", self.facts.answering[0].endpoint.name))

    def compare(self) -> None:
        if names := self._comparable():
            self._context.shell.go(Place("compare", ",".join(names)))

    def export(self) -> None:
        if self.facts is not None:
            self.actions_.ask_export(self.facts.version)

    def ask_alias(self) -> None:
        if self.facts is not None:
            self.actions_.ask_alias(self.facts.model.model, self.facts.version.reference)

    def copy_reference(self) -> None:
        if self.facts is not None:
            self.actions_.copy(self.facts.version.reference, "Reference")

    def copy_command(self) -> None:
        if self.facts is not None:
            self.actions_.copy(f"mlops models show {quoted(self.facts.version.reference)}", "Command")

    def trash(self) -> None:
        if self.facts is not None:
            self.actions_.trash(self.facts.model.model, lambda: self._context.shell.go(Place("models")))

    # Making

    def _build(self) -> None:
        theme, column = self._context.theme, QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(theme, "Model version", menu="another version")
        self.busy = BusyNote(theme)
        self._chips = QWidget()
        self._chip_row = QHBoxLayout(self._chips)
        self._chip_row.setContentsMargins(0, 0, 0, 0)
        self._chip_row.setSpacing(4)
        self.header.add_beside_title(self._chips)
        self.header.add_beside_title(self.busy)
        self._title_menu = QMenu(self)
        self._title_menu.aboutToShow.connect(self._fill_titles)
        if self.header.menu_button is not None:
            self.header.menu_button.setMenu(self._title_menu)
        self._add_buttons()
        column.addWidget(self.header)
        column.addWidget(line(theme))
        self._stack = QStackedWidget()
        self._skeleton = Skeleton(theme, "the model version", 46, edge=20)
        self._stack.addWidget(self._skeleton)
        self._stack.addWidget(self._make_error())
        self._stack.addWidget(self._make_body())
        column.addWidget(self._stack, 1)
        self.actions_ = ModelActions(self._context, self, self.busy, self._query.ask)

    def _add_buttons(self) -> None:
        theme = self._context.theme
        self.compare_button = Button(theme, "Compare", icon="chart-line")
        self.alias_button = Button(theme, "Set alias", icon="tag")
        self.try_button = Button(theme, "Try it", icon="send")
        self.more = IconButton(theme, "ellipsis", "More actions")
        self.deploy_button = Button(theme, "Deploy…", icon="rocket", kind="primary")
        self.alias_menu = QMenu(self)
        self.alias_menu.aboutToShow.connect(self._fill_alias_menu)
        self.alias_button.setMenu(self.alias_menu)
        self.compare_button.clicked.connect(self.compare)
        self.try_button.clicked.connect(self.try_it)
        self.more.clicked.connect(self._on_more)
        self.deploy_button.clicked.connect(self.deploy)
        for button in (self.compare_button, self.alias_button, self.try_button, self.more, self.deploy_button):
            self.header.add_action(button)

    def _make_error(self) -> QWidget:
        self._error_page = QWidget()
        column = QVBoxLayout(self._error_page)
        column.setContentsMargins(20, 12, 20, 16)
        self.error = ErrorBox(self._context.theme, self.refresh)
        column.addWidget(self.error)
        column.addStretch(1)
        return self._error_page

    def _make_body(self) -> QWidget:
        theme = self._context.theme
        self._body = QWidget()
        row = QHBoxLayout(self._body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._left = QWidget()
        self._left.setObjectName("versionpane")
        self._left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._left.setFixedWidth(LEFT)
        column = QVBoxLayout(self._left)
        column.setContentsMargins(0, 10, 1, 6)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.setContentsMargins(14, 0, 12, 0)
        self._left_title = ElidedText(theme, "Versions", "title")
        self._left_count = Text(theme, "", "table", "muted")
        head.addWidget(self._left_title, 1)
        head.addWidget(self._left_count)
        column.addLayout(head)
        self.versions = VersionList(theme, "Versions of this model")
        self.versions.chosen.connect(self._on_version)
        column.addWidget(self.versions, 1)
        row.addWidget(self._left)
        self.content = ModelVersionContent(self._context)
        self.content.strip.asked.connect(self._on_link)
        self.content.description.changed.connect(self._on_described)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setAccessibleName("The model version")
        scroll.setWidget(self.content)
        self.content.area = scroll
        row.addWidget(scroll, 1)
        return self._body

    # Reading and showing

    def _read(self) -> VersionFacts:
        return reading.read_version(self.workspace, self.reference, self._context.clock())

    def _show(self, facts: VersionFacts) -> None:
        if facts.version.reference != self.reference and "@v" in self.reference:
            self._query.ask()  # another one was asked for while this was read
            return
        self.facts = facts
        self.header.show_title(shown(facts.version.reference))
        if self.header.menu_button is not None:
            self.header.menu_button.setAccessibleName(f"{shown(facts.version.reference)}, choose another version")
        self._show_sentence()
        self._show_chips()
        self._show_versions(facts)
        self.content.show_facts(facts)
        self._place_buttons()
        self._stack.setCurrentWidget(self._body)
        self._context.shell.place_changed()
        if self._checked != facts.version.manifest_hash:
            self._check(facts)

    def _check(self, facts: VersionFacts) -> None:
        """Compares every file of the bundle with its manifest, beside other work: a large one takes a while."""
        version, workspace = facts.version, self.workspace
        self._checked = version.manifest_hash
        if self.contents is None and self.refused is None:
            self.content.show_checking(version)

        def passed(contents: BundleContents) -> None:
            if self.facts is not None and self.facts.version.id == version.id:
                self.contents, self.refused = contents, None
                self.content.show_contents(version, contents)
                self._show_sentence()

        def refused(error: BaseException) -> None:
            if not isinstance(error, DamagedBundleError | UntrustedBundleError):
                self._context.shell.show_failure(error)
            elif self.facts is not None and self.facts.version.id == version.id:
                self.contents, self.refused = None, error
                self.content.show_refused(version, error)
                self._show_sentence()

        self._context.lanes.call(lambda: workspace.models.contents(version.reference), passed, refused, owner=self)

    def _on_failed(self, error: BaseException) -> None:
        self.facts = None
        self.header.show_title(shown(self.reference))
        self.header.show_sentence("This model version could not be read.")
        self._show_chips()
        self._place_buttons()
        self.error.show_error(error)
        self._stack.setCurrentWidget(self._error_page)

    def _show_sentence(self) -> None:
        if self.facts is not None:
            self.header.show_sentence(reading.sentence(self.facts, self.refused is not None))

    def _show_chips(self) -> None:
        while (item := self._chip_row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        facts = self.facts
        for alias in alias_order(facts.version.aliases) if facts else ():
            chip = ChipButton(self._context.theme, Chip(alias), f"{alias}: set, move or take away")
            chip.clicked.connect(lambda _=False, button=chip: self._pop_aliases(button))
            self._chip_row.addWidget(chip)
            chip.show()

    def _show_versions(self, facts: VersionFacts) -> None:
        self._left_title.setText(facts.version.model_name)
        self._left_count.setText(formats.plural(len(facts.model.versions), "version"))
        entries = []
        for version in facts.model.versions:
            value = figure(version)[1]
            text = "" if value is None else formats.number(value, formats.decimals([value]))
            when = formats.moment(version.created_at, facts.read_at)
            entries.append(VersionEntry(version.number, when, text, tuple(alias_order(version.aliases))))
        self.versions.model_name = facts.version.model_name
        self.versions.show_versions(entries, facts.version.number)

    def _comparable(self) -> list[str]:
        facts = self.facts
        if facts is None or facts.other is None or facts.other.run_id is None or facts.version.run_id is None:
            return []
        return [facts.version.run_name, facts.other.run_name]

    def _place_buttons(self) -> None:
        small, there = self.window().width() < SMALL * self._context.theme.zoom, self.facts is not None
        for button in (self.alias_button, self.more, self.deploy_button):
            button.setVisible(there)
        answering = bool(self.facts and self.facts.answering)
        self.try_button.setVisible(answering and not small)
        self.compare_button.setVisible(bool(self._comparable()) and not answering and not small)
        self._left.setVisible(not small)
        if self.facts is not None:
            self.compare_button.set_caption(f"Compare with {self.facts.other_words}")

    # What happens

    def _on_version(self, number: int) -> None:
        if self.facts is not None:
            self._context.shell.go(Place(self.name, f"{self.facts.version.model_name}@v{number}"))

    def _on_link(self, link: Link) -> None:
        if link.place is not None:
            self._context.shell.go(link.place)
        elif link.act:
            self.deploy()

    def _on_described(self, text: str) -> None:
        if self.facts is not None:
            self.actions_.describe(self.facts.model.model, text)

    def _fill_titles(self) -> None:
        self._title_menu.clear()
        for version in self.facts.model.versions if self.facts else ():
            aliases = f"  {', '.join(alias_order(version.aliases))}" if version.aliases else ""
            action = self._title_menu.addAction(plain_caption(f"v{version.number}{aliases}"))
            action.setCheckable(True)
            action.setChecked(bool(self.facts and version.number == self.facts.version.number))
            action.triggered.connect(lambda _=False, number=version.number: self._on_version(number))

    def _fill_alias_menu(self) -> None:
        facts = self.facts
        if facts is not None:
            model, number = facts.model.model, facts.version.number
            fill_alias_menu(self.alias_menu, self._context.theme, model, number, self.actions_)

    def _pop_aliases(self, chip: ChipButton) -> None:
        self.alias_menu.popup(chip.mapToGlobal(QPoint(0, chip.height())))

    def _on_more(self) -> None:
        self.make_menu().popup(self.more.mapToGlobal(QPoint(0, self.more.height() + 2)))

    def make_menu(self) -> QMenu:
        """What else can be done with this version."""
        menu, theme, facts = QMenu(self), self._context.theme, self.facts
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if facts is None:
            return menu
        entries = [
            ("download", "Export…", self.export),
            ("copy", "Copy reference", self.copy_reference),
            ("square-terminal", "Copy as CLI", self.copy_command),
        ]
        if facts.answering and self.try_button.isHidden():
            entries.insert(0, ("send", "Try it", self.try_it))
        if self._comparable() and self.compare_button.isHidden():
            entries.insert(0, ("chart-line", f"Compare with {facts.other_words}", self.compare))
        add_deploy_menu(menu, self._context, self.deploy_to)
        for icon, words, act in entries:
            menu.addAction(theme.icon(icon, "muted", 16), words).triggered.connect(lambda _=False, do=act: do())
        menu.addSeparator()
        moved = f"{facts.version.model_name} with {formats.plural(len(facts.model.versions), 'version')}"
        words = plain_caption(f"Move {moved} to trash")
        menu.addAction(theme.icon("trash-2", "muted", 16), words).triggered.connect(self.trash)
        return menu

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = self.window().width() < SMALL * self._context.theme.zoom
        for part in (self.header, self.content):
            part.set_small(small)
        self._place_buttons()
