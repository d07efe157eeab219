"""The call about an estimator's parameters: the form's fields, or the check of given values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.workers.calls.estimators import read_task
from mlops_desktop.workers.training import estimators, parameters


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """`estimator`, `task` -> {estimator, fields}; with `check` also `params` -> {estimator, params} as they are kept.

    Raises InvalidInputError naming the parameter and its rule.
    """
    task = read_task(request.get("task"))
    entry = estimators.find(str(request.get("estimator", "")), task)
    if not request.get("check"):
        return {"estimator": entry.name, "fields": parameters.fields(entry, task)}
    params = request.get("params") or {}
    if not isinstance(params, Mapping):
        raise InvalidInputError("Parameters must be given as names with values.", hint="For example C=0.5.")
    return {"estimator": entry.name, "params": parameters.check(entry, task, params)}
