"""Columns that alone decide a target, or that seem to be known only after it: what a model must not be learnt from.

Every column is judged on its own, on at most 200,000 rows drawn with a fixed seed. A score is always measured on rows
other than those it was learnt from, so that a column with many different values does not look like a prophet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_desktop.domain import expressions
from mlops_desktop.domain.datasets import Column, ColumnType, Derived, Finding
from mlops_desktop.domain.errors import NotFoundError
from mlops_desktop.workers.tables.codes import finding
from mlops_desktop.workers.tables.frames import read_table

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

MOST_ROWS = 200_000
DECIDES = 0.98
STRONG = 0.85
_CLASSES = 20
_FEWEST_ROWS = 20
_FEWEST_OF_A_CLASS = 5
_TOGETHER = 0.8
_BINS = 64


@dataclass(frozen=True)
class _Target:
    """A target without its missing rows: its values as numbers, and what kind they are."""

    name: str
    kind: str
    codes: Numbers
    present: pl.Series


def leakage_findings(
    path: Path, target: str, columns: Sequence[Column], derived: Sequence[Derived] = ()
) -> list[Finding]:
    """Findings `decides_target`, `known_after` and `strongly_related`, each about a column and the target.

    `derived` tells what a derived target was computed from. Raises NotFoundError where the target is no column.
    """
    names = [column.name for column in columns]
    if target not in names:
        raise NotFoundError(
            f"There is no column {target!r} to predict.",
            hint=expressions.nearest(target, names) or "Look at the columns.",
        )
    sources = _sources(target, derived)
    table = _sampled(read_table(path, names))
    judged = _target(table.get_column(target))
    findings: list[Finding] = []
    for name in names:
        if name != target:
            findings += _column_findings(table.get_column(name), judged, computed=name in sources)
    return findings


def _sources(target: str, derived: Sequence[Derived]) -> set[str]:
    """The columns a derived target was computed from, and those computed from the same."""
    by_name = {item.name: expressions.names(expressions.parse(item.expression)) for item in derived}
    waiting, found = [target], set[str]()
    while waiting:
        for name in by_name.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


def _sampled(table: pl.DataFrame) -> pl.DataFrame:
    return table.sample(MOST_ROWS, seed=0) if table.height > MOST_ROWS else table


def _target(values: pl.Series) -> _Target:
    import polars as pl

    from mlops_desktop.workers.tables.frames import type_of
    from mlops_desktop.workers.tables.profiling import as_numbers

    present = values.is_not_null()
    filled = values.drop_nulls()
    kind = type_of(values.dtype)
    few = filled.n_unique()
    if kind in (ColumnType.TEXT, ColumnType.BOOLEAN) or (kind is ColumnType.INTEGER and few <= _CLASSES):
        codes = (
            (filled.rank("dense") - 1).cast(pl.Float64).to_numpy()
            if len(filled)
            else filled.cast(pl.Float64).to_numpy()
        )
        return _Target(values.name, "binary" if few == 2 else "classes", codes, present)
    return _Target(values.name, "number", as_numbers(filled), present)


def _column_findings(values: pl.Series, target: _Target, *, computed: bool) -> list[Finding]:
    about = (values.name, target.name)
    if computed:
        sentence = f"{target.name!r} is computed from {values.name!r}, which therefore decides it."
        return [finding("decides_target", sentence, about)]
    found: list[Finding] = []
    score = _score(values.filter(target.present), target)
    if score >= DECIDES:
        sentence = f"{values.name!r} alone decides {target.name!r} ({_measure(target, score)})."
        return [finding("decides_target", f"{sentence} Do not learn from it, unless it is known beforehand.", about)]
    together = _missing_together(values, target)
    if together:
        sentence = (
            f"{values.name!r} is missing where {target.name!r} is missing ({together:.0%} of those rows): "
            f"it seems to be known only after {target.name!r}."
        )
        found.append(finding("known_after", sentence, about))
    if score >= STRONG:
        sentence = f"{values.name!r} alone is a very strong hint at {target.name!r} ({_measure(target, score)})."
        found.append(finding("strongly_related", f"{sentence} Is it known when the prediction is made?", about))
    return found


def _measure(target: _Target, score: float) -> str:
    what = {"binary": "area under the ROC curve", "classes": "share of the avoidable errors avoided"}
    return f"{what.get(target.kind, 'rank correlation')} {score:.3f}"


def _missing_together(values: pl.Series, target: _Target) -> float:
    """The share of rows without target that have no value here, where the column is missing almost only there."""
    missing = values.is_null()
    absent = ~target.present
    column_missing, target_missing = int(missing.sum()), int(absent.sum())
    if min(column_missing, target_missing) < _FEWEST_ROWS or target_missing > len(values) * 0.9:
        return 0.0
    both = int((missing & absent).sum())
    share = both / target_missing
    return share if both >= 0.99 * column_missing and share >= _TOGETHER else 0.0


def _score(values: pl.Series, target: _Target) -> float:
    """How well the column alone tells the target, from 0 to 1."""
    import numpy as np

    codes = target.codes
    distinct, counts = np.unique(codes, return_counts=True)
    if len(codes) < _FEWEST_ROWS or values.n_unique() < 2 or len(distinct) < 2:
        return 0.0
    if target.kind == "binary" and counts.min() < _FEWEST_OF_A_CLASS:
        return 0.0
    groups, ordered = _groups(values)
    half = np.arange(len(codes)) % 2 == 0
    learnt = max(_learnt(groups, codes, half, target.kind), _learnt(groups, codes, ~half, target.kind))
    if ordered is None or target.kind == "classes":
        return learnt
    known = np.isfinite(ordered)
    if known.sum() < max(_FEWEST_ROWS, 0.5 * len(codes)):
        return learnt
    by_rank = _auc if target.kind == "binary" else _rank_correlation
    return max(learnt, by_rank(ordered[known], codes[known]))


def _groups(values: pl.Series) -> tuple[NDArray[np.int64], Numbers | None]:
    """A number for every row's group of values (0 for missing), and the values as ordered numbers where they are."""
    import numpy as np
    import polars as pl

    from mlops_desktop.workers.tables.frames import type_of
    from mlops_desktop.workers.tables.profiling import as_numbers

    if type_of(values.dtype) in (ColumnType.TEXT, ColumnType.BOOLEAN):
        ranks = values.rank("dense").fill_null(0).cast(pl.Int64).to_numpy()
        return ranks, None
    present = values.is_not_null().to_numpy()
    ordered = np.full(len(values), np.nan)
    ordered[present] = as_numbers(values.drop_nulls())
    cuts = np.unique(np.quantile(ordered[present], np.linspace(0, 1, _BINS + 1)[1:-1], method="inverted_cdf"))
    groups = np.zeros(len(values), dtype=np.int64)
    groups[present] = np.searchsorted(cuts, ordered[present], side="left") + 1
    return groups, ordered


def _learnt(groups: NDArray[np.int64], codes: Numbers, half: NDArray[np.bool_], kind: str) -> float:
    """The score on one half of the rows of what each group showed on the other half."""
    import numpy as np

    if len(np.unique(codes[half])) < 2 or len(np.unique(codes[~half])) < 2:
        return 0.0
    if kind == "classes":
        return _learnt_classes(groups, codes, half)
    size = int(groups.max()) + 1
    counts = np.bincount(groups[half], minlength=size)
    sums = np.bincount(groups[half], weights=codes[half], minlength=size)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), codes[half].mean())
    guess = means[groups[~half]]
    return _auc(guess, codes[~half]) if kind == "binary" else _rank_correlation(guess, codes[~half])


def _learnt_classes(groups: NDArray[np.int64], codes: Numbers, half: NDArray[np.bool_]) -> float:
    """How much of the error of always guessing the most frequent class is avoided."""
    import numpy as np

    classes = codes.astype(np.int64)
    number = int(classes.max()) + 1
    table = np.zeros((int(groups.max()) + 1, number))
    np.add.at(table, (groups[half], classes[half]), 1)
    usual = int(np.bincount(classes[half]).argmax())
    guess = np.where(table.sum(axis=1) > 0, table.argmax(axis=1), usual)[groups[~half]]
    base = float((classes[~half] == usual).mean())
    right = float((guess == classes[~half]).mean())
    return max(0.0, (right - base) / (1 - base)) if base < 1 else 0.0


def _ranks(values: Numbers) -> Numbers:
    import polars as pl

    found: Numbers = pl.Series(values).rank("average").to_numpy()
    return found


def _auc(scores: Numbers, codes: Numbers) -> float:
    """The area under the ROC curve, whichever way round."""
    positive = codes > 0
    many, few = int(positive.sum()), int((~positive).sum())
    if not many or not few:
        return 0.0
    area = (float(_ranks(scores)[positive].sum()) - many * (many + 1) / 2) / (many * few)
    return max(area, 1 - area)


def _rank_correlation(first: Numbers, second: Numbers) -> float:
    import numpy as np

    ranks = _ranks(first), _ranks(second)
    if min(rank.std() for rank in ranks) == 0:
        return 0.0
    return abs(float(np.corrcoef(*ranks)[0, 1]))
