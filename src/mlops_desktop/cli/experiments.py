"""`mlops experiments`: train, watch, compare, repeat."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_desktop.cli.output import NOTHING, emit, json_option, note, number, progress, say, table, when
from mlops_desktop.cli.session import Session, pass_session
from mlops_desktop.domain.experiments import (
    Imputation,
    MetricSummary,
    Preprocessing,
    Run,
    Scaling,
    Task,
    ThresholdRule,
    Validation,
    ValidationKind,
    main_metric,
)

if TYPE_CHECKING:
    from mlops_desktop.services.experiments import EstimatorChoice
    from mlops_desktop.services.workspace import Workspace


@click.group()
def experiments() -> None:
    """Questions, and the runs that try to answer them."""


def _pairs(texts: Sequence[str], option: str) -> dict[str, Any]:
    """NAME=VALUE texts; a value that is JSON is read as JSON, else it stays a text."""
    found: dict[str, Any] = {}
    for text in texts:
        name, mark, value = text.partition("=")
        if not mark or not name:
            raise click.BadParameter(f"{text!r}: write NAME=VALUE.", param_hint=option)
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _choices(estimators: Sequence[str], params: Sequence[str]) -> tuple[EstimatorChoice, ...]:
    """`--param max_iter=300` goes to every estimator, `--param RandomForest.max_depth=8` to that one."""
    from mlops_desktop.services.experiments import SUGGESTED_ESTIMATOR, EstimatorChoice

    names = list(estimators) or [SUGGESTED_ESTIMATOR]
    pairs = _pairs(params, "--param")
    choices = []
    for name in names:
        chosen = {}
        for key, value in pairs.items():
            owner, mark, param = key.partition(".")
            if not mark:
                chosen[key] = value
            elif owner == name:
                chosen[param] = value
        choices.append(EstimatorChoice(name, chosen))
    return tuple(choices)


_run_options = [
    click.option("--experiment", help="The experiment; else named after dataset and target."),
    click.option("--question", default="", help="What the experiment asks."),
    click.option("--estimator", "-e", "estimators", multiple=True, help="May be repeated: one run for each."),
    click.option("--param", "-p", "params", multiple=True, help="NAME=VALUE, or ESTIMATOR.NAME=VALUE."),
    click.option("--feature", "features", multiple=True, help="Learn from these columns only. May be repeated."),
    click.option("--without", multiple=True, help="Leave this column out. May be repeated."),
    click.option("--task", type=click.Choice(list(Task)), help="Else detected."),
    click.option("--positive", help="The label that counts as positive, for a binary target."),
    click.option("--class-weight", type=click.Choice(["balanced"]), help="Weigh rare classes more."),
    click.option("--imputation", type=click.Choice(list(Imputation)), default="median", show_default=True),
    click.option("--scaling", type=click.Choice(list(Scaling)), default="standard", show_default=True),
    click.option("--validation", type=click.Choice([kind.value for kind in ValidationKind]), help="Else suggested."),
    click.option("--folds", type=click.IntRange(2, 100), default=5, show_default=True),
    click.option("--share", type=click.FloatRange(0.01, 0.9), default=0.2, show_default=True, help="Of a holdout."),
    click.option("--by", "column", help="The time or group column of the validation."),
    click.option("--test", "test_share", type=click.FloatRange(0, 0.9), default=0.0, help="Never trained on."),
    click.option("--threshold", default="0.5", show_default=True, help="A number, best_f1 or balanced."),
    click.option("--seed", default=0, show_default=True),
    click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True),
    click.option("--tag", "tags", multiple=True),
    click.option("--notes", default=""),
]


@experiments.command()
@click.argument("dataset")
@click.argument("target")
@click.option("--wait/--no-wait", default=True, help="Wait until the runs are done.")
@json_option
@pass_session
def run(session: Session, /, dataset: str, target: str, wait: bool, as_json: bool, **options: Any) -> None:
    """Train on DATASET (such as flights or flights@v2) to predict TARGET, one run for each estimator."""
    from mlops_desktop.services.experiments import RunRequest

    rule, threshold = _threshold(options.pop("threshold"))
    validation = _validation(options)
    request = RunRequest(
        dataset=dataset,
        target=target,
        experiment=options["experiment"],
        question=options["question"],
        estimators=_choices(options["estimators"], options["params"]),
        features=options["features"] or None,
        without=options["without"],
        task=Task(options["task"]) if options["task"] else None,
        positive_label=options["positive"],
        class_weight=options["class_weight"],
        preprocessing=Preprocessing(Imputation(options["imputation"]), Scaling(options["scaling"])),
        validation=validation,
        threshold_rule=rule,
        threshold=threshold,
        seed=options["seed"],
        threads=options["threads"],
        tags=options["tags"],
        notes=options["notes"],
    )
    workspace = session.workspace
    runs = workspace.experiments.start_runs(request)
    for item in runs[0].spec.left_out:
        note(f"left out {item.name}: {item.reason}")
    _finish(workspace, runs, wait, as_json)


for _option in reversed(_run_options):
    run = _option(run)


def _threshold(text: str) -> tuple[ThresholdRule, float]:
    if text in (ThresholdRule.BEST_F1.value, ThresholdRule.BALANCED.value):
        return ThresholdRule(text), 0.5
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise click.BadParameter(f"{text!r} is no number from 0 to 1, best_f1 or balanced.", param_hint="--threshold")
    return ThresholdRule.FIXED, value


def _validation(options: dict[str, Any]) -> Validation | None:
    """None (as suggested) unless the person said anything about it."""
    kind = options["validation"]
    if kind is None and not options["test_share"] and not options["column"]:
        return None
    chosen = ValidationKind(kind) if kind else ValidationKind.K_FOLD
    return Validation(chosen, options["folds"], options["share"], options["test_share"], options["column"])


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
@click.option("--limit", default=50, show_default=True, help="How many of the newest runs.")
@json_option
@pass_session
def list_runs(session: Session, experiment: str | None, limit: int, as_json: bool) -> None:
    """The experiments; with EXPERIMENT, its runs, newest first."""
    service = session.workspace.experiments
    if experiment is None:
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
    runs = service.runs(experiment, limit=limit)
    if as_json:
        emit(runs)
    else:
        _show_runs(runs)


def _show_runs(runs: Sequence[Run]) -> None:
    tasks = {item.spec.task for item in runs}
    keys = list(dict.fromkeys(metric.key for item in runs for metric in item.metrics))
    leading = [main_metric(task) for task in Task if task in tasks]
    shown = [*[key for key in leading if key in keys], *[key for key in keys if key not in leading]][:5]
    table(
        ["Status", "Run", "Estimator", "Dataset", *shown, "Started"],
        [
            [
                item.status.value,
                item.name,
                item.spec.estimator,
                item.dataset_reference,
                *[_metric(item.metric(key)) for key in shown],
                when(item.started_at),
            ]
            for item in runs
        ],
        right=shown,
    )


def _metric(metric: MetricSummary | None) -> str:
    if metric is None:
        return NOTHING
    spread = f" ± {number(metric.std)}" if metric.std is not None else ""
    return number(metric.mean) + spread


@experiments.command()
@click.argument("name")
@click.option("--evaluation", is_flag=True, help="Also curves, matrices and importance (JSON only).")
@json_option
@pass_session
def show(session: Session, name: str, evaluation: bool, as_json: bool) -> None:
    """Everything known of the run NAME."""
    service = session.workspace.experiments
    found = service.run(name)
    if as_json:
        emit({"run": found, "evaluation": service.evaluation(name)} if evaluation else found)
        return
    say(f"{found.name}: {found.status.value}, {found.spec.estimator} on {found.dataset_reference}")
    say(f"target {found.spec.target} ({found.spec.task.value}), validation {found.spec.validation.kind.value}")
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


@experiments.command()
@click.argument("name")
@pass_session
def log(session: Session, name: str) -> None:
    """The log of the run NAME."""
    for line in session.workspace.experiments.log(name):
        say(line)


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
        for kind in _chart_kinds(comparison.runs):
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
                "charts": [str(file) for file in files],
            }
        )
        return
    head = [item.name for item in comparison.runs]
    table(
        ["Metric", *head],
        [
            [row.key, *[_metric(value) + (" *" if index == row.best else "") for index, value in enumerate(row.values)]]
            for row in comparison.metrics
        ],
        right=head,
    )
    say(f"* best. {comparison.equal} settings are equal; these differ:")
    table(["Setting", *head], [[row.name, *row.values] for row in comparison.differences])
    for file in files:
        say(f"wrote {file}")


def _chart_kinds(runs: Sequence[Run]) -> list[str]:
    tasks = {item.spec.task for item in runs}
    if tasks == {Task.BINARY}:
        return ["metrics", "roc", "pr", "calibration", "confusion", "importance"]
    if tasks == {Task.MULTICLASS}:
        return ["metrics", "confusion", "importance"]
    if tasks == {Task.REGRESSION}:
        return ["metrics", "residuals", "importance"]
    return ["metrics"]


@experiments.command()
@click.argument("name")
@pass_session
def cancel(session: Session, name: str) -> None:
    """Ask the run NAME to stop."""
    found = session.workspace.experiments.cancel(name)
    say(f"Cancelling {found.name}")


@experiments.command()
@click.argument("name")
@click.option("--param", "-p", "params", multiple=True, help="NAME=VALUE: change this parameter. May be repeated.")
@click.option("--estimator", "-e", help="Another estimator, with its defaults.")
@click.option("--seed", type=int)
@click.option("--wait/--no-wait", default=True, help="Wait until it is done.")
@json_option
@pass_session
def rerun(
    session: Session,
    name: str,
    params: tuple[str, ...],
    estimator: str | None,
    seed: int | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Do the run NAME again, as it was or with changes."""
    changes: dict[str, Any] = {}
    if estimator:
        changes["estimator"] = estimator
    if seed is not None:
        changes["seed"] = seed
    again = session.workspace.experiments.rerun(name, params=_pairs(params, "--param"), **changes)
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


@experiments.command()
@click.argument("task", type=click.Choice(list(Task)))
@click.argument("estimator", required=False)
@json_option
@pass_session
def estimators(session: Session, task: str, estimator: str | None, as_json: bool) -> None:
    """The estimators for a TASK; with ESTIMATOR, its parameters and what they may be."""
    service = session.workspace.experiments
    if estimator is None:
        known = service.estimators(Task(task))
        if as_json:
            emit(known)
        else:
            table(["Estimator", "Family", "In a sentence"], [[e["name"], e["family"], e["sentence"]] for e in known])
        return
    fields = service.parameter_form(Task(task), estimator)
    if as_json:
        emit(fields)
        return
    table(
        ["Parameter", "Default", "Allowed", "Meaning"],
        [[f["name"], str(f["default"]), _allowed(f["kinds"]), str(f.get("doc", ""))[:100]] for f in fields],
    )


def _allowed(kinds: Sequence[Mapping[str, Any]]) -> str:
    return " | ".join(_kind(kind) for kind in kinds)


def _kind(kind: Mapping[str, Any]) -> str:
    """`0 < float ≤ 1`, a list of options, or the kind's own name."""
    if "options" in kind:
        return ", ".join(str(option) for option in kind["options"])
    if kind["kind"] not in ("int", "float"):
        return str(kind["kind"]).replace("_", " ")
    closed = str(kind.get("closed", "neither"))
    low, high = kind.get("low"), kind.get("high")
    left = f"{low} {'≤' if closed in ('left', 'both') else '<'} " if low is not None else ""
    right = f" {'≤' if closed in ('right', 'both') else '<'} {high}" if high is not None else ""
    return f"{left}{kind['kind']}{right}"


@experiments.command()
@click.argument("dataset")
@click.argument("target")
@json_option
@pass_session
def suggest(session: Session, dataset: str, target: str, as_json: bool) -> None:
    """How a run on DATASET for TARGET would be set up, and which columns would be left out and why."""
    from mlops_desktop.services.experiments import RunRequest

    suggestion = session.workspace.experiments.suggest(RunRequest(dataset, target))
    if as_json:
        emit(dataclasses.asdict(suggestion))
        return
    positive = f", positive label {suggestion.positive_label}" if suggestion.positive_label else ""
    say(f"{suggestion.target}: {suggestion.task.value}{positive}, validation {suggestion.validation.kind.value}")
    table(["Feature", "Role"], [[feature.name, feature.role.value] for feature in suggestion.features])
    for item in suggestion.left_out:
        say(f"left out {item.name}: {item.reason}")
