"""Scroll areas for screen readers: the answer for a part that has just gone is none.

Qt's own answer reads past the end of its list and ends the program (QAccessibleAbstractScrollArea::child, Qt 6.11): a
screen reader that asks for the scroll bar in the moment when it hides is enough.
"""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractScrollArea, QAccessibleWidget

_KEYS = ("QScrollArea", "QAbstractScrollArea")
_installed: list[bool] = []


def install() -> None:
    """Once for the whole program; more calls do nothing."""
    if not _installed:
        QAccessible.installFactory(_make)
        _installed.append(True)


def _make(key: str, widget: QObject) -> QAccessibleWidget | None:
    if key in _KEYS and isinstance(widget, QAbstractScrollArea):
        return QAccessibleWidget(widget, QAccessible.Role.LayeredPane, widget.accessibleName())
    return None
