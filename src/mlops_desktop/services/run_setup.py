"""Sets up runs: the estimators there are, what to suggest, what is left out and why, and the spec of each run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops_desktop.domain.datasets import DatasetVersion, Finding, FindingSeverity
from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import (
    FeatureRole,
    Preprocessing,
    RunSpec,
    RunStatus,
    Task,
    ThresholdRule,
    Validation,
    ValidationKind,
)
from mlops_desktop.domain.expressions import names, parse
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.domain.suggestions import (
    Suggestion,
    choose_features,
    detect_task,
    suggest_positive_label,
    suggest_target,
    suggest_validation,
    time_column,
)
from mlops_desktop.services import lookup
from mlops_desktop.services.changed_columns import check_columns
from mlops_desktop.services.dataset_uses import derived_from, leakage_key
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.run_estimates import TimeEstimate, Work, estimate
from mlops_desktop.services.run_likeness import as_last_run, avoided, experiment_name, last_run

SUGGESTED_ESTIMATOR = "HistGradientBoosting"
MOST_LOOKED_AT = 200
"""So many of the newest runs say what was predicted and how long that took."""


@dataclass(frozen=True)
class EstimatorChoice:
    """One estimator with the parameters that differ from its defaults."""

    name: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class RunRequest:
    """What a person decides about some runs; None means: as suggested."""

    dataset: str
    target: str
    experiment: str | None = None
    question: str = ""
    estimators: tuple[EstimatorChoice, ...] = (EstimatorChoice(SUGGESTED_ESTIMATOR),)
    features: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    """Columns that would be left out and are taken all the same."""
    roles: Mapping[str, FeatureRole] = field(default_factory=dict)
    task: Task | None = None
    positive_label: str | None = None
    class_weight: str | None = None
    preprocessing: Preprocessing = Preprocessing()
    validation: Validation | None = None
    threshold_rule: ThresholdRule = ThresholdRule.FIXED
    threshold: float = 0.5
    seed: int = 0
    threads: int = 1
    tags: tuple[str, ...] = ()
    notes: str = ""
    rerun_of: str | None = None
    """The name of the run that this one repeats with changes."""
    afresh: bool = False
    """What nobody decided is as the rows suggest, also where the experiment has runs to be compared with."""


@dataclass(frozen=True)
class TargetSuggestion:
    """The column that is likely to be predicted, and why."""

    name: str
    reason: str


class RunSetup:
    """Asks the workers and the profiles what a run could be."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def estimators(self, task: Task) -> Sequence[Mapping[str, Any]]:
        """The catalogue for a task: name, title, family, sentence, default."""
        answer = self._parts.workers.call("estimators", {"task": task.value})
        return list(answer["estimators"])

    def parameter_form(self, task: Task, estimator: str) -> Sequence[Mapping[str, Any]]:
        """The fields of an estimator's form, from scikit-learn's own constraints."""
        answer = self._parts.workers.call("parameter_form", {"task": task.value, "estimator": estimator})
        return list(answer["fields"])

    def suggest_target(self, dataset: str, experiment: str = "") -> TargetSuggestion | None:
        """None where no column can be learnt; what the experiment predicts goes first. Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            version = lookup.dataset_version(unit, dataset)
            numbers = {known.id for known in unit.datasets.versions(version.dataset_id)}
            runs = [run for run in unit.runs.list(limit=MOST_LOOKED_AT) if run.spec.dataset_version_id in numbers]
        derived = [made.name for made in version.source.derived]
        used = [run.spec.target for run in sorted(runs, key=lambda run: run.experiment_name != experiment)]
        found = suggest_target(version.columns, version.profiles, derived, used)
        return TargetSuggestion(*found) if found else None

    def estimates(self, request: RunRequest) -> Sequence[TimeEstimate]:
        """How long each of the request's runs may take, and from what that is known. Raises as `suggest` does."""
        suggestion = self.suggest(request)
        with self._parts.registry.read() as unit:
            version = lookup.dataset_version(unit, request.dataset)
            finished = unit.runs.list(statuses=(RunStatus.FINISHED,), limit=MOST_LOOKED_AT)
            rows: dict[str, int] = {}
            for run in finished:
                if run.spec.dataset_version_id not in rows:
                    known = unit.datasets.version(run.spec.dataset_version_id)
                    rows[run.spec.dataset_version_id] = known.rows if known else 0
        earlier = [(run, rows[run.spec.dataset_version_id]) for run in finished if rows[run.spec.dataset_version_id]]
        work = Work(suggestion.task, version.rows, len(suggestion.features), suggestion.validation)
        return [estimate(choice.name, choice.params, work, earlier) for choice in request.estimators]

    def problems(
        self, task: Task, choice: EstimatorChoice, class_weight: str | None = None
    ) -> Mapping[str, InvalidInputError]:
        """What is wrong with each parameter of the choice that cannot be taken, and with the class weight."""
        answer = self._parts.workers.call(
            "parameter_form",
            {
                "task": task.value,
                "estimator": choice.name,
                "params": to_plain(choice.params),
                "class_weight": class_weight,
                "problems": True,
            },
        )
        return {
            name: InvalidInputError(str(problem["message"]), hint=str(problem["hint"]))
            for name, problem in answer["problems"].items()
        }

    def suggest(self, request: RunRequest) -> Suggestion:
        """The set-up for a request, with the columns left out and why.

        Raises NotFoundError, UnusableTargetError, InvalidInputError.
        """
        with self._parts.registry.read() as unit:
            version = lookup.dataset_version(unit, request.dataset)
            last = last_run(unit, version, experiment_name(version, request), request.target)
        named = (request.target, *(request.features or ()), *request.without, *request.included)
        check_columns(version, named, request.roles)
        column, profile = version.column(request.target), version.profile(request.target)
        if column is None or profile is None:
            raise InvalidInputError(f"{version.reference} has no column {request.target}.")
        findings = self._leakage(version, request.target)
        followed = None if request.afresh or request.rerun_of else last
        if followed is not None:
            request = as_last_run(request, version, followed.spec)
        task = request.task or detect_task(column, profile)
        features, left_out = choose_features(
            version.columns,
            version.profiles,
            request.target,
            findings=findings,
            named=request.features,
            without=request.without,
            included=request.included,
            roles=request.roles,
            avoided=avoided(request, followed),
        )
        times = time_column(version.columns, version.profiles)
        usual = suggest_validation(
            version.rows, version.profile(times) if times else None, profile if task.is_classification else None
        )
        return Suggestion(
            target=request.target,
            task=task,
            positive_label=(request.positive_label or suggest_positive_label(column, profile))
            if task is Task.BINARY
            else None,
            features=features,
            left_out=left_out,
            validation=_with_column(request.validation or usual, times),
            time_column=times,
            findings=findings,
            last_run=last.name if last else "",
            is_as_last_run=followed is not None,
        )

    def _leakage(self, version: DatasetVersion, target: str) -> tuple[Finding, ...]:
        """Findings on columns that give the target away; computed once for a content and a target."""
        key = leakage_key(version, target)
        with self._parts.registry.read() as unit:
            known = unit.settings.get(key)
        if known is None:
            known = self._parts.workers.call(
                "leakage",
                {
                    "table": str(self._parts.artifacts.path(version.content_hash)),
                    "target": target,
                    "columns": to_plain(version.columns),
                },
                seconds=600,
            )["findings"]
            with self._parts.registry.write() as unit:
                unit.settings.set(key, known)
                unit.commit()
        return (*_derivation(version, target), *from_plain(tuple[Finding, ...], known))

    def checked(self, task: Task, choice: EstimatorChoice, class_weight: str | None = None) -> EstimatorChoice:
        """The choice with its parameters checked. Raises InvalidInputError naming the parameter and its rule."""
        request = {
            "task": task.value,
            "estimator": choice.name,
            "params": to_plain(choice.params),
            "class_weight": class_weight,
        }
        answer = self._parts.workers.call("check", request)
        return EstimatorChoice(str(answer.get("estimator", choice.name)), dict(answer["params"]))


def _derivation(version: DatasetVersion, target: str) -> tuple[Finding, ...]:
    """Where the target was derived from other columns, these decide it by definition."""
    found: dict[str, Finding] = {}
    waiting = [target]
    while waiting:
        made = derived_from(version, waiting.pop())
        if made is None:
            continue
        sentence = f"{target} was made from it: {made.name} = {made.expression}"
        for name in names(parse(made.expression)):
            if name not in found and name != target:
                found[name] = Finding("decides_target", FindingSeverity.WARNING, sentence, (name, target))
                waiting.append(name)
    return tuple(found.values())


def _with_column(validation: Validation, times: str | None) -> Validation:
    """Time-ordered validation takes the suggested time column where none is named."""
    if validation.kind is ValidationKind.TIME_ORDERED and validation.column is None:
        if times is None:
            raise InvalidInputError(
                "Time-ordered validation needs a date column without gaps.", hint="Name one, or choose another way."
            )
        return dataclasses.replace(validation, column=times)
    if validation.kind is ValidationKind.GROUPED and validation.column is None:
        raise InvalidInputError("Grouped validation needs the column that names the group.", hint="Name one.")
    return validation


def run_spec(version: DatasetVersion, request: RunRequest, suggestion: Suggestion, choice: EstimatorChoice) -> RunSpec:
    validation = suggestion.validation
    if validation.column and version.column(validation.column) is None:
        check_columns(version, (validation.column,), {})
    return RunSpec(
        dataset_version_id=version.id,
        target=suggestion.target,
        task=suggestion.task,
        features=suggestion.features,
        estimator=choice.name,
        params=choice.params,
        positive_label=suggestion.positive_label,
        class_weight=request.class_weight,
        preprocessing=request.preprocessing,
        validation=validation,
        threshold_rule=request.threshold_rule,
        threshold=request.threshold,
        seed=request.seed,
        threads=request.threads,
        left_out=suggestion.left_out,
    )
