"""`mlops experiments`: train, watch, compare, repeat."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_desktop.cli.output import NOTHING, emit, json_option, note, number, progress, say, say_log, table, when
from mlops_desktop.cli.run_lists import LIST_COMMANDS, SORT, WHERE, sort_keys
from mlops_desktop.cli.run_options import RUN_OPTIONS, pairs, run_request
from mlops_desktop.cli.run_setups import SETUP_COMMANDS, reasons
from mlops_desktop.cli.session import Session, pass_session
from mlops_desktop.domain.comparisons import chart_kinds
from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import (
    MetricSummary,
    Run,
    Task,
    main_metric,
)
from mlops_desktop.domain.measuring import full_words, short_words
from mlops_desktop.domain.thresholds import counts_at

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace


@click.group()
def experiments() -> None:
    """Questions, and the runs that try to answer them."""


for _listed in (*LIST_COMMANDS, *SETUP_COMMANDS):
    experiments.add_command(_listed)


@experiments.command()
@click.argument("dataset")
@click.argument("target")
@click.option("--wait/--no-wait", default=True, help="Wait until the runs are done.")
@json_option
@pass_session
def run(session: Session, /, dataset: str, target: str, wait: bool, as_json: bool, **options: Any) -> None:
    """Train on DATASET (such as flights or flights@v2) to predict TARGET, one run for each estimator."""
    workspace = session.workspace
    request = run_request(dataset, target, options)
    suggestion = workspace.experiments.suggest(request)
    if request.validation is None:
        for words in reasons(suggestion, request):
            note(words)
        if options["test_share"]:
            validation = dataclasses.replace(suggestion.validation, test_share=options["test_share"])
            request = dataclasses.replace(request, validation=validation)
    runs = workspace.experiments.start_runs(request)
    for item in runs[0].spec.left_out:
        note(f"left out {item.name}: {item.reason}")
    _finish(workspace, runs, wait, as_json)


for _option in reversed(RUN_OPTIONS):
    run = _option(run)


def _finish(workspace: Workspace, runs: Sequence[Run], wait: bool, as_json: bool) -> None:
    """Waits for the runs where asked to, and shows them; the first failure is raised after all have ended."""
    from mlops_desktop.domain.errors import UserError

    if not wait:
        emit(runs) if as_json else say("Queued: " + ", ".join(item.name for item in runs))
        return
    trouble: UserError | None = None
    for item in runs:
        with progress(f"{item.name} ({item.spec.estimator})") as show_progress:
            try:
                workspace.jobs.wait(item.job_id, show_progress)
            except UserError as error:
                trouble = trouble or error
                note(f"{item.name}: {error}")
    done = [workspace.experiments.run(item.id) for item in runs]
    if as_json:
        emit(done)
    else:
        _show_runs(done)
    if trouble:
        raise trouble


@experiments.command(name="list")
@click.argument("experiment", required=False)
@WHERE
@SORT
@click.option("--view", help="The saved view with this name: its filter and order.")
@click.option("--limit", default=50, show_default=True, help="How many of them; without --sort the newest.")
@json_option
@pass_session
def list_runs(
    session: Session,
    experiment: str | None,
    where: str,
    sorts: tuple[str, ...],
    view: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """The experiments; with EXPERIMENT, --where, --sort or --view, runs, newest first."""
    service = session.workspace.experiments
    if experiment is None and not (where or sorts or view):
        known = service.list()
        if as_json:
            emit(known)
        else:
            table(
                ["Experiment", "Runs", "Question", "Since"],
                [[e.name, str(e.run_count), e.question, when(e.created_at)] for e in known],
                right=["Runs"],
            )
        return
    keys = sort_keys(sorts)
    if view:
        saved = service.lists.view(view)
        where = f"({saved.where}) and ({where})" if saved.where and where else where or saved.where
        keys = keys or list(saved.sort)
    found = service.lists.find(experiment, where=where, sort=keys, limit=limit)
    runs = [service.run(one.id) for one in found]
    if as_json:
        emit(runs)
    else:
        _show_runs(runs, service.lists.best(experiment), {one.id for one in found if one.cancelling})


def _show_runs(
    runs: Sequence[Run], best: Mapping[str, Container[str]] | None = None, cancelling: Container[str] = ()
) -> None:
    """`best` are the ids of the best runs by metric, each among those that can be compared."""
    best = best or {}
    tasks = {item.spec.task for item in runs}
    keys = list(dict.fromkeys(metric.key for item in runs for metric in item.metrics))
    leading = [main_metric(task) for task in Task if task in tasks]
    shown = [*[key for key in leading if key in keys], *[key for key in keys if key not in leading]][:5]
    table(
        ["Status", "Run", "Estimator", "Dataset", "Validation", *shown, "Started"],
        [
            [
                "cancelling" if item.id in cancelling else item.status.value,
                item.name,
                item.spec.estimator,
                item.dataset_reference,
                short_words(item.spec.validation),
                *[_metric(item.metric(key)) + (" *" if item.id in best.get(key, ()) else "") for key in shown],
                when(item.started_at),
            ]
            for item in runs
        ],
        right=shown,
    )
    if any(item.id in best.get(key, ()) for item in runs for key in shown):
        say("* best of those on the same dataset that were validated in the same way")


def _metric(metric: MetricSummary | None) -> str:
    if metric is None:
        return NOTHING
    spread = f" ± {number(metric.std)}" if metric.std is not None else ""
    return number(metric.mean) + spread


@experiments.command()
@click.argument("name")
@click.option("--evaluation", is_flag=True, help="Also curves, matrices and importance (JSON only).")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Say what a binary run would answer from there on.")
@json_option
@pass_session
def show(session: Session, name: str, evaluation: bool, threshold: float | None, as_json: bool) -> None:
    """Everything known of the run NAME."""
    service = session.workspace.experiments
    found = service.run(name)
    if threshold is not None:
        _show_threshold(found, service.evaluation(name), threshold, as_json)
        return
    if as_json:
        emit({"run": found, "evaluation": service.evaluation(name)} if evaluation else found)
        return
    say(f"{found.name}: {found.status.value}, {found.spec.estimator} on {found.dataset_reference}")
    say(f"target {found.spec.target} ({found.spec.task.value}), checked on {full_words(found.spec.validation)}")
    around = service.context(name)
    if around.place:
        apart = f"; {around.apart} more cannot be compared with it" if around.apart else ""
        say(f"number {around.place} of {around.count} by {around.metric} in {found.experiment_name}{apart}")
    for version in around.registered:
        say(f"registered as {version.reference}" + (f" ({', '.join(version.aliases)})" if version.aliases else ""))
    if around.origin:
        say(f"repeats {around.origin}")
    if found.failure:
        say(f"{found.failure.message} {found.failure.hint} ({found.failure.code})")
    table(
        ["Metric", "Mean", "± sd", "Test part"],
        [[m.key, number(m.mean), number(m.std), number(m.test)] for m in found.metrics],
        right=["Mean", "± sd", "Test part"],
    )
    if found.bundle_hash:
        say("The model to register is refitted on all rows outside the test part.")
    for key, value in found.spec.params.items():
        say(f"  {key} = {value}")
    say("learns from " + ", ".join(feature.name for feature in found.spec.features))
    for item in found.spec.left_out:
        say(f"left out {item.name}: {item.reason}")


def _show_threshold(found: Run, evaluation: Mapping[str, Any], threshold: float, as_json: bool) -> None:
    if found.spec.task is not Task.BINARY:
        raise InvalidInputError(
            f"{found.name} has no threshold: its task is {found.spec.task.value}.", hint="Leave --threshold out."
        )
    labels, counts = evaluation["confusion"]["labels"], counts_at(evaluation, threshold)
    if as_json:
        emit({"run": found.name, "threshold": threshold, "labels": labels, "counts": counts})
        return
    say(f"{found.name}: {found.spec.positive_label} from a probability of {threshold:g} on")
    rows = [[f"is {label}", *map(str, row)] for label, row in zip(labels, counts, strict=True)]
    table(["", *(f"said {label}" for label in labels)], rows, right=[f"said {label}" for label in labels])


@experiments.command()
@click.argument("name")
@json_option
@pass_session
def files(session: Session, name: str, as_json: bool) -> None:
    """The files that the finished run NAME would register, checked."""
    contents = session.workspace.experiments.bundle(name)
    if as_json:
        emit(contents)
        return
    table(
        ["File", "Bytes", "SHA-256"],
        [[file.name, f"{file.size:,}", file.sha256] for file in contents.files],
        right=["Bytes"],
    )


@experiments.command()
@click.argument("name")
@pass_session
def log(session: Session, name: str) -> None:
    """The log of the run NAME."""
    say_log(session.workspace.experiments.log(name))


@experiments.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--charts", type=click.Path(path_type=Path), help="Write PNG and SVG charts into this folder.")
@click.option("--metric", help="The metric of the metrics chart; else the task's main one.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@json_option
@pass_session
def compare(
    session: Session, names: tuple[str, ...], charts: Path | None, metric: str | None, theme: str, as_json: bool
) -> None:
    """Runs NAMES (or all runs of an experiment) side by side; with --charts, as pictures too."""
    service = session.workspace.experiments
    known = {experiment.name for experiment in service.list()}
    chosen = [item.name for item in service.runs(names[0])] if len(names) == 1 and names[0] in known else list(names)
    comparison = service.compare(chosen)
    files: list[Path] = []
    if charts:
        charts.mkdir(parents=True, exist_ok=True)
        for kind in chart_kinds(comparison.runs):
            drawn, sentence = service.chart(kind, chosen, charts, metric=metric, theme=theme)
            files.extend(drawn)
            note(sentence)
    if as_json:
        emit(
            {
                "runs": [item.name for item in comparison.runs],
                "metrics": comparison.metrics,
                "differences": comparison.differences,
                "equal": comparison.equal,
                "same": comparison.same,
                "warnings": comparison.warnings,
                "charts": [str(file) for file in files],
            }
        )
        return
    for warning in comparison.warnings:
        note(warning)
    head = [item.name for item in comparison.runs]
    table(
        ["Metric", *head],
        [
            [row.key, *[_metric(value) + (" *" if index == row.best else "") for index, value in enumerate(row.values)]]
            for row in comparison.metrics
        ],
        right=head,
    )
    has_best = any(row.best is not None for row in comparison.metrics)
    say(f"{'* best' if has_best else 'None is called best'}. {comparison.equal} settings are equal; these differ:")
    table(["Setting", *head], [[row.name, *row.values] for row in comparison.differences])
    for file in files:
        say(f"wrote {file}")


@experiments.command()
@click.argument("name")
@pass_session
def cancel(session: Session, name: str) -> None:
    """Ask the run NAME to stop."""
    found = session.workspace.experiments.cancel(name)
    say(f"{found.name} had already ended" if found.status.is_ended else f"Cancelling {found.name}")


@experiments.command()
@click.argument("name")
@click.option("--param", "-p", "params", multiple=True, help="NAME=VALUE: change this parameter. May be repeated.")
@click.option("--estimator", "-e", help="Another estimator, with its defaults.")
@click.option("--seed", type=int)
@click.option("--validated-as", metavar="RUN", help="Validate it as RUN was, so that the two can be compared.")
@click.option("--wait/--no-wait", default=True, help="Wait until it is done.")
@json_option
@pass_session
def rerun(
    session: Session,
    name: str,
    params: tuple[str, ...],
    estimator: str | None,
    seed: int | None,
    validated_as: str | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Do the run NAME again, as it was or with changes."""
    changes: dict[str, Any] = {}
    if estimator:
        changes["estimator"] = estimator
    if seed is not None:
        changes["seed"] = seed
    if validated_as:
        changes["validation"] = session.workspace.experiments.run(validated_as).spec.validation
    again = session.workspace.experiments.rerun(name, params=pairs(params, "--param"), **changes)
    _finish(session.workspace, [again], wait, as_json)


@experiments.command()
@click.argument("name")
@click.option("--notes")
@click.option("--tag", "tags", multiple=True, help="Add this tag. May be repeated.")
@click.option("--untag", "untags", multiple=True, help="Take this tag away. May be repeated.")
@pass_session
def annotate(session: Session, name: str, notes: str | None, tags: tuple[str, ...], untags: tuple[str, ...]) -> None:
    """Set the notes of the run NAME, add and take away tags."""
    found = session.workspace.experiments.annotate(name, notes=notes, add_tags=tags, remove_tags=untags)
    say(f"{found.name}: {', '.join(found.tags) or 'no tags'}")
