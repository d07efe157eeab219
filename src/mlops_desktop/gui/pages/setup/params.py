"""The parameters of the chosen estimators: a form for each, made from what scikit-learn allows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.readings.run_setup import Parameter, Setup
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.controls import Choice, LineEntry
from mlops_desktop.gui.widgets.fields import Field
from mlops_desktop.gui.widgets.tabs import Tabs
from mlops_desktop.gui.widgets.text import ElidedText, Text, plain_tip

_FOUR_COLUMNS, _THREE_COLUMNS = 460, 340


class ParamForm(QWidget):
    """The fields of one estimator; the first ones always, the others on demand."""

    param_changed = Signal(str, str, str, str)

    def __init__(self, context: Context, estimator: str, parameters: tuple[Parameter, ...]) -> None:
        super().__init__()
        theme = context.theme
        self.estimator, self.parameters = estimator, parameters
        self.setAccessibleName(f"Parameters of {estimator}")
        self.fields: dict[str, Field] = {}
        self._shown: dict[str, str] = {}
        self._base: dict[str, str] = {}
        self._shows_all = False
        self._columns = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 0, 13, 12)
        column.setSpacing(8)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        column.addLayout(self._grid)
        for parameter in parameters:
            self.fields[parameter.name] = self._make(context, parameter)
            self.fields[parameter.name].setParent(self)  # shown before it has its place
        self.more = Button(theme, "", kind="link", small=True)
        self.more.clicked.connect(self._on_more)
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self._place()

    def show_values(self, values: Mapping[str, str], base: Mapping[str, str], origin: str) -> None:
        """`values` and `base` hold what differs from the defaults."""
        for parameter in self.parameters:
            field = self.fields[parameter.name]
            text = values.get(parameter.name, parameter.default)
            self._base[parameter.name] = before = base.get(parameter.name, parameter.default)
            if self._shown.get(parameter.name) != text:
                self._shown[parameter.name] = text
                control = field.control
                if isinstance(control, LineEntry):
                    control.show_text(text)
                elif isinstance(control, Choice):
                    control.show_value(text)
            field.set_changed(text != before, f"Differs from {origin or 'the default'}, {before}")
        self._place()

    @property
    def changes(self) -> int:
        return sum(field.is_changed for field in self.fields.values())

    def show_problems(self, problems: Mapping[str, str]) -> None:
        for name, field in self.fields.items():
            problem = problems.get(f"{self.estimator}.{name}")
            if problem:
                default = next(one.default for one in self.parameters if one.name == name)
                field.show_error(problem, f"Use {default}", partial(self._tell, name, default))
            elif field.error:
                field.clear_error()
        self._place()

    def bad_fields(self) -> list[Field]:
        return [field for field in self.fields.values() if field.error]

    def reset(self) -> None:
        for name, field in self.fields.items():
            if field.is_changed:
                self._tell(name, self._base[name])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _make(self, context: Context, parameter: Parameter) -> Field:
        theme = context.theme
        name = f"{parameter.name} of {self.estimator}"
        control: Choice | LineEntry
        if parameter.options:
            control = Choice(theme, name)
            control.set_options([(option, option) for option in parameter.options])
            control.chosen.connect(lambda value: self._tell(parameter.name, str(value)))
        else:
            control = LineEntry(theme, name, parameter.default)
            control.left.connect(lambda: self._tell(parameter.name, control.text().strip()))
        words = f"default {parameter.default}"
        help = words if parameter.options else f"{words} · {parameter.help}"
        field = Field(theme, parameter.name, control, help)
        field.label.setToolTip(plain_tip(parameter.doc))
        control.setToolTip(plain_tip(parameter.doc))
        field.reset_asked.connect(lambda: self._tell(parameter.name, self._base.get(parameter.name, "")))
        return field

    def _tell(self, name: str, text: str) -> None:
        default = next(one.default for one in self.parameters if one.name == name)
        wanted = text or default
        self._shown.pop(name, None)
        self.param_changed.emit(self.estimator, name, wanted, default)

    def _visible_names(self) -> list[str]:
        return [
            one.name
            for one in self.parameters
            if one.first or self._shows_all or self.fields[one.name].is_changed or self.fields[one.name].error
        ]

    def _place(self) -> None:
        width = self.width()
        columns = 4 if width >= _FOUR_COLUMNS else 3 if width >= _THREE_COLUMNS else 2
        names = self._visible_names()
        for name, field in self.fields.items():
            field.setVisible(name in names)
        placed = [self._grid.indexOf(self.fields[name]) for name in names]
        if placed != list(range(len(names))) or columns != self._columns:
            while self._grid.takeAt(0) is not None:
                pass
            for place, name in enumerate(names):
                self._grid.addWidget(self.fields[name], place // columns, place % columns, Qt.AlignmentFlag.AlignTop)
            for column in range(4):
                self._grid.setColumnStretch(column, 1 if column < columns else 0)
            self._columns = columns
        hidden = len(self.fields) - len(names)
        self.more.setVisible(hidden > 0 or self._shows_all)
        self.more.set_caption("Fewer parameters" if self._shows_all else f"{hidden} more parameters")

    def _on_more(self) -> None:
        self._shows_all = not self._shows_all
        self._place()


class ParamsPart(QWidget):
    """A tab for each chosen estimator, and the form of the one in front."""

    param_changed = Signal(str, str, str, str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        theme = context.theme
        self.forms: dict[str, ParamForm] = {}
        self._current = self._preferred = ""
        self._chosen: list[str] = []
        self._problems: Mapping[str, str] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(13, 10, 13, 8)
        head.setSpacing(8)
        head.addWidget(Text(theme, "Params", "title"))
        self._whose = ElidedText(theme, "", "table", "muted")
        head.addWidget(self._whose)
        head.addStretch(1)
        self._changes = Text(theme, "", "table", "muted")
        self.reset = Button(theme, "Reset", kind="link", small=True)
        self.reset.setAccessibleName("Reset all parameters of this estimator")
        self.reset.clicked.connect(self._on_reset)
        head.addWidget(self._changes)
        head.addWidget(self.reset)
        column.addLayout(head)
        self.tabs = Tabs(theme, "Whose parameters")
        self.tabs.currentChanged.connect(self._on_tab)
        tab_row = QHBoxLayout()
        tab_row.setContentsMargins(3, 0, 13, 8)
        tab_row.addWidget(self.tabs)
        tab_row.addStretch(1)
        column.addLayout(tab_row)
        self._stack = QVBoxLayout()
        column.addLayout(self._stack)
        self._empty = Text(theme, "Choose an estimator to see its parameters.", "table", "muted")
        self._empty.setContentsMargins(14, 0, 14, 12)
        column.addWidget(self._empty)

    @property
    def current(self) -> ParamForm | None:
        return self.forms.get(self._current)

    def prefer(self, estimator: str) -> None:
        """The estimator whose form comes to the front as soon as it is there."""
        self._preferred = estimator

    def show_setup(self, setup: Setup) -> None:
        chosen = self._chosen = [name for name in setup.draft.estimators if name in setup.forms]
        for name in [name for name in self.forms if name not in chosen or self._stale(name, setup)]:
            form = self.forms.pop(name)
            self._stack.removeWidget(form)
            form.hide()
            form.deleteLater()
        for name in chosen:
            if name not in self.forms:
                form = self.forms[name] = ParamForm(self._context, name, setup.forms[name])
                form.param_changed.connect(self.param_changed)
                self._stack.addWidget(form)
            self.forms[name].show_values(
                setup.draft.params.get(name, {}), setup.base.params.get(name, {}), setup.base.rerun_of
            )
            self.forms[name].show_problems(self._problems)
        if self._preferred in chosen:
            self._current, self._preferred = self._preferred, ""
        elif self._current not in chosen:
            self._current = chosen[0] if chosen else ""
        self._show_tabs(chosen)
        self._show_current()

    def show_problems(self, problems: Mapping[str, str]) -> None:
        self._problems = dict(problems)
        for form in self.forms.values():
            form.show_problems(problems)

    def bad_fields(self) -> list[Field]:
        return [field for form in self.forms.values() for field in form.bad_fields()]

    def first_problem(self) -> QWidget | None:
        """The control of the first parameter with an error, with its form in front."""
        for name in self._chosen:
            bad = self.forms[name].bad_fields()
            if bad:
                self._current = name
                self._show_tabs(self._chosen)
                self._show_current()
                return bad[0].control
        return None

    def _stale(self, name: str, setup: Setup) -> bool:
        return self.forms[name].parameters != setup.forms.get(name)

    def _show_tabs(self, chosen: list[str]) -> None:
        self.tabs.blockSignals(True)
        if [self.tabs.tabText(place) for place in range(self.tabs.count())] != chosen:
            while self.tabs.count():
                self.tabs.removeTab(0)
            for name in chosen:
                self.tabs.addTab(name)
        if self._current in chosen:
            self.tabs.setCurrentIndex(chosen.index(self._current))
        self.tabs.blockSignals(False)
        self.tabs.setVisible(len(chosen) > 1)
        self._empty.setVisible(not chosen)

    def _show_current(self) -> None:
        for name, form in self.forms.items():
            form.setVisible(name == self._current)
        front = self.current
        self._whose.setText(self._current if len(self.forms) == 1 else "")
        changes = front.changes if front else 0
        self._changes.setText(f"{changes} differ{'s' if changes == 1 else ''} from default" if changes else "")
        self.reset.setVisible(changes > 0)

    def _on_tab(self, place: int) -> None:
        self._current = self.tabs.tabText(place)
        self._show_current()

    def _on_reset(self) -> None:
        if self.current is not None:
            self.current.reset()
