"""The call about an estimator's parameters: the form's fields, or the check of given values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import Task
from mlops_desktop.workers.calls.estimators import read_task
from mlops_desktop.workers.training import estimators, parameters
from mlops_desktop.workers.training.estimators import Entry


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """`estimator`, `task` -> {estimator, fields}; with `check` also `params` -> {estimator, params} as they are kept.

    With `problems` also `params` -> {estimator, problems}: message and hint by the name of each that cannot be taken,
    and under "class_weight" where the one asked for is none of this estimator's.
    Raises InvalidInputError naming the parameter and its rule.
    """
    task = read_task(request.get("task"))
    entry = estimators.find(str(request.get("estimator", "")), task)
    wants_problems = bool(request.get("problems"))
    if not request.get("check") and not wants_problems:
        return {"estimator": entry.name, "fields": parameters.fields(entry, task)}
    params = request.get("params") or {}
    if not isinstance(params, Mapping):
        raise InvalidInputError("Parameters must be given as names with values.", hint="For example C=0.5.")
    weight = request.get("class_weight")
    if wants_problems:
        return {"estimator": entry.name, "problems": _problems(entry, task, params, weight)}
    if weight is not None:
        estimators.check_class_weight(entry, task, str(weight))
    return {"estimator": entry.name, "params": parameters.check(entry, task, params)}


def _problems(entry: Entry, task: Task, params: Mapping[str, object], weight: object) -> dict[str, dict[str, str]]:
    found = parameters.problems(entry, task, params)
    if weight is not None:
        try:
            estimators.check_class_weight(entry, task, str(weight))
        except InvalidInputError as error:
            found["class_weight"] = error
    return {name: {"message": error.message, "hint": error.hint} for name, error in found.items()}
