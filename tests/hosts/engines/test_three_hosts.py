"""Three hosts, one frozen, one cut off, one fine: the fine one is deployed to, and nothing of the others stays."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engines.engine import wait_for
from tests.engines.hosts import CACHE, ssh_host
from tests.engines.remote_host import RemoteHost
from tests.engines.session import Engines
from tests.hosts.engines import real_keeper
from tests.hosts.engines.conftest import Team
from tests.hosts.engines.reaching import require_nothing_left, ssh_processes
from tests.hosts.engines.seeing import containers
from tests.real_workspace import real_workspace

from mlops_desktop import bootstrap
from mlops_desktop.domain.deployments import DeploymentStatus, RolloutStep
from mlops_desktop.domain.errors import HostError, HostUnreachableError
from mlops_desktop.hosts.engines import relay_line, ssh_tunnel
from mlops_desktop.hosts.engines.engine import Engine
from mlops_desktop.hosts.engines.routes import route_to
from mlops_desktop.hosts.engines.streams import ExecStream
from mlops_desktop.services.workspace import Workspace

pytestmark = pytest.mark.engines
NAMES = ("frozen", "lost", "fine")


@contextlib.contextmanager
def asking(workspace: Workspace, name: str) -> Iterator[None]:
    """Somebody has the host checked all the time meanwhile."""
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            workspace.hosts.check(name)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_k_08_a_frozen_host_and_a_lost_one_keep_the_fine_one_from_nothing(
    remote_hosts: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen, lost, fine = remote_hosts.remote(3)
    with real_workspace(tmp_path / "workspace") as workspace:
        monkeypatch.setenv("MLOPS_CACHE_FOLDER", str(CACHE))
        monkeypatch.setattr(bootstrap.KeeperStarter, "__call__", lambda _: False)
        for name, remote in zip(NAMES, (frozen, lost, fine), strict=True):
            workspace.hosts.add(ssh_host(remote, name))
        frozen.freeze_all()
        lost.cut()
        orders = {
            name: workspace.deployments.deploy("flight-late@v1", endpoint=name, host=name, published=True)
            for name in NAMES
        }
        with real_keeper.kept(workspace.folder):
            with asking(workspace, "frozen"), asking(workspace, "lost"):
                assert workspace.deployments.wait(orders["fine"].rollout.id).step is RolloutStep.DONE
            for name in ("frozen", "lost"):
                with pytest.raises(HostUnreachableError, match=f"{name} does not answer"):
                    workspace.deployments.wait(orders[name].rollout.id)
            row = dict(workspace.models.example_rows("flight-late@v1")[0])
            assert workspace.deployments.predict("fine", [row])["model"] == "flight-late@v1"
            states = {endpoint.name: deployment for endpoint, deployment in workspace.deployments.list()}
            assert {name: one.status for name, one in states.items() if one} == {
                "frozen": DeploymentStatus.FAILED,
                "lost": DeploymentStatus.FAILED,
                "fine": DeploymentStatus.RUNNING,
            }
            workspace.close()
            assert ssh_processes() == []


@pytest.mark.long
def test_k_08_who_closes_does_not_wait_for_who_waits_for_a_frozen_container(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.deploy("flight-late@v1")
    (holder,) = containers(team, "holder")
    assert team.workspace.deployments.look("late")
    monkeypatch.setattr(relay_line, "_ON_THE_WAY", 3600.0)
    asked = threading.Event()
    read = ExecStream.read_line

    def reading(stream: ExecStream, seconds: float) -> bytes:
        asked.set()
        return read(stream, seconds)

    monkeypatch.setattr(ExecStream, "read_line", reading)
    thread = threading.Thread(target=team.workspace.deployments.look, args=("late",))
    with team.engine.client() as client:
        client.pause(holder["Id"])
        try:
            thread.start()
            assert asked.wait(30)
            team.workspace.close()
            thread.join()
        finally:
            client.unpause(holder["Id"])


def test_k_08_who_closes_does_not_wait_for_who_waits_for_a_frozen_host(
    remote_host: RemoteHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the time-outs: nothing but the end of the tunnel ends this waiting."""
    monkeypatch.setattr(ssh_tunnel, "ALWAYS", ("-T", "-a", "-x", "-o", "BatchMode=yes"))
    monkeypatch.setattr(ssh_tunnel, "_READY_SECONDS", 3600.0)
    remote_host.freeze_all()
    engine = Engine("frozen", route_to(ssh_host(remote_host), Path(os.environ["MLOPS_STATE_FOLDER"])))
    errors: list[HostError] = []

    def connect() -> None:
        try:
            engine.connect()
        except HostError as error:
            errors.append(error)

    thread = threading.Thread(target=connect)
    thread.start()
    wait_for(ssh_processes, 20, "an ssh")
    engine.close()
    thread.join()
    assert [type(error) for error in errors] == [HostUnreachableError]
    require_nothing_left()
