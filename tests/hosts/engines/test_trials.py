"""A canary in a container, under load: its share, its promotion, and no failed request."""

from __future__ import annotations

import json

import pytest
from tests.hosts.engines.conftest import Team
from tests.hosts.engines.test_switching import asked

from mlops_desktop.domain.deployments import TrialKind

pytestmark = pytest.mark.engines


def test_a_canary_gets_its_share_and_takes_over_without_a_failed_request(team: Team) -> None:
    endpoint = team.deploy("flight-late@v1")
    trials, body = team.workspace.trials, _body(team)
    with asked(team.address, endpoint.port, team.token(), body) as seen:
        team.settle(trials.start("flight-late@v2", "late", share=0.5))
        while trials.compare("late").tried.requests < 10:
            team.turn()
        found = trials.compare("late")
        team.settle(trials.promote("late"))
        assert team.answering() == "flight-late@v2"
    assert seen["failures"] == []
    assert set(seen["answers"]) == {"flight-late@v1", "flight-late@v2"}
    assert found.splitting is not None
    assert found.splitting.handed > 0
    assert found.tried.classes
    assert team.workspace.deployments.endpoint("late").trial is None


def test_a_shadow_in_a_container_is_compared_and_ended(team: Team) -> None:
    endpoint = team.deploy("flight-late@v1")
    trials = team.workspace.trials
    with asked(team.address, endpoint.port, team.token(), _body(team)) as seen:
        team.settle(trials.start("flight-late@v2", "late", kind=TrialKind.SHADOW, share=1.0))
        while (trials.compare("late").agreement is None) or trials.compare("late").tried.requests < 10:
            team.turn()
        team.settle(trials.end("late"))
    assert seen["failures"] == []
    assert set(seen["answers"]) == {"flight-late@v1"}
    assert team.answering() == "flight-late@v1"


def _body(team: Team) -> str:
    return json.dumps({"rows": [dict(team.workspace.models.example_rows("flight-late@v1")[0])]})
