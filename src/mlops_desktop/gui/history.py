"""The way through the pages: where one was, with filter, order and row; back and forward."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 100


@dataclass(frozen=True)
class Place:
    """A page and how it stood. Only Experiments uses more than `page`."""

    page: str
    experiment: str = ""
    tab: int = 0
    filter: str = ""
    sorted_by: str = ""
    descending: bool = True
    run: str = ""

    @property
    def spot(self) -> tuple[str, str]:
        """What counts as somewhere else; the rest is how it stands there."""
        return self.page, self.experiment


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
