"""How long work on a host is told while it goes on: what is done, and how many bytes of how many."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from mlops_desktop.cli.output import note, printable, size

if TYPE_CHECKING:
    from rich.progress import Progress

_TENTHS = 10


class Telling(Protocol):
    def report(self, sentence: str, done: int, total: int) -> None:
        """What is being done, and how many bytes of how many; 0 where nobody knows."""
        ...

    def note(self, text: str) -> None:
        """Something that stays to be read."""
        ...


@contextlib.contextmanager
def telling(title: str) -> Iterator[Telling]:
    """A bar on standard error; on a pipe a line for each new thing, and one for every tenth of it."""
    if not sys.stderr.isatty():
        yield _Lines(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(title, bar)


class _Bar:
    def __init__(self, title: str, bar: Progress) -> None:
        self._title = title
        self._bar = bar
        self._sentence = ""

    def report(self, sentence: str, done: int, total: int) -> None:
        if sentence != self._sentence or not self._bar.tasks:
            self._end()
            self._bar.add_task(f"{self._title}: {printable(sentence)}"[:70], total=total or None, completed=done)
            self._sentence = sentence
            return
        self._bar.update(self._bar.task_ids[-1], completed=done, total=total or None)

    def note(self, text: str) -> None:
        self._end()
        self._bar.console.print(f"{self._title}: {printable(text)}", markup=False, highlight=False)

    def _end(self) -> None:
        for task in self._bar.task_ids:
            self._bar.remove_task(task)


class _Lines:
    def __init__(self, title: str) -> None:
        self._title = title
        self._said: tuple[str, int] = ("", 0)

    def report(self, sentence: str, done: int, total: int) -> None:
        tenth = done * _TENTHS // total if total else 0
        if (sentence, tenth) == self._said:
            return
        self._said = (sentence, tenth)
        amount = f" ({size(done)} of {size(total)})" if total else ""
        self.note(f"{sentence}{amount}")

    def note(self, text: str) -> None:
        note(f"{self._title}: {printable(text)}")
