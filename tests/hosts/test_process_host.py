"""This computer as a host, with real serving processes."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.hosts.conftest import ENDPOINT, TOKEN, Place, identity_of, is_alive
from tests.serving.small_bundle import SmallBundle, make_bundle

from mlops_desktop.domain.deployments import ServeOrder
from mlops_desktop.domain.errors import (
    DeploymentError,
    DiskFullError,
    EndpointUnreachableError,
    InvalidInputError,
    PortInUseError,
)
from mlops_desktop.hosts import launching
from mlops_desktop.hosts.process_host import ProcessHost
from mlops_desktop.services.host_ports import Host

Serve = Callable[..., ServeOrder]


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_it_fits_what_the_services_ask_of_a_host(place: Place) -> None:
    host: Host = place.host()
    host.close()


def test_a_started_server_answers_only_after_it_may(place: Place, serve: Serve) -> None:
    host = place.host()
    port = host.prepare(ENDPOINT, 0, [])
    order = serve(host)
    seen = host.observe(order.deployment_id)
    assert (seen.running, seen.healthy, seen.example_right, seen.accepting) == (True, True, True, False)
    host.accept(order.deployment_id)
    bundle = place.versions[0]
    answer = host.predict(_url(port), TOKEN, bundle.rows)
    assert answer == {"model": "iris@v1", "predictions": bundle.answers}
    seen = host.observe(order.deployment_id)
    assert (seen.accepting, seen.requests, seen.errors) == (True, 1, 0)


@pytest.mark.usefixtures("instant")
def test_a_server_is_nobodys_child_and_its_files_are_ours_alone(
    place: Place, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_SECRET_DATABASE", "hidden")
    monkeypatch.setenv("DATABASE_URL", "postgresql://ada:hidden@db/flights")
    host = place.host()
    order = serve(host)
    process = host.observe(order.deployment_id).process
    assert process is not None
    server = psutil.Process(process.pid)
    assert server not in psutil.Process().children(recursive=True)
    assert os.getsid(process.pid) != os.getsid(0)
    assert "hidden" not in str(server.environ())
    assert order.token_sha256 not in " ".join(server.cmdline())
    assert stat.S_IMODE((order.folder / "spec.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((order.folder / "serving.log").stat().st_mode) == 0o600
    assert stat.S_IMODE((place.state / "sockets").stat().st_mode) == 0o700
    assert TOKEN not in (order.folder / "spec.json").read_text()


@pytest.mark.usefixtures("instant")
def test_starting_twice_makes_one_server(place: Place) -> None:
    order = place.order()
    first = place.host().start(order)
    second = place.host().start(order)  # as another keeper would, while the first server is still loading
    assert first == second
    host = place.host()
    host.check(order)
    assert host.start(order) == first


@pytest.mark.usefixtures("instant")
def test_a_token_can_be_replaced_while_requests_go_on(place: Place, serve: Serve) -> None:
    host = place.host()
    port = host.prepare(ENDPOINT, 0, [])
    order = serve(host)
    host.accept(order.deployment_id)
    host.set_token(order.deployment_id, hashlib.sha256(b"new").hexdigest())
    with pytest.raises(InvalidInputError, match="token"):
        host.predict(_url(port), TOKEN, place.versions[0].rows)
    assert host.predict(_url(port), "new", place.versions[0].rows)["model"] == "iris@v1"
    host.set_token("0" * 32, hashlib.sha256(b"new").hexdigest())  # nobody there: nothing to do


def _until_answered(host: ProcessHost, order: ServeOrder, requests: int) -> None:
    _until(lambda: host.observe(order.deployment_id).requests > requests)


# --- the port ---------------------------------------------------------------------------------------------------------


def test_a_port_in_use_is_refused_and_its_holder_named(place: Place) -> None:
    host = place.host()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortInUseError, match=rf"{port} .*process {os.getpid()}"):
            host.prepare(ENDPOINT, port, [])
    assert host.prepare(ENDPOINT, port, []) == port


def test_a_held_port_is_held_once_and_can_be_given_back(place: Place) -> None:
    host = place.host()
    port = host.prepare(ENDPOINT, 0, [])
    assert host.prepare(ENDPOINT, 0, []) == host.prepare(ENDPOINT, port, []) == port
    with pytest.raises(PortInUseError):
        place.host().prepare(ENDPOINT, port, [])
    host.release(ENDPOINT)
    host.release(ENDPOINT)
    assert place.host().prepare(ENDPOINT, port, []) == port


def test_another_port_replaces_the_held_one(place: Place) -> None:
    host = place.host()
    first = host.prepare(ENDPOINT, 0, [])
    with socket.create_server(("127.0.0.1", 0)) as other:
        second = other.getsockname()[1]
    assert host.prepare(ENDPOINT, second, []) == second != first
    assert place.host().prepare("f0" * 16, first, []) == first


@pytest.mark.usefixtures("instant")
def test_a_stopped_endpoint_leaves_no_port_and_no_trace(place: Place, serve: Serve) -> None:
    host = place.host()
    port = host.prepare(ENDPOINT, 0, [])
    one, two = serve(host, 1), serve(host, 2)
    host.accept(one.deployment_id)
    host.accept(two.deployment_id)
    host.drain(one.deployment_id)
    for order in (one, two):
        host.stop(order.deployment_id)
        host.stop(order.deployment_id)
    host.release(ENDPOINT)
    with pytest.raises(EndpointUnreachableError, match="nobody listens"):
        host.predict(_url(port), TOKEN, [])
    assert list((place.state / "sockets").iterdir()) == []
    with socket.create_server(("127.0.0.1", port)):
        pass


# --- switching --------------------------------------------------------------------------------------------------------


@contextmanager
def _outside_client(port: int, body: dict[str, Any], rate: int = 50) -> Iterator[dict[str, Any]]:
    """What the client saw is in the yielded dict after the block."""
    program = Path(__file__).with_name("outside_client.py")
    command = [sys.executable, str(program), f"127.0.0.1:{port}", TOKEN, json.dumps(body), str(rate)]
    seen: dict[str, Any] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        try:
            assert client.stdout is not None
            assert client.stdout.readline() == "ready\n"
            yield seen
            output, _ = client.communicate(timeout=60)
            seen.update(json.loads(output))
        finally:
            client.kill()


def _switch_under_load(place: Place, serve: Serve, switches: int) -> dict[str, Any]:
    """Two warm versions take turns; each must have answered before the next one may."""
    host = place.host()
    port = host.prepare(ENDPOINT, 0, [])
    present, waiting = serve(host, 1), serve(host, 2)
    host.accept(present.deployment_id)
    with _outside_client(port, {"rows": place.versions[0].rows[:1]}) as seen:
        for _ in range(switches):
            before = host.observe(waiting.deployment_id).requests
            host.accept(waiting.deployment_id)
            host.drain(present.deployment_id)
            present, waiting = waiting, present
            _until_answered(host, present, before + 10)
            assert not host.observe(waiting.deployment_id).accepting
    return seen


@pytest.mark.usefixtures("instant")
def test_switching_back_and_forth_loses_no_request(place: Place, serve: Serve) -> None:
    seen = _switch_under_load(place, serve, 4)
    assert seen["failures"] == []
    assert seen["changes"] >= 4
    assert set(seen["answers"]) == {"iris@v1", "iris@v2"}


@pytest.mark.long
def test_a_hundred_switches_lose_no_request(place: Place, serve: Serve) -> None:
    seen = _switch_under_load(place, serve, 100)
    assert seen["failures"] == []
    assert seen["changes"] >= 100


@pytest.mark.usefixtures("instant")
def test_replacing_by_fresh_processes_loses_no_request(place: Place, serve: Serve) -> None:
    """As rollouts do it: start, check, accept, drain the old one, end it."""
    host = place.host()
    port = host.prepare(ENDPOINT, 0, [])
    present = serve(host, 1)
    host.accept(present.deployment_id)
    with _outside_client(port, {"rows": place.versions[0].rows[:1]}) as seen:
        for version in (2, 1):
            fresh = serve(host, version)
            host.accept(fresh.deployment_id)
            host.drain(present.deployment_id)
            host.stop(present.deployment_id)
            present = fresh
            _until_answered(host, present, 10)
    assert seen["failures"] == []
    assert seen["changes"] >= 2


@pytest.mark.usefixtures("instant")
def test_a_drained_server_stays_warm_and_comes_back_at_once(place: Place, serve: Serve) -> None:
    host = place.host()
    port = host.prepare(ENDPOINT, 0, [])
    order = serve(host)
    process = host.observe(order.deployment_id).process
    for _ in range(2):
        host.accept(order.deployment_id)
        assert host.predict(_url(port), TOKEN, place.versions[0].rows)["model"] == "iris@v1"
        host.drain(order.deployment_id)
        host.drain(order.deployment_id)
        seen = host.observe(order.deployment_id)
        assert (seen.running, seen.healthy, seen.accepting, seen.process) == (True, True, False, process)


# --- when the keeper goes ---------------------------------------------------------------------------------------------

KEEPER = """
import json, sys
from pathlib import Path
from tests.hosts.conftest import ENDPOINT, identity_of, is_alive
from mlops_desktop.domain.deployments import ServeOrder
from mlops_desktop.hosts import launching
from mlops_desktop.hosts.process_host import ProcessHost
launching.PROGRAM = tuple(json.loads(sys.argv.pop()))
state, port, bundle, manifest_hash, folder, deployment_id, token_sha256, step = sys.argv[1:]
host = ProcessHost(Path(state), identity_of, is_alive)
print(host.prepare(ENDPOINT, int(port), []), flush=True)
order = ServeOrder(ENDPOINT, deployment_id, "iris", "iris@v1", Path(bundle), manifest_hash, Path(folder), token_sha256)
host.start(order)
if step != "start":
    host.check(order)
if step == "accept":
    host.accept(deployment_id)
print("done", flush=True)
sys.stdin.read()
"""


def _keeper_killed_after(step: str, place: Place, order: ServeOrder) -> int:
    """Another process comes as far as `step` and is killed; gives the endpoint's port."""
    arguments = [place.state, 0, order.bundle, order.manifest_hash, order.folder, order.deployment_id]
    with subprocess.Popen(
        [sys.executable, "-c", KEEPER, *map(str, arguments), order.token_sha256, step, json.dumps(launching.PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        text=True,
    ) as keeper:
        assert keeper.stdout is not None
        port = int(keeper.stdout.readline())
        assert keeper.stdout.readline() == "done\n"
        keeper.send_signal(signal.SIGKILL)
    return port


@pytest.mark.usefixtures("instant")
@pytest.mark.parametrize("step", ["start", "check", "accept"])
def test_another_keeper_goes_on_where_one_was_killed(place: Place, step: str) -> None:
    order = place.order()
    port = _keeper_killed_after(step, place, order)
    host = place.host()
    if step == "accept":
        assert host.predict(_url(port), TOKEN, place.versions[0].rows)["model"] == "iris@v1"
    assert host.prepare(ENDPOINT, port, [order.deployment_id]) == port
    process = host.start(order)
    host.check(order)
    host.accept(order.deployment_id)
    assert host.observe(order.deployment_id).process == process
    assert host.predict(_url(port), TOKEN, place.versions[0].rows)["model"] == "iris@v1"


@pytest.mark.usefixtures("instant")
def test_a_new_keeper_takes_the_listening_socket_over_and_switches(place: Place, serve: Serve) -> None:
    order = place.order()
    port = _keeper_killed_after("accept", place, order)
    host = place.host()
    with _outside_client(port, {"rows": place.versions[0].rows[:1]}) as seen:
        assert host.prepare(ENDPOINT, port, [order.deployment_id]) == port
        fresh = serve(host, 2)
        host.accept(fresh.deployment_id)
        host.drain(order.deployment_id)
        host.stop(order.deployment_id)
        _until_answered(host, fresh, 10)
    assert seen["failures"] == []
    assert set(seen["answers"]) == {"iris@v1", "iris@v2"}


@pytest.mark.usefixtures("instant")
def test_accepting_works_for_a_keeper_that_prepared_nothing(place: Place, serve: Serve) -> None:
    first = place.host()
    order = serve(first)
    port = first.prepare(ENDPOINT, 0, [])
    first.accept(order.deployment_id)
    first.drain(order.deployment_id)
    first.close()
    second = place.host()
    second.start(order)
    second.accept(order.deployment_id)
    assert second.predict(_url(port), TOKEN, place.versions[0].rows)["model"] == "iris@v1"


def test_a_folder_that_cannot_be_written_to_is_told(place: Place) -> None:
    place.state.parent.mkdir(parents=True, exist_ok=True)
    place.state.touch()  # a file where a folder should be
    with pytest.raises(DeploymentError, match=r"Not a directory.*workspace"):
        place.host().start(place.order())
    place.state.unlink()


@pytest.mark.usefixtures("instant")
def test_a_full_disk_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "spec.json")

    monkeypatch.setattr(launching, "write_private", refuse)
    with pytest.raises(DiskFullError, match=r"full \(spec\.json\)"):
        place.host().start(place.order())


# --- when a server goes -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("instant")
def test_a_killed_server_is_seen_as_gone_and_started_again_on_its_port(place: Place, serve: Serve) -> None:
    host = place.host()
    port = host.prepare(ENDPOINT, 0, [])
    order = serve(host)
    host.accept(order.deployment_id)
    process = host.observe(order.deployment_id).process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    _until(lambda: not host.observe(order.deployment_id).running)
    with pytest.raises(DeploymentError):
        host.accept(order.deployment_id)
    host.drain(order.deployment_id)
    again = host.start(order)
    assert again != process
    host.check(order)
    host.accept(order.deployment_id)
    assert host.predict(_url(port), TOKEN, place.versions[0].rows)["model"] == "iris@v1"


@pytest.mark.usefixtures("instant")
def test_a_frozen_server_is_running_but_not_healthy_and_can_be_ended(place: Place, serve: Serve) -> None:
    host = place.host()
    host.prepare(ENDPOINT, 0, [])
    order = serve(host)
    process = host.observe(order.deployment_id).process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    started = time.monotonic()
    seen = host.observe(order.deployment_id)
    assert (seen.running, seen.healthy, seen.process) == (True, False, process)
    assert host.observe(order.deployment_id).running
    assert time.monotonic() - started < 10
    os.kill(process.pid, signal.SIGCONT)
    _until(lambda: host.observe(order.deployment_id).healthy)
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(DeploymentError, match="token"):
        host.set_token(order.deployment_id, order.token_sha256)
    host.stop(order.deployment_id)
    assert not is_alive(process)
    assert not host.observe(order.deployment_id).running


@pytest.mark.usefixtures("instant")
def test_a_frozen_server_that_should_drain_is_ended(
    place: Place, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = place.host()
    port = host.prepare(ENDPOINT, 0, [])
    old, new = serve(host, 1), serve(host, 2)
    host.accept(old.deployment_id)
    process = host.observe(old.deployment_id).process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    host.accept(new.deployment_id)
    with monkeypatch.context() as patch:
        patch.setattr("mlops_desktop.hosts.process_host.OBEY_SECONDS", 0.3)
        host.drain(old.deployment_id)
    assert not is_alive(process)
    assert host.predict(_url(port), TOKEN, place.versions[0].rows)["model"] == "iris@v2"


@pytest.mark.usefixtures("instant")
def test_a_server_whose_traces_were_removed_is_not_started_twice(place: Place, serve: Serve) -> None:
    """The control socket is deleted: the record still knows the process, which is replaced."""
    host = place.host()
    order = serve(host)
    process = host.observe(order.deployment_id).process
    assert process is not None
    for path in (place.state / "sockets").glob("*.sock"):
        path.unlink()
    assert host.observe(order.deployment_id).running
    assert host.start(order) != process
    assert not is_alive(process)
    assert host.check(order).healthy


def test_v_02_a_damaged_bundle_is_not_served_and_the_reason_is_told(place: Place, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "damaged")
    content = bytearray((bundle.folder / "model.skops").read_bytes())
    content[100] ^= 1
    (bundle.folder / "model.skops").write_bytes(content)
    host = place.host()
    order = place.order(bundle=bundle)
    host.start(order)
    with pytest.raises(DeploymentError, match=r"model\.skops"):
        host.check(order)
    _until(lambda: not host.observe(order.deployment_id).running)
    assert "model.skops" in host.observe(order.deployment_id).sentence
    with pytest.raises(DeploymentError):
        host.accept(order.deployment_id)


@pytest.mark.usefixtures("instant")
def test_an_example_that_is_answered_wrongly_fails_the_check_also_later(place: Place, tmp_path: Path) -> None:
    host = place.host()
    order = replace(place.order(), bundle=tmp_path)
    (tmp_path / "wrong").touch()
    host.start(order)
    with pytest.raises(DeploymentError, match=r"stored example.*2 instead of 1"):
        host.check(order)
    (tmp_path / "wrong").unlink()
    host.start(order)
    assert host.check(order).healthy
    (tmp_path / "wrong").touch()
    assert host.observe(order.deployment_id).healthy
    with pytest.raises(DeploymentError, match=r"stored example.*2 instead of 1"):
        host.check(order)
    assert not host.observe(order.deployment_id).healthy


@pytest.mark.usefixtures("instant")
def test_a_bundle_changed_behind_a_running_server_is_served_anew_under_its_own_hash(
    place: Place, serve: Serve, versions: tuple[SmallBundle, SmallBundle]
) -> None:
    """The same deployment ordered with another manifest is another server."""
    host = place.host()
    order = serve(host)
    first = host.observe(order.deployment_id).process
    other = replace(order, bundle=versions[1].folder, manifest_hash=versions[1].manifest_hash)
    assert host.start(other) != first
    assert host.check(other).healthy


@pytest.mark.usefixtures("instant")
def test_a_check_that_takes_too_long_is_given_up(place: Place) -> None:
    host = place.host()
    order = place.order()
    process = host.start(order)
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(DeploymentError, match="not ready within"):
        host.check(order, seconds=0.1)


def test_a_python_that_cannot_start_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    host = place.host()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DeploymentError, match="did not start"):
        host.start(place.order())
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(DeploymentError, match="could not be started"):
        host.start(place.order())


def test_nothing_known_is_nothing_running(place: Place) -> None:
    host = place.host()
    seen = host.observe("0" * 32)
    assert (seen.running, seen.process) == (False, None)
    host.stop("0" * 32)
    host.drain("0" * 32)
    host.release(ENDPOINT)
    assert identity_of(2**22 + 1) is None
