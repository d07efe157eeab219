"""Text that is only ever text: labels that never read markup, and elide where they are too narrow."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from mlops_desktop.gui.theme.theme import Theme

LONGEST_SHOWN = 20_000
LONGEST_LINE = 2_000
LONGEST_TIP = 2_000
"""Characters of a text that are laid out: nobody reads more, and megabytes of it would hold up the window."""


class Text(QLabel):
    """A plain text label in a role's font and a token's colour."""

    def __init__(
        self, theme: Theme, text: str = "", role: str = "body", tone: str = "text", *, wrap: bool = False
    ) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.font(role))
        self.setWordWrap(wrap)
        if tone != "text":
            self.setProperty("tone", tone)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(bounded(text, LONGEST_SHOWN))

    def set_tone(self, tone: str) -> None:
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            self.style().unpolish(self)
            self.style().polish(self)


class ElidedText(Text):
    """One line that shortens to its room; the whole text is in the tooltip and for screen readers."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        role: str = "body",
        tone: str = "text",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        self._mode = mode
        super().__init__(theme, text, role, tone)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        super().setText(bounded(text, LONGEST_LINE))
        self._show_whole()

    def minimumSizeHint(self) -> QSize:
        return QSize(min(24, self.sizeHint().width()), super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 2 if self.text() else 0, hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_whole()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        shown = elided(self.fontMetrics(), self.text(), self._mode, self.width())
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), shown)

    def _show_whole(self) -> None:
        whole = self.fontMetrics().horizontalAdvance(self.text()) <= self.width()
        self.setToolTip("" if whole else plain_tip(self.text()))


def elided(metrics: QFontMetrics | QFontMetricsF, text: str, mode: Qt.TextElideMode, width: float) -> str:
    """As much of the text as fits, with a sign that it goes on; what no line could show is not even measured."""
    text = bounded(text, LONGEST_LINE)
    if isinstance(metrics, QFontMetricsF):
        return metrics.elidedText(text, mode, width)
    return metrics.elidedText(text, mode, int(width))


def plain_tip(text: str) -> str:
    """A tooltip that shows `text` as it is, whatever it holds; only its beginning where it is very long."""
    if not text:
        return ""
    text = bounded(text, LONGEST_TIP)
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\n", "<br>")):
        text = text.replace(sign, name)
    return f"<qt>{text}</qt>"


def bounded(text: str, longest: int) -> str:
    """The text, or its beginning with a sign that it goes on."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def plain_caption(text: str) -> str:
    """A button's or menu entry's text in which & is only a sign."""
    return text.replace("&", "&&")


def line(theme: Theme, *, parent: QWidget | None = None) -> QWidget:
    """A separator, 1 px."""
    from PySide6.QtWidgets import QFrame

    made = QFrame(parent)
    made.setProperty("line", True)
    made.setFixedHeight(1)
    return made
