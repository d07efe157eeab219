"""Which rows train, check and test: folds as bands on the rows' time line, ready to be painted."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mlops_desktop.domain.datasets import ColumnProfile
from mlops_desktop.domain.experiments import Validation, ValidationKind
from mlops_desktop.gui import formats

TRAIN, CHECK, TEST = "train", "check", "test"
_CELLS = {ValidationKind.GROUPED: 60}
_USUAL_CELLS = 240
_NEARBY = 12
_MOST_ROWS, _MOST_TICKS = 10, 12
_DAY = 86_400.0


@dataclass(frozen=True)
class Band:
    """From `start` to `end`, as shares of all rows."""

    start: float
    end: float
    kind: str


@dataclass(frozen=True)
class Fold:
    """One fit and its check; `train` and `check` count rows, `words` says it in a sentence."""

    bands: tuple[Band, ...]
    train: int
    check: int
    words: str


@dataclass(frozen=True)
class FoldPicture:
    """`ticks` are shares with dates; none where the rows have no order in time."""

    folds: tuple[Fold, ...]
    hidden: int
    test: int
    ticks: tuple[tuple[float, str], ...]
    sentence: str


def picture(validation: Validation, rows: int, times: ColumnProfile | None) -> FoldPicture:
    """`rows` have a target; `times` is the profile of the column that orders them."""
    calendar = Calendar(times) if times is not None and times.histogram is not None else None
    test = math.ceil(rows * validation.test_share)
    rest = rows - test
    if validation.kind is ValidationKind.TIME_ORDERED:
        folds = _windows(validation.folds, rows, rest, calendar)
    else:
        folds = _scattered(validation, rows, rest)
    shown = tuple(folds[:_MOST_ROWS])
    ticks = calendar.ticks() if calendar is not None else ()
    return FoldPicture(shown, len(folds) - len(shown), test, ticks, _sentence(validation, folds, test))


class Calendar:
    """Which date stands at which share of the rows, from the time column's histogram."""

    def __init__(self, times: ColumnProfile) -> None:
        assert times.histogram is not None
        self._edges = times.histogram.edges
        total, reached = sum(times.histogram.counts) or 1, 0
        self._shares = [0.0]
        for count in times.histogram.counts:
            reached += count
            self._shares.append(reached / total)

    def date(self, share: float) -> datetime:
        place = min(max(bisect_right(self._shares, share) - 1, 0), len(self._edges) - 2)
        low, high = self._shares[place], self._shares[place + 1]
        part = (share - low) / (high - low) if high > low else 0.0
        seconds = self._edges[place] + part * (self._edges[place + 1] - self._edges[place])
        return datetime.fromtimestamp(seconds, UTC)

    def share(self, seconds: float) -> float:
        place = min(max(bisect_right(self._edges, seconds) - 1, 0), len(self._edges) - 2)
        low, high = self._edges[place], self._edges[place + 1]
        part = (seconds - low) / (high - low) if high > low else 0.0
        return self._shares[place] + part * (self._shares[place + 1] - self._shares[place])

    def words(self, share: float) -> str:
        return _day_words(self.date(min(max(share, 0.0), 1.0)))

    def ticks(self) -> tuple[tuple[float, str], ...]:
        """The starts of months where there are a few of them, else dates at even shares."""
        first, last = self.date(0.0), self.date(1.0)
        months = (last.year - first.year) * 12 + last.month - first.month
        if 2 <= months <= _MOST_TICKS + 6:
            step = 1 if months <= _MOST_TICKS else 2
            starts = [_month(first, ahead) for ahead in range(0, months + 1, step)]
            shown = [(max(0.0, self.share(max(start.timestamp(), self._edges[0]))), start) for start in starts]
            return tuple((share, _month_words(start, first)) for share, start in shown)
        return tuple((place / 5, _day_words(self.date(place / 5))) for place in range(5))


def _month(first: datetime, ahead: int) -> datetime:
    years, month = divmod(first.month - 1 + ahead, 12)
    return datetime(first.year + years, month + 1, 1, tzinfo=UTC)


def _month_words(start: datetime, first: datetime) -> str:
    return f"{start:%b}" if start.year == first.year else f"{start:%b %Y}" if start.month == 1 else f"{start:%b}"


def _day_words(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"


def _windows(number: int, rows: int, rest: int, calendar: Calendar | None) -> list[Fold]:
    """As scikit-learn's TimeSeriesSplit: every fold learns from all rows before those it is checked on."""
    size = rest // (number + 1)
    if size == 0:
        return []
    folds = []
    for place in range(number):
        start = rest - (number - place) * size
        bands = [Band(0.0, start / rows, TRAIN), Band(start / rows, (start + size) / rows, CHECK)]
        if rest < rows:
            bands.append(Band(rest / rows, 1.0, TEST))
        words = f"Fold {place + 1} trains on {formats.count(start)} rows"
        words += f" until {calendar.words(start / rows)}" if calendar else ""
        words += f", is checked on the next {formats.count(size)}"
        words += f", until {calendar.words((start + size) / rows)}" if calendar else ""
        folds.append(Fold(tuple(bands), start, size, words))
    return folds


def _scattered(validation: Validation, rows: int, rest: int) -> list[Fold]:
    """Parts of random rows, or of whole groups: thin stripes over the whole line, where such rows may lie."""
    kept = rest / rows if rows else 0.0
    if validation.kind is ValidationKind.HOLDOUT:
        check = round(rest * validation.validation_share)
        shares, counts = [kept * validation.validation_share], [check]
    else:
        number = validation.folds
        shares = [kept / number] * number
        counts = [rest // number + (1 if place < rest % number else 0) for place in range(number)]
    cells = _dealt([*shares, 1 - kept], _CELLS.get(validation.kind, _USUAL_CELLS))
    about = "about " if validation.kind is ValidationKind.GROUPED else ""
    folds = []
    for place, check in enumerate(counts):
        kinds = [TEST if part == len(shares) else CHECK if part == place else TRAIN for part in cells]
        words = (
            f"trains on {about}{formats.count(rest - check)} rows, is checked on {about}{formats.count(check)} others"
        )
        which = "It" if validation.kind is ValidationKind.HOLDOUT else f"Fold {place + 1}"
        folds.append(Fold(_joined(kinds), rest - check, check, f"{which} {words}"))
    return folds


def _dealt(shares: Sequence[float], cells: int) -> list[int]:
    """For each cell the place of the share it belongs to, one after the last for none: even overall, random nearby."""
    wanted = [*shares, max(0.0, 1 - sum(shares))]
    given = [0] * len(wanted)
    dealt: list[int] = []
    for cell in range(1, cells + 1):
        part = max(range(len(wanted)), key=lambda place: wanted[place] * cell - given[place])
        given[part] += 1
        dealt.append(part)
    chance = random.Random(7)
    for start in range(0, cells, _NEARBY):
        near = dealt[start : start + _NEARBY]
        chance.shuffle(near)
        dealt[start : start + _NEARBY] = near
    return dealt


def _joined(kinds: Sequence[str]) -> tuple[Band, ...]:
    bands: list[Band] = []
    for place, kind in enumerate(kinds):
        start, end = place / len(kinds), (place + 1) / len(kinds)
        if bands and bands[-1].kind == kind:
            bands[-1] = Band(bands[-1].start, end, kind)
        else:
            bands.append(Band(start, end, kind))
    return tuple(bands)


def _sentence(validation: Validation, folds: Sequence[Fold], test: int) -> str:
    how = {
        ValidationKind.HOLDOUT: "One random part of the rows checks what was learnt from the others",
        ValidationKind.K_FOLD: f"{len(folds)} folds of random rows, each checked by a fit on the others",
        ValidationKind.TIME_ORDERED: f"{len(folds)} growing windows by {validation.column}",
        ValidationKind.GROUPED: f"{len(folds)} folds that keep each value of {validation.column} together",
    }[validation.kind]
    aside = {
        ValidationKind.TIME_ORDERED: f"the last {formats.count(test)} rows are",
        ValidationKind.GROUPED: f"about {formats.count(test)} rows in groups of their own are",
    }.get(validation.kind, f"{formats.count(test)} random rows are")
    return f"{how}; {aside} never trained on" if test else how
