"""Readable names for runs: an adjective, a bird and a number that counts up, `amber-falcon-27`."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

_ADJECTIVES = (
    "amber", "bold", "brisk", "bright", "calm", "clear", "crisp", "deep", "early", "fair", "fleet", "gentle", "glad",
    "grand", "green", "grey", "kind", "keen", "late", "level", "light", "mellow", "mild", "neat", "noble", "pale",
    "plain", "proud", "quick", "quiet", "rapid", "red", "round", "sharp", "silent", "silver", "slow", "smart", "soft",
    "still", "sunny", "swift", "tall", "tidy", "warm", "white", "wide", "wild", "wise", "young",
)  # fmt: skip
_BIRDS = (
    "avocet", "bunting", "crane", "curlew", "dipper", "dove", "dunlin", "dunnock", "eagle", "egret", "eider", "falcon",
    "finch", "gannet", "godwit", "goose", "grebe", "gull", "harrier", "hawk", "heron", "hobby", "ibis", "jay",
    "kestrel", "kite", "knot", "lapwing", "lark", "linnet", "magpie", "martin", "merlin", "osprey", "owl", "petrel",
    "pipit", "plover", "puffin", "quail", "raven", "robin", "rook", "ruff", "shrike", "siskin", "skua", "snipe",
    "sparrow", "starling", "stork", "swallow", "swan", "swift", "teal", "tern", "thrush", "wagtail", "warbler", "wren",
)  # fmt: skip
_NUMBER = re.compile(r".*-([0-9]{1,18})")


def new_run_names(taken: Iterable[str], count: int, source: random.Random | None = None) -> list[str]:
    """`count` names that are not taken; their number goes on from the highest one taken."""
    chooser = source or random.SystemRandom()
    names = set(taken)
    number = max((int(match[1]) for name in names if (match := _NUMBER.fullmatch(name))), default=0)
    made: list[str] = []
    for _ in range(count):
        number += 1
        made.append(f"{chooser.choice(_ADJECTIVES)}-{chooser.choice(_BIRDS)}-{number}")
    return made
