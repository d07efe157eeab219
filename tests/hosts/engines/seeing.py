"""What a team's endpoint, its registry and its engine say, and what must hold whatever went wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.engines.engine import wait_for
from tests.hosts.engines.conftest import OURS, Team

from mlops_desktop.domain.deployments import Deployment, Health
from mlops_desktop.domain.errors import HostUnreachableError

SECONDS = 60.0


def current(team: Team) -> Deployment:
    """The deployment that should answer, as the registry has it."""
    wanted = team.workspace.deployments.endpoint("late").wanted_deployment_id
    return next(one for one in team.workspace.deployments.history("late") if one.id == wanted)


def newest(team: Team) -> Deployment:
    return team.workspace.deployments.history("late")[0]


def until_seen(team: Team, seen: Callable[[Deployment], object]) -> Deployment:
    """Turns the keeper until the registry says so of what should answer."""

    def is_seen() -> bool:
        team.turn()
        return bool(seen(current(team)))

    wait_for(is_seen, SECONDS, lambda: f"what is known is {current(team)}")
    return current(team)


def until_healthy(team: Team) -> Deployment:
    return until_seen(team, lambda one: one.health is Health.HEALTHY)


def answered_by(team: Team) -> str:
    """Which version answers a request now."""
    reference = team.answering()
    row = dict(team.workspace.models.example_rows(reference)[0])
    answer: Mapping[str, Any] = team.workspace.deployments.predict("late", [row])
    return str(answer["model"])


def until_answered(team: Team) -> None:
    """A program that just found the host away asks it again after a moment only."""

    def is_answered() -> bool:
        with contextlib.suppress(HostUnreachableError):
            return bool(answered_by(team))
        return False

    wait_for(is_answered, SECONDS, "an answer")


def containers(team: Team, role: str = "server") -> Sequence[Mapping[str, Any]]:
    """Of our team on the engine, running or not, as inspected."""
    with team.engine.client() as client:
        found = client.containers(all=True, filters={"label": [f"{OURS}={role}"]})
        return [client.inspect_container(one["Id"]) for one in found]


def tags(team: Team) -> set[str]:
    with team.engine.client() as client:
        return {tag for image in client.images() for tag in image["RepoTags"] or () if tag.startswith("mlops-desktop/")}


def remove_images(team: Team, slug: str) -> None:
    """By hand, by name; those that a container uses lose their names alone. Images are all that tests leave there."""
    with team.engine.client() as client:
        for tag in tags(team):
            if tag.startswith(f"mlops-desktop/{slug}:"):
                client.remove_image(tag, force=True)
        client.prune_images({"dangling": True})


def require_one_serves(team: Team, reference: str) -> None:
    """The registry, the engine and a client name the same version; no container and no port is left over."""
    assert team.answering() == reference
    assert answered_by(team) == reference
    placed = {one.container.id for one in team.workspace.deployments.history("late") if one.container}
    assert {one["Id"] for one in containers(team)} == placed
    assert len(containers(team, "holder")) == 1
    sightings = team.workspace.deployments.look("late")
    accepting = [one.deployment_id for one in sightings if one.observation.accepting]
    assert accepting == [current(team).id]


def require_nothing_there(team: Team) -> None:
    assert containers(team) == []
    assert containers(team, "holder") == []
