"""The options of `mlops experiments run`, and the request they make."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mlops_desktop.domain.experiments import (
    FeatureRole,
    Imputation,
    Preprocessing,
    Scaling,
    Task,
    ThresholdRule,
    Validation,
    ValidationKind,
)

if TYPE_CHECKING:
    from mlops_desktop.services.run_setup import EstimatorChoice, RunRequest


def pairs(texts: Sequence[str], option: str) -> dict[str, Any]:
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
    from mlops_desktop.services.run_setup import SUGGESTED_ESTIMATOR, EstimatorChoice

    names = list(estimators) or [SUGGESTED_ESTIMATOR]
    given = pairs(params, "--param")
    choices = []
    for name in names:
        chosen = {}
        for key, value in given.items():
            owner, mark, param = key.partition(".")
            if not mark:
                chosen[key] = value
            elif owner == name:
                chosen[param] = value
        choices.append(EstimatorChoice(name, chosen))
    return tuple(choices)


RUN_OPTIONS = [
    click.option("--experiment", help="The experiment; else named after dataset and target."),
    click.option("--question", default="", help="What the experiment asks."),
    click.option("--estimator", "-e", "estimators", multiple=True, help="May be repeated: one run for each."),
    click.option("--param", "-p", "params", multiple=True, help="NAME=VALUE, or ESTIMATOR.NAME=VALUE."),
    click.option("--feature", "features", multiple=True, help="Learn from these columns only. May be repeated."),
    click.option("--without", multiple=True, help="Leave this column out. May be repeated."),
    click.option("--include", "included", multiple=True, help="Take a column that would be left out. May be repeated."),
    click.option("--role", "roles", multiple=True, help="COLUMN=ROLE: use it as category, say. May be repeated."),
    click.option("--task", type=click.Choice([item.value for item in Task]), help="Else detected."),
    click.option("--positive", help="The label that counts as positive, for a binary target."),
    click.option("--class-weight", type=click.Choice(["balanced"]), help="Weigh rare classes more."),
    click.option(
        "--imputation", type=click.Choice([item.value for item in Imputation]), default="median", show_default=True
    ),
    click.option(
        "--scaling", type=click.Choice([item.value for item in Scaling]), default="standard", show_default=True
    ),
    click.option(
        "--most-categories",
        type=click.IntRange(2),
        default=50,
        show_default=True,
        help="Of one column; rarer ones join.",
    ),
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
    click.option("--afresh", is_flag=True, help="As the rows suggest, not as the experiment's last run."),
    click.option("--rerun-of", help="The run that this one repeats with changes, for the record."),
]


def run_request(dataset: str, target: str, options: dict[str, Any]) -> RunRequest:
    """What the options ask for. Raises click.BadParameter."""
    from mlops_desktop.services.run_setup import RunRequest

    rule, threshold = _threshold(options.pop("threshold"))
    validation = _validation(options)
    return RunRequest(
        dataset=dataset,
        target=target,
        experiment=options["experiment"],
        question=options["question"],
        estimators=_choices(options["estimators"], options["params"]),
        features=options["features"] or None,
        without=options["without"],
        included=options["included"],
        roles=_roles(options["roles"]),
        task=Task(options["task"]) if options["task"] else None,
        positive_label=options["positive"],
        class_weight=options["class_weight"],
        preprocessing=Preprocessing(
            Imputation(options["imputation"]), Scaling(options["scaling"]), options["most_categories"]
        ),
        validation=validation,
        threshold_rule=rule,
        threshold=threshold,
        seed=options["seed"],
        threads=options["threads"],
        tags=options["tags"],
        notes=options["notes"],
        rerun_of=options["rerun_of"],
        afresh=options["afresh"],
    )


def _roles(texts: Sequence[str]) -> dict[str, FeatureRole]:
    found = {}
    for text in texts:
        name, _, role = text.rpartition("=")
        if not name or role not in list(FeatureRole):
            known = ", ".join(item.value for item in FeatureRole)
            raise click.BadParameter(f"{text!r}: write COLUMN=ROLE, a role being one of {known}.", param_hint="--role")
        found[name] = FeatureRole(role)
    return found


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
    """None (as suggested) unless the person named a way or a column."""
    kind = options["validation"]
    if kind is None and not options["column"]:
        return None
    chosen = ValidationKind(kind) if kind else ValidationKind.K_FOLD
    return Validation(chosen, options["folds"], options["share"], options["test_share"], options["column"])
