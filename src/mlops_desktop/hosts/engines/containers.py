"""Our containers on one engine: found by their labels, made, and taken away."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from docker.errors import NotFound

from mlops_desktop.domain.deployments import ContainerIdentity, ServeOrder
from mlops_desktop.hosts.engines import labels
from mlops_desktop.hosts.engines.engine import Client, Engine
from mlops_desktop.hosts.engines.engine_words import NotThereError
from mlops_desktop.hosts.engines.profile import STOP_SECONDS, holder_settings, server_settings
from mlops_desktop.hosts.images.layout import BUNDLE, RELAY_COMMAND, SHARED
from mlops_desktop.serving.main import VARIABLE

_SECOND: Final = 1_000_000_000
_LOG_LINES: Final = 5000


@dataclass(frozen=True)
class Seen:
    """A container as its engine shows it. `engine_restarts` are those that the engine did by itself."""

    identity: ContainerIdentity
    labels: Mapping[str, str]
    running: bool
    exit_code: int
    engine_restarts: int
    out_of_memory: bool
    started_at: str

    @property
    def port(self) -> int:
        return int(self.labels.get(labels.PUBLISHED_PORT, "0"))


class Containers:
    """Of one workspace on one engine."""

    def __init__(self, engine: Engine, workspace_id: str) -> None:
        self._engine = engine
        self._workspace_id = workspace_id

    # --- finding ----------------------------------------------------------------------------------------------------

    def server(self, deployment_id: str) -> Seen | None:
        return next(iter(self._list(role=labels.SERVER, deployment=deployment_id)), None)

    def servers(self, endpoint_id: str) -> Sequence[Seen]:
        return self._list(role=labels.SERVER, endpoint=endpoint_id)

    def holder(self, endpoint_id: str) -> Seen | None:
        return next(iter(self._list(role=labels.HOLDER, endpoint=endpoint_id)), None)

    def holders(self) -> Sequence[Seen]:
        return self._list(role=labels.HOLDER)

    def _list(self, **wanted: str) -> list[Seen]:
        with self._engine.asked() as client:
            named = labels.filters(workspace=self._workspace_id, **wanted)
            found = client.containers(all=True, filters=dict(named))
            seen = [_seen(client, str(one["Id"])) for one in found]
        return [one for one in seen if one is not None]

    def published_ports(self) -> Mapping[int, str]:
        """Every port that a running container of anybody has published there, with the container's name."""
        ports: dict[int, str] = {}
        with self._engine.asked() as client:
            for one in client.containers():
                for port in one.get("Ports") or ():
                    if port.get("PublicPort"):
                        ports[int(port["PublicPort"])] = str((one.get("Names") or ["/a container"])[0]).lstrip("/")
        return ports

    # --- making -----------------------------------------------------------------------------------------------------

    def make_holder(self, endpoint_id: str, image: str, port: int, *, published: bool) -> Seen:
        """Starts it; what could not be started is taken away. Raises PortInUseError, EngineError."""
        volume = volume_name(endpoint_id)
        named = labels.of_holder(self._workspace_id, endpoint_id, port, published=published)
        with self._engine.asked() as client:
            client.create_volume(volume, labels={labels.WORKSPACE: self._workspace_id, labels.ENDPOINT: endpoint_id})
            made = client.create_container(
                image,
                ["--port", str(port)],
                name=f"mlops-holder-{endpoint_id[:12]}",
                labels=dict(named),
                ports=[port],
                stop_signal="SIGTERM",
                host_config=holder_settings(client, volume, port, published=published),
                use_config_proxy=False,
            )
            identity = str(made["Id"])
        try:
            self.start(identity)
        except BaseException:
            self.remove(identity)
            raise
        return self._certain(identity)

    def make_server(self, order: ServeOrder, image: str) -> Seen:
        """Makes and starts it. Raises EngineError."""
        specification = {
            "endpoint_id": order.endpoint_id,
            "endpoint_name": order.endpoint_name,
            "deployment_id": order.deployment_id,
            "model_reference": order.model_reference,
            "bundle": BUNDLE,
            "manifest_hash": order.manifest_hash,
            "token_sha256": order.token_sha256,
            "log": "-",
            "folder": SHARED,
            "published": "yes" if order.published else "",
        }
        with self._engine.asked() as client:
            made = client.create_container(
                image,
                name=f"mlops-{labels.slug(order.endpoint_name)}-{order.deployment_id[:12]}",
                labels=dict(labels.of_server(self._workspace_id, order)),
                environment={VARIABLE: json.dumps(specification)},
                healthcheck=_health_check(order.deployment_id),
                stop_signal="SIGTERM",
                host_config=server_settings(client, volume_name(order.endpoint_id)),
                network_disabled=True,
                use_config_proxy=False,
            )
            identity = str(made["Id"])
        self.start(identity)
        return self._certain(identity)

    def start(self, identity: str) -> None:
        with self._engine.asked(patient=True) as client:
            client.start(identity)

    def keep_running(self, identity: str) -> None:
        """The engine starts it again from now on, also after a restart of the machine."""
        with self._engine.asked() as client:
            client.update_container(identity, restart_policy={"Name": "unless-stopped", "MaximumRetryCount": 0})

    def _certain(self, identity: str) -> Seen:
        with self._engine.asked() as client:
            seen = _seen(client, identity)
        if seen is None:
            raise NotThereError(
                f"The container that was just started on {self._engine.name} is gone.",
                hint="Somebody or something removed it.",
            )
        return seen

    # --- ending -----------------------------------------------------------------------------------------------------

    def stop(self, identity: str) -> None:
        """Lets it end by itself, for as long as a server may need; nothing to do where it is gone."""
        try:
            with self._engine.asked(patient=True) as client:
                client.stop(identity, timeout=STOP_SECONDS)
        except NotThereError:
            return

    def remove(self, identity: str) -> None:
        """At once; nothing to do where it is gone."""
        try:
            with self._engine.asked(patient=True) as client:
                client.remove_container(identity, force=True, v=False)
        except NotThereError:
            return

    def remove_volume(self, endpoint_id: str) -> None:
        try:
            with self._engine.asked() as client:
                client.remove_volume(volume_name(endpoint_id), force=True)
        except NotThereError:
            return

    def remove_images(self, endpoint_id: str, kept: Sequence[str]) -> None:
        """Images of the endpoint's models, but for those kept and those that a container still uses."""
        with self._engine.asked(patient=True) as client:
            named = labels.filters(workspace=self._workspace_id, endpoint=endpoint_id)
            used = {str(one.get("ImageID")) for one in client.containers(all=True)}
            for one in client.images(filters=dict(named)):
                if str(one["Id"]) not in {*kept, *used}:
                    client.remove_image(one["Id"], force=True)

    # --- looking ----------------------------------------------------------------------------------------------------

    def log(self, identity: str, limit: int) -> list[str]:
        """The newest lines, oldest first; none where the container is gone."""
        try:
            with self._engine.asked() as client:
                output: bytes = client.logs(identity, stdout=True, stderr=True, tail=min(limit, _LOG_LINES))
        except NotThereError:
            return []
        return output.decode("utf-8", errors="replace").splitlines()

    def use(self, identity: str) -> tuple[int, int, float] | None:
        """Memory in bytes, processor time used so far in nanoseconds, and the engine's time in seconds."""
        try:
            with self._engine.asked() as client:
                said: Mapping[str, Any] = client.stats(identity, stream=False, one_shot=True)
            memory, processor = said["memory_stats"], said["cpu_stats"]
            # What the kernel may take back is no use of memory: its name differs between the versions of cgroups.
            detail = memory.get("stats") or {}
            idle = int(detail.get("total_inactive_file", detail.get("inactive_file", 0)))
            at = datetime.fromisoformat(str(said["read"])[:26].rstrip("Z")).timestamp()
            return max(int(memory["usage"]) - idle, 0), int(processor["cpu_usage"]["total_usage"]), at
        except (NotThereError, KeyError, ValueError, TypeError):
            return None


def volume_name(endpoint_id: str) -> str:
    return f"mlops-{endpoint_id}"


def _health_check(deployment_id: str) -> Mapping[str, Any]:
    return {
        "test": ["CMD", *RELAY_COMMAND, "--probe", deployment_id],
        "interval": 30 * _SECOND,
        "timeout": 10 * _SECOND,
        "retries": 3,
        "start_period": 60 * _SECOND,
    }


def _seen(client: Client, identity: str) -> Seen | None:
    try:
        found = client.inspect_container(identity)
    except NotFound:  # it went away since it was listed
        return None
    state = found["State"]
    return Seen(
        identity=ContainerIdentity(str(found["Id"]), str(found["Image"])),
        labels=found["Config"].get("Labels") or {},
        running=bool(state.get("Running")) and not state.get("Restarting"),
        exit_code=int(state.get("ExitCode", 0)),
        engine_restarts=int(found.get("RestartCount", 0)),
        out_of_memory=bool(state.get("OOMKilled")),
        started_at=str(state.get("StartedAt", "")),
    )
