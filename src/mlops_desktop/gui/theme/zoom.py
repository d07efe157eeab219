"""Zoom: what widgets were given in pixels of the design grows with it, and so does what is made later.

Fonts, the style sheet and painted things take their sizes from the theme. Fixed sizes, margins and gaps are written in
pixels of the design where a widget is made; here they are found and scaled, and remembered as they were.
"""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QMargins, QObject, QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QBoxLayout,
    QFormLayout,
    QGridLayout,
    QLayout,
    QWidget,
)

BY_ITSELF = "zoomsbyitself"
"""A widget with this property sets its own sizes as zoomed."""
ICON_BY_ITSELF = "zoomsiconbyitself"
"""A button with this property makes its own icon as zoomed."""
_MEMORY = "beforezoom"
_FILTER = "zoomfilter"
_LARGEST = 16_777_215
"""Qt's way of saying that a size has no limit."""
_WIDEST = 8_192
"""No part of a window is larger; a part that sets its size by its own size would else grow without end."""
_FROM_SHEET = ("_q_stylesheet_minw", "_q_stylesheet_minh", "_q_stylesheet_maxw", "_q_stylesheet_maxh")
Numbers = tuple[int, ...]


class _Memory:
    """Of each part of a widget or layout: what it was in the design, and what it was set to last."""

    def __init__(self) -> None:
        self.parts: dict[str, tuple[Numbers, Numbers]] = {}


def fonts_as_designed(app: QApplication, zoom: float) -> list[tuple[QWidget, QFont]]:
    """Every font that a widget was given, in the size of the design. A change of the style sheet may take fonts back,
    so they are looked up before it."""
    found = []
    for widget in app.allWidgets():
        if widget.testAttribute(Qt.WidgetAttribute.WA_SetFont) and widget.font().pixelSize() > 0:
            font = QFont(widget.font())
            font.setPixelSize(max(1, round(font.pixelSize() / zoom)))
            found.append((widget, font))
    return found


def rescale(app: QApplication, fonts: list[tuple[QWidget, QFont]], now: float) -> None:
    """Brings everything that is there to the new zoom; from now on what is made is brought to it too."""
    for owner, font in fonts:
        if shiboken6.isValid(owner):
            font.setPixelSize(max(1, round(font.pixelSize() * now)))
            owner.setFont(font)
    for widget in app.allWidgets():
        _fit(widget, now)
    known = app.findChild(_NewWidgets, _FILTER)
    if known is None:
        known = _NewWidgets(app)
        app.installEventFilter(known)
    known.zoom = now


class _NewWidgets(QObject):
    """Sees every widget before it is shown, and whenever what is in it changed."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.setObjectName(_FILTER)
        self.zoom = 1.0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.Polish and isinstance(watched, QWidget):
            _fit(watched, self.zoom)
        elif kind == QEvent.Type.LayoutRequest and isinstance(watched, QWidget):
            layout = watched.layout()
            if layout is not None:
                _fit_layout(layout, self.zoom)
        return False


def _fit(widget: QWidget, zoom: float) -> None:
    if widget.isWindow() or widget.property(BY_ITSELF):
        return
    if not _is_made_by_qt(widget):
        _fit_size(widget, zoom)
    if isinstance(widget, QAbstractButton) and not widget.property(ICON_BY_ITSELF):
        wanted = _scaled(widget, "icon", (widget.iconSize().height(),), zoom)
        if wanted:
            widget.setIconSize(QSize(wanted[0], wanted[0]))
    layout = widget.layout()
    if layout is not None:
        _fit_layout(layout, zoom)


def _is_made_by_qt(widget: QWidget) -> bool:
    return widget.objectName().startswith("qt_")


def _fit_size(widget: QWidget, zoom: float) -> None:
    least, most = widget.minimumSize(), widget.maximumSize()
    given = (least.width(), least.height(), most.width(), most.height())
    wanted = _scaled(widget, "size", given, zoom)
    if wanted:
        # What the style sheet says is zoomed there.
        least_wide, least_high, most_wide, most_high = (
            now if widget.property(name) else want for name, now, want in zip(_FROM_SHEET, given, wanted, strict=True)
        )
        widget.setMinimumSize(least_wide, least_high)
        widget.setMaximumSize(most_wide, most_high)


def _fit_layout(layout: QLayout, zoom: float) -> None:
    """Those within first: one without a gap of its own has that of the one around it."""
    for place in range(layout.count()):
        item = layout.itemAt(place)
        inner = item.layout() if item is not None else None
        if inner is not None:
            _fit_layout(inner, zoom)
        child = item.widget() if item is not None else None
        if child is not None and child.property(_MEMORY) and not child.property(BY_ITSELF):
            # It was brought to the zoom before; whoever set a size since then did so in pixels of the design.
            _fit_size(child, zoom)
    margins = layout.contentsMargins()
    edges = _scaled(layout, "edges", (margins.left(), margins.top(), margins.right(), margins.bottom()), zoom)
    if edges:
        layout.setContentsMargins(QMargins(*edges))
    if isinstance(layout, QBoxLayout):
        gap = _scaled(layout, "gap", (layout.spacing(),), zoom)
        if gap:
            layout.setSpacing(gap[0])
    elif isinstance(layout, QGridLayout | QFormLayout):
        gaps = _scaled(layout, "gap", (layout.horizontalSpacing(), layout.verticalSpacing()), zoom)
        if gaps:
            layout.setHorizontalSpacing(gaps[0])
            layout.setVerticalSpacing(gaps[1])


def _scaled(owner: QObject, part: str, given: Numbers, zoom: float) -> Numbers | None:
    """What the part should be now; None where it is so. What was set since the last time is of the design."""
    memory = owner.property(_MEMORY)
    if not isinstance(memory, _Memory):
        memory = _Memory()
        owner.setProperty(_MEMORY, memory)
    original, last = memory.parts.get(part, (given, given))
    if given != last:
        original = tuple(
            before if one == other else one for one, other, before in zip(given, last, original, strict=True)
        )
    wanted = tuple(
        number if number <= 1 or number >= _LARGEST else min(_WIDEST, max(1, round(number * zoom)))
        for number in original
    )
    memory.parts[part] = original, wanted
    return wanted if wanted != given else None
