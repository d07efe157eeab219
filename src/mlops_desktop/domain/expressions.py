"""The small language of derived columns: `late = arr_delay > 15`. Its words, its parser; nothing is ever executed.

    expression  = and-or-not of comparisons;  + - * / %  with the usual precedence;  ( )
    comparison  = sum [ == != < <= > >= sum ]  |  sum is [not] missing
    values      = 12  1.5  'text'  true  false  name  `a name with blanks`  function(...)

A missing value makes the result missing, except in `is missing`, and where `and`, `or` are decided without it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlops_desktop.domain.datasets import Derived
from mlops_desktop.domain.errors import ExpressionError
from mlops_desktop.domain.names import bare, composed

LONGEST = 1000
MOST_TOKENS = 200
DEEPEST = 12

FUNCTIONS: dict[str, tuple[int, int]] = {
    "abs": (1, 1),
    "round": (1, 2),
    "lower": (1, 1),
    "upper": (1, 1),
    "length": (1, 1),
    "year": (1, 1),
    "month": (1, 1),
    "day": (1, 1),
    "weekday": (1, 1),
    "hour": (1, 1),
    "min": (2, 10),
    "max": (2, 10),
    "if": (3, 3),
    "contains": (2, 2),
}
"""Every function with its fewest and most arguments."""

KEYWORDS = frozenset({"and", "or", "not", "is", "missing", "true", "false"})


@dataclass(frozen=True)
class Number:
    value: int | float
    at: int = 0


@dataclass(frozen=True)
class Text:
    value: str
    at: int = 0


@dataclass(frozen=True)
class Truth:
    value: bool
    at: int = 0


@dataclass(frozen=True)
class Name:
    name: str
    at: int = 0


@dataclass(frozen=True)
class Unary:
    """`not x` or `-x`."""

    sign: str
    operand: Expression
    at: int = 0


@dataclass(frozen=True)
class Binary:
    """Arithmetic, a comparison, `and` or `or`."""

    sign: str
    left: Expression
    right: Expression
    at: int = 0


@dataclass(frozen=True)
class IsMissing:
    operand: Expression
    negated: bool
    at: int = 0


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Expression, ...]
    at: int = 0


Expression = Number | Text | Truth | Name | Unary | Binary | IsMissing | Call


def parse(text: str) -> Expression:
    """The expression a text means. Raises ExpressionError with the place of what cannot be understood."""
    return _Parser(composed(text)).whole()


def parse_derived(text: str) -> Derived:
    """`late = arr_delay > 15` as a name and an expression. Raises ExpressionError."""
    text = composed(text)
    parted = split_derived(text)
    if parted is None:
        raise refuse("A derived column is written as: name = expression", text, 0)
    check_new_name(parted.name)
    parse(parted.expression)
    return parted


def split_derived(text: str) -> Derived | None:
    """The name and what is behind the equals sign, which is not looked at; None where there is no such sign."""
    text = composed(text)
    found = _DERIVED.match(bare(text))
    if found is None:
        return None
    return Derived(text[slice(*found.span(1))].strip("`").strip(), text[found.end() :].strip())


def check_new_name(name: str) -> None:
    """Raises ExpressionError for a name that cannot be given to a derived column."""
    pattern = name == "*" or (name.startswith("^") and name.endswith("$"))
    if not name or len(name) > 120 or not name.isprintable() or "`" in name or name != name.strip() or pattern:
        raise ExpressionError(
            f"{name[:60]!r} cannot be the name of a column.", hint="Use letters, digits and _, such as late_arrival."
        )


def names(expression: Expression) -> tuple[str, ...]:
    """The columns an expression speaks of, each once, in their order."""
    return tuple(dict.fromkeys(node.name for node in walk(expression) if isinstance(node, Name)))


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and every part of it."""
    yield expression
    for part in parts(expression):
        yield from walk(part)


def parts(expression: Expression) -> tuple[Expression, ...]:
    """The operands or arguments of an expression."""
    match expression:
        case Unary() | IsMissing():
            return (expression.operand,)
        case Binary():
            return (expression.left, expression.right)
        case Call():
            return expression.arguments
        case _:
            return ()


def refuse(said: str, text: str, at: int, *, hint: str = "") -> ExpressionError:
    """An error that shows the place with a caret."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    start = max(0, min(at, len(shown)) - 50)
    window = ("..." if start else "") + shown[start : start + 80] + ("..." if len(shown) > start + 80 else "")
    caret = " " * (min(at, len(shown)) - start + (3 if start else 0)) + "^"
    return ExpressionError(f"{said}\n  {window}\n  {caret}", hint=hint, details=f"at sign {at + 1}")


def nearest(name: str, known: Sequence[str]) -> str:
    """A hint with the known names that come near."""
    near = difflib.get_close_matches(name, known, n=3) or [
        other for other in known if other.casefold() == name.casefold()
    ]
    return f"Did you mean {' or '.join(near)}?" if near else ""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r"(?P<blank>\s+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<word>[^\W\d]\w*)"
    r"|(?P<quoted>`[^`]+`)"
    r"|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")"
    r"|(?P<sign>==|!=|<=|>=|[-+*/%<>(),])"
)
_DERIVED = re.compile(r"\s*(`[^`]*`|[^\W\d]\w*)\s*=(?!=)")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def _tokens(text: str) -> list[_Token]:
    if len(text) > LONGEST:
        raise refuse(f"The expression has {len(text)} signs; at most {LONGEST} are allowed.", text, LONGEST)
    found: list[_Token] = []
    plain, at = bare(text), 0
    while at < len(text):
        match = _TOKEN.match(plain, at)
        if match is None:
            raise _unknown_sign(text, at)
        if match.lastgroup != "blank":
            found.append(_Token(match.lastgroup or "", text[at : match.end()], at))
        at = match.end()
    if len(found) > MOST_TOKENS:
        raise refuse(f"The expression has more than {MOST_TOKENS} words and signs.", text, found[MOST_TOKENS].at)
    return [*found, _Token("end", "", len(text))]


def _unknown_sign(text: str, at: int) -> ExpressionError:
    sign = text[at]
    if sign in "'\"`":
        return refuse("This quote is never closed.", text, at)
    if sign == "=":
        return refuse("One = gives a name; to compare, write ==", text, at)
    if text[at : at + 2] in ("&&", "||") or sign in "&|!":
        return refuse("Write and, or, not in words.", text, at)
    return refuse(f"The sign {sign!r} has no meaning here.", text, at)


class _Parser:
    """Recursive descent over the tokens; one method per level of precedence."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._place = 0
        self._depth = 0

    def whole(self) -> Expression:
        if self._next.kind == "end":
            raise self._refused("There is no expression.")
        expression = self._either()
        if self._next.kind != "end":
            raise self._refused(f"{self._next.text!r} was not expected here.")
        return expression

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self, *texts: str) -> _Token | None:
        token = self._next
        if token.kind in ("word", "sign") and token.text in texts:
            self._place += 1
            return token
        return None

    def _expect(self, text: str) -> None:
        if self._take(text) is None:
            raise self._refused(f"{text!r} was expected here.")

    def _refused(self, said: str, at: int | None = None, hint: str = "") -> ExpressionError:
        return refuse(said, self._text, self._next.at if at is None else at, hint=hint)

    def _either(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._refused(f"Parentheses are nested more than {DEEPEST} deep.")
        left = self._both()
        while token := self._take("or"):
            left = Binary("or", left, self._both(), token.at)
        self._depth -= 1
        return left

    def _both(self) -> Expression:
        left = self._negated()
        while token := self._take("and"):
            left = Binary("and", left, self._negated(), token.at)
        return left

    def _negated(self) -> Expression:
        signs: list[_Token] = []
        while token := self._take("not"):
            signs.append(token)
        expression = self._comparison()
        for token in reversed(signs):
            expression = Unary("not", expression, token.at)
        return expression

    def _comparison(self) -> Expression:
        left = self._sum()
        if token := self._take("is"):
            negated = self._take("not") is not None
            self._expect("missing")
            return IsMissing(left, negated, token.at)
        if token := self._take(*_COMPARISONS):
            right = self._sum()
            if self._next.text in _COMPARISONS and self._next.kind == "sign":
                raise self._refused("Comparisons cannot be chained; write: a < b and b < c")
            return Binary(token.text, left, right, token.at)
        return left

    def _sum(self) -> Expression:
        left = self._product()
        while token := self._take("+", "-"):
            left = Binary(token.text, left, self._product(), token.at)
        return left

    def _product(self) -> Expression:
        left = self._signed()
        while token := self._take("*", "/", "%"):
            left = Binary(token.text, left, self._signed(), token.at)
        return left

    def _signed(self) -> Expression:
        signs: list[_Token] = []
        while token := self._take("-"):
            signs.append(token)
        expression = self._value()
        for token in reversed(signs):
            expression = Unary("-", expression, token.at)
        return expression

    def _value(self) -> Expression:
        token = self._next
        self._place += 1
        match token.kind:
            case "number":
                return Number(self._number(token), token.at)
            case "text":
                return Text(_unquoted(token.text), token.at)
            case "quoted":
                return Name(token.text[1:-1].strip(), token.at)
            case "word":
                return self._word(token)
        if token.text == "(":
            inner = self._either()
            self._expect(")")
            return inner
        self._place -= 1
        what = "the end" if token.kind == "end" else repr(token.text)
        raise self._refused(f"A value was expected here, not {what}.")

    def _number(self, token: _Token) -> int | float:
        whole = token.text.isdigit()
        if whole and len(token.text) <= 20 and int(token.text) < 2**63:
            return int(token.text)
        value = float(token.text) if not whole else float("inf")
        if value == float("inf"):
            raise self._refused("This number is too large.", token.at)
        return value

    def _word(self, token: _Token) -> Expression:
        if token.text in ("true", "false"):
            return Truth(token.text == "true", token.at)
        if self._next.kind == "sign" and self._next.text == "(" and token.text not in KEYWORDS:
            return self._call(token)
        if token.text in KEYWORDS:
            hint = f"Write `{token.text}` in backticks if it is a column's name."
            raise self._refused(f"{token.text!r} is not a value.", token.at, hint)
        return Name(token.text, token.at)

    def _call(self, token: _Token) -> Expression:
        if token.text not in FUNCTIONS:
            hint = nearest(token.text, list(FUNCTIONS)) or f"The functions are: {', '.join(FUNCTIONS)}."
            raise self._refused(f"There is no function {token.text[:40]!r}.", token.at, hint)
        self._expect("(")
        arguments: list[Expression] = []
        if not self._take(")"):
            arguments.append(self._either())
            while self._take(","):
                arguments.append(self._either())
            self._expect(")")
        fewest, most = FUNCTIONS[token.text]
        if not fewest <= len(arguments) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            noun = "value" if most == 1 else "values"
            raise self._refused(f"{token.text} takes {wanted} {noun}, not {len(arguments)}.", token.at)
        return Call(token.text, tuple(arguments), token.at)


def _unquoted(text: str) -> str:
    return text[1:-1].replace(text[0] * 2, text[0])
