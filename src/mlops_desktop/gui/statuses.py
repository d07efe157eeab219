"""How states are shown: always icon, word and colour together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    icon: str
    token: str
    word: str


_RUNS = {
    "queued": Sign("clock", "muted", "Queued"),
    "running": Sign("loader-circle", "accent-text", "Running"),
    "finished": Sign("circle-check", "ok", "Finished"),
    "failed": Sign("circle-x", "error", "Failed"),
    "cancelled": Sign("square", "muted", "Cancelled"),
    "lost": Sign("circle-question-mark", "warn", "Lost"),
}
_DEPLOYMENTS = {
    "building": Sign("loader-circle", "accent-text", "Building"),
    "starting": Sign("loader-circle", "accent-text", "Starting"),
    "running": Sign("play", "ok", "Running"),
    "stopped": Sign("square", "muted", "Stopped"),
    "failed": Sign("circle-x", "error", "Failed"),
}
_HEALTH = {
    "healthy": Sign("circle-check", "ok", "Healthy"),
    "degraded": Sign("triangle-alert", "warn", "Degraded"),
    "unknown": Sign("circle-question-mark", "muted", "Unknown"),
}
RUN_ORDER = ("running", "queued", "failed", "lost", "cancelled", "finished")


CANCELLING = Sign("loader-circle", "muted", "Cancelling…")


def run_sign(status: str, *, cancelling: bool = False) -> Sign:
    """`cancelling`: it was asked to stop and has not ended yet."""
    return CANCELLING if cancelling else _RUNS[status]


def deployment_sign(status: str) -> Sign:
    return _DEPLOYMENTS[status]


def health_sign(health: str) -> Sign:
    return _HEALTH[health]
