"""How well a text fits what a person typed: beginnings of words first, then parts, then letters in order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

MOST_LOOKED_AT = 250
"""How many candidates are weighed at most; what fits plainly comes before what fits by single letters."""
_START, _PART, _LETTERS = 100.0, 60.0, 20.0
_BREAKS = " -_.@:/…"


@dataclass(frozen=True)
class Match:
    """`places` are the letters of the text that were typed."""

    score: float
    places: frozenset[int]


def words_of(typed: str) -> tuple[str, ...]:
    return tuple(typed.lower().split())


def match(words: Sequence[str], text: str) -> Match | None:
    """Every word has to be found; None where one is not. Nothing typed fits everything."""
    lowered = text.lower()
    score, places = 0.0, set[int]()
    for word in words:
        found = _find(word, lowered)
        if found is None:
            return None
        score += found[0]
        places.update(found[1])
    if words:
        score = score / len(words) - len(text) / 20 - (min(places) if places else 0) / 10
    return Match(score, frozenset(places))


def candidates(words: Sequence[str], lowered: Sequence[str], most: int = MOST_LOOKED_AT) -> list[int]:
    """The places of the lines that fit, those that hold every word plainly first; `lowered` is in lower case."""
    plain = [place for place, line in enumerate(lowered) if all(word in line for word in words)]
    if len(plain) >= most or not words:
        return plain[:most]
    loose = [re.compile(r"(?:^|[ _.@:/-])" + ".*?".join(map(re.escape, word))).search for word in words]
    known = set(plain)
    for place, line in enumerate(lowered):
        if place not in known and all(look(line) for look in loose):
            plain.append(place)
            if len(plain) >= most:
                break
    return plain


def _find(word: str, text: str) -> tuple[float, Sequence[int]] | None:
    start = text.find(word)
    first = start
    while start >= 0:
        if start == 0 or text[start - 1] in _BREAKS:
            return _START, range(start, start + len(word))
        start = text.find(word, start + 1)
    if first >= 0:
        return _PART, range(first, first + len(word))
    return _find_letters(word, text)


def _find_letters(word: str, text: str) -> tuple[float, Sequence[int]] | None:
    """The letters one after the other, the first at the beginning of a word; the closer the better."""
    best: tuple[float, Sequence[int]] | None = None
    for start, letter in enumerate(text):
        if letter != word[0] or (start and text[start - 1] not in _BREAKS):
            continue
        places = [start]
        for wanted in word[1:]:
            place = text.find(wanted, places[-1] + 1)
            if place < 0:
                break
            places.append(place)
        if len(places) == len(word):
            score = _LETTERS - (places[-1] - places[0] - len(word)) / 2
            if best is None or score > best[0]:
                best = score, places
    return best
