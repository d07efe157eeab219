"""A registry in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlops_desktop.storage.registry import SqliteRegistry, open_registry


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def open_here(workspace: Path, state: Path) -> Iterator[Callable[[], SqliteRegistry]]:
    """Opens the test's registry, as often as wanted; all are closed in the end."""
    opened: list[SqliteRegistry] = []

    def open_once() -> SqliteRegistry:
        opened.append(
            open_registry(workspace, state_folder=state, actor="ada", machine="laptop", program_version="0.1.0")
        )
        return opened[-1]

    yield open_once
    for registry in opened:
        registry.close()


@pytest.fixture
def registry(open_here: Callable[[], SqliteRegistry]) -> SqliteRegistry:
    return open_here()
