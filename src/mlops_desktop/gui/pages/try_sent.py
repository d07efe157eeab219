"""What was sent in a visit of Try it: a row for each request, and the newest response as it came."""

from __future__ import annotations

import json
from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QVBoxLayout

from mlops_desktop.domain.errors import RequestRefusedError
from mlops_desktop.gui import formats
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.readings import try_it as reading
from mlops_desktop.gui.readings.endpoint_tables import milliseconds
from mlops_desktop.gui.readings.try_it import Sent
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.code_block import CodeText
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.small_table import SmallTable

SENT_HEADS = (
    Head("Time", 84),
    Head("By", 90, keep=1),
    Head("Rows", 52, numeric=True, keep=2),
    Head("Answer", 100, stretch=True),
    Head("Probability", 88, numeric=True),
    Head("ms", 64, numeric=True),
)


class SentCard(Card):
    """Newest first. `chosen` carries the place of a request in the order they were sent."""

    chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Sent since opening", "a click brings the request back")
        self.table = SmallTable(theme, "Requests of this visit", SENT_HEADS)
        self.table.pointed.connect(self._on_row)
        self.table.activated.connect(self._on_row)
        self.body.addWidget(self.table)
        self._count = 0
        self.hide()

    def show_sent(self, sent: Sequence[Sent], endpoint: str) -> None:
        self._count = len(sent)
        self.setVisible(bool(sent))
        self.table.show_rows([_row(place, one, endpoint) for place, one in enumerate(reversed(sent))])

    def _on_row(self, index: QModelIndex) -> None:
        place = self._count - 1 - index.row()
        if 0 <= place < self._count:
            self.chosen.emit(place)


class ResponseCard(Card):
    """Nothing is shown where nothing came back."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Response")
        self.hide()
        self.copy = CopyButton(theme, "", "Copy", what="the response", kind="ghost")
        self.head.addWidget(self.copy)
        self.text = CodeText(theme, "Response")
        self.text.setMinimumHeight(120)
        holder = QVBoxLayout()
        holder.setContentsMargins(10, 0, 10, 10)
        holder.addWidget(self.text)
        self.body.addLayout(holder, 1)

    def show_sent(self, sent: Sent) -> None:
        text = _response(sent)
        size = formats.size(len(json.dumps(dict(sent.answer))))
        self.sub.setText(f"{size}, {milliseconds(sent.milliseconds)}" if sent.answer else "")
        self.text.show_code(text)
        self.setVisible(bool(text))
        self.copy.text_to_copy = text
        self.copy.setToolTip("")


def _row(place: int, sent: Sent, endpoint: str) -> CellRow:
    at = sent.at.astimezone()
    predictions = sent.predictions
    share = predictions[0].chance if len(predictions) == 1 else None
    if sent.error is not None:
        answer = Cell(reading.error_title(sent.error), "error", tip=str(sent.error))
    elif len(predictions) == 1:
        answer = Cell(predictions[0].label, strong=True)
    else:
        answer = Cell(f"{formats.count(len(predictions))} answers")
    return CellRow(
        str(place),
        (
            Cell(f"{at:%H:%M:%S}"),
            Cell(reading.by_words(sent, endpoint), "muted"),
            Cell(formats.count(len(sent.rows)), "muted"),
            answer,
            Cell(reading.share_words(share), "text" if share is not None else "muted"),
            Cell(formats.number(sent.milliseconds, 1)),
        ),
    )


def _response(sent: Sent) -> str:
    """As JSON; empty where no response came."""
    if isinstance(sent.error, RequestRefusedError):
        said = {"message": sent.error.message} | ({"field": sent.error.field} if sent.error.field else {})
        return json.dumps({"error": said}, indent=2, ensure_ascii=False)
    if sent.error is not None:
        return ""
    return json.dumps(dict(sent.answer), indent=2, ensure_ascii=False)
