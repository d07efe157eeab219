"""A chart in a card, with its menu at the right of the head; what a person saves is written in the lane."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlops_desktop.gui.charts.chart import Chart
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.widgets.buttons import IconButton
from mlops_desktop.gui.widgets.cards import Card


class ChartCard(Card):
    """`tools` in the head stand before the menu."""

    def __init__(self, context: Context, title: str, sub: str, chart: Chart) -> None:
        super().__init__(context.theme, title, sub)
        self.chart = chart
        chart.title = title
        keep_files(context, chart)
        self.menu_button = IconButton(context.theme, "ellipsis", f"{title}: menu of the chart", size=26)
        self.menu_button.clicked.connect(self._on_menu)
        self.head.addWidget(self.menu_button)
        self.head.setContentsMargins(13, 8, 8, 4)
        self.body.setContentsMargins(9, 0, 9, 8)
        self.body.addWidget(chart, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def add_tool(self, tool: QWidget) -> None:
        self.head.insertWidget(self.head.count() - 1, tool)

    def _on_menu(self) -> None:
        menu = self.chart.make_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.menu_button.mapToGlobal(QPoint(0, self.menu_button.height())))


def keep_files(context: Context, chart: Chart) -> None:
    """Offers to save the chart; the file is written in the lane and said."""

    def write(path: str, content: bytes) -> None:
        target = Path(path)
        context.lanes.call(
            partial(_write, target, content),
            lambda _: context.shell.say(f"{target.name} saved", "download"),
            context.shell.show_failure,
            finishes=f"The chart is being written to {target.name}.",
        )

    chart.can_save = True
    chart.file_made.connect(write)


def _write(target: Path, content: bytes) -> None:
    from mlops_desktop.domain.errors import InvalidInputError

    try:
        target.write_bytes(content)
    except OSError as error:
        raise InvalidInputError(
            f"{target.name} could not be written: {error.strerror or error}.",
            hint="Choose another folder. The chart itself is unchanged.",
            details=str(error),
        ) from error
