"""Models: which version is champion, where it answers, what changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QVBoxLayout, QWidget

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.item_models.models import TreeRow
from mlops_desktop.gui.pages.alias_menu import fill_alias_menu
from mlops_desktop.gui.pages.deploy_menu import add_deploy_menu
from mlops_desktop.gui.pages.model_actions import ModelActions
from mlops_desktop.gui.pages.models_inspector import SMALL_WIDTH, WIDTH, ModelInspector
from mlops_desktop.gui.pages.models_pane import ModelsPane
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings.models import ModelFacts, ModelsFacts, read_models, sentence
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.states import EmptyState
from mlops_desktop.gui.widgets.tabs import Tabs

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

REGISTERED, SERVING = range(2)
_CONCERN = frozenset({ChangeKind.MODEL, ChangeKind.ENDPOINT, ChangeKind.DEPLOYMENT, ChangeKind.RUN})
_EMPTY = (
    "A model is a name with numbered versions. Each version is a finished run with everything that is needed to use "
    "it; it can be deployed, compared, exported, and never changes."
)


class ModelsPage(Page):
    """Header, tabs, filter, models with their versions, inspector."""

    name = section = "models"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.facts: ModelsFacts | None = None
        self._small: bool | None = None
        self._query = Query(context.lanes, self._read, self._show, self._on_failed, self)
        self._build()

    # What the window asks for

    def attach(self, workspace: Workspace) -> None:
        self.actions_.workspace = workspace
        self._context.shell.host_watch.attach(workspace)
        self._context.shell.host_watch.read()
        super().attach(workspace)

    def refresh(self) -> None:
        if self._workspace is not None:
            self._query.ask()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        if any(change.kind in _CONCERN for change in changes):
            self._query.ask_soon()

    def place(self) -> Place:
        row = self.pane.current
        how = {"tab": self.tabs.currentIndex(), "filter": self.pane.filter.text()}
        return Place(self.name, "", {**how, "row": row.key if row else ""})

    def go(self, place: Place) -> None:
        """The subject names a model or a version, which becomes the current row."""
        self.tabs.setCurrentIndex(place.how.get("tab", REGISTERED))
        self.pane.filter.setText(place.how.get("filter", ""))
        if wanted := place.how.get("row") or place.subject:
            self.pane.go_to(wanted)

    def path(self) -> list[tuple[str, Place | None]]:
        return [("Models", None)]

    def panes(self) -> list[QWidget]:
        panes: list[QWidget] = [self.register_button, self.tabs]
        if self.facts and self.facts.models:
            panes += [self.pane.filter, self.pane.table]
        return [*panes, self.inspector.open_button] if self.inspector.isVisible() else panes

    def commands(self) -> list[Command]:
        found = [
            Command("primary", "Register model version…", "box", self.register, "mlops models register RUN NAME"),
            Command("filter", "Filter the models", "list-filter", self.focus_filter),
            Command("import_bundle", "Import bundle file…", "upload", self.actions_.ask_import, "mlops models import"),
        ]
        facts, reference = self.inspector.facts, self.inspector.reference
        if facts is None:
            return found
        name = facts.model.name
        if self._comparable():
            found.append(Command("compare", "Compare versions", "chart-line", self.compare))
        return [
            *found,
            Command("inspector", "Show or hide the inspector", "panel-right", self.toggle_inspector),
            Command("deploy", f"Deploy {reference}…", "rocket", self.deploy, f"mlops deployments deploy {reference}"),
            Command("export", f"Export {reference}…", "download", self.export, f"mlops models export {reference} FILE"),
            Command("trash", f"Move {name} to trash", "trash-2", self.trash, f"mlops trash put model {name}"),
        ]

    # What can be done here

    def focus_filter(self) -> None:
        self.pane.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.pane.filter.selectAll()

    def register(self) -> None:
        self.actions_.register()

    def deploy(self) -> None:
        if self.inspector.reference:
            self.actions_.deploy(self.inspector.reference)

    def export(self) -> None:
        facts = self.inspector.facts
        version = facts.version(int(self.inspector.reference.rpartition("@v")[2])) if facts else None
        if version is not None:
            self.actions_.ask_export(version)

    def compare(self) -> None:
        """The chosen version beside the champion, else the two newest ones."""
        names = self._comparable()
        if names:
            self._context.shell.go(Place("compare", ",".join(names)))

    def trash(self) -> None:
        """Only from the model's own row: versions stay with their model."""
        row, facts = self.pane.current, self.inspector.facts
        if facts is None:
            return
        if row is not None and row.number:
            words = f"Versions stay with their model. To move all of {facts.model.name} to trash, choose its own row."
            self._context.shell.say(words)
            return
        self.actions_.trash(facts.model)

    def open(self, reference: str) -> None:
        self._context.shell.go(Place("model-version", reference))

    def toggle_inspector(self) -> None:
        shell = self._context.shell
        shell.remember(replace(shell.state, inspector=not shell.state.inspector))
        self._place_inspector()

    # Making

    def _build(self) -> None:
        theme = self._context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(theme, "Models")
        self.header.show_sentence("Opening the workspace…")
        self._add_buttons()
        column.addWidget(self.header)
        tabline = QWidget()
        tabline.setObjectName("tabline")
        self._tab_row = QHBoxLayout(tabline)
        self._tab_row.setContentsMargins(20, 0, 20, 1)
        self.tabs = Tabs(theme, "Which versions")
        for name in ("Registered", "Serving"):
            self.tabs.addTab(name)
        self.tabs.currentChanged.connect(self._on_tab)
        self._tab_row.addWidget(self.tabs)
        self._tab_row.addStretch(1)
        column.addWidget(tabline)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(1)
        empty = EmptyState(theme, "box", "No models yet", _EMPTY, action="Register model version…", act=self.register)
        self.pane = ModelsPane(self._context, self.refresh, empty)
        self.pane.current_changed.connect(self._on_current)
        self.pane.opened.connect(self._on_opened)
        self.pane.stood.connect(self._context.shell.place_changed)
        self._split.addWidget(self.pane)
        self._add_inspector()
        column.addWidget(self._split, 1)
        self.actions_ = ModelActions(self._context, self, self.pane.busy, self._query.ask)

    def _add_buttons(self) -> None:
        theme = self._context.theme
        self.compare_button = Button(theme, "Compare versions", icon="chart-line")
        self.deploy_button = Button(theme, "Deploy…", icon="rocket")
        self.more = IconButton(theme, "ellipsis", "More actions")
        self.register_button = Button(theme, "Register model version…", icon="box", kind="primary")
        self.compare_button.clicked.connect(self.compare)
        self.deploy_button.clicked.connect(self.deploy)
        self.more.clicked.connect(self._on_more)
        self.register_button.clicked.connect(self.register)
        for button in (self.compare_button, self.deploy_button, self.more, self.register_button):
            self.header.add_action(button)

    def _add_inspector(self) -> None:
        self.inspector = ModelInspector(self._context.theme, self._context.clock)
        self.inspector.opened.connect(self.open)
        self.inspector.deploy_wanted.connect(self._on_deploy_wanted)
        self.inspector.deployments_wanted.connect(lambda name: self._context.shell.go(Place("deployments", name)))
        self.inspector.alias_menu.aboutToShow.connect(self._fill_alias_menu)
        self.inspector.hide()
        self._split.addWidget(self.inspector)
        self._split.setStretchFactor(0, 1)
        self._split.setStretchFactor(1, 0)

    # Reading and showing

    def _read(self) -> ModelsFacts:
        return read_models(self.workspace, self._context.clock())

    def _show(self, facts: ModelsFacts) -> None:
        self.facts = facts
        self.header.show_sentence(sentence(facts))
        self.tabs.set_count(REGISTERED, len(facts.models))
        self.tabs.set_count(SERVING, sum(len(one.answering) for one in facts.models))
        self.pane.show_facts(facts)
        self._place_buttons()
        self._context.shell.place_changed()

    def _on_failed(self, error: BaseException) -> None:
        if self.facts is not None:
            self._context.shell.show_failure(error)
            return
        self.header.show_sentence("The models could not be read.")
        self.pane.show_error(error)

    def _place_buttons(self) -> None:
        some = bool(self.facts and self.facts.models)
        self.deploy_button.setVisible(some and not self._small)
        self.compare_button.setVisible(bool(self._comparable()) and not self._small)

    def _comparable(self) -> list[str]:
        """The names of the two runs to compare; none where a version came from a file."""
        facts = self.inspector.facts
        if facts is None:
            return []
        chosen = facts.version(self.inspector.number) or facts.versions[0]
        others = [facts.champion, *facts.versions]
        other = next((one for one in others if one is not None and one.number != chosen.number), None)
        return [chosen.run_name, other.run_name] if other and chosen.run_id and other.run_id else []

    def _place_inspector(self, *, again: bool = False) -> None:
        """There is one while there is a row and it is wanted."""
        shown = (
            self._context.shell.state.inspector and self.inspector.facts is not None and self.pane.current is not None
        )
        if shown and (again or not self.inspector.isVisibleTo(self)):
            width = SMALL_WIDTH if self._small else WIDTH
            self.inspector.show()
            self._split.setSizes([max(1, self._split.width() - width - 1), width])
        elif not shown:
            self.inspector.hide()

    # What happens

    def _on_tab(self, place: int) -> None:
        self.pane.set_serving_only(place == SERVING)
        self._context.shell.place_changed()

    def _on_current(self, row: TreeRow | None) -> None:
        self.inspector.show_model(row.facts if row else None, row.number if row else 0)
        self._place_buttons()
        self._place_inspector()

    def _on_opened(self, row: TreeRow) -> None:
        self.open(row.facts.reference(row.number))

    def _on_deploy_wanted(self, reference: str) -> None:
        self.actions_.deploy(reference)

    def _fill_alias_menu(self) -> None:
        facts = self.inspector.facts
        if facts is not None:
            number = int(self.inspector.reference.rpartition("@v")[2])
            model: ModelFacts = facts
            fill_alias_menu(self.inspector.alias_menu, self._context.theme, model.model, number, self.actions_)

    def _on_more(self) -> None:
        self.make_menu().popup(self.more.mapToGlobal(QPoint(0, self.more.height() + 2)))

    def make_menu(self) -> QMenu:
        """What can be done besides, about the current row."""
        menu, theme = QMenu(self), self._context.theme
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        importing = menu.addAction(theme.icon("upload", "muted", 16), "Import bundle file…")
        importing.triggered.connect(self.actions_.ask_import)
        facts = self.inspector.facts
        if facts is None:
            return menu
        shown = self.inspector.reference.replace("@v", " v")
        entries = [("download", f"Export {shown}…", self.export)]
        if self._small:
            entries += [("rocket", f"Deploy {shown}…", self.deploy)]
            entries += [("chart-line", "Compare versions", self.compare)] if self._comparable() else []
        reference = self.inspector.reference
        add_deploy_menu(menu, self._context, lambda host: self._context.shell.deploy(reference, host))
        for icon, words, act in entries:
            menu.addAction(theme.icon(icon, "muted", 16), words).triggered.connect(lambda _=False, do=act: do())
        menu.addSeparator()
        trash = menu.addAction(theme.icon("trash-2", "muted", 16), f"Move {facts.model.name} to trash")
        trash.triggered.connect(lambda: self.actions_.trash(facts.model))
        return menu

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = self.window().width() < SMALL * self._context.theme.zoom
        self.header.set_small(small)
        self._tab_row.setContentsMargins(14 if small else 20, 0, 14, 1)
        self.pane.set_small(small)
        if small is not self._small:
            self._small = small
            self._place_buttons()
            self._place_inspector(again=True)
