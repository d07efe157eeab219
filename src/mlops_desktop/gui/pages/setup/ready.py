"""What will happen: checks in words, estimated time, tags and notes, and the button that starts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mlops_desktop.domain.experiments import FeatureRole
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.keys import sequence
from mlops_desktop.gui.pages.setup.part import Pane
from mlops_desktop.gui.pages.setup.purpose import Purpose
from mlops_desktop.gui.readings.run_draft import command
from mlops_desktop.gui.readings.run_features import leaking, taken_back
from mlops_desktop.gui.readings.run_setup import Setup
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.bars import Arc
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.column_area import ColumnArea
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon, StatusWord
from mlops_desktop.gui.widgets.text import ElidedText, Text, line
from mlops_desktop.services.run_estimates import fits

_SIGNS = {"ok": "circle-check", "warn": "triangle-alert", "error": "circle-x"}


@dataclass(frozen=True)
class Check:
    """One line of what is ready, or of what is not."""

    tone: str
    title: str
    detail: str


def checks(setup: Setup) -> list[Check]:
    """What a person wants to know before it starts."""
    if setup.trouble is not None:
        return [Check("error", setup.trouble.message, setup.trouble.hint)]
    version, suggestion = setup.version, setup.suggestion
    if version is None or suggestion is None:
        return []
    profile = version.profile(setup.draft.target)
    missing = profile.missing if profile else 0
    aside = f"{formats.plural(missing, 'row')} without one {'are' if missing > 1 else 'is'} left out"
    made = [
        Check(
            "ok",
            f"{formats.count(version.rows - missing)} rows have a target",
            aside if missing else "every row has one",
        )
    ]
    roles = [feature.role for feature in suggestion.features]
    kinds = (
        (FeatureRole.NUMERIC, "number"), (FeatureRole.CATEGORY, "category"), (FeatureRole.DATE, "date"),
    )  # fmt: skip
    words = [
        formats.plural(roles.count(role), word, "categories" if word == "category" else "")
        for role, word in kinds
        if roles.count(role)
    ]
    made.append(Check("ok", formats.plural(len(roles), "feature"), ", ".join(words)))
    made.append(_left_out(setup))
    made += [
        Check("warn", f"{name} gives the target away", f"Taken back in, although: {sentence}")
        for name, sentence in taken_back(setup).items()
    ]
    number = len(setup.draft.estimators)
    if number:
        made.append(Check("ok", plan_words(setup), _fits_words(setup)))
    return made


def plan_words(setup: Setup) -> str:
    """`3 runs, 4 fits each`."""
    number = len(setup.draft.estimators)
    if setup.suggestion is None:
        return formats.plural(number, "run")
    each = " each" if number > 1 else ""
    return f"{formats.plural(number, 'run')}, {formats.plural(fits(setup.suggestion.validation), 'fit')}{each}"


def _fits_words(setup: Setup) -> str:
    assert setup.suggestion is not None
    folds = fits(setup.suggestion.validation) - 1
    what = "one for the check" if folds == 1 else f"one for each of {folds} folds"
    return f"{what}, one for the model that is kept"


def _left_out(setup: Setup) -> Check:
    assert setup.suggestion is not None
    names = [item.name for item in setup.suggestion.left_out]
    if not names:
        return Check("ok", "No column left out", "all but the target are used")
    away = [name for name in names if name in leaking(setup)]
    detail = f"{len(away)} of them would give the target away" if away else "none of them gives the target away"
    return Check("ok", f"{formats.plural(len(names), 'column')} left out", detail)


class _CheckRow(QWidget):
    def __init__(self, theme: Theme, check: Check) -> None:
        super().__init__()
        self.setAccessibleName(f"{check.title}. {check.detail}")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(Icon(theme, _SIGNS[check.tone], check.tone, 15), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(Text(theme, check.title, "table-strong", wrap=True))
        column.addWidget(Text(theme, check.detail, "table", "muted", wrap=True))
        row.addLayout(column, 1)


class ReadyPanel(Pane, QFrame):
    """`start_asked` follows the primary button, `changed` the tags and notes."""

    start_asked = Signal()
    changed = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("card", "true")
        self.setAccessibleName("Ready to start")
        self._theme = theme = context.theme
        self._setup: Setup | None = None
        self._checks: Sequence[Check] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(self._make_head())
        middle = QWidget()
        middle.setObjectName("tableground")
        inner = QVBoxLayout(middle)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(13, 0, 13, 12)
        self._list.setSpacing(8)
        inner.addLayout(self._list)
        inner.addWidget(line(theme))
        inner.addLayout(self._make_time())
        inner.addWidget(line(theme))
        self.purpose = Purpose(context)
        self.purpose.changed.connect(self.changed)
        inner.addWidget(self.purpose)
        inner.addStretch(1)
        column.addWidget(ColumnArea(middle, "What will run"), 1)
        column.addWidget(line(theme))
        column.addLayout(self._make_foot())

    def _make_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(13, 10, 13, 8)
        head.setSpacing(6)
        head.addWidget(ElidedText(self._theme, "Ready to start", "title"), 1)
        self._arc = Arc(self._theme, 14)
        self._state = StatusWord(self._theme, Sign("clock", "muted", "Reading…"))
        head.addWidget(self._arc)
        head.addWidget(self._state)
        return head

    def _make_time(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setContentsMargins(13, 12, 13, 12)
        column.setSpacing(0)
        column.addWidget(Text(self._theme, "Estimated time", "table", "muted"))
        self.time = Text(self._theme, text="unknown", role="figure")
        self.time_source = Text(self._theme, "", "table", "muted", wrap=True)
        column.addWidget(self.time)
        column.addWidget(self.time_source)
        return column

    def _make_foot(self) -> QVBoxLayout:
        theme = self._theme
        foot = QVBoxLayout()
        foot.setContentsMargins(13, 11, 13, 11)
        foot.setSpacing(8)
        self.attention = Text(theme, "", "table", "error", wrap=True)
        self.attention.hide()
        foot.addWidget(self.attention)
        self.start = Button(theme, "Start run", icon="play", kind="primary")
        self.start.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.start.clicked.connect(self.start_asked)
        foot.addWidget(self.start)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.copy = CopyButton(theme, "", "Copy as CLI", kind="ghost")
        row.addWidget(self.copy)
        row.addStretch(1)
        keys = Text(theme, sequence("primary").replace("Return", "Enter").replace("+", " "), "caption", "muted")
        keys.setProperty("chip", "key")
        keys.setFixedHeight(20)
        row.addWidget(keys)
        foot.addLayout(row)
        return foot

    def show_setup(self, setup: Setup, *, busy: bool = False) -> None:
        self._setup = setup
        self._show_checks(setup, busy)
        self._show_time(setup)
        number = len(setup.draft.estimators)
        self.start.set_caption("Start run" if number <= 1 else f"Start {number} runs")
        self.copy.set_text(command(setup.draft) if setup.draft.dataset and setup.draft.target else "")
        self.purpose.show_setup(setup)

    def show_busy(self) -> None:
        self._arc.show()
        self._state.set_sign(Sign("clock", "muted", "Reading…"))

    def show_problems(self, problems: Mapping[str, str]) -> None:
        self.purpose.show_problems(problems)
        number = len(problems)
        self.attention.setVisible(number > 0)
        self.attention.setText(
            f"{formats.plural(number, 'field')} {'needs' if number == 1 else 'need'} attention" if number else ""
        )
        self._show_state(number)

    def _show_checks(self, setup: Setup, busy: bool) -> None:
        made = checks(setup)
        if made != self._checks:
            self._checks = made
            clear_layout(self._list)
            for check in made:
                self._list.addWidget(_CheckRow(self._theme, check))
        if busy:
            self.show_busy()
        else:
            self._show_state(0)

    def _show_state(self, problems: int) -> None:
        self._arc.hide()
        good = sum(check.tone != "error" for check in self._checks)
        whole = len(self._checks)
        if problems or good < whole:
            self._state.set_sign(Sign("triangle-alert", "error", "Not yet"))
        elif warnings := sum(check.tone == "warn" for check in self._checks):
            self._state.set_sign(Sign("triangle-alert", "warn", formats.plural(warnings, "warning")))
        else:
            self._state.set_sign(Sign("circle-check", "ok", f"{good} of {whole}"))

    def _show_time(self, setup: Setup) -> None:
        total = setup.total()
        if total is None:
            self.time.setText("unknown")
            self.time_source.setText("No earlier run says how long this takes" if setup.draft.estimators else "")
            return
        middle, low, high = (formats.duration(timedelta(seconds=value)) for value in total)
        self.time.setText(f"about {middle}")
        sources = list(dict.fromkeys(setup.estimates[name].source for name in setup.draft.estimators))
        source = (
            sources[0] if len(sources) == 1 else "earlier runs and a rough rule" if _mixed(sources) else "earlier runs"
        )
        beside = f" · {setup.at_once} runs at a time" if len(setup.draft.estimators) > setup.at_once > 1 else ""
        self.time_source.setText(f"{low} – {high}, from {source}{beside}")


def _mixed(sources: Sequence[str]) -> bool:
    return any(source.startswith("a rough rule") for source in sources)
