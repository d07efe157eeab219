"""Which rows a run learns from, is checked on, and never sees: the same as a plain scikit-learn script would choose.

With n rows that have a target (in the table's order), seed s, y the target and `stratify=y` for classification only:

- a test part of share t: time_ordered: the rows are sorted by the column (numpy argsort, kind="stable") and the last
  ceil(n * t) are the test part; grouped: GroupShuffleSplit(n_splits=1, test_size=t, random_state=s); else
  `rest, test = train_test_split(rows, test_size=t, random_state=s, stratify=y)`, and the rest stays in that order;
- holdout: `train_test_split(rest, test_size=validation_share, random_state=s, stratify=y[rest])`;
- k_fold: StratifiedKFold(folds, shuffle=True, random_state=s) or KFold(...) over the rest;
- time_ordered: TimeSeriesSplit(folds) over the sorted rest;
- grouped: StratifiedGroupKFold(folds, shuffle=True, random_state=s) or GroupKFold(...) over the rest.

The registered model is fitted on the rest in its order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.errors import InvalidInputError, UnusableTargetError
from mlops_desktop.domain.experiments import Validation, ValidationKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """Positions among the rows that have a target. `rest` is all but the test part, in fitting order."""

    rest: Rows
    test: Rows
    folds: tuple[tuple[Rows, Rows], ...]


def make_plan(
    validation: Validation, values: NDArray[Any], *, classified: bool, by: NDArray[Any] | None, seed: int
) -> Plan:
    """`by` is the column that orders or groups the rows, without missing values.

    Raises InvalidInputError for settings that cannot be followed, UnusableTargetError for classes too rare for them.
    """
    _check(validation, len(values), by)
    rest, test = _set_aside(validation, values, classified, by, seed)
    if len(rest) < 2:
        raise InvalidInputError("The test part leaves no rows to learn from.", hint="Choose a smaller test part.")
    if classified and validation.kind is not ValidationKind.TIME_ORDERED:
        _check_rare(validation, values[rest])
    folds = tuple(
        (rest[train], rest[check])
        for train, check in _folds(validation, values[rest], classified, None if by is None else by[rest], seed)
    )
    _check_folds(folds, values, classified)
    return Plan(rest, test, folds)


def describe(validation: Validation, *, classified: bool) -> str:
    """One sentence on how quality was measured."""
    mixed = "stratified " if classified else ""
    sentence = {
        ValidationKind.HOLDOUT: f"one {mixed}random part of {validation.validation_share:.0%}",
        ValidationKind.K_FOLD: f"{validation.folds} {mixed}folds, shuffled",
        ValidationKind.TIME_ORDERED: f"{validation.folds} growing windows in the order of {validation.column}",
        ValidationKind.GROUPED: f"{validation.folds} folds that keep each value of {validation.column} together",
    }[validation.kind]
    if validation.test_share:
        how = {ValidationKind.TIME_ORDERED: "last", ValidationKind.GROUPED: "whole groups"}.get(
            validation.kind, "random"
        )
        sentence += f"; a test part of {validation.test_share:.0%} ({how}) was never trained on"
    return sentence


def _check(validation: Validation, rows: int, by: NDArray[Any] | None) -> None:
    if validation.kind is ValidationKind.HOLDOUT:
        if not 0 < validation.validation_share < 1:
            raise InvalidInputError("The validation share must be between 0 and 1.", hint="0.2 is usual.")
    elif not 2 <= validation.folds <= rows:
        raise InvalidInputError(
            f"{validation.folds} folds cannot be made of {rows} rows.", hint="Use between 2 and 10 folds."
        )
    if not 0 <= validation.test_share < 1:
        raise InvalidInputError("The test share must be 0 or between 0 and 1.", hint="0.2 is usual.")
    if validation.kind in (ValidationKind.TIME_ORDERED, ValidationKind.GROUPED) and by is None:
        raise InvalidInputError(f"{validation.kind.value} validation needs a column.", hint="Name the column.")


def _set_aside(
    validation: Validation, values: NDArray[Any], classified: bool, by: NDArray[Any] | None, seed: int
) -> tuple[Rows, Rows]:
    import numpy as np
    from sklearn.model_selection import GroupShuffleSplit, train_test_split

    rows = np.arange(len(values))
    nothing = rows[:0]
    if validation.kind is ValidationKind.TIME_ORDERED and by is not None:
        order = np.argsort(by, kind="stable")
        last = math.ceil(len(rows) * validation.test_share)
        return (order[:-last], order[-last:]) if last else (order, nothing)
    if not validation.test_share:
        return rows, nothing
    if validation.kind is ValidationKind.GROUPED and by is not None:
        if len(np.unique(by)) < validation.folds + 1:
            raise InvalidInputError(
                f"{validation.column!r} has too few values for {validation.folds} folds and a test part.",
                hint="Use fewer folds, or no test part.",
            )
        splitter = GroupShuffleSplit(n_splits=1, test_size=validation.test_share, random_state=seed)
        kept, aside = next(splitter.split(rows, groups=by))
        return kept, aside
    if classified:
        _check_rare(Validation(ValidationKind.HOLDOUT), values)
    try:
        rest, test = train_test_split(
            rows, test_size=validation.test_share, random_state=seed, stratify=values if classified else None
        )
    except ValueError as error:
        raise _cannot_split(error) from error
    return rest, test


def _folds(
    validation: Validation, values: NDArray[Any], classified: bool, by: NDArray[Any] | None, seed: int
) -> Iterator[tuple[Rows, Rows]]:
    import numpy as np
    from sklearn.model_selection import (
        GroupKFold,
        KFold,
        StratifiedGroupKFold,
        StratifiedKFold,
        TimeSeriesSplit,
        train_test_split,
    )

    rows = np.arange(len(values))
    try:
        match validation.kind:
            case ValidationKind.HOLDOUT:
                train, check = train_test_split(
                    rows,
                    test_size=validation.validation_share,
                    random_state=seed,
                    stratify=values if classified else None,
                )
                yield train, check
            case ValidationKind.TIME_ORDERED:
                yield from TimeSeriesSplit(validation.folds).split(rows)
            case ValidationKind.K_FOLD:
                kind = StratifiedKFold if classified else KFold
                yield from kind(validation.folds, shuffle=True, random_state=seed).split(rows, values)
            case ValidationKind.GROUPED:
                grouped = StratifiedGroupKFold if classified else GroupKFold
                yield from grouped(validation.folds, shuffle=True, random_state=seed).split(rows, values, by)
    except ValueError as error:
        raise _cannot_split(error) from error


def _cannot_split(error: ValueError) -> InvalidInputError:
    return InvalidInputError(
        "The rows cannot be split like this.",
        hint="Use fewer folds, another share, or another way of validation.",
        details=str(error),
    )


def _check_rare(validation: Validation, values: NDArray[Any]) -> None:
    import numpy as np

    classes, counts = np.unique(values, return_counts=True)
    needed = 2 if validation.kind is ValidationKind.HOLDOUT else validation.folds
    if len(classes) < 2 or counts.min() < needed:
        raise UnusableTargetError(
            f"The class {classes[int(counts.argmin())]!s} is in {int(counts.min())} rows only; "
            f"this way of validation needs {needed} of each class.",
            hint="Use fewer folds or holdout, leave rare classes out, or join them into one.",
        )


def _check_folds(folds: Sequence[tuple[Rows, Rows]], values: NDArray[Any], classified: bool) -> None:
    import numpy as np

    for number, (train, check) in enumerate(folds, start=1):
        if not len(train) or not len(check):
            raise InvalidInputError(f"Fold {number} would be empty.", hint="Use fewer folds.")
        if len(np.unique(values[train])) < 2:
            what = "one class" if classified else "one value of the target"
            raise UnusableTargetError(
                f"The rows that fold {number} learns from have only {what}.",
                hint="Use fewer folds, or another way of validation.",
            )
