"""`mlops workspace`: create, show, back up and restore a workspace; its settings."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mlops_desktop.cli.output import emit, json_option, say, size
from mlops_desktop.cli.session import Session, pass_session


@click.group()
def workspace() -> None:
    """The folder that holds registry, artifacts and runs."""


@workspace.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", help="Its name; else the folder's.")
@json_option
@pass_session
def create(session: Session, folder: Path, name: str | None, as_json: bool) -> None:
    """Make FOLDER a workspace, and use it from now on."""
    from mlops_desktop import bootstrap

    with bootstrap.create_workspace(folder, name, actor=session.actor) as made:
        for warning in bootstrap.folder_warnings(folder):
            click.echo(warning, err=True)
        if as_json:
            emit({"name": made.name, "folder": str(made.folder)})
        else:
            say(f"{made.name} is ready in {made.folder}")


@workspace.command()
@click.argument("folder", type=click.Path(path_type=Path))
def use(folder: Path) -> None:
    """Use the workspace in FOLDER when none is named."""
    from mlops_desktop import bootstrap

    bootstrap.remember_workspace(folder.absolute())
    say(f"Using {folder.absolute()}")


@workspace.command()
@json_option
@pass_session
def show(session: Session, as_json: bool) -> None:
    """Name, folder and size of the workspace in use."""
    opened = session.workspace
    taken, free = opened.disk()
    if as_json:
        emit({"name": opened.name, "folder": str(opened.folder), "bytes": taken, "free": free})
        return
    say(f"{opened.name} in {opened.folder}: {size(taken)}, {size(free)} free")


@workspace.command()
@click.argument("target", type=click.Path(path_type=Path))
@json_option
@pass_session
def backup(session: Session, target: Path, as_json: bool) -> None:
    """Write database, artifacts and bundles to TARGET, one zip file. Others may go on writing."""
    from mlops_desktop import bootstrap

    written = bootstrap.backup_workspace(session.workspace, target)
    if as_json:
        emit({"file": str(target), "bytes": written})
    else:
        say(f"Backed up to {target}: {size(written)}")


@workspace.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
@pass_session
def restore(session: Session, source: Path, folder: Path, as_json: bool) -> None:
    """Make the empty FOLDER a workspace again from the backup SOURCE; every file is checked by its hash."""
    from mlops_desktop import bootstrap

    missing = bootstrap.restore_workspace(source, folder, actor=session.actor)
    if as_json:
        emit({"folder": str(folder), "missing": missing})
        return
    say(f"Restored into {folder}")
    for line in missing:
        say(f"  missing: {line}")


@workspace.command()
@click.option("--from", "source", type=click.Path(path_type=Path), help="A copy; else the newest sound one in backups.")
@json_option
@pass_session
def recover(session: Session, source: Path | None, as_json: bool) -> None:
    """Put a damaged registry back from a sound copy. The damaged one is set aside, not deleted."""
    from mlops_desktop import bootstrap

    done = bootstrap.recover_workspace(session.folder, source, actor=session.actor)
    if as_json:
        emit(done)
        return
    say(f"The registry is back from {done.source.name}")
    if done.aside:
        say(f"  the damaged one lies in {done.aside}")
    if done.decisions_lost:
        say(f"  {done.decisions_lost} newer decisions are not in it; see: mlops audit")


@workspace.command()
@click.argument("key", required=False)
@click.argument("value", required=False)
@json_option
@pass_session
def setting(session: Session, key: str | None, value: str | None, as_json: bool) -> None:
    """Show the settings, or set KEY to VALUE (a JSON value)."""
    settings = session.workspace.settings
    if key is None:
        known = {name: settings.get(name) for name in settings.known}
    elif value is None:
        known = {key: settings.get(key)}
    else:
        try:
            parsed = json.loads(value)
        except ValueError:
            parsed = value
        known = {key: settings.set(key, parsed)}
    if as_json:
        emit(known)
        return
    for name, content in known.items():
        say(f"{name} = {json.dumps(content)}")
