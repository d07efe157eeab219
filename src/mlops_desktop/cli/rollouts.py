"""How commands wait for rollouts, and what they say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_desktop.cli.output import emit, say
from mlops_desktop.cli.transfers import telling
from mlops_desktop.domain.errors import ConflictError, RolloutCancelledError
from mlops_desktop.domain.hosts import THIS_COMPUTER

if TYPE_CHECKING:
    from mlops_desktop.domain.deployments import Endpoint, Rollout
    from mlops_desktop.services.deployments import DeployOrder
    from mlops_desktop.services.workspace import Workspace


def finish(workspace: Workspace, order: DeployOrder, wait: bool, as_json: bool) -> None:
    if order.token and not as_json:
        say(f"Token of {order.endpoint.name}, shown this once:\n{order.token}")
    if wait:
        wait_for(workspace, order.endpoint.name, order.rollout)
    endpoint = workspace.deployments.endpoint(order.endpoint.name)
    if as_json:
        answer: dict[str, Any] = {
            "endpoint": endpoint.name,
            "host": endpoint.host,
            "url": endpoint.url,
            "rollout": order.rollout.id,
        }
        emit({**answer, "token": order.token} if order.token else answer)
    elif wait and endpoint.wanted_deployment_id:
        say(f"{endpoint.name} answers at {address(endpoint)}")
    elif wait:
        say(f"{endpoint.name} is stopped")
    else:
        say(f"Queued: {order.rollout.kind.value} of {endpoint.name}")


def wait_for(workspace: Workspace, name: str, rollout: Rollout) -> None:
    """Until its end, telling each step and what is said in it."""
    said: set[str] = set()
    with telling(name) as tell:

        def tell_step(now: Rollout) -> None:
            if now.step.value not in said:
                said.add(now.step.value)
                tell.note(now.step.value)

        workspace.deployments.wait(
            rollout.id, tell_step, on_note=lambda item: tell.report(item.message, item.done, item.total)
        )


def address(endpoint: Endpoint) -> str:
    """Where it is asked; on another host that address is the other host's own."""
    where = "" if endpoint.host == THIS_COMPUTER else f" on {endpoint.host}"
    return f"{endpoint.url}/predict{where}"


def until_cancelled(workspace: Workspace, endpoint: str, rollout: Rollout) -> bool:
    """Raises ConflictError where it was too late, or why it failed by itself."""
    try:
        wait_for(workspace, endpoint, rollout)
    except RolloutCancelledError:
        return True
    raise ConflictError(
        f"The {rollout.kind.value} of {endpoint} had switched before it heard of it.",
        hint=f"Go back instead: mlops deployments rollback {endpoint}",
    )


def step_times(rollout: Rollout) -> str:
    """Each step with the seconds it took."""
    ends = [*(item.at for item in rollout.steps[1:]), rollout.finished_at]
    return ", ".join(
        f"{item.step.value} {(end - item.at).total_seconds():.1f} s" if end else f"{item.step.value} ..."
        for item, end in zip(rollout.steps, ends, strict=False)
    )
