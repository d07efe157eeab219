"""The real workspace opened once for all tests of a module that leave it as it was; its worker is warm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.real_workspace import real_workspace

from mlops_desktop.domain.experiments import Task
from mlops_desktop.services.workspace import Workspace


@contextmanager
def shared_workspace(folder: Path) -> Iterator[Workspace]:
    """Stays open when a window on it closes. Its worker is there before the first test looks what is left behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_STATE_FOLDER", str(folder / "state"))
        with real_workspace(folder / "nyc-delays") as opened:
            opened.experiments.estimators(Task.BINARY)
            with pytest.MonkeyPatch.context() as kept_open:
                kept_open.setattr(opened, "close", lambda: None)
                yield opened
