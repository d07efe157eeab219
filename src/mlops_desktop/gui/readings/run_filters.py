"""What the filter bar says: parts of a condition, what may come next, what is nearest where nothing matches."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mlops_desktop.domain.errors import FilterError
from mlops_desktop.domain.experiments import RunStatus, is_lower_better
from mlops_desktop.domain.run_columns import RunColumns
from mlops_desktop.domain.run_filters import (
    EVERYTHING,
    All,
    Condition,
    Either,
    FieldKind,
    Known,
    Missing,
    Not,
    RunFilter,
    Word,
    as_text,
    conjuncts,
    kind_of,
    parse,
    written,
)
from mlops_desktop.gui import formats

MOST = 9
_WORDS = {":": "contains", "=": "is", "!=": "is not"}
_SIGNS = {"contains": ":", "is": "=", "is not": "!="}
_VALUELESS = ("is missing", "is not missing")
_PIECE = re.compile(r"'(?:[^']|'')*'?|\"(?:[^\"]|\"\")*\"?|!=|>=|<=|==|[:=<>()]|[^\s()'\":=!<>]+")


@dataclass(frozen=True)
class Parts:
    """A condition as a chip shows it; a whole that has no such parts stands in `value` alone."""

    field: str
    sign: str
    value: str


def parts_of(given: RunFilter, known: Known) -> Parts:
    match given:
        case Condition():
            is_text = kind_of(given.field) in (FieldKind.TEXT, FieldKind.PARAM)
            sign = _WORDS.get(given.sign, given.sign) if is_text else given.sign
            return Parts(written(given.field, known), sign, given.value)
        case Missing():
            return Parts(written(given.field, known), "is missing", "")
        case Not(Missing() as missing):
            return Parts(written(missing.field, known), "is not missing", "")
    return Parts("", "", as_text(given, known))


def text_of(parts: Parts) -> str:
    """The condition as it is written."""
    if not parts.field and not parts.sign:
        return parts.value
    if parts.sign in _VALUELESS:
        return f"{parts.field} {parts.sign}"
    value = parts.value.strip()
    if value and (re.search(r"[\s()'\":=!<>]", value) or value.casefold() in ("and", "or", "not", "is", "missing")):
        value = "'" + value.replace("'", "''") + "'"
    return f"{parts.field} {_SIGNS.get(parts.sign, parts.sign)} {value}".strip()


def text_of_piece(word: str) -> str:
    """A proposed word as it is written among others: `contains` as a colon, a text with blanks in quotes."""
    if word in _SIGNS or word in _VALUELESS or (word[:1] == "'" and word[-1:] == "'"):
        return _SIGNS.get(word, word)
    return "'" + word.replace("'", "''") + "'" if re.search(r"[\s()'\":]", word) else word


def is_chip(given: RunFilter) -> bool:
    """Whether it stands as a chip; words stay in the field."""
    return not isinstance(given, Word)


def understood(text: str, known: Known) -> tuple[RunFilter, FilterError | None]:
    """What the text asks for, or what is wrong with it."""
    try:
        return parse(text, known), None
    except FilterError as error:
        return EVERYTHING, error


def so_far(text: str, runs: RunColumns) -> str:
    """The text without its last word while that may become a field's name and is found in no run."""
    before, _, word = text.rpartition(" ")
    begun = word.casefold()
    if not begun or not any(name.casefold().startswith(begun) for name in runs.known.names):
        return text
    return text if any(begun in known for known in runs.texts("anything")) else before


def fields_of(given: RunFilter) -> set[str]:
    """The fields that it speaks of."""
    match given:
        case Condition() | Missing():
            return {given.field}
        case Not():
            return fields_of(given.part)
        case All() | Either():
            return {name for part in given.parts for name in fields_of(part)}
    return set()


def chosen_values(given: RunFilter, field: str) -> set[str]:
    """The values, in small letters, that the filter asks the field for; "" for no value."""
    found: set[str] = set()
    for part in conjuncts(given):
        for one in part.parts if isinstance(part, Either) else (part,):
            if isinstance(one, Condition) and one.field == field and one.sign == "=":
                found.add(one.value.casefold())
            elif isinstance(one, Missing) and one.field == field:
                found.add("")
    return found


def joined(parts: Sequence[RunFilter]) -> RunFilter:
    """All of them together."""
    flat = [one for part in parts for one in conjuncts(part)]
    return flat[0] if len(flat) == 1 else All(tuple(flat))


# What may come next


def proposals(text: str, caret: int, runs: RunColumns) -> tuple[int, list[str]]:
    """Where the piece at the caret begins, and what it may become: a field, then a sign, then a value."""
    before = text[:caret]
    pieces = [(found[0], found.start()) for found in _PIECE.finditer(before)]
    open_piece = bool(pieces) and not before[-1:].isspace() and pieces[-1][0] not in "()"
    prefix, start = pieces.pop() if open_piece else ("", caret)
    field, has_sign = _last_field([piece for piece, _ in pieces], runs.known)
    if prefix in _WORDS or prefix in (">", ">=", "<", "<=", "=="):
        return caret, []
    if field and has_sign:
        return start, values(field, prefix, runs)
    if field:
        return start, signs(field, prefix)
    return start, fields(prefix, runs.known) if prefix else []


def fields(prefix: str, known: Known) -> list[str]:
    return _best([name for name in known.names], prefix)


def signs(field: str, prefix: str = "") -> list[str]:
    """How the field can be compared, the usual one first."""
    kind = kind_of(field)
    missing = ["is missing", "is not missing"]
    texts, numbers = ["contains", "is", "is not"], [">", ">=", "<", "<=", "=", "!="]
    known = texts if kind is FieldKind.TEXT else numbers if kind is not FieldKind.PARAM else [*numbers, *texts]
    if field.startswith("metric:") and is_lower_better(field.partition(":")[2]):
        known = ["<", "<=", ">", ">=", "=", "!="]
    return [sign for sign in [*known, *missing] if sign.startswith(prefix.casefold())]


def values(field: str, prefix: str, runs: RunColumns) -> list[str]:
    """Values that there are: frequent ones first, quarters of the numbers."""
    kind = kind_of(field)
    if kind is FieldKind.TIME:
        return [word for word in ("today", "yesterday") if word.startswith(prefix.casefold())]
    if kind is FieldKind.NUMBER:
        return [] if prefix else _quarters(field, runs)
    if field == "status":
        return _best([status.value for status in RunStatus], prefix)
    counted = runs.values(field, range(len(runs.rows)))
    return _best([value for value, _ in counted.most_common() if value], prefix.strip("'\""))


def resolved(name: str, known: Known) -> str:
    """The field a person's name for it means; nothing where there is none."""
    given, error = understood(f"{name} is missing", known)
    return given.field if error is None and isinstance(given, Missing) else ""


def _last_field(pieces: Sequence[str], known: Known) -> tuple[str, bool]:
    """The field that waits for a sign or a value, and whether it has its sign."""
    words = list(pieces)
    has_sign = False
    while words and _is_sign(words[-1]):
        if words[-1].casefold() == "not" and (len(words) < 2 or words[-2].casefold() != "is"):
            return "", False
        has_sign = True
        words.pop()
    if not words or words[-1] in "()" or words[-1].casefold() in ("and", "or", "not", "missing"):
        return "", False
    if not has_sign and len(words) > 1 and _is_sign(words[-2]):
        return "", False  # it is a value itself
    return resolved(words[-1], known), has_sign


def _is_sign(piece: str) -> bool:
    return piece in (":", "=", "==", "!=", ">", ">=", "<", "<=") or piece.casefold() in ("is", "not")


def _quarters(field: str, runs: RunColumns) -> list[str]:
    numbers = sorted(value for value in runs.numbers(field) if abs(value) < formats.LARGE)
    if not numbers:
        return []
    places = formats.decimals(numbers[-1:])
    picked = [numbers[round((len(numbers) - 1) * share)] for share in (0.5, 0.75, 0.25)]
    return list(dict.fromkeys(f"{value:.{places}f}" for value in picked))


def _best(known: Sequence[str], prefix: str) -> list[str]:
    """Those that begin so, then those that have it somewhere."""
    part = prefix.casefold()
    begin = [name for name in known if name.casefold().startswith(part)]
    within = [name for name in known if part in name.casefold() and name not in begin]
    return [*begin, *within][:MOST]


# Where nothing matches


def nearest(wanted: RunFilter, runs: RunColumns) -> str:
    """A sentence on what comes nearest to the filter: the best value of its metric, or a text that looks like it."""
    for part in conjuncts(wanted):
        if isinstance(part, Condition) and part.field.startswith("metric:"):
            name = part.field.partition(":")[2]
            found = [value for value in runs.numbers(part.field) if not math.isnan(value)]
            if found:
                end = min(found) if is_lower_better(name) else max(found)
                return f"The best run has {formats.number(end, formats.decimals([end]))}."
    for part in conjuncts(wanted):
        near = _near(part, runs)
        if near:
            return f"The nearest is {near}."
    return ""


def _near(part: RunFilter, runs: RunColumns) -> str:
    asked: tuple[str, ...]
    if isinstance(part, Word):
        wanted, asked = part.text, ("estimator", "dataset", "run", "tag")
    elif isinstance(part, Condition) and kind_of(part.field) is FieldKind.TEXT:
        wanted, asked = part.value, (part.field,)
    else:
        return ""
    newest = range(min(300, len(runs.rows)))
    known = {value.casefold(): value for field in asked for value in runs.values(field, newest) if value}
    close = difflib.get_close_matches(wanted.casefold(), known, n=1, cutoff=0.55)
    return known[close[0]] if close else ""
