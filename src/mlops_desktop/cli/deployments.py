"""`mlops deployments`: deploy, ask, go back, stop."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_desktop.cli.hosts import short
from mlops_desktop.cli.output import NOTHING, emit, json_option, note, say, table, when
from mlops_desktop.cli.rollouts import address, finish, step_times, until_cancelled
from mlops_desktop.cli.session import Session, pass_session
from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.hosts import THIS_COMPUTER

if TYPE_CHECKING:
    from mlops_desktop.domain.deployments import Deployment
    from mlops_desktop.services.workspace import Workspace

_FRESH_SECONDS = 5.0


@click.group()
def deployments() -> None:
    """Endpoints on a host, and which model version answers behind each."""


@deployments.command()
@click.argument("reference")
@click.option("--endpoint", help="Its name; else the model's.")
@click.option("--host", help="Where a new endpoint is made; else on this computer.")
@click.option("--publish", is_flag=True, help="A new endpoint answers on every network of its host.")
@click.option("--port", default=0, help="Its port; 0 takes a free one and keeps it.")
@click.option("--wait/--no-wait", default=True, help="Wait until it answers.")
@json_option
@pass_session
def deploy(
    session: Session,
    reference: str,
    endpoint: str | None,
    host: str | None,
    publish: bool,
    port: int,
    wait: bool,
    as_json: bool,
) -> None:
    """Let the version REFERENCE (such as flight-late@champion) answer behind an endpoint."""
    service = session.workspace.deployments
    order = service.deploy(reference, endpoint=endpoint, host=host, port=port, published=publish)
    if publish and order.endpoint.published:
        note(f"{order.endpoint.name} is published: whoever reaches {order.endpoint.host} may ask it with its token.")
    elif publish:
        note(f"{order.endpoint.name} was made without --publish: it answers on {order.endpoint.host} only.")
    finish(session.workspace, order, wait, as_json)


@deployments.command()
@click.argument("endpoint")
@click.option("--wait/--no-wait", default=True, help="Wait until it has ended.")
@json_option
@pass_session
def cancel(session: Session, endpoint: str, wait: bool, as_json: bool) -> None:
    """End the rollout of ENDPOINT that is under way; what answered before goes on."""
    service = session.workspace.deployments
    rollout = service.cancel(endpoint)
    ended = until_cancelled(session.workspace, endpoint, rollout) if wait else None
    if as_json:
        emit({"endpoint": endpoint, "rollout": rollout.id, "cancelled": ended})
    elif ended is None:
        say(f"Asked: the {rollout.kind.value} of {endpoint} ends soon")
    else:
        say(f"The {rollout.kind.value} of {endpoint} was cancelled; what answered before goes on")


@deployments.command()
@click.argument("endpoint")
@click.option("--to", "number", type=int, help="The number of an earlier deployment; else the one before.")
@click.option("--wait/--no-wait", default=True, help="Wait until it answers.")
@json_option
@pass_session
def rollback(session: Session, endpoint: str, number: int | None, wait: bool, as_json: bool) -> None:
    """Let the deployment that answered before answer again behind ENDPOINT."""
    finish(session.workspace, session.workspace.deployments.rollback(endpoint, number), wait, as_json)


@deployments.command()
@click.argument("endpoint")
@click.option("--wait/--no-wait", default=True, help="Wait until it answers.")
@json_option
@pass_session
def restart(session: Session, endpoint: str, wait: bool, as_json: bool) -> None:
    """Switch a fresh process of the same version in behind ENDPOINT; no request fails."""
    finish(session.workspace, session.workspace.deployments.restart(endpoint), wait, as_json)


@deployments.command()
@click.argument("endpoint")
@click.option("--wait/--no-wait", default=True, help="Wait until it has ended.")
@json_option
@pass_session
def stop(session: Session, endpoint: str, wait: bool, as_json: bool) -> None:
    """Answer open requests behind ENDPOINT, then end it."""
    finish(session.workspace, session.workspace.deployments.stop(endpoint), wait, as_json)


@deployments.command(name="at")
@click.argument("endpoint")
@click.argument("moment")
@json_option
@pass_session
def serving_at(session: Session, endpoint: str, moment: str, as_json: bool) -> None:
    """What answered behind ENDPOINT at MOMENT (such as 2026-11-23T09:30), by the journal of its rollouts."""
    found = session.workspace.deployments.serving_at(endpoint, _moment(moment))
    if as_json:
        emit(found)
    elif found is None:
        say(f"Nothing answered on {endpoint} then")
    else:
        say(f"{found.model_reference} answered on {endpoint} then (deployment {found.number})")
        say(f"To have it answer again: mlops deployments rollback {endpoint} --to {found.number}")


def _moment(text: str) -> datetime:
    """Local time unless it says otherwise."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise InvalidInputError(
            f"{text!r} is no time.", hint="Write it as 2026-11-23T09:30, with +01:00 behind it if it is not yours."
        ) from error


@deployments.command(name="list")
@json_option
@pass_session
def list_deployments(session: Session, as_json: bool) -> None:
    """Every endpoint, what answers behind it, and how it is, as just seen on the host."""
    found = _fresh(session.workspace)
    if as_json:
        emit([{"endpoint": endpoint, "deployment": deployment} for endpoint, deployment in found])
        return
    _table_without_empty(
        [
            "Endpoint",
            "Version",
            "Host",
            "Status",
            "Health",
            "Address",
            "Restarts",
            "Seen",
            "Image",
            "Container",
            "Reason",
        ],
        [
            [
                endpoint.name,
                deployment.model_reference if deployment else NOTHING,
                endpoint.host,
                deployment.status.value if deployment else NOTHING,
                deployment.health.value if deployment else NOTHING,
                f"{endpoint.url}/predict" if endpoint.port else NOTHING,
                str(deployment.restarts) if deployment else NOTHING,
                when(deployment.checked_at) if deployment else NOTHING,
                *_in_docker(deployment),
                deployment.failure.message if deployment and deployment.failure else "",
            ]
            for endpoint, deployment in found
        ],
        right=["Restarts"],
    )


def _in_docker(deployment: Deployment | None) -> list[str]:
    """Image and container as Docker shows them, where it has any."""
    if deployment is None:
        return ["", ""]
    return [short(deployment.image), short(deployment.container.id) if deployment.container else ""]


def _table_without_empty(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str]) -> None:
    """Columns that only Docker hosts fill are left out where there is none."""
    kept = [
        place
        for place, name in enumerate(head)
        if name not in ("Image", "Container") or any(row[place] for row in rows)
    ]
    chosen = [[row[place] for place in kept] for row in rows]
    table([head[place] for place in kept], chosen, right=right)


def _fresh(workspace: Workspace) -> Any:
    """Waits a moment for a keeper that has just started to look at the host."""
    deadline = time.monotonic() + _FRESH_SECONDS
    found = workspace.deployments.list()
    while time.monotonic() < deadline and not workspace.deployments.is_fresh(found):
        time.sleep(0.1)
        found = workspace.deployments.list()
    return found


@deployments.command()
@click.argument("endpoint")
@json_option
@pass_session
def history(session: Session, endpoint: str, as_json: bool) -> None:
    """Every deployment that ENDPOINT had, newest first."""
    host = session.workspace.deployments.endpoint(endpoint).host
    known = session.workspace.deployments.history(endpoint)
    if as_json:
        emit(known)
        return
    _table_without_empty(
        ["No", "Version", "Host", "Status", "From", "Until", "By", "Image", "Container", "Reason"],
        [
            [
                str(d.number),
                d.model_reference,
                host,
                d.status.value,
                when(d.created_at),
                when(d.stopped_at),
                d.created_by,
                *_in_docker(d),
                d.failure.message if d.failure else "",
            ]
            for d in known
        ],
        right=["No"],
    )


@deployments.command()
@click.argument("endpoint")
@json_option
@pass_session
def rollouts(session: Session, endpoint: str, as_json: bool) -> None:
    """Every change of what answers behind ENDPOINT, step by step, newest first."""
    known = list(reversed(session.workspace.deployments.rollouts(endpoint)))
    if as_json:
        emit(known)
        return
    numbers = {d.id: f"{d.model_reference} ({d.number})" for d in session.workspace.deployments.history(endpoint)}
    table(
        ["Change", "From", "To", "Started", "By", "Steps", "Result"],
        [
            [
                rollout.kind.value,
                numbers.get(rollout.from_deployment_id or "", NOTHING),
                numbers.get(rollout.to_deployment_id or "", NOTHING),
                when(rollout.created_at),
                rollout.created_by,
                step_times(rollout),
                rollout.failure.message if rollout.failure else rollout.step.value,
            ]
            for rollout in known
        ],
    )


@deployments.command()
@click.argument("endpoint")
@json_option
@pass_session
def show(session: Session, endpoint: str, as_json: bool) -> None:
    """ENDPOINT as its host sees it now: what answers, since when, how many requests, how fast."""
    service = session.workspace.deployments
    target, seen = service.endpoint(endpoint), service.look(endpoint)
    if as_json:
        emit({"endpoint": target, "url": target.url, "seen": seen})
        return
    known = {deployment.id: deployment for deployment in service.history(endpoint)}
    say(f"{target.name}: {address(target)}")
    table(
        ["No", "Version", "State", "Answers", "Requests", "Refused", "Errors", "p50 ms", "p99 ms", "Memory MB"],
        [
            [
                str(item.number),
                known[item.deployment_id].model_reference if item.deployment_id in known else NOTHING,
                item.observation.sentence,
                "yes" if item.observation.accepting else "no",
                str(item.observation.requests),
                str(item.observation.refused),
                str(item.observation.errors),
                f"{item.observation.p50_ms:.1f}",
                f"{item.observation.p99_ms:.1f}",
                f"{item.memory / 1e6:.0f}",
            ]
            for item in seen
        ],
        right=["No", "Requests", "Refused", "Errors", "p50 ms", "p99 ms", "Memory MB"],
    )


@deployments.command()
@click.argument("number", default=0)
@click.option("--host", default=THIS_COMPUTER, help="The host of the port; else this computer.")
@json_option
@pass_session
def port(session: Session, number: int, host: str, as_json: bool) -> None:
    """Whether a new endpoint may have the port NUMBER of a host, and the next free one."""
    use = session.workspace.deployments.port_use(number, host=host)
    if as_json:
        emit(use)
    elif use.holder:
        say(f"Port {use.port} is used by {use.holder}. Free: {use.next_free}")
    else:
        say(f"Port {use.port} is free.")


@deployments.command()
@click.argument("endpoint")
@click.argument("rows", required=False)
@click.option(
    "--file", type=click.Path(path_type=Path), help="Read the rows from this JSON file; - for standard input."
)
@click.option("--token", envvar="MLOPS_SECRET_ENDPOINT_TOKEN", help="Else the one kept on this computer.")
@json_option
@pass_session
def predict(
    session: Session, endpoint: str, rows: str | None, file: Path | None, token: str | None, as_json: bool
) -> None:
    """Ask ENDPOINT for predictions: ROWS is a JSON object or a list of them; else a row of the model's own example."""
    service = session.workspace.deployments
    chosen = _rows(session, endpoint, rows, file)
    answer = service.predict(endpoint, chosen, token=token)
    if as_json:
        emit(answer)
        return
    say(f"{answer.get('model', endpoint)}:")
    for item in answer.get("predictions", []):
        chances = item.get("probabilities") or {}
        detail = "  " + ", ".join(f"{label} {share:.4f}" for label, share in chances.items()) if chances else ""
        say(f"  {item.get('prediction')}{detail}")


def _rows(session: Session, endpoint: str, rows: str | None, file: Path | None) -> list[dict[str, Any]]:
    if rows is None and file is None:
        known = session.workspace.deployments.history(endpoint)
        wanted = session.workspace.deployments.endpoint(endpoint).wanted_deployment_id
        chosen = next((d for d in known if d.id == wanted), None) or next(iter(known), None)
        if chosen is None:
            raise click.UsageError("Give a row as JSON.")
        return [dict(row) for row in session.workspace.models.example_rows(chosen.model_reference)][:1]
    try:
        text = rows if rows is not None else sys.stdin.read() if str(file) == "-" else Path(str(file)).read_text()
        parsed = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise click.BadParameter(f"the rows are not JSON: {error}") from error
    listed = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(row, dict) for row in listed):
        raise click.BadParameter("each row is a JSON object with the columns as keys")
    return listed


@deployments.command()
@click.argument("endpoint")
@click.option("--limit", default=200, show_default=True, help="How many of the newest lines.")
@click.option("--deployment", "number", type=int, help="The number of another deployment of it.")
@click.option("--rollout", is_flag=True, help="What was said while it was built and sent.")
@pass_session
def log(session: Session, endpoint: str, limit: int, number: int | None, rollout: bool) -> None:
    """The log of what answers behind ENDPOINT."""
    service = session.workspace.deployments
    lines = service.rollout_log(endpoint, number, limit) if rollout else service.log(endpoint, limit, number=number)
    for line in lines:
        say(line)


@deployments.command()
@click.argument("endpoint")
@json_option
@pass_session
def token(session: Session, endpoint: str, as_json: bool) -> None:
    """Make a new token for ENDPOINT, shown this once; the old one is refused from now on."""
    made = session.workspace.deployments.rotate_token(endpoint)
    if as_json:
        emit({"endpoint": endpoint, "token": made})
    else:
        say(f"Token of {endpoint}, shown this once:\n{made}")
