"""What is odd about a stored table's content, in plain words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_desktop.domain.datasets import ColumnProfile, ColumnType, Finding
from mlops_desktop.workers.tables.codes import finding
from mlops_desktop.workers.tables.hashing import row_hashes

if TYPE_CHECKING:
    import polars as pl

_MANY_MISSING = 0.5
_MANY_CATEGORIES = 100
_FEWEST_ROWS = 20
_FAR = 10
_MOST_SPELLINGS = 20_000
_IDENTIFIER = re.compile(r"(^|[_\s-])(id|key|uuid|guid|nr|no|number|index|code)$|Id$|^(id|index)", re.IGNORECASE)
_UNIT = re.compile(
    r"[-+]?[0-9]+(?:[.,][0-9]+)?\s*"
    r"(kg|g|mg|lbs?|oz|km|m|cm|mm|mi|ft|in|s|ms|min|h|hrs?|%|°C|°F|€|\$|£|EUR|USD|GBP|l|ml|mph|km/h|kW|kWh|MB|GB|kB)",
)


def column_findings(values: pl.Series, profile: ColumnProfile) -> list[Finding]:
    """What is odd about one column."""
    name = profile.name
    if profile.missing == profile.rows:
        return [finding("empty_column", f"{name!r} has no value at all.", (name,), count=profile.rows)]
    found = _missing_findings(profile)
    if profile.distinct == 1 and profile.rows > 1:
        value = profile.top_values[0].value
        found.append(
            finding("constant_column", f"{name!r} always holds {value!r}; nothing can be learnt from it.", (name,))
        )
    if _is_identifier(profile):
        sentence = f"Every row of {name!r} has its own value: likely an identifier, which nothing is learnt from."
        found.append(finding("likely_identifier", sentence, (name,), count=profile.distinct))
    elif profile.type is ColumnType.TEXT and profile.distinct > _MANY_CATEGORIES:
        sentence = f"{name!r} has {profile.distinct} different texts."
        found.append(finding("many_categories", sentence, (name,), count=profile.distinct))
    if profile.type is ColumnType.TEXT:
        return found + _text_findings(values, profile)
    return found + (_outliers(values, profile) if profile.type.is_numeric else [])


def duplicate_findings(path: Path) -> list[Finding]:
    """Rows that are there more than once, in a table of several columns."""
    import polars as pl

    if len(pl.read_parquet_schema(path)) < 2:
        return []
    hashes = row_hashes(path)
    if hashes.get_column("0").n_unique() == hashes.height:
        return []
    extra = hashes.height - hashes.n_unique()
    copies = hashes.select(~pl.struct("0", "1").is_first_distinct()).to_series()
    first = (copies.arg_max() or 0) + 1
    count = "1 row is an exact copy of another row" if extra == 1 else f"{extra} rows are exact copies of other rows"
    return [finding("duplicate_rows", f"{count}, first row {first}.", count=extra, first_row=first)]


def _missing_findings(profile: ColumnProfile) -> list[Finding]:
    share = profile.missing / profile.rows
    if share <= _MANY_MISSING:
        return []
    sentence = f"{share:.0%} of {profile.name!r} is missing ({profile.missing} of {profile.rows} rows)."
    return [finding("many_missing", sentence, (profile.name,), count=profile.missing)]


def _is_identifier(profile: ColumnProfile) -> bool:
    if profile.distinct != profile.rows or profile.rows < _FEWEST_ROWS:
        return False
    if profile.type is ColumnType.TEXT:
        return True
    if profile.type is not ColumnType.INTEGER or profile.minimum is None or profile.maximum is None:
        return False
    dense = profile.maximum - profile.minimum + 1 == profile.rows
    return dense or bool(_IDENTIFIER.search(profile.name))


def _outliers(values: pl.Series, profile: ColumnProfile) -> list[Finding]:
    low, high = profile.quantiles.get("0.25"), profile.quantiles.get("0.75")
    if low is None or high is None or high <= low:
        return []
    reach = _FAR * (high - low)
    far = (values < low - reach) | (values > high + reach)
    count = int(far.sum())
    if not 0 < count <= max(1, profile.rows // 100):
        return []
    place = far.fill_null(value=False).arg_max()
    row = None if place is None else place + 1
    is_are = "value is" if count == 1 else "values are"
    sentence = f"{count} {is_are} very far from the others in {profile.name!r}"
    shown = f", such as {values[row - 1]} in row {row}." if row else "."
    return [finding("outliers", sentence + shown, (profile.name,), count=count, first_row=row)]


def _text_findings(values: pl.Series, profile: ColumnProfile) -> list[Finding]:
    name = profile.name
    found: list[Finding] = []
    blanks = values.str.contains(r"^\s|\s$")
    count = int(blanks.sum())
    if count:
        place = blanks.fill_null(value=False).arg_max() or 0
        sentence = f"{count} values of {name!r} begin or end with blanks, which were kept; first in row {place + 1}."
        found.append(finding("surrounding_blanks", sentence, (name,), count=count, first_row=place + 1))
    formulas = int(values.str.contains(r"^[=+@\t\r-].").sum())
    if formulas:
        sentence = f"{formulas} values of {name!r} begin with = + - or @, which a spreadsheet could take for a formula."
        found.append(finding("formula_like", sentence, (name,), count=formulas))
    if profile.distinct <= _MOST_SPELLINGS:
        spellings = values.drop_nulls().unique().sort().to_list()
        found += _twins(name, spellings) + _units(name, spellings)
    return found


def _twins(name: str, spellings: Iterable[str]) -> list[Finding]:
    groups: dict[str, list[str]] = {}
    for spelling in spellings:
        groups.setdefault(" ".join(spelling.casefold().split()), []).append(spelling)
    twins = [group for group in groups.values() if len(group) > 1]
    if not twins:
        return []
    shown = " and ".join(repr(spelling[:30]) for spelling in twins[0][:3])
    sentence = f"{name!r} holds values that differ only in upper and lower case or blanks, such as {shown}."
    return [finding("twin_spellings", sentence, (name,), count=len(twins))]


def _units(name: str, spellings: Iterable[str]) -> list[Finding]:
    units: Counter[str] = Counter()
    total = 0
    for spelling in spellings:
        total += 1
        matched = _UNIT.fullmatch(spelling.strip())
        if matched:
            units[matched[1]] += 1
    if len(units) < 2 or sum(units.values()) < 0.9 * total:
        return []
    shown = ", ".join(unit for unit, _ in units.most_common(4))
    sentence = f"{name!r} stays text: its numbers are written with different units ({shown})."
    return [finding("mixed_units", sentence, (name,), count=len(units))]
