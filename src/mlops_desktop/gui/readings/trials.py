"""A version on trial in words and rows: its share, and both versions side by side."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from mlops_desktop.domain.deployments import Sighting, Trial, TrialKind
from mlops_desktop.domain.trials import ENOUGH, Side, TrialComparison, compare
from mlops_desktop.gui import formats
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.readings.deployments import EndpointFacts, version_words

_MOST_CLASSES = 2
HEADS = (
    Head("Version", 150, stretch=True),
    Head("Requests", 84, numeric=True),
    Head("Errors", 76, numeric=True),
    Head("p50", 78, numeric=True, keep=2),
    Head("p99", 78, numeric=True, keep=1),
    Head("Predicts", 230, stretch=True),
)


def comparison_of(one: EndpointFacts, seen: Mapping[str, Sighting]) -> TrialComparison | None:
    """Both sides of the endpoint's trial as last seen; None where there is no trial or one was not seen yet."""
    trial, stable = one.endpoint.trial, one.answering
    tried = one.deployment(trial.deployment_id) if trial is not None else None
    if trial is None or stable is None or tried is None or not {stable.id, tried.id} <= seen.keys():
        return None
    return compare(
        trial, stable.model_reference, tried.model_reference, seen[stable.id].observation, seen[tried.id].observation
    )


def title(one: EndpointFacts) -> str:
    """`v3 on trial`; nothing where none is."""
    trial = one.endpoint.trial
    tried = one.deployment(trial.deployment_id) if trial is not None else None
    return f"{version_words(tried.model_reference, one.name)} on trial" if tried is not None else ""


def standing(trial: Trial, now: datetime) -> str:
    """`canary since 07:40, 10 % of the connections`."""
    since = formats.moment(trial.started_at, now)
    if trial.kind is TrialKind.SHADOW:
        return f"shadow since {since}, asked {_percent(trial.share)} of the requests too"
    return f"canary since {since}, {_percent(trial.share)} of the connections"


def rows(one: EndpointFacts, found: TrialComparison) -> list[CellRow]:
    """The version that answers first."""
    return [_row(one, found.stable, found), _row(one, found.tried, found)]


def _row(one: EndpointFacts, side: Side, found: TrialComparison) -> CellRow:
    worse = side is found.tried and found.is_enough and side.errors > found.stable.errors
    shown = (
        Cell(version_words(side.reference, one.name), strong=side is found.stable),
        Cell(formats.count(side.requests)),
        Cell(_percent(side.errors, 2), "error" if worse else "text"),
        Cell(_ms(side.p50_ms, side.requests)),
        Cell(_ms(side.p99_ms, side.requests)),
        Cell(_predicts(side), "muted" if not side.classes and side.mean is None else "text"),
    )
    return CellRow(side.reference, shown)


def _predicts(side: Side) -> str:
    if side.mean is not None:
        return f"on average {formats.number(side.mean, 4)}"
    if not side.classes:
        return formats.NOT_SET
    most = sorted(side.classes.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_CLASSES]
    return ", ".join(f"{_percent(share)} {name}" for name, share in most)


def verdict(found: TrialComparison) -> str:
    """What the figures say so far, in a sentence or two."""
    sentences = []
    shadow = found.shadowing
    if found.agreement is not None and shadow is not None:
        sentences.append(
            f"The same answer to {_percent(found.agreement, 1)} of {formats.plural(shadow.rows, 'row')}; the largest "
            f"difference is {formats.number(shadow.largest_difference, 4)}."
        )
        if shadow.skipped:
            sentences.append(f"{formats.plural(shadow.skipped, 'request')} had to be left out.")
    if found.splitting is not None and found.splitting.kept:
        kept = formats.plural(found.splitting.kept, "connection")
        sentences.append(f"{kept} of its share stayed with the other version, which answered them.")
    if not found.is_enough:
        sentences.append(f"Fewer than {ENOUGH} requests: the figures say little yet.")
    return " ".join(sentences)


def _percent(share: float, places: int = 0) -> str:
    return f"{100 * share:.{places}f} %"


def _ms(value: float, requests: int) -> str:
    return f"{value:.1f} ms" if requests and value else formats.NOT_SET
