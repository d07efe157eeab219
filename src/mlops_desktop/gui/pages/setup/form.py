"""The form of a new run: its parts beside and below each other, and at the right what will happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.pages.setup.data import DataPart
from mlops_desktop.gui.pages.setup.estimators import EstimatorsPart
from mlops_desktop.gui.pages.setup.features import FeaturesPart
from mlops_desktop.gui.pages.setup.part import Part
from mlops_desktop.gui.pages.setup.ready import ReadyPanel
from mlops_desktop.gui.pages.setup.settings import SettingsPart
from mlops_desktop.gui.pages.setup.validation import ValidationPart
from mlops_desktop.gui.readings.run_setup import Setup
from mlops_desktop.gui.widgets.fields import Field


class RunForm(QWidget):
    """The parts scroll together; the panel at the right stays."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.data = DataPart(context)
        self.features = FeaturesPart(context)
        self.estimators = EstimatorsPart(context)
        self.validation = ValidationPart(context)
        self.settings = SettingsPart(context)
        self.ready = ReadyPanel(context)
        self._row = QHBoxLayout(self)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setAccessibleName("Form")
        self.area.setWidget(self._make_content())
        self._row.addWidget(self.area, 1)
        self._row.addWidget(self.ready)
        for pane, first in (
            (self.data, self.data.dataset),
            (self.features, self.features.table),
            (self.validation, self.validation.view),
            (self.settings, self.settings.controls["imputation"]),
            (self.ready, self.ready.start),
        ):
            pane.first = first

    @property
    def parts(self) -> list[Part]:
        return [self.data, self.features, self.estimators, self.validation, self.settings]

    def panes(self) -> list[QWidget]:
        return [*self.parts, self.ready]

    def show_setup(self, setup: Setup) -> None:
        for part in self.parts:
            part.show_setup(setup)
        cards = self.estimators.cards.values()
        self.estimators.first = next((card for card in cards if not card.isHidden()), None)
        self.ready.show_setup(setup)

    def show_problems(self, problems: Mapping[str, str]) -> None:
        for part in self.parts:
            part.show_problems(problems)
        self.ready.show_problems(problems)

    def focus_first_problem(self) -> None:
        for control in (*(part.first_problem() for part in self.parts), self.ready.purpose.first_problem()):
            if control is not None:
                self.window().setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
                control.setFocus(Qt.FocusReason.OtherFocusReason)
                self.area.ensureWidgetVisible(control, 20, 60)
                return

    def changes(self) -> int:
        """How many fields differ from where the draft began."""
        return (
            sum(field.is_changed for field in self._fields())
            + sum(row.changed for row in self.features.model.rows)
            + int(self.validation.is_changed)
        )

    def set_small(self, small: bool) -> None:
        edge = 14 if small else 20
        self._row.setContentsMargins(edge, 4, edge, 10 if small else 14)
        self._row.setSpacing(12 if small else 16)
        self.ready.setFixedWidth(228 if small else 276)
        self.features.setFixedWidth(326 if small else 390)

    def _fields(self) -> Iterator[Field]:
        for part in self.parts:
            yield from part.fields.values()
        yield from self.ready.purpose.fields.values()
        for form in self.estimators.params.forms.values():
            yield from form.fields.values()

    def _make_content(self) -> QWidget:
        content = QWidget()
        content.setObjectName("page")
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(12)
        two = QHBoxLayout()
        two.setSpacing(12)
        two.addWidget(self.features)
        two.addWidget(self.estimators, 1)
        inner.addWidget(self.data)
        inner.addLayout(two, 1)
        inner.addWidget(self.validation)
        inner.addWidget(self.settings)
        return content
