"""This computer as a host: every deployment is a process of its own, and an endpoint's share one listening socket."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlops_desktop.domain.deployments import Observation, PortUse, ServeOrder
from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.hosts import predict_client
from mlops_desktop.hosts.failures import translated
from mlops_desktop.hosts.launching import LOG_NAME, last_lines, last_reason, launch
from mlops_desktop.hosts.records import ServerRecord, ServerRecords
from mlops_desktop.hosts.servers import (
    ASK_SECONDS,
    OBEY_SECONDS,
    cannot_take_requests,
    cannot_try,
    could_not_be_served,
    observation_of,
    token_not_changed,
    wait_until_right,
)
from mlops_desktop.hosts.sockets import (
    control_path,
    make_private_folder,
    open_control_socket,
    open_listener,
    port_use,
    require_handover,
)
from mlops_desktop.serving.admin_client import (
    ControlError,
    NobodyThereError,
    RefusedError,
    SilentServerError,
    ask,
    take_socket,
)

_ASK_SILENT_SECONDS = 0.3
"""For a server that did not answer last time: enough to notice that it is back."""
_START_SECONDS = 10.0
_END_SECONDS = 40.0
"""More than a server allows its last requests."""
_KILL_SECONDS = 10.0
_POLL_SECONDS = 0.02

Identify = Callable[[int], ProcessIdentity | None]
IsAlive = Callable[[ProcessIdentity], bool]
Report = Callable[[str, int, int], None]


class ProcessHost:
    """Fits the services' `Host`.

    The truth is with the servers: each is found by its control socket and a small record, so any process of this user
    can go on where another one was killed. What this object holds itself is only a copy of the listening sockets, so
    that connections wait in the queue, and are not refused, while one server is replaced by another.
    """

    def __init__(self, state_folder: Path, identify: Identify, is_alive: IsAlive) -> None:
        self._state_folder = state_folder
        self._identify = identify
        self._is_alive = is_alive
        self._records = ServerRecords(state_folder / "sockets")
        self._listeners: dict[str, socket.socket] = {}
        self._silent: set[str] = set()

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
        """Holds the endpoint's port (0: any free one) and returns it; taken over from the servers where they run.

        Raises PortInUseError, DeploymentError (this computer publishes nothing).
        """
        if published:
            raise DeploymentError(
                "Deployments on this computer answer on this computer only.",
                hint="Deploy to a Docker host to publish an endpoint.",
            )
        require_handover()
        held = self._listeners.get(endpoint_id)
        if held is not None and port not in (0, _port(held)):
            self.release(endpoint_id)
            held = None
        if held is None:
            others = [record.deployment_id for record in self._records.of_endpoint(endpoint_id)]
            held = self._take_over(port, [*serving, *others]) or open_listener(port)
            self._listeners[endpoint_id] = held
        return _port(held)

    def port_use(self, port: int) -> PortUse:
        """Who listens at the port right now; port 0 asks for any free one."""
        return port_use(port)

    def release(self, endpoint_id: str) -> None:
        """Gives the port back: the last copies are with servers that accept, and go with them."""
        held = self._listeners.pop(endpoint_id, None)
        if held is not None:
            held.close()

    def tidy(self, endpoint_id: str, deployments: Sequence[str], images: Sequence[str]) -> None:
        """Nothing is left that the registry does not know of: a server's record goes with it."""

    def _take_over(self, port: int, serving: Sequence[str]) -> socket.socket | None:
        for deployment_id in dict.fromkeys(serving):
            with contextlib.suppress(ControlError):
                taken = take_socket(self._path(deployment_id), seconds=ASK_SECONDS)
                if port in (0, _port(taken)):
                    return taken
                taken.close()
        return None

    def build(self, order: ServeOrder, report: Report) -> str:
        """Nothing: the server runs with this program's own files."""
        return ""

    # --- the life of a server ---------------------------------------------------------------------------------------

    def start(self, order: ServeOrder) -> ProcessIdentity:
        """Starts a server that does not accept requests yet, or finds the one that runs. Raises DeploymentError."""
        require_handover()
        with translated():
            found = self._running(order)
            if found is not None:
                return found
            self._clear(order.deployment_id)
            return self._launch(order)

    def _running(self, order: ServeOrder) -> ProcessIdentity | None:
        """The process of a server that is as ordered; its token is brought up to date."""
        try:
            path = self._path(order.deployment_id)
            state = ask(path, "status", seconds=_START_SECONDS)
            if state["manifest_hash"] != order.manifest_hash or state["phase"] not in ("starting", "ready"):
                return None
            ask(path, "set_token", token_sha256=order.token_sha256)
        except (ControlError, KeyError):
            return None
        process = self._identify(state["pid"])
        if process is not None:
            self._remember(order, process)
        return process

    def _launch(self, order: ServeOrder) -> ProcessIdentity:
        make_private_folder(self._state_folder / "sockets")
        self._remember(order, None)
        specification = {
            "endpoint_id": order.endpoint_id,
            "endpoint_name": order.endpoint_name,
            "deployment_id": order.deployment_id,
            "model_reference": order.model_reference,
            "bundle": str(order.bundle),
            "manifest_hash": order.manifest_hash,
            "token_sha256": order.token_sha256,
            "log": str(order.folder / LOG_NAME),
        }
        # Bound here and inherited: from its first moment the server is found by whoever comes after us.
        with open_control_socket(self._path(order.deployment_id)) as control:
            pid = launch(order.folder, specification, control)
        process = self._identify(pid)
        if process is None:
            raise could_not_be_served(order, _reason(order))
        self._remember(order, process)
        return process

    def check(self, order: ServeOrder, *, seconds: float = 60.0) -> Observation:
        """Waits until the server is ready and has answered the bundle's stored example (again).

        Raises DeploymentError with the server's own reason.
        """
        return wait_until_right(order, self._look, self._ask, _reason, seconds)

    def _ask(self, deployment_id: str, command: str, *, seconds: float, **details: str) -> Mapping[str, Any]:
        return ask(self._path(deployment_id), command, seconds=seconds, handed=None, **details)

    def stop(self, deployment_id: str) -> None:
        """Lets open requests be answered, then ends the process; by force if it does not listen."""
        process = self._process_of(deployment_id)
        with contextlib.suppress(ControlError):
            answer = ask(self._path(deployment_id), "end", seconds=OBEY_SECONDS)
            process = process or self._identify(int(answer["pid"]))
            if process is not None:
                self._wait_for_end(process, _END_SECONDS)
        with translated():
            self._clear(deployment_id)

    def _clear(self, deployment_id: str) -> None:
        """Ends what is left of a deployment's server and removes its traces."""
        process = self._process_of(deployment_id)
        if process is not None and self._is_alive(process):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            if not self._wait_for_end(process, _KILL_SECONDS):
                raise DeploymentError(
                    f"The serving process {process.pid} cannot be ended.", hint="Restart the computer, then try again."
                )
        self._path(deployment_id).unlink(missing_ok=True)
        self._records.remove(deployment_id)
        self._silent.discard(deployment_id)

    def _wait_for_end(self, process: ProcessIdentity, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._is_alive(process):
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    # --- who answers ------------------------------------------------------------------------------------------------

    def accept(self, deployment_id: str) -> None:
        """The server takes connections from now on, beside any other that does. Raises DeploymentError."""
        try:
            state = ask(self._path(deployment_id), "status", seconds=ASK_SECONDS)
            listener = self._listener_for(deployment_id, str(state["endpoint_id"]))
            ask(self._path(deployment_id), "accept", seconds=OBEY_SECONDS, handed=listener)
        except ControlError as error:
            raise cannot_take_requests(deployment_id, error) from error

    def _listener_for(self, deployment_id: str, endpoint_id: str) -> socket.socket:
        """The endpoint's socket, also where the one who held it was killed between two steps."""
        record = self._records.get(deployment_id)
        if endpoint_id not in self._listeners:
            self.prepare(endpoint_id, record.port if record is not None else 0, [])
        listener = self._listeners[endpoint_id]
        if record is not None and record.port != _port(listener):
            with translated():
                self._records.put(replace(record, port=_port(listener)))
        return listener

    def drain(self, deployment_id: str) -> None:
        """The server takes no more connections and lets open ones end; it stays warm. Nothing to do if it is gone.

        One that is frozen for long is ended: it answers nobody, and when it came back it would take requests again.
        """
        try:
            ask(self._path(deployment_id), "drain", seconds=OBEY_SECONDS)
        except NobodyThereError:
            return
        except ControlError:
            with translated():
                self._clear(deployment_id)

    def set_token(self, deployment_id: str, token_sha256: str) -> None:
        """Only this token is accepted from now on. Nothing to do where no server runs: it learns it at its start."""
        try:
            ask(self._path(deployment_id), "set_token", seconds=ASK_SECONDS, token_sha256=token_sha256)
        except NobodyThereError:
            return
        except ControlError as error:
            raise token_not_changed(error) from error

    def split(self, deployment_id: str, to: str, share: float) -> None:
        """The server hands this share of its connections to the other one; 0 ends it. Raises DeploymentError."""
        self._try(deployment_id, "split", to, share)

    def shadow(self, deployment_id: str, to: str, share: float) -> None:
        """The server asks the other one this share of its requests too; 0 ends it. Raises DeploymentError."""
        self._try(deployment_id, "shadow", to, share)

    def _try(self, deployment_id: str, command: str, to: str, share: float) -> None:
        try:
            self._ask(deployment_id, command, seconds=OBEY_SECONDS, to=str(self._path(to)), share=str(share))
        except ControlError as error:
            raise cannot_try(error) from error

    # --- what is seen -----------------------------------------------------------------------------------------------

    def observe(self, deployment_id: str) -> Observation:
        """The state right now; at most two seconds late, also where the server is frozen."""
        return self._look(deployment_id)[0]

    def _look(self, deployment_id: str) -> tuple[Observation, str]:
        seconds = _ASK_SILENT_SECONDS if deployment_id in self._silent else ASK_SECONDS
        try:
            state = ask(self._path(deployment_id), "status", seconds=seconds)
            self._silent.discard(deployment_id)
            return self._observation(deployment_id, state), str(state["phase"])
        except SilentServerError as error:
            self._silent.add(deployment_id)
            return self._unanswering(deployment_id, str(error)), "silent"
        except (NobodyThereError, RefusedError, KeyError) as error:
            return self._unanswering(deployment_id, str(error)), "gone"

    def _observation(self, deployment_id: str, state: Mapping[str, Any]) -> Observation:
        return replace(observation_of(state), process=self._process_of(deployment_id) or self._identify(state["pid"]))

    def _unanswering(self, deployment_id: str, sentence: str) -> Observation:
        process = self._process_of(deployment_id)
        if process is not None and self._is_alive(process):
            return Observation(running=True, process=process, sentence=sentence, silent=True)
        record = self._records.get(deployment_id)
        reason = last_reason(Path(record.folder)) if record is not None else ""
        return Observation(running=False, sentence=reason or "its process is gone")

    def log(self, deployment_id: str, folder: Path, limit: int) -> Sequence[str]:
        """The newest lines of a deployment's log, oldest first."""
        return last_lines(folder / LOG_NAME, limit)

    def predict(self, endpoint_url: str, token: str, rows: Sequence[Mapping[str, object]]) -> dict[str, Any]:
        """Raises EndpointUnreachableError, or RequestRefusedError with the endpoint's own words."""
        return predict_client.predict(endpoint_url, token, rows)

    def close(self) -> None:
        """Lets go of the ports; servers go on and keep their own copies."""
        for endpoint_id in list(self._listeners):
            self.release(endpoint_id)

    # --- records ----------------------------------------------------------------------------------------------------

    def _path(self, deployment_id: str) -> Path:
        return control_path(self._state_folder, deployment_id)

    def _process_of(self, deployment_id: str) -> ProcessIdentity | None:
        record = self._records.get(deployment_id)
        return record.process if record is not None else None

    def _remember(self, order: ServeOrder, process: ProcessIdentity | None) -> None:
        held = self._listeners.get(order.endpoint_id)
        known = self._records.get(order.deployment_id)
        self._records.put(
            ServerRecord(
                deployment_id=order.deployment_id,
                endpoint_id=order.endpoint_id,
                manifest_hash=order.manifest_hash,
                port=_port(held) if held is not None else known.port if known is not None else 0,
                folder=str(order.folder),
                process=process,
            )
        )


def _reason(order: ServeOrder) -> str:
    return last_reason(order.folder)


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port
