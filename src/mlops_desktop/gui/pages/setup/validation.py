"""How quality is measured: the way of validation, its folds and test part, drawn on the rows' time line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.datasets import ColumnProfile
from mlops_desktop.domain.experiments import Validation, ValidationKind
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.pages.setup.folds import FoldsView, Swatch
from mlops_desktop.gui.pages.setup.part import Part
from mlops_desktop.gui.readings.folds import CHECK, TEST, TRAIN, FoldPicture, picture
from mlops_desktop.gui.readings.run_draft import validation_of
from mlops_desktop.gui.readings.run_setup import Setup
from mlops_desktop.gui.readings.run_validation import instead, reason
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.controls import Choice, LineEntry, Segments
from mlops_desktop.gui.widgets.fields import Dot
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import ElidedText, Text, plain_tip

KINDS = (
    (ValidationKind.TIME_ORDERED, "By time"),
    (ValidationKind.HOLDOUT, "Hold-out"),
    (ValidationKind.K_FOLD, "K-fold"),
    (ValidationKind.GROUPED, "Grouped"),
)
_WIDE = 840
_WORDS = {TRAIN: "Train", CHECK: "Check", TEST: "Test"}


class _Small(QWidget):
    """A short field in a row: its word at the left, its error below the row."""

    def __init__(self, context: Context, word: str, control: QWidget, after: str = "") -> None:
        super().__init__()
        self.control = control
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        label = Text(context.theme, word, "table", "muted")
        label.setBuddy(control)
        row.addWidget(label)
        row.addWidget(control)
        if after:
            row.addWidget(Text(context.theme, after, "table", "muted"))


class ValidationPart(Part):
    """Changing anything here makes the way of validation the person's own."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "5", "Validation")
        theme = context.theme
        self.sub.hide()
        self._wide = False
        self._setup: Setup | None = None
        self._problems: Mapping[str, str] = {}
        self.kinds = Segments(theme, "Way of validation", KINDS)
        self.folds = self._entry("Folds", 40)
        self.share = self._entry("Share that is checked, in per cent", 44)
        self.test = self._entry("Test part, in per cent", 44)
        self.by = Choice(theme, "Column")
        self.by.setFixedWidth(150)
        self._dot = Dot(theme)
        self.reset = Button(theme, "Reset", kind="link", small=True)
        self.reset.setAccessibleName("Reset validation")
        self._small = {
            "folds": _Small(context, "folds", self.folds),
            "share": _Small(context, "check", self.share, "%"),
            "by": _Small(context, "by", self.by),
            "test": _Small(context, "test part", self.test, "%"),
        }
        self._make_rows()
        self.kinds.chosen.connect(lambda kind: self._tell(validation=kind, by=None))
        self.folds.left.connect(lambda: self._tell(folds=self.folds.text().strip()))
        self.share.left.connect(lambda: self._tell(share=self.share.text().strip()))
        self.test.left.connect(lambda: self._tell(test=self.test.text().strip()))
        self.by.chosen.connect(lambda column: self._tell(by=column))
        self.reset.clicked.connect(self._on_reset)

    def _entry(self, name: str, width: int) -> LineEntry:
        entry = LineEntry(self.theme, name)
        entry.setFixedWidth(width)
        return entry

    def _make_rows(self) -> None:
        theme = self.theme
        place = self.head.indexOf(self.sub)
        self.head.insertWidget(place, self.kinds)
        self.head.insertWidget(place + 1, self._dot)
        self.head.insertWidget(place + 2, self.reset)
        self._place = place + 3
        self._entries = QWidget()
        entries = QHBoxLayout(self._entries)
        entries.setContentsMargins(0, 0, 0, 0)
        entries.setSpacing(10)
        for small in self._small.values():
            entries.addWidget(small)
        entries.addStretch(1)
        self._column = column = QVBoxLayout()
        column.setContentsMargins(13, 0, 13, 11)
        column.setSpacing(6)
        column.addWidget(self._entries)
        self._sign = Icon(theme, "circle-check", "ok", 14)
        self.words = ElidedText(theme, "", "table", "muted")
        line = QHBoxLayout()
        line.setSpacing(6)
        self.instead = Button(theme, "", kind="link", small=True)
        self.instead.clicked.connect(self._on_instead)
        line.addWidget(self._sign)
        line.addWidget(self.words, 1)
        line.addWidget(self.instead)
        self.view = FoldsView(theme)
        self.view.read.connect(self._on_read)
        column.addWidget(self.view)
        self._legend = QWidget()
        legend = QHBoxLayout(self._legend)
        legend.setContentsMargins(0, 0, 0, 0)
        legend.setSpacing(5)
        self._counts: dict[str, Text] = {}
        for kind, word in _WORDS.items():
            self._counts[kind] = Text(theme, word, "table", "muted")
            legend.addWidget(Swatch(theme, kind))
            legend.addWidget(self._counts[kind])
            legend.addSpacing(9)
        legend.addLayout(line, 1)
        column.addWidget(self._legend)
        self.body.addLayout(column)

    def show_setup(self, setup: Setup) -> None:
        self._setup = setup
        shown = self.shown
        self.kinds.show_value(shown.kind)
        draft = setup.draft
        self.folds.show_text(draft.folds if draft.validation else str(shown.folds))
        self.share.show_text(draft.share if draft.validation else f"{shown.validation_share * 100:g}")
        self.test.show_text(draft.test if draft.validation else f"{shown.test_share * 100:g}")
        is_time = shown.kind is ValidationKind.TIME_ORDERED
        self._small["folds"].setVisible(shown.kind is not ValidationKind.HOLDOUT)
        self._small["share"].setVisible(shown.kind is ValidationKind.HOLDOUT)
        self._small["by"].setVisible(is_time or shown.kind is ValidationKind.GROUPED)
        self._show_columns(setup, is_time, shown)
        before = validation_of(setup.base) or (setup.usual.validation if setup.usual else None)
        changed = setup.usual is not None and (shown != before or draft.afresh is not setup.base.afresh)
        self._dot.setVisible(changed)
        self.reset.setVisible(changed)
        self._show_folds()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the entries have a row of their own."""
        super().resizeEvent(event)
        wide = self.width() >= _WIDE
        if wide is not self._wide:
            self._wide = wide
            if wide:
                self.head.insertWidget(self._place, self._entries)
            else:
                self._column.insertWidget(0, self._entries)

    def show_problems(self, problems: Mapping[str, str]) -> None:
        self._problems = {name: text for name, text in problems.items() if name in self._small}
        for name, small in self._small.items():
            bad = name in self._problems
            if bool(small.control.property("bad")) is not bad:
                small.control.setProperty("bad", bad)
                small.control.style().unpolish(small.control)
                small.control.style().polish(small.control)
            small.control.setAccessibleDescription(self._problems.get(name, ""))
        self._say_usual()

    def first_problem(self) -> QWidget | None:
        return next((self._small[name].control for name in self._problems), None)

    @property
    def is_changed(self) -> bool:
        return not self._dot.isHidden()

    @property
    def shown(self) -> Validation:
        """The validation as it stands in the form: chosen, else suggested."""
        setup = self._setup
        if setup is None:
            return Validation()
        own = validation_of(setup.draft)
        if own is None:
            return setup.usual.validation if setup.usual else Validation()
        if own.kind is ValidationKind.TIME_ORDERED and own.column is None:
            return replace(own, column=setup.usual.time_column if setup.usual else None)
        return own

    def picture(self) -> FoldPicture | None:
        setup = self._setup
        if setup is None or setup.version is None or setup.usual is None:
            return None
        target = setup.version.profile(setup.draft.target)
        rows = target.rows - target.missing if target else 0
        shown = self.shown
        if shown.kind is ValidationKind.TIME_ORDERED and shown.column is None:
            return None
        return picture(shown, rows, self._times(shown)) if rows > shown.folds else None

    def _times(self, shown: Validation) -> ColumnProfile | None:
        setup = self._setup
        if setup is None or setup.version is None or setup.usual is None:
            return None
        by_time = shown.kind is ValidationKind.TIME_ORDERED
        name = shown.column if by_time else setup.usual.time_column
        return setup.version.profile(name) if name else None

    def _show_columns(self, setup: Setup, is_time: bool, shown: Validation) -> None:
        version = setup.version
        columns = [column for column in version.columns if column.name != setup.draft.target] if version else []
        if is_time:
            columns = [column for column in columns if column.type.is_temporal]
        self.by.setAccessibleName("Column that orders the rows" if is_time else "Column that names the group")
        self.by.set_options([(column.name, column.name) for column in columns])
        self.by.show_value(shown.column)
        self.by.setPlaceholderText("Choose a column")

    def _show_folds(self) -> None:
        made = self.picture()
        self.view.setVisible(made is not None)
        self._legend.setVisible(self._setup is not None and self._setup.usual is not None)
        self.view.show_picture(made)
        if made is not None and made.folds:
            last = made.folds[-1]
            each = " each" if len(made.folds) > 1 else ""
            growing = self.shown.kind is ValidationKind.TIME_ORDERED and len(made.folds) > 1
            train = formats.count(last.train)
            first = formats.count(made.folds[0].train)
            self._counts[TRAIN].setText(f"Train · {first} – {train} rows" if growing else f"Train · {train} rows")
            self._counts[CHECK].setText(f"Check · {formats.count(last.check)}{each}")
            self._counts[TEST].setText(f"Test · {formats.count(made.test)}" if made.test else "Test · none")
        self._say_usual()

    def _say_usual(self) -> None:
        setup = self._setup
        problem = next(iter(self._problems.values()), "")
        if problem:
            self._say(problem, "error", "triangle-alert")
        elif setup is not None and setup.usual is not None:
            made = self.picture()
            told = reason(setup, self.shown, made.sentence if made else "")
            self._say(told.words, told.tone, told.icon)
        self._show_instead()

    def _show_instead(self) -> None:
        other = instead(self._setup, self.shown) if self._setup else None
        self.instead.setVisible(other is not None and not self._problems)
        if other is not None:
            self.instead.set_caption(other.caption)
            self.instead.setToolTip(plain_tip(other.tip))
            self.instead.setAccessibleName(f"{other.caption}, {other.tip}")

    def _on_instead(self) -> None:
        other = instead(self._setup, self.shown) if self._setup else None
        if other is not None:
            self.tell(**other.changes)

    def _on_read(self, words: str) -> None:
        if words:
            self._say(words, "text", "info")
        else:
            self._say_usual()

    def _say(self, words: str, tone: str, icon: str) -> None:
        self._sign.set_sign(icon, "muted" if tone == "text" else tone)
        self.words.set_tone(tone)
        self.words.setText(words)
        self.words.setAccessibleName(words)

    def _tell(self, **changes: object) -> None:
        """The first change here makes all that is shown the person's own."""
        setup, shown = self._setup, self.shown
        if setup is None:
            return
        own: dict[str, object] = {}
        if setup.draft.validation is None:
            own = {
                "validation": shown.kind,
                "folds": str(shown.folds),
                "share": f"{shown.validation_share * 100:g}",
                "test": f"{shown.test_share * 100:g}",
                "by": shown.column,
            }
            if all(own.get(name) == value for name, value in changes.items()):
                return
        self.tell(**{**own, **changes})

    def _on_reset(self) -> None:
        if self._setup is not None:
            base = self._setup.base
            names = ("validation", "folds", "share", "test", "by", "afresh")
            self.tell(**{name: getattr(base, name) for name in names})
