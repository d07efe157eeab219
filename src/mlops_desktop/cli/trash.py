"""`mlops trash`: what was put away, how it comes back, how it is erased."""

from __future__ import annotations

import click

from mlops_desktop.cli.output import emit, json_option, say, size, table, when
from mlops_desktop.cli.session import Session, pass_session

KINDS = ["dataset", "experiment", "run", "model", "endpoint"]


@click.group()
def trash() -> None:
    """Put away, bring back, erase."""


@trash.command(name="list")
@json_option
@pass_session
def list_trash(session: Session, as_json: bool) -> None:
    """What is in the trash, newest first."""
    items = session.workspace.trash.list()
    if as_json:
        emit(items)
        return
    table(["Kind", "Name", "Since"], [[item.kind.value, item.name, when(item.trashed_at)] for item in items])


@trash.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("names", nargs=-1, required=True)
@pass_session
def put(session: Session, kind: str, names: tuple[str, ...]) -> None:
    """Move NAMES of a KIND to the trash."""
    from mlops_desktop.services.trash import Kind

    session.workspace.trash.put(Kind(kind), names)
    say(f"In the trash: {', '.join(names)}. Undo: mlops trash restore {kind} {' '.join(names)}")


@trash.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("names", nargs=-1, required=True)
@pass_session
def restore(session: Session, kind: str, names: tuple[str, ...]) -> None:
    """Take NAMES of a KIND out of the trash."""
    from mlops_desktop.services.trash import Kind

    session.workspace.trash.restore(Kind(kind), names)
    say(f"Restored: {', '.join(names)}")


@trash.command()
@click.argument("kind", type=click.Choice(KINDS), required=False)
@click.argument("names", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_session
def purge(session: Session, kind: str | None, names: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Erase for good: all of the trash, one KIND, or NAMES of a KIND."""
    from mlops_desktop.services.trash import Kind

    if not yes:
        click.confirm("This erases for good what only these things use. Go on?", abort=True, err=True)
    done = session.workspace.trash.purge(Kind(kind) if kind else None, names or None)
    if as_json:
        emit(done)
    else:
        say(f"Erased {done.items} things, {done.files} files, {size(done.size)}")
