"""A Docker engine that is asked: connected when needed, with time-outs, and with its errors as ours."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import docker
import requests
from docker.auth import AuthConfig, encode_header
from docker.tls import TLSConfig

from mlops_desktop.domain.errors import EngineError, HostError, HostUnreachableError
from mlops_desktop.hosts.engines.engine_words import translated
from mlops_desktop.hosts.engines.routes import Route
from mlops_desktop.hosts.engines.ways import BehindTls, DialledAdapter, Line, Way

OLDEST_API = "1.41"
"""Of Docker 20.10, with which everything was tried."""
NEWEST_API = "1.47"
QUICK_SECONDS = 5.0
PATIENT_SECONDS = 60.0
"""Between two signs of life while layers are sent and unpacked."""
_DIALLED = "unix:///dialled"
"""What the SDK is told where lines are dialled for it; it never looks there."""
_REST_SECONDS = 2.0
"""After a failure to connect, so that a host that is away does not hold up who asks again and again."""


Events = Generator[Mapping[str, Any], None, None]
"""Of a stream of progress, as they come."""


class Client(docker.APIClient):
    """The SDK's low-level client, without the person's own Docker configuration."""

    def __init__(self, way: Way, seconds: float) -> None:
        if isinstance(way, BehindTls):
            super().__init__(f"https://{way.address}", version=OLDEST_API, timeout=seconds, tls=_tls(way))
        else:
            super().__init__(_DIALLED, version=OLDEST_API, timeout=seconds)
            self._custom_adapter = DialledAdapter(way, seconds)
            self.mount("http+docker://", self._custom_adapter)
            if way.channels:
                self.base_url = "http+docker://ssh"  # by this the SDK knows that lines are channels
        # With it a company's bundle in the environment would take the place of the pinned authority.
        self.trust_env = False
        self._general_configs: dict[str, object] = {}
        self._auth_configs = AuthConfig({})

    def speak(self, version: str) -> None:
        self._version = version

    def log_in(self, user: str, password: str, registry: str) -> None:
        """Has the engine try these at a registry; neither it nor we keep them."""
        said = {"username": user, "password": password, "serveraddress": registry}
        self._raise_for_status(self._post_json(self._url("/auth"), data=said))

    def push_events(self, repository: str, tag: str, login: Mapping[str, str]) -> Events:
        """What an engine tells while it pushes; leaving it ends the pushing."""
        url, headers = self._url("/images/{0}/push", repository), {"X-Registry-Auth": encode_header(login)}
        return self._events(self._post_json(url, None, headers=headers, stream=True, params={"tag": tag}))

    def pull_events(self, repository: str, digest: str, login: Mapping[str, str]) -> Events:
        """The same of pulling. The SDK's own would wait without an end for an engine that froze."""
        url, headers = self._url("/images/create"), {"X-Registry-Auth": encode_header(login)}
        return self._events(
            self._post(url, headers=headers, stream=True, params={"fromImage": repository, "tag": digest})
        )

    def _events(self, answer: requests.Response) -> Events:
        try:
            self._raise_for_status(answer)
            yield from self._stream_helper(answer, decode=True)
        finally:
            answer.close()

    def converse(self, exec_id: str) -> tuple[Line, requests.Response]:
        """The connection itself, which the engine lets us have for a command, and the answer that it belongs to."""
        answer = self._post_json(
            self._url("/exec/{0}/start", exec_id),
            headers={"Connection": "Upgrade", "Upgrade": "tcp"},
            data={"Tty": False, "Detach": False},
            stream=True,
        )
        try:
            raw = self._get_raw_response_socket(answer)
            connection = socket.socket(fileno=os.dup(raw.fileno())) if isinstance(raw, socket.SocketIO) else raw
        except BaseException:
            answer.close()
            raise
        return connection, answer


class Engine:
    """One engine, from any thread. A connection that broke is made anew by whoever asks next."""

    def __init__(self, name: str, route: Route) -> None:
        self.name = name
        self._route = route
        self._lock = threading.RLock()
        self._quick: Client | None = None
        self._patient: Client | None = None
        self._trouble: tuple[float, HostError] | None = None
        self._closed = False

    @contextmanager
    def asked(self, *, patient: bool = False) -> Iterator[Client]:
        """The connected client; what it raises inside is raised as ours.

        Raises HostUnreachableError, EngineError (NotThereError for what is not there), DiskFullError, PortInUseError.
        """
        client = self._client(patient)
        try:
            with translated(self.name):
                yield client
        except HostUnreachableError as error:
            self._drop()
            words = self._route.broken()
            self._trouble = (time.monotonic() + _REST_SECONDS, error)
            if words:
                raise HostUnreachableError(f"{self.name} does not answer: {words}", hint=error.hint) from error
            raise

    def _client(self, patient: bool) -> Client:
        with self._lock:
            if self._closed:
                raise HostUnreachableError(f"{self.name} is not asked any more.", hint="The program is ending.")
            if self._trouble is not None and time.monotonic() < self._trouble[0]:
                raise self._trouble[1]
            if self._quick is None or self._route.broken():
                self._connect()
            found = self._patient if patient else self._quick
        assert found is not None
        return found

    def _connect(self) -> None:
        self._drop()
        try:
            way = self._route.open()
            with translated(self.name):
                quick = Client(way, QUICK_SECONDS)
                version = _common_version(self.name, quick)
                patient = Client(way, PATIENT_SECONDS)
            for client in (quick, patient):
                client.speak(version)
        except HostError as error:
            self._route.close()
            self._trouble = (time.monotonic() + _REST_SECONDS, error)
            raise
        self._quick, self._patient, self._trouble = quick, patient, None

    def _drop(self) -> None:
        with self._lock:
            for client in (self._quick, self._patient):
                if client is not None:
                    client.close()
            self._quick = self._patient = None

    def connect(self) -> None:
        """Raises HostError."""
        self._client(patient=False)

    def try_at_once(self) -> None:
        """The next question connects even where the last one failed just now."""
        self._trouble = None

    def interrupt(self) -> None:
        """From any thread: nobody connects any more, and who waits for a connection hears that it ended."""
        self._closed = True
        self._route.interrupt()

    def close(self) -> None:
        """For good. Who still waits for an answer over a tunnel is not waited for."""
        self.interrupt()
        with self._lock:
            self._drop()
            self._route.close()


def _tls(way: BehindTls) -> TLSConfig:
    return TLSConfig(client_cert=(str(way.certificate), str(way.key)), ca_cert=str(way.authority), verify=True)


def _common_version(name: str, client: Client) -> str:
    said = client.version(api_version=False)
    newest, oldest = str(said.get("ApiVersion", "0.0")), str(said.get("MinAPIVersion", "0.0"))
    if _number(newest) < _number(OLDEST_API):
        raise EngineError(
            f"The Docker on {name} is too old: {said.get('Version', 'unknown')} speaks version {newest} "
            f"of its protocol, and {OLDEST_API} is needed.",
            hint="Upgrade it to Docker 20.10 or newer.",
        )
    if _number(oldest) > _number(NEWEST_API):
        raise EngineError(
            f"The Docker on {name} is newer than this program knows: its protocol begins at {oldest}.",
            hint="Upgrade MLOps Desktop.",
        )
    return min(newest, NEWEST_API, key=_number)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))
