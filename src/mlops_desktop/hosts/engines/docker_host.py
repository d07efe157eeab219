"""A Docker engine as a host: every deployment is a container, and an endpoint's share one listening socket."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mlops_desktop.domain.deployments import ContainerIdentity, Observation, PortUse, ServeOrder
from mlops_desktop.domain.errors import (
    EndpointUnreachableError,
    HostError,
    PortInUseError,
)
from mlops_desktop.domain.hosts import Host, HostKind
from mlops_desktop.hosts import predict_client
from mlops_desktop.hosts.engines import labels
from mlops_desktop.hosts.engines.building import Images, has_image
from mlops_desktop.hosts.engines.containers import Containers, Seen
from mlops_desktop.hosts.engines.engine import Engine
from mlops_desktop.hosts.engines.pipes import Pipe
from mlops_desktop.hosts.engines.relay_line import RelayLine
from mlops_desktop.hosts.engines.use_meter import UseMeter
from mlops_desktop.hosts.launching import LOG_NAME, last_error, last_lines
from mlops_desktop.hosts.process_host import Report
from mlops_desktop.hosts.servers import (
    ASK_SECONDS,
    OBEY_SECONDS,
    cannot_take_requests,
    cannot_try,
    observation_of,
    token_not_changed,
    wait_until_right,
)
from mlops_desktop.hosts.sockets import port_use
from mlops_desktop.serving.admin_client import ControlError, NobodyThereError, RefusedError, SilentServerError

FIRST_PORT = 8080
_LAST_PORT = 65535
_PORTS_TRIED = 50
_KILLED = 128 + 9
"""How a process ends that was killed; what Docker calls its exit code."""


class DockerHost:
    """Fits the services' `Host`.

    The truth is with the engine: containers are found by their labels, so any process goes on where another was killed.
    Who accepts is told over the relay in the endpoint's holder.
    """

    def __init__(self, engine: Engine, host: Host, images: Images, *, workspace_id: str, deployments: Path) -> None:
        self._engine = engine
        self._host = host
        self._builder = images
        self._deployments = deployments
        self._containers = Containers(engine, workspace_id)
        self._meter = UseMeter(self._containers)
        self._lock = threading.Lock()
        self._lines: dict[str, RelayLine] = {}
        self._known: dict[str, str] = {}
        """The endpoint of each deployment that was seen."""
        self._built: dict[str, str] = {}
        """The image of each deployment that was not started since."""

    # --- the port ---------------------------------------------------------------------------------------------------

    def prepare(
        self,
        endpoint_id: str,
        port: int,
        serving: Sequence[str],
        *,
        published: bool = False,
        report: Report | None = None,
    ) -> int:
        """Has a holder of the endpoint's port (0: any free one); returns the port. Raises PortInUseError, HostError."""
        self._engine.try_at_once()  # somebody wished for it, and may have mended what was wrong a moment ago
        holder = self._containers.holder(endpoint_id)
        if holder is not None:
            same = holder.labels.get(labels.PUBLISHED) == ("yes" if published else "no")
            if port in (0, holder.port) and same:
                if not holder.running:
                    self._containers.start(holder.identity.id)
                return holder.port
            self._containers.remove(holder.identity.id)
        image = self._builder.holder(report or _tell_nobody)
        if port:
            self._require_free(port)
            return self._containers.make_holder(endpoint_id, image, port, published=published).port
        return self._hold_any(endpoint_id, image, published)

    def _have_holder(self, endpoint_id: str) -> None:
        """Without one nobody can reach the servers; which port it has is for `prepare` to say."""
        holder = self._containers.holder(endpoint_id)
        if holder is None:
            self.prepare(endpoint_id, 0, [])
        elif not holder.running:
            self._containers.start(holder.identity.id)

    def _require_free(self, port: int) -> None:
        holder = self._containers.published_ports().get(port)
        if holder:
            raise PortInUseError(
                f"Port {port} of {self._host.name} is in use by the container {holder}.",
                hint="Deploy to another port, or end that container and try again.",
            )

    def _hold_any(self, endpoint_id: str, image: str, published: bool) -> int:
        """The first that can be had: what does not belong to containers is known only once it is tried."""
        taken = self._containers.published_ports()
        candidates = (number for number in range(FIRST_PORT, _LAST_PORT + 1) if number not in taken)
        for port in itertools.islice(candidates, _PORTS_TRIED):
            with contextlib.suppress(PortInUseError):
                return self._containers.make_holder(endpoint_id, image, port, published=published).port
        raise PortInUseError(
            f"{_PORTS_TRIED} ports of {self._host.name} from {FIRST_PORT} on are in use.", hint="Name a free one."
        )

    def port_use(self, port: int) -> PortUse:
        """Who has the port there, as far as can be seen from here; port 0 asks for any free one."""
        containers = self._containers.published_ports()
        start = port or FIRST_PORT
        free = next(number for number in range(start, _LAST_PORT + 1) if not self._holder_of(number, containers))
        return PortUse(port or free, self._holder_of(port, containers) if port else "", free)

    def _holder_of(self, port: int, containers: Mapping[int, str]) -> str:
        if port in containers:
            return f"the container {containers[port]}"
        return port_use(port).holder if self._host.kind is HostKind.DOCKER else ""

    def release(self, endpoint_id: str) -> None:
        """Takes the holder away, and what it shared with the servers."""
        self._hang_up(endpoint_id)
        holder = self._containers.holder(endpoint_id)
        if holder is not None:
            self._containers.remove(holder.identity.id)
        if not self._containers.servers(endpoint_id):
            self._containers.remove_volume(endpoint_id)

    def tidy(self, endpoint_id: str, deployments: Sequence[str], images: Sequence[str]) -> None:
        """Takes away what is left there of an endpoint: servers of other deployments, images other than these."""
        for seen in self._containers.servers(endpoint_id):
            if seen.labels.get(labels.DEPLOYMENT) not in deployments:
                self._containers.remove(seen.identity.id)
        self._containers.remove_images(endpoint_id, images)

    # --- the life of a server ---------------------------------------------------------------------------------------

    def build(self, order: ServeOrder, report: Report) -> str:
        """Has the order's image on the engine. Raises HostError, DeploymentError, DiskFullError."""
        image = self._built[order.deployment_id] = self._builder.model(order, report)
        return image

    def start(self, order: ServeOrder) -> ContainerIdentity:
        """Starts a server that does not accept requests yet, or finds the one that runs. Raises DeploymentError."""
        self._known[order.deployment_id] = order.endpoint_id
        self._have_holder(order.endpoint_id)
        image = self._just_built(order) or self._builder.model(order, _tell_nobody)
        found = self._containers.server(order.deployment_id)
        if found is not None and found.identity.image == image:
            if found.running:
                with contextlib.suppress(ControlError):
                    self._ask(order.deployment_id, "set_token", seconds=ASK_SECONDS, token_sha256=order.token_sha256)
                return found.identity
            self._containers.remove(found.identity.id)  # its token may be an old one, and its log is of another life
        elif found is not None:
            self._containers.remove(found.identity.id)
        return self._containers.make_server(order, image).identity

    def _just_built(self, order: ServeOrder) -> str:
        """The image that `build` had there a moment ago, if nobody has removed it since."""
        image = self._built.pop(order.deployment_id, "")
        return image if image and has_image(self._engine, image) else ""

    def check(self, order: ServeOrder, *, seconds: float = 60.0) -> Observation:
        """Waits until the server is ready and has answered the bundle's stored example (again).

        Raises DeploymentError with the server's own reason.
        """
        return wait_until_right(order, self._look, self._ask, self._reason, seconds)

    def _reason(self, order: ServeOrder) -> str:
        seen = self._containers.server(order.deployment_id)
        if seen is None:
            return "its container was removed"
        if seen.out_of_memory:
            return "it needed more memory than its container may use"
        lines = self._containers.log(seen.identity.id, 200)
        said = last_error(lines)
        if not said and seen.exit_code == _KILLED:  # not every engine hears of it
            return "it was killed, most likely because it needed more memory than its container may use"
        return said or next((line for line in reversed(lines) if line.strip()), "")

    def stop(self, deployment_id: str) -> None:
        """Lets open requests be answered, then takes the container away; its log is kept on this computer."""
        seen = self._containers.server(deployment_id)
        if seen is None:
            return
        with contextlib.suppress(ControlError):
            self._ask(deployment_id, "drain", seconds=OBEY_SECONDS)
        self._containers.stop(seen.identity.id)
        self._keep_log(deployment_id, seen)
        self._containers.remove(seen.identity.id)

    def _keep_log(self, deployment_id: str, seen: Seen) -> None:
        lines = self._containers.log(seen.identity.id, 5000)
        with contextlib.suppress(OSError):
            folder = self._deployments / deployment_id
            folder.mkdir(parents=True, exist_ok=True)
            (folder / LOG_NAME).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    # --- who answers ------------------------------------------------------------------------------------------------

    def accept(self, deployment_id: str) -> None:
        """The server takes connections from now on, beside any other that does. Raises DeploymentError."""
        try:
            self._ask(deployment_id, "accept", seconds=OBEY_SECONDS)
        except ControlError as error:
            raise cannot_take_requests(deployment_id, error) from error
        seen = self._containers.server(deployment_id)
        if seen is not None:
            self._containers.keep_running(seen.identity.id)

    def drain(self, deployment_id: str) -> None:
        """The server takes no more connections and lets open ones end; it stays warm. Nothing to do if it is gone."""
        try:
            self._ask(deployment_id, "drain", seconds=OBEY_SECONDS)
        except NobodyThereError:
            return
        except ControlError:
            seen = self._containers.server(deployment_id)
            if seen is not None:  # frozen: it answers nobody, and when it came back it would take requests again
                self._containers.remove(seen.identity.id)

    def set_token(self, deployment_id: str, token_sha256: str) -> None:
        """Only this token is accepted from now on. Nothing to do where no server runs: it learns it at its start."""
        try:
            self._ask(deployment_id, "set_token", seconds=ASK_SECONDS, token_sha256=token_sha256)
        except NobodyThereError:
            return
        except ControlError as error:
            raise token_not_changed(error) from error

    def _ask(self, deployment_id: str, command: str, *, seconds: float, **details: str) -> Mapping[str, Any]:
        """Raises ControlError, HostError."""
        endpoint_id = self._known.get(deployment_id)
        if endpoint_id is None:
            seen = self._containers.server(deployment_id)
            if seen is None:
                raise NobodyThereError("its container is not there")
            endpoint_id = self._known[deployment_id] = seen.labels[labels.ENDPOINT]
        return self._line(endpoint_id).ask(deployment_id, command, seconds=seconds, **details)

    def _line(self, endpoint_id: str) -> RelayLine:
        with self._lock:
            known = self._lines.get(endpoint_id)
        if known is not None:
            return known
        holder = self._containers.holder(endpoint_id)
        if holder is None:
            raise NobodyThereError("the port has no holder")
        with self._lock:
            return self._lines.setdefault(endpoint_id, RelayLine(self._engine, holder.identity.id))

    def _hang_up(self, endpoint_id: str) -> None:
        with self._lock:
            line = self._lines.pop(endpoint_id, None)
        if line is not None:
            line.close()

    def split(self, deployment_id: str, to: str, share: float) -> None:
        """The server hands this share of its connections to the other one; 0 ends it. Raises DeploymentError."""
        self._try(deployment_id, "split", to, share)

    def shadow(self, deployment_id: str, to: str, share: float) -> None:
        """The server asks the other one this share of its requests too; 0 ends it. Raises DeploymentError."""
        self._try(deployment_id, "shadow", to, share)

    def _try(self, deployment_id: str, command: str, to: str, share: float) -> None:
        try:
            self._ask(deployment_id, command, seconds=OBEY_SECONDS, to=to, share=str(share))
        except ControlError as error:
            raise cannot_try(error) from error

    # --- what is seen -----------------------------------------------------------------------------------------------

    def observe(self, deployment_id: str) -> Observation:
        """The state right now, a few seconds late where engine or server are frozen; never raises HostError."""
        try:
            seen, _ = self._look(deployment_id)
        except HostError as error:
            return Observation(running=False, known=False, sentence=error.message)
        return seen

    def _look(self, deployment_id: str) -> tuple[Observation, str]:
        found = self._containers.server(deployment_id)
        if found is None:
            return Observation(running=False, sentence="its container is not there"), "gone"
        self._known[deployment_id] = found.labels.get(labels.ENDPOINT, "")
        if not found.running:
            sentence = "it ran out of memory" if found.out_of_memory else f"it ended with code {found.exit_code}"
            return _of_container(Observation(running=False, sentence=sentence), found), "gone"
        try:
            state = self._ask(deployment_id, "status", seconds=ASK_SECONDS)
            seen, phase = observation_of(state), str(state["phase"])
            if state.get("manifest_hash") != found.labels.get(labels.MANIFEST):
                return _of_container(Observation(running=False, sentence="it serves another model"), found), "failed"
        except SilentServerError as error:
            seen, phase = Observation(running=True, sentence=str(error), silent=True), "silent"
        except NobodyThereError as error:
            self._forget_line(deployment_id)
            seen, phase = Observation(running=True, sentence=str(error), silent=True), "silent"
        except (RefusedError, KeyError, TypeError, ValueError) as error:
            seen, phase = Observation(running=True, sentence=str(error), silent=True), "silent"
        memory, processors = self._meter.of(found.identity.id)
        return _of_container(replace(seen, memory=memory, processors=processors), found), phase

    def _forget_line(self, deployment_id: str) -> None:
        """Where the holder is another one now. One that is the same only says that the server does not listen yet."""
        endpoint_id = self._known.get(deployment_id, "")
        with self._lock:
            line = self._lines.get(endpoint_id)
        holder = self._containers.holder(endpoint_id)
        if line is not None and (holder is None or holder.identity.id != line.holder):
            self._hang_up(endpoint_id)

    def log(self, deployment_id: str, folder: Path, limit: int) -> Sequence[str]:
        """The newest lines of a deployment's log, oldest first: its container's, or what was kept of it."""
        seen = self._containers.server(deployment_id)
        if seen is not None:
            return self._containers.log(seen.identity.id, limit)
        return last_lines(folder / LOG_NAME, limit)

    def predict(self, endpoint_url: str, token: str, rows: Sequence[Mapping[str, object]]) -> dict[str, Any]:
        """Asks as a client on the host would: there through a command in the endpoint's holder, if it is elsewhere.

        Raises EndpointUnreachableError, or RequestRefusedError with the endpoint's own words.
        """
        if not self._host.is_remote:
            return predict_client.predict(endpoint_url, token, rows)
        port = urlsplit(endpoint_url).port
        holder = next((one for one in self._containers.holders() if one.port == port and one.running), None)
        if holder is None:
            raise EndpointUnreachableError(
                f"Nothing answers at {endpoint_url} on {self._host.name}: nobody holds the port.",
                hint="See what runs: mlops deployments list",
            )
        container, inside = holder.identity.id, holder.port
        return predict_client.predict(endpoint_url, token, rows, connect=lambda: Pipe(self._engine, container, inside))

    def close(self) -> None:
        """Hangs up; containers go on. Who still waits for the host is not waited for."""
        self._engine.interrupt()
        with self._lock:
            lines = list(self._lines.values())
            self._lines.clear()
        for line in lines:
            line.close()
        self._builder.close()
        self._engine.close()


def _of_container(seen: Observation, found: Seen) -> Observation:
    return replace(
        seen, container=found.identity, engine_restarts=found.engine_restarts, out_of_memory=found.out_of_memory
    )


def _tell_nobody(_sentence: str, _done: int, _total: int) -> None:
    pass
