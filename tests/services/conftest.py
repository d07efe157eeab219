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
