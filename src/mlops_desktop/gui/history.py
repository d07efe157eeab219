"""The way through the pages: where one was, with filter, order and row; back and forward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LONGEST = 100


@dataclass(frozen=True)
class Place:
    """A page and what it shows; `how` is how it stands there: filter, order, row, by the page's own names."""

    page: str
    subject: str = ""
    how: Mapping[str, Any] = field(default_factory=dict)

    @property
    def spot(self) -> tuple[str, str]:
        """What counts as somewhere else; the rest is how it stands there."""
        return self.page, self.subject


class History:
    """Places in the order of visiting."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._now = -1

    @property
    def can_go_back(self) -> bool:
        return self._now > 0

    @property
    def can_go_forward(self) -> bool:
        return self._now < len(self._places) - 1

    def visit(self, place: Place) -> None:
        """The place is where we are; another way of standing at the same spot replaces the last."""
        if self._now >= 0 and self._places[self._now].spot == place.spot:
            self._places[self._now] = place
            return
        self._places[self._now + 1 :] = [place]
        self._places = self._places[-LONGEST:]
        self._now = len(self._places) - 1

    def back(self) -> Place | None:
        return self._step(-1)

    def forward(self) -> Place | None:
        return self._step(1)

    def _step(self, way: int) -> Place | None:
        if not 0 <= self._now + way < len(self._places):
            return None
        self._now += way
        return self._places[self._now]
