"""The remote hosts of the tests: a real client reaches their engines by ssh and by TLS, and sees each fault."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

import docker
import pytest
import requests
from tests.engines.certificates import Identity
from tests.engines.docker_clients import TunnelError, over_ssh, over_tls
from tests.engines.remote_host import RemoteHost
from tests.engines.session import Engines

pytestmark = pytest.mark.long  # every fault is met again by the tests of what we make of it

UNREACHABLE = (TunnelError, requests.ConnectionError, requests.ReadTimeout)


class Way(Protocol):
    def __call__(self, host: RemoteHost, *, timeout: float) -> AbstractContextManager[docker.APIClient]: ...


BOTH_WAYS = pytest.mark.parametrize("way", [over_ssh, over_tls])


def answers(host: RemoteHost, way: Way) -> bool:
    with way(host, timeout=20) as client:
        return bool(client.ping())


def test_its_engine_answers_on_its_socket_by_ssh_and_by_tls(remote_host: RemoteHost) -> None:
    with remote_host.client() as near, over_ssh(remote_host) as ssh, over_tls(remote_host) as tls:
        assert near.info()["ID"] == ssh.info()["ID"] == tls.info()["ID"]
        assert ssh.info()["Name"] == "remote"
        assert ssh.images(remote_host.base_image)


@BOTH_WAYS
@pytest.mark.parametrize(("fault", "cure"), [("cut", "heal"), ("reject", "heal"), ("down", "up"), ("crash", "boot")])
def test_a_fault_of_the_network_is_seen_and_undone(remote_host: RemoteHost, way: Way, fault: str, cure: str) -> None:
    getattr(remote_host, fault)()
    with pytest.raises(UNREACHABLE), way(remote_host, timeout=1) as client:
        client.ping()
    getattr(remote_host, cure)()
    assert answers(remote_host, way)


@BOTH_WAYS
def test_a_connection_that_is_open_is_cut_too(remote_host: RemoteHost, way: Way) -> None:
    with way(remote_host, timeout=1) as client:
        assert client.ping()
        remote_host.cut()
        with pytest.raises((requests.ConnectionError, requests.ReadTimeout)):
            client.ping()


@BOTH_WAYS
@pytest.mark.parametrize(("fault", "cure"), [("kill", "start"), ("freeze", "thaw"), ("freeze_all", "thaw_all")])
def test_a_fault_of_the_engine_is_seen_and_undone(remote_host: RemoteHost, way: Way, fault: str, cure: str) -> None:
    getattr(remote_host, fault)()
    with pytest.raises(UNREACHABLE), way(remote_host, timeout=1) as client:
        client.ping()
    getattr(remote_host, cure)()
    assert answers(remote_host, way)


def test_slow_carries_no_more_than_its_rate(remote_host: RemoteHost) -> None:
    remote_host.slow("2mbit")
    queue = remote_host.machine.run("tc", "qdisc", "show")
    assert "rate 2Mbit" in queue
    assert answers(remote_host, over_tls)
    remote_host.heal()
    assert "rate" not in remote_host.machine.run("tc", "qdisc", "show")


def test_after_a_crash_containers_come_back_by_their_policy(remote_host: RemoteHost) -> None:
    with remote_host.client() as client:
        always = client.create_host_config(restart_policy={"Name": "always"}, init=True)
        back = client.create_container(remote_host.base_image, ["sleep", "600"], host_config=always)
        gone = client.create_container(remote_host.base_image, ["sleep", "600"])
        client.start(back)
        client.start(gone)
    remote_host.crash()
    remote_host.boot()
    with remote_host.client() as client:
        assert client.inspect_container(back)["State"]["Running"]
        assert not client.inspect_container(gone)["State"]["Running"]


def test_another_host_key_is_refused_and_both_fingerprints_are_known(remote_host: RemoteHost) -> None:
    before = remote_host.fingerprint
    remote_host.new_host_key()
    assert remote_host.fingerprint != before
    with pytest.raises(TunnelError, match="IDENTIFICATION HAS CHANGED") as caught, over_ssh(remote_host):
        pass
    assert remote_host.fingerprint in str(caught.value)
    remote_host.old_host_key()
    assert remote_host.fingerprint == before
    assert answers(remote_host, over_ssh)


def test_a_key_that_it_does_not_know_is_refused(remote_host: RemoteHost) -> None:
    # Before the first `-F` file's own IdentityFile would be asked: the options come first.
    only = ["-F", "/dev/null", "-i", str(remote_host.stranger_key), "-o", "IdentitiesOnly=yes", "-o", "User=root",
            "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={remote_host.known_hosts}"]  # fmt: skip
    with pytest.raises(TunnelError, match="Permission denied"), over_ssh(remote_host, *only):
        pass


def test_an_account_that_may_not_use_the_socket_is_let_in_and_gets_no_answer(remote_host: RemoteHost) -> None:
    with over_ssh(remote_host, "-l", "nobody") as client, pytest.raises(requests.ConnectionError):
        client.ping()
    assert "nobody" in remote_host.ssh_log


def test_an_agent_holds_the_key(remote_host: RemoteHost) -> None:
    agent = ["-o", f"IdentityAgent={remote_host.agent_socket}", "-F", "/dev/null", "-o", "User=root",
             "-o", f"UserKnownHostsFile={remote_host.known_hosts}", "-o", "BatchMode=yes"]  # fmt: skip
    with over_ssh(remote_host, *agent) as client:
        assert client.ping()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("expired_certificate", "expired"),
        ("foreign_certificate", "local issuer|self.signed"),
        ("other_name_certificate", "mismatch"),
    ],
)
def test_a_wrong_certificate_of_the_host_is_refused(remote_host: RemoteHost, fault: str, reason: str) -> None:
    getattr(remote_host, fault)()
    with over_tls(remote_host) as client, pytest.raises(requests.exceptions.SSLError, match=reason):
        client.ping()
    remote_host.good_certificate()
    assert answers(remote_host, over_tls)


@pytest.mark.parametrize("wrong", ["expired_client", "foreign_client"])
def test_a_wrong_certificate_of_the_client_is_refused(remote_host: RemoteHost, wrong: str) -> None:
    identity: Identity = getattr(remote_host, wrong)
    with over_tls(remote_host, client=identity) as client, pytest.raises(requests.ConnectionError, match="certificate"):
        client.ping()


def test_an_authority_that_did_not_sign_the_host_does_not_trust_it(remote_host: RemoteHost) -> None:
    with (
        over_tls(remote_host, authority=remote_host.foreign_authority) as client,
        pytest.raises(requests.exceptions.SSLError, match="certificate verify failed"),
    ):
        client.ping()


def test_three_hosts_are_three_and_the_fault_of_one_is_not_the_others(remote_hosts: Engines) -> None:
    frozen, lost, fine = remote_hosts.remote(3)
    assert len({host.address for host in (frozen, lost, fine)}) == 3
    frozen.freeze()
    lost.cut()
    assert answers(fine, over_ssh)
    with pytest.raises(UNREACHABLE), over_tls(frozen, timeout=1) as client:
        client.ping()
    with pytest.raises(UNREACHABLE), over_tls(lost, timeout=1) as client:
        client.ping()


def test_what_is_published_on_its_loopback_is_reached_there_and_not_from_here(remote_host: RemoteHost) -> None:
    with remote_host.client() as client:
        ports = client.create_host_config(port_bindings={8000: ("127.0.0.1", 8000)})
        made = client.create_container(
            remote_host.base_image, ["python3", "-m", "http.server"], ports=[8000], host_config=ports
        )
        client.start(made)
    listening = remote_host.machine.run("ss", "-Hltn", "sport", "=", ":8000")
    assert "127.0.0.1:8000" in listening
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://{remote_host.address}:8000", timeout=5)
