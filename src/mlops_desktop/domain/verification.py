"""What `verify` finds wrong in a workspace."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """`area` is database, artifact, bundle, audit or run; `subject` names the thing; `sentence` says what is wrong."""

    area: str
    subject: str
    sentence: str


@dataclass(frozen=True)
class Verification:
    """How much was looked at, and what was wrong with it."""

    artifacts: int
    bundles: int
    audit_entries: int
    problems: tuple[Problem, ...]

    @property
    def is_clean(self) -> bool:
        return not self.problems
