"""Recipes: how the next file of a dataset is read, taken from its last version."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from mlops_desktop.domain.datasets import Dataset, DatasetVersion
from mlops_desktop.domain.previews import Recipe
from mlops_desktop.services.ports import UnitOfWork


def recipe_of(unit: UnitOfWork, version: DatasetVersion) -> Recipe | None:
    """The answers and types of the version, where they were kept for the next file.

    Every column must be there again with values that fit its type; lines that were left out concerned that file alone.
    """
    kept = _kept(unit, version.dataset_id)
    if not kept.get("is_kept", True):
        return None
    source = version.source
    made = {item.name for item in source.derived}
    types = {column.name: column.type for column in version.columns if column.name not in made}
    answers = dataclasses.replace(source.answers, column_types=types, lines_left_out=())
    derived = tuple(_written(item.name, item.expression) for item in source.derived)
    target = kept.get("target")
    is_there = isinstance(target, str) and version.column(target) is not None
    return Recipe(version.dataset_name, version.reference, answers, derived, str(target) if is_there else None)


def remember(unit: UnitOfWork, dataset: Dataset, *, is_kept: bool, target: str | None) -> None:
    """Whether the next file is read as this one, and what was to be predicted."""
    before = _kept(unit, dataset.id)
    now = {"is_kept": is_kept, "target": target or before.get("target")}
    if now != before:
        unit.settings.set(_key(dataset.id), now)


def _kept(unit: UnitOfWork, dataset_id: str) -> Mapping[str, object]:
    found = unit.settings.get(_key(dataset_id))
    return found if isinstance(found, dict) else {}


def _key(dataset_id: str) -> str:
    return f"recipe.{dataset_id}"


def _written(name: str, expression: str) -> str:
    return f"{name} = {expression}" if name.isidentifier() else f"`{name}` = {expression}"
