"""Permutation importance of the columns a person knows: how much the main metric loses when a column is shuffled."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.experiments import is_lower_better, main_metric
from mlops_desktop.serving.recipe import prepared_names
from mlops_desktop.workers.training.fitting import Outcome, ask, main_figure
from mlops_desktop.workers.training.material import Material

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops_desktop.workers.report import Report

MOST_ROWS = 2_000
REPEATS = 5
ROWS_AT_ONCE = 20_000
MOST_ANSWERS = 400_000
"""Columns times repeats times rows; beyond it fewer rows are asked."""


@dataclass(frozen=True)
class _Held:
    """A model and the rows that it is asked about, already cut out; `sign` makes more always better."""

    material: Material
    pipeline: Any
    sign: float

    @property
    def rows(self) -> int:
        return len(self.material.values)

    def scores(self, shuffles: Sequence[tuple[Sequence[str], NDArray[np.int64]]]) -> list[float]:
        """The main metric for each shuffle (columns, order); asked all at once, which costs little more than one."""
        import pandas as pd

        frames = []
        for columns, order in shuffles:
            frame = self.material.ready.copy()
            for column in columns:
                frame[column] = frame[column].to_numpy()[order]
            frames.append(frame)
        asked = pd.concat(frames, ignore_index=True)
        answers = ask(self.material, self.pipeline, asked)
        cuts = range(0, len(answers), self.rows)
        return [self.sign * main_figure(self.material, answers[cut : cut + self.rows]) for cut in cuts]


def permutation_importance(
    material: Material, outcome: Outcome, report: Report, *, begin: float, end: float
) -> dict[str, Any]:
    """On rows the asked model was not fitted on: the test part, else the last fold's. The same seed, the same figures.

    All columns made of one original column (date parts) are shuffled together.
    """
    import numpy as np

    names = prepared_names(material.inputs)
    generator = np.random.default_rng(material.spec.seed)
    most = max(50, min(MOST_ROWS, MOST_ANSWERS // (REPEATS * len(names))))
    held, where = _hold(material, outcome, most, generator)
    shuffles = [(made, generator.permutation(held.rows)) for made in names.values() for _ in range(REPEATS)]
    (before,) = held.scores([((), np.arange(held.rows))])
    at_once = max(1, ROWS_AT_ONCE // held.rows)
    after: list[float] = []
    for start in range(0, len(shuffles), at_once):
        report.check_cancelled()
        report.progress(begin + (end - begin) * start / len(shuffles), "importance of the columns")
        after += held.scores(shuffles[start : start + at_once])
    losses = (before - np.array(after)).reshape(len(names), REPEATS)
    found = [
        {"name": name, "mean": float(row.mean()), "std": float(row.std(ddof=1))}
        for name, row in zip(names, losses, strict=True)
    ]
    metric = main_metric(material.spec.task)
    return {
        "metric": metric,
        "repeats": REPEATS,
        "rows": held.rows,
        "sentence": f"Loss of {metric} when a column is shuffled, on {held.rows:,} rows ({where}).",
        "columns": sorted(found, key=lambda item: (-float(str(item["mean"])), str(item["name"]))),
    }


def _hold(material: Material, outcome: Outcome, most: int, generator: np.random.Generator) -> tuple[_Held, str]:
    import numpy as np

    on_test = outcome.test_answers is not None
    rows = material.plan.test if on_test else outcome.folds[-1].check
    if len(rows) > most:
        rows = rows[np.sort(generator.choice(len(rows), most, replace=False))]
    cut = dataclasses.replace(
        material, ready=material.ready.iloc[rows].reset_index(drop=True), values=material.values[rows]
    )
    pipeline = outcome.model if on_test else outcome.folds[-1].pipeline
    held = _Held(cut, pipeline, -1.0 if is_lower_better(main_metric(material.spec.task)) else 1.0)
    return held, "the test part" if on_test else "rows of the last fold that its model was not fitted on"
