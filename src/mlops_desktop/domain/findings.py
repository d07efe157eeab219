"""How findings are counted and put together: by kind, those to look at apart from those that ask for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlops_desktop.domain.datasets import Finding, FindingSeverity


def by_kind(findings: Sequence[Finding]) -> Mapping[str, tuple[Finding, ...]]:
    """Findings with one code are one thing to look at, in however many columns it was seen."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.code, []).append(finding)
    return {code: tuple(items) for code, items in found.items()}


def is_to_look_at(items: Sequence[Finding]) -> bool:
    return any(item.severity is FindingSeverity.WARNING for item in items)


def to_look_at(findings: Sequence[Finding]) -> int:
    """How many things there are to look at; what is only noted does not count."""
    return sum(is_to_look_at(items) for items in by_kind(findings).values())
