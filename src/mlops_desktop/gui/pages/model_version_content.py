"""The scrolled middle of a model version: lineage above, cards in three columns, in two where it is narrow."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.domain.models import BundleContents, ModelVersion
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.pages.model_version_cards import (
    BundleCard,
    DecisionsCard,
    DescriptionCard,
    DriversCard,
    FilesCard,
    SignatureCard,
    column_of,
)
from mlops_desktop.gui.pages.version_metrics import MetricsCard
from mlops_desktop.gui.readings.model_version import VersionFacts, lineage
from mlops_desktop.gui.widgets.lineage import LineageStrip
from mlops_desktop.gui.widgets.states import ErrorBox

LEFT, RIGHT = 468, 244
_REFUSED = "Not read: the bundle is refused. Nothing is taken from files that differ from their manifest."


class ModelVersionContent(QWidget):
    """Shows what the page has read; the files of the bundle when they are asked for."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        theme = context.theme
        self.area: QScrollArea | None = None
        self._small: bool | None = None
        outer = QVBoxLayout(self)
        self._outer = outer
        outer.setContentsMargins(16, 12, 20, 14)
        outer.setSpacing(10)
        self.strip = LineageStrip(theme)
        self.metrics = MetricsCard(theme)
        self.metrics.alike_asked.connect(context.shell.go)
        self.signature = SignatureCard(theme)
        self.drivers = DriversCard(context)
        self.decisions = DecisionsCard(context)
        self.description = DescriptionCard(theme)
        self.bundle = BundleCard(theme)
        self.files = FilesCard(theme)
        self.files.hide()
        self.bundle.files.clicked.connect(self._on_files)
        self.error = ErrorBox(theme)
        self.error.hide()
        outer.addWidget(self.strip)
        outer.addWidget(self.error)
        self._grid = QGridLayout()
        self._grid.setSpacing(10)
        self._columns = (
            column_of((self.metrics, self.signature)),
            column_of((self.drivers, self.decisions)),
            column_of((self.description, self.bundle)),
        )
        outer.addLayout(self._grid)
        outer.addWidget(self.files)
        outer.addStretch(1)
        self.set_small(False)

    def panes(self) -> list[QWidget]:
        return [self.strip.buttons[0], self.metrics.table, self.signature.table, self.drivers.bars, self.bundle.files]

    def show_facts(self, facts: VersionFacts) -> None:
        self.strip.show_links(lineage(facts))
        self.metrics.show_facts(facts)
        self.drivers.show_evaluation(facts.evaluation)
        self.decisions.show_evaluation(facts.evaluation)
        self.description.show_model(facts.model.model)

    def show_checking(self, version: ModelVersion) -> None:
        self.error.hide()
        self.bundle.show_checking(version)
        self.signature.show_contents(None, "Checking the bundle…")
        self.files.hide()

    def show_contents(self, version: ModelVersion, contents: BundleContents) -> None:
        self.error.hide()
        self.bundle.show_contents(version, contents)
        self.signature.show_contents(contents, "")
        self.files.show_contents(contents)

    def show_refused(self, version: ModelVersion, error: BaseException) -> None:
        self.bundle.show_refused(version)
        self.error.show_error(error)
        self.error.show()
        self.signature.show_contents(None, _REFUSED)
        self.files.hide()

    def set_small(self, small: bool) -> None:
        """Three columns, or two with the drivers under the metrics."""
        if small is self._small:
            return
        self._small = small
        first, second, third = self._columns
        for column in self._columns:
            self._grid.removeWidget(column)
        top = Qt.AlignmentFlag.AlignTop
        self._outer.setContentsMargins(14 if small else 16, 12, 14 if small else 20, 14)
        if small:
            self._grid.addWidget(first, 0, 0, top)
            self._grid.addWidget(second, 1, 0, top)
            self._grid.addWidget(third, 0, 1, 2, 1, top)
            stretches, widths = (1, 0, 0), (0, RIGHT, 0)
        else:
            for place, column in enumerate(self._columns):
                self._grid.addWidget(column, 0, place, top)
            stretches, widths = (5, 3, 0), (LEFT, 232, RIGHT)
        for place, (stretch, width) in enumerate(zip(stretches, widths, strict=True)):
            self._grid.setColumnStretch(place, stretch)
            self._grid.setColumnMinimumWidth(place, width)
        third.setFixedWidth(RIGHT)

    def _on_files(self) -> None:
        shown = self.files.isHidden()
        self.files.setVisible(shown)
        self.bundle.files.set_caption("Hide files" if shown else "Show files")
        if shown and self.area is not None:
            self.files.table.setFocus(Qt.FocusReason.OtherFocusReason)
            QTimer.singleShot(0, self, self._show_files)  # there is no place for it before the layout was done

    def _show_files(self) -> None:
        if self.area is not None:
            self.area.verticalScrollBar().setValue(self.files.y() - self._outer.spacing())
