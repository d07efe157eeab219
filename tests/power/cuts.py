"""What a disk may hold when the power went: of what was not made durable any part, the rest as it was recorded.

What was written to a file before its last fsync is there; of what came later any writes are, some of them torn at a
sector. Names come in two ways, for file systems differ: *ordered*, where every fsync makes all earlier names durable
and of the later ones a beginning survives; and *strict*, where only an fsync of the folder makes its names durable and
of the others any survive. A rename is done or not done, never half.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.power.disk import Line

SECTOR = 512
TOP = 0
_NAMES = frozenset("CDRLU")


@dataclass(frozen=True)
class Event:
    """One call, with files and folders numbered, for inodes are used again."""

    line: Line
    node: int
    folder: int
    other_folder: int

    @property
    def folder_of_name(self) -> int:
        """The folder whose fsync makes the change of names durable."""
        return self.other_folder if self.line.kind in "RL" else self.folder


@dataclass
class Contents:
    """Files and folders by their numbers."""

    folders: dict[int, dict[str, int]] = field(default_factory=lambda: {TOP: {}})
    files: dict[int, bytearray] = field(default_factory=dict)

    def write_to(self, target: Path, node: int = TOP) -> None:
        """Makes `target`, which must be new, the folder `node`."""
        target.mkdir()
        for name, below in self.folders[node].items():
            if below in self.folders:
                self.write_to(target / name, below)
            else:
                (target / name).write_bytes(self.files.get(below, b""))

    def apply(self, event: Event) -> None:
        line = event.line
        entries = self.folders.setdefault(event.folder, {}) if line.kind in "CDRU" else {}
        if line.kind == "C":
            entries[line.name] = event.node
        elif line.kind == "D":
            entries[line.name] = event.node
            self.folders.setdefault(event.node, {})
        elif line.kind == "U":
            entries.pop(line.name, None)
        elif line.kind == "L":
            self.folders.setdefault(event.other_folder, {})[line.other] = event.node
        elif line.kind == "R":
            if entries.get(line.name) == event.node:
                del entries[line.name]
            self.folders.setdefault(event.other_folder, {})[line.other] = event.node

    def write(self, event: Event, length: int) -> None:
        """The first `length` bytes of what was written, or the new size."""
        content = self.files.setdefault(event.node, bytearray())
        offset = event.line.offset
        if event.line.kind == "T":
            del content[offset:]
            content.extend(bytes(offset - len(content)))
            return
        content.extend(bytes(max(0, offset + length - len(content))))
        content[offset : offset + length] = event.line.data[:length]


class Recording:
    """Everything that was done, from an empty folder on."""

    def __init__(self, lines: Sequence[Line], top: int) -> None:
        """`top` is the inode of the folder that was recorded."""
        self.events: list[Event] = []
        self.marks: list[tuple[int, str]] = []
        """Each with the number of events before it."""
        nodes = {0: TOP, top: TOP}
        now = Contents()
        for line in lines:
            if line.kind == "M":
                self.marks.append((len(self.events), line.data.decode()))
                continue
            if line.kind in "CD":
                nodes[line.inode] = len(self.events) + 1
            folder, other_folder = nodes[line.folder], nodes[line.other_folder]
            node = now.folders[folder][line.name] if line.kind == "R" else nodes[line.inode]
            self.events.append(Event(line, node, folder, other_folder))
            now.apply(self.events[-1])

    def syncs_of(self, name: str) -> list[int]:
        """The positions after each fsync of a file that was made under this name."""
        nodes = {event.node for event in self.events if event.line.kind == "C" and event.line.name == name}
        return [
            number + 1 for number, event in enumerate(self.events) if event.line.kind == "S" and event.node in nodes
        ]

    def whole(self) -> Contents:
        """Without any cut."""
        contents = Contents()
        for event in self.events:
            contents.apply(event)
            if event.line.kind in "WT":
                contents.write(event, len(event.line.data))
        return contents

    def cut(self, position: int, dice: random.Random, *, strict: bool) -> Contents:
        """What may be there when the power went after this many events."""
        done = self.events[:position]
        synced: dict[int, int] = {}
        for number, event in enumerate(done):
            if event.line.kind == "S":
                synced[event.node] = number
        lost = self._lost_names(done, synced, dice, strict=strict)
        contents = Contents()
        for number, event in enumerate(done):
            if event.line.kind in _NAMES:
                if number not in lost:
                    contents.apply(event)
            elif event.line.kind in "WT":
                length = len(event.line.data)
                if number > synced.get(event.node, -1):
                    chance = dice.random()
                    if chance < 0.5:
                        continue
                    if chance < 0.6 and length > SECTOR:
                        length = SECTOR * dice.randrange(length // SECTOR + 1)
                contents.write(event, length)
        return contents

    def _lost_names(
        self, done: Sequence[Event], synced: dict[int, int], dice: random.Random, *, strict: bool
    ) -> set[int]:
        changes = [number for number, event in enumerate(done) if event.line.kind in _NAMES]
        if strict:
            loose = [number for number in changes if number > synced.get(done[number].folder_of_name, -1)]
            return {number for number in loose if dice.random() < 0.5}
        last = max(synced.values(), default=-1)
        loose = [number for number in changes if number > last]
        return set(loose[dice.randint(0, len(loose)) :])
