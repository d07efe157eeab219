"""All the places where deployments may run: this computer, and an engine for each host that was added."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_desktop.domain.hosts import Host, HostKind, HostReport
from mlops_desktop.hosts.process_host import ProcessHost, Report

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops_desktop.domain.hosts import HostStepResult
    from mlops_desktop.hosts.engines.docker_host import DockerHost
    from mlops_desktop.hosts.engines.engine import Engine


class HostPlaces:
    """Fits the services' `Hosts`. One object for each host, made when it is first asked for; usable from any thread."""

    def __init__(
        self,
        this_computer: ProcessHost,
        *,
        workspace_id: str,
        state_folder: Path,
        cache_folder: Path,
        deployments_folder: Path,
    ) -> None:
        self._this_computer = this_computer
        self._workspace_id = workspace_id
        self._state_folder = state_folder
        self._cache_folder = cache_folder
        self._deployments_folder = deployments_folder
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Host, DockerHost]] = {}

    def at(self, host: Host) -> ProcessHost | DockerHost:
        """The same one for the same host, until that is changed. Reaches nothing yet."""
        if host.kind is HostKind.PROCESS:
            return self._this_computer
        from mlops_desktop.hosts.engines.docker_host import DockerHost

        with self._lock:
            known = self._known.get(host.id)
            if known is not None and known[0] == host:
                return known[1]
            made = DockerHost(
                self._engine(host),
                host,
                workspace_id=self._workspace_id,
                cache=self._cache_folder,
                deployments=self._deployments_folder,
            )
            self._known[host.id] = (host, made)
        if known is not None:
            known[1].close()
        return made

    def check(self, host: Host, on_step: Callable[[HostStepResult], None] | None = None) -> HostReport:
        """Tries the host step by step; a failure is in the report, not raised."""
        from mlops_desktop.hosts.engines.checking import check_host

        engine = self._engine(host) if host.kind is not HostKind.PROCESS else None
        try:
            return check_host(host, engine, on_step)
        finally:
            if engine is not None:
                engine.close()

    def prepare_base(self, host: Host, archive: Path | None, report: Report) -> str:
        """Has the base image there, pulled or (with an archive) imported; returns its identity. Raises HostError."""
        from mlops_desktop.hosts.engines.base_images import prepare_base

        engine = self._engine(host)
        try:
            return prepare_base(engine, host.base_image, archive, report)
        finally:
            engine.close()

    def close(self) -> None:
        """Lets go of all connections; what runs goes on."""
        with self._lock:
            known = [place for _, place in self._known.values()]
            self._known.clear()
        for place in known:
            place.close()
        self._this_computer.close()

    def _engine(self, host: Host) -> Engine:
        from mlops_desktop.hosts.engines.engine import Engine
        from mlops_desktop.hosts.engines.routes import route_to

        return Engine(host.name, route_to(host, self._state_folder))
