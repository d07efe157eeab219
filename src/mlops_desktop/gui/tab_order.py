"""The way of the Tab key: what can be used, in the order it is laid out, however late a part was made.

Of itself Qt goes by the order in which widgets were made: what comes later, such as a card or the path in the top bar,
would be reached last.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QGridLayout,
    QLayout,
    QLineEdit,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QWidget,
)

_WHOLE = (QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit)
"""What Tab enters as one."""
_MARGIN = 50


def go(window: QWidget, *, forward: bool) -> bool:
    """Gives the focus to what comes after, or before, what has it now; at the end it begins again."""
    stops = list(stops_of(window))
    if not stops:
        return False
    here = window.focusWidget()
    place = next((place for place, stop in enumerate(stops) if stop is here), None)
    if place is None:
        place = -1 if forward else 0
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    stop = stops[(place + (1 if forward else -1)) % len(stops)]
    if here is not None and here.isVisible():  # else it goes on because the widget that had the focus went
        window.setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    stop.setFocus(reason)
    _bring_into_sight(stop)
    return True


def stops_of(widget: QWidget) -> Iterator[QWidget]:
    """What Tab stops at, in order."""
    if not widget.isVisible() or not widget.isEnabled():
        return
    if _is_stop(widget):
        yield widget
    if not isinstance(widget, _WHOLE):
        for child in _children(widget):
            yield from stops_of(child)


def _is_stop(widget: QWidget) -> bool:
    takes_tab = (widget.focusPolicy() & Qt.FocusPolicy.TabFocus) == Qt.FocusPolicy.TabFocus
    return takes_tab and widget.focusProxy() is None and not widget.isWindow() and not _is_one_of_many(widget)


def _is_one_of_many(widget: QWidget) -> bool:
    """Of buttons of which one is chosen Tab enters only that one; the arrow keys go on from there."""
    if not isinstance(widget, QAbstractButton) or widget.isChecked():
        return False
    group = widget.group()
    if group is not None:
        return group.exclusive() and group.checkedButton() is not None
    parent = widget.parentWidget()
    if not widget.autoExclusive() or parent is None:
        return False
    beside = parent.findChildren(QAbstractButton, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return any(one.autoExclusive() and one.isChecked() and one.isVisible() for one in beside)


def _children(widget: QWidget) -> list[QWidget]:
    """In the order of the layout; what lies in none comes last, from top to bottom."""
    if isinstance(widget, QStackedWidget):
        shown = widget.currentWidget()
        return [shown] if shown is not None else []
    if isinstance(widget, QSplitter):
        return [part for place in range(widget.count()) if (part := widget.widget(place)) is not None]
    inner = widget.widget() if isinstance(widget, QScrollArea) else None
    if inner is not None:
        return [inner]
    layout = widget.layout()
    laid = list(_laid(layout)) if layout is not None else []
    free = [
        child
        for child in widget.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if not child.isWindow() and not any(child is one for one in laid)
    ]
    return laid + sorted(free, key=lambda child: (child.y(), child.x()))


def _laid(layout: QLayout) -> Iterator[QWidget]:
    places = list(range(layout.count()))
    if isinstance(layout, QGridLayout):
        places.sort(key=lambda place: tuple(layout.getItemPosition(place))[:2])  # type: ignore[arg-type]
    for place in places:
        item = layout.itemAt(place)
        if item is None:
            continue
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            yield widget
        elif inner is not None:
            yield from _laid(inner)


def _bring_into_sight(stop: QWidget) -> None:
    around = stop.parentWidget()
    while around is not None:
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(stop, _MARGIN, _MARGIN)
        around = around.parentWidget()
