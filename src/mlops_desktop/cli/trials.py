"""`mlops trials`: a second version beside the one that answers, compared, promoted or ended."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

from mlops_desktop.cli.output import NOTHING, emit, json_option, note, say, table
from mlops_desktop.cli.rollouts import wait_for
from mlops_desktop.cli.session import Session, pass_session

if TYPE_CHECKING:
    from mlops_desktop.domain.deployments import Rollout
    from mlops_desktop.domain.trials import Side, TrialComparison
    from mlops_desktop.services.workspace import Workspace

wait_option = click.option("--wait/--no-wait", default=True, help="Wait until it is done.")


@click.group()
def trials() -> None:
    """A second model version on an endpoint: with a share of its connections, or as a shadow that answers nobody."""


@trials.command()
@click.argument("reference")
@click.argument("endpoint")
@click.option("--share", type=float, help="Of the connections (0.1 unless given, at most 0.5), or of the requests.")
@click.option("--shadow", is_flag=True, help="Only ask it the same again, and record what it would have answered.")
@wait_option
@json_option
@pass_session
def start(
    session: Session, reference: str, endpoint: str, share: float | None, shadow: bool, wait: bool, as_json: bool
) -> None:
    """Try the version REFERENCE beside the one that answers behind ENDPOINT."""
    from mlops_desktop.domain.deployments import TrialKind

    kind = TrialKind.SHADOW if shadow else TrialKind.CANARY
    given = share if share is not None else 1.0 if shadow else 0.1
    rollout = session.workspace.trials.start(reference, endpoint, kind=kind, share=given)
    part = "is asked too for" if shadow else "answers"
    of = "requests" if shadow else "connections"
    done = f"{reference} {part} {given:.0%} of the {of} of {endpoint}. Compare: mlops trials show {endpoint}"
    _finish(session.workspace, endpoint, rollout, wait, as_json, done)


@trials.command()
@click.argument("endpoint")
@wait_option
@json_option
@pass_session
def promote(session: Session, endpoint: str, wait: bool, as_json: bool) -> None:
    """Let the version on trial answer all requests of ENDPOINT; the one before stays warm."""
    rollout = session.workspace.trials.promote(endpoint)
    _finish(session.workspace, endpoint, rollout, wait, as_json, f"The version on trial answers on {endpoint} now")


@trials.command()
@click.argument("endpoint")
@wait_option
@json_option
@pass_session
def end(session: Session, endpoint: str, wait: bool, as_json: bool) -> None:
    """End the trial on ENDPOINT; the version that answers stays."""
    rollout = session.workspace.trials.end(endpoint)
    _finish(session.workspace, endpoint, rollout, wait, as_json, f"The trial on {endpoint} has ended")


@trials.command()
@click.argument("endpoint")
@json_option
@pass_session
def show(session: Session, endpoint: str, as_json: bool) -> None:
    """Both versions of the trial on ENDPOINT side by side, since the start of their servers."""
    found = session.workspace.trials.compare(endpoint)
    if as_json:
        emit({**dataclasses.asdict(found), "enough": found.is_enough, "agreement": found.agreement})
        return
    names = sorted({*found.stable.classes, *found.tried.classes})
    head = ["Version", "Requests", "Errors", "p50", "p99", *(f"says {name}" for name in names), "Mean"]
    table(head, [_row(side, names) for side in (found.stable, found.tried)], right=head[1:])
    _remark(found)


def _row(side: Side, names: list[str]) -> list[str]:
    classes = [f"{side.classes[name]:.1%}" if name in side.classes else NOTHING for name in names]
    return [
        side.reference,
        f"{side.requests:,}",
        f"{side.errors:.2%}",
        f"{side.p50_ms:.1f} ms",
        f"{side.p99_ms:.1f} ms" if side.p99_ms else NOTHING,
        *classes,
        f"{side.mean:.6g}" if side.mean is not None else NOTHING,
    ]


def _remark(found: TrialComparison) -> None:
    if found.agreement is not None and found.shadowing is not None:
        say(
            f"The same answer for {found.agreement:.1%} of {found.shadowing.rows:,} rows; "
            f"largest difference {found.shadowing.largest_difference:.4g}"
        )
    if not found.is_enough:
        note("Too few requests of the version on trial yet: its figures say little.")


def _finish(workspace: Workspace, endpoint: str, rollout: Rollout, wait: bool, as_json: bool, done: str) -> None:
    if wait:
        wait_for(workspace, endpoint, rollout)
    if as_json:
        emit({"endpoint": endpoint, "rollout": rollout.id, "kind": rollout.kind.value})
    else:
        say(done if wait else f"Queued: {rollout.kind.value} of {endpoint}")
