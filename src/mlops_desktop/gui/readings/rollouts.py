"""A rollout in words: what it changes, its steps, what each does, and how long it took."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mlops_desktop.domain.deployments import Deployment, Rollout, RolloutKind, RolloutStep
from mlops_desktop.domain.errors import RolloutCancelledError
from mlops_desktop.gui import formats
from mlops_desktop.gui.statuses import Sign


class StageState(enum.StrEnum):
    DONE = "done"
    RUNNING = "running"
    WAITING = "waiting"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    WAITS = "waits"


@dataclass(frozen=True)
class Stage:
    """One step as it is shown: its name, what it does, and how long it took or takes so far.

    `share` is how much of it is done, where that is known; `WAITS` is for a person.
    """

    name: str
    sentence: str
    state: StageState
    time: str = ""
    share: float | None = None


_CANCELLED = RolloutCancelledError.code
_WAY = (RolloutStep.START, RolloutStep.CHECK, RolloutStep.SWITCH, RolloutStep.DRAIN)
_FIRST_WAY = (RolloutStep.START, RolloutStep.CHECK, RolloutStep.SWITCH)
_WAY_OUT = (RolloutStep.SWITCH, RolloutStep.DRAIN)


def number_of(reference: str) -> str:
    """`v3` of `flight-late@v3`."""
    return reference.rpartition("@")[2]


def reference_of(identifier: str | None, known: Sequence[Deployment]) -> str:
    return next((one.model_reference for one in known if one.id == identifier), "")


def change_words(rollout: Rollout, known: Sequence[Deployment]) -> str:
    """What goes on: `deploying v3`, `rolling back to v1`."""
    to = number_of(reference_of(rollout.to_deployment_id, known))
    return {
        RolloutKind.DEPLOY: f"deploying {to}",
        RolloutKind.ROLLBACK: f"going back to {to}",
        RolloutKind.RESTART: f"restarting {to}",
        RolloutKind.STOP: "stopping",
        RolloutKind.TRY: f"starting the trial of {to}",
        RolloutKind.PROMOTE: f"promoting {to}",
        RolloutKind.END_TRIAL: "ending the trial",
    }[rollout.kind].strip()


def change_title(rollout: Rollout, known: Sequence[Deployment]) -> str:
    """What it was: `Deploy v3`, `Roll back to v1`."""
    to = number_of(reference_of(rollout.to_deployment_id, known))
    return {
        RolloutKind.DEPLOY: f"Deploy {to}",
        RolloutKind.ROLLBACK: f"Roll back to {to}",
        RolloutKind.RESTART: f"Restart {to}",
        RolloutKind.STOP: "Stop",
        RolloutKind.TRY: f"Try {to}",
        RolloutKind.PROMOTE: f"Promote {to}",
        RolloutKind.END_TRIAL: "End the trial",
    }[rollout.kind].strip()


def result_sign(rollout: Rollout) -> Sign:
    if rollout.step is RolloutStep.DONE:
        return Sign("circle-check", "ok", "Done")
    if was_cancelled(rollout):
        return Sign("square", "muted", "Cancelled")
    if rollout.step is RolloutStep.FAILED:
        return Sign("circle-x", "error", "Failed")
    if rollout.cancelled_by:
        return Sign("loader-circle", "muted", "Cancelling…")
    return Sign("loader-circle", "accent-text", "Under way")


def was_cancelled(rollout: Rollout) -> bool:
    """Whether it ended because somebody wished so; nothing went wrong then."""
    return rollout.failure is not None and rollout.failure.code == _CANCELLED


def took(rollout: Rollout, now: datetime) -> str:
    return formats.duration((rollout.finished_at or now) - rollout.created_at)


@dataclass(frozen=True)
class Build:
    """What a rollout said last while it built: bytes done of all bytes, 0 where nobody knows."""

    sentence: str = ""
    done: int = 0
    total: int = 0

    @property
    def words(self) -> str:
        if not self.sentence or not self.total:
            return self.sentence
        return f"{self.sentence} · {formats.size(self.done)} of {formats.size(self.total)}"

    @property
    def share(self) -> float | None:
        return self.done / self.total if self.total else None


def stages(
    rollout: Rollout,
    known: Sequence[Deployment],
    now: datetime,
    *,
    containers: bool = False,
    build: Build | None = None,
) -> list[Stage]:
    """Every step of its way, also those to come, those that failed, and those that were never begun.

    In `containers` an image is built first; `build` says how far that is.
    """
    way = _way(rollout, containers)
    reached = {item.step: item.at for item in rollout.steps}
    last = rollout.steps[-1].step if rollout.steps else None
    if last not in way:
        last = None if last is None else way[0] if last in (RolloutStep.QUEUED, RolloutStep.BUILD) else way[-1]
    made = []
    for step in way:
        begun = reached.get(step)
        state = _state(rollout, step, begun is not None, step is last)
        sentence, share = _sentence(rollout, step, known, containers), None
        if step is RolloutStep.BUILD and build is not None and state is not StageState.WAITING:
            sentence = build.words or sentence
            share = build.share if state is StageState.RUNNING else None
        made.append(Stage(_name(rollout, step, known), sentence, state, _time(rollout, step, now), share))
    return made


def _way(rollout: Rollout, containers: bool) -> tuple[RolloutStep, ...]:
    if rollout.to_deployment_id is None:
        return _WAY_OUT
    if rollout.kind is RolloutKind.TRY:
        return (RolloutStep.BUILD, *_FIRST_WAY) if containers else _FIRST_WAY
    if rollout.kind is RolloutKind.PROMOTE:
        return _WAY_OUT
    way = _WAY if rollout.from_deployment_id else _FIRST_WAY
    begins_warm = rollout.kind is RolloutKind.ROLLBACK and all(
        item.step is not RolloutStep.BUILD for item in rollout.steps
    )
    return (RolloutStep.BUILD, *way) if containers and not begins_warm else way


def _state(rollout: Rollout, step: RolloutStep, begun: bool, is_last: bool) -> StageState:
    if rollout.step is RolloutStep.DONE:
        # Rollouts from before steps were written down have none, yet all was done.
        return StageState.DONE
    if rollout.step is RolloutStep.FAILED:
        if is_last:
            return StageState.CANCELLED if was_cancelled(rollout) else StageState.FAILED
        return StageState.DONE if begun else StageState.SKIPPED
    if is_last:
        return StageState.RUNNING
    return StageState.DONE if begun else StageState.WAITING


def _time(rollout: Rollout, step: RolloutStep, now: datetime) -> str:
    for place, item in enumerate(rollout.steps):
        if item.step is step:
            after = rollout.steps[place + 1].at if place + 1 < len(rollout.steps) else rollout.finished_at or now
            return formats.duration(after - item.at)
    return ""


def _name(rollout: Rollout, step: RolloutStep, known: Sequence[Deployment]) -> str:
    to = number_of(reference_of(rollout.to_deployment_id, known))
    before = number_of(reference_of(rollout.from_deployment_id, known))
    if rollout.kind is RolloutKind.STOP:
        return "Take no more requests" if step is RolloutStep.SWITCH else "Answer open requests, then end"
    if rollout.kind is RolloutKind.END_TRIAL:
        return "Give the trial nothing more" if step is RolloutStep.SWITCH else "Answer open requests, then end it"
    if rollout.kind is RolloutKind.TRY and step is RolloutStep.SWITCH:
        return f"Give {to} its share"
    return {
        RolloutStep.BUILD: f"Build the image of {to}",
        RolloutStep.START: f"Start {to} beside {before}" if before else f"Start {to}",
        RolloutStep.CHECK: "Check health and answers",
        RolloutStep.SWITCH: f"Switch to {to}",
        RolloutStep.DRAIN: f"Let {before} finish",
    }[step]


def _sentence(rollout: Rollout, step: RolloutStep, known: Sequence[Deployment], containers: bool) -> str:
    before = number_of(reference_of(rollout.from_deployment_id, known))
    thing = "container" if containers else "process"
    if rollout.kind is RolloutKind.STOP:
        return "the port is given back" if step is RolloutStep.SWITCH else f"the {thing} ends by itself"
    if rollout.kind is RolloutKind.END_TRIAL:
        return "the other version answers all again" if step is RolloutStep.SWITCH else f"the {thing} is taken away"
    if rollout.kind is RolloutKind.TRY and step is RolloutStep.SWITCH:
        return f"{before} stays in charge of the rest"
    return {
        RolloutStep.BUILD: "only layers that the host lacks are sent",
        RolloutStep.START: f"a {thing} of its own, on the same port" if before else f"a {thing} of its own",
        RolloutStep.CHECK: "its stored example must come out right",
        RolloutStep.SWITCH: "all new requests go to it; none fails" if before else "requests are answered from now on",
        RolloutStep.DRAIN: f"{before} answers what is open, then stays warm",
    }[step]
