"""Which entries are shown for what was typed, and in which groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlops_desktop.gui.palette.entries import Entry, Kind, Row
from mlops_desktop.gui.palette.matching import Match, candidates, match, words_of
from mlops_desktop.gui.palette.synonyms import also_called

BEST, ACTIONS, OBJECTS, RECENT, ONE_KIND = 2, 6, 6, 4, 60
_BY_OTHER_WORDS = 10.0
SCOPES = {">": "Actions", "#": "Runs", "@": "Models"}
_Found = tuple[Match, Entry]


@dataclass(frozen=True)
class Stock:
    """Everything there is to find. Runs come as names; an entry is made only of those that are shown."""

    actions: tuple[Entry, ...] = ()
    objects: tuple[Entry, ...] = ()
    run_names: tuple[str, ...] = ()
    recent: tuple[Entry, ...] = ()
    """Chosen before, newest first."""


MakeRun = Callable[[int], Entry]


def scope_of(typed: str) -> tuple[str, str]:
    """The sign that limits the search, and what is searched."""
    text = typed.lstrip()
    return (text[0], text[1:]) if text[:1] in SCOPES else ("", text)


def rank(stock: Stock, lowered_runs: Sequence[str], make_run: MakeRun, typed: str) -> list[Row]:
    """The rows of the list, best first; `lowered_runs` are the run names in lower case."""
    scope, text = scope_of(typed)
    words = words_of(text)
    if scope == "#":
        return _group("Runs", _runs(stock, lowered_runs, make_run, words, ONE_KIND))
    if scope == "@":
        return _group("Models", _sorted(words, [e for e in stock.objects if e.kind is Kind.MODEL])[:ONE_KIND])
    if scope == ">":
        return _group("Actions", _sorted(words, stock.actions)[:ONE_KIND])
    if not words:
        return _at_rest(stock)
    actions = _sorted(words, stock.actions)
    objects = _sorted(words, stock.objects) + _runs(stock, lowered_runs, make_run, words, OBJECTS * 2)
    objects.sort(key=lambda found: -found[0].score)
    best = sorted([*actions, *objects], key=lambda found: -found[0].score)[:BEST]
    shown = {entry.key for _, entry in best}
    rows = _group("Best match", best)
    for head, found, most in (("Actions", actions, ACTIONS), ("Objects", objects, OBJECTS)):
        rest = [pair for pair in found if pair[1].key not in shown][:most]
        shown |= {entry.key for _, entry in rest}
        rows += _group(head, rest)
    recent = [(Match(0.0, frozenset()), entry) for entry in stock.recent if entry.key not in shown]
    return rows + (_group("Recent", recent[:RECENT]) if rows else [])


def _at_rest(stock: Stock) -> list[Row]:
    """Before anything was typed: what was chosen before, then what can be done."""
    nothing = Match(0.0, frozenset())
    recent = stock.recent[:RECENT]
    known = {entry.key for entry in recent}
    rest = [entry for entry in stock.actions if entry.key not in known]
    return [
        *_group("Recent", [(nothing, entry) for entry in recent]),
        *_group("Actions", [(nothing, entry) for entry in rest]),
    ]


def _sorted(words: Sequence[str], entries: Sequence[Entry]) -> list[_Found]:
    found = [(fit, entry) for entry in entries if (fit := _fit(words, entry)) is not None]
    return sorted(found, key=lambda pair: -pair[0].score)


def _fit(words: Sequence[str], entry: Entry) -> Match | None:
    """By its own words; an action also, further below, by what others call it."""
    fit = match(words, entry.title)
    if fit is not None or entry.kind is not Kind.ACTION:
        return fit
    others, title = also_called(entry.title), entry.title.lower()
    is_called = all(word in title or any(other.startswith(word) for other in others) for word in words)
    return Match(_BY_OTHER_WORDS, frozenset()) if is_called else None


def _runs(stock: Stock, lowered: Sequence[str], make_run: MakeRun, words: Sequence[str], most: int) -> list[_Found]:
    """Of the runs that fit, newest first among equals; not all of them are weighed."""
    weighed = [
        (fit, place)
        for place in candidates(words, lowered)
        if (fit := match(words, stock.run_names[place])) is not None
    ]
    weighed.sort(key=lambda pair: -pair[0].score)
    return [(fit, make_run(place)) for fit, place in weighed[:most]]


def _group(head: str, found: Sequence[_Found]) -> list[Row]:
    rows = [Row(entry=entry, places=fit.places) for fit, entry in found]
    return [Row(head=head), *rows] if rows else []
