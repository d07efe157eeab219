"""Sets up runs: the estimators there are, what to suggest, what is left out and why, and the spec of each run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops_desktop.domain.datasets import DatasetVersion, Finding, FindingSeverity
from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import (
    Preprocessing,
    RunSpec,
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
    suggest_validation,
    time_column,
)
from mlops_desktop.services import lookup
from mlops_desktop.services.dataset_uses import derived_from, leakage_key
from mlops_desktop.services.parts import Parts

SUGGESTED_ESTIMATOR = "HistGradientBoosting"


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

    def suggest(self, request: RunRequest) -> Suggestion:
        """The set-up for a request, with the columns left out and why.

        Raises NotFoundError, UnusableTargetError, InvalidInputError.
        """
        with self._parts.registry.read() as unit:
            version = lookup.dataset_version(unit, request.dataset)
        column, profile = version.column(request.target), version.profile(request.target)
        if column is None or profile is None:
            known = ", ".join(item.name for item in version.columns)
            raise InvalidInputError(
                f"{version.reference} has no column {request.target}.", hint=f"Its columns are {known}."
            )
        task = request.task or detect_task(column, profile)
        findings = self._leakage(version, request.target)
        features, left_out = choose_features(
            version.columns,
            version.profiles,
            request.target,
            findings=findings,
            named=request.features,
            without=request.without,
        )
        times = time_column(version.columns, version.profiles)
        return Suggestion(
            target=request.target,
            task=task,
            positive_label=(request.positive_label or suggest_positive_label(column, profile))
            if task is Task.BINARY
            else None,
            features=features,
            left_out=left_out,
            validation=_with_column(request.validation or suggest_validation(version.rows), times),
            time_column=times,
            findings=findings,
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

    def checked(self, task: Task, choice: EstimatorChoice) -> EstimatorChoice:
        """The choice with its parameters checked. Raises InvalidInputError naming the parameter and its rule."""
        request = {"task": task.value, "estimator": choice.name, "params": to_plain(choice.params)}
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
        raise InvalidInputError(f"There is no column {validation.column} to validate by.", hint="Name another.")
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
