"""Numbers, times and sizes as the window writes them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

NOT_SET = "—"
LARGE = 1e7
"""From here on numbers are written with an exponent."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def count(number: int) -> str:
    return f"{number:,}".replace("-", "−")


def plural(number: int, one: str, many: str = "") -> str:
    """`1 run`, `25 runs`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def percent(share: float) -> str:
    return f"{math.floor(share * 100 + 1e-9)} %"


def sentences(*parts: str) -> str:
    """One after the other; a full stop where one ends in nothing and another follows."""
    found = [part.strip() for part in parts if part.strip()]
    return " ".join([*(part if part[-1] in ".?!…" else f"{part}." for part in found[:-1]), *found[-1:]])


def size(number: float) -> str:
    """Decimal units, as disks are sold: `31.0 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def number(value: float, decimals: int) -> str:
    """With fixed decimals and a minus sign; what is no number says so."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) >= LARGE:
        return f"{value:.2e}".replace("-", "−").replace("e+", "e")
    return f"{value:,.{decimals}f}".replace("-", "−")


def signed(value: float, decimals: int) -> str:
    """A difference: `+0.0260`, `−0.0057`."""
    text = number(value, decimals)
    return f"+{text}" if value > 0 else text


def decimals(values: Iterable[float]) -> int:
    """How many decimals a column of metrics needs: four for shares, fewer where numbers are large."""
    finite = [abs(value) for value in values if math.isfinite(value)]
    largest = max(finite, default=0.0)
    if largest < 2:
        return 4
    return 3 if largest < 10 else 2 if largest < 1000 else 1


def duration(span: timedelta) -> str:
    """`3.4 s` below ten seconds, then `0:52`, `1:02:33`."""
    seconds = max(0.0, span.total_seconds())
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, rest = divmod(whole, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def moment(at: datetime, now: datetime) -> str:
    """Today as a time, this week as `Mon 16:02`, older as `18 Nov`, another year with it."""
    local, today = at.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M}"
    days = (today.date() - local.date()).days
    if 0 < days < 7:
        return f"{local:%a %H:%M}"
    return f"{local.day} {local:%b}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def full_moment(at: datetime) -> str:
    """For tooltips: to the second, with the zone."""
    local = at.astimezone()
    return f"{local.day} {local:%B %Y, %H:%M:%S %Z}".rstrip()


def age(at: datetime, now: datetime) -> str:
    """`now`, `14 min`, `3 h`, `2 d`; older as a date."""
    seconds = (now - at).total_seconds()
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h"
    return f"{int(seconds // _DAY)} d" if seconds < 7 * _DAY else moment(at, now)


def short_hash(value: str) -> str:
    return value if len(value) <= 12 else f"{value[:6]}…{value[-4:]}"


def initials(name: str) -> str:
    """Two letters for a name: `nyc-delays` gives `ND`."""
    words = [word for word in "".join(c if c.isalnum() else " " for c in name).split() if word]
    if not words:
        return "?"
    letters = words[0][0] + words[1][0] if len(words) > 1 else words[0][:2]
    return letters.upper()


def value(given: object) -> str:
    """A parameter or setting as text."""
    if given is None:
        return "none"
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, float):
        return f"{given:g}".replace("-", "−")
    if isinstance(given, list | tuple):
        return ", ".join(value(part) for part in given) or "none"
    return str(given)


def estimator(name: str) -> str:
    """The short form of a scikit-learn name: `HistGradientBoosting` for `HistGradientBoostingClassifier`."""
    for ending in ("Classifier", "Regressor"):
        if name.endswith(ending) and len(name) > len(ending) + 3:
            return name.removesuffix(ending)
    return name
