"""What type an expression has, given the columns it may speak of; what does not fit is refused with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from mlops_desktop.domain import expressions
from mlops_desktop.domain.datasets import Column, ColumnType
from mlops_desktop.domain.errors import ExpressionError
from mlops_desktop.domain.expressions import Binary, Call, Expression, IsMissing, Name, Number, Text, Truth, Unary

_INTEGER, _FLOAT, _TEXT = ColumnType.INTEGER, ColumnType.FLOAT, ColumnType.TEXT
_BOOLEAN, _DATE, _DATETIME = ColumnType.BOOLEAN, ColumnType.DATE, ColumnType.DATETIME
_ARITHMETIC = ("+", "-", "*", "/", "%")

_WORDS = {
    _INTEGER: "a number",
    _FLOAT: "a number",
    _TEXT: "text",
    _BOOLEAN: "yes/no",
    _DATE: "a date",
    _DATETIME: "a time",
}


def check(text: str, columns: Sequence[Column]) -> ColumnType:
    """The type of the column an expression makes.

    Raises ExpressionError where a column is not there (with the nearest names) or types do not go together.
    """
    expression = expressions.parse(text)
    return _Checker(text, {column.name: column.type for column in columns}).type_of(expression)


def type_of(expression: Expression, types: Mapping[str, ColumnType]) -> ColumnType:
    """The type of a checked expression or of a part of it."""
    return _Checker("", types).type_of(expression)


def as_moment(text: str) -> datetime | None:
    """The time an ISO text means, where it means one."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def as_day(text: str) -> date | None:
    """The day an ISO text means, where it means one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class _Checker:
    """Walks an expression once, from its leaves."""

    def __init__(self, text: str, types: Mapping[str, ColumnType]) -> None:
        self._text = text
        self._types = types

    def type_of(self, node: Expression) -> ColumnType:
        match node:
            case Number():
                return _INTEGER if isinstance(node.value, int) else _FLOAT
            case Text():
                return _TEXT
            case Truth():
                return _BOOLEAN
            case Name():
                return self._column(node)
            case Unary():
                return self._unary(node)
            case IsMissing():
                self.type_of(node.operand)
                return _BOOLEAN
            case Binary():
                return self._binary(node)
            case Call():
                return self._call(node)

    def _column(self, node: Name) -> ColumnType:
        found = self._types.get(node.name)
        if found is None:
            hint = expressions.nearest(node.name, list(self._types)) or f"The columns are: {', '.join(self._types)}"
            raise self._refuse(f"There is no column {node.name[:60]!r}.", node, hint[:300])
        return found

    def _unary(self, node: Unary) -> ColumnType:
        if node.sign == "not":
            return self._want(node.operand, _BOOLEAN)
        return self._want(node.operand, _INTEGER, _FLOAT)

    def _binary(self, node: Binary) -> ColumnType:
        if node.sign in ("and", "or"):
            self._want(node.left, _BOOLEAN)
            return self._want(node.right, _BOOLEAN)
        if node.sign in _ARITHMETIC:
            kinds = {self._want(node.left, _INTEGER, _FLOAT), self._want(node.right, _INTEGER, _FLOAT)}
            return _FLOAT if node.sign == "/" or _FLOAT in kinds else _INTEGER
        left, right = self.type_of(node.left), self.type_of(node.right)
        if not self._comparable(node, left, right):
            raise self._refuse(f"{_WORDS[left].capitalize()} cannot be compared with {_WORDS[right]}.", node)
        return _BOOLEAN

    def _comparable(self, node: Binary, left: ColumnType, right: ColumnType) -> bool:
        if left is right or (left.is_numeric and right.is_numeric):
            return left is not _BOOLEAN or node.sign in ("==", "!=")
        for kind, other, operand in ((left, right, node.right), (right, left, node.left)):
            if kind.is_temporal and other is _TEXT and isinstance(operand, Text):
                good = as_day(operand.value) if kind is _DATE else as_moment(operand.value)
                if good is None:
                    raise self._refuse(
                        f"{operand.value[:40]!r} is not {_WORDS[kind]}.",
                        operand,
                        "Write a date as '2013-12-31', a time as '2013-12-31T18:00:00'.",
                    )
                return True
        return False

    def _call(self, node: Call) -> ColumnType:
        arguments = node.arguments
        match node.function:
            case "abs":
                return self._want(arguments[0], _INTEGER, _FLOAT)
            case "round":
                return self._round(node)
            case "lower" | "upper":
                return self._want(arguments[0], _TEXT)
            case "length":
                self._want(arguments[0], _TEXT)
                return _INTEGER
            case "contains":
                self._want(arguments[0], _TEXT)
                self._want(arguments[1], _TEXT)
                return _BOOLEAN
            case "min" | "max":
                kinds = {self._want(argument, _INTEGER, _FLOAT) for argument in arguments}
                return _FLOAT if _FLOAT in kinds else _INTEGER
            case "if":
                return self._choice(node)
            case "hour":
                self._want(arguments[0], _DATETIME)
                return _INTEGER
            case _:
                self._want(arguments[0], _DATE, _DATETIME)
                return _INTEGER

    def _round(self, node: Call) -> ColumnType:
        kind = self._want(node.arguments[0], _INTEGER, _FLOAT)
        if len(node.arguments) == 2:
            digits = node.arguments[1]
            if not isinstance(digits, Number) or not isinstance(digits.value, int) or digits.value > 15:
                raise self._refuse("round takes a whole number of digits from 0 to 15.", digits)
        return kind

    def _choice(self, node: Call) -> ColumnType:
        self._want(node.arguments[0], _BOOLEAN)
        first, second = self.type_of(node.arguments[1]), self.type_of(node.arguments[2])
        if first is second:
            return first
        if first.is_numeric and second.is_numeric:
            return _FLOAT
        raise self._refuse(f"if gives {_WORDS[first]} or {_WORDS[second]}; both must be of one type.", node)

    def _want(self, node: Expression, *wanted: ColumnType) -> ColumnType:
        found = self.type_of(node)
        if found not in wanted:
            raise self._refuse(f"This is {_WORDS[found]}, where {_WORDS[wanted[0]]} is needed.", node)
        return found

    def _refuse(self, said: str, node: Expression, hint: str = "") -> ExpressionError:
        return expressions.refuse(said, self._text, node.at, hint=hint)
