"""Why a column stayed text although it looked like more, and what was read as missing: told as findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_desktop.domain.datasets import ColumnType, Finding
from mlops_desktop.workers.tables import forms
from mlops_desktop.workers.tables.codes import finding
from mlops_desktop.workers.tables.forms import Form

if TYPE_CHECKING:
    import polars as pl

FirstMisfit = Callable[[str, Form], tuple[int, str]]
"""The row, from 1, and the value of a column that does not fit a form first."""
_MOSTLY = 0.8


@dataclass(frozen=True)
class Counts:
    """Of one column: values that are no empty value, NA and the like among them, and what fits each form tried."""

    filled: int
    words: int
    fits: Mapping[str, int]

    @property
    def values(self) -> int:
        return self.filled - self.words


def best(tried: Sequence[Form], counts: Counts) -> Form:
    return max(tried, key=lambda form: counts.fits[form.name])


def word_findings(name: str, form: Form, counts: Counts) -> list[Finding]:
    if not counts.words:
        return []
    many = f"{counts.words} time{'s' if counts.words > 1 else ''}"
    if form.type is ColumnType.TEXT:
        sentence = (
            f"{name!r} holds NA, null or the like {many}, kept as text beside other text. "
            "If it means that the value is missing, name it as an empty value."
        )
        return [finding("missing_words_kept", sentence, (name,), count=counts.words)]
    sentence = f"{name!r} holds NA, null or the like {many}, read as missing beside {form.words}."
    return [finding("missing_words", sentence, (name,), count=counts.words)]


def reasons(
    text: pl.LazyFrame,
    names: Sequence[str],
    tried: Mapping[str, tuple[Form, ...]],
    counts: Mapping[str, Counts],
    *,
    decimal: str,
    first_misfit: FirstMisfit,
) -> list[Finding]:
    """Why columns that looked like numbers, dates or yes/no stayed text. `decimal` is the sign numbers have."""
    special = _count_special(text, [name for name in names if _looks_numeric(tried[name])], decimal)
    beyond = _count_beyond(text, {name: dates for name in names if (dates := _dates(tried[name]))})
    findings: list[Finding] = []
    for name in names:
        reason = _date_reason(name, counts[name]) or _number_reason(name, special.get(name, {}))
        if reason is None and beyond.get(name):
            reason = _beyond_reason(name, beyond[name], best(_dates(tried[name]), counts[name]), first_misfit)
        findings += [reason] if reason else _mixed_reason(name, tried[name], counts[name], first_misfit)
    return findings


def _looks_numeric(tried: Sequence[Form]) -> bool:
    return any(form.shape == "number" for form in tried)


def _dates(tried: Sequence[Form]) -> list[Form]:
    return [form for form in tried if form.beyond is not None]


def _count_beyond(text: pl.LazyFrame, tried: Mapping[str, Sequence[Form]]) -> dict[str, int]:
    """How many dates and times of each column lie in no year that a date can have."""
    import polars as pl

    if not tried:
        return {}
    wanted = []
    for position, (name, dates) in enumerate(tried.items()):
        cell = pl.col(name).str.strip_chars()
        tests = [form.beyond(cell) for form in dates if form.beyond is not None]
        wanted.append(pl.any_horizontal(tests).sum().alias(str(position)))
    return dict(zip(tried, text.select(wanted).collect(engine="streaming").row(0), strict=True))


def _beyond_reason(name: str, count: int, nearest: Form, first_misfit: FirstMisfit) -> Finding:
    row, value = first_misfit(name, nearest)
    sentence = (
        f"{name!r} stays text: {count} of its {nearest.words} {'lies' if count == 1 else 'lie'} outside of the years "
        f"1 to 9999; the first value that is none is {shown(value)} in row {row}."
    )
    return finding("mixed_types", sentence, (name,), count=count, first_row=row)


def _count_special(text: pl.LazyFrame, names: Sequence[str], decimal: str) -> dict[str, dict[str, int]]:
    import polars as pl

    if not names:
        return {}
    wanted: list[pl.Expr] = []
    keys = ("zeros", "infinite", "large", "small")
    for position, name in enumerate(names):
        cell = pl.col(name).str.strip_chars()
        tests = (
            cell.str.contains(forms.LEADING_ZERO),
            cell.str.contains(forms.INFINITE),
            forms.too_large(cell, decimal),
            forms.too_small(cell, decimal),
        )
        wanted += [test.sum().alias(f"{position} {key}") for key, test in zip(keys, tests, strict=True)]
    found = text.select(wanted).collect(engine="streaming").row(0, named=True)
    return {name: {key: found[f"{position} {key}"] for key in keys} for position, name in enumerate(names)}


def _number_reason(name: str, special: Mapping[str, int]) -> Finding | None:
    if special.get("zeros"):
        count = special["zeros"]
        sentence = f"{name!r} stays text, because {count} of its numbers begin with a zero, which a number would lose."
        return finding("leading_zeros", sentence, (name,), count=count)
    if special.get("infinite"):
        count = special["infinite"]
        sentence = f"{name!r} stays text, because {count} of its values are infinite."
        return finding("infinite_values", sentence, (name,), count=count)
    large, small = special.get("large", 0), special.get("small", 0)
    if large:
        sentence = f"{name!r} stays text, because {large} of its numbers are too large to be kept exactly."
        return finding("number_too_large", sentence, (name,), count=large)
    if small:
        sentence = f"{name!r} stays text, because {small} of its numbers are so small that they would become 0."
        return finding("number_too_large", sentence, (name,), count=small)
    return None


def _date_reason(name: str, counts: Counts) -> Finding | None:
    fits, values = counts.fits, counts.values
    if not values:
        return None
    if fits.get("day first") == fits.get("month first") == values:
        sentence = f"{name!r} stays text: its dates may be day/month or month/day, every one of them fits both."
        return finding("ambiguous_dates", sentence, (name,), count=values)
    zoned, naive = fits.get("zoned", 0), fits.get("time", 0)
    if zoned and naive and zoned + naive == values:
        sentence = f"{name!r} stays text: {zoned} of its times have an offset, {naive} have none."
        return finding("mixed_time_zones", sentence, (name,), count=min(zoned, naive))
    return None


def _mixed_reason(name: str, tried: Sequence[Form], counts: Counts, first_misfit: FirstMisfit) -> list[Finding]:
    nearest = best(tried, counts)
    fitting = counts.fits[nearest.name]
    if not counts.values or not _MOSTLY * counts.values <= fitting < counts.values:
        return []
    row, value = first_misfit(name, nearest)
    odd = counts.values - fitting
    sentence = (
        f"{name!r} stays text: {fitting} of its values are {nearest.words}, {odd} "
        f"{'is' if odd == 1 else 'are'} not, first {shown(value)} in row {row}."
    )
    return [finding("mixed_types", sentence, (name,), count=odd, first_row=row)]


def shown(value: str) -> str:
    return repr(value if len(value) <= 40 else value[:37] + "...")
