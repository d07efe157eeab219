"""A recipe: the next file of a dataset is read as the last one was."""

from __future__ import annotations

import pytest
from tests.services.world import World

from mlops_desktop.domain.datasets import ColumnType
from mlops_desktop.domain.errors import NotFoundError


def test_the_recipe_is_the_last_versions_answers_with_every_type(world: World) -> None:
    version = world.dataset("flights")
    recipe = world.workspace.datasets.recipe("flights")
    assert recipe is not None
    made = {item.name for item in version.source.derived}
    assert recipe.reference == version.reference
    assert recipe.answers.delimiter == version.source.answers.delimiter
    assert recipe.answers.column_types == {
        column.name: column.type for column in version.columns if column.name not in made
    }
    assert all(isinstance(kind, ColumnType) for kind in recipe.answers.column_types.values())


def test_a_recipe_remembers_the_target_and_may_be_not_kept(world: World) -> None:
    version = world.dataset("flights")
    name = version.columns[0].name
    datasets = world.workspace.datasets
    datasets.import_file(world.file(), "flights", target=name)
    recipe = datasets.recipe("flights")
    assert recipe is not None
    assert recipe.target == name
    datasets.import_file(world.file(), "flights", target="gone")
    recipe = datasets.recipe("flights")
    assert recipe is not None
    assert recipe.target is None
    datasets.import_file(world.file(), "flights", keep_recipe=False)
    assert datasets.recipe("flights") is None


def test_a_dataset_that_is_not_there_has_none(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.workspace.datasets.recipe("flights")


def test_an_obstacle_is_asked_of_a_worker(world: World) -> None:
    world.workers.answers["obstacle"] = lambda request: {"obstacle": None}
    assert world.workspace.datasets.obstacle(world.file()) is None
    world.workers.answers["obstacle"] = lambda request: {
        "obstacle": {"title": "A quote", "sentence": "Correct it.", "code": "MD-DAT-001"}
    }
    found = world.workspace.datasets.obstacle(world.file())
    assert found is not None
    assert found.title == "A quote"
