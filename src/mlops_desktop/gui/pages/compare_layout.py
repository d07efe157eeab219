"""Where the cards of a comparison stand: three columns of charts, or two where the window is small."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QWidget

Wide = tuple[QWidget, QWidget, QWidget]
"""Metrics, matrices and differences: what is broader than a chart."""


def place_cards(grid: QGridLayout, cards: Sequence[QWidget], wide: Wide, columns: int) -> None:
    """Charts fill whole rows; a table stands beside the matrices where there is room, else alone."""
    metrics, matrices, differences = wide
    charts = [card for card in cards if card not in wide]
    for column in range(6):
        grid.setColumnStretch(column, 1 if column < columns else 0)
    row = 0
    if columns == 2:
        for number, card in enumerate(charts):
            last = number == len(charts) - 1 and number % 2 == 0
            grid.addWidget(card, row + number // 2, number % 2, 1, 2 if last else 1)
        row += (len(charts) + 1) // 2
        for card in wide:
            if card in cards:
                grid.addWidget(card, row, 0, 1, 2)
                row += 1
        return
    first = charts[:3] if metrics in cards else charts
    spread = [card for card in charts if card not in first]
    span = 3 if len(first) == 4 else 6 // max(1, min(3, len(first)))
    for number, card in enumerate(first):
        grid.addWidget(card, row + number * span // 6, number * span % 6, 1, span)
    row += -(-len(first) * span // 6)
    _pair(grid, row, metrics, matrices, cards)
    row += 1
    _pair(grid, row, differences, spread[0] if spread else None, cards)


def _pair(grid: QGridLayout, row: int, broad: QWidget, narrow: QWidget | None, cards: Sequence[QWidget]) -> None:
    """Two thirds and one third; one of them alone takes the row."""
    has_narrow = narrow is not None and narrow in cards
    if broad in cards:
        grid.addWidget(broad, row, 0, 1, 4 if has_narrow else 6)
    if narrow is not None and has_narrow:
        beside = broad in cards
        grid.addWidget(narrow, row, 4 if beside else 0, 1, 2 if beside else 6)
