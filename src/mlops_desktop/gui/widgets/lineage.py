"""The way from data to deployment: each part a button, the current one accented, a missing one dashed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from mlops_desktop.gui.readings.model_version import Link
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import elided, plain_tip

HEIGHT = 64
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class LinkButton(QAbstractButton):
    """What it is, its name, and a note; or the action that makes what is missing."""

    def __init__(self, theme: Theme, link: Link) -> None:
        super().__init__()
        self._theme, self.link = theme, link
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if self.is_here else Qt.FocusPolicy.StrongFocus)
        note = link.sign.word if link.sign else link.note
        self.setAccessibleName(", ".join(part for part in (link.what, link.title, note, link.act) if part))
        self.setToolTip(plain_tip(f"{link.title}\n{note}" + (f"\n{link.act}" if link.act else "")))

    @property
    def is_here(self) -> bool:
        return self.link.place is None and not self.link.act

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(180), self._theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(110), self._theme.px(HEIGHT))

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, link = self._theme, self.link
        painter = QPainter(self)
        self._paint_box(painter)
        px = theme.px
        inner = self.rect().adjusted(px(11), px(7), -px(10), -px(7))
        tone = "accent-text" if self.is_here else "muted"
        theme.paint_icon(painter, QRect(inner.left(), inner.top(), px(13), px(14)), link.icon, tone)
        self._line(painter, self._band(inner.adjusted(px(19), 0, 0, 0), 0, 14), "caption", "muted", link.what)
        self._line(painter, self._band(inner, 16, 18), "title", "muted" if link.act else "text", link.title)
        if link.act:
            self._paint_act(painter, inner)
        elif link.sign:
            sign = QRect(inner.left(), inner.top() + px(36), px(12), px(14))
            theme.paint_icon(painter, sign, link.sign.icon, link.sign.token)
            words = self._band(inner.adjusted(px(17), 0, 0, 0), 36, 14)
            self._line(painter, words, "caption", link.sign.token, link.sign.word)
        else:
            self._line(painter, self._band(inner, 36, 14), "caption", "muted", link.note)

    def _paint_box(self, painter: QPainter) -> None:
        theme = self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = "accent-soft" if self.is_here else "hover" if self.underMouse() else "surface"
        edge = "accent" if self.is_here else "control" if self.link.act else "border"
        pen = QPen(theme.colour(edge), 2 if self.is_here else 1)
        if self.link.act:
            pen.setStyle(Qt.PenStyle.CustomDashLine)
            pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(theme.colour("window" if self.link.act and not self.underMouse() else ground))
        inset = 1.0 if self.is_here else 0.5
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 6, 6)

    def _paint_act(self, painter: QPainter, inner: QRect) -> None:
        act = self.link.act
        width = QFontMetrics(self._theme.font("caption-strong")).horizontalAdvance(act)
        self._line(painter, self._band(inner, 36, 14), "caption-strong", "accent-text", act)
        rest = inner.adjusted(width + 8, 0, 0, 0)
        if rest.width() > self._theme.px(40):
            self._line(painter, self._band(rest, 36, 14), "caption", "muted", self.link.note)

    def _band(self, area: QRect, top: int, height: int) -> QRect:
        px = self._theme.px
        return QRect(area.left(), area.top() + px(top), area.width(), px(height))

    def _line(self, painter: QPainter, area: QRect, role: str, token: str, text: str) -> None:
        painter.setFont(self._theme.font(role))
        painter.setPen(self._theme.colour(token))
        shown = elided(painter.fontMetrics(), text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, _LEFT, shown)


class LineageStrip(QWidget):
    """`asked` carries the link that was clicked."""

    asked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.links: tuple[Link, ...] = ()
        self.buttons: list[LinkButton] = []
        self.setAccessibleName("Where this version comes from and where it goes")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)

    def show_links(self, links: Sequence[Link]) -> None:
        if tuple(links) == self.links:
            return
        self.links = tuple(links)
        clear_layout(self._row)
        self.buttons = []
        for link in links:
            if self.buttons:
                self._row.addWidget(Icon(self._theme, "arrow-right", "muted", 14))
            button = LinkButton(self._theme, link)
            button.clicked.connect(lambda _=False, chosen=link: self.asked.emit(chosen))
            self._row.addWidget(button, 1)
            self.buttons.append(button)
