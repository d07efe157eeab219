"""A person at the command line, and a workspace in which every wish is granted at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.typing_room import DiligentWorld, Typist, answers

from mlops_desktop import bootstrap
from mlops_desktop.services.workspace import Workspace
from mlops_desktop.storage import engines
from mlops_desktop.storage.registry import open_registry


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    open_registry(folder, state_folder=folder, actor="", machine="", program_version="1.0").close()
    return folder / "registry.db"


@pytest.fixture
def world(tmp_path: Path, empty_registry: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DiligentWorld]:
    kept = tuple(pragma for pragma in engines._WRITE_PRAGMAS if not pragma.startswith("synchronous"))
    monkeypatch.setattr(engines, "_WRITE_PRAGMAS", ("synchronous=OFF", *kept))
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    made = DiligentWorld(tmp_path / "workspace", tmp_path / "state", empty_registry)
    made.workers.answers |= answers(tmp_path)
    monkeypatch.setattr(Workspace, "close", lambda self: None)
    monkeypatch.setattr(bootstrap, "open_workspace", lambda folder, *, actor=None: made.workspace)
    yield made
    made.close()


@pytest.fixture
def mlops(world: DiligentWorld, capsys: pytest.CaptureFixture[str]) -> Typist:
    return Typist(world, capsys)
