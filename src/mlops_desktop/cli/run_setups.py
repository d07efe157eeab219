"""`mlops experiments estimators | suggest`: what a run could be, before there is one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from mlops_desktop.cli.output import emit, json_option, note, say, table
from mlops_desktop.cli.session import Session, pass_session
from mlops_desktop.domain.experiments import Task, ValidationKind

if TYPE_CHECKING:
    from mlops_desktop.domain.suggestions import Suggestion
    from mlops_desktop.services.run_setup import RunRequest


def reasons(suggestion: Suggestion, request: RunRequest) -> list[str]:
    """How quality will be measured where nobody said, and why so."""
    words = f"validation: {suggestion.validation.words}"
    if suggestion.is_as_last_run:
        return [f"{words}, as in {suggestion.last_run}, the experiment's last run; --afresh: as the rows suggest"]
    if suggestion.validation.kind is ValidationKind.TIME_ORDERED:
        words += ", as a model for rows to come must not be checked on older ones; --validation: another way"
    if suggestion.last_run and not request.rerun_of:
        words += f"; not as in {suggestion.last_run}, the experiment's last run"
    return [words]


@click.command()
@click.argument("task", type=click.Choice([item.value for item in Task]))
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


@click.command()
@click.argument("dataset")
@click.argument("target", required=False)
@click.option("--experiment", help="The experiment the run would belong to; else named after dataset and target.")
@click.option("--afresh", is_flag=True, help="As the rows suggest, not as the experiment's last run.")
@click.option("--estimator", "-e", "estimators", multiple=True, help="How long it may take. May be repeated.")
@json_option
@pass_session
def suggest(
    session: Session,
    dataset: str,
    target: str | None,
    experiment: str | None,
    afresh: bool,
    estimators: tuple[str, ...],
    as_json: bool,
) -> None:
    """How a run on DATASET would be set up, how long it may take, and which columns would be left out and why.

    Without TARGET, the column that is likely to be predicted is taken.
    """
    from mlops_desktop.services.run_setup import SUGGESTED_ESTIMATOR, EstimatorChoice, RunRequest

    service = session.workspace.experiments
    if target is None:
        target = _likely_target(session, dataset, experiment or "")
    choices = tuple(EstimatorChoice(name) for name in estimators or (SUGGESTED_ESTIMATOR,))
    request = RunRequest(dataset, target, experiment=experiment, estimators=choices, afresh=afresh)
    suggestion, estimates = service.suggest(request), service.estimates(request)
    if as_json:
        emit({**dataclasses.asdict(suggestion), "estimates": [dataclasses.asdict(each) for each in estimates]})
        return
    positive = f", positive label {suggestion.positive_label}" if suggestion.positive_label else ""
    say(f"{suggestion.target}: {suggestion.task.value}{positive}")
    for words in reasons(suggestion, request):
        say(words)
    for each in estimates:
        known = f"about {each.seconds:,.0f} s, from {each.source}" if each.seconds else "unknown"
        say(f"estimated time of {each.estimator}: {known}")
    table(["Feature", "Role"], [[feature.name, feature.role.value] for feature in suggestion.features])
    for item in suggestion.left_out:
        say(f"left out {item.name}: {item.reason}")


def _likely_target(session: Session, dataset: str, experiment: str) -> str:
    from mlops_desktop.domain.errors import InvalidInputError

    found = session.workspace.experiments.suggest_target(dataset, experiment)
    if found is None:
        raise InvalidInputError(f"No column of {dataset} can be learnt.", hint="Derive one in an import.")
    note(f"target {found.name}: {found.reason}")
    return found.name


SETUP_COMMANDS = (estimators, suggest)
