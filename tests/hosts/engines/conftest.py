"""A workspace with real models whose hosts are the tests' engines, and what must hold for every container of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.engines.engine import Engine
from tests.engines.hosts import CACHE, local_host, ssh_host, tls_host
from tests.hosts.engines.reaching import hide_openssh
from tests.real_workspace import kept_workspace, real_workspace

from mlops_desktop import bootstrap
from mlops_desktop.domain.deployments import Endpoint, Rollout
from mlops_desktop.domain.hosts import Host
from mlops_desktop.services.keeping.keeping import Keeping
from mlops_desktop.services.workspace import Workspace

OURS = "mlops-desktop.role"
KINDS = ("docker", "ssh", "tls")


@pytest.fixture(scope="session")
def _made_workspace() -> Path:
    return kept_workspace()


class Team:
    """A workspace and its keeper, which turns when it is told to."""

    def __init__(self, workspace: Workspace, host: Host, engine: Engine, address: str) -> None:
        self.workspace = workspace
        self.host = host
        self.engine = engine
        self.address = address
        """Where a published endpoint is found from here."""
        self.keeping = bootstrap.open_keeping(workspace.folder)

    def deploy(self, reference: str, **options: Any) -> Endpoint:
        order = self.workspace.deployments.deploy(
            reference, endpoint="late", host=self.host.name, published=self.host.is_remote, **options
        )
        self.settle(order.rollout)
        return self.workspace.deployments.endpoint("late")

    def rollback(self) -> None:
        self.settle(self.workspace.deployments.rollback("late").rollout)

    def stop(self) -> None:
        self.settle(self.workspace.deployments.stop("late").rollout)

    def settle(self, rollout: Rollout) -> None:
        """Carries it out; its failure is raised."""
        self.turn()
        self.workspace.deployments.wait(rollout.id, seconds=1)

    def turn(self) -> None:
        self.keeping.turn_host(self.host.name)

    def restarted_keeper(self) -> Keeping:
        self.keeping.close()
        self.keeping = bootstrap.open_keeping(self.workspace.folder)
        return self.keeping

    def token(self) -> str:
        return self.workspace.deployments.rotate_token("late")

    def answering(self) -> str:
        wanted = self.workspace.deployments.endpoint("late").wanted_deployment_id
        known = self.workspace.deployments.history("late")
        return next((one.model_reference for one in known if one.id == wanted), "")


@pytest.fixture
def team(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _made_workspace: Path
) -> Iterator[Team]:
    """On the engine of this computer, unless the test is given a kind of host."""
    kind = getattr(request, "param", "docker")
    monkeypatch.setenv("MLOPS_CACHE_FOLDER", str(CACHE))
    host, engine, address = _hosts(request)[kind]()
    with real_workspace(tmp_path / "workspace") as workspace:
        # A keeper of its own would turn beside the one that the test turns; making the kept workspace needs one.
        monkeypatch.setattr(bootstrap.KeeperStarter, "__call__", lambda _: False)
        workspace.hosts.add(host)
        made = Team(workspace, host, engine, address)
        try:
            yield made
        finally:
            made.keeping.close()
            require_all_confined(engine)


def _hosts(request: pytest.FixtureRequest) -> Mapping[str, Callable[[], tuple[Host, Engine, str]]]:
    def local() -> tuple[Host, Engine, str]:
        engine = request.getfixturevalue("local_engine")
        return local_host(engine), engine, "127.0.0.1"

    def ssh() -> tuple[Host, Engine, str]:
        remote = request.getfixturevalue("remote_host")
        return ssh_host(remote), remote, str(remote.address)

    def tls() -> tuple[Host, Engine, str]:
        remote = request.getfixturevalue("remote_host")
        return tls_host(remote), remote, str(remote.address)

    def without_openssh() -> tuple[Host, Engine, str]:
        monkeypatch = request.getfixturevalue("monkeypatch")
        hide_openssh(request.getfixturevalue("tmp_path") / "programs", monkeypatch)
        return ssh()

    return {"docker": local, "ssh": ssh, "tls": tls, "ssh without OpenSSH": without_openssh}


def require_all_confined(engine: Engine) -> None:
    """Asserts the profile of every container of ours that is left on the engine."""
    engine.mend()
    with engine.client() as client:
        for one in client.containers(all=True, filters={"label": [OURS]}):
            require_confined(client.inspect_container(one["Id"]))


def require_confined(container: Mapping[str, Any]) -> None:
    """Asserts the profile that `docker inspect` shows."""
    settings, config = container["HostConfig"], container["Config"]
    role = config["Labels"][OURS]
    assert config["User"] == "65532:65532", role
    assert settings["ReadonlyRootfs"] is True
    assert settings["Privileged"] is False
    assert (settings["CapDrop"], settings["CapAdd"]) == (["ALL"], None)
    assert settings["SecurityOpt"] == ["no-new-privileges:true"]
    assert 0 < settings["PidsLimit"] <= 64
    assert 0 < settings["Memory"] == settings["MemorySwap"] <= 1024**3
    assert 0 < settings["NanoCpus"] <= 10**9
    assert settings["Init"] is True
    assert settings["Tmpfs"] == {"/tmp": "rw,noexec,nosuid,nodev,size=16m,mode=1777"}  # noqa: S108
    assert settings["LogConfig"] == {"Type": "json-file", "Config": {"max-file": "2", "max-size": "1m"}}
    assert settings["Ulimits"] == [{"Name": "core", "Hard": 0, "Soft": 0}]
    assert not settings["Binds"]
    assert [(mount["Type"], mount["Target"]) for mount in settings.get("Mounts") or ()] in (
        [],
        [("volume", "/run/mlops")],
    )
    if role == "holder":
        assert settings["NetworkMode"] == "bridge"
        assert settings["RestartPolicy"]["Name"] == "unless-stopped"
        published = config["Labels"]["mlops-desktop.published"] == "yes"
        ((_, (binding,)),) = settings["PortBindings"].items()
        assert binding["HostIp"] == ("0.0.0.0" if published else "127.0.0.1")  # noqa: S104
        return
    assert settings["NetworkMode"] == "none"
    assert not settings["PortBindings"]
    if role == "server":
        assert config["Healthcheck"]["Test"][0] == "CMD"
        assert settings["RestartPolicy"]["Name"] in ("no", "unless-stopped")
