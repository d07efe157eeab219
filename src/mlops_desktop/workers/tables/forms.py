"""The forms in which text writes numbers, dates and yes/no: what fits each form, and the value it means."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
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
WIDE_INTEGER = r"^[+-]?[0-9]{16,}$"
INFINITE = r"(?i)^[+-]?inf(?:inity)?$"
_ANY_INTEGER = r"^[+-]?[0-9]+$"
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
    """One way to write a type. `fits` and `value` take a trimmed text expression."""

    name: str
    type: ColumnType
    shape: str
    words: str
    fits: Callable[[pl.Expr], pl.Expr]
    value: Callable[[pl.Expr], pl.Expr]


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
        _parsed("date", ColumnType.DATE, "date", "dates", pattern=rf"^{_ISO}$", value=_date("%Y-%m-%d")),
        _slashed("year first", r"^[0-9]{4}[/.][0-9]{1,2}[/.][0-9]{1,2}$", "%Y-%m-%d"),
        _slashed("dotted", r"^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}$", "%d-%m-%Y"),
        _slashed("day first", r"^[0-9]{1,2}[/-][0-9]{1,2}[/-][0-9]{4}$", "%d-%m-%Y"),
        _slashed("month first", r"^[0-9]{1,2}[/-][0-9]{1,2}[/-][0-9]{4}$", "%m-%d-%Y"),
        _parsed("time", ColumnType.DATETIME, "time", "times", pattern=rf"^{_ISO}{_TIME}$", value=_moment("")),
        _parsed(
            "zoned",
            ColumnType.DATETIME,
            "zoned",
            "times with an offset",
            pattern=rf"^{_ISO}{_TIME}{_ZONE}$",
            value=_zoned,
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
        return (*own, _parsed("date", kind, "", "times", pattern=rf"^{_ISO}$", value=_midnight))
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


def _float_form(decimal: str) -> Form:
    sign = re.escape(decimal)
    number = rf"^(?:{_WHOLE}(?:{sign}[0-9]*)?|[+-]?{sign}[0-9]+){_POWER}$"

    def fits(cell: pl.Expr) -> pl.Expr:
        good = cell.str.contains(number) & _decimal(decimal)(cell).is_not_null()
        return good & ~cell.str.contains(WIDE_INTEGER)

    return Form("float", ColumnType.FLOAT, "number", "numbers", fits, _decimal(decimal))


def _any_float(decimal: str) -> Form:
    sign = re.escape(decimal)
    number = rf"^[+-]?(?:[0-9]+(?:{sign}[0-9]*)?|{sign}[0-9]+){_POWER}$"
    return _parsed("any float", ColumnType.FLOAT, "", "numbers", pattern=number, value=_decimal(decimal))


def _slashed(name: str, pattern: str, layout: str) -> Form:
    def value(cell: pl.Expr) -> pl.Expr:
        return _date(layout)(cell.str.replace_all(r"[/.]", "-"))

    return _parsed(name, ColumnType.DATE, "day", f"dates ({name})", pattern=pattern, value=value)


def _among(*words: str) -> Callable[[pl.Expr], pl.Expr]:
    return lambda cell: cell.str.to_lowercase().is_in(list(words))


def _is(word: str) -> Callable[[pl.Expr], pl.Expr]:
    return lambda cell: cell.str.to_lowercase() == word


def _whole(cell: pl.Expr) -> pl.Expr:
    import polars as pl

    return cell.cast(pl.Int64, strict=False)


def _decimal(sign: str) -> Callable[[pl.Expr], pl.Expr]:
    import polars as pl

    def value(cell: pl.Expr) -> pl.Expr:
        plain = cell if sign == "." else cell.str.replace(sign, ".", literal=True)
        number = plain.cast(pl.Float64, strict=False)
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


def _zoned(cell: pl.Expr) -> pl.Expr:
    return _moment("%#z")(cell)


def huge(cell: pl.Expr, decimal: str) -> pl.Expr:
    """Numbers that a 64-bit float cannot hold, such as 1e400."""
    import polars as pl

    sign = re.escape(decimal)
    plain = cell if decimal == "." else cell.str.replace(decimal, ".", literal=True)
    shaped = cell.str.contains(rf"^[+-]?[0-9]*{sign}?[0-9]*[eE][+-]?[0-9]+$")
    return shaped & plain.cast(pl.Float64, strict=False).is_infinite().fill_null(value=False)
