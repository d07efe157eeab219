"""What charts show: frozen values, made anywhere, painted on the GUI thread."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlops_desktop.gui import formats

Words = Callable[[float], str]


@dataclass(frozen=True)
class Axis:
    """Where an axis begins and ends; what is None follows the values.

    `names` makes it an axis of places 0, 1, 2 ... with a name each. `words` writes a number of it; `ticks`
    writes those along the axis, which else have the decimals that their step needs.
    """

    title: str = ""
    low: float | None = None
    high: float | None = None
    names: tuple[str, ...] = ()
    words: Words | None = None
    ticks: Words | None = None
    from_zero: bool = False

    def say(self, value: float) -> str:
        """The value as the read-out and the table write it."""
        if self.names:
            place = round(value)
            return self.names[place] if 0 <= place < len(self.names) else ""
        return self.words(value) if self.words else short_number(value)


@dataclass(frozen=True)
class Series:
    """A line, its dots, or both; `style` is its place in the order of colours, dashes and markers.

    `low` and `high` are a band around it, `notes` a word for the read-out at each point. Where `y` is not a number,
    the line has a gap.
    """

    name: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    style: int = 0
    has_line: bool = True
    has_dots: bool = False
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limit:
    """A dashed line with its name; a vertical one is dotted. A band has a `low` and a `high` beside its value."""

    value: float
    name: str
    vertical: bool = False
    token: str = "muted"
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Lines:
    """`diagonal` names the line from corner to corner, what guessing gives."""

    series: tuple[Series, ...]
    across: Axis = Axis()
    up: Axis = Axis()
    limits: tuple[Limit, ...] = ()
    diagonal: str = ""


@dataclass(frozen=True)
class Bar:
    """`spread` is one standard deviation, `mark` a second value at the same bar, `note` stands after the number."""

    name: str
    value: float
    spread: float | None = None
    mark: float | None = None
    style: int | None = None
    note: str = ""
    strong: bool = True


@dataclass(frozen=True)
class Matrix:
    """Counts by row (actual) and column (predicted)."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    row_title: str = "actual"
    column_title: str = "predicted"

    def share(self, row: int, column: int) -> float:
        """Of its row."""
        total = sum(self.counts[row])
        return self.counts[row][column] / total if total else 0.0


@dataclass(frozen=True)
class Bins:
    """Counts between edges, or of named values; `others` are the same bins of something to compare with."""

    counts: tuple[float, ...]
    edges: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    others: tuple[float, ...] = ()
    legend: tuple[str, str] = ("", "")
    across: Axis = Axis()
    limits: tuple[Limit, ...] = ()

    def say(self, place: int) -> str:
        """The bin in words."""
        if self.names:
            return self.names[place]
        return f"{self.across.say(self.edges[place])} to {self.across.say(self.edges[place + 1])}"


@dataclass(frozen=True)
class Table:
    """A chart's values as text, for the clipboard, a file and a reader that cannot see it."""

    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class ReadLine:
    """One line of the read-out; `style` is the series' place, None without a mark."""

    name: str
    value: str
    style: int | None = None


@dataclass(frozen=True)
class ReadOut:
    """What the chart says at one place."""

    title: str
    lines: tuple[ReadLine, ...] = ()

    @property
    def sentence(self) -> str:
        return ", ".join([self.title, *(f"{line.name} {line.value}".strip() for line in self.lines)])


def short_number(value: float) -> str:
    """A number without needless digits."""
    if not math.isfinite(value):
        return formats.number(value, 0)
    if value == round(value) and abs(value) < formats.LARGE:
        return formats.count(round(value))
    digits = max(0, 4 - max(0, math.floor(math.log10(abs(value))))) if value else 0
    text = formats.number(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def thinned(xs: Sequence[float], ys: Sequence[float], most: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """At most about `most` points: of each stretch its lowest and its highest, so that no peak is lost."""
    if len(xs) <= most or most < 4:
        return tuple(xs), tuple(ys)
    kept = {0, len(xs) - 1}
    step = len(xs) / (most // 2)
    for part in range(most // 2):
        stretch = range(int(part * step), max(int(part * step) + 1, int((part + 1) * step)))
        there = [place for place in stretch if not math.isnan(ys[place])]
        if there:
            kept |= {min(there, key=lambda place: ys[place]), max(there, key=lambda place: ys[place])}
        else:
            kept.add(stretch[0])
    places = sorted(kept)
    return tuple(xs[place] for place in places), tuple(ys[place] for place in places)
