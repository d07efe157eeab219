"""How commands speak: tables and sentences for people, JSON for machines, a bar while something runs."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mlops_desktop.domain.plain import to_plain

if TYPE_CHECKING:
    from mlops_desktop.domain.jobs import Job

F = TypeVar("F", bound=Callable[..., Any])

NOTHING = "—"


def json_option(command: F) -> F:
    """`--json`: the answer as one JSON value on standard output, nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(command)


def emit(value: object) -> None:
    """One JSON value on standard output."""
    click.echo(json.dumps(to_plain(value), ensure_ascii=False, indent=2))


def say(text: str) -> None:
    click.echo(text)


def note(text: str) -> None:
    """Something beside the answer: on standard error, so that the answer can be piped."""
    click.echo(text, err=True)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """A table for people; `right` names the columns that hold numbers. Foreign text is printed as it is."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=200)
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in head:
        drawn.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(printable(cell)) for cell in row))
    console.print(drawn)


def printable(text: str) -> str:
    """The text on one line, with control characters made visible: a name cannot move the cursor."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def say_log(lines: Iterable[str]) -> None:
    """A worker's words, line by line: it may have written anything."""
    for line in lines:
        for part in line.splitlines():
            say(printable(part))


def number(value: float | None, digits: int = 4) -> str:
    if value is None:
        return NOTHING
    if math.isnan(value):
        return "NaN"
    return f"{value:.{digits}f}".replace("-", "−")


def count(value: int) -> str:
    return f"{value:,}"


def size(value: int) -> str:
    amount = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def when(value: datetime | None) -> str:
    return value.astimezone().strftime("%Y-%m-%d %H:%M:%S") if value else NOTHING


@contextlib.contextmanager
def progress(title: str) -> Iterator[Callable[[Job], None]]:
    """A bar on standard error while a job goes on; on a pipe nothing but the notes that change."""
    if not sys.stderr.isatty():
        yield _quiet(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0, note="")

        def show(job: Job) -> None:
            bar.update(task, completed=job.progress or 0.0, note=printable(job.note)[:60])

        yield show


def _quiet(title: str) -> Callable[[Job], None]:
    said: set[str] = set()

    def show(job: Job) -> None:
        if job.note and job.note not in said:
            said.add(job.note)
            note(f"{title}: {printable(job.note)}")

    return show
