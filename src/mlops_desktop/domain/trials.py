"""What two versions of a trial answered, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlops_desktop.domain.deployments import Answers, Observation, Shadowing, Splitting, Trial

ENOUGH = 100
"""Requests of the version on trial before its figures say much."""


@dataclass(frozen=True)
class Side:
    """One version since its server's start. `errors` as a share of requests, `classes` as shares of the answers.

    Latency in ms. Of a shadow, requests are those it was asked too.
    """

    reference: str
    requests: int
    errors: float
    p50_ms: float
    p99_ms: float
    classes: Mapping[str, float]
    mean: float | None


@dataclass(frozen=True)
class TrialComparison:
    """`agreement` is the share of rows to which a shadow answered the same, None where none was compared."""

    trial: Trial
    stable: Side
    tried: Side
    splitting: Splitting | None = None
    shadowing: Shadowing | None = None

    @property
    def is_enough(self) -> bool:
        return self.tried.requests >= ENOUGH

    @property
    def agreement(self) -> float | None:
        seen = self.shadowing
        return seen.same / seen.rows if seen is not None and seen.rows else None


def compare(trial: Trial, stable: str, tried: str, seen: Observation, seen_tried: Observation) -> TrialComparison:
    """The comparison of the versions called `stable` and `tried`, as their servers were seen."""
    shadow = seen.shadowing
    second = _side(tried, seen_tried)
    if shadow is not None:
        failed = shadow.failed / shadow.asked if shadow.asked else 0.0
        second = Side(tried, shadow.asked, failed, shadow.p50_ms, 0.0, {}, None)
    return TrialComparison(trial, _side(stable, seen), second, seen.splitting, shadow)


def _side(reference: str, seen: Observation) -> Side:
    answers = seen.answers or Answers({})
    total = sum(answers.classes.values())
    return Side(
        reference,
        seen.requests,
        seen.errors / seen.requests if seen.requests else 0.0,
        seen.p50_ms,
        seen.p99_ms,
        {name: count / total for name, count in answers.classes.items()} if total else {},
        answers.mean,
    )
