"""The runs that a chart shows: names, summaries, and what their evaluation holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_desktop.domain.errors import InvalidInputError, NotFoundError
from mlops_desktop.domain.experiments import MetricSummary, Task
from mlops_desktop.domain.plain import from_plain

MOST_RUNS = 14


@dataclass(frozen=True)
class Subject:
    """One run as a chart sees it."""

    name: str
    evaluation: Mapping[str, Any]
    metrics: tuple[MetricSummary, ...]

    @property
    def task(self) -> Task:
        return Task(self.evaluation["task"])

    def metric(self, key: str) -> MetricSummary | None:
        return next((metric for metric in self.metrics if metric.key == key), None)

    def part(self, key: str, what: str) -> Any:
        """Raises InvalidInputError where the run has no such figures."""
        found = self.evaluation.get(key)
        if not found:
            raise InvalidInputError(
                f"The run {self.name} has no {what}: its task is {self.task.value}.", hint="Choose another chart."
            )
        return found


def read_subjects(runs: Sequence[Mapping[str, Any]]) -> tuple[Subject, ...]:
    """Raises InvalidInputError for no or too many runs, NotFoundError where an evaluation is gone."""
    if not 1 <= len(runs) <= MOST_RUNS:
        raise InvalidInputError(f"A chart shows 1 to {MOST_RUNS} runs, not {len(runs)}.", hint="Choose fewer runs.")
    return tuple(
        Subject(str(run["name"]), _read(run), from_plain(tuple[MetricSummary, ...], run.get("metrics", ())))
        for run in runs
    )


def _read(run: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        found = json.loads(Path(run["evaluation"]).read_text("utf-8"))
        Task(found["task"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise NotFoundError(
            f"The evaluation of run {run['name']} cannot be read.", hint="Run `mlops verify`.", details=str(error)
        ) from error
    evaluation: Mapping[str, Any] = found
    return evaluation


def only_one(subjects: Sequence[Subject], what: str) -> Subject:
    """Raises InvalidInputError for several runs."""
    if len(subjects) > 1:
        raise InvalidInputError(f"{what} shows one run at a time.", hint="Choose one run.")
    return subjects[0]
