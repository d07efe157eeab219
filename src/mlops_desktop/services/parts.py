"""The real parts that `bootstrap` hands to the services, and what every service does with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlops_desktop.services import lookup
from mlops_desktop.services.host_ports import Host, Hosts
from mlops_desktop.services.ports import (
    ArtifactStore,
    BundleStore,
    Clock,
    CredentialStore,
    Registry,
    SecretStore,
    StartKeeper,
    Workers,
)


@dataclass(frozen=True)
class Parts:
    """One workspace's parts. `actor` is who is using it, `folder` the workspace folder.

    `viewed_because` says why the workspace can only be looked at; it is empty where it can be worked on.
    """

    folder: Path
    state_folder: Path
    workspace_id: str
    workspace_name: str
    program_version: str
    actor: str
    registry: Registry
    artifacts: ArtifactStore
    bundles: BundleStore
    secrets: SecretStore
    credentials: CredentialStore
    workers: Workers
    hosts: Hosts
    clock: Clock
    start_keeper: StartKeeper
    viewed_because: str = ""

    def job_folder(self, job_id: str) -> Path:
        return self.folder / "jobs" / job_id

    def deployment_folder(self, deployment_id: str) -> Path:
        return self.folder / "deployments" / deployment_id

    def host(self, name: str) -> Host:
        """The place of this name. Raises NotFoundError."""
        with self.registry.read() as unit:
            host = lookup.host(unit, name)
            return self.hosts.at(host, lookup.engine_here(unit, host))
