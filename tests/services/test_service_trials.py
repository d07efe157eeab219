"""A second version on trial: begun, compared, promoted, ended, and ended by itself where it turns bad."""

from __future__ import annotations

import dataclasses

import pytest
from tests.services.world import World

from mlops_desktop.domain.deployments import (
    Answers,
    DeploymentStatus,
    Endpoint,
    Observation,
    RolloutStep,
    Shadowing,
    Splitting,
    TrialKind,
)
from mlops_desktop.domain.errors import ConflictError, InvalidInputError, NotFoundError
from mlops_desktop.services.keeping.endpoints import EndpointSupervisor
from mlops_desktop.services.keeping.rollouts import RolloutSupervisor


@pytest.fixture
def supervisor(two: World) -> EndpointSupervisor:
    return EndpointSupervisor(two.parts, RolloutSupervisor(two.parts))


def on_trial(world: World, kind: TrialKind = TrialKind.CANARY, share: float = 0.25) -> Endpoint:
    world.deployed("late@v1")
    world.workspace.trials.start("late@v2", "late", kind=kind, share=share)
    world.roll_out()
    return world.workspace.deployments.endpoint("late")


def shares(world: World) -> dict[str, float]:
    return {one.model_reference: one.share for one in world.workspace.deployments.history("late")}


def test_a_canary_gets_its_share_and_the_version_before_stays_in_charge(two: World) -> None:
    endpoint = on_trial(two)
    assert endpoint.trial is not None
    stable = two.machine.servers[str(endpoint.wanted_deployment_id)]
    assert stable.splitting == Splitting(endpoint.trial.deployment_id, 0.25)
    assert two.answering() == ["late@v1"]
    assert sorted(two.machine.running()) == sorted([str(endpoint.wanted_deployment_id), endpoint.trial.deployment_id])
    assert two.deployment(endpoint.trial.deployment_id).status is DeploymentStatus.RUNNING


def test_both_are_looked_after_and_their_shares_said(two: World, supervisor: EndpointSupervisor) -> None:
    endpoint = on_trial(two)
    supervisor.turn()
    assert shares(two) == {"late@v1": 0.75, "late@v2": 0.25}
    # One that was started again knows nothing of the trial, and is told.
    server = two.machine.servers[str(endpoint.wanted_deployment_id)]
    server.splitting = None
    supervisor.turn()
    assert server.splitting is not None


def test_a_shadow_answers_nobody(two: World, supervisor: EndpointSupervisor) -> None:
    endpoint = on_trial(two, TrialKind.SHADOW, 1.0)
    supervisor.turn()
    server = two.machine.servers[str(endpoint.wanted_deployment_id)]
    assert server.splitting is None
    assert server.shadowing is not None
    assert shares(two) == {"late@v1": 1.0, "late@v2": 0.0}


def test_a_promoted_version_takes_over_and_the_one_before_stays_warm(two: World) -> None:
    endpoint = on_trial(two)
    before = endpoint.wanted_deployment_id
    two.workspace.trials.promote("late")
    two.roll_out()
    now = two.workspace.deployments.endpoint("late")
    assert now.trial is None
    assert two.answering() == ["late@v2"]
    assert before in two.machine.running()
    two.workspace.deployments.rollback("late")
    two.roll_out()
    assert two.answering() == ["late@v1"]
    assert two.machine.servers[str(before)].splitting is None


def test_a_trial_that_is_ended_leaves_the_version_before_alone(two: World, supervisor: EndpointSupervisor) -> None:
    endpoint = on_trial(two)
    assert endpoint.trial is not None
    two.workspace.trials.end("late")
    two.roll_out()
    supervisor.turn()
    assert two.workspace.deployments.endpoint("late").trial is None
    assert two.machine.running() == [endpoint.wanted_deployment_id]
    assert shares(two) == {"late@v1": 1.0, "late@v2": 0.0}
    assert two.deployment(endpoint.trial.deployment_id).status is DeploymentStatus.STOPPED


@pytest.mark.parametrize("trouble", ["crash", "errors"])
def test_a_version_on_trial_that_turns_bad_ends_its_trial(
    two: World, supervisor: EndpointSupervisor, trouble: str
) -> None:
    endpoint = on_trial(two)
    assert endpoint.trial is not None
    if trouble == "crash":
        two.machine.crash(endpoint.trial.deployment_id)
    else:
        server = two.machine.servers[endpoint.trial.deployment_id]
        server.requests, server.errors = 10, 6
    supervisor.turn()
    failed = two.deployment(endpoint.trial.deployment_id)
    assert failed.status is DeploymentStatus.FAILED
    assert failed.failure is not None
    assert "Its trial ended" in failed.failure.message
    assert two.workspace.deployments.endpoint("late").trial is None
    assert two.machine.servers[str(endpoint.wanted_deployment_id)].splitting is None
    assert two.answering() == ["late@v1"]


def test_a_version_that_cannot_be_started_is_no_trial(two: World) -> None:
    two.deployed("late@v1")
    two.machine.start_failures[two.workspace.models.get("late@v2").manifest_hash] = "no memory"
    rollout = two.workspace.trials.start("late@v2", "late")
    two.roll_out()
    assert two.rollout(rollout.id).step is RolloutStep.FAILED
    assert two.workspace.deployments.endpoint("late").trial is None
    assert two.answering() == ["late@v1"]


def test_while_a_trial_goes_on_nothing_else_is_deployed(two: World) -> None:
    on_trial(two)
    for wish in (
        lambda: two.workspace.deployments.deploy("late@v2"),
        lambda: two.workspace.deployments.restart("late"),
        lambda: two.workspace.trials.start("late@v2", "late"),
    ):
        with pytest.raises(ConflictError, match="on trial"):
            wish()
    two.workspace.deployments.stop("late")
    two.roll_out()
    assert two.machine.running() == []
    assert two.workspace.deployments.endpoint("late").trial is None


def test_what_cannot_be_tried_is_refused(two: World) -> None:
    two.deployed("late@v1")
    with pytest.raises(InvalidInputError, match="already"):
        two.workspace.trials.start("late@v1", "late")
    for kind, share in ((TrialKind.CANARY, 0.6), (TrialKind.CANARY, 0.0), (TrialKind.SHADOW, 1.1)):
        with pytest.raises(InvalidInputError, match="share"):
            two.workspace.trials.start("late@v2", "late", kind=kind, share=share)
    for deed in (two.workspace.trials.promote, two.workspace.trials.end, two.workspace.trials.compare):
        with pytest.raises(NotFoundError, match="on trial"):
            deed("late")
    two.workspace.deployments.stop("late")
    two.roll_out()
    with pytest.raises(ConflictError, match="Nothing answers"):
        two.workspace.trials.start("late@v2", "late")


def test_both_versions_are_compared(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = on_trial(two)
    seen = Observation(
        running=True, requests=300, errors=3, p50_ms=4.0, p99_ms=9.0, answers=Answers({"true": 30, "false": 90})
    )
    tried = Observation(running=True, requests=100, answers=Answers({"true": 50, "false": 50}))
    host = two.parts.host(endpoint.host)
    known = {endpoint.wanted_deployment_id: seen}
    monkeypatch.setattr(host, "observe", lambda identifier: known.get(identifier, tried))
    comparison = two.workspace.trials.compare("late")
    assert (comparison.stable.reference, comparison.tried.reference) == ("late@v1", "late@v2")
    assert comparison.stable.errors == pytest.approx(0.01)
    assert comparison.stable.classes == {"true": 0.25, "false": 0.75}
    assert comparison.tried.classes["true"] == 0.5
    assert comparison.is_enough
    assert comparison.agreement is None
    shadowing = Shadowing("x", 1.0, asked=50, failed=1, rows=49, same=45)
    known[endpoint.wanted_deployment_id] = dataclasses.replace(seen, shadowing=shadowing)
    comparison = two.workspace.trials.compare("late")
    assert comparison.tried.requests == 50
    assert comparison.tried.errors == pytest.approx(0.02)
    assert comparison.agreement == pytest.approx(45 / 49)
    assert not comparison.is_enough
