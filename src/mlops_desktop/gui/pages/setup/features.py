"""The columns to learn from: each with its use, and with the reason where it is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QMenu, QSizePolicy, QWidget

from mlops_desktop.domain.experiments import FeatureRole
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.delegates.features import WIDTHS, FeatureDelegate
from mlops_desktop.gui.item_models.features import (
    BOX,
    EMPTY,
    NAME,
    NOTE,
    ROLE,
    ROLE_WORDS,
    FeatureItemModel,
    FeatureRow,
)
from mlops_desktop.gui.pages.setup.part import Part
from mlops_desktop.gui.readings.run_features import feature_rows, leaking, usual_role
from mlops_desktop.gui.readings.run_setup import Setup
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import Text

NARROW = 360
"""Below this width the share of empty cells has no room."""


class FeatureTable(DataTable):
    """Space takes a column or leaves it out; Enter, or a click on its type, asks how it is used."""

    menu_asked = Signal(int, QPoint)

    def __init__(self, theme: Theme, model: FeatureItemModel, tick: object) -> None:
        super().__init__(theme, "Features", tick)  # type: ignore[arg-type]
        self.setModel(model)
        self.setItemDelegate(FeatureDelegate(theme, self, model))
        self.set_density("compact")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.header.setSectionsClickable(False)
        self.header.show_numeric(frozenset({EMPTY}))
        for column, width in WIDTHS.items():
            mode = QHeaderView.ResizeMode.Stretch if column == NAME else QHeaderView.ResizeMode.Fixed
            self.header.setSectionResizeMode(column, mode)
            self.header.resizeSection(column, theme.px(width))
        self.pointed.connect(self._on_pointed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self._ask(self.currentIndex().row())
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        px = self._theme.px
        narrow = self.width() < px(NARROW)
        self.setColumnHidden(EMPTY, narrow)
        for column in (BOX, ROLE, EMPTY):
            self.header.resizeSection(column, px(WIDTHS[column]))
        self.header.resizeSection(NOTE, px(WIDTHS[NOTE]))
        super().resizeEvent(event)

    def _on_pointed(self, index: QModelIndex) -> None:
        if index.column() == ROLE:
            self._ask(index.row())

    def _ask(self, row: int) -> None:
        model = self.model()
        if model is not None and row >= 0:
            area = self.visualRect(model.index(row, ROLE))
            self.menu_asked.emit(row, self.viewport().mapToGlobal(area.bottomLeft()))


class FeaturesPart(Part):
    """Boxes say what is taken; the line below says why the current column is left out, or what is odd about it."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "3", "Features", " ")
        theme = context.theme
        self._setup: Setup | None = None
        self._has_problem = False
        self.model = FeatureItemModel()
        self.suggest = Button(theme, "Suggest", kind="link", small=True, tip="Takes the suggested columns again")
        self.suggest.setAccessibleName("Suggest features again")
        self.suggest.clicked.connect(lambda: self.tell(without=(), included=(), roles={}))
        self.head.addWidget(self.suggest)
        self.table = FeatureTable(theme, self.model, self._on_tick)
        self.table.setMinimumHeight(26 + 11 * 24)
        self.table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.table.header.box_clicked.connect(self._on_head_box)
        self.table.menu_asked.connect(self._on_menu)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._show_reason(now.row()))
        self.body.addWidget(self.table, 1)
        self._sign = Icon(theme, "info", "muted", 14)
        self.reason = Text(theme, "", "caption", "muted", wrap=True)
        self.reason.setMinimumHeight(30)
        self.reason.setAlignment(Qt.AlignmentFlag.AlignTop)
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 8, 14, 8)
        foot.setSpacing(6)
        foot.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        foot.addWidget(self.reason, 1)
        self.body.addLayout(foot)

    def show_setup(self, setup: Setup) -> None:
        self._setup = setup
        rows = feature_rows(setup)
        self.model.set_rows(rows)
        taken = sum(row.taken for row in rows)
        self.sub.setText(f"{taken} of {len(rows)}" if rows else "")
        self.table.header.show_box(self.model.box)
        self.suggest.setVisible(any(row.changed for row in rows))
        self._show_reason(self.table.currentIndex().row())

    def show_problems(self, problems: Mapping[str, str]) -> None:
        problem = problems.get("features", "")
        self._has_problem = bool(problem)
        if problem:
            self._say(problem, "error", "triangle-alert")
        else:
            self._show_reason(self.table.currentIndex().row())

    def first_problem(self) -> QWidget | None:
        return self.table if self._has_problem else None

    def _on_tick(self, places: Iterable[int], wanted: bool | None) -> None:
        """The rows at the places are taken or left out at once; the last of them becomes current and says why."""
        rows = [self.model.rows[place] for place in places]
        self._take([row for row in rows if wanted is None or row.taken is not wanted])
        if rows:
            names = [row.name for row in self.model.rows]
            self.table.go_to(names.index(rows[-1].name))
            self._show_reason(self.table.currentIndex().row())

    def _take(self, rows: Sequence[FeatureRow]) -> None:
        """Takes those that are left out, and leaves out those that are taken."""
        setup = self._setup
        if setup is None or not rows:
            return
        usual = {feature.name for feature in setup.usual.features} if setup.usual else set()
        without, included = {*setup.draft.without}, {*setup.draft.included}
        for row in rows:
            if row.name in usual:
                without ^= {row.name}
            else:
                included ^= {row.name}
        self.tell(without=tuple(sorted(without)), included=tuple(sorted(included)))

    def _on_head_box(self) -> None:
        """All that is suggested, or none of it."""
        setup = self._setup
        if setup is None or setup.usual is None:
            return
        names = tuple(feature.name for feature in setup.usual.features)
        self.tell(without=() if setup.draft.without else names, included=())

    def _on_menu(self, place: int, at: QPoint) -> None:
        row = self.model.rows[place]
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for role in row.roles:
            action = menu.addAction(f"Use as {ROLE_WORDS[role]}")
            action.setCheckable(True)
            action.setChecked(row.taken and role is row.role)
            action.triggered.connect(lambda _=False, role=role: self._use_as(row.name, role))
        menu.addSeparator()
        words = "Leave out" if row.taken else "Take in"
        menu.addAction(words).triggered.connect(lambda: self._take([row]))
        self.menu = menu
        menu.popup(at)

    def _use_as(self, name: str, role: FeatureRole) -> None:
        setup = self._setup
        row = next((row for row in self.model.rows if row.name == name), None)
        if setup is None or row is None:
            return
        others = {key: value for key, value in setup.draft.roles.items() if key != name}
        usual = usual_role(setup, name) or row.roles[0]
        self.tell(roles=others if role is usual else {**others, name: role})
        if not row.taken:
            self._take([row])

    def _show_reason(self, place: int) -> None:
        rows = self.model.rows
        if not rows:
            self._say("What can be learnt from follows from the target.", "muted", "info")
            return
        if not 0 <= place < len(rows):
            left = [row for row in rows if not row.taken]
            self._say(f"{len(left)} left out; go to one to see why" if left else "", "muted", "info")
            return
        row = rows[place]
        leaks = leaking(self._setup) if self._setup else {}
        if row.taken and row.name in leaks:
            self._say(f"Taken back in, although: {leaks[row.name]}", "error", "triangle-alert")
        elif row.reason and not row.taken:
            self._say(f"{row.name} is left out: {row.reason}", "muted", "info")
        elif not row.taken:
            self._say(f"{row.name} is left out by you", "muted", "info")
        else:
            self._say(row.reason or f"{row.name} is used as {ROLE_WORDS[row.role]}", "muted", "info")

    def _say(self, words: str, tone: str, icon: str) -> None:
        self._sign.set_sign(icon, tone)
        self._sign.setVisible(bool(words))
        self.reason.set_tone(tone)
        self.reason.setText(words)
        self.reason.setAccessibleName(words)
