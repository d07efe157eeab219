"""What a run learns from: the table's usable rows, made ready once, with the target and the split plan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.datasets import Column
from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import RunSpec, ValidationKind
from mlops_desktop.serving.recipe import InputColumn, Recipe, prepare
from mlops_desktop.workers.tables.frames import read_table, to_pandas
from mlops_desktop.workers.training.preprocessing import build_pipeline, input_columns
from mlops_desktop.workers.training.splits import Plan, make_plan
from mlops_desktop.workers.training.target import Target, read_target

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Material:
    """`raw` are the input columns as stored, `ready` what the pipeline takes, `values` the target, row by row."""

    spec: RunSpec
    inputs: tuple[InputColumn, ...]
    raw: pd.DataFrame
    ready: pd.DataFrame
    values: NDArray[Any]
    target: Target
    plan: Plan
    rows_in_table: int
    pipeline: Any
    """Never fitted itself; every fit takes a clone."""

    def fresh_pipeline(self, empty: Collection[str] = ()) -> Any:
        """`empty` are the made columns that have no value in the rows to fit on."""
        from sklearn.base import clone

        return build_pipeline(self.spec, self.inputs, empty) if empty else clone(self.pipeline)

    def recipe(self, threshold: float | None) -> Recipe:
        return Recipe(
            task=self.spec.task.value,
            target=self.spec.target,
            estimator=self.spec.estimator,
            inputs=self.inputs,
            classes=self.target.labels,
            positive_label=self.target.positive_label,
            threshold=threshold,
        )

    def is_positive(self, rows: NDArray[np.int64] | slice) -> NDArray[np.bool_]:
        """For binary runs: which of these rows have the positive class."""
        assert self.target.classes is not None
        assert self.target.positive is not None
        positive: NDArray[np.bool_] = self.values[rows] == self.target.classes[self.target.positive]
        return positive


def read_material(spec: RunSpec, table: Path, columns: Sequence[Column], say: Callable[[str], None]) -> Material:
    """Reads the table and says in words what was left out of it.

    Raises UnusableTargetError and InvalidInputError before anything is fitted.
    """
    known = {column.name: column for column in columns}
    if spec.target not in known:
        raise InvalidInputError(f"There is no column {spec.target!r} to predict.", hint="Choose the target again.")
    by = spec.validation.column if _needs_column(spec) else None
    if by is not None and by not in known:
        raise InvalidInputError(f"There is no column {by!r} to split by.", hint="Choose the column again.")
    inputs = input_columns(spec.features, columns, spec.target)
    pipeline = build_pipeline(spec, inputs)
    names = [column.name for column in inputs]
    frame = to_pandas(read_table(table, list(dict.fromkeys([*names, spec.target, *([by] if by else [])]))))
    target = read_target(frame[spec.target], known[spec.target], spec.task, spec.positive_label)
    kept = target.present
    if target.missing:
        say(f"{target.missing:,} of {len(frame):,} rows have no {spec.target!r} and are left out.")
    if by is not None:
        kept = _with_column(frame, kept, by, say)
        values = target.values[kept[target.present]]
    else:
        values = target.values
    rows = frame.loc[kept].reset_index(drop=True)
    plan = make_plan(
        spec.validation,
        values,
        classified=spec.task.is_classification,
        by=None if by is None else _plain_values(rows[by]),
        seed=spec.seed,
    )
    raw = rows[names]
    return Material(spec, inputs, raw, prepare(inputs, raw), values, target, plan, len(frame), pipeline)


def _needs_column(spec: RunSpec) -> bool:
    return spec.validation.kind in (ValidationKind.TIME_ORDERED, ValidationKind.GROUPED)


def _with_column(
    frame: pd.DataFrame, kept: NDArray[np.bool_], by: str, say: Callable[[str], None]
) -> NDArray[np.bool_]:
    there = frame[by].notna().to_numpy(dtype=bool)
    if lost := int((kept & ~there).sum()):
        say(f"{lost:,} rows have no {by!r} to split by and are left out.")
    both: NDArray[np.bool_] = kept & there
    return both


def _plain_values(series: pd.Series) -> NDArray[Any]:
    """Values that numpy sorts as they are: dates as datetime64, nothing missing any more."""
    import numpy as np
    import pandas as pd

    if isinstance(series.dtype, pd.DatetimeTZDtype):
        series = series.dt.tz_localize(None)
    elif pd.api.types.is_integer_dtype(series.dtype):
        return series.to_numpy(dtype=np.int64)
    elif pd.api.types.is_bool_dtype(series.dtype):
        return series.to_numpy(dtype=np.bool_)
    return series.to_numpy()
