"""K-02, K-07, K-08, K-11 and V-05: an engine that ends, fills up, is cut off or reboots while it is worked with."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.engines.engine import wait_for
from tests.engines.remote_host import RemoteHost
from tests.hosts.engines.conftest import Team
from tests.hosts.engines.seeing import (
    answered_by,
    containers,
    current,
    newest,
    remove_images,
    require_one_serves,
    tags,
    until_answered,
    until_healthy,
    until_seen,
)

from mlops_desktop.domain.deployments import DeploymentStatus, Health
from mlops_desktop.domain.errors import (
    DiskFullError,
    EndpointUnreachableError,
    HostError,
    HostUnreachableError,
    RolloutCancelledError,
)
from mlops_desktop.hosts.engines import base_images, building
from mlops_desktop.hosts.engines.containers import Containers
from mlops_desktop.hosts.images import archives

pytestmark = pytest.mark.engines
LOST = "does not answer: (the connection was lost|nothing listens there)"


def breaking(team: Team, after: int, fault: Callable[[], None]) -> Callable[..., Iterator[bytes]]:
    """The archive as it is sent, with a fault once so many pieces are on their way."""
    whole = archives.archive

    def broken(*arguments: Any) -> Iterator[bytes]:
        pieces = whole(*arguments)
        yield from itertools.islice(pieces, after)
        fault()
        yield from pieces

    return broken


def until_swept(team: Team) -> None:
    """What could not be taken away at once is when the host answers again."""

    def is_swept() -> bool:
        team.turn()
        return not (containers(team) or containers(team, "holder"))

    wait_for(is_swept, 60, "the end of what was left")


# --- K-02: the engine is killed ---------------------------------------------------------------------------------------


@pytest.mark.long
def test_k_02_an_engine_killed_while_the_base_is_looked_at_is_lost_and_swept_when_it_is_back(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(client: Any, container: str) -> str:
        client.start(container)
        team.engine.kill()
        return str(client.logs(container))

    with monkeypatch.context() as patch:
        patch.setattr(base_images, "_run", killed)
        with pytest.raises(HostUnreachableError, match=LOST):
            team.deploy("flight-late@v1")
    team.engine.start()
    assert len(containers(team, "probe")) == 1
    monkeypatch.setattr(base_images, "LEFT_SECONDS", 0)
    team.deploy("flight-late@v1")
    assert containers(team, "probe") == []
    require_one_serves(team, "flight-late@v1")


def test_k_02_an_engine_killed_while_an_image_is_loaded_is_lost_and_the_next_deployment_goes_on(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.deploy("flight-late@v1")
    remove_images(team, "late")
    before = tags(team)
    with monkeypatch.context() as patch:
        patch.setattr(building, "archive", breaking(team, 1, team.engine.kill))
        with pytest.raises(HostUnreachableError, match=LOST):
            team.deploy("flight-late@v3")
    assert newest(team).status is DeploymentStatus.FAILED
    assert team.answering() == "flight-late@v1"
    team.engine.start()
    assert tags(team) == before
    until_healthy(team)
    require_one_serves(team, "flight-late@v1")
    team.deploy("flight-late@v3")
    require_one_serves(team, "flight-late@v3")


@pytest.mark.long
def test_k_02_an_engine_killed_while_a_container_starts_leaves_none_when_it_is_back(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody heard of the container that it had made: it is found by its label, and taken away."""
    team.deploy("flight-late@v1")
    start = Containers.start

    def killed(self: Containers, identity: str) -> None:
        team.engine.kill()
        start(self, identity)

    with monkeypatch.context() as patch:
        patch.setattr(Containers, "start", killed)
        with pytest.raises(HostUnreachableError, match=LOST):
            team.deploy("flight-late@v2")
    team.engine.start()
    assert len(containers(team)) == 2
    until_healthy(team)
    require_one_serves(team, "flight-late@v1")


@pytest.mark.long
def test_k_02_an_engine_killed_before_a_first_deployment_has_switched_keeps_no_port(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Containers.make_server

    def killed(self: Containers, *arguments: Any) -> Any:
        made = start(self, *arguments)
        team.engine.kill()
        return made

    with monkeypatch.context() as patch:
        patch.setattr(Containers, "make_server", killed)
        with pytest.raises(HostUnreachableError, match=LOST):
            team.deploy("flight-late@v1")
    team.engine.start()
    until_swept(team)


@pytest.mark.long
@pytest.mark.parametrize("team", ["docker", "ssh"], indirect=True)
def test_k_02_an_engine_killed_while_a_version_answers_is_unknown_and_answers_again_when_it_is_back(team: Team) -> None:
    """An engine that comes back after such an end stops what went on without it; the keeper starts it again."""
    team.deploy("flight-late@v1")
    before = current(team)
    team.engine.kill()
    team.turn()
    seen = current(team)
    assert (seen.status, seen.health) == (DeploymentStatus.RUNNING, Health.UNKNOWN)
    assert seen.failure is not None
    assert seen.failure.code == HostUnreachableError.code
    team.engine.start()
    after = until_healthy(team)
    assert (after.id, after.failure) == (before.id, None)
    require_one_serves(team, "flight-late@v1")


# --- K-07: the disk is full -------------------------------------------------------------------------------------------


def test_k_07_a_disk_that_fills_up_while_an_image_is_loaded_fails_and_tags_nothing(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.deploy("flight-late@v1")
    remove_images(team, "late")
    before = tags(team)
    with monkeypatch.context() as patch:
        patch.setattr(building, "archive", breaking(team, 0, team.engine.fill))
        with pytest.raises(DiskFullError, match="The disk of docker is full"):
            team.deploy("flight-late@v3")
    assert tags(team) == before
    require_one_serves(team, "flight-late@v1")
    team.engine.unfill()
    team.deploy("flight-late@v3")
    require_one_serves(team, "flight-late@v3")


@pytest.mark.long
def test_k_07_a_disk_that_is_full_is_told_before_anything_is_sent_and_looked_at_again(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by a program that knew the disk when it was full, or when it was not."""
    team.engine.fill()
    with pytest.raises(DiskFullError):
        team.deploy("flight-late@v1")
    team.engine.unfill()
    team.deploy("flight-late@v1")
    require_one_serves(team, "flight-late@v1")
    sent: list[object] = []

    def noted(*of: Any) -> Iterator[bytes]:
        sent.append(of)
        return archives.archive(*of)

    monkeypatch.setattr(building, "archive", noted)
    monkeypatch.setattr(building, "_ROOM", 10**9)
    with pytest.raises(DiskFullError, match="docker has .* MB free, and about .* MB are needed"):
        team.deploy("flight-late@v3")
    assert sent == []
    require_one_serves(team, "flight-late@v1")


# --- K-08, K-11, V-05: the host is away -------------------------------------------------------------------------------


@pytest.mark.parametrize("team", ["ssh", pytest.param("tls", marks=pytest.mark.long)], indirect=True)
def test_k_08_v_05_a_host_that_is_cut_off_is_unknown_and_never_stopped(team: Team, remote_host: RemoteHost) -> None:
    """V-05: who looks gets no figures, and never that all is well."""
    team.deploy("flight-late@v1")
    before = current(team)
    remote_host.cut()
    for _ in range(2):
        team.turn()
        seen = current(team)
        assert (seen.status, seen.health) == (DeploymentStatus.RUNNING, Health.UNKNOWN)
        assert (seen.restarts, seen.container) == (0, before.container)
        assert seen.failure is not None
        assert seen.failure.code == HostUnreachableError.code
    (sighting,) = team.workspace.deployments.look("late")
    assert not sighting.observation.known
    assert not sighting.observation.healthy
    assert not sighting.observation.running
    assert "does not answer" in sighting.observation.sentence
    with pytest.raises((HostError, EndpointUnreachableError)):
        answered_by(team)
    remote_host.heal()
    after = until_healthy(team)
    assert (after.container, after.restarts, after.failure) == (before.container, 0, None)
    until_answered(team)
    require_one_serves(team, "flight-late@v1")


@pytest.mark.long
@pytest.mark.parametrize("team", ["ssh"], indirect=True)
def test_k_08_a_rollout_during_which_the_host_is_cut_off_fails_and_what_answers_stays(
    team: Team, remote_host: RemoteHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.deploy("flight-late@v1")
    with monkeypatch.context() as patch:
        patch.setattr(building, "archive", breaking(team, 0, remote_host.cut))
        with pytest.raises(HostUnreachableError, match="box does not answer"):
            team.deploy("flight-late@v3")
    assert newest(team).status is DeploymentStatus.FAILED
    remote_host.heal()
    until_healthy(team)
    require_one_serves(team, "flight-late@v1")


@pytest.mark.parametrize("team", ["ssh"], indirect=True)
def test_k_08_what_is_sent_over_a_slow_network_can_be_cancelled_and_leaves_nothing(
    team: Team, remote_host: RemoteHost
) -> None:
    for slug in ("late", "runtime"):
        remove_images(team, slug)
    remote_host.slow("2mbit")
    order = team.workspace.deployments.deploy("flight-late@v1", endpoint="late", host="box")
    turning = threading.Thread(target=team.turn)
    turning.start()
    try:
        wait_for(lambda: is_sending(team), 60, "something to be sent")
        team.workspace.deployments.cancel("late")
    finally:
        turning.join()
    with pytest.raises(RolloutCancelledError):
        team.workspace.deployments.wait(order.rollout.id)
    until_swept(team)
    assert not any(tag.startswith(("mlops-desktop/late:", "mlops-desktop/runtime:")) for tag in tags(team))


def is_sending(team: Team) -> bool:
    return any("Sending the libraries" in line for line in team.workspace.deployments.rollout_log("late"))


@pytest.mark.parametrize("team", ["ssh"], indirect=True)
def test_k_11_after_a_reboot_the_version_answers_again_and_the_registry_says_so(
    team: Team, remote_host: RemoteHost
) -> None:
    team.deploy("flight-late@v1")
    before = current(team)
    remote_host.crash()
    team.turn()
    assert (current(team).status, current(team).health) == (DeploymentStatus.RUNNING, Health.UNKNOWN)
    remote_host.boot()
    after = until_seen(team, lambda one: one.health is Health.HEALTHY and one.checked_at != before.checked_at)
    assert after.container == before.container
    until_answered(team)
    require_one_serves(team, "flight-late@v1")


@pytest.mark.long
def test_k_11_an_engine_that_is_restarted_in_order_brings_its_containers_back(team: Team) -> None:
    team.deploy("flight-late@v1")
    before = current(team)
    team.engine.stop()
    team.turn()
    assert current(team).health is Health.UNKNOWN
    team.engine.start()
    after = until_healthy(team)
    assert (after.container, after.restarts) == (before.container, 0)
    until_answered(team)
    require_one_serves(team, "flight-late@v1")
