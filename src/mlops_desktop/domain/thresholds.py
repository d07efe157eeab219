"""What a binary run's answers would be at another threshold, from the points of its ROC curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Counts = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class AtThreshold:
    """`counts` by actual and predicted label, in the order of the evaluation's labels.

    `reason` says why this threshold is of interest: the run's own, or by which rule it is best.
    """

    value: float
    reason: str
    counts: Counts
    recall: float | None
    precision: float | None


def counts_at(evaluation: Mapping[str, Any], threshold: float) -> Counts:
    """The confusion counts if the positive label were said from this probability on.

    The run's own threshold gives the counts that were measured; another one those of the nearest kept point of the
    curve at or above it. Raises ValueError where the run is not binary.
    """
    own = evaluation.get("threshold")
    if own is None:
        raise ValueError("only a binary run has a threshold")
    measured: Sequence[Sequence[int]] = evaluation["confusion"]["counts"]
    if own["value"] == threshold:
        return tuple(tuple(int(count) for count in row) for row in measured)
    curve = evaluation["roc"]["curves"][0]
    place = 0
    for number, known in enumerate(curve["thresholds"]):
        if known is not None and known < threshold:
            break
        place = number
    positive = list(evaluation["confusion"]["labels"]).index(evaluation["positive_label"])
    positives, negatives = sum(measured[positive]), sum(measured[1 - positive])
    if not curve["thresholds"]:
        return tuple(tuple(int(count) for count in row) for row in measured)
    hit = round(curve["true_positive"][place] * positives)
    false = round(curve["false_positive"][place] * negatives)
    rows = {positive: (positives - hit, hit), 1 - positive: (negatives - false, false)}
    return tuple(row if positive == 1 else row[::-1] for _, row in sorted(rows.items()))


def thresholds(evaluation: Mapping[str, Any]) -> tuple[AtThreshold, ...]:
    """The run's own threshold first, then one half and the best by two rules, as far as they differ."""
    own = evaluation.get("threshold")
    if own is None:
        return ()
    wanted = [(float(own["value"]), "the run's own"), (0.5, "one half")]
    points = [value for value in evaluation["roc"]["curves"][0]["thresholds"] if value is not None]
    measured = {value: _at(evaluation, value, "") for value in points}
    if measured:
        balanced = max(measured, key=lambda value: _balance(evaluation, measured[value].counts))
        best_f1 = max(measured, key=lambda value: _f1(measured[value]))
        wanted += [(balanced, "balanced"), (best_f1, "best f1")]
    found: dict[float, AtThreshold] = {}
    for value, reason in wanted:
        if all(abs(value - known) >= 0.005 for known in found):
            found[value] = _at(evaluation, value, reason)
    return tuple(found.values())


def _at(evaluation: Mapping[str, Any], value: float, reason: str) -> AtThreshold:
    counts = counts_at(evaluation, value)
    positive = list(evaluation["confusion"]["labels"]).index(evaluation["positive_label"])
    hit, said = counts[positive][positive], counts[0][positive] + counts[1][positive]
    there = sum(counts[positive])
    return AtThreshold(value, reason, counts, hit / there if there else None, hit / said if said else None)


def _balance(evaluation: Mapping[str, Any], counts: Counts) -> float:
    """True minus false positive rate."""
    positive = list(evaluation["confusion"]["labels"]).index(evaluation["positive_label"])
    there, others = sum(counts[positive]), sum(counts[1 - positive])
    return counts[positive][positive] / (there or 1) - counts[1 - positive][positive] / (others or 1)


def _f1(at: AtThreshold) -> float:
    recall, precision = at.recall or 0.0, at.precision or 0.0
    return 2 * recall * precision / (recall + precision) if recall + precision else 0.0
