"""What every kind of host does alike with a server that is reached by its control channel."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from mlops_desktop.domain.deployments import Answers, Observation, ServeOrder, Shadowing, Splitting
from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.serving.admin_client import ControlError

ASK_SECONDS = 2.0
OBEY_SECONDS = 5.0
"""For what must be obeyed before a server is ended by force."""
_SHORTEST_PAUSE = 0.02
_LONGEST_PAUSE = 0.2
"""Between looks at one that starts: an engine's answers take from the processor that the start needs."""

Look = Callable[[str], tuple[Observation, str]]
"""What is seen of a deployment, and its phase: the server's own word, or silent, or gone."""
Ask = Callable[..., Mapping[str, Any]]
"""`ask(deployment_id, command, seconds=...)`: the server's answer. Raises ControlError."""


def observation_of(state: Mapping[str, Any]) -> Observation:
    """A server's answer to `status`, without where it is. Raises KeyError, TypeError, ValueError."""
    phase = state["phase"]
    return Observation(
        running=phase != "failed",
        accepting=bool(state["accepting"]),
        healthy=phase == "ready" and state["example_right"] is True,
        example_right=state["example_right"],
        requests=int(state.get("requests", 0)),
        errors=int(state.get("errors", 0)),
        open_connections=int(state["open_connections"]),
        sentence=_sentence(state),
        refused=int(state.get("refused", 0)),
        rows=int(state.get("rows", 0)),
        p50_ms=float(state.get("p50_ms", 0.0)),
        p99_ms=float(state.get("p99_ms", 0.0)),
        log_lost=int(state.get("log_lost", 0)),
        token_sha256=str(state.get("token_sha256") or ""),
        answers=_answers(state.get("answers")),
        splitting=_trial(Splitting, state.get("split")),
        shadowing=_trial(Shadowing, state.get("shadow")),
    )


def _answers(said: object) -> Answers | None:
    if not isinstance(said, dict):
        return None
    mean = said.get("mean")
    classes = {str(name): int(count) for name, count in dict(said.get("classes") or {}).items()}
    return Answers(classes, float(mean) if mean is not None else None)


_Kind = TypeVar("_Kind", Splitting, Shadowing)


def _trial(kind: type[_Kind], said: object) -> _Kind | None:
    """What a server says of a second version; numbers are taken as what they are declared to be."""
    if not isinstance(said, dict):
        return None
    known = {field.name: field.type for field in fields(kind)}
    kinds: dict[Any, Callable[[Any], Any]] = {"str": str, "int": int, "float": float}
    return kind(**{name: kinds[known[name]](value) for name, value in said.items() if name in known})


def _sentence(state: Mapping[str, Any]) -> str:
    lost = int(state.get("log_lost", 0))
    return str(state["reason"] or state["phase"]) + (f"; {lost} log records could not be written" if lost else "")


def wait_until_right(
    order: ServeOrder, look: Look, ask: Ask, reason: Callable[[ServeOrder], str], seconds: float
) -> Observation:
    """Waits until the server is ready and has answered the bundle's stored example (again).

    Raises DeploymentError with the server's own reason, which `reason` finds where it does not run.
    """
    deadline = time.monotonic() + seconds
    pause = _SHORTEST_PAUSE
    while True:
        seen, phase = look(order.deployment_id)
        if phase == "ready":
            return _check_example(order, seen, ask, max(deadline - time.monotonic(), 1.0))
        if phase == "failed" or not seen.running:
            raise could_not_be_served(order, reason(order))
        if time.monotonic() > deadline:
            raise DeploymentError(
                f"{order.model_reference} was not ready within {seconds:g} seconds.",
                hint=f"See the log: mlops deployments log {order.endpoint_name}",
                details=seen.sentence,
            )
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _check_example(order: ServeOrder, seen: Observation, ask: Ask, seconds: float) -> Observation:
    try:
        answer = ask(order.deployment_id, "check", seconds=seconds)
    except ControlError as error:
        raise DeploymentError(
            f"{order.model_reference} did not answer its stored example: {error}.",
            hint=f"See the log: mlops deployments log {order.endpoint_name}",
        ) from error
    if not answer.get("example_right"):
        raise DeploymentError(
            f"{order.model_reference} answers its stored example wrongly: {answer.get('difference')}",
            hint="What answered before still answers. Register the model anew from its run.",
        )
    return replace(seen, healthy=True, example_right=True)


def could_not_be_served(order: ServeOrder, reason: str) -> DeploymentError:
    return DeploymentError(
        f"{order.model_reference} could not be served: {reason or 'its process ended without a word'}",
        hint="What answered before still answers. `mlops verify` finds damaged models.",
    )


def cannot_take_requests(deployment_id: str, error: Exception) -> DeploymentError:
    return DeploymentError(f"The server cannot take requests: {error}.", hint="Deploy it again.", details=deployment_id)


def cannot_try(error: Exception) -> DeploymentError:
    return DeploymentError(
        f"The running server cannot try a second version: {error}.",
        hint="One that was started by an older version of the program has to be restarted first.",
    )


def token_not_changed(error: Exception) -> DeploymentError:
    return DeploymentError(
        f"The token of the running server could not be changed: {error}.", hint="Restart the endpoint."
    )
