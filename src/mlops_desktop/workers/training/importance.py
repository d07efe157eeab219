"""Permutation importance of the columns a person knows: how much the main metric loses when a column is shuffled."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.experiments import is_lower_better, main_metric
from mlops_desktop.serving.recipe import prepared_names
from mlops_desktop.workers.training.fitting import Outcome, ask, measure
from mlops_desktop.workers.training.material import Material

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops_desktop.workers.report import Report

MOST_ROWS = 2_000
REPEATS = 5
MOST_ANSWERS = 400_000
"""Columns times repeats times rows; beyond it fewer rows are asked."""


@dataclass(frozen=True)
class _Held:
    """A model and the rows that it is asked about, already cut out; `sign` makes more always better."""

    material: Material
    pipeline: Any
    threshold: float | None
    metric: str
    sign: float

    def score(self, columns: Sequence[str] = (), order: NDArray[np.int64] | None = None) -> float:
        import numpy as np

        frame = self.material.ready
        if order is not None:
            frame = frame.copy()
            for column in columns:
                frame[column] = frame[column].to_numpy()[order]
        asked = dataclasses.replace(self.material, ready=frame)
        every = np.arange(len(frame))
        figures = measure(asked, every, ask(asked, self.pipeline, every), self.threshold)
        return self.sign * figures[self.metric]


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
    count = len(held.material.values)
    before = held.score()
    found: list[dict[str, Any]] = []
    for place, (name, made) in enumerate(names.items()):
        report.check_cancelled()
        report.progress(begin + (end - begin) * place / len(names), f"importance of {name}")
        losses = [before - held.score(made, generator.permutation(count)) for _ in range(REPEATS)]
        found.append({"name": name, "mean": float(np.mean(losses)), "std": float(np.std(losses, ddof=1))})
    return {
        "metric": held.metric,
        "repeats": REPEATS,
        "rows": count,
        "sentence": f"Loss of {held.metric} when a column is shuffled, on {count:,} rows ({where}).",
        "columns": sorted(found, key=lambda item: (-item["mean"], item["name"])),
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
    metric = main_metric(material.spec.task)
    held = _Held(
        material=cut,
        pipeline=outcome.model if on_test else outcome.folds[-1].pipeline,
        threshold=outcome.threshold,
        metric=metric,
        sign=-1.0 if is_lower_better(metric) else 1.0,
    )
    return held, "the test part" if on_test else "rows of the last fold that its model was not fitted on"
