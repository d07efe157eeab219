"""A Docker engine of the tests' own on a machine of its own, and the one that stands for the local engine."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import docker
from tests.engines.base_image import REFERENCE, Base
from tests.engines.machine import EngineError, Machine

READY = 60.0
"""Seconds for an engine to answer after it was started."""

NETWORKS = "198.18"
"""Of the range for measurements, which no real network uses: local bridges and cables to remote hosts."""


class Engine:
    """A dockerd. `socket` is its socket, `base_image` a reference of Debian 12 with Python 3.11 that it has."""

    base_image = REFERENCE
    link: str
    """Its network link on the machine under the tests."""

    def __init__(self, machine: Machine, base: Base | None) -> None:
        self.machine = machine
        self.socket = machine.folder / "docker.sock"
        self._base = base
        self._data = machine.folder / "data"
        self._filler = self._data / "filler"
        self._frozen = False
        self._runs = False
        self._driver = base.lay(machine, self._data) if base else ""

    def options(self) -> Sequence[str | Path]:
        """What this kind of engine is told beside what all are told."""
        return ()

    def start(self) -> None:
        """Returns when it answers; nothing happens where it runs already."""
        if self._runs and self.machine.wait("dockerd", 0) is None:
            return
        # fmt: off
        self.machine.run("rm", "-f", "/run/docker.pid", self.socket)
        (self.machine.folder / "daemon.json").write_text("{}", encoding="utf-8")
        self.machine.start(
            "dockerd", "/usr/sbin/dockerd",
            "--config-file", self.machine.folder / "daemon.json",  # not the machine's own
            "--data-root", self._data, "--storage-driver", self._driver,
            "--exec-root", "/run/docker", "--pidfile", "/run/docker.pid",  # in the machine's private /run
            "--host", f"unix://{self.socket}",
            "--cgroup-parent", f"/{self.machine.control_group}",
            "--default-address-pool", "base=198.19.0.0/16,size=24",
            "--insecure-registry", "198.18.0.0/15",
            "--shutdown-timeout", "3",
            *self.options(),
        )
        # fmt: on
        self._runs = True
        deadline = time.monotonic() + READY
        while not self.answers():
            if self.machine.wait("dockerd", 0.02) is not None or time.monotonic() > deadline:
                self._runs = False
                raise EngineError(f"the engine does not start: {self.log[-3000:]}")
        if self._base:
            self._base.bring(self)

    def answers(self, timeout: float = 2) -> bool:
        """Asked without the SDK, which leaves its socket open where nobody listens."""
        try:
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as line:
                line.settimeout(timeout)
                line.connect(str(self.socket))
                line.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b" 200 " in line.recv(64)
        except OSError:
            return False

    @property
    def log(self) -> str:
        """What dockerd has written so far."""
        return self.machine.log("dockerd")

    @contextlib.contextmanager
    def client(self, timeout: float = 60) -> Iterator[docker.APIClient]:
        """The SDK's low-level client over the engine's own socket, past every fault of a network."""
        client = docker.APIClient(base_url=f"unix://{self.socket}", version="1.41", timeout=timeout)
        client.trust_env = False
        try:
            yield client
        finally:
            client.close()

    # --- faults -------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """In order, as a service is stopped: containers are ended."""
        self.thaw()
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """With its containerd, at once; containers go on without it until `start`."""
        self._end(signal.SIGKILL)
        self._frozen = False

    def _end(self, number: int) -> None:
        if self._runs:
            self.machine.signal("dockerd", number, children=number == signal.SIGKILL)
            if self.machine.wait("dockerd", 30) is None:
                raise EngineError(f"the engine does not end: {self.log[-3000:]}")
            self._runs = False

    def freeze(self) -> None:
        """It takes connections and never answers."""
        self.machine.signal("dockerd", signal.SIGSTOP)
        self._frozen = True

    def thaw(self) -> None:
        if self._frozen:
            self.machine.signal("dockerd", signal.SIGCONT)
            self._frozen = False

    def mend(self) -> None:
        """Undoes every fault."""
        self.thaw()
        self.unfill()
        self.start()

    def fill(self) -> None:
        """Leaves no room on the engine's disk."""
        if not (self._base and self._base.disk):
            raise EngineError("no disk of the engine's own can be mounted here, and the machine's shall not be filled")
        self.machine.run("mkdir", "-p", self._filler)
        for number in range(4):  # the tables of what is taken take room too
            left = int(self.machine.run("df", "--output=avail", "-B1", self._data).split()[-1])
            self.machine.run("fallocate", "-l", str(left - left // 50), self._filler / str(number))
        with contextlib.suppress(EngineError):  # ends when there is no room
            self.machine.run("dd", "if=/dev/zero", f"of={self._filler / 'rest'}", "bs=4096", "status=none")

    def unfill(self) -> None:
        self.machine.run("rm", "-rf", self._filler)

    # --- what is in it ------------------------------------------------------------------------------------------------

    def belongings(self) -> dict[str, set[str]]:
        """Names of containers, volumes and networks that are there."""
        with self.client() as client:
            return {
                "containers": {row["Id"] for row in client.containers(all=True)},
                "volumes": {row["Name"] for row in client.volumes()["Volumes"] or ()},
                "networks": {row["Name"] for row in client.networks()} - {"bridge", "host", "none"},
            }

    def remove_since(self, before: dict[str, set[str]]) -> None:
        """Removes containers, volumes and networks that came later. Images stay: to bring one again takes long."""
        trouble: list[str] = []

        def is_done() -> bool:
            """Again until it is so: what is tested may be removing the same just now."""
            trouble[:] = self._removal_troubles(before)
            return not trouble

        wait_for(is_done, 10, lambda: f"what a test made to be removed: {trouble}")

    def _removal_troubles(self, before: dict[str, set[str]]) -> list[str]:
        troubles: list[str] = []
        now = self.belongings()
        with self.client() as client:
            removals = {
                "containers": lambda name: client.remove_container(name, force=True, v=True),
                "volumes": lambda name: client.remove_volume(name, force=True),
                "networks": client.remove_network,
            }
            for kind, remove in removals.items():
                for name in now[kind] - before.get(kind, set()):
                    try:
                        remove(name)
                    except docker.errors.NotFound:
                        continue
                    except docker.errors.APIError as error:
                        troubles.append(str(error))
        return troubles

    def close(self) -> None:
        self.machine.close()


class LocalEngine(Engine):
    """In the network of the machine under the tests, on a bridge of its own, and without a rule in its firewall.

    Ports published on 127.0.0.1 go through docker-proxy, as they do with any engine. Containers have no way out.
    """

    def __init__(self, base: Base | None) -> None:
        self.link, number = _claim_bridge()
        try:
            machine = Machine(own_network=False, undo=[["ip", "link", "delete", self.link]])
        except BaseException:
            run("ip", "link", "delete", self.link)
            raise
        try:
            run("ip", "address", "add", f"{NETWORKS}.{128 + number}.1/24", "dev", self.link)
            run("ip", "link", "set", self.link, "up")
            super().__init__(machine, base)
            self.start()
        except BaseException:
            machine.close()
            raise

    def options(self) -> Sequence[str | Path]:
        return ["--bridge", self.link, "--iptables=false", "--ip-forward=false", "--ip-masq=false"]


def _claim_bridge() -> tuple[str, int]:
    """Making a link fails where there is one of that name, so two test runs never share one."""
    for number in range(64):
        name = f"mlops-b{number}"
        if _run("ip", "link", "add", name, "type", "bridge").returncode == 0:
            return name, number
    raise EngineError(f"no bridge can be made: {_run('ip', 'link', 'add', 'mlops-b0', 'type', 'bridge').stderr}")


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def run(*command: str) -> str:
    """Runs a command on the machine under the tests."""
    done = _run(*command)
    if done.returncode != 0:
        raise EngineError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def wait_for(condition: Callable[[], object], seconds: float, what: str | Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise EngineError(f"not within {seconds:.0f} s: {what if isinstance(what, str) else what()}")
        time.sleep(0.02)
