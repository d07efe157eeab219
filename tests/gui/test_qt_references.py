"""The release of PySide6 in the lock counts references rightly; one that does not ends the program after a while."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget

CALLS = 200


def lost(call: Callable[[], object], one: object) -> int:
    """How many references to `one` the calls have used up."""
    call()
    before = sys.getrefcount(one)
    for _ in range(CALLS):
        call()
    return before - sys.getrefcount(one)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None, True and False are immortal from Python 3.12 on")
def test_calls_of_qt_use_up_no_references(qapp: QApplication) -> None:
    widget, thing, image = QWidget(), QObject(), QImage(8, 8, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    colour, area = QColor("red"), QRect(0, 0, 4, 4)
    calls: dict[str, tuple[Callable[[], object], object]] = {
        "update": (widget.update, None),
        "parent": (widget.parentWidget, None),
        "set name": (lambda: thing.setObjectName("x"), None),
        "fill": (lambda: painter.fillRect(area, colour), None),
        "set pen": (lambda: painter.setPen(colour), None),
        "is visible": (widget.isVisible, False),
        "is enabled": (widget.isEnabled, True),
    }
    found = {name: lost(call, one) for name, (call, one) in calls.items()}
    painter.end()
    assert {name: number for name, number in found.items() if number > CALLS // 10} == {}
