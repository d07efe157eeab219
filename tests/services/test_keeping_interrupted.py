"""Keepers that are killed at any step: the next one goes on, nothing acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from tests.fakes.hosts import FakeHosts
from tests.fakes.workers import FakeJob
from tests.services.interruptions import KilledError, Killer
from tests.services.world import World, import_result, train_result

from mlops_desktop.domain.deployments import DeploymentStatus, RolloutStep
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus
from mlops_desktop.services.keeping.endpoints import EndpointSupervisor
from mlops_desktop.services.keeping.jobs import JobSupervisor
from mlops_desktop.services.keeping.rollouts import RolloutSupervisor
from mlops_desktop.services.parts import Parts

Worlds = Callable[[Callable[[World], object]], World]
Ways = Callable[[Killer], AbstractContextManager[None]]


@pytest.fixture
def worlds(tmp_path: Path, registry_template: Path) -> Iterator[Worlds]:
    """As many workspaces as there are places to be killed at, all with the same past."""
    first = World(tmp_path / "first" / "workspace", tmp_path / "first" / "state", registry_template)
    made: list[World] = []

    def make(prepare: Callable[[World], object]) -> World:
        if made:
            made[-1].close()
            shutil.rmtree(made[-1].folder.parent)
        else:
            prepare(first)
        made.append(first.copy(tmp_path / str(len(made))))
        return made[-1]

    yield make
    first.close()
    for world in made:
        world.close()


DEEDS: Ways = lambda killer: nullcontext()  # noqa: E731
LINES: Ways = Killer.between_lines
WAYS = pytest.mark.parametrize(
    "way", [pytest.param(DEEDS, id="deeds"), pytest.param(LINES, id="lines", marks=pytest.mark.long)]
)


def every_interruption(way: Ways, story: Callable[[Killer], None]) -> int:
    """Tells the story again and again, each time with the keeper killed one step later, until it is not any more."""
    at = 0
    while True:
        at += 1
        killer = Killer(at)
        story(killer)
        if killer.steps < at:
            return at - 1


def killed_once(way: Ways, killer: Killer, parts: Parts, live: Callable[[Parts], None]) -> bool:
    """Lets a keeper live until it is killed; says whether it was."""
    try:
        with way(killer):
            live(killer.parts(parts) if way is DEEDS else parts)
    except KilledError:
        return True
    return False


# --- jobs -------------------------------------------------------------------------------------------------------------


def work(fake: FakeJob) -> None:
    """A worker that is done before anybody looks."""
    fake.progress(0.5)
    if fake.kind is JobKind.TRAIN:
        fake.metric("roc_auc", 0, 0.75)
        fake.metric("roc_auc", 1, 0.85)
        fake.finish(train_result(fake.folder))
    else:
        fake.finish(import_result(fake.folder, "new content"))


def live_jobs(parts: Parts) -> None:
    keeper = JobSupervisor(parts, 2)
    for _ in range(10):
        if not keeper.turn():
            return


def job_outlives(world: World, way: Ways, killer: Killer, job: Job) -> Job:
    """Goes on with new keepers until the job has ended, within five seconds of the world's time."""
    killed = killed_once(way, killer, world.parts, live_jobs)
    keeper = world.keeper()
    began = world.clock.now
    while keeper.turn():
        world.clock.advance(0.25)
        assert (world.clock.now - began).total_seconds() <= 6, "it did not come to an end"
    ended = world.job(job)
    if not killed:
        assert ended.status is JobStatus.FINISHED
    assert ended.status in (JobStatus.FINISHED, JobStatus.LOST)
    assert (ended.failure is not None) == (ended.status is JobStatus.LOST)
    assert len([fake for fake in world.workers.jobs if fake.folder == world.parts.job_folder(job.id)]) <= 1
    left = {path.name for path in world.parts.job_folder(job.id).iterdir()}
    assert left <= {"journal.jsonl", "spec.json"}
    world.verify()
    return ended


@WAYS
def test_an_import_survives_its_keeper(worlds: Worlds, way: Ways) -> None:
    ends: list[JobStatus] = []

    def story(killer: Killer) -> None:
        world = worlds(lambda world: world.dataset("flights", "old content"))
        world.workers.behaviour = work
        job = world.workspace.datasets.import_file(world.file(), "flights")
        ended = job_outlives(world, way, killer, job)
        ends.append(ended.status)
        versions = world.workspace.datasets.versions("flights")
        assert [version.number for version in versions] == ([1, 2] if ended.status is JobStatus.FINISHED else [1])
        if ended.status is JobStatus.FINISHED:
            assert ended.result["dataset_version_id"] == versions[1].id
            assert world.actions().count("dataset.version") == 2
        assert ended.journal_offset in (0, *(_journal_size(world, ended),))

    assert every_interruption(way, story) >= 5
    assert ends.count(JobStatus.LOST) < len(ends) / 2


def _journal_size(world: World, job: Job) -> int:
    return (world.parts.job_folder(job.id) / "journal.jsonl").stat().st_size


@WAYS
def test_a_run_survives_its_keeper(worlds: Worlds, way: Ways) -> None:
    def story(killer: Killer) -> None:
        world = worlds(World.dataset)
        (run,) = world.runs()
        world.workers.behaviour = work
        ended = job_outlives(world, way, killer, world.workspace.jobs.get(run.job_id))
        now = world.workspace.experiments.run(run.name)
        assert now.status.value == ended.status.value
        if ended.status is JobStatus.FINISHED:
            assert [point.value for point in world.workspace.experiments.points(run.name)] == [0.75, 0.85]
            assert world.workspace.models.register(run.name, "late").number == 1
            assert world.actions().count("run.finish") == 1

    assert every_interruption(way, story) >= 6


@WAYS
def test_a_cancelled_job_survives_its_keeper(worlds: Worlds, way: Ways) -> None:
    """A wish to cancel that was acknowledged is never forgotten, whatever state its job is in."""

    def story(killer: Killer) -> None:
        world = worlds(World.dataset)
        world.workers.behaviour = lambda fake: cancel_all(world)
        job = world.workspace.datasets.import_file(world.file(), "flights")
        killed_once(way, killer, world.parts, live_jobs)
        if world.job(job).cancel_requested_at is None:
            world.workspace.jobs.cancel(job.id)
        keeper = world.keeper()
        while keeper.turn():
            world.clock.advance(0.25)
        assert world.job(job).status is JobStatus.CANCELLED
        assert not any(fake.is_alive for fake in world.workers.jobs)
        world.verify()

    assert every_interruption(way, story) >= 4


def cancel_all(world: World) -> None:
    for job in world.workspace.jobs.list():
        world.workspace.jobs.cancel(job.id)


# --- rollouts ---------------------------------------------------------------------------------------------------------


def live_endpoints(parts: Parts) -> None:
    rollouts = RolloutSupervisor(parts)
    endpoints = EndpointSupervisor(parts, rollouts)
    for _ in range(2):
        rollouts.turn()
        endpoints.turn()


def next_keeper(world: World) -> None:
    """Another process: it holds no socket and remembers nothing; the old one's sockets are closed by the system."""
    world.parts.hosts.close()
    parts = Parts(**{**vars(world.parts), "hosts": FakeHosts(world.machine)})
    world.parts = parts
    live_endpoints(parts)


def in_order(world: World, answering: list[str]) -> None:
    """What the registry says is what the machine does, and nothing else runs than may."""
    assert world.answering() == answering
    (endpoint,) = world.workspace.deployments.list()
    with world.parts.registry.read() as unit:
        known = unit.deployments.list(endpoint[0].id)
        assert unit.deployments.rollouts(open_only=True) == []
    live = [deployment for deployment in known if deployment.status is DeploymentStatus.RUNNING]
    assert [deployment.model_reference for deployment in live] == answering
    assert [deployment.id for deployment in live] == [endpoint[0].wanted_deployment_id] * len(answering)
    assert {deployment.id for deployment in known if deployment.process} == set(world.machine.running())
    for deployment in known:
        server = world.machine.server(deployment.id)
        assert deployment.process == (server.place if server else None)
    if answering:
        accepting = world.machine.accepting()[0]
        assert accepting.token_sha256 == endpoint[0].token_sha256
        assert accepting.port == endpoint[0].port
    world.verify()


def two_models(world: World) -> None:
    world.model("late", "one")
    world.model("late", "two")


def first_deployed(world: World) -> None:
    two_models(world)
    world.deployed("late@v1")


def both_deployed(world: World) -> None:
    first_deployed(world)
    world.deployed("late@v2")


@WAYS
def test_a_first_deployment_survives_its_keeper(worlds: Worlds, way: Ways) -> None:
    def story(killer: Killer) -> None:
        world = worlds(two_models)
        order = world.workspace.deployments.deploy("late@v1")
        killed_once(way, killer, world.parts, live_endpoints)
        next_keeper(world)
        assert world.rollout(order.rollout.id).step is RolloutStep.DONE
        in_order(world, ["late@v1"])

    assert every_interruption(way, story) >= 7


@WAYS
def test_a_switch_survives_its_keeper_and_something_answers_all_the_time(worlds: Worlds, way: Ways) -> None:
    def story(killer: Killer) -> None:
        world = worlds(first_deployed)
        port = world.workspace.deployments.endpoint("late").port
        order = world.workspace.deployments.deploy("late@v2")
        killed_once(way, killer, world.parts, live_endpoints)
        assert world.answering()
        world.parts.hosts.close()
        assert world.machine.holders(port), "connections would have been refused"
        next_keeper(world)
        assert world.rollout(order.rollout.id).step is RolloutStep.DONE
        in_order(world, ["late@v2"])
        assert world.workspace.deployments.endpoint("late").port == port

    assert every_interruption(way, story) >= 7


@WAYS
def test_a_rollback_survives_its_keeper(worlds: Worlds, way: Ways) -> None:
    def story(killer: Killer) -> None:
        world = worlds(both_deployed)
        world.workspace.deployments.rollback("late")
        killed_once(way, killer, world.parts, live_endpoints)
        assert world.answering()
        next_keeper(world)
        in_order(world, ["late@v1"])

    every_interruption(way, story)


@WAYS
def test_a_failing_switch_survives_its_keeper_and_the_old_version_answers(worlds: Worlds, way: Ways) -> None:
    def story(killer: Killer) -> None:
        world = worlds(first_deployed)
        bad = world.workspace.models.get("late@v2").manifest_hash
        world.machine.wrong_examples[bad] = "true instead of false"
        order = world.workspace.deployments.deploy("late@v2")
        killed_once(way, killer, world.parts, live_endpoints)
        assert world.answering() == ["late@v1"]
        next_keeper(world)
        failed = world.rollout(order.rollout.id)
        assert failed.step is RolloutStep.FAILED
        assert failed.failure is not None
        in_order(world, ["late@v1"])

    every_interruption(way, story)


@WAYS
def test_a_stop_survives_its_keeper(worlds: Worlds, way: Ways) -> None:
    def story(killer: Killer) -> None:
        world = worlds(both_deployed)
        endpoint = world.workspace.deployments.endpoint("late")
        world.workspace.deployments.stop("late")
        killed_once(way, killer, world.parts, live_endpoints)
        next_keeper(world)
        world.parts.hosts.close()
        in_order(world, [])
        assert world.machine.running() == []
        assert world.machine.holders(endpoint.port) == []

    every_interruption(way, story)


@WAYS
def test_a_restart_after_a_crash_survives_its_keeper(worlds: Worlds, way: Ways) -> None:
    def story(killer: Killer) -> None:
        world = worlds(first_deployed)
        endpoint = world.workspace.deployments.endpoint("late")
        world.machine.crash(str(endpoint.wanted_deployment_id))
        killed_once(way, killer, world.parts, live_endpoints)
        next_keeper(world)
        in_order(world, ["late@v1"])

    every_interruption(way, story)
