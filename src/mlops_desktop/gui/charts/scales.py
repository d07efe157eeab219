"""From values to pixels: round ticks, at most six, and scales that turn a place back into a value."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.values import Axis, short_number

MOST_TICKS = 6
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` lie between the pixels `start` and `end`."""

    low: float
    high: float
    start: float
    end: float

    def pixel(self, value: float) -> float:
        return self.start + (value - self.low) / ((self.high - self.low) or 1.0) * (self.end - self.start)

    def value(self, pixel: float) -> float:
        return self.low + (pixel - self.start) / ((self.end - self.start) or 1.0) * (self.high - self.low)


def span(values: Iterable[float], axis: Axis, *, room: float = 0.06) -> tuple[float, float]:
    """Where an axis begins and ends: as it says, else around the values with some room."""
    if axis.names:
        return -0.5, len(axis.names) - 0.5
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if axis.from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        half = abs(low) * 0.05 or 0.5
        low, high = low - half, high + half
    space = (high - low) * room
    begin = low if axis.from_zero and low == 0 else low - space
    end = high if axis.from_zero and high == 0 else high + space
    return begin if axis.low is None else axis.low, end if axis.high is None else axis.high


def ticks(low: float, high: float, most: int = MOST_TICKS) -> list[float]:
    """Round values between the two, not more than `most`."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low or most < 1:
        return []
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    for factor in (*_STEPS, 20.0, 25.0, 50.0):
        step = power * factor
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            return [place * step for place in range(first, last + 1)]
    return [low, high]


def tick_words(marks: list[float], axis: Axis) -> list[str]:
    """One way of writing for all ticks: the decimals that the step needs."""
    if axis.names:
        return [axis.say(mark) for mark in marks]
    if axis.ticks is not None:
        return [axis.ticks(mark) for mark in marks]
    if len(marks) < 2:
        return [short_number(mark) for mark in marks]
    step = marks[1] - marks[0]
    if max(abs(mark) for mark in marks) >= formats.LARGE:
        return [f"{mark:.2g}".replace("-", "−").replace("e+0", "e").replace("e+", "e") for mark in marks]
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step, places) != round(step, places + 2):
        places += 1
    return [formats.number(0.0 if abs(mark) < step * 1e-6 else mark, places) for mark in marks]
