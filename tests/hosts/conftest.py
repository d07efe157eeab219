"""Two real versions of a model and a host of the test's own, whose servers end with the test."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from tests.serving.small_bundle import SmallBundle, make_bundle

from mlops_desktop.domain.deployments import ServeOrder
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.hosts import launching
from mlops_desktop.hosts.process_host import ProcessHost

TOKEN = "the endpoint's token"
TOKEN_SHA256 = hashlib.sha256(TOKEN.encode()).hexdigest()
ENDPOINT = "e0" * 16


def identity_of(pid: int) -> ProcessIdentity | None:
    try:
        return ProcessIdentity("here", "now", pid, psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def is_alive(process: ProcessIdentity) -> bool:
    try:
        found = psutil.Process(process.pid)
        return bool(found.create_time() == process.started and found.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="session")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallBundle, SmallBundle]:
    folder = tmp_path_factory.mktemp("bundles")
    return make_bundle(folder / "1", 1.0), make_bundle(folder / "2", 0.01)


@dataclass
class Place:
    """Where deployments of one endpoint run; `host()` is what one keeper would make."""

    folder: Path
    versions: tuple[SmallBundle, SmallBundle]
    hosts: list[ProcessHost] = field(default_factory=list)
    orders: list[ServeOrder] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def state(self) -> Path:
        return Path(os.environ["MLOPS_STATE_FOLDER"]) / "workspace"

    def host(self) -> ProcessHost:
        self.hosts.append(ProcessHost(self.state, identity_of, is_alive))
        return self.hosts[-1]

    def order(self, version: int = 1, bundle: SmallBundle | None = None) -> ServeOrder:
        chosen = bundle or self.versions[version - 1]
        identifier = f"{next(self._numbers):04d}" + os.urandom(14).hex()
        order = ServeOrder(
            endpoint_id=ENDPOINT,
            deployment_id=identifier,
            endpoint_name="iris",
            model_reference=f"iris@v{version}",
            bundle=chosen.folder,
            manifest_hash=chosen.manifest_hash,
            folder=self.folder / "deployments" / identifier,
            token_sha256=TOKEN_SHA256,
        )
        self.orders.append(order)
        return order

    def close(self) -> None:
        last = self.host()
        for order in self.orders:
            last.stop(order.deployment_id)
        for host in self.hosts:
            host.close()


@pytest.fixture
def place(tmp_path: Path, versions: tuple[SmallBundle, SmallBundle], _nothing_left_running: None) -> Iterator[Place]:
    made = Place(tmp_path, versions)
    yield made
    made.close()


@pytest.fixture
def instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers load in a moment, and answer 1 to everything."""
    program = Path(__file__).with_name("instant_server.py")
    monkeypatch.setattr(launching, "PROGRAM", ("-P", str(program)))


@pytest.fixture
def serve(place: Place) -> Callable[[ProcessHost, int], ServeOrder]:
    """Has a version ready on a host, not accepting yet."""

    def ready(host: ProcessHost, version: int = 1) -> ServeOrder:
        order = place.order(version)
        host.start(order)
        host.check(order)
        return order

    return ready
