"""A host without processes: servers are values that a test may crash, freeze or make answer wrongly."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops_desktop.domain.deployments import (
    Answers,
    ContainerIdentity,
    Observation,
    Placement,
    PortUse,
    ServeOrder,
    Shadowing,
    Splitting,
)
from mlops_desktop.domain.errors import (
    DeploymentError,
    EndpointUnreachableError,
    HostUnreachableError,
    InvalidInputError,
    PortInUseError,
)
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.services.host_ports import Report

FIRST_FREE_PORT = 20_000


@dataclass
class FakeServer:
    """A serving process. It holds its endpoint's port while it accepts."""

    order: ServeOrder
    place: Placement
    token_sha256: str
    is_alive: bool = True
    is_frozen: bool = False
    is_ready: bool = False
    is_accepting: bool = False
    port: int = 0
    requests: int = 0
    errors: int = 0
    open_connections: int = 0
    splitting: Splitting | None = None
    shadowing: Shadowing | None = None
    answers: Answers | None = None


@dataclass
class FakeMachine:
    """What is true whichever keeper looks: the servers and who has which port."""

    servers: dict[str, FakeServer] = field(default_factory=dict)
    foreign_ports: set[int] = field(default_factory=set)
    held_ports: dict[int, set[FakeHost]] = field(default_factory=dict)
    port_of: dict[str, int] = field(default_factory=dict)
    start_failures: dict[str, str] = field(default_factory=dict)
    """Manifest hashes that cannot be started, with the reason."""
    wrong_examples: dict[str, str] = field(default_factory=dict)
    """Manifest hashes that answer their stored example wrongly, with the difference."""
    is_slow: bool = False
    """Servers take so long to load that only who waits for them (`check`) sees them ready."""
    in_containers: bool = False
    """It is an engine: images are built, and servers are containers."""
    is_cut_off: bool = False
    images: dict[str, str] = field(default_factory=dict)
    """Identities of images, by the manifest hash of their model."""
    build_failures: dict[str, Exception] = field(default_factory=dict)
    pids: itertools.count[int] = field(default_factory=lambda: itertools.count(5000))

    def server(self, deployment_id: str) -> FakeServer | None:
        server = self.servers.get(deployment_id)
        return server if server is not None and server.is_alive else None

    def accepting(self, endpoint_id: str | None = None) -> list[FakeServer]:
        """Who answers, behind one endpoint or any."""
        return [
            server
            for server in self.servers.values()
            if server.is_alive and server.is_accepting and endpoint_id in (None, server.order.endpoint_id)
        ]

    def running(self) -> list[str]:
        return [identifier for identifier, server in self.servers.items() if server.is_alive]

    def crash(self, deployment_id: str) -> None:
        self.servers[deployment_id].is_alive = False

    def reboot(self) -> None:
        for server in self.servers.values():
            server.is_alive = False
        self.held_ports.clear()

    def holders(self, port: int) -> list[str]:
        """The endpoints that have the port."""
        servers = {server.order.endpoint_id for server in self.accepting() if server.port == port}
        return [*servers, *("held" for _ in self.held_ports.get(port, ()))]


class FakeHost:
    """One keeper's view of the machine. What it holds itself is a copy of each listening socket."""

    def __init__(self, machine: FakeMachine | None = None) -> None:
        self.machine = machine or FakeMachine()
        self.predicted: list[Sequence[Mapping[str, object]]] = []
        self._held: dict[str, int] = {}

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
        self._reach()
        held = self._held.get(endpoint_id)
        if held is not None and port in (0, held):
            return held
        if held is not None:
            self.release(endpoint_id)
        taken = self._take_over(endpoint_id, port)
        chosen = taken or self._bind(port)
        self._held[endpoint_id] = chosen
        self.machine.held_ports.setdefault(chosen, set()).add(self)
        return chosen

    def _take_over(self, endpoint_id: str, port: int) -> int | None:
        found = [server.port for server in self.machine.accepting(endpoint_id) if port in (0, server.port)]
        return found[0] if found else None

    def _bind(self, port: int) -> int:
        if port == 0:
            port = next(n for n in itertools.count(FIRST_FREE_PORT) if not self._is_taken(n))
        if self._is_taken(port):
            raise PortInUseError(f"Port {port} is in use by another program.", hint="Deploy to another port.")
        return port

    def _is_taken(self, port: int) -> bool:
        return port in self.machine.foreign_ports or bool(self.machine.holders(port))

    def port_use(self, port: int) -> PortUse:
        start = port or FIRST_FREE_PORT
        free = next(number for number in itertools.count(start) if not self._is_taken(number))
        if port and free != port:
            return PortUse(port, "another program", free)
        return PortUse(free, "", free)

    def release(self, endpoint_id: str) -> None:
        port = self._held.pop(endpoint_id, None)
        if port is not None:
            self.machine.held_ports.get(port, set()).discard(self)

    def tidy(self, endpoint_id: str, deployments: Sequence[str], images: Sequence[str]) -> None:
        self._reach()
        for identifier, server in list(self.machine.servers.items()):
            if server.order.endpoint_id == endpoint_id and identifier not in deployments:
                self.stop(identifier)
        if self.machine.in_containers:
            self.machine.images = {key: image for key, image in self.machine.images.items() if image in images}

    def _reach(self) -> None:
        if self.machine.is_cut_off:
            raise HostUnreachableError("The host did not answer within 5 seconds.", hint="See to the host.")

    # --- the life of a server ---------------------------------------------------------------------------------------

    def build(self, order: ServeOrder, report: Report) -> str:
        self._reach()
        if not self.machine.in_containers:
            return ""
        report("sending the model", 0, 2_000_000)
        if order.manifest_hash in self.machine.build_failures:
            raise self.machine.build_failures[order.manifest_hash]
        report("sending the model", 2_000_000, 2_000_000)
        image = "sha256:" + hashlib.sha256(order.manifest_hash.encode()).hexdigest()
        return self.machine.images.setdefault(order.manifest_hash, image)

    def start(self, order: ServeOrder) -> Placement:
        self._reach()
        running = self.machine.server(order.deployment_id)
        if running is not None and running.order.manifest_hash == order.manifest_hash:
            running.token_sha256 = order.token_sha256
            return running.place
        pid = next(self.machine.pids)
        place: Placement = ProcessIdentity("fake machine", "fake boot", pid, float(pid))
        if self.machine.in_containers:
            place = ContainerIdentity(f"{pid:064x}", self.machine.images[order.manifest_hash])
        server = FakeServer(order, place, order.token_sha256, is_ready=not self.machine.is_slow)
        server.is_alive = self._reason(order) is None
        self.machine.servers[order.deployment_id] = server
        return place

    def _reason(self, order: ServeOrder) -> str | None:
        """Why a server of this order cannot come to answer."""
        if order.manifest_hash in self.machine.wrong_examples:
            difference = self.machine.wrong_examples[order.manifest_hash]
            return f"the model does not answer its stored example as it did when trained: {difference}"
        return self.machine.start_failures.get(order.manifest_hash)

    def check(self, order: ServeOrder, *, seconds: float = 60.0) -> Observation:
        self._reach()
        server = self.machine.server(order.deployment_id)
        if server is None:
            reason = self._reason(order) or "its process ended without a word"
            raise DeploymentError(f"{order.model_reference} could not be served: {reason}", hint="See the log.")
        if server.is_frozen:
            raise DeploymentError(f"{order.model_reference} was not ready within {seconds:g} seconds.", hint="Wait.")
        server.is_ready = True
        return self.observe(order.deployment_id)

    def stop(self, deployment_id: str) -> None:
        self._reach()
        server = self.machine.servers.pop(deployment_id, None)
        if server is not None:
            server.is_alive = False

    # --- who answers ------------------------------------------------------------------------------------------------

    def accept(self, deployment_id: str) -> None:
        self._reach()
        server = self.machine.server(deployment_id)
        if server is None or server.is_frozen or not server.is_ready:
            raise DeploymentError("The server cannot take requests.", hint="Deploy it again.")
        endpoint_id = server.order.endpoint_id
        server.port = self.prepare(endpoint_id, server.port, [])
        server.is_accepting = True

    def drain(self, deployment_id: str) -> None:
        self._reach()
        server = self.machine.server(deployment_id)
        if server is None:
            return
        if server.is_frozen:
            self.stop(deployment_id)
            return
        server.is_accepting = False

    def set_token(self, deployment_id: str, token_sha256: str) -> None:
        self._reach()
        server = self.machine.server(deployment_id)
        if server is None:
            return
        if server.is_frozen:
            raise DeploymentError("The token of the running server could not be changed.", hint="Restart it.")
        server.token_sha256 = token_sha256

    def split(self, deployment_id: str, to: str, share: float) -> None:
        self._trying(deployment_id).splitting = Splitting(to, share) if share else None

    def shadow(self, deployment_id: str, to: str, share: float) -> None:
        self._trying(deployment_id).shadowing = Shadowing(to, share) if share else None

    def _trying(self, deployment_id: str) -> FakeServer:
        self._reach()
        server = self.machine.server(deployment_id)
        if server is None or server.is_frozen:
            raise DeploymentError("The running server cannot try a second version.", hint="Restart it.")
        return server

    # --- what is seen -----------------------------------------------------------------------------------------------

    def observe(self, deployment_id: str) -> Observation:
        if self.machine.is_cut_off:
            return Observation(running=False, known=False, sentence="no answer within 5 seconds")
        server = self.machine.server(deployment_id)
        if server is None:
            known = self.machine.servers.get(deployment_id)
            reason = self._reason(known.order) if known is not None else None
            seen = Observation(running=False, sentence=reason or "its process is gone")
            return _placed(seen, known.place) if known is not None and self.machine.in_containers else seen
        if server.is_frozen:
            seen = Observation(running=True, sentence="the server did not answer", silent=True)
            return _placed(seen, server.place)
        seen = Observation(
            running=True,
            accepting=server.is_accepting,
            healthy=server.is_ready,
            example_right=True if server.is_ready else None,
            requests=server.requests,
            errors=server.errors,
            open_connections=server.open_connections,
            sentence="ready" if server.is_ready else "starting",
            splitting=server.splitting,
            shadowing=server.shadowing,
            answers=server.answers,
            token_sha256=server.token_sha256,
        )
        return _placed(seen, server.place)

    def log(self, deployment_id: str, folder: Path, limit: int) -> Sequence[str]:
        path = folder / "serving.log"
        return path.read_text("utf-8", errors="replace").splitlines()[-limit:] if path.is_file() else []

    def predict(self, endpoint_url: str, token: str, rows: Sequence[Mapping[str, object]]) -> dict[str, Any]:
        port = int(endpoint_url.rpartition(":")[2])
        server = next((each for each in self.machine.accepting() if each.port == port), None)
        if server is None or server.is_frozen:
            raise EndpointUnreachableError(f"Nothing answers at {endpoint_url}.", hint="Is it running?")
        if hashlib.sha256(token.encode()).hexdigest() != server.token_sha256:
            raise InvalidInputError("The token is not the endpoint's.", hint="Make a new one.")
        server.requests += 1
        self.predicted.append(rows)
        return {"model": server.order.model_reference, "predictions": [{"prediction": 1} for _ in rows]}

    def close(self) -> None:
        for endpoint_id in list(self._held):
            self.release(endpoint_id)


def _placed(seen: Observation, place: Placement) -> Observation:
    if isinstance(place, ProcessIdentity):
        return dataclasses.replace(seen, process=place)
    return dataclasses.replace(seen, container=place, memory=96 * 2**20, processors=0.02)
