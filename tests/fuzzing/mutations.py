"""Inputs made from known ones, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

MOST_CHANGES = 6
LARGEST = 64 * 1024
_SIGNS = (b"\x00", b"\xff", b"\n", b"\r", b'"', b"'", b",", b";", b"{", b"[", b"}", b"(", b"\\", b"/", b"-", b"9", b"=")
_NUMBERS = (b"-1", b"0", b"2147483648", b"9223372036854775808", b"1e400", b"NaN", b"Infinity", b"-0.0", b"9" * 400)


def mutated(known: Sequence[bytes], words: Sequence[bytes], seed: str) -> Iterator[bytes]:
    """Changes of the known inputs without an end; `words` are what the parser looks for."""
    chance = random.Random(seed)
    pieces = (*_SIGNS, *_NUMBERS, *words)
    while True:
        content = bytearray(chance.choice(known))
        for _ in range(chance.randint(1, MOST_CHANGES)):
            chance.choice(_CHANGES)(content, chance, known, pieces)
        yield bytes(content[:LARGEST])


def _insert(content: bytearray, chance: random.Random, known: Sequence[bytes], pieces: Sequence[bytes]) -> None:
    place = chance.randint(0, len(content))
    content[place:place] = chance.choice(pieces)


def _insert_anything(
    content: bytearray, chance: random.Random, known: Sequence[bytes], pieces: Sequence[bytes]
) -> None:
    place = chance.randint(0, len(content))
    content[place:place] = chance.randbytes(chance.randint(1, 6))


def _flip(content: bytearray, chance: random.Random, known: Sequence[bytes], pieces: Sequence[bytes]) -> None:
    if content:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def _remove(content: bytearray, chance: random.Random, known: Sequence[bytes], pieces: Sequence[bytes]) -> None:
    place = chance.randint(0, len(content))
    del content[place : place + chance.choice((1, 2, 8, 64))]


def _cut(content: bytearray, chance: random.Random, known: Sequence[bytes], pieces: Sequence[bytes]) -> None:
    del content[chance.randint(0, len(content)) :]


def _repeat(content: bytearray, chance: random.Random, known: Sequence[bytes], pieces: Sequence[bytes]) -> None:
    place = chance.randint(0, len(content))
    content[place:place] = content[place : place + chance.randint(1, 60)] * chance.choice((1, 1, 2, 50))


def _splice(content: bytearray, chance: random.Random, known: Sequence[bytes], pieces: Sequence[bytes]) -> None:
    other = chance.choice(known)
    place = chance.randint(0, len(content))
    content[place:] = other[chance.randint(0, len(other)) :]


_CHANGES: tuple[Callable[[bytearray, random.Random, Sequence[bytes], Sequence[bytes]], None], ...] = (
    _insert,
    _insert,
    _insert_anything,
    _flip,
    _remove,
    _cut,
    _repeat,
    _splice,
)
