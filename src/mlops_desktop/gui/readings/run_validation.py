"""Why quality is measured as it is, in words, and what is one click away instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlops_desktop.domain.experiments import Validation, ValidationKind
from mlops_desktop.domain.suggestions import suggest_validation
from mlops_desktop.gui.readings.run_draft import suggested_experiment
from mlops_desktop.gui.readings.run_setup import Setup

_RANDOM = (ValidationKind.HOLDOUT, ValidationKind.K_FOLD)


@dataclass(frozen=True)
class Told:
    words: str
    tone: str = "muted"
    icon: str = "info"


@dataclass(frozen=True)
class Instead:
    """Another way, and what of the draft changes for it."""

    caption: str
    tip: str
    changes: Mapping[str, object] = field(default_factory=dict)


def reason(setup: Setup, shown: Validation, sentence: str) -> Told:
    """What stands in the line of validation; `sentence` says how the rows are parted."""
    words = sentence or "Choose a column"
    usual, is_suggested = setup.usual, setup.draft.validation is None
    if usual is not None and is_suggested and usual.is_as_last_run:
        return Told(f"As the last run of {experiment_of(setup)}", "ok", "circle-check")
    if usual is not None and usual.time_column and shown.kind in _RANDOM:
        parts = "One part" if shown.kind is ValidationKind.HOLDOUT else f"{shown.folds} folds"
        truer = f"{parts} at random; for rows to come By time is truer"
        return Told(f"Suggested: {_lower(truer)}" if is_suggested else truer, "warn", "triangle-alert")
    if is_suggested and shown.kind is ValidationKind.TIME_ORDERED:
        return Told("Suggested: rows have a time, later ones check", "ok", "circle-check")
    return Told(f"Suggested: {_lower(words)}", "ok", "circle-check") if is_suggested else Told(words)


def instead(setup: Setup, shown: Validation) -> Instead | None:
    """Away from what is suggested: from the last run to the rows, from the rows' time to random parts."""
    usual, version, draft = setup.usual, setup.version, setup.draft
    if usual is None or version is None or draft.validation is not None:
        return None
    if usual.is_as_last_run:
        tip = f"Validation and features from the rows themselves, not as in {usual.last_run}"
        return Instead("Suggest from the rows", tip, {"afresh": True})
    if shown.kind is not ValidationKind.TIME_ORDERED:
        return None
    other = suggest_validation(version.rows)
    changes = {
        "validation": other.kind,
        "folds": str(other.folds),
        "share": f"{other.validation_share * 100:g}",
        "test": f"{shown.test_share * 100:g}",
        "by": None,
    }
    return Instead("Random parts instead", "Where it does not matter which rows came first", changes)


def experiment_of(setup: Setup) -> str:
    """The experiment that the runs will belong to."""
    named = setup.draft.experiment
    return named or (suggested_experiment(setup.version, setup.draft.target) if setup.version else "")


def _lower(words: str) -> str:
    return f"{words[0].lower()}{words[1:]}"
