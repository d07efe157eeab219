"""One endpoint that really answers, in a process of its own, over a copy of the made workspace."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.real_workspace import _await_keeper, real_workspace

from mlops_desktop import bootstrap
from mlops_desktop.services.workspace import Workspace

NAME = "flight-late"


@dataclass(frozen=True)
class LiveEndpoint:
    """`token` is what other programs need; this computer keeps it in `state`."""

    folder: Path
    state: Path
    url: str
    token: str

    def open(self) -> Workspace:
        """Another door to the same workspace; whoever asks closes it. `state` must be this process's own."""
        return bootstrap.open_workspace(self.folder, actor="ada")

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, "MLOPS_STATE_FOLDER": str(self.state), "PYTHONUNBUFFERED": "1"}

    def command(self, *words: str) -> subprocess.Popen[bytes]:
        """The command line as a process of its own, not waited for."""
        line = [sys.executable, "-m", "mlops_desktop.cli.main", "-w", str(self.folder), "deployments", *words]
        return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=self.environment())


def _end_keeper(folder: Path) -> None:
    """It has nothing to do any more, but would wait for a next command."""
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        keeper = psutil.Process(int((folder / "keeper.pid").read_text()))
        if str(folder) in keeper.cmdline():
            keeper.terminate()
    _await_keeper(folder)


@contextmanager
def live_endpoint(reference: str) -> Iterator[LiveEndpoint]:
    """Starts it, and ends it with its keeper. The folder's name is short, for sockets lie there."""
    place = Path(tempfile.mkdtemp(prefix="mlops-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_STATE_FOLDER", str(place / "state"))
        # Longer than the keeper's pause between two looks: else it would lay its work down and take it up again.
        patch.delenv("MLOPS_KEEPER_IDLE_SECONDS", raising=False)
        for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
            patch.setenv(f"XDG_{kind}_HOME", str(place / kind.lower()))
        with real_workspace(place / "workspace") as workspace:
            order = workspace.deployments.deploy(reference, endpoint=NAME)
            workspace.deployments.wait(order.rollout.id)
            url = workspace.deployments.endpoint(NAME).url
            try:
                yield LiveEndpoint(place / "workspace", place / "state", url, str(order.token))
            finally:
                if workspace.deployments.endpoint(NAME).wanted_deployment_id:
                    workspace.deployments.wait(workspace.deployments.stop(NAME).rollout.id)
        _end_keeper(place / "workspace")
    shutil.rmtree(place, ignore_errors=True)
