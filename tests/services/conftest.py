"""A fresh workspace for each test; its tables are made once and copied."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.services.world import World

from mlops_desktop.storage import engines
from mlops_desktop.storage.registry import open_registry


@pytest.fixture(scope="session")
def registry_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    open_registry(folder, state_folder=folder, actor="", machine="", program_version="1.0").close()
    return folder / "registry.db"


@pytest.fixture(scope="session")
def two_models(tmp_path_factory: pytest.TempPathFactory, registry_template: Path) -> World:
    """A world to be copied: two versions of the model `late`."""
    folder = tmp_path_factory.mktemp("two")
    world = World(folder / "workspace", folder / "state", registry_template)
    world.model("late", "one")
    world.model("late", "two")
    return world


@pytest.fixture
def two(two_models: World, tmp_path: Path) -> Iterator[World]:
    made = two_models.copy(tmp_path / "two")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """That what is written survives a power cut is proven where it is written, in the tests of storage."""
    kept = tuple(pragma for pragma in engines._WRITE_PRAGMAS if not pragma.startswith("synchronous"))
    monkeypatch.setattr(engines, "_WRITE_PRAGMAS", ("synchronous=OFF", *kept))
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def world(tmp_path: Path, registry_template: Path) -> Iterator[World]:
    made = World(tmp_path / "workspace", tmp_path / "state", registry_template)
    yield made
    made.close()
