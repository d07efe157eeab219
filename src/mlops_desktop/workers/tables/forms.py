"""The forms in which text writes numbers, dates and yes/no: what fits each form, and the value it means."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mlops_desktop.domain.datasets import ColumnType

if TYPE_CHECKING:
    import polars as pl

_WHOLE = r"(?:-?(?:0|[1-9][0-9]*)|\+(?:0|[1-9][0-9]{0,5}))"
_POWER = r"(?:[eE][+-]?[0-9]+)?"
_TIME = r"[T ][0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

INTEGER = rf"^{_WHOLE}$"
LEADING_ZERO = r"^[+-]?0[0-9]+$"
_WIDE_INTEGER = r"^[+-]?[0-9]{16,}$"
INFINITE = r"(?i)^[+-]?inf(?:inity)?$"
_ANY_INTEGER = r"^[+-]?[0-9]+$"
_EXACT_BELOW = 2**53
"""From here on a 64-bit float does not hold every whole number."""
_PRINT = re.compile(r"[+-]?(?P<first>[1-9])\.(?P<others>[0-9]{16,})[eE]")
_YEARS = (1, 9999)
_ZONE = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})"
_SHAPES = re.compile(
    r"(?P<number>[-+]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?|[-+]?(?:inf|Inf|INF|Infinity|infinity))"
    r"|(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    rf"|(?P<zoned>{_ISO}{_TIME}{_ZONE})"
    rf"|(?P<time>{_ISO}{_TIME})"
    r"|(?P<day>[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4})"
    r"|(?P<truth>(?i:true|false|yes|no))"
)


@dataclass(frozen=True)
class Form:
    """One way to write a type. `fits`, `value` and `beyond` take a trimmed text expression.

    `beyond` tells the dates and times that are written in this form but lie in no year from 1 to 9999.
    """

    name: str
    type: ColumnType
    shape: str
    words: str
    fits: Callable[[pl.Expr], pl.Expr]
    value: Callable[[pl.Expr], pl.Expr]
    beyond: Callable[[pl.Expr], pl.Expr] | None = None


def shape_of(cell: str) -> str:
    """The rough shape of one cell: number, date, zoned, time, day, truth, or nothing known."""
    found = _SHAPES.fullmatch(cell.strip())
    return (found.lastgroup or "") if found else ""


def own_forms(decimal: str) -> tuple[Form, ...]:
    """The forms tried on every column, the most exact first."""
    return (
        Form("true or false", ColumnType.BOOLEAN, "truth", "true or false", _among("true", "false"), _is("true")),
        Form("yes or no", ColumnType.BOOLEAN, "truth", "yes or no", _among("yes", "no"), _is("yes")),
        _parsed("integer", ColumnType.INTEGER, "number", "whole numbers", pattern=INTEGER, value=_whole),
        _float_form(decimal),
        _dated("date", ColumnType.DATE, "date", "dates", pattern=rf"^{_ISO}$", moment=_date("%Y-%m-%d")),
        _slashed("year first", r"^[0-9]{4}[/.][0-9]{1,2}[/.][0-9]{1,2}$", "%Y-%m-%d"),
        _slashed("dotted", r"^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}$", "%d-%m-%Y"),
        _slashed("day first", r"^[0-9]{1,2}[/-][0-9]{1,2}[/-][0-9]{4}$", "%d-%m-%Y"),
        _slashed("month first", r"^[0-9]{1,2}[/-][0-9]{1,2}[/-][0-9]{4}$", "%m-%d-%Y"),
        _dated("time", ColumnType.DATETIME, "time", "times", pattern=rf"^{_ISO}{_TIME}$", moment=_moment("")),
        _dated(
            "zoned",
            ColumnType.DATETIME,
            "zoned",
            "times with an offset",
            pattern=rf"^{_ISO}{_TIME}{_ZONE}$",
            moment=_moment("%#z"),
        ),
    )


def forced_forms(kind: ColumnType, decimal: str) -> tuple[Form, ...]:
    """The forms that do for a type a person asked for: wider than those taken unasked."""
    own = tuple(form for form in own_forms(decimal) if form.type is kind)
    if kind is ColumnType.BOOLEAN:
        return (
            *own,
            Form("1 or 0", kind, "", "1 or 0", _among("1", "0"), _is("1")),
            Form("y or n", kind, "", "y or n", _among("y", "n"), _is("y")),
            Form("t or f", kind, "", "t or f", _among("t", "f"), _is("t")),
        )
    if kind is ColumnType.INTEGER:
        return (_parsed("any integer", kind, "", "whole numbers of 64 bits", pattern=_ANY_INTEGER, value=_whole),)
    if kind is ColumnType.FLOAT:
        return (_any_float(decimal),)
    if kind is ColumnType.DATETIME:
        return (*own, _dated("date", kind, "", "times", pattern=rf"^{_ISO}$", moment=_midnight))
    return own


def text_form() -> Form:
    """Text is what it is, blanks included."""
    import polars as pl

    return Form("text", ColumnType.TEXT, "", "text", lambda cell: cell.is_not_null(), lambda cell: cell.cast(pl.String))


def _parsed(
    name: str, kind: ColumnType, shape: str, words: str, *, pattern: str, value: Callable[[pl.Expr], pl.Expr]
) -> Form:
    def fits(cell: pl.Expr) -> pl.Expr:
        return cell.str.contains(pattern) & value(cell).is_not_null()

    return Form(name, kind, shape, words, fits, value)


def _dated(
    name: str, kind: ColumnType, shape: str, words: str, *, pattern: str, moment: Callable[[pl.Expr], pl.Expr]
) -> Form:
    """A form of dates or times. An offset can move the first and last hours of these years out of them."""
    import polars as pl

    def value(cell: pl.Expr) -> pl.Expr:
        found = moment(cell)
        return pl.when(found.dt.year().is_between(*_YEARS)).then(found)

    def beyond(cell: pl.Expr) -> pl.Expr:
        return cell.str.contains(pattern) & ~moment(cell).dt.year().is_between(*_YEARS)

    return replace(_parsed(name, kind, shape, words, pattern=pattern, value=value), beyond=beyond)


def _float_form(decimal: str) -> Form:
    sign = re.escape(decimal)
    number = rf"^(?:{_WHOLE}(?:{sign}[0-9]*)?|[+-]?{sign}[0-9]+){_POWER}$"

    def fits(cell: pl.Expr) -> pl.Expr:
        good = cell.str.contains(number) & _decimal(decimal)(cell).is_not_null()
        return good & ~_is_spoilt(cell, decimal)

    return Form("float", ColumnType.FLOAT, "number", "numbers", fits, _decimal(decimal))


def _any_float(decimal: str) -> Form:
    pattern = _any_number(decimal)
    return _parsed("any float", ColumnType.FLOAT, "", "numbers", pattern=pattern, value=_decimal(decimal))


def _any_number(decimal: str) -> str:
    sign = re.escape(decimal)
    return rf"^[+-]?(?:[0-9]+(?:{sign}[0-9]*)?|{sign}[0-9]+){_POWER}$"


def _slashed(name: str, pattern: str, layout: str) -> Form:
    def value(cell: pl.Expr) -> pl.Expr:
        return _date(layout)(cell.str.replace_all(r"[/.]", "-"))

    return _dated(name, ColumnType.DATE, "day", f"dates ({name})", pattern=pattern, moment=value)


def _among(*words: str) -> Callable[[pl.Expr], pl.Expr]:
    return lambda cell: cell.str.to_lowercase().is_in(list(words))


def _is(word: str) -> Callable[[pl.Expr], pl.Expr]:
    return lambda cell: cell.str.to_lowercase() == word


def _whole(cell: pl.Expr) -> pl.Expr:
    import polars as pl

    return cell.cast(pl.Int64, strict=False)


def _pointed(cell: pl.Expr, decimal: str) -> pl.Expr:
    return cell if decimal == "." else cell.str.replace(decimal, ".", literal=True)


def _as_float(cell: pl.Expr, decimal: str) -> pl.Expr:
    import polars as pl

    return _pointed(cell, decimal).cast(pl.Float64, strict=False)


def _decimal(sign: str) -> Callable[[pl.Expr], pl.Expr]:
    import polars as pl

    def value(cell: pl.Expr) -> pl.Expr:
        number = _as_float(cell, sign)
        return pl.when(number.is_finite()).then(number)

    return value


def _date(layout: str) -> Callable[[pl.Expr], pl.Expr]:
    return lambda cell: cell.str.to_date(layout, strict=False)


def _midnight(cell: pl.Expr) -> pl.Expr:
    import polars as pl

    return _date("%Y-%m-%d")(cell).cast(pl.Datetime("us"))


def _moment(zone: str) -> Callable[[pl.Expr], pl.Expr]:
    import polars as pl

    def value(cell: pl.Expr) -> pl.Expr:
        joined = cell.str.replace(" ", "T", literal=True)
        full = joined.str.to_datetime(f"%Y-%m-%dT%H:%M:%S%.f{zone}", strict=False, time_unit="us")
        short = joined.str.to_datetime(f"%Y-%m-%dT%H:%M{zone}", strict=False, time_unit="us")
        return pl.coalesce(full, short)

    return value


def too_large(cell: pl.Expr, decimal: str) -> pl.Expr:
    """Numbers that a 64-bit float cannot hold, such as 1e400, or not exactly, and all whole ones of many digits."""
    return cell.str.contains(_any_number(decimal)) & (
        _as_float(cell, decimal).is_infinite() | _is_rounded(cell, decimal) | cell.str.contains(_WIDE_INTEGER)
    )


def too_small(cell: pl.Expr, decimal: str) -> pl.Expr:
    """Numbers that would become 0, such as 1e-400."""
    return cell.str.contains(_any_number(decimal)) & _is_lost(cell, decimal)


def _is_spoilt(cell: pl.Expr, decimal: str) -> pl.Expr:
    return cell.str.contains(_WIDE_INTEGER) | _is_rounded(cell, decimal) | _is_lost(cell, decimal)


def _is_rounded(cell: pl.Expr, decimal: str) -> pl.Expr:
    """Large numbers whose float is written with other digits: two of them could become one.

    The shortest digits that mean a float are its own, so numbers that keep theirs stay apart; so do those that some
    program wrote with more of a float's digits (`%.18e`). Only large ones that are written in another way than the
    shortest are compared; the others are null here and cost little.
    """
    import polars as pl

    number = _as_float(cell, decimal)
    own = pl.when(number.is_finite() & (number.abs() >= _EXACT_BELOW)).then(number).cast(pl.String)
    written = pl.when(cell != own).then(_pointed(cell, decimal))
    other = _digits(written) != _digits(pl.when(cell != own).then(own))
    return pl.when(other).then(written).map_batches(_are_no_prints, return_dtype=pl.Boolean).fill_null(value=False)


def _are_no_prints(numbers: pl.Series) -> pl.Series:
    import polars as pl

    return pl.Series([None if number is None else not _is_print(number) for number in numbers], dtype=pl.Boolean)


def _is_print(number: str) -> bool:
    """Whether a program wrote a float so: one digit, 16 or more behind the point, which tell it from others, and e."""
    written = _PRINT.match(number)
    if written is None:
        return False
    digits = written["first"] + written["others"]
    return re.sub("[^0-9]", "", f"{float(number):.{len(digits) - 1}e}".partition("e")[0]) == digits


def _digits(cell: pl.Expr) -> pl.Expr:
    """The digits of a number from its first to its last that is not 0."""
    mantissa = cell.str.to_lowercase().str.split_exact("e", 1).struct.field("field_0")
    return mantissa.str.strip_chars_start("+-").str.replace(".", "", literal=True).str.strip_chars("0")


def _is_lost(cell: pl.Expr, decimal: str) -> pl.Expr:
    import polars as pl

    is_zero = _as_float(cell, decimal) == 0
    rest = pl.when(is_zero).then(_pointed(cell, decimal).str.strip_chars_start("+-0."))
    return rest.str.contains("^[1-9]").fill_null(value=False)
