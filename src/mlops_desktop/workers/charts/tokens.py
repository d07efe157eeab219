"""The design's colours for charts in both themes, and how series differ by dash and marker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Theme:
    surface: str
    text: str
    muted: str
    axis: str
    grid: str
    bar: str
    on_dark: str
    series: tuple[str, ...]
    heat: tuple[str, ...]


LIGHT = Theme(
    surface="#FFFFFF",
    text="#18212D",
    muted="#525E6E",
    axis="#7C8797",
    grid="#E8ECF1",
    bar="#9DB7DC",
    on_dark="#FFFFFF",
    series=("#004A97", "#D37419", "#0C7E4B", "#C0769D", "#755512", "#1F98DD", "#442656"),
    heat=("#F7F8FA", "#C9DAF2", "#7FA6DC", "#2F68BA", "#0F3D7E"),
)
DARK = Theme(
    surface="#191E26",
    text="#E6EBF2",
    muted="#A4AFBD",
    axis="#6F7B8C",
    grid="#262D38",
    bar="#3E5C8C",
    on_dark="#12161C",
    series=("#27A1DC", "#E37B3F", "#54E4A9", "#CF8FB1", "#F3DC45", "#B5EAFE", "#8079FB"),
    heat=("#1E242D", "#20385E", "#2C5796", "#3A6FC0", "#9CC4FF"),
)
THEMES = {"light": LIGHT, "dark": DARK}

_DASHES: tuple[Any, ...] = (
    "solid",
    (0, (6, 3)),
    (0, (2, 3)),
    (0, (8, 3, 2, 3)),
    (0, (1, 3)),
    (0, (10, 4)),
    (0, (4, 2)),
)
_MARKERS = ("o", "s", "D", "^", "v", "x", "+")


@dataclass(frozen=True)
class Series:
    """How the n-th series is drawn; from the eighth on colours repeat with a thinner line."""

    colour: str
    dash: Any
    marker: str
    width: float


def series(theme: Theme, place: int) -> Series:
    turn = place % len(theme.series)
    return Series(theme.series[turn], _DASHES[turn], _MARKERS[turn], 2.0 if place < len(theme.series) else 1.0)
