"""The target column as scikit-learn takes it, its classes in words, and whether anything can be learnt from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.datasets import Column, ColumnType
from mlops_desktop.domain.errors import UnusableTargetError
from mlops_desktop.domain.experiments import Task
from mlops_desktop.domain.suggestions import MOST_CLASSES
from mlops_desktop.serving.recipe import category_text

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

FEWEST_ROWS = 10


@dataclass(frozen=True)
class Target:
    """`values` are for rows with a target only: booleans, integers or text for classes, float64 for numbers.

    `labels` say the classes in words, in the order of `numpy.unique(values)`, which is the estimators' own.
    """

    values: NDArray[Any]
    present: NDArray[np.bool_]
    labels: tuple[str, ...] = ()
    classes: NDArray[Any] | None = None
    positive: int | None = None

    @property
    def missing(self) -> int:
        return int((~self.present).sum())

    @property
    def positive_label(self) -> str | None:
        return None if self.positive is None else self.labels[self.positive]


def read_target(series: pd.Series, column: Column, task: Task, positive_label: str | None) -> Target:
    """Raises UnusableTargetError where nothing can be learnt from the column, with the reason."""
    import numpy as np

    present = series.notna().to_numpy(dtype=bool)
    if not present.any():
        raise UnusableTargetError(f"{column.name!r} has no value in any row.", hint="Choose another target.")
    if present.sum() < FEWEST_ROWS:
        raise UnusableTargetError(
            f"Only {int(present.sum())} rows have a value of {column.name!r}.",
            hint=f"At least {FEWEST_ROWS} are needed.",
        )
    kept = series[present]
    if task is Task.REGRESSION:
        return Target(_numbers(kept, column), present)
    values = _class_values(kept, column)
    classes, counts = np.unique(values, return_counts=True)
    labels = tuple(category_text(value, column.type.value) for value in classes)
    _check_classes(column, task, labels, counts)
    positive = _positive(labels, positive_label, column) if task is Task.BINARY else None
    return Target(values, present, labels, classes, positive)


def _numbers(series: pd.Series, column: Column) -> NDArray[np.float64]:
    import numpy as np

    if not column.type.is_numeric:
        raise UnusableTargetError(
            f"{column.name!r} holds no numbers to predict.", hint="Choose another target, or predict its classes."
        )
    values: NDArray[np.float64] = series.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        raise UnusableTargetError(f"{column.name!r} holds infinite numbers.", hint="Clean them in the file first.")
    if values.min() == values.max():
        raise UnusableTargetError(
            f"{column.name!r} is {values[0]:g} in every row: there is nothing to predict.",
            hint="Choose another target.",
        )
    return values


def _class_values(series: pd.Series, column: Column) -> NDArray[Any]:
    import numpy as np

    match column.type:
        case ColumnType.BOOLEAN:
            return series.to_numpy(dtype=np.bool_)
        case ColumnType.INTEGER:
            return series.to_numpy(dtype=np.int64)
        case ColumnType.FLOAT if np.all(series.to_numpy(dtype=np.float64) % 1 == 0):
            return series.to_numpy(dtype=np.int64)
        case ColumnType.TEXT:
            return series.to_numpy(dtype=object)
        case _:
            values: NDArray[Any] = np.array([category_text(value, column.type.value) for value in series], dtype=object)
            return values


def _check_classes(column: Column, task: Task, labels: tuple[str, ...], counts: NDArray[np.int64]) -> None:
    if len(labels) == 1:
        raise UnusableTargetError(
            f"{column.name!r} is {labels[0]!r} in every row: there is nothing to predict.",
            hint="Choose another target.",
        )
    if len(labels) > MOST_CLASSES:
        raise UnusableTargetError(
            f"{column.name!r} has {len(labels)} different values, too many for classes.",
            hint="Predict it as a number, or choose another target.",
        )
    if task is Task.BINARY and len(labels) != 2:
        raise UnusableTargetError(
            f"{column.name!r} has {len(labels)} classes, not two: {', '.join(labels[:5])} ...", hint="Use multiclass."
        )
    if task is Task.MULTICLASS and len(labels) == 2:
        raise UnusableTargetError(f"{column.name!r} has only two classes.", hint="Use the task binary.")
    if counts.min() < 2:
        raise UnusableTargetError(
            f"The class {labels[int(counts.argmin())]!r} of {column.name!r} is in one row only: it cannot be both "
            "learnt and checked.",
            hint="Leave such rows out, or join rare classes into one.",
        )


def _positive(labels: tuple[str, ...], wanted: str | None, column: Column) -> int:
    if wanted is None:
        return 1
    for place, label in enumerate(labels):
        if label == wanted or _same_number(label, wanted):
            return place
    raise UnusableTargetError(
        f"{column.name!r} has no class {wanted!r}.", hint=f"Its classes are {labels[0]} and {labels[1]}."
    )


def _same_number(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return one.lower() == other.lower() and one.lower() in ("true", "false")
