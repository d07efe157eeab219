"""`mlops deployments`: deploy, ask, go back, stop."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_desktop.cli.output import NOTHING, emit, json_option, note, say, table, when
from mlops_desktop.cli.session import Session, pass_session

if TYPE_CHECKING:
    from mlops_desktop.domain.deployments import Rollout
    from mlops_desktop.services.deployments import DeployOrder
    from mlops_desktop.services.workspace import Workspace

_FRESH_SECONDS = 5.0


@click.group()
def deployments() -> None:
    """Endpoints on this computer, and which model version answers behind each."""


@deployments.command()
@click.argument("reference")
@click.option("--endpoint", help="Its name; else the model's.")
@click.option("--port", default=0, help="Its port; 0 takes a free one and keeps it.")
@click.option("--wait/--no-wait", default=True, help="Wait until it answers.")
@json_option
@pass_session
def deploy(session: Session, reference: str, endpoint: str | None, port: int, wait: bool, as_json: bool) -> None:
    """Let the version REFERENCE (such as flight-late@champion) answer behind an endpoint."""
    order = session.workspace.deployments.deploy(reference, endpoint=endpoint, port=port)
    _finish(session.workspace, order, wait, as_json)


def _finish(workspace: Workspace, order: DeployOrder, wait: bool, as_json: bool) -> None:
    said: set[str] = set()

    def tell(rollout: Rollout) -> None:
        if rollout.step.value not in said:
            said.add(rollout.step.value)
            note(f"{order.endpoint.name}: {rollout.step.value}")

    if order.token and not as_json:
        say(f"Token of {order.endpoint.name}, shown this once:\n{order.token}")
    if wait:
        workspace.deployments.wait(order.rollout.id, tell)
    endpoint = workspace.deployments.endpoint(order.endpoint.name)
    if as_json:
        answer: dict[str, Any] = {"endpoint": endpoint.name, "url": endpoint.url, "rollout": order.rollout.id}
        emit({**answer, "token": order.token} if order.token else answer)
    elif wait and endpoint.wanted_deployment_id:
        say(f"{endpoint.name} answers at {endpoint.url}/predict")
    elif wait:
        say(f"{endpoint.name} is stopped")
    else:
        say(f"Queued: {order.rollout.kind.value} of {endpoint.name}")


@deployments.command()
@click.argument("endpoint")
@click.option("--to", "number", type=int, help="The number of an earlier deployment; else the one before.")
@click.option("--wait/--no-wait", default=True, help="Wait until it answers.")
@json_option
@pass_session
def rollback(session: Session, endpoint: str, number: int | None, wait: bool, as_json: bool) -> None:
    """Let the deployment that answered before answer again behind ENDPOINT."""
    _finish(session.workspace, session.workspace.deployments.rollback(endpoint, number), wait, as_json)


@deployments.command()
@click.argument("endpoint")
@click.option("--wait/--no-wait", default=True, help="Wait until it answers.")
@json_option
@pass_session
def restart(session: Session, endpoint: str, wait: bool, as_json: bool) -> None:
    """Switch a fresh process of the same version in behind ENDPOINT; no request fails."""
    _finish(session.workspace, session.workspace.deployments.restart(endpoint), wait, as_json)


@deployments.command()
@click.argument("endpoint")
@click.option("--wait/--no-wait", default=True, help="Wait until it has ended.")
@json_option
@pass_session
def stop(session: Session, endpoint: str, wait: bool, as_json: bool) -> None:
    """Answer open requests behind ENDPOINT, then end it."""
    _finish(session.workspace, session.workspace.deployments.stop(endpoint), wait, as_json)


@deployments.command(name="list")
@json_option
@pass_session
def list_deployments(session: Session, as_json: bool) -> None:
    """Every endpoint, what answers behind it, and how it is, as just seen on the host."""
    found = _fresh(session.workspace)
    if as_json:
        emit([{"endpoint": endpoint, "deployment": deployment} for endpoint, deployment in found])
        return
    table(
        ["Endpoint", "Version", "Status", "Health", "Address", "Restarts", "Seen", "Reason"],
        [
            [
                endpoint.name,
                deployment.model_reference if deployment else NOTHING,
                deployment.status.value if deployment else NOTHING,
                deployment.health.value if deployment else NOTHING,
                f"{endpoint.url}/predict" if endpoint.port else NOTHING,
                str(deployment.restarts) if deployment else NOTHING,
                when(deployment.checked_at) if deployment else NOTHING,
                deployment.failure.message if deployment and deployment.failure else "",
            ]
            for endpoint, deployment in found
        ],
        right=["Restarts"],
    )


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
    known = session.workspace.deployments.history(endpoint)
    if as_json:
        emit(known)
        return
    table(
        ["No", "Version", "Status", "From", "Until", "By", "Reason"],
        [
            [
                str(d.number),
                d.model_reference,
                d.status.value,
                when(d.created_at),
                when(d.stopped_at),
                d.created_by,
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
                _steps(rollout),
                rollout.failure.message if rollout.failure else rollout.step.value,
            ]
            for rollout in known
        ],
    )


def _steps(rollout: Rollout) -> str:
    """Each step with the seconds it took."""
    ends = [*(item.at for item in rollout.steps[1:]), rollout.finished_at]
    return ", ".join(
        f"{item.step.value} {(end - item.at).total_seconds():.1f} s" if end else f"{item.step.value} ..."
        for item, end in zip(rollout.steps, ends, strict=False)
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
    say(f"{target.name}: {target.url}/predict")
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
@json_option
@pass_session
def port(session: Session, number: int, as_json: bool) -> None:
    """Whether a new endpoint may have the port NUMBER on this computer, and the next free one."""
    use = session.workspace.deployments.port_use(number)
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
@pass_session
def log(session: Session, endpoint: str, limit: int, number: int | None) -> None:
    """The log of what answers behind ENDPOINT."""
    for line in session.workspace.deployments.log(endpoint, limit, number=number):
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
