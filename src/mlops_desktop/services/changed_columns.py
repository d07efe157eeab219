"""Columns that are named and that a dataset version has no more, or as another type: told with the version before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlops_desktop.domain.datasets import DatasetVersion
from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import FeatureRole
from mlops_desktop.domain.suggestions import possible_roles


def check_columns(version: DatasetVersion, named: Iterable[str], roles: Mapping[str, FeatureRole]) -> None:
    """Raises InvalidInputError for the first column that is not there, or that can no longer be used as asked."""
    for name in named:
        if version.column(name) is None:
            raise _missing(version, name)
    for name, role in roles.items():
        column = version.column(name)
        if column is None:
            raise _missing(version, name)
        before = _changed(version, name, "retyped")
        if before is not None and role not in possible_roles(column):
            raise InvalidInputError(
                f"{name} is {column.type.value} in {version.reference}, it was {before} in v{_number(version)}, "
                f"so it cannot be used as {role.value}.",
                hint=f"It can be used as {' or '.join(known.value for known in possible_roles(column))}; "
                f"or import the file again and choose its type.",
            )


def _missing(version: DatasetVersion, name: str) -> InvalidInputError:
    if _changed(version, name, "removed") is not None:
        return InvalidInputError(
            f"{version.reference} has no column {name} any more; v{_number(version)} had it.",
            hint=f"Leave it out, or use {version.dataset_name}@v{_number(version)}.",
        )
    known = ", ".join(column.name for column in version.columns[:50])
    return InvalidInputError(f"{version.reference} has no column {name}.", hint=f"Its columns are {known}.")


def _changed(version: DatasetVersion, name: str, change: str) -> str | None:
    """What the column was in the version before, where this is what happened to it."""
    columns = version.difference.columns if version.difference else ()
    return next((item.before for item in columns if item.name == name and item.change == change), None)


def _number(version: DatasetVersion) -> int:
    return version.difference.before_number if version.difference else 0
