"""The tests' own local engine: it runs containers, stays apart, and has the faults it is told to have."""

from __future__ import annotations

import contextlib
import dataclasses
import urllib.request

import docker
import psutil
import pytest
import requests
from tests.engines import base_image
from tests.engines.engine import LocalEngine, wait_for
from tests.engines.machine import EngineError
from tests.engines.session import Engines


def run(client: docker.APIClient, *command: str, **options: object) -> str:
    """What the command says in a container of the base image; it is left there, for the fixtures to remove."""
    made = client.create_container(LocalEngine.base_image, list(command), **options)
    client.start(made)
    code = client.wait(made)["StatusCode"]
    said: str = client.logs(made).decode()
    assert code == 0, said
    return said


def test_the_base_image_has_a_python_that_makes_environments(local_engine: LocalEngine) -> None:
    with local_engine.client() as client:
        said = run(client, "python3", "-c", "import ensurepip, sys, venv; print(sys.version)", network_disabled=True)
    assert said.startswith("3.11.")


def test_a_port_published_on_loopback_answers_here(local_engine: LocalEngine) -> None:
    with local_engine.client() as client:
        ports = client.create_host_config(port_bindings={8000: ("127.0.0.1", None)})
        command = ["python3", "-u", "-m", "http.server", "--directory", "/etc"]
        made = client.create_container(local_engine.base_image, command, ports=[8000], host_config=ports)
        client.start(made)
        port = client.port(made["Id"], 8000)[0]["HostPort"]
        wait_for(lambda: client.logs(made), 10, "a server in the container")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/debian_version", timeout=10) as answer:
            assert answer.read().startswith(b"12")


def test_its_socket_has_a_short_path_and_its_processes_are_not_the_tests(local_engine: LocalEngine) -> None:
    assert len(str(local_engine.socket)) < 80
    assert local_engine.socket.is_socket()
    names = {process.name() for process in psutil.Process().children(recursive=True)}
    assert "dockerd" not in names


def test_it_has_no_rule_in_the_firewall_of_this_machine(local_engine: LocalEngine) -> None:
    with local_engine.client() as client:
        assert client.info()["Driver"] in {"overlay2", "vfs"}
        bridge = client.inspect_network("bridge")["Options"]["com.docker.network.bridge.name"]
    assert bridge.startswith("mlops-b")


def test_killed_it_refuses_and_started_again_it_brings_containers_back(local_engine: LocalEngine) -> None:
    with local_engine.client() as client:
        policy = client.create_host_config(restart_policy={"Name": "always"}, init=True)
        made = client.create_container(local_engine.base_image, ["sleep", "600"], host_config=policy)
        client.start(made)
    local_engine.kill()
    assert not local_engine.answers()
    local_engine.start()
    with local_engine.client() as client:
        assert client.inspect_container(made)["State"]["Running"]


def test_stopped_it_is_gone_until_it_is_started(local_engine: LocalEngine) -> None:
    local_engine.stop()
    assert not local_engine.answers()
    local_engine.start()
    with local_engine.client() as client:
        assert client.ping()


def test_frozen_it_takes_the_question_and_does_not_answer(local_engine: LocalEngine) -> None:
    local_engine.freeze()
    with local_engine.client(timeout=0.3) as client, pytest.raises(requests.ReadTimeout):
        client.ping()
    local_engine.thaw()
    with local_engine.client() as client:
        assert client.ping()


def test_on_a_full_disk_nothing_can_be_written_until_there_is_room(local_engine: LocalEngine) -> None:
    write = ["dd", "if=/dev/zero", "of=/file", "bs=1M", "count=1"]
    local_engine.fill()
    with local_engine.client() as client, pytest.raises((AssertionError, docker.errors.APIError), match="[Nn]o space"):
        run(client, *write)
    local_engine.unfill()
    with local_engine.client() as client:
        run(client, *write)


@pytest.mark.long
def test_where_no_disk_can_be_mounted_an_engine_gets_the_image_by_itself(engines: Engines) -> None:
    base = dataclasses.replace(base_image.prepare(), disk=None)
    with contextlib.closing(LocalEngine(base)) as engine, engine.client() as client:
        assert run(client, "echo", "here", network_disabled=True) == "here\n"
        with pytest.raises(EngineError, match="shall not be filled"):
            engine.fill()


def test_what_a_test_made_is_removed_and_what_was_there_before_stays(local_engine: LocalEngine) -> None:
    with local_engine.client() as client:
        kept = client.create_container(local_engine.base_image, ["true"])["Id"]
        before = local_engine.belongings()
        gone = client.create_container(local_engine.base_image, ["sleep", "600"])["Id"]
        client.start(gone)
        client.create_volume("of-the-test")
        client.create_network("of-the-test")
        local_engine.remove_since(before)
        assert kept in local_engine.belongings()["containers"]
    assert local_engine.belongings() == before
