"""What the services may rely on from a host: the same tests for the fake one and for real serving processes."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from tests.engines.hosts import local_host, places
from tests.fakes.host import FakeHost, FakeMachine
from tests.serving.small_bundle import SmallBundle, make_bundle

from mlops_desktop.domain.deployments import ContainerIdentity, Observation, Placement, ServeOrder
from mlops_desktop.domain.errors import DeploymentError, EndpointUnreachableError, InvalidInputError, PortInUseError
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.hosts import launching
from mlops_desktop.hosts.places import HostPlaces
from mlops_desktop.hosts.process_host import ProcessHost
from mlops_desktop.services.host_ports import Host
from mlops_desktop.serving.bundle import write_manifest
from mlops_desktop.workers import processes

if TYPE_CHECKING:
    from tests.engines.engine import LocalEngine

TOKEN = "a token"
ROWS: Sequence[Mapping[str, object]] = [{"x": 1.0}, {"x": 2.0}]
INSTANT_SERVER = Path(__file__).parents[1] / "hosts" / "instant_server.py"


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.01)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Place:
    """One machine with one endpoint. `host()` is the view of the next keeper."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.endpoint_id = new_identifier()
        self.hosts: list[Host] = []
        self.orders: list[ServeOrder] = []

    def host(self) -> Host:
        self.hosts.append(self.make_host())
        return self.hosts[-1]

    def make_host(self) -> Host:
        raise NotImplementedError

    def crash(self, placed: Placement) -> None:
        raise NotImplementedError

    @property
    def rows(self) -> Sequence[Mapping[str, object]]:
        return ROWS

    def order(self, version: int = 1, *, bundle: Path | None = None, manifest_hash: str = "1" * 64) -> ServeOrder:
        identifier = new_identifier()
        order = ServeOrder(
            endpoint_id=self.endpoint_id,
            deployment_id=identifier,
            endpoint_name="late",
            model_reference=f"late@v{version}",
            bundle=bundle or self.folder,
            manifest_hash=manifest_hash,
            folder=self.folder / "deployments" / identifier,
            token_sha256=_sha256(TOKEN),
        )
        self.orders.append(order)
        return order

    def start(self, host: Host, order: ServeOrder) -> Placement:
        host.build(order, _tell_nobody)
        return host.start(order)

    def ready(self, host: Host, version: int = 1) -> ServeOrder:
        order = self.order(version)
        self.start(host, order)
        host.check(order)
        return order

    def close(self) -> None:
        last = self.host()
        for order in self.orders:
            last.stop(order.deployment_id)
        for host in self.hosts:
            host.close()


class FakePlace(Place):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.machine = FakeMachine()

    def make_host(self) -> Host:
        return FakeHost(self.machine)

    def crash(self, placed: Placement) -> None:
        for identifier, server in self.machine.servers.items():
            if server.place == placed:
                self.machine.crash(identifier)


class FakeEnginePlace(FakePlace):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.machine = FakeMachine(in_containers=True)


class RealPlace(Place):
    def make_host(self) -> Host:
        state = Path(os.environ["MLOPS_STATE_FOLDER"]) / "workspace"
        return ProcessHost(state, processes.identity_of, processes.is_alive)

    def crash(self, placed: Placement) -> None:
        assert isinstance(placed, ProcessIdentity)
        os.kill(placed.pid, signal.SIGKILL)
        until(lambda: not processes.is_alive(placed))


class EnginePlace(Place):
    """A real engine; its servers are containers that load a real model."""

    def __init__(self, folder: Path, engine: LocalEngine, bundle: SmallBundle) -> None:
        super().__init__(folder)
        self.engine = engine
        self.bundle = bundle
        self.value = local_host(engine)
        self.places: list[HostPlaces] = []

    @property
    def rows(self) -> Sequence[Mapping[str, object]]:
        return self.bundle.rows[:2]

    def make_host(self) -> Host:
        self.places.append(places(self.folder))
        return self.places[-1].at(self.value)

    def order(self, version: int = 1, *, bundle: Path | None = None, manifest_hash: str = "") -> ServeOrder:
        return super().order(
            version, bundle=bundle or self.bundle.folder, manifest_hash=manifest_hash or self.bundle.manifest_hash
        )

    def crash(self, placed: Placement) -> None:
        assert isinstance(placed, ContainerIdentity)
        with self.engine.client() as client:
            client.kill(placed.id)

    def close(self) -> None:
        super().close()
        for one in self.places:
            one.close()


@pytest.fixture(params=["fake", "fake engine", "real", pytest.param("real engine", marks=pytest.mark.engines)])
def place(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    small: SmallBundle,
    monkeypatch: pytest.MonkeyPatch,
    _nothing_left_running: None,
) -> Iterator[Place]:
    """The real servers on this computer load a model that answers at once."""
    monkeypatch.setattr(launching, "PROGRAM", ("-P", str(INSTANT_SERVER)))
    made = _make(request, tmp_path, small)
    yield made
    made.close()


def _make(request: pytest.FixtureRequest, folder: Path, small: SmallBundle) -> Place:
    if request.param == "real engine":
        return EnginePlace(folder, request.getfixturevalue("local_engine"), small)
    kinds = {"fake": FakePlace, "fake engine": FakeEnginePlace, "real": RealPlace}
    return kinds[request.param](folder)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallBundle:
    return make_bundle(tmp_path_factory.mktemp("small") / "bundle")


def _place_of(seen: Observation) -> Placement:
    placed = seen.process or seen.container
    assert placed is not None
    return placed


def _tell_nobody(_sentence: str, _done: int, _total: int) -> None:
    pass


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _answers(place: Place, host: Host, port: int, token: str = TOKEN) -> str:
    return str(host.predict(_url(port), token, place.rows)["model"])


def test_a_server_takes_requests_only_once_it_may(place: Place) -> None:
    host = place.host()
    port = host.prepare(place.endpoint_id, 0, [])
    assert port > 0
    order = place.order()
    process = place.start(host, order)
    seen = host.check(order)
    assert (seen.running, seen.accepting, seen.healthy, seen.example_right) == (True, False, True, True)
    assert _place_of(seen) == process
    host.accept(order.deployment_id)
    answer = host.predict(_url(port), TOKEN, place.rows)
    assert answer["model"] == "late@v1"
    assert len(answer["predictions"]) == 2
    seen = host.observe(order.deployment_id)
    assert (seen.accepting, seen.requests) == (True, 1)


def test_a_server_becomes_healthy_without_being_asked(place: Place) -> None:
    """A keeper may be killed before it asks; the next one sees how far the server has come."""
    host = place.host()
    order = place.order()
    place.start(host, order)
    until(lambda: host.observe(order.deployment_id).healthy)
    seen = host.observe(order.deployment_id)
    assert (seen.example_right, seen.accepting) == (True, False)
    host.accept(order.deployment_id)


def test_starting_checking_and_accepting_may_be_repeated_by_anybody(place: Place) -> None:
    order = place.order()
    first = place.host()
    process = place.start(first, order)
    first.prepare(place.endpoint_id, 0, [])
    first.check(order)
    first.accept(order.deployment_id)
    first.close()
    second = place.host()
    assert place.start(second, order) == process
    assert second.check(order).healthy
    second.accept(order.deployment_id)
    second.accept(order.deployment_id)
    seen = second.observe(order.deployment_id)
    assert (seen.accepting, _place_of(seen)) == (True, process)


def test_a_port_is_held_until_it_is_given_back(place: Place) -> None:
    host = place.host()
    port = host.prepare(place.endpoint_id, 0, [])
    assert host.prepare(place.endpoint_id, port, []) == host.prepare(place.endpoint_id, 0, []) == port
    with pytest.raises(PortInUseError, match=str(port)):
        host.prepare(new_identifier(), port, [])
    host.release(place.endpoint_id)
    host.release(place.endpoint_id)
    assert place.host().prepare(place.endpoint_id, port, []) == port


def test_the_next_keeper_takes_the_port_over_from_who_answers(place: Place) -> None:
    first = place.host()
    port = first.prepare(place.endpoint_id, 0, [])
    order = place.ready(first)
    first.accept(order.deployment_id)
    first.close()
    second = place.host()
    assert _answers(place, second, port) == "late@v1"
    assert second.prepare(place.endpoint_id, port, [order.deployment_id]) == port
    new = place.ready(second, 2)
    second.accept(new.deployment_id)
    second.drain(order.deployment_id)
    assert _answers(place, second, port) == "late@v2"


def test_a_keeper_that_prepared_nothing_lets_the_server_answer_on_its_old_port(place: Place) -> None:
    first = place.host()
    port = first.prepare(place.endpoint_id, 0, [])
    order = place.ready(first)
    first.accept(order.deployment_id)
    first.close()
    second = place.host()
    second.accept(order.deployment_id)
    assert _answers(place, second, port) == "late@v1"


def test_a_drained_server_stays_warm_and_answers_again_when_it_may(place: Place) -> None:
    host = place.host()
    port = host.prepare(place.endpoint_id, 0, [])
    order = place.ready(host)
    host.accept(order.deployment_id)
    host.drain(order.deployment_id)
    seen = host.observe(order.deployment_id)
    assert (seen.running, seen.accepting, seen.healthy) == (True, False, True)
    host.accept(order.deployment_id)
    assert _answers(place, host, port) == "late@v1"


def test_a_stopped_endpoint_answers_nobody(place: Place) -> None:
    host = place.host()
    port = host.prepare(place.endpoint_id, 0, [])
    order = place.ready(host)
    host.accept(order.deployment_id)
    host.stop(order.deployment_id)
    host.stop(order.deployment_id)
    host.release(place.endpoint_id)
    assert not host.observe(order.deployment_id).running
    with pytest.raises(EndpointUnreachableError):
        _answers(place, host, port)
    assert place.host().prepare(new_identifier(), port, []) == port


def test_a_server_that_crashed_is_seen_as_gone_and_is_started_anew_on_its_port(place: Place) -> None:
    host = place.host()
    port = host.prepare(place.endpoint_id, 0, [])
    order = place.ready(host)
    host.accept(order.deployment_id)
    process = _place_of(host.observe(order.deployment_id))
    place.crash(process)
    seen = host.observe(order.deployment_id)
    assert not seen.running
    assert seen.sentence
    assert host.prepare(place.endpoint_id, port, []) == port
    assert place.start(host, order) != process
    host.check(order)
    host.accept(order.deployment_id)
    assert _answers(place, host, port) == "late@v1"


def test_only_the_newest_token_is_taken(place: Place) -> None:
    host = place.host()
    port = host.prepare(place.endpoint_id, 0, [])
    order = place.ready(host)
    host.accept(order.deployment_id)
    assert host.observe(order.deployment_id).token_sha256 == order.token_sha256
    host.set_token(order.deployment_id, _sha256("another"))
    assert host.observe(order.deployment_id).token_sha256 == _sha256("another")
    with pytest.raises(InvalidInputError, match=r"[Tt]oken"):
        _answers(place, host, port)
    assert _answers(place, host, port, "another") == "late@v1"


def test_a_server_found_running_learns_the_token_of_the_order(place: Place) -> None:
    host = place.host()
    port = host.prepare(place.endpoint_id, 0, [])
    order = place.ready(host)
    place.start(host, dataclasses.replace(order, token_sha256=_sha256("another")))
    host.accept(order.deployment_id)
    assert _answers(place, host, port, "another") == "late@v1"


def test_where_no_server_runs_there_is_little_to_do(place: Place) -> None:
    host = place.host()
    nobody = new_identifier()
    host.drain(nobody)
    host.stop(nobody)
    host.set_token(nobody, _sha256("x"))
    host.release(nobody)
    assert not host.observe(nobody).running
    with pytest.raises(DeploymentError) as caught:
        host.accept(nobody)
    assert caught.value.hint


def test_checking_a_server_that_is_gone_is_an_error_with_a_reason(place: Place) -> None:
    host = place.host()
    order = place.ready(host)
    process = _place_of(host.observe(order.deployment_id))
    place.crash(process)
    with pytest.raises(DeploymentError, match="late@v1 could not be served"):
        host.check(order)


# --- with a model that really answers ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> SmallBundle:
    """A bundle whose stored example is not what its model answers."""
    bundle = make_bundle(tmp_path_factory.mktemp("liar") / "bundle")
    path = bundle.folder / "example.json"
    example = json.loads(path.read_text())
    for answer in example["expected"]:
        answer["prediction"] = "virginica" if answer["prediction"] == "setosa" else "setosa"
    path.write_text(json.dumps(example))
    (bundle.folder / "manifest.json").unlink()
    return SmallBundle(bundle.folder, write_manifest(bundle.folder), bundle.rows, bundle.answers)


@pytest.mark.usefixtures("_nothing_left_running")
@pytest.mark.parametrize("kind", ["fake", "real"])
def test_a_server_that_answers_its_example_wrongly_is_not_taken(kind: str, tmp_path: Path, liar: SmallBundle) -> None:
    place = FakePlace(tmp_path) if kind == "fake" else RealPlace(tmp_path)
    if isinstance(place, FakePlace):
        place.machine.wrong_examples[liar.manifest_hash] = "setosa instead of virginica"
    host = place.host()
    order = place.order(bundle=liar.folder, manifest_hash=liar.manifest_hash)
    try:
        place.start(host, order)
        with pytest.raises(DeploymentError, match="example") as caught:
            host.check(order)
        assert caught.value.hint
        with pytest.raises(DeploymentError):
            host.accept(order.deployment_id)
        seen = host.observe(order.deployment_id)
        assert (seen.running, seen.healthy, seen.accepting) == (False, False, False)
        assert "example" in seen.sentence
    finally:
        place.close()
        assert not psutil.Process().children()


def test_a_port_is_free_until_somebody_listens_there(place: Place) -> None:
    host = place.host()
    free = host.port_use(0)
    assert free.holder == ""
    assert free.next_free == free.port
    port = host.prepare(place.endpoint_id, 0, [])
    use = host.port_use(port)
    assert use.holder
    assert use.next_free != port
    assert host.port_use(use.next_free).holder == ""
