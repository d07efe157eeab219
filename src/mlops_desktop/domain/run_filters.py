"""The small language that filters runs: `roc_auc > 0.7 and (estimator:forest or tag:best)`. Its words, its parser.

    filter     = and-or-not of conditions, ( ); conditions side by side mean `and`
    condition  = field sign value  |  field is [not] value  |  field is [not] missing  |  word
    sign       = :  =  !=  <  <=  >  >=          `:` means contains
    value      = 0.7  forest  flights@v3  2026-11-18  'a text with blanks'

A word without a field is looked for in name, estimator, dataset, status, experiment, target, tags and notes.
Fields are those below, every metric and every param; `metric.x` and `param.x` where two share a name.
"""

from __future__ import annotations

import dataclasses
import difflib
import enum
import re
from dataclasses import dataclass

from mlops_desktop.domain.errors import FilterError
from mlops_desktop.domain.experiments import RunStatus

LONGEST = 1000
DEEPEST = 12


class FieldKind(enum.StrEnum):
    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    PARAM = "param"
    """A number in some runs and perhaps a text in others."""


FIELDS = {
    "status": FieldKind.TEXT,
    "run": FieldKind.TEXT,
    "experiment": FieldKind.TEXT,
    "estimator": FieldKind.TEXT,
    "dataset": FieldKind.TEXT,
    "target": FieldKind.TEXT,
    "task": FieldKind.TEXT,
    "validation": FieldKind.TEXT,
    "tag": FieldKind.TEXT,
    "notes": FieldKind.TEXT,
    "by": FieldKind.TEXT,
    "started": FieldKind.TIME,
    "finished": FieldKind.TIME,
    "duration": FieldKind.NUMBER,
}
"""What can be asked for besides metrics and params; `duration` is in seconds."""
SIGNS = (":", "=", "!=", ">", ">=", "<", "<=")
_ORDERS = frozenset({">", ">=", "<", "<="})
_OTHER_NAMES = {"name": "run", "tags": "tag", "note": "notes", "created_by": "by"}
_KEYWORDS = frozenset({"and", "or", "not", "is", "missing"})


@dataclass(frozen=True)
class Word:
    """A text that some part of the run has."""

    text: str
    at: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True)
class Condition:
    """`field` is a name of FIELDS, `metric:x` or `param:x`; `sign` one of SIGNS."""

    field: str
    sign: str
    value: str
    at: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True)
class Missing:
    """The run has no value there."""

    field: str
    at: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True)
class Not:
    part: RunFilter


@dataclass(frozen=True)
class All:
    """Every part holds; without a part, always."""

    parts: tuple[RunFilter, ...]


@dataclass(frozen=True)
class Either:
    """One part at least holds."""

    parts: tuple[RunFilter, ...]


RunFilter = Word | Condition | Missing | Not | All | Either
EVERYTHING = All(())


@dataclass(frozen=True)
class Known:
    """The metrics and params that there are."""

    metrics: frozenset[str] = frozenset()
    params: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """What can be written as a field."""
        both = self.metrics & self.params
        return (
            *FIELDS,
            *(written(f"metric:{name}", self) for name in sorted(self.metrics)),
            *(written(f"param:{name}", self) for name in sorted(self.params)),
            *sorted(both),
        )


def kind_of(name: str) -> FieldKind:
    """The kind of a field as a Condition names it."""
    if name.startswith("metric:"):
        return FieldKind.NUMBER
    return FieldKind.PARAM if name.startswith("param:") else FIELDS[name]


def written(name: str, known: Known) -> str:
    """How a person writes the field: `roc_auc` for `metric:roc_auc`, unless something else has that name."""
    group, mark, bare = name.partition(":")
    if not mark:
        return name
    taken = bare in FIELDS or bare in _OTHER_NAMES or (group == "param" and bare in known.metrics)
    plain = re.fullmatch(r"[^\s()'\":=!<>]+", bare) and bare.casefold() not in _KEYWORDS
    return bare if plain and not taken else _quoted(f"{group}.{bare}")


def as_text(given: RunFilter, known: Known | None = None) -> str:
    """The filter as a person would write it; parsing it gives the same filter again."""
    return _written(given, known or Known(), 0)


def parse(text: str, known: Known) -> RunFilter:
    """What the text asks for. Raises FilterError with the place of what is wrong and perhaps the mended text."""
    return _Parser(text, known).whole()


def conjuncts(given: RunFilter) -> tuple[RunFilter, ...]:
    """The parts that must all hold."""
    return given.parts if isinstance(given, All) else (given,)


# Writing


def _written(given: RunFilter, known: Known, level: int) -> str:
    """`level` is how tightly what is around it binds: 0 or, 1 and, 2 not."""
    match given:
        case Word():
            return _quoted(given.text)
        case Condition():
            gap = "" if given.sign == ":" else " "
            return f"{written(given.field, known)}{gap}{given.sign}{gap}{_quoted(given.value)}"
        case Missing():
            return f"{written(given.field, known)} is missing"
        case Not():
            return f"not {_written(given.part, known, 2)}"
        case All():
            text = " and ".join(_written(part, known, 2) for part in given.parts)
            return f"({text})" if level > 1 and len(given.parts) > 1 else text
    text = " or ".join(_written(part, known, 1) for part in given.parts)
    return f"({text})" if level > 0 and len(given.parts) > 1 else text


def _quoted(text: str) -> str:
    if text and not re.search(r"[\s()'\":=!<>]", text) and text.casefold() not in _KEYWORDS:
        return text
    return "'" + text.replace("'", "''") + "'"


# Reading


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int
    end: int


_TOKEN = re.compile(
    r"(?P<blank>\s+)"
    r"|(?P<bracket>[()])"
    r"|(?P<sign>!=|>=|<=|==|[:=<>])"
    r"|(?P<quoted>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")"
    r"|(?P<word>[^\s()'\":=!<>]+)"
)


def _tokens(text: str) -> list[_Token]:
    if len(text) > LONGEST:
        raise FilterError(f"The filter has {len(text):,} signs; at most {LONGEST:,} are allowed.", at=LONGEST)
    found: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            if text[at] in "'\"":
                raise FilterError("This quote is never closed.", at=at, fix=text + text[at], unfinished=True)
            raise FilterError("Write != for “is not”.", at=at, fix=text[:at] + "!=" + text[at + 1 :])
        if match.lastgroup != "blank":
            found.append(_Token(match.lastgroup or "", match[0], at, match.end()))
        at = match.end()
    return [*found, _Token("end", "", len(text), len(text))]


class _Parser:
    """Recursive descent; one method per level of precedence."""

    def __init__(self, text: str, known: Known) -> None:
        self._text, self._known = text, known
        self._tokens = _tokens(text)
        self._place = 0
        self._depth = 0

    def whole(self) -> RunFilter:
        if self._next.kind == "end":
            return EVERYTHING
        given = self._either()
        if self._next.kind != "end":
            at = self._next.at
            mended = self._text[:at] + self._text[at + 1 :]
            raise FilterError("This bracket closes nothing.", at=at, fix=mended)
        return given

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _is_word(self, word: str) -> bool:
        return self._next.kind == "word" and self._next.text.casefold() == word

    def _take(self, word: str) -> bool:
        if self._is_word(word):
            self._place += 1
            return True
        return False

    def _either(self) -> RunFilter:
        self._depth += 1
        if self._depth > DEEPEST:
            raise FilterError(f"Brackets are nested more than {DEEPEST} deep.", at=self._next.at)
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        self._depth -= 1
        flat = [one for part in parts for one in (part.parts if isinstance(part, Either) else (part,))]
        return flat[0] if len(flat) == 1 else Either(tuple(flat))

    def _both(self) -> RunFilter:
        parts = [self._negated()]
        while True:
            if self._take("and"):
                parts.append(self._negated())
            elif self._next.kind == "end" or self._next.text == ")" or self._is_word("or"):
                break
            else:
                parts.append(self._negated())
        flat = [one for part in parts for one in (part.parts if isinstance(part, All) else (part,))]
        return flat[0] if len(flat) == 1 else All(tuple(flat))

    def _negated(self) -> RunFilter:
        turned = 0
        while self._take("not"):
            turned += 1
        given = self._condition()
        for _ in range(turned):
            given = Not(given)
        return given

    def _condition(self) -> RunFilter:
        token = self._next
        if token.text == "(" and token.kind == "bracket":
            return self._in_brackets(token)
        if token.kind not in ("word", "quoted") or (token.kind == "word" and token.text.casefold() in _KEYWORDS):
            raise self._misplaced(token)
        self._place += 1
        after = self._next
        if after.kind == "sign" or self._is_word("is"):
            return self._compared(self._field(token), token)
        return Word(_plain(token), token.at)

    def _in_brackets(self, token: _Token) -> RunFilter:
        self._place += 1
        given = self._either()
        if self._next.text != ")" or self._next.kind != "bracket":
            raise FilterError("This bracket is never closed.", at=token.at, fix=self._text + ")", unfinished=True)
        self._place += 1
        return given

    def _misplaced(self, token: _Token) -> FilterError:
        if token.kind == "end":
            return FilterError("Something is missing here.", at=token.at, unfinished=True)
        if token.kind == "sign":
            return FilterError(f"A field is missing before {token.text}.", at=token.at)
        return FilterError(f"“{token.text}” was not expected here.", at=token.at)

    def _compared(self, name: str, token: _Token) -> RunFilter:
        sign = self._next
        self._place += 1
        if sign.kind == "word":  # is, is not, is missing, is not missing
            turned = self._take("not")
            if self._take("missing"):
                missing = Missing(name, token.at)
                return Not(missing) if turned else missing
            return self._checked(name, token, "!=" if turned else "=", sign)
        return self._checked(name, token, "=" if sign.text == "==" else sign.text, sign)

    def _checked(self, name: str, token: _Token, sign: str, at: _Token) -> Condition:
        value = self._next
        if value.kind not in ("word", "quoted"):
            said = f"A value is missing after “{at.text}”."
            raise FilterError(said, at=value.at, unfinished=value.kind == "end")
        self._place += 1
        kind, given = kind_of(name), _plain(value)
        if kind is FieldKind.TEXT and sign in _ORDERS:
            raise self._refused(f"{token.text} is a text: use :, = or !=.", at, ":")
        if kind in (FieldKind.NUMBER, FieldKind.TIME) and sign == ":":
            what = "a number" if kind is FieldKind.NUMBER else "a time"
            raise self._refused(f"{token.text} is {what}: use =, != or an order.", at, " = ")
        self._check_value(name, token, sign, value, given)
        return Condition(name, sign, given, token.at)

    def _check_value(self, name: str, token: _Token, sign: str, value: _Token, given: str) -> None:
        kind = kind_of(name)
        if (kind is FieldKind.NUMBER or (kind is FieldKind.PARAM and sign in _ORDERS)) and number(given) is None:
            raise FilterError(
                f"{token.text} is a number, “{given}” is none.", at=value.at, unfinished=self._ends(value)
            )
        if kind is FieldKind.TIME and not is_time(given):
            said = f"{token.text} is a time: write 2026-11-18, today or yesterday."
            raise FilterError(said, at=value.at, unfinished=self._ends(value))
        if name == "status" and sign != ":" and given.casefold() not in set(RunStatus):
            near = difflib.get_close_matches(given.casefold(), list(RunStatus), n=1, cutoff=0.5)
            said = f"There is no status “{given}”. There is {', '.join(RunStatus)}."
            mended = self._with(value, near[0]) if near else ""
            raise FilterError(said, at=value.at, fix=mended, unfinished=self._ends(value))

    def _field(self, token: _Token) -> str:
        name = _plain(token)
        if name in FIELDS:
            return name
        for group, names in (("metric", self._known.metrics), ("param", self._known.params)):
            bare = name.removeprefix(f"{group}.")
            if bare in names and (bare != name or name not in _OTHER_NAMES):
                return f"{group}:{bare}"
        folded = name.casefold()
        if folded in FIELDS or folded in _OTHER_NAMES:
            return _OTHER_NAMES.get(folded, folded)
        near = difflib.get_close_matches(name, self._known.names, n=1, cutoff=0.5)
        said = f"There is no field, metric or param called “{name}”."
        raise FilterError(said, at=token.at, fix=self._with(token, near[0]) if near else "")

    def _refused(self, said: str, at: _Token, sign: str) -> FilterError:
        mended = self._text[: at.at].rstrip() + sign + self._text[at.end :].lstrip()
        return FilterError(said, at=at.at, fix=mended)

    def _with(self, token: _Token, text: str) -> str:
        return self._text[: token.at] + text + self._text[token.end :]

    def _ends(self, token: _Token) -> bool:
        """Whether the text stops with it, so that it may still be being written."""
        return token.end == len(self._text)


def _plain(token: _Token) -> str:
    if token.kind == "quoted":
        return token.text[1:-1].replace(token.text[0] * 2, token.text[0])
    return token.text


def number(text: str) -> float | None:
    """The number a person means, with either minus sign; None where it is none."""
    try:
        return float(text.replace("−", "-").replace(",", "") if "," in text else text.replace("−", "-"))
    except ValueError:
        return None


def is_time(text: str) -> bool:
    from datetime import datetime

    if text.casefold() in ("today", "yesterday"):
        return True
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
