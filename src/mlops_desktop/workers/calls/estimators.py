"""The call that lists the estimators of a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import Task
from mlops_desktop.workers.training import estimators


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """`task` -> estimators with name, title, family, sentence, brief, default (suggested first) and cost_hint."""
    return {
        "estimators": [
            {
                "name": entry.name,
                "title": entry.title,
                "family": entry.family,
                "sentence": entry.sentence,
                "brief": entry.brief,
                "default": entry.name == estimators.DEFAULT,
                "cost_hint": entry.cost,
            }
            for entry in estimators.for_task(read_task(request.get("task")))
        ]
    }


def read_task(value: object) -> Task:
    """Raises InvalidInputError where there is no such task."""
    try:
        return Task(str(value))
    except ValueError as error:
        raise InvalidInputError(
            f"There is no task {value!r}.", hint=f"Choose one of {', '.join(task.value for task in Task)}."
        ) from error
