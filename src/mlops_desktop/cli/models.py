"""`mlops models`: register, alias, list, carry in and out."""

from __future__ import annotations

from pathlib import Path

import click

from mlops_desktop.cli.output import NOTHING, emit, json_option, note, number, say, size, table, when
from mlops_desktop.cli.session import Session, pass_session


@click.group()
def models() -> None:
    """Registered names and their immutable versions."""


@models.command()
@click.argument("run")
@click.argument("name")
@click.option("--description", default="", help="What the model is for.")
@click.option("--alias", help="Also move this alias to the new version.")
@json_option
@pass_session
def register(session: Session, run: str, name: str, description: str, alias: str | None, as_json: bool) -> None:
    """Make the finished RUN the next version of the model NAME."""
    service = session.workspace.models
    doubts = service.doubts(run, name)
    version = service.register(run, name, description=description, alias=alias)
    for words in doubts:
        note(words)
    if as_json:
        emit(version)
    else:
        say(f"{version.reference} is {version.run_name}, refitted on all rows outside the test part")


@models.command()
@click.argument("reference")
@click.argument("alias", required=False)
@click.option("--remove", is_flag=True, help="Take ALIAS away from the model.")
@click.option("--moves", is_flag=True, help="Show every move instead.")
@json_option
@pass_session
def alias(session: Session, reference: str, alias: str | None, remove: bool, moves: bool, as_json: bool) -> None:
    """Move ALIAS (such as champion) to the version REFERENCE (such as flight-late@v7)."""
    service = session.workspace.models
    if moves:
        known = service.alias_moves(reference.partition("@")[0])
        if as_json:
            emit(known)
            return
        table(
            ["When", "Alias", "From", "To", "By"],
            [
                [
                    when(m.moved_at),
                    m.alias,
                    f"v{m.from_number}" if m.from_number else NOTHING,
                    f"v{m.to_number}" if m.to_number else NOTHING,
                    m.moved_by,
                ]
                for m in known
            ],
        )
        return
    if alias is None:
        raise click.UsageError("Name the alias to move, or ask for --moves.")
    if remove:
        service.remove_alias(reference.partition("@")[0], alias)
        say(f"{alias} was taken away from {reference.partition('@')[0]}")
        return
    version = service.set_alias(reference, alias)
    if as_json:
        emit(version)
    else:
        say(f"{alias} is now {version.reference}")


@models.command(name="list")
@click.argument("name", required=False)
@json_option
@pass_session
def list_models(session: Session, name: str | None, as_json: bool) -> None:
    """The models; with NAME, its versions."""
    service = session.workspace.models
    if name is None:
        known = service.list()
        if as_json:
            emit(known)
            return
        table(
            ["Model", "Latest", "Aliases", "Since"],
            [
                [
                    m.name,
                    f"v{m.latest_number}",
                    ", ".join(f"{alias} v{number}" for alias, number in sorted(m.aliases.items())) or NOTHING,
                    when(m.created_at),
                ]
                for m in known
            ],
        )
        return
    versions = service.versions(name)
    if as_json:
        emit(versions)
        return
    table(
        ["Version", "Run", "Estimator", "Dataset", "Aliases", "Registered", "By"],
        [
            [
                f"v{v.number}",
                v.run_name,
                v.estimator,
                v.dataset_reference,
                ", ".join(v.aliases) or NOTHING,
                when(v.created_at),
                v.created_by,
            ]
            for v in versions
        ],
    )


@models.command()
@click.argument("reference")
@json_option
@pass_session
def show(session: Session, reference: str, as_json: bool) -> None:
    """Metrics, inputs and bundle of the version REFERENCE."""
    service = session.workspace.models
    version = service.get(reference)
    recipe = service.recipe(version.reference)
    if as_json:
        emit({"version": version, "recipe": recipe})
        return
    aliases = f" ({', '.join(version.aliases)})" if version.aliases else ""
    say(f"{version.reference}{aliases}: {version.estimator}, {version.task.value}, from {version.run_name}")
    say(f"bundle {version.manifest_hash}")
    table(
        ["Metric", "Mean", "± sd", "Test part"],
        [[m.key, number(m.mean), number(m.std), number(m.test)] for m in version.metrics],
        right=["Mean", "± sd", "Test part"],
    )
    table(
        ["Input", "Type", "Role"],
        [[str(c.get("name")), str(c.get("type")), str(c.get("role", ""))] for c in recipe.get("inputs", [])],
    )


@models.command()
@click.argument("name")
@click.argument("description")
@json_option
@pass_session
def describe(session: Session, name: str, description: str, as_json: bool) -> None:
    """Say what the model NAME is for, in place of what was said before."""
    model = session.workspace.models.describe(name, description)
    if as_json:
        emit(model)
    else:
        say(f"{model.name}: {model.description or 'no description'}")


@models.command()
@click.argument("reference")
@json_option
@pass_session
def bundle(session: Session, reference: str, as_json: bool) -> None:
    """Check the bundle of REFERENCE against its manifest and show its files, inputs, outputs and requirements."""
    contents = session.workspace.models.contents(reference)
    if as_json:
        emit(contents)
        return
    say(
        f"bundle {contents.manifest_hash}: {len(contents.files)} files, {size(contents.size)}, all as the manifest says"
    )
    fields = [*contents.inputs, *contents.outputs]
    table(
        ["Name", "Type", "Role", "Seen in training", "Example"],
        [[f.name, f.type, f.role, f.seen or NOTHING, f.example or NOTHING] for f in fields],
    )
    table(["File", "Size", "SHA-256"], [[f.name, size(f.size), f.sha256] for f in contents.files], right=["Size"])
    say("\n".join(contents.requirements))


@models.command()
@click.argument("reference")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@pass_session
def export(session: Session, reference: str, file: Path, as_json: bool) -> None:
    """Write the bundle of REFERENCE to FILE, one zip that other MLOps Desktops and MLflow can open."""
    written = session.workspace.models.export(reference, file.expanduser().absolute())
    if as_json:
        emit({"file": str(written)})
    else:
        say(f"Exported to {written}")


@models.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="The model; else the name in the file.")
@json_option
@pass_session
def import_model(session: Session, file: Path, name: str | None, as_json: bool) -> None:
    """Take in a bundle FILE as the next version of a model; it is checked and tried first."""
    version = session.workspace.models.import_file(file, name)
    if as_json:
        emit(version)
    else:
        say(f"{version.reference}: {version.estimator}, {version.task.value}")
