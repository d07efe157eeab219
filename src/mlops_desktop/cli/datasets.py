"""`mlops datasets`: import, look at, compare and score tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_desktop.cli.output import (
    NOTHING,
    count,
    emit,
    json_option,
    note,
    number,
    printable,
    progress,
    say,
    size,
    table,
    when,
)
from mlops_desktop.cli.session import Session, pass_session
from mlops_desktop.domain.datasets import ColumnType, Misfits
from mlops_desktop.domain.errors import NotFoundError, UnreadableTableError
from mlops_desktop.domain.names import name_of_file

if TYPE_CHECKING:
    from mlops_desktop.domain.datasets import ColumnProfile, DatasetVersion, Finding, ReadAnswers, VersionDifference
    from mlops_desktop.domain.previews import Recipe
    from mlops_desktop.services.workspace import Workspace


@click.group()
def datasets() -> None:
    """Named tables and their immutable versions."""


def _answers(said: Mapping[str, Any]) -> ReadAnswers:
    """The options of `_reading` as answers; what was not said is detected."""
    from mlops_desktop.domain.datasets import ReadAnswers

    delimiter, types, misfits = said["delimiter"], said["types"], said["misfits"]
    return ReadAnswers(
        delimiter={"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter) if delimiter else None,
        encoding=said["encoding"],
        decimal=said["decimal"],
        header=said["header"],
        quote={None: None, "none": "", "double": '"', "single": "'"}[said["quote"]],
        empty_values=said["empty"] or None,
        column_types={name: ColumnType(kind) for name, kind in _pairs(types, ColumnType, "--type", "TYPE")},
        misfits={name: Misfits(what) for name, what in _pairs(misfits, Misfits, "--misfits", "WHAT")},
        columns_left_out=said["leave_out"],
        ragged_left_out=said["leave_ragged_out"],
        lines_left_out=said["leave_line_out"],
    )


def _pairs(texts: Sequence[str], known: Iterable[str], option: str, what: str) -> Iterator[tuple[str, str]]:
    """COLUMN=VALUE, where the value is one that is known."""
    for text in texts:
        name, mark, value = text.rpartition("=")
        if not mark or value not in set(known):
            raise click.BadParameter(
                f"{text!r}: write COLUMN={what}, where {what} is one of {', '.join(known)}.", param_hint=option
            )
        yield name, value


_reading = [
    click.option("--delimiter", help="The character between fields; \\t for a tab. Else detected."),
    click.option("--encoding", help="Such as utf-8 or cp1252. Else detected."),
    click.option("--decimal", type=click.Choice([".", ","]), help="The decimal sign. Else detected."),
    click.option("--header/--no-header", default=None, help="Whether the first row names the columns. Else detected."),
    click.option("--quote", type=click.Choice(["double", "single", "none"]), help="The quote sign. Else detected."),
    click.option("--empty", multiple=True, help="A text that is read as empty, such as NA. May be repeated."),
    click.option("--type", "types", multiple=True, help="COLUMN=TYPE: how a column is read. May be repeated."),
    click.option(
        "--misfits",
        multiple=True,
        help="COLUMN=empty or COLUMN=leave_out: what becomes of values that do not fit its --type. May be repeated.",
    ),
    click.option("--leave-out", multiple=True, help="A column that is not imported. May be repeated."),
    click.option("--leave-ragged-out", is_flag=True, help="Leave lines out that have another number of cells."),
    click.option("--leave-line-out", type=int, multiple=True, help="A line of the file to leave out. May be repeated."),
    click.option("--derive", multiple=True, help="A new column, such as 'late = arr_delay > 15'. May be repeated."),
]


@datasets.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="The dataset; else the file's name.")
@click.option("--as-before", is_flag=True, help="Read it by the recipe of the dataset: as its last version was read.")
@click.option("--target", help="The column to predict, for findings about columns that give it away.")
@click.option("--keep-recipe/--no-recipe", default=True, help="Whether the next file may be read --as-before.")
@click.option("--preview", is_flag=True, help="Only show how the file would be read; store nothing.")
@click.option("--wait/--no-wait", default=True, help="Wait until it is done.")
@json_option
@pass_session
def import_dataset(
    session: Session,
    /,
    file: Path,
    name: str | None,
    derive: tuple[str, ...],
    as_before: bool,
    target: str | None,
    keep_recipe: bool,
    preview: bool,
    wait: bool,
    as_json: bool,
    **reading: Any,
) -> None:
    """Import a CSV or TSV FILE (also .gz, or .zip with one member) as the next version of a dataset."""
    answers = _answers(reading)
    workspace = session.workspace
    name = name or name_of_file(file.name)
    if as_before:
        answers, derive, target = _by_recipe(workspace, name, answers, derive, target)
    if preview:
        _show_preview(workspace, file, answers, derive, as_json)
        return
    job = workspace.datasets.import_file(file, name, answers, derive, target, keep_recipe=keep_recipe)
    if not wait:
        emit(job) if as_json else say(f"Queued: {job.title} (job {job.id[:8]})")
        return
    with progress(job.title) as show:
        job = workspace.jobs.wait(job.id, show)
    version = workspace.datasets.version(str(job.result["dataset_version_id"]))
    assert version is not None
    if as_json:
        emit({"version": version, "unchanged": job.result["unchanged"]})
        return
    if job.result["unchanged"]:
        say(f"{file.name} is {version.reference} already; no new version was made.")
        return
    say(f"{version.reference}: {count(version.rows)} rows, {len(version.columns)} columns, {size(version.size)}")
    if version.difference:
        _show_difference(version.difference)
    _show_findings(version.findings)


for _option in reversed(_reading):
    import_dataset = _option(import_dataset)


def _by_recipe(
    workspace: Workspace, name: str, answers: ReadAnswers, derive: tuple[str, ...], target: str | None
) -> tuple[ReadAnswers, tuple[str, ...], str | None]:
    """What was not said is taken from the recipe."""
    recipe = workspace.datasets.recipe(name)
    if recipe is None:
        raise NotFoundError(f"{name} keeps no recipe.", hint="Import the file without --as-before.")
    said = {field.name: getattr(answers, field.name) for field in dataclasses.fields(answers)}
    known = recipe.answers
    types = {**known.column_types, **answers.column_types}
    misfits = {**known.misfits, **answers.misfits}
    new = dataclasses.replace(
        known, **{key: value for key, value in said.items() if value not in (None, (), {}, False)}
    )
    return (
        dataclasses.replace(new, column_types=types, misfits=misfits),
        (*recipe.derived, *derive),
        target or recipe.target,
    )


def _show_preview(workspace: Workspace, file: Path, answers: ReadAnswers, derive: Sequence[str], as_json: bool) -> None:
    try:
        preview = workspace.datasets.preview(file, answers, derive)
    except UnreadableTableError:
        _show_ways_out(workspace, file, answers)
        raise
    if as_json:
        emit(preview)
        return
    for what, sentence in preview.evidence.items():
        say(f"{what}: {sentence}")
    head = [f"{column.name} ({column.type})" for column in preview.columns]
    rows = [*preview.rows[:10], *preview.odd_rows[:10]]
    table(
        ["Row", *head],
        [[count(row.number), *(NOTHING if cell is None else cell for cell in row.cells)] for row in rows],
    )
    read = "rows" if preview.complete else "first rows were read; the file goes on"
    say(f"{count(preview.row_count)} {read}")
    if preview.left_out:
        say(f"{count(preview.left_out)} rows are left out")
    for item in preview.findings:
        say(f"  {item.finding.sentence}")


def _show_ways_out(workspace: Workspace, file: Path, answers: ReadAnswers) -> None:
    """Beside the error: the lines around the place, and what would do."""
    found = workspace.datasets.obstacle(file, answers)
    for line in found.lines if found else ():
        note(f"{'>' if line.is_wrong else ' '} {line.number:>9,}  {printable(line.text)}")
    for way in found.ways if found else ():
        note(f"  {way.caption}: {way.sentence}")


@datasets.command(name="list")
@json_option
@pass_session
def list_datasets(session: Session, as_json: bool) -> None:
    """Every dataset with its latest version."""
    found = session.workspace.datasets.list()
    if as_json:
        emit(found)
        return
    rows = []
    for dataset in found:
        latest = session.workspace.datasets.get(dataset.name) if dataset.latest_number else None
        rows.append(
            [
                dataset.name,
                f"v{dataset.latest_number}" if latest else NOTHING,
                count(latest.rows) if latest else NOTHING,
                count(len(latest.columns)) if latest else NOTHING,
                size(latest.size) if latest else NOTHING,
                when(latest.created_at if latest else dataset.created_at),
            ]
        )
    table(["Dataset", "Version", "Rows", "Columns", "Size", "Imported"], rows, right=["Rows", "Columns", "Size"])


@datasets.command()
@click.argument("reference")
@click.option("--rows", "row_count", default=0, help="Also show this many rows.")
@click.option("--from", "first", default=1, help="The first row to show, counted from 1.")
@click.option("--where", default="", help="Only rows for which this holds, such as \"origin == 'JFK' and temp < 32\".")
@click.option("--versions", is_flag=True, help="List the versions instead.")
@json_option
@pass_session
def show(
    session: Session, reference: str, row_count: int, first: int, where: str, versions: bool, as_json: bool
) -> None:
    """Columns, profile and findings of REFERENCE, such as flights or flights@v2."""
    service = session.workspace.datasets
    if versions:
        known = service.versions(reference.partition("@")[0])
        if as_json:
            emit(known)
        else:
            _show_versions(known)
        return
    version = service.get(reference)
    page = service.page(version, first - 1, row_count or 10, where=where) if row_count or where else None
    if as_json:
        emit({"version": version, "page": page} if page else version)
        return
    say(f"{version.reference}: {count(version.rows)} rows, {size(version.size)}, from {version.source.file_name}")
    table(
        ["Column", "Type", "Missing", "Distinct", "Min", "Mean", "Max", "Most frequent"],
        [_profile_row(profile) for profile in version.profiles],
        right=["Missing", "Distinct", "Min", "Mean", "Max"],
    )
    _show_findings(service.findings(version.reference))
    if page:
        table([c["name"] for c in page.columns], [[NOTHING if x is None else str(x) for x in row] for row in page.rows])
        if where:
            note(f"{count(page.total)} of {count(version.rows)} rows match")


def _show_versions(known: Sequence[DatasetVersion]) -> None:
    table(
        ["Version", "Rows", "Columns", "From", "Imported", "By"],
        [
            [f"v{v.number}", count(v.rows), str(len(v.columns)), v.source.file_name, when(v.created_at), v.created_by]
            for v in known
        ],
        right=["Rows", "Columns"],
    )


def _profile_row(profile: ColumnProfile) -> list[str]:
    top = profile.top_values[0] if profile.top_values else None
    digits = 0 if profile.type is ColumnType.INTEGER else 2
    return [
        profile.name,
        profile.type.value,
        count(profile.missing),
        count(profile.distinct),
        profile.first or number(profile.minimum, digits),
        number(profile.mean, 2),
        profile.last or number(profile.maximum, digits),
        f"{top.value} ({count(top.count)})" if top else NOTHING,
    ]


def _show_findings(findings: Sequence[Finding]) -> None:
    for finding in findings:
        mark = "!" if finding.severity.value == "warning" else "·"
        say(f"  {mark} {finding.sentence}")


@datasets.command()
@click.argument("reference")
@json_option
@pass_session
def uses(session: Session, reference: str, as_json: bool) -> None:
    """The runs that learnt from REFERENCE, such as flights@v2, and the model versions made of them."""
    found = session.workspace.datasets.uses(reference)
    if as_json:
        emit(found)
        return
    registered = {version.run_id: version.reference for version in found.model_versions}
    table(
        ["Run", "Status", "Experiment", "Target", "Registered as"],
        [
            [run.name, run.status.value, run.experiment_name, run.spec.target, registered.get(run.id, NOTHING)]
            for run in found.runs
        ],
    )
    for finding in found.leakage:
        say(f"  ! {finding.sentence}")


@datasets.command()
@click.argument("name")
@json_option
@pass_session
def recipe(session: Session, name: str, as_json: bool) -> None:
    """How the next file of the dataset NAME is read with `import --as-before`."""
    found = session.workspace.datasets.recipe(name)
    if as_json:
        emit(found)
    elif found is None:
        say(f"{name} keeps no recipe.")
    else:
        _show_recipe(found)


def _show_recipe(found: Recipe) -> None:
    answers = found.answers
    say(
        f"As {found.reference} was read: delimiter {answers.delimiter!r}, {answers.encoding}, decimal {answers.decimal}"
    )
    for name, kind in answers.column_types.items():
        misfits = answers.misfits.get(name)
        say(f"  {printable(name)}: {kind.value}{f', misfits: {misfits.value}' if misfits else ''}")
    for name in answers.columns_left_out:
        say(f"  {printable(name)}: left out")
    for text in found.derived:
        say(f"  {text}")
    if found.target:
        say(f"target: {found.target}")


@datasets.command()
@click.argument("before")
@click.argument("after")
@json_option
@pass_session
def diff(session: Session, before: str, after: str, as_json: bool) -> None:
    """What changed from version BEFORE to version AFTER, such as flights@v1 flights@v2."""
    difference = session.workspace.datasets.diff(before, after)
    if as_json:
        emit(difference)
    else:
        _show_difference(difference)


def _show_difference(difference: VersionDifference) -> None:
    say(
        f"Against v{difference.before_number}: {count(difference.rows_before)} rows before, "
        f"{count(difference.rows_after)} now, {count(difference.rows_in_both)} in both"
    )
    for column in difference.columns:
        detail = f": {column.before} → {column.after}" if column.before or column.after else ""
        say(f"  {column.change} {column.name}{detail}")


@datasets.command()
@click.argument("model")
@click.argument("what")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="Where the scored table goes.")
@json_option
@pass_session
def score(session: Session, model: str, what: str, target: Path, as_json: bool) -> None:
    """Let MODEL (such as flight-late@champion) predict every row of WHAT: a dataset version, or a file."""
    workspace = session.workspace
    file = Path(what)
    is_file = file.is_file()
    job = workspace.datasets.score(
        model,
        dataset=None if is_file else what,
        file=file if is_file else None,
        parquet=target.suffix.lower() == ".parquet",
    )
    with progress(job.title) as show_progress:
        job = workspace.jobs.wait(job.id, show_progress)
    workspace.datasets.save_scores(job, target.expanduser().absolute())
    if as_json:
        emit({"file": str(target), "rows": job.result["rows"]})
    else:
        say(f"{count(int(str(job.result['rows'])))} rows scored into {target}")


@datasets.command()
@click.argument("name")
@click.argument("new_name")
@pass_session
def rename(session: Session, name: str, new_name: str) -> None:
    """Call the dataset NAME NEW_NAME from now on."""
    session.workspace.datasets.rename(name, new_name)
    note(f"{name} is now {new_name}")
