"""How the columns are prepared, how a yes or no is decided, and what makes a run the same again."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout

from mlops_desktop.domain.experiments import Imputation, Scaling, Task, ThresholdRule
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.pages.setup.part import Part
from mlops_desktop.gui.readings.run_setup import Setup
from mlops_desktop.gui.widgets.controls import Choice, LineEntry
from mlops_desktop.gui.widgets.fields import Field

_WIDE = 640


class SettingsPart(Part):
    """Preparation, class weights, threshold, seed, threads, tags."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "6", "Preparation and repeatability", "the same for every estimator chosen")
        theme = context.theme
        self._setup: Setup | None = None
        self._columns = 0
        self.controls: dict[str, Choice | LineEntry] = {
            "imputation": self._choice("Empty numbers", [
                (Imputation.MEDIAN, "median"), (Imputation.MEAN, "mean"), (Imputation.MOST_FREQUENT, "most frequent"),
            ]),
            "scaling": self._choice("Scaling", [(Scaling.STANDARD, "standard"), (Scaling.NONE, "none")]),
            "most_categories": LineEntry(theme, "Most categories"),
            "class_weight": self._choice("Class weights", [(False, "none"), (True, "balanced")]),
            "rule": self._choice("Decision threshold", [
                (ThresholdRule.FIXED, "fixed"), (ThresholdRule.BEST_F1, "best F1"),
                (ThresholdRule.BALANCED, "balanced"),
            ]),
            "threshold": LineEntry(theme, "Threshold"),
            "seed": LineEntry(theme, "Seed"),
            "threads": LineEntry(theme, "Threads"),
        }  # fmt: skip
        helps = {
            "imputation": "fills empty cells, where needed",
            "scaling": "not for trees",
            "most_categories": "a column; rarer ones join",
            "class_weight": "balanced weighs rare classes more",
            "rule": "chosen on checked rows only",
            "threshold": "default 0.5 · 0 – 1",
            "seed": "same seed, same run",
            "threads": "default 1 · 1 – 64",
        }
        for name, control in self.controls.items():
            field = self.fields[name] = Field(theme, control.accessibleName(), control, helps[name])
            field.setParent(self)  # shown before it has its place
            field.reset_asked.connect(lambda name=name: self._on_reset(name))
            if isinstance(control, Choice):
                control.chosen.connect(lambda value, name=name: self._tell(name, value))
            else:
                control.left.connect(lambda name=name, control=control: self._tell(name, control.text().strip()))
        self._grid = QGridLayout()
        self._grid.setContentsMargins(13, 0, 13, 12)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self.body.addLayout(self._grid)
        self._place()

    def _choice(self, name: str, options: list[tuple[object, str]]) -> Choice:
        made = Choice(self.theme, name)
        made.set_options(options)
        return made

    def show_setup(self, setup: Setup) -> None:
        self._setup = setup
        for name, control in self.controls.items():
            value = getattr(setup.draft, name)
            if isinstance(control, Choice):
                control.show_value(value)
            else:
                control.show_text(str(value))
            tip = f"Differs from {setup.base.rerun_of}" if setup.base.rerun_of else "Differs from the default"
            self.fields[name].set_changed(value != getattr(setup.base, name), tip)
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _visible_names(self) -> list[str]:
        """Only what has an effect: weights for classes, a threshold for two of them."""
        setup = self._setup
        task = setup.task if setup else None
        hidden = set()
        if task is Task.REGRESSION:
            hidden |= {"class_weight"}
        if task is not Task.BINARY:
            hidden |= {"rule", "threshold"}
        elif setup is not None and setup.draft.rule is not ThresholdRule.FIXED:
            hidden |= {"threshold"}
        return [name for name in self.fields if name not in hidden]

    def _place(self) -> None:
        columns = 4 if self.width() >= _WIDE else 3
        names = self._visible_names()
        for name, field in self.fields.items():
            field.setVisible(name in names)
        placed = [self._grid.indexOf(self.fields[name]) for name in names]
        if placed == list(range(len(names))) and columns == self._columns and self._grid.count() == len(names):
            return
        while self._grid.takeAt(0) is not None:
            pass
        for place, name in enumerate(names):
            self._grid.addWidget(self.fields[name], place // columns, place % columns, Qt.AlignmentFlag.AlignTop)
        for column in range(4):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._columns = columns

    def _tell(self, name: str, value: Any) -> None:
        self.tell(**{name: value})

    def _on_reset(self, name: str) -> None:
        if self._setup is not None:
            self.tell(**{name: getattr(self._setup.base, name)})
