"""The columns of a dataset version as rows of the form: taken or not, used how, and why one is left out."""

from __future__ import annotations

from mlops_desktop.domain.datasets import Column, ColumnProfile
from mlops_desktop.domain.experiments import FeatureRole
from mlops_desktop.domain.suggestions import LEAKING, possible_roles
from mlops_desktop.gui import formats
from mlops_desktop.gui.item_models.features import FeatureRow
from mlops_desktop.gui.readings.run_draft import Draft
from mlops_desktop.gui.readings.run_setup import Setup

_NOTES = {"decides_target": "decides target", "known_after": "known too late", "strongly_related": "strong hint"}


def feature_rows(setup: Setup) -> list[FeatureRow]:
    """Taken ones first, as they come in the table; then those left out."""
    if setup.version is None or setup.usual is None:
        return []
    reasons = {item.name: item.reason for item in setup.usual.left_out}
    rows = [
        _row(setup, column, profile, reasons.get(column.name, ""))
        for column, profile in zip(setup.version.columns, setup.version.profiles, strict=True)
        if column.name != setup.draft.target
    ]
    # Where a column stands does not change when its box does: only what is suggested decides the order.
    return sorted(rows, key=lambda row: bool(reasons.get(row.name)))


def is_taken(draft: Draft, name: str, reason: str) -> bool:
    return name in draft.included if reason else name not in draft.without


def leaking(setup: Setup) -> dict[str, str]:
    """The sentence of each column that gives the target away."""
    findings = setup.usual.findings if setup.usual else ()
    return {one.columns[0]: one.sentence for one in findings if one.code in LEAKING and one.columns}


def usual_role(setup: Setup, name: str) -> FeatureRole | None:
    """What a column is used as unless the person says otherwise; None where that is as its type says."""
    return next((one.role for one in setup.usual.features if one.name == name), None) if setup.usual else None


def taken_back(setup: Setup) -> dict[str, str]:
    """The columns that are taken although they give the target away, and how they do."""
    usual = {feature.name for feature in setup.usual.features} if setup.usual else set()
    return {
        name: sentence
        for name, sentence in leaking(setup).items()
        if name in setup.draft.included or (name in usual and name not in setup.draft.without)
    }


def _row(setup: Setup, column: Column, profile: ColumnProfile, reason: str) -> FeatureRow:
    draft, base = setup.draft, setup.base
    roles = possible_roles(column)
    usual = usual_role(setup, column.name) or roles[0]
    role = draft.roles.get(column.name, usual)
    taken = is_taken(draft, column.name, reason)
    before = is_taken(base, column.name, reason), base.roles.get(column.name, usual)
    note, tone = _note(setup, column, profile, reason)
    return FeatureRow(
        name=column.name,
        taken=taken,
        role=role if role in roles else usual,
        roles=roles,
        empty=profile.missing / profile.rows if profile.rows else 0.0,
        note=note,
        tone=tone,
        reason=reason or _sentence(setup, column.name),
        changed=(taken, role) != before,
    )


def _sentence(setup: Setup, name: str) -> str:
    findings = setup.usual.findings if setup.usual else ()
    return next((one.sentence for one in findings if one.columns and one.columns[0] == name), "")


def _note(setup: Setup, column: Column, profile: ColumnProfile, reason: str) -> tuple[str, str]:
    findings = setup.usual.findings if setup.usual else ()
    code = next((one.code for one in findings if one.columns and one.columns[0] == column.name), "")
    if code in LEAKING:
        return _NOTES[code], "error"
    if profile.distinct < 2:
        return ("empty" if profile.distinct == 0 else "one value"), "outline"
    values = formats.plural(profile.distinct, "value")
    if reason:
        return values, "outline"
    if code in _NOTES:
        return _NOTES[code], "warn"
    return values, "muted"
