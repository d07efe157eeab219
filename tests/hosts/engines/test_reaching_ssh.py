"""K-08, K-09: a host over SSH that is away, frozen or slow, and keys that are unknown, changed, strange or locked.

With OpenSSH and, what must be the same for the person, without it.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.engines.hosts import ssh_host, tls_host
from tests.engines.remote_host import PASSPHRASE, RemoteHost
from tests.hosts.engines.reaching import (
    KEY_CHANGED,
    KEY_UNKNOWN,
    REFUSED,
    UNREACHABLE,
    failed_at,
    hide_openssh,
    require_nothing_left,
    ssh_processes,
    tried,
    trying,
)

from mlops_desktop.domain.errors import HostKeyChangedError, HostKeyUnknownError, HostUnreachableError
from mlops_desktop.domain.hosts import Host, HostStep
from mlops_desktop.hosts.engines.engine import Engine
from mlops_desktop.hosts.engines.routes import has_openssh, route_to

pytestmark = pytest.mark.engines
EACH_WAY = pytest.mark.parametrize("way", ["openssh", "without"], indirect=True)


@pytest.fixture
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """How the machine is reached; without OpenSSH it is not on the path, and all other programs are."""
    chosen: str = getattr(request, "param", "openssh")
    if chosen == "without":
        hide_openssh(tmp_path / "programs", monkeypatch)
    assert has_openssh() is (chosen == "openssh")
    return chosen


def engine_of(host: Host) -> Engine:
    return Engine(host.name, route_to(host, Path(os.environ["MLOPS_STATE_FOLDER"])))


# --- K-08: the network ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("cut", "Connection timed out"),
        ("reject", "Connection refused"),
        pytest.param("down", "No route to host|Connection timed out", marks=pytest.mark.long),
        pytest.param("crash", "No route to host|Connection timed out", marks=pytest.mark.long),
    ],
)
@EACH_WAY
@pytest.mark.usefixtures("way")
def test_k_08_a_host_that_is_away_is_told_with_the_systems_own_reason(
    remote_host: RemoteHost, tmp_path: Path, fault: str, reason: str
) -> None:
    """Five seconds are waited for a connection, and nobody waits longer."""
    getattr(remote_host, fault)()
    report = tried(tmp_path, ssh_host(remote_host))
    assert (report.code, failed_at(report)) == (UNREACHABLE, HostStep.HOST_KEY)
    assert report.sentence.startswith("box does not answer: ")
    assert any(words in report.sentence for words in reason.split("|")), report.sentence
    assert report.hint == "Check that it is on and can be reached from here."


@pytest.mark.parametrize("kind", [ssh_host, pytest.param(tls_host, marks=pytest.mark.long)])
@EACH_WAY
@pytest.mark.usefixtures("way")
def test_k_08_the_kernel_of_a_frozen_machine_takes_connections_and_nobody_waits_for_it(
    remote_host: RemoteHost, tmp_path: Path, kind: Callable[[RemoteHost], Host]
) -> None:
    remote_host.freeze_all()
    report = tried(tmp_path, kind(remote_host))
    assert (report.code, report.steps[-1].ok) == (UNREACHABLE, False)
    assert "does not answer" in report.sentence


@pytest.mark.parametrize("fault", ["kill", pytest.param("freeze", marks=pytest.mark.long)])
@EACH_WAY
@pytest.mark.usefixtures("way")
def test_k_08_an_engine_that_is_away_is_told_apart_from_its_machine(
    remote_host: RemoteHost, tmp_path: Path, fault: str
) -> None:
    getattr(remote_host, fault)()
    report = tried(tmp_path, ssh_host(remote_host))
    assert [step.step for step in report.steps if step.ok][:1] == [HostStep.HOST_KEY]
    assert (report.code, failed_at(report)) == (UNREACHABLE, HostStep.LOG_IN)
    assert "does not answer" in report.sentence
    assert "its Docker runs" in report.hint


@pytest.mark.parametrize("fault", ["cut", "reject", pytest.param("freeze_all", marks=pytest.mark.long)])
@EACH_WAY
def test_k_08_a_way_that_breaks_is_told_and_made_anew(remote_host: RemoteHost, fault: str, way: str) -> None:
    """What is open is broken off within the limits that the client and OpenSSH have, and there is one ssh at most."""
    expected = int(way == "openssh")
    engine = engine_of(ssh_host(remote_host))
    try:
        with engine.asked() as client:
            assert client.ping()
        before = ssh_processes()
        assert len(before) == expected
        getattr(remote_host, fault)()
        with pytest.raises(HostUnreachableError, match="box does not answer"), engine.asked() as client:
            client.ping()
        assert len(ssh_processes()) <= expected
        remote_host.mend()
        engine.try_at_once()
        with engine.asked() as client:
            assert client.ping()
        assert [process[0] for process in ssh_processes()] == [process[0] for process in before]
    finally:
        engine.close()
    require_nothing_left()


@EACH_WAY
@pytest.mark.usefixtures("way")
def test_k_08_over_two_megabits_a_second_all_is_well_and_only_takes_longer(
    remote_host: RemoteHost, tmp_path: Path
) -> None:
    remote_host.slow("2mbit")
    for host in (ssh_host(remote_host), tls_host(remote_host)):
        report = tried(tmp_path, host)
        assert (report.code, failed_at(report)) == ("", None), report.sentence


def test_k_08_who_asks_again_at_once_is_not_made_to_wait_again(remote_host: RemoteHost) -> None:
    """The next question gets the same answer without another try, until a moment has passed or somebody wants it."""
    remote_host.reject()
    engine = engine_of(ssh_host(remote_host))
    try:
        errors = []
        for _ in range(3):
            with pytest.raises(HostUnreachableError) as caught, engine.asked():
                pass
            errors.append(caught.value)
        assert errors[0] is errors[1] is errors[2]
        remote_host.heal()
        engine.try_at_once()
        with engine.asked() as client:
            assert client.ping()
    finally:
        engine.close()
    require_nothing_left()


# --- K-09: keys -------------------------------------------------------------------------------------------------------


@EACH_WAY
@pytest.mark.usefixtures("way")
def test_k_09_an_unknown_host_is_shown_with_its_fingerprint_and_nothing_is_added(
    remote_host: RemoteHost, tmp_path: Path
) -> None:
    unknown = ssh_host(remote_host, pinned=False)
    report = tried(tmp_path, unknown)
    assert (report.code, failed_at(report)) == (KEY_UNKNOWN, HostStep.HOST_KEY)
    assert report.fingerprint == remote_host.fingerprint
    assert report.offered == ssh_host(remote_host).pinned.rpartition(" ")[0]
    with pytest.raises(HostKeyUnknownError), trying(tmp_path) as opened:
        opened.at(unknown).port_use(0)
    assert tried(tmp_path, unknown).code == KEY_UNKNOWN


@EACH_WAY
@pytest.mark.usefixtures("way")
def test_k_09_a_changed_key_is_blocked_and_both_fingerprints_are_shown(remote_host: RemoteHost, tmp_path: Path) -> None:
    host, before = ssh_host(remote_host), remote_host.fingerprint
    assert tried(tmp_path, host).code == ""
    remote_host.new_host_key()
    report = tried(tmp_path, host)
    assert (report.code, failed_at(report)) == (KEY_CHANGED, HostStep.HOST_KEY)
    assert (report.pinned_fingerprint, report.fingerprint) == (before, remote_host.fingerprint)
    assert before != remote_host.fingerprint
    assert "Ask who runs it" in report.hint
    with pytest.raises(HostKeyChangedError), trying(tmp_path) as opened:
        opened.at(host).port_use(0)
    assert tried(tmp_path, host).code == KEY_CHANGED


@EACH_WAY
@pytest.mark.usefixtures("way")
def test_k_09_who_connects_refuses_a_changed_key(remote_host: RemoteHost) -> None:
    """Not only a check: nothing goes to who shows another key."""
    remote_host.new_host_key()
    route = route_to(ssh_host(remote_host), Path(os.environ["MLOPS_STATE_FOLDER"]))
    with pytest.raises(HostKeyChangedError):
        route.open()
    route.close()
    require_nothing_left()


@EACH_WAY
@pytest.mark.usefixtures("way")
def test_k_09_a_strange_key_is_not_let_in(remote_host: RemoteHost, tmp_path: Path) -> None:
    host = dataclasses.replace(ssh_host(remote_host), credentials=str(remote_host.stranger_key))
    report = tried(tmp_path, host)
    assert (report.code, failed_at(report)) == (REFUSED, HostStep.LOG_IN)
    assert "Permission denied" in report.sentence
    assert "authorized_keys" in report.hint


@EACH_WAY
@pytest.mark.usefixtures("way")
def test_k_09_a_key_with_a_passphrase_is_never_asked_for_it(
    remote_host: RemoteHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on a terminal, and not by a window that asks: there is nobody at a keeper."""
    canary = tmp_path / "asked"
    asks = tmp_path / "askpass"
    asks.write_text(f"#!/bin/sh\ntouch {canary}\n")
    asks.chmod(0o700)
    monkeypatch.setenv("SSH_ASKPASS", str(asks))
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    monkeypatch.setenv("DISPLAY", ":77")
    host = dataclasses.replace(ssh_host(remote_host), credentials=str(remote_host.locked_key))
    report = tried(tmp_path, host)
    assert (report.code, failed_at(report)) == (REFUSED, HostStep.LOG_IN)
    assert f"ssh-add {remote_host.locked_key}" in report.hint
    assert not canary.exists()


@EACH_WAY
@pytest.mark.usefixtures("way")
def test_k_09_a_key_that_others_may_read_is_said_so(remote_host: RemoteHost, tmp_path: Path) -> None:
    key = tmp_path / "open_key"
    key.write_bytes(remote_host.key.read_bytes())
    key.chmod(0o644)
    report = tried(tmp_path, dataclasses.replace(ssh_host(remote_host), credentials=str(key)))
    assert (report.code, failed_at(report)) == (REFUSED, HostStep.LOG_IN)
    assert "chmod 600" in report.hint


@EACH_WAY
@pytest.mark.usefixtures("way")
def test_k_09_an_agent_lets_in_and_without_one_it_is_said(
    remote_host: RemoteHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = dataclasses.replace(ssh_host(remote_host), credentials="")
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "no_agent.sock"))
    report = tried(tmp_path, host)
    assert (report.code, failed_at(report)) == (REFUSED, HostStep.LOG_IN)
    assert "ssh-add" in report.hint
    monkeypatch.setenv("SSH_AUTH_SOCK", str(remote_host.agent_socket))
    assert tried(tmp_path, host).code == ""


@EACH_WAY
@pytest.mark.usefixtures("way")
def test_k_09_a_key_that_was_unlocked_with_ssh_add_lets_in(
    remote_host: RemoteHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the hint says helps."""
    host = dataclasses.replace(ssh_host(remote_host), credentials=str(remote_host.locked_key))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(remote_host.agent_socket))
    assert tried(tmp_path, host).code == REFUSED
    asks = tmp_path / "askpass"
    asks.write_text(f"#!/bin/sh\necho {PASSPHRASE}\n")
    asks.chmod(0o700)
    monkeypatch.setenv("SSH_ASKPASS", str(asks))
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    subprocess.run(["ssh-add", "-q", str(remote_host.locked_key)], check=True)
    try:
        assert tried(tmp_path, host).code == ""
    finally:
        subprocess.run(["ssh-add", "-q", "-d", f"{remote_host.locked_key}.pub"], check=True)
