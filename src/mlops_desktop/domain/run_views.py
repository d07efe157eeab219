"""A saved view of the runs: its name, and what it filters, shows and sorts by."""

from __future__ import annotations

from dataclasses import dataclass

from mlops_desktop.domain.run_selection import SortKey


@dataclass(frozen=True)
class RunView:
    """`where` is a filter as text, `columns` the fields shown, in their order; none means the usual ones."""

    name: str
    where: str = ""
    columns: tuple[str, ...] = ()
    sort: tuple[SortKey, ...] = ()


BUILT_IN = ("All runs", "Best per estimator", "Running", "Mine")
"""Names of views that are always there; a saved view is called otherwise."""
