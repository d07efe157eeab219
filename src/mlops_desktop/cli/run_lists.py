"""`mlops experiments tag | export | views`: what is done to whole lists of runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_desktop.cli.output import NOTHING, count, emit, json_option, say, table
from mlops_desktop.cli.session import Session, pass_session

if TYPE_CHECKING:
    from mlops_desktop.domain.run_selection import SortKey

WHERE = click.option("--where", default="", help="Only runs for which this holds, as: roc_auc > 0.7 and tag:best")
SORT = click.option("--sort", "sorts", multiple=True, help="A field; with a minus in front the largest first. Repeat.")


def sort_keys(sorts: Sequence[str]) -> list[SortKey]:
    """`-roc_auc` means the largest first."""
    from mlops_desktop.domain.run_selection import SortKey

    return [SortKey(text.removeprefix("-"), text.startswith("-")) for text in sorts]


@click.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--add", "added", multiple=True, help="Add this tag. May be repeated.")
@click.option("--remove", "removed", multiple=True, help="Take this tag away. May be repeated.")
@pass_session
def tag(session: Session, names: tuple[str, ...], added: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """Add tags to the runs NAMES and take tags away, in all of them or none."""
    changed = session.workspace.experiments.lists.tag(names, add=added, remove=removed)
    say(f"Changed: {', '.join(changed)}" if changed else "Nothing to change.")


@click.command()
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("experiment", required=False)
@WHERE
@SORT
@pass_session
def export(session: Session, target: Path, experiment: str | None, where: str, sorts: tuple[str, ...]) -> None:
    """Write runs as CSV into FILE: all, those of EXPERIMENT, or those that --where leaves."""
    lists = session.workspace.experiments.lists
    found = lists.find(experiment, where=where, sort=sort_keys(sorts))
    written = lists.export(target, [run.name for run in found])
    say(f"Wrote {count(written)} {'run' if written == 1 else 'runs'} to {target}")


@click.group()
def views() -> None:
    """Saved views of the runs: a filter, columns and an order under a name."""


@views.command(name="list")
@json_option
@pass_session
def list_views(session: Session, as_json: bool) -> None:
    """The saved views."""
    known = session.workspace.experiments.lists.views()
    if as_json:
        emit(known)
        return
    table(
        ["View", "Where", "Sorted by", "Columns"],
        [
            [
                view.name,
                view.where or NOTHING,
                ", ".join(("-" if key.descending else "") + key.field for key in view.sort) or NOTHING,
                ", ".join(view.columns) or "the usual",
            ]
            for view in known
        ],
    )


@views.command()
@click.argument("name")
@WHERE
@SORT
@click.option("--column", "columns", multiple=True, help="A column, as metric:roc_auc or param:C. Repeat.")
@pass_session
def save(session: Session, name: str, where: str, sorts: tuple[str, ...], columns: tuple[str, ...]) -> None:
    """Save a view as NAME, in place of one of the same name."""
    from mlops_desktop.domain.run_views import RunView

    lists = session.workspace.experiments.lists
    lists.find(where=where, sort=sort_keys(sorts), limit=0)  # says what is wrong with them
    view = lists.save_view(RunView(name, where, columns, tuple(sort_keys(sorts))))
    say(f"Saved the view {view.name}. Use it: mlops experiments list --view '{view.name}'")


@views.command()
@click.argument("name")
@pass_session
def remove(session: Session, name: str) -> None:
    """Remove the view NAME. No run is touched."""
    session.workspace.experiments.lists.remove_view(name)
    say(f"Removed the view {name}")


LIST_COMMANDS = (tag, export, views)
