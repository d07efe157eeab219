"""A stored table's columns in words: type tags, cells, captions, figures and what is known of leakage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mlops_desktop.domain.datasets import ColumnProfile, ColumnType, DatasetVersion, Finding
from mlops_desktop.domain.years import are_years
from mlops_desktop.gui import formats

EMPTY = "empty"
MOST_PLACES = 4
LONGEST_CELL = 300
MOSTLY = 0.5
"""From this share of empty cells on, a column says so in the colour of a warning."""
TAGS = {
    ColumnType.BOOLEAN: "0/1",
    ColumnType.INTEGER: "123",
    ColumnType.FLOAT: "123",
    ColumnType.TEXT: "Abc",
    ColumnType.DATE: "date",
    ColumnType.DATETIME: "date",
}
KINDS = {
    ColumnType.BOOLEAN: "yes or no",
    ColumnType.INTEGER: "whole number",
    ColumnType.FLOAT: "number",
    ColumnType.TEXT: "text",
    ColumnType.DATE: "date",
    ColumnType.DATETIME: "date and time",
}
LEAKS = {
    "decides_target": "Decides {}: left out of runs unless it is chosen",
    "known_after": "Seems to be known only after {}: left out of runs unless it is chosen",
    "strongly_related": "A very strong hint at {}: is it known when the prediction is made?",
}
"""In the order in which they count."""


@dataclass(frozen=True)
class TopValue:
    """One of the most frequent values; `share` is of all rows."""

    words: str
    count: int
    share: float


def share(part: float) -> str:
    """`2.8 %`; what is almost nothing or almost all does not look like it."""
    if part <= 0 or part >= 1:
        return f"{100 if part >= 1 else 0} %"
    if part < 0.001:
        return "< 0.1 %"
    return f"{min(99.9, part * 100):.1f} %"


def is_year(profile: ColumnProfile) -> bool:
    whole = profile.type is ColumnType.INTEGER
    return are_years(profile.name, profile.minimum, profile.maximum, whole=whole)


def figure(value: float | None, *, year: bool = False) -> str:
    """A number with about four digits that matter; a year without groups of digits, to its tenth."""
    if value is None:
        return formats.NOT_SET
    if year:
        return f"{value:.1f}".removesuffix(".0")
    if value == round(value) and abs(value) < formats.LARGE:
        return formats.count(round(value))
    size = abs(value)
    places = 1 if size >= 1000 else 2 if size >= 1 else min(8, 3 - math.floor(math.log10(size)))
    return formats.number(value, places)


def plain_figure(value: float | None, kind: ColumnType) -> str:
    """A value as it stands in the table: whole numbers may be years, so they are not grouped."""
    if value is None:
        return formats.NOT_SET
    if kind is ColumnType.INTEGER and abs(value) < 1e15:
        return str(round(value)).replace("-", "−")
    return figure(value)


def cell_text(value: Any, kind: ColumnType, places: int) -> str:
    """A cell; nothing for an empty one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return formats.number(value, places)
    if isinstance(value, int):
        return str(value).replace("-", "−")
    text = str(value)
    if kind is ColumnType.DATETIME:
        return moment_text(text)
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "…"


def moment_text(text: str) -> str:
    """`2013-01-01 10:00` for `2013-01-01T10:00:00Z`."""
    shown = text.replace("T", " ").removesuffix("Z")
    return shown.removesuffix(":00") if shown.count(":") == 2 else shown


def places_of(value: float) -> int:
    """How many decimals a number is written with, at most four."""
    if not math.isfinite(value) or value == round(value):
        return 0
    digits = repr(value).partition("e")[0].partition(".")[2]
    return min(MOST_PLACES, len(digits)) if "e" not in repr(value) else MOST_PLACES


def number_of(day: str | None) -> str:
    return moment_text(day) if day else formats.NOT_SET


def moment_words(seconds: float) -> str:
    """A number of a date's histogram as a day."""
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return formats.NOT_SET
    return f"{at.day} {at:%b %Y}"


def day_words(seconds: float, span: float) -> str:
    """A day along an axis: as much of it as a span of so many seconds needs."""
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return ""
    days = span / 86_400
    if days > 1000:
        return f"{at:%Y}"
    return f"{at:%b %Y}" if days > 90 else f"{at.day} {at:%b}" if days > 3 else f"{at:%H:%M}"


def missing_share(profile: ColumnProfile) -> float:
    return profile.missing / profile.rows if profile.rows else 0.0


def caption(profile: ColumnProfile) -> str:
    """What stands below the small picture in a column's head."""
    if profile.missing:
        return f"{share(missing_share(profile))} empty"
    kind = profile.type
    if kind is ColumnType.BOOLEAN:
        true = next((value.count for value in profile.top_values if value.value == "true"), 0)
        return f"{share(true / profile.rows if profile.rows else 0)} true"
    if kind is ColumnType.TEXT or profile.distinct == 1:
        return formats.plural(profile.distinct, "value")
    if kind.is_temporal:
        return number_of(profile.first).partition(" ")[0]
    return f"{plain_figure(profile.minimum, kind)} to {plain_figure(profile.maximum, kind)}"


def top_values(profile: ColumnProfile) -> tuple[TopValue, ...]:
    rows = profile.rows or 1
    kind = profile.type
    return tuple(TopValue(_value_words(item.value, kind), item.count, item.count / rows) for item in profile.top_values)


def _value_words(text: str, kind: ColumnType) -> str:
    if kind is ColumnType.DATETIME:
        return moment_text(text)
    if kind.is_numeric:
        return text.replace("-", "−", 1) if text.startswith("-") else text
    return text if text.strip() else "“" + text + "”"


def column_facts(profile: ColumnProfile) -> list[tuple[str, str]]:
    """The figures beside the picture."""
    facts = [
        ("Empty", f"{formats.count(profile.missing)} · {share(missing_share(profile))}" if profile.missing else "none"),
        ("Distinct", formats.count(profile.distinct)),
    ]
    kind = profile.type
    if kind.is_temporal:
        return [*facts, ("First", number_of(profile.first)), ("Last", number_of(profile.last))]
    if not kind.is_numeric or profile.minimum is None:
        top = profile.top_values[0] if profile.top_values else None
        if top is None:
            return facts
        said = f"{_value_words(top.value, kind)} · {share(top.count / profile.rows)}"
        return [*facts, ("Most frequent", said)]
    low, high = plain_figure(profile.minimum, kind), plain_figure(profile.maximum, kind)
    year = is_year(profile)
    quantiles = {key: plain_or_figure(value, kind, year=year) for key, value in profile.quantiles.items()}
    middle = " · ".join(quantiles.get(key, formats.NOT_SET) for key in ("0.25", "0.5", "0.75"))
    ends = " · ".join(quantiles.get(key, formats.NOT_SET) for key in ("0.05", "0.95"))
    return [
        *facts,
        ("Lowest · highest", f"{low} · {high}"),
        ("Mean ± sd", f"{figure(profile.mean, year=year)} ± {figure(profile.std)}"),
        ("25 · 50 · 75 %", middle),
        ("5 · 95 %", ends),
    ]


def plain_or_figure(value: float, kind: ColumnType, *, year: bool = False) -> str:
    return plain_figure(value, kind) if value == round(value) else figure(value, year=year)


def description(version: DatasetVersion, profile: ColumnProfile) -> str:
    """`whole number`, and how the column was made where it was."""
    made = next((item for item in version.source.derived if item.name == profile.name), None)
    kind = KINDS[profile.type]
    return f"{kind} · made as {made.name} = {made.expression}" if made else kind


def leaks(column: str, findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """What is known of a column as a hint at each target, the gravest only: in short, and the whole sentence."""
    said: dict[str, tuple[str, str]] = {}
    for code, words in LEAKS.items():
        for finding in findings:
            if finding.code == code and len(finding.columns) > 1 and finding.columns[0] == column:
                said.setdefault(finding.columns[1], (words.format(finding.columns[1]), finding.sentence))
    return list(said.values())


def example(version: DatasetVersion) -> str:
    """A condition that this table could be asked for."""
    texts = (
        p for p in version.profiles if p.type is ColumnType.TEXT and 1 < p.distinct <= 50 and p.name.isidentifier()
    )
    numbers = (p for p in version.profiles if p.type.is_numeric and p.distinct > 20 and p.name.isidentifier())
    text, number = next(texts, None), next(numbers, None)
    parts = [f"{text.name} == '{text.top_values[0].value}'"] if text and text.top_values else []
    if number and "0.5" in number.quantiles:
        parts.append(f"{number.name} > {round(number.quantiles['0.5'])}")
    return " and ".join(parts)
