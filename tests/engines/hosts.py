"""The tests' engines as hosts of ours."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.hosts import Host, HostKind
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.hosts.places import HostPlaces
from mlops_desktop.hosts.process_host import ProcessHost
from mlops_desktop.workers import processes

if TYPE_CHECKING:
    from tests.engines.engine import LocalEngine
    from tests.engines.remote_host import RemoteHost

CACHE = Path(__file__).parents[2] / "build" / "engines" / "layers"
"""Layers are the same for all tests; the libraries' takes ten seconds to make."""
WORKSPACE = "0" * 32


def local_host(engine: LocalEngine) -> Host:
    return _host("docker", HostKind.DOCKER, address=str(engine.socket), base_image=engine.base_image)


def ssh_host(remote: RemoteHost, name: str = "box", *, pinned: bool = True) -> Host:
    key = remote.known_hosts.read_text().split(maxsplit=1)[1].strip() if pinned else ""
    return _host(
        name,
        HostKind.SSH,
        address=f"{remote.user}@{remote.address}",
        credentials=str(remote.key),
        pinned=key,
        base_image=remote.base_image,
    )


def tls_host(remote: RemoteHost, name: str = "sealed") -> Host:
    return _host(
        name,
        HostKind.TLS,
        address=f"{remote.address}:{remote.tls_port}",
        credentials=str(remote.certificate.certificate.parent),
        pinned=remote.authority.read_text(),
        base_image=remote.base_image,
    )


def _host(name: str, kind: HostKind, **values: Any) -> Host:
    return Host(id=new_identifier(), name=name, kind=kind, created_at=datetime.now(UTC), created_by="ada", **values)


def places(folder: Path) -> HostPlaces:
    """All hosts, as one process of one person has them; their layers are shared by all tests."""
    state = Path(os.environ["MLOPS_STATE_FOLDER"]) / "workspace"
    state.mkdir(parents=True, exist_ok=True)
    return HostPlaces(
        ProcessHost(state, processes.identity_of, processes.is_alive),
        workspace_id=WORKSPACE,
        state_folder=state,
        cache_folder=CACHE,
        deployments_folder=folder / "deployments",
        password_of=lambda name: None,
    )
