"""K-04: the program is killed at each step of a rollout; the next one goes on, and exactly one version serves."""

from __future__ import annotations

import pytest
from tests.hosts.engines import real_keeper
from tests.hosts.engines.conftest import Team
from tests.hosts.engines.seeing import require_one_serves

from mlops_desktop.domain.deployments import RolloutStep
from mlops_desktop.services.deployments import DeployOrder

pytestmark = pytest.mark.engines
STEPS = (RolloutStep.BUILD, RolloutStep.START, RolloutStep.CHECK, RolloutStep.SWITCH, RolloutStep.DRAIN)


def killed_and_gone_on(team: Team, order: DeployOrder, step: RolloutStep, reference: str) -> None:
    at = real_keeper.kill_at(team.workspace, order.rollout, step)
    assert at is not RolloutStep.DONE, f"it was over before it could be killed at {step}"
    with real_keeper.kept(team.workspace.folder):
        done = team.workspace.deployments.wait(order.rollout.id)
        assert done.step is RolloutStep.DONE
    require_one_serves(team, reference)


def deploy(team: Team, reference: str) -> DeployOrder:
    return team.workspace.deployments.deploy(reference, endpoint="late", host=team.host.name)


def test_k_04_killed_while_a_version_starts_and_while_the_way_back_is_switched(team: Team) -> None:
    team.deploy("flight-late@v1")
    killed_and_gone_on(team, deploy(team, "flight-late@v2"), RolloutStep.START, "flight-late@v2")
    killed_and_gone_on(team, team.workspace.deployments.rollback("late"), RolloutStep.SWITCH, "flight-late@v1")


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("step", STEPS)
def test_k_04_killed_at_each_step_of_a_deployment_and_of_the_way_back(team: Team, step: RolloutStep) -> None:
    team.deploy("flight-late@v1")
    killed_and_gone_on(team, deploy(team, "flight-late@v2"), step, "flight-late@v2")
    killed_and_gone_on(team, team.workspace.deployments.rollback("late"), step, "flight-late@v1")


@pytest.mark.long
@pytest.mark.parametrize("step", STEPS)
def test_k_04_killed_at_each_step_of_a_first_deployment(team: Team, step: RolloutStep) -> None:
    """The port is held by the one endpoint, and by nobody twice."""
    killed_and_gone_on(team, deploy(team, "flight-late@v1"), step, "flight-late@v1")
