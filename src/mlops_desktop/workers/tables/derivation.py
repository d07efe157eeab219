"""Derived columns: a checked expression as a computation on the table; overflow and division by zero give missing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

from mlops_desktop.domain import expressions
from mlops_desktop.domain.datasets import Column, ColumnType, Derived
from mlops_desktop.domain.errors import AlreadyExistsError
from mlops_desktop.domain.expression_types import as_day, as_moment, check, type_of
from mlops_desktop.domain.expressions import Binary, Call, Expression, IsMissing, Name, Number, Text, Truth, Unary

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl


def derive(table: pl.LazyFrame, columns: Sequence[Column], derived: Sequence[Derived]) -> pl.LazyFrame:
    """The table with the derived columns behind its own, each able to use those before it.

    Raises ExpressionError for what cannot be understood, AlreadyExistsError for a name that is taken.
    """
    known = derived_columns(columns, derived)
    for position, new in enumerate(derived, start=len(columns)):
        value = _stored(to_polars(new.expression, known[:position]), known[position].type)
        table = table.with_columns(value.alias(new.name))
    return table


def derived_columns(columns: Sequence[Column], derived: Sequence[Derived]) -> tuple[Column, ...]:
    """Every column of the table and behind them the derived ones. Raises as `derive` does."""
    known = tuple(columns)
    for new in derived:
        expressions.check_new_name(new.name)
        if any(column.name.casefold() == new.name.casefold() for column in known):
            raise AlreadyExistsError(
                f"There is a column {new.name!r} already.", hint="Give the derived column another name."
            )
        known = (*known, Column(new.name, check(new.expression, known)))
    return known


def _stored(value: pl.Expr, kind: ColumnType) -> pl.Expr:
    """A derived value in the type it is kept in; a number that is not finite is missing."""
    import polars as pl

    if kind is ColumnType.FLOAT:
        number = value.cast(pl.Float64)
        return pl.when(number.is_finite()).then(number)
    kinds = {ColumnType.INTEGER: pl.Int64(), ColumnType.TEXT: pl.String(), ColumnType.BOOLEAN: pl.Boolean()}
    return value.cast(kinds[kind]) if kind in kinds else value


def to_polars(text: str, columns: Sequence[Column]) -> pl.Expr:
    """An expression as a computation. Raises ExpressionError where it does not fit the columns."""
    check(text, columns)
    return _Translator({column.name: column.type for column in columns}).translate(expressions.parse(text))


class _Translator:
    """Translates a checked expression, part by part."""

    def __init__(self, types: Mapping[str, ColumnType]) -> None:
        self._types = types

    def translate(self, node: Expression) -> pl.Expr:
        import polars as pl

        match node:
            case Number() | Text() | Truth():
                return pl.lit(node.value)
            case Name():
                column = pl.col(node.name)
                return _utc(column) if self._types[node.name] is ColumnType.DATETIME else column
            case Unary():
                inner = self.translate(node.operand)
                return ~inner if node.sign == "not" else self._computed("*", inner, pl.lit(-1), node)
            case IsMissing():
                inner = self.translate(node.operand)
                return inner.is_not_null() if node.negated else inner.is_null()
            case Binary():
                return self._binary(node)
            case Call():
                return self._call(node)

    def _binary(self, node: Binary) -> pl.Expr:
        if node.sign in ("and", "or"):
            left, right = self.translate(node.left), self.translate(node.right)
            return left & right if node.sign == "and" else left | right
        if node.sign in ("+", "-", "*"):
            return self._computed(node.sign, self.translate(node.left), self.translate(node.right), node)
        if node.sign in ("/", "%"):
            return _divided(node.sign, self.translate(node.left), self.translate(node.right))
        left, right = self._operand(node.left, node.right), self._operand(node.right, node.left)
        comparisons = {
            "==": left.__eq__,
            "!=": left.__ne__,
            "<": left.__lt__,
            "<=": left.__le__,
            ">": left.__gt__,
            ">=": left.__ge__,
        }
        result: pl.Expr = comparisons[node.sign](right)
        return result

    def _operand(self, node: Expression, other: Expression) -> pl.Expr:
        """A text beside a date or time is a date or time."""
        import polars as pl

        if isinstance(node, Text):
            kind = self._kind(other)
            if kind is ColumnType.DATE:
                return pl.lit(as_day(node.value))
            if kind is ColumnType.DATETIME:
                return _moment(node.value)
        return self.translate(node)

    def _kind(self, node: Expression) -> ColumnType:
        return type_of(node, self._types)

    def _computed(self, sign: str, left: pl.Expr, right: pl.Expr, node: Expression) -> pl.Expr:
        """Where whole numbers would run over 64 bits the result is missing, never another number."""
        import polars as pl

        if self._kind(node) is not ColumnType.INTEGER:
            return _arithmetic(sign, left, right)
        wide = _arithmetic(sign, left.cast(pl.Int128), right.cast(pl.Int128))
        return wide.cast(pl.Int64, strict=False)

    def _call(self, node: Call) -> pl.Expr:
        import polars as pl

        first, *rest = (self.translate(argument) for argument in node.arguments)
        match node.function:
            case "abs":
                whole = self._kind(node) is ColumnType.INTEGER
                return first.cast(pl.Int128).abs().cast(pl.Int64, strict=False) if whole else first.abs()
            case "round":
                digits = node.arguments[1] if len(node.arguments) == 2 else Number(0)
                return first.round(int(digits.value) if isinstance(digits, Number) else 0)
            case "lower":
                return first.str.to_lowercase()
            case "upper":
                return first.str.to_uppercase()
            case "length":
                return first.str.len_chars().cast(pl.Int64)
            case "contains":
                return first.str.contains(rest[0], literal=True)
            case "if":
                return pl.when(first).then(rest[0]).when(first.not_()).then(rest[1])
            case "min" | "max":
                return _extreme(node.function, [first, *rest])
            case _:
                return _date_part(node.function, first)


def _arithmetic(sign: str, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    if sign == "+":
        return left + right
    return left - right if sign == "-" else left * right


def _divided(sign: str, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    divisor = right.replace(0, None)
    return left / divisor if sign == "/" else left % divisor


def _extreme(function: str, values: list[pl.Expr]) -> pl.Expr:
    import polars as pl

    known = reduce(lambda first, second: first & second, (value.is_not_null() for value in values))
    found = pl.min_horizontal(values) if function == "min" else pl.max_horizontal(values)
    return pl.when(known).then(found)


def _date_part(function: str, value: pl.Expr) -> pl.Expr:
    import polars as pl

    part = {
        "year": value.dt.year,
        "month": value.dt.month,
        "day": value.dt.day,
        "weekday": value.dt.weekday,
        "hour": value.dt.hour,
    }[function]
    return part().cast(pl.Int64)


def _moment(text: str) -> pl.Expr:
    from datetime import UTC

    import polars as pl

    moment = as_moment(text)
    if moment is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return pl.lit(moment, dtype=pl.Datetime("us", "UTC"))


def _utc(value: pl.Expr) -> pl.Expr:
    """A time without an offset is taken as UTC."""
    import polars as pl

    return value.cast(pl.Datetime("us", "UTC"))
