"""Rollouts step by step, and endpoints between rollouts: what should answer answers, and nothing else."""

from __future__ import annotations

import itertools
import os
import types
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from tests.fakes.host import FakeHost, FakeMachine
from tests.services.world import World

from mlops_desktop.domain.deployments import WATCHED, ContainerIdentity, DeploymentStatus, Health, RolloutStep
from mlops_desktop.domain.errors import BusyRegistryError, DeploymentError, HostUnreachableError, NotFoundError
from mlops_desktop.domain.hosts import THIS_COMPUTER, HostKind
from mlops_desktop.services.keeping import endpoints as keeping_endpoints
from mlops_desktop.services.keeping import rollouts as keeping_rollouts
from mlops_desktop.services.keeping.endpoints import SILENT_LOOKS, EndpointSupervisor
from mlops_desktop.services.keeping.keeping import Keeping
from mlops_desktop.services.keeping.rollouts import RolloutSupervisor
from mlops_desktop.services.settings import CONCURRENT_JOBS


@pytest.fixture
def supervisor(two: World) -> EndpointSupervisor:
    return EndpointSupervisor(two.parts, RolloutSupervisor(two.parts))


class FakeTime:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    shown = types.SimpleNamespace(monotonic=fake.monotonic, sleep=fake.sleep)
    monkeypatch.setattr(keeping_endpoints, "time", shown)
    monkeypatch.setattr(keeping_rollouts, "time", shown)
    return fake


def wanted(world: World, name: str = "late") -> str:
    return str(world.workspace.deployments.endpoint(name).wanted_deployment_id)


def hash_of(world: World, reference: str) -> str:
    return world.workspace.models.get(reference).manifest_hash


# --- rollouts ---------------------------------------------------------------------------------------------------------


def test_no_rollout_is_no_work(two: World) -> None:
    assert not RolloutSupervisor(two.parts).turn()


def test_a_deployed_version_answers_and_the_registry_says_so(two: World) -> None:
    endpoint = two.deployed("late@v1")
    deployment = two.deployment(endpoint.wanted_deployment_id)
    assert two.answering() == ["late@v1"]
    assert endpoint.port == two.machine.accepting()[0].port > 0
    assert (deployment.status, deployment.health, deployment.share) == (
        DeploymentStatus.RUNNING,
        Health.HEALTHY,
        1.0,
    )
    assert deployment.process == two.machine.accepting()[0].place
    assert "rollout.done" in two.actions()


def test_the_version_before_stays_warm_and_older_ones_are_ended(two: World) -> None:
    two.model("late", "three")
    first, second, third = (two.deployed(f"late@v{number}").wanted_deployment_id for number in (1, 2, 3))
    assert two.answering() == ["late@v3"]
    assert two.machine.running() == [second, third]
    assert two.deployment(first).process is None
    assert two.deployment(second).process is not None
    assert two.deployment(second).status is DeploymentStatus.STOPPED


def test_going_back_to_a_warm_version_starts_nothing(two: World) -> None:
    first = two.deployed("late@v1").wanted_deployment_id
    before = two.deployment(first).process
    two.deployed("late@v2")
    two.workspace.deployments.rollback("late")
    two.roll_out()
    back = two.deployment(first)
    assert (back.process, back.status, back.stopped_at) == (before, DeploymentStatus.RUNNING, None)


@pytest.mark.parametrize("what", ["start_failures", "wrong_examples"])
def test_a_version_that_is_not_right_never_answers_and_the_old_one_goes_on(two: World, what: str) -> None:
    old = two.deployed("late@v1").wanted_deployment_id
    getattr(two.machine, what)[hash_of(two, "late@v2")] = "some reason"
    order = two.workspace.deployments.deploy("late@v2")
    two.roll_out()
    rollout = two.rollout(order.rollout.id)
    assert rollout.step is RolloutStep.FAILED
    assert rollout.failure is not None
    assert "some reason" in rollout.failure.message
    failed = two.deployment(order.rollout.to_deployment_id)
    assert (failed.status, failed.process, failed.share) == (DeploymentStatus.FAILED, None, 0.0)
    assert failed.failure == rollout.failure
    assert two.answering() == ["late@v1"]
    assert wanted(two) == old
    assert two.machine.running() == [old]
    assert "rollout.failed" in two.actions()


def test_a_first_deployment_that_fails_gives_its_port_back(two: World) -> None:
    two.machine.start_failures[hash_of(two, "late@v1")] = "no memory"
    two.workspace.deployments.deploy("late@v1", port=18_080)
    two.roll_out()
    assert two.machine.holders(18_080) == []
    assert two.workspace.deployments.endpoint("late").wanted_deployment_id is None


def test_v_02_a_damaged_bundle_fails_the_rollout(two: World) -> None:
    order = two.workspace.deployments.deploy("late@v1")
    two.parts.bundles.remove(hash_of(two, "late@v1"))
    two.roll_out()
    failure = two.rollout(order.rollout.id).failure
    assert failure is not None
    assert failure.code == "MD-BND-001"


def test_a_check_that_finds_it_unhealthy_fails_the_rollout(two: World) -> None:
    """A host that does not raise but says so."""
    check = two.parts.host(THIS_COMPUTER).check

    def unhealthy(order: Any, *, seconds: float = 60.0) -> Any:
        seen = check(order, seconds=seconds)
        return type(seen)(running=True, healthy=False, sentence="it has hiccups")

    object.__setattr__(two.parts.host(THIS_COMPUTER), "check", unhealthy)
    order = two.workspace.deployments.deploy("late@v1")
    two.roll_out()
    failure = two.rollout(order.rollout.id).failure
    assert failure is not None
    assert "hiccups" in failure.message


def test_one_rollout_that_fails_does_not_stop_the_others(two: World) -> None:
    two.machine.start_failures[hash_of(two, "late@v1")] = "no memory"
    two.workspace.deployments.deploy("late@v1", endpoint="a")
    two.workspace.deployments.deploy("late@v2", endpoint="b")
    two.roll_out()
    assert two.answering() == ["late@v2"]


def test_open_requests_are_waited_for_before_the_old_version_counts_as_gone(two: World, passing: FakeTime) -> None:
    first = str(two.deployed("late@v1").wanted_deployment_id)
    server = two.machine.servers[first]
    server.open_connections = 1
    began = passing.now
    two.deployed("late@v2")
    assert passing.now - began >= keeping_rollouts.DRAIN_SECONDS
    assert server.is_alive


def test_a_busy_registry_is_tried_again_and_fails_nothing(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order = two.workspace.deployments.deploy("late@v1")
    supervisor = RolloutSupervisor(two.parts)

    def busy(*_: Any) -> None:
        raise BusyRegistryError("Busy.")

    with monkeypatch.context() as patch:
        patch.setattr(supervisor, "_switch", busy)
        with pytest.raises(BusyRegistryError):
            supervisor.turn()
    assert not two.rollout(order.rollout.id).step.is_ended
    supervisor.turn()
    assert two.rollout(order.rollout.id).step is RolloutStep.DONE


def test_an_endpoint_erased_during_its_rollout_ends_it(two: World) -> None:
    order = two.workspace.deployments.deploy("late@v1")
    supervisor = RolloutSupervisor(two.parts)
    with two.parts.registry.write() as unit:
        unit.deployments.remove_endpoint(order.endpoint.id)
        unit.commit()
    with pytest.raises(DeploymentError, match="erased"):
        supervisor._both(order.rollout)


def test_a_stop_of_what_never_answered_is_done(two: World) -> None:
    two.machine.start_failures[hash_of(two, "late@v1")] = "no memory"
    two.workspace.deployments.deploy("late@v1")
    two.roll_out()
    order = two.workspace.deployments.stop("late")
    two.roll_out()
    assert two.rollout(order.rollout.id).step is RolloutStep.DONE
    assert two.workspace.deployments.history("late")[0].status is DeploymentStatus.FAILED


# --- between rollouts -------------------------------------------------------------------------------------------------


def test_endpoints_that_should_answer_keep_the_keeper_busy(two: World, supervisor: EndpointSupervisor) -> None:
    assert not supervisor.turn()
    two.deployed("late@v1")
    assert supervisor.turn()


def test_a_crashed_server_is_started_again_at_once(
    two: World, supervisor: EndpointSupervisor, passing: FakeTime
) -> None:
    endpoint = two.deployed("late@v1")
    before = two.deployment(endpoint.wanted_deployment_id).process
    two.machine.crash(wanted(two))
    supervisor.turn()
    now = two.deployment(endpoint.wanted_deployment_id)
    assert two.answering() == ["late@v1"]
    assert (now.status, now.health, now.restarts) == (DeploymentStatus.RUNNING, Health.HEALTHY, 1)
    assert now.process == two.machine.accepting()[0].place != before
    assert two.machine.accepting()[0].port == endpoint.port


def starts(world: World, supervisor: EndpointSupervisor, passing: FakeTime, seconds: Sequence[float]) -> list[int]:
    """How often it was restarted by each of these moments."""
    began = passing.now
    found = []
    for moment in seconds:
        passing.now = began + moment
        supervisor.turn()
        found.append(world.deployment(wanted(world)).restarts)
    return found


def test_what_cannot_be_started_again_is_tried_ever_more_seldom(
    two: World, supervisor: EndpointSupervisor, passing: FakeTime
) -> None:
    two.deployed("late@v1")
    two.machine.start_failures[hash_of(two, "late@v1")] = "no memory"
    two.machine.crash(wanted(two))
    assert starts(two, supervisor, passing, [0, 0.9, 1, 2.9, 3, 6.9, 7]) == [1, 1, 2, 2, 3, 3, 4]
    failed = two.deployment(wanted(two))
    assert failed.status is DeploymentStatus.FAILED
    assert failed.failure is not None
    assert "no memory" in failed.failure.message
    assert two.machine.running() == []
    two.machine.start_failures.clear()
    passing.now += 60
    supervisor.turn()
    again = two.deployment(wanted(two))
    assert (again.status, again.failure) == (DeploymentStatus.RUNNING, None)
    assert two.answering() == ["late@v1"]


def test_what_crashes_right_after_each_start_is_tried_ever_more_seldom(
    two: World, supervisor: EndpointSupervisor, passing: FakeTime
) -> None:
    two.deployed("late@v1")
    counts = []
    for moment in (0, 0.5, 1, 1.5, 3, 5, 7):
        passing.now = 1000 + moment
        two.machine.crash(wanted(two))
        supervisor.turn()
        counts.append(two.deployment(wanted(two)).restarts)
    assert counts == [1, 1, 2, 2, 3, 3, 4]


def test_between_two_tries_the_registry_says_that_nothing_runs(
    two: World, supervisor: EndpointSupervisor, passing: FakeTime
) -> None:
    two.deployed("late@v1")
    for _ in range(2):
        two.machine.crash(wanted(two))
        supervisor.turn()
    gone = two.deployment(wanted(two))
    assert (gone.status, gone.process, gone.health) == (DeploymentStatus.FAILED, None, Health.UNKNOWN)
    assert gone.failure is not None


def test_a_server_that_held_out_is_started_again_at_once(
    two: World, supervisor: EndpointSupervisor, passing: FakeTime
) -> None:
    two.deployed("late@v1")
    two.machine.crash(wanted(two))
    supervisor.turn()
    passing.now += 120
    supervisor.turn()
    two.machine.crash(wanted(two))
    supervisor.turn()
    assert two.answering() == ["late@v1"]


def test_after_a_reboot_all_that_should_answer_does(two: World, supervisor: EndpointSupervisor) -> None:
    ports = [two.deployed("late@v1", endpoint=name).port for name in "ab"]
    two.parts.hosts.close()
    two.machine.reboot()
    supervisor.turn()
    assert sorted(two.answering()) == ["late@v1", "late@v1"]
    assert sorted(server.port for server in two.machine.accepting()) == sorted(ports)


def test_a_server_that_should_answer_but_does_not_is_let(two: World, supervisor: EndpointSupervisor) -> None:
    two.deployed("late@v1")
    two.parts.host(THIS_COMPUTER).drain(wanted(two))
    supervisor.turn()
    assert two.answering() == ["late@v1"]


def test_what_should_not_answer_is_drained_and_stays_warm(two: World, supervisor: EndpointSupervisor) -> None:
    first = str(two.deployed("late@v1").wanted_deployment_id)
    two.deployed("late@v2")
    two.parts.host(THIS_COMPUTER).accept(first)
    assert len(two.answering()) == 2
    supervisor.turn()
    assert two.answering() == ["late@v2"]
    assert first in two.machine.running()


def test_a_warm_server_that_is_gone_is_noted(two: World, supervisor: EndpointSupervisor) -> None:
    first = str(two.deployed("late@v1").wanted_deployment_id)
    two.deployed("late@v2")
    two.machine.crash(first)
    supervisor.turn()
    assert two.deployment(first).process is None
    assert two.answering() == ["late@v2"]


def test_a_frozen_server_is_degraded_until_it_answers_again(two: World, supervisor: EndpointSupervisor) -> None:
    two.deployed("late@v1")
    server = two.machine.servers[wanted(two)]
    server.is_frozen = True
    supervisor.turn()
    assert two.deployment(wanted(two)).health is Health.DEGRADED
    server.is_frozen = False
    supervisor.turn()
    assert two.deployment(wanted(two)).health is Health.HEALTHY


def test_a_server_that_stays_frozen_is_ended_and_started_again(
    two: World, supervisor: EndpointSupervisor, passing: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    two.deployed("late@v1")
    frozen = two.machine.servers[wanted(two)]
    frozen.is_frozen = True
    for _ in range(SILENT_LOOKS - 1):
        supervisor.turn()
    assert frozen.is_alive
    assert two.deployment(wanted(two)).health is Health.DEGRADED
    supervisor.turn()
    deployment = two.deployment(wanted(two))
    assert not frozen.is_alive
    assert (deployment.health, deployment.restarts) == (Health.HEALTHY, 1)
    assert two.answering() == ["late@v1"]
    assert two.machine.accepting()[0].place == deployment.process != frozen.place
    assert "does not answer any more" in caplog.text


def test_a_server_that_answers_in_between_is_never_ended_for_its_silence(
    two: World, supervisor: EndpointSupervisor
) -> None:
    two.deployed("late@v1")
    server = two.machine.servers[wanted(two)]
    for _ in range(3):
        for is_frozen in [True] * (SILENT_LOOKS - 1) + [False]:
            server.is_frozen = is_frozen
            supervisor.turn()
    assert two.machine.servers[wanted(two)] is server
    assert two.deployment(wanted(two)).restarts == 0


def test_a_server_that_freezes_again_and_again_is_started_less_and_less_often(
    two: World, supervisor: EndpointSupervisor, passing: FakeTime
) -> None:
    two.deployed("late@v1")
    starts = []
    for _ in range(120):
        server = two.machine.servers[wanted(two)]
        server.is_frozen = True
        supervisor.turn()
        passing.sleep(1)
        if two.machine.servers[wanted(two)] is not server:
            starts.append(passing.now)
    pauses = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert pauses[0] == SILENT_LOOKS
    assert pauses[-1] > 2 * SILENT_LOOKS
    assert pauses == sorted(pauses)


def test_what_is_seen_is_written_only_when_it_is_news(two: World, supervisor: EndpointSupervisor) -> None:
    two.deployed("late@v1")
    supervisor.turn()
    feed = two.workspace.feed()
    try:
        for _ in range(3):
            two.clock.advance(5)
            supervisor.turn()
        assert feed.poll() == ()
        two.clock.advance(6)
        supervisor.turn()
        assert len(feed.poll()) == 1
    finally:
        feed.close()
    assert two.deployment(wanted(two)).checked_at == two.clock.now


def test_one_endpoint_in_trouble_does_not_keep_the_keeper_from_the_others(
    two: World, supervisor: EndpointSupervisor, caplog: pytest.LogCaptureFixture
) -> None:
    first = two.deployed("late@v1", endpoint="a")
    two.deployed("late@v1", endpoint="b")
    two.parts.hosts.close()
    two.parts.host(THIS_COMPUTER).drain(wanted(two, "a"))
    two.machine.foreign_ports.add(first.port)
    two.machine.crash(wanted(two, "b"))
    supervisor.turn()
    assert [server.order.endpoint_name for server in two.machine.accepting()] == ["b"]
    assert f"Port {first.port} is in use" in caplog.text


def test_an_endpoint_with_a_rollout_under_way_is_left_to_it(two: World, supervisor: EndpointSupervisor) -> None:
    two.deployed("late@v1")
    two.workspace.deployments.deploy("late@v2")
    two.machine.crash(wanted(two))
    supervisor.turn()
    assert two.answering() == []
    two.roll_out()
    assert two.answering() == ["late@v2"]


def test_a_busy_registry_is_left_to_the_next_turn(
    two: World, supervisor: EndpointSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.deployed("late@v1")
    two.machine.crash(wanted(two))

    def busy(deployment: Any) -> None:
        raise BusyRegistryError("Busy.")

    monkeypatch.setattr(supervisor, "_update", busy)
    with pytest.raises(BusyRegistryError):
        supervisor.turn()


# --- all in one hand --------------------------------------------------------------------------------------------------


def test_the_keeper_knows_whether_anything_is_to_be_done(two: World) -> None:
    keeping = Keeping(two.parts)
    assert not keeping.anything_open()
    assert not keeping.turn_jobs()
    assert not keeping.turn_host(THIS_COMPUTER)
    two.workspace.deployments.deploy("late@v1")
    assert keeping.anything_open()
    assert keeping.turn_host(THIS_COMPUTER)
    assert two.answering() == ["late@v1"]
    assert keeping.anything_open()
    two.workspace.deployments.stop("late")
    keeping.turn_host(THIS_COMPUTER)
    assert not keeping.anything_open()
    two.workspace.datasets.import_file(two.file(), "other")
    assert keeping.anything_open()
    assert keeping.turn_jobs()
    two.workspace.see_to_keeper()


def test_a_keeper_is_called_where_something_is_open(two: World) -> None:
    starts_before = two.keeper_starts
    two.workspace.see_to_keeper()
    assert two.keeper_starts == starts_before
    two.deployed("late@v1")
    starts_before = two.keeper_starts
    two.workspace.see_to_keeper()
    assert two.keeper_starts == starts_before + 1


def test_the_keeper_runs_as_many_jobs_as_the_setting_says(two: World) -> None:
    two.workspace.settings.set(CONCURRENT_JOBS, 1)
    for name in "ab":
        two.workspace.datasets.import_file(two.file(), name)
    keeping = Keeping(two.parts)
    keeping.turn_jobs()
    keeping.turn_jobs()
    assert [job.status.value for job in two.workspace.jobs.list()][-2:] == ["running", "queued"]


def test_the_keeper_cares_for_worker_and_registry(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    keeping = Keeping(two.parts)
    keeping.prepare_worker()
    assert two.workers.is_warm
    keeping.release_worker()
    assert not two.workers.is_warm
    assert keeping.checkpoint() == ""

    def busy() -> None:
        raise BusyRegistryError("Somebody reads.")

    monkeypatch.setattr(two.parts.registry, "checkpoint", busy)
    assert keeping.checkpoint() == "Somebody reads."
    feed = keeping.feed()
    assert feed.poll() == ()
    feed.close()
    keeping.close()
    assert two.workers.is_closed


# --- soon after a switch ----------------------------------------------------------------------------------------------


def test_a_version_that_ends_soon_after_it_took_over_goes_back_by_itself(
    two: World, supervisor: EndpointSupervisor
) -> None:
    two.deployed("late@v1")
    two.deployed("late@v2")
    bad = wanted(two)
    two.machine.crash(bad)
    supervisor.turn()
    two.roll_out()
    assert two.answering() == ["late@v1"]
    failed = two.deployment(bad)
    assert failed.status is DeploymentStatus.FAILED
    assert failed.failure is not None
    assert "turned bad after it took over" in failed.failure.message
    assert "deployment.goes_back" in two.actions()
    supervisor.turn()
    assert two.answering() == ["late@v1"]


def test_a_version_whose_requests_fail_soon_after_it_took_over_goes_back_by_itself(
    two: World, supervisor: EndpointSupervisor
) -> None:
    two.deployed("late@v1")
    two.deployed("late@v2")
    server = two.machine.servers[wanted(two)]
    server.requests, server.errors = 20, 4
    supervisor.turn()
    assert two.answering() == ["late@v2"]
    server.errors = 5
    supervisor.turn()
    two.roll_out()
    assert two.answering() == ["late@v1"]


def test_a_version_that_has_held_out_is_started_again_where_it_is(two: World, supervisor: EndpointSupervisor) -> None:
    two.deployed("late@v1")
    two.deployed("late@v2")
    two.clock.now += WATCHED + timedelta(seconds=1)
    two.machine.crash(wanted(two))
    supervisor.turn()
    assert two.answering() == ["late@v2"]
    assert two.deployment(wanted(two)).restarts == 1


def test_a_first_version_has_nothing_to_go_back_to(two: World, supervisor: EndpointSupervisor) -> None:
    two.deployed("late@v1")
    two.machine.crash(wanted(two))
    supervisor.turn()
    assert two.answering() == ["late@v1"]


# --- on an engine -----------------------------------------------------------------------------------------------------


@pytest.fixture
def engine(two: World) -> FakeMachine:
    """The machine of a host that is an engine, with an endpoint of `late` on it."""
    two.workspace.hosts.add(two.workspace.hosts.draft("box", HostKind.DOCKER))
    two.workspace.deployments.deploy("late@v1", host="box")
    two.roll_out()
    fake = two.parts.host("box")
    assert isinstance(fake, FakeHost)
    return fake.machine


def test_a_host_that_does_not_answer_leaves_its_deployments_unknown_and_not_stopped(
    two: World, supervisor: EndpointSupervisor, engine: FakeMachine
) -> None:
    engine.is_cut_off = True
    supervisor.turn()
    deployment = two.deployment(wanted(two))
    assert (deployment.status, deployment.health) == (DeploymentStatus.RUNNING, Health.UNKNOWN)
    assert deployment.failure is not None
    assert deployment.failure.code == "MD-HST-002"
    engine.is_cut_off = False
    supervisor.turn()
    deployment = two.deployment(wanted(two))
    assert (deployment.status, deployment.health, deployment.failure) == (
        DeploymentStatus.RUNNING,
        Health.HEALTHY,
        None,
    )
    assert deployment.restarts == 0


def test_a_container_removed_by_others_is_shown_and_left_to_a_person(
    two: World, supervisor: EndpointSupervisor, engine: FakeMachine
) -> None:
    engine.servers.clear()
    supervisor.turn()
    deployment = two.deployment(wanted(two))
    assert deployment.status is DeploymentStatus.FAILED
    assert deployment.failure is not None
    assert deployment.failure.code == "MD-DEP-006"
    assert engine.running() == []
    two.workspace.deployments.restart("late")
    two.roll_out()
    assert two.deployment(wanted(two)).health is Health.HEALTHY


def test_a_container_replaced_by_others_is_shown(
    two: World, supervisor: EndpointSupervisor, engine: FakeMachine
) -> None:
    engine.servers[wanted(two)].place = ContainerIdentity("f" * 64, "sha256:" + "e" * 64)
    supervisor.turn()
    failure = two.deployment(wanted(two)).failure
    assert failure is not None
    assert "another image" in failure.message


def test_a_crashed_container_is_started_again(two: World, supervisor: EndpointSupervisor, engine: FakeMachine) -> None:
    engine.crash(wanted(two))
    supervisor.turn()
    assert two.deployment(wanted(two)).health is Health.HEALTHY
    assert two.deployment(wanted(two)).restarts == 1


def test_a_rollout_cut_off_before_its_switch_fails_and_one_after_it_goes_on(two: World, engine: FakeMachine) -> None:
    order = two.workspace.deployments.deploy("late@v2", endpoint="late")
    engine.is_cut_off = True
    two.roll_out()
    assert two.rollout(order.rollout.id).step is RolloutStep.FAILED
    engine.is_cut_off = False
    order = two.workspace.deployments.deploy("late@v2", endpoint="late")
    fake = two.parts.host("box")

    def cut(*_: object) -> None:
        engine.is_cut_off = True
        raise HostUnreachableError("The cable was pulled.", hint="Put it in.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fake, "drain", cut)
        two.roll_out()
    assert two.rollout(order.rollout.id).step is RolloutStep.SWITCH
    two.roll_out()
    assert two.rollout(order.rollout.id).step is RolloutStep.SWITCH
    engine.is_cut_off = False
    two.roll_out()
    assert two.rollout(order.rollout.id).step is RolloutStep.DONE
    assert [server.order.model_reference for server in engine.accepting()] == ["late@v2"]


def test_a_rollout_is_cancelled_before_it_switches(two: World, engine: FakeMachine) -> None:
    order = two.workspace.deployments.deploy("late@v2", endpoint="late")
    two.workspace.deployments.cancel("late")
    two.roll_out()
    ended = two.rollout(order.rollout.id)
    assert ended.step is RolloutStep.FAILED
    assert ended.failure is not None
    assert ended.failure.code == "MD-DEP-005"
    assert [server.order.model_reference for server in engine.accepting()] == ["late@v1"]
    with pytest.raises(NotFoundError, match="under way"):
        two.workspace.deployments.cancel("late")


def test_the_last_three_images_are_kept(two: World, engine: FakeMachine) -> None:
    for name in ("three", "four"):
        two.model("late", name)
    for number in (2, 3, 4):
        two.workspace.deployments.deploy(f"late@v{number}", endpoint="late")
        two.roll_out()
    assert len(engine.images) == 3
    assert len(engine.running()) == 2


def test_rollouts_that_no_turn_can_carry_on_are_given_up(two: World, engine: FakeMachine) -> None:
    order = two.workspace.deployments.deploy("late@v2", endpoint="late")
    keeping = Keeping(two.parts)
    assert not keeping.give_up(THIS_COMPUTER)
    assert keeping.give_up("box")
    ended = two.rollout(order.rollout.id)
    assert ended.step is RolloutStep.FAILED
    assert ended.failure is not None
    assert ended.failure.code == "MD-BUG-001"
    assert [server.order.model_reference for server in engine.accepting()] == ["late@v1"]


@pytest.mark.skipif(os.name == "nt", reason="on Windows a file that is in use cannot be removed")
def test_a_registry_whose_log_was_removed_cannot_be_kept(two: World) -> None:
    keeping = Keeping(two.parts)
    assert keeping.trouble() == ""
    (two.folder / "registry.db-wal").unlink()
    assert "was removed or replaced while it is in use" in keeping.trouble()
