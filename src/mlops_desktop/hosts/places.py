"""All the places where deployments may run: this computer, and an engine for each host that was added."""

from __future__ import annotations

import shlex
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_desktop.domain.errors import RegistryError
from mlops_desktop.domain.hosts import THIS_COMPUTER, Host, HostKind, HostReport, RegistryLogin, registry_secret
from mlops_desktop.hosts.process_host import ProcessHost, Report

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops_desktop.domain.hosts import HostStepResult
    from mlops_desktop.hosts.engines.base_images import Probes
    from mlops_desktop.hosts.engines.building import Images
    from mlops_desktop.hosts.engines.docker_host import DockerHost
    from mlops_desktop.hosts.engines.engine import Engine


class HostPlaces:
    """Fits the services' `Hosts`. One object for each host, made when it is first asked for; usable from any thread.

    `password_of` tells a secret by its name; it is asked when a registry wants to know who we are.
    """

    def __init__(
        self,
        this_computer: ProcessHost,
        *,
        workspace_id: str,
        state_folder: Path,
        cache_folder: Path,
        deployments_folder: Path,
        password_of: Callable[[str], str | None],
    ) -> None:
        self._this_computer = this_computer
        self._workspace_id = workspace_id
        self._state_folder = state_folder
        self._cache_folder = cache_folder
        self._deployments_folder = deployments_folder
        self._password_of = password_of
        self._lock = threading.Lock()
        self._probes: Probes | None = None
        self._known: dict[str, tuple[Host, Host | None, DockerHost]] = {}

    def at(self, host: Host, here: Host | None = None) -> ProcessHost | DockerHost:
        """The same one for the same host, until that is changed. Reaches nothing yet.

        On the engine of `here` images are put together where they go by way of a registry; else on the usual one.
        """
        if host.kind is HostKind.PROCESS:
            return self._this_computer
        from mlops_desktop.hosts.engines.docker_host import DockerHost

        with self._lock:
            known = self._known.get(host.id)
            if known is not None and known[:2] == (host, here):
                return known[2]
            engine = self._engine(host)
            images = self._images(host, here, engine)
            made = DockerHost(
                engine, host, images, workspace_id=self._workspace_id, deployments=self._deployments_folder
            )
            self._known[host.id] = (host, here, made)
        if known is not None:
            known[2].close()
        return made

    def _images(self, host: Host, here: Host | None, engine: Engine) -> Images:
        from mlops_desktop.hosts.engines.building import Builder
        from mlops_desktop.hosts.engines.registries import ForwardedImages

        if not host.registry:
            return Builder(engine, host.base_image, self._workspace_id, self._cache_folder)
        builds = self._engine_here(here)
        builder = Builder(builds, host.base_image, self._workspace_id, self._cache_folder)
        return ForwardedImages(builder, builds, engine, self._workspace_id, lambda: self._login(host))

    def _engine_here(self, here: Host | None) -> Engine:
        from mlops_desktop.hosts.engines.engine import Engine
        from mlops_desktop.hosts.engines.routes import LocalRoute

        return self._engine(here) if here is not None else Engine(THIS_COMPUTER, LocalRoute(""))

    def _login(self, host: Host) -> RegistryLogin:
        """Raises RegistryError, KeyringUnavailableError."""
        name = registry_secret(host.name)
        password = self._password_of(name) if host.registry_user else ""
        if password is None:
            raise RegistryError(
                f"The password of {host.registry_user} for the registry {host.registry} is not known here.",
                hint=f"Give it again: mlops hosts registry {shlex.quote(host.name)} {host.registry} "
                f"--user {shlex.quote(host.registry_user)}",
            )
        return RegistryLogin(host.registry, host.registry_user, password)

    def check(
        self, host: Host, on_step: Callable[[HostStepResult], None] | None = None, here: Host | None = None
    ) -> HostReport:
        """Tries the host step by step; a failure is in the report, not raised."""
        from mlops_desktop.hosts.engines.base_images import Probes
        from mlops_desktop.hosts.engines.checking import check_host

        with self._lock:
            probes = self._probes = self._probes or Probes()
        engine = self._engine(host) if host.kind is not HostKind.PROCESS else None
        builds = self._engine_here(here) if host.registry else None
        try:
            return check_host(host, engine, on_step, lambda there: self._try_registry(host, builds, there), probes)
        finally:
            for one in (engine, builds):
                if one is not None:
                    one.close()

    def _try_registry(self, host: Host, here: Engine | None, there: Engine) -> str:
        from mlops_desktop.hosts.engines.registries import try_login

        assert here is not None
        return try_login(here, there, self._login(host))

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
            known = [place for *_, place in self._known.values()]
            self._known.clear()
        for place in known:
            place.close()
        self._this_computer.close()

    def _engine(self, host: Host) -> Engine:
        from mlops_desktop.hosts.engines.engine import Engine
        from mlops_desktop.hosts.engines.routes import route_to

        return Engine(host.name, route_to(host, self._state_folder))
