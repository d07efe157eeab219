"""Which whole numbers are years: they are written without groups of three digits, 2013 and not 2,013."""

from __future__ import annotations

import re

NAMED = (1000, 2999)
"""Between these, numbers of a column that is called a year are years."""
UNNAMED = (1800, 2199)
"""Between these, whole numbers are read as years whatever their column is called: prices and sizes spread wider."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_YEAR = frozenset({"year", "years", "yr", "yyyy", "jahr", "annee", "ano", "anno"})


def are_years(name: str, low: float | None, high: float | None, *, whole: bool) -> bool:
    """Whether a column with this name, and whole numbers from low to high, holds years."""
    if not whole or low is None or high is None:
        return False
    is_named = any(word.lower() in _YEAR for word in _WORDS.findall(name))
    least, most = NAMED if is_named else UNNAMED
    return least <= low and high <= most
