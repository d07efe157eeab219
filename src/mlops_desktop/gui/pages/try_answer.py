"""The answer of Try it: what was predicted and how probable it is, or why there is no answer and what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.errors import EndpointUnreachableError
from mlops_desktop.gui import formats
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.readings import try_it as reading
from mlops_desktop.gui.readings.endpoint_tables import milliseconds
from mlops_desktop.gui.readings.try_it import Prediction, Sent, Signature, TryFacts
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.chance_bars import Chance, ChanceBars
from mlops_desktop.gui.widgets.chips import Chip, ChipSign
from mlops_desktop.gui.widgets.dimming import dim
from mlops_desktop.gui.widgets.key_cap import KeyCap, spoken_keys
from mlops_desktop.gui.widgets.marks import Icon, StatusWord
from mlops_desktop.gui.widgets.notices import announce
from mlops_desktop.gui.widgets.small_table import SmallTable
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.text import ElidedText, Text

ROW_HEADS = (
    Head("Row", 56, numeric=True),
    Head("Answer", 120, stretch=True),
    Head("Probability", 100, numeric=True),
)
MOST_ROWS = 50
NOTHING, ONE, MANY, ERROR, STOPPED = range(5)
STALE = "for the values before"
NOTHING_SENT = "Send request asks the running endpoint, as any other program would; the row at the left is a real one."


class AnswerCard(Card):
    """`start_asked` and `token_asked` are the ways out of what keeps the endpoint from answering."""

    start_asked = Signal()
    token_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Answer")
        self._theme = theme
        self.status = StatusWord(theme)
        self._time = Text(theme, "", "number", "muted")
        self.head.addWidget(self.status)
        self.head.addWidget(self._time)
        column = QVBoxLayout()
        column.setContentsMargins(13, 0, 13, 13)
        self.body.addLayout(column)
        makers = (self._make_nothing, self._make_one, self._make_many, self._make_error, self._make_stopped)
        self._faces = [make(theme) for make in makers]
        for face in self._faces:
            column.addWidget(face)
        self._turn_to(NOTHING)
        self.sent: Sent | None = None
        self.is_stale = False
        self._show_status(None)

    # Making

    @staticmethod
    def _make_nothing(theme: Theme) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(12, 28, 12, 36)
        column.setSpacing(8)
        centre = Qt.AlignmentFlag.AlignHCenter
        column.addWidget(Icon(theme, "send", "muted", 24), 0, centre)
        column.addWidget(Text(theme, "Nothing sent yet", "title"), 0, centre)
        words = Text(theme, NOTHING_SENT, "table", "muted", wrap=True)
        words.setAlignment(centre)
        column.addWidget(words)
        keys = QHBoxLayout()
        keys.setSpacing(6)
        keys.addStretch(1)
        keys.addWidget(KeyCap(theme, spoken_keys("Ctrl+Enter")))
        keys.addWidget(Text(theme, "sends it", "table", "muted"))
        keys.addStretch(1)
        column.addLayout(keys)
        return holder

    def _make_one(self, theme: Theme) -> QWidget:
        self._one = QFrame()
        self._one.setProperty("card", "true")
        column = QVBoxLayout(self._one)
        column.setContentsMargins(12, 9, 12, 10)
        column.setSpacing(4)
        first = QHBoxLayout()
        first.setSpacing(8)
        self._by = ElidedText(theme, "", "title")
        self._chip = ChipSign(theme, Chip("champion"))
        self._target = ElidedText(theme, "", "table", "muted")
        first.addWidget(self._by)
        first.addWidget(self._chip)
        first.addWidget(self._target, 1)
        column.addLayout(first)
        second = QHBoxLayout()
        second.setSpacing(8)
        self.figure = Text(theme, "", "figure")
        self._share = ElidedText(theme, "", "table", "muted")
        second.addWidget(self.figure)
        second.addWidget(self._share, 1, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(second)
        column.addSpacing(4)
        self.bars = ChanceBars(theme)
        column.addWidget(self.bars)
        self._threshold = Text(theme, "", "caption", "muted", wrap=True)
        column.addWidget(self._threshold)
        return self._one

    def _make_many(self, theme: Theme) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._summary = ElidedText(theme, "", "table", "muted")
        column.addWidget(self._summary)
        self.table = SmallTable(theme, "Answers", ROW_HEADS)
        column.addWidget(self.table)
        return holder

    def _make_error(self, theme: Theme) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.error = ErrorBox(theme)
        column.addWidget(self.error)
        row = QHBoxLayout()
        self.token = Button(theme, "New token…", icon="key-round")
        self.token.clicked.connect(self.token_asked)
        row.addWidget(self.token)
        row.addStretch(1)
        column.addLayout(row)
        return holder

    def _make_stopped(self, theme: Theme) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(12, 28, 12, 36)
        column.setSpacing(8)
        centre = Qt.AlignmentFlag.AlignHCenter
        column.addWidget(Icon(theme, "square", "muted", 24), 0, centre)
        self.stopped = Text(theme, "", "title", wrap=True)
        self.stopped.setAlignment(centre)
        column.addWidget(self.stopped)
        words = Text(
            theme, "Start it again, then send the request; what is typed here stays.", "table", "muted", wrap=True
        )
        words.setAlignment(centre)
        column.addWidget(words)
        self.start = Button(theme, "Start it again", icon="play")
        self.start.clicked.connect(self.start_asked)
        column.addSpacing(4)
        column.addWidget(self.start, 0, centre)
        return holder

    # Showing

    def show_nothing(self, facts: TryFacts) -> None:
        """Before the first request of this visit."""
        self.sent = None
        self._show_status(None)
        if not self._show_stopped(facts):
            self._turn_to(NOTHING)

    def show_sending(self) -> None:
        self._show_status(Sign("loader-circle", "accent-text", "Waiting for the answer"))

    def show_sent(self, sent: Sent, facts: TryFacts, signature: Signature) -> None:
        self.sent = sent
        time = f"· {milliseconds(sent.milliseconds)}"
        if sent.error is not None:
            self._show_error(sent.error, facts, time)
            return
        self._show_status(Sign("circle-check", "ok", "200 OK"), time)
        predictions = sent.predictions
        if len(predictions) == 1:
            self._show_one(predictions[0], sent, facts, signature)
        else:
            self._show_many(predictions, sent, facts)

    def show_stale(self, is_stale: bool) -> None:
        """Whether the request was changed since: what is shown is then dimmed and said to be old."""
        if is_stale == self.is_stale:
            return
        self.is_stale = is_stale
        self.sub.setText(STALE if is_stale else "")
        for part in (*self._faces, self.status, self._time):
            dim(part, is_stale)
        if is_stale:
            announce(self, f"The answer is {STALE}")

    def _show_status(self, sign: Sign | None, time: str = "") -> None:
        self.status.setVisible(sign is not None)
        if sign is not None:
            self.status.set_sign(sign)
        self._time.setText(time)
        self._time.setVisible(bool(time))

    def _turn_to(self, place: int) -> None:
        """One of the faces; the card is as high as that."""
        for number, face in enumerate(self._faces):
            face.setVisible(number == place)

    def _show_one(self, prediction: Prediction, sent: Sent, facts: TryFacts, signature: Signature) -> None:
        name = facts.one.name if facts.one else ""
        self._by.setText(reading.by_words(sent, name))
        self._chip.setVisible(facts.is_champion and sent.reference == facts.reference)
        self._target.setText(f"predicts {signature.target}" if signature.target else "")
        self.figure.setText(prediction.label)
        share = prediction.chance
        self._share.setText(f"probability {reading.share_words(share)}" if share is not None else "predicted value")
        positive = signature.positive_label
        self.bars.show_chances(
            [
                Chance(label, part, label == prediction.label, signature.threshold if label == positive else None)
                for label, part in prediction.chances
            ]
        )
        self.bars.setVisible(bool(prediction.chances))
        words = reading.threshold_words(signature) if prediction.chances else ""
        self._threshold.setText(words)
        self._threshold.setVisible(bool(words))
        self._one.setAccessibleName(f"{self._by.text()} predicts {prediction.label}, {self._share.text()}")
        self._turn_to(ONE)

    def _show_many(self, predictions: tuple[Prediction, ...], sent: Sent, facts: TryFacts) -> None:
        by = reading.by_words(sent, facts.one.name if facts.one else "")
        shown = predictions[:MOST_ROWS]
        more = f", the first {MOST_ROWS} shown" if len(predictions) > MOST_ROWS else ""
        self._summary.setText(f"{by} answered {formats.plural(len(predictions), 'row')}{more}")
        self.table.show_rows(
            [
                CellRow(
                    str(place),
                    (
                        Cell(formats.count(place + 1), "muted"),
                        Cell(one.label, strong=True),
                        Cell(reading.share_words(one.chance)),
                    ),
                )
                for place, one in enumerate(shown)
            ]
        )
        self._turn_to(MANY)

    def _show_error(self, error: BaseException, facts: TryFacts, time: str) -> None:
        if isinstance(error, EndpointUnreachableError) and self._show_stopped(facts):
            return
        self._show_status(Sign("circle-x", "error", reading.error_title(error)), time)
        self.error.show_error(error)
        self.token.setVisible(getattr(error, "status", 0) == 401)
        self._turn_to(ERROR)

    def _show_stopped(self, facts: TryFacts) -> bool:
        """Whether it was shown: only where nothing is meant to answer."""
        one = facts.one
        if one is None or one.answering is not None:
            return False
        starting = one.open_rollout is not None
        sign = Sign("loader-circle", "accent-text", "Starting") if starting else Sign("square", "muted", "Not running")
        self._show_status(sign)
        self.stopped.setText(f"{one.name} is being started" if starting else f"{one.name} is stopped, nobody answers")
        self.start.setVisible(one.spoken_of is not None and not starting)
        self._turn_to(STOPPED)
        return True
