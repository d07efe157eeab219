"""The design's colours by name, light and dark; `resources/style/tokens.json` is the one source."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mlops_desktop.resources import resource


def load_tokens() -> Mapping[str, Mapping[str, str]]:
    """`{"light": {"window": "#F3F5F8", ...}, "dark": {...}}`."""
    loaded: Mapping[str, Mapping[str, str]] = json.loads(resource("style", "tokens.json").read_text("utf-8"))
    return loaded


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours `#RRGGBB` as WCAG counts it, 1 to 21."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
