"""Which of many runs a filter leaves, and in what order they stand; whole columns at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mlops_desktop.domain.experiments import RunStatus, is_lower_better
from mlops_desktop.domain.run_columns import RunColumns
from mlops_desktop.domain.run_filters import (
    All,
    Condition,
    Either,
    FieldKind,
    Missing,
    Not,
    RunFilter,
    Word,
    kind_of,
    number,
)

Places = Sequence[int]
_TEXT_ORDERED = frozenset(
    {"run", "experiment", "estimator", "dataset", "target", "task", "validation", "tag", "notes", "by"}
)


@dataclass(frozen=True)
class SortKey:
    """A field, or `spread:x`, and which end comes first."""

    field: str
    descending: bool = False


def select(columns: RunColumns, wanted: RunFilter, places: Places) -> Places:
    """Those of `places`, in their order, for which the filter holds."""
    match wanted:
        case Word():
            return _containing(columns.texts("anything"), wanted.text, places)
        case Condition():
            return _compared(columns, wanted, places)
        case Missing():
            if kind_of(wanted.field) in (FieldKind.TEXT, FieldKind.PARAM):
                texts = columns.texts(wanted.field)
                return [place for place in places if not texts[place]]
            numbers = columns.numbers(wanted.field)
            return [place for place in places if numbers[place] != numbers[place]]
        case Not():
            kept = set(select(columns, wanted.part, places))
            return [place for place in places if place not in kept]
        case All():
            for part in wanted.parts:
                places = select(columns, part, places)
            return places
        case Either():
            some: set[int] = set()
            for part in wanted.parts:
                some.update(select(columns, part, places))
            return [place for place in places if place in some]


def arrange(columns: RunColumns, places: Places, keys: Sequence[SortKey]) -> list[int]:
    """In the order of `keys`, the first one first; ties newest first. Runs in progress stand on top, and a run without
    a value comes last, whichever way it is sorted."""
    ranks = columns.numbers("status")  # running, then queued, then those that have ended
    ended = [place for place in places if ranks[place] > 1]
    active = [place for place in places if ranks[place] <= 1] if len(ended) < len(places) else []
    active.sort(key=ranks.__getitem__)
    for key in reversed(keys):
        ended = _sorted(columns, ended, key)
    return active + ended


def best_of_each(columns: RunColumns, places: Places, metric: str) -> list[int]:
    """The best finished run of each estimator and each way of measuring, where it has the metric."""
    values, ways = columns.numbers(f"metric:{metric}"), columns.texts("way")
    lowest = is_lower_better(metric)
    best: dict[tuple[str, str], int] = {}
    for place in places:
        value, row = values[place], columns.rows[place]
        if math.isnan(value) or row.status is not RunStatus.FINISHED:
            continue
        kind = row.estimator, ways[place]
        other = best.get(kind)
        if other is None or (value < values[other] if lowest else value > values[other]):
            best[kind] = place
    kept = set(best.values())
    return [place for place in places if place in kept]


def _sorted(columns: RunColumns, places: list[int], key: SortKey) -> list[int]:
    if key.field == "dataset":
        rows = columns.rows
        order = {reference: _numbered(reference) for reference in columns.datasets}
        return sorted(places, key=lambda place: order[rows[place].dataset_reference], reverse=key.descending)
    if key.field in _TEXT_ORDERED:
        texts = columns.texts(key.field)
        present = [place for place in places if texts[place]]
        present.sort(key=texts.__getitem__, reverse=key.descending)
        return present + [place for place in places if not texts[place]]
    numbers = columns.numbers(key.field)
    present = [place for place in places if numbers[place] == numbers[place]]
    absent = [place for place in places if numbers[place] != numbers[place]] if len(present) < len(places) else []
    present.sort(key=numbers.__getitem__, reverse=key.descending)
    if absent and key.field.startswith("param:"):
        texts = columns.texts(key.field)
        words = [place for place in absent if texts[place]]
        words.sort(key=texts.__getitem__, reverse=key.descending)
        return present + words + [place for place in absent if not texts[place]]
    return present + absent


def _numbered(reference: str) -> tuple[str, int]:
    """`flights@v9` comes before `flights@v10`."""
    name, _, version = reference.rpartition("@v")
    return name, int(version) if version.isdecimal() else 0


def _containing(texts: Sequence[str], wanted: str, places: Places) -> Places:
    part = wanted.casefold()
    return [place for place in places if part in texts[place]]


def _compared(columns: RunColumns, wanted: Condition, places: Places) -> Places:
    kind, sign = kind_of(wanted.field), wanted.sign
    if kind is FieldKind.TIME:
        return _in_time(columns, wanted, places)
    value = number(wanted.value)
    if kind is FieldKind.NUMBER or (kind is FieldKind.PARAM and sign != ":" and value is not None):
        return _by_number(columns.numbers(wanted.field), sign, value if value is not None else 0.0, places)
    texts = columns.texts(wanted.field)
    if sign == ":":
        return _containing(texts, wanted.value, places)
    whole = f"\n{wanted.value.casefold()}\n"
    if sign == "=":
        return [place for place in places if whole in texts[place]]
    return [place for place in places if whole not in texts[place]]


def _by_number(numbers: Sequence[float], sign: str, value: float, places: Places) -> Places:
    """No value is neither equal nor unequal, larger nor smaller."""
    if sign == ">":
        return [place for place in places if numbers[place] > value]
    if sign == ">=":
        return [place for place in places if numbers[place] >= value]
    if sign == "<":
        return [place for place in places if numbers[place] < value]
    if sign == "<=":
        return [place for place in places if numbers[place] <= value]
    if sign == "=":
        return [place for place in places if numbers[place] == value]
    return [place for place in places if numbers[place] != value and numbers[place] == numbers[place]]


def _in_time(columns: RunColumns, wanted: Condition, places: Places) -> Places:
    """A date means the whole day, here on this computer."""
    first, after = _span(wanted.value, columns.now)
    numbers = columns.numbers(wanted.field)
    match wanted.sign:
        case ">":
            return [place for place in places if numbers[place] >= after]
        case ">=":
            return [place for place in places if numbers[place] >= first]
        case "<":
            return [place for place in places if numbers[place] < first]
        case "<=":
            return [place for place in places if numbers[place] < after]
        case "=":
            return [place for place in places if first <= numbers[place] < after]
    return [place for place in places if numbers[place] < first or numbers[place] >= after]


def _span(text: str, now: datetime) -> tuple[float, float]:
    """The first moment and the one after the last, in seconds of the epoch."""
    local = now.astimezone()
    if text.casefold() in ("today", "yesterday"):
        day = local.replace(hour=0, minute=0, second=0, microsecond=0)
        if text.casefold() == "yesterday":
            day -= timedelta(days=1)
        return day.timestamp(), (day + timedelta(days=1)).timestamp()
    length = timedelta(days=1) if len(text) <= 10 else timedelta(minutes=1) if len(text) <= 16 else timedelta(seconds=1)
    at = datetime.fromisoformat(text)
    try:
        first = (at.astimezone() if at.tzinfo is None else at.astimezone(UTC)).timestamp()
    except (ValueError, OverflowError, OSError):  # at either end of the years that there are, a zone leads out of them
        first = at.replace(tzinfo=UTC).timestamp()
    return first, first + length.total_seconds()
