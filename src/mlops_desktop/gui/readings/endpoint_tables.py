"""The rows of an endpoint's tables and cards, from what is known of it."""

from __future__ import annotations

from collections.abc import Mapping

from mlops_desktop.domain.deployments import Deployment, DeploymentStatus, Endpoint, Sighting
from mlops_desktop.gui import formats
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.readings import deployments as reading
from mlops_desktop.gui.readings import rollouts
from mlops_desktop.gui.readings.deployments import DeploymentFacts, EndpointFacts
from mlops_desktop.gui.statuses import Sign, deployment_sign, health_sign

DEPLOYMENT_HEADS = (
    Head("Version", 240, stretch=True),
    Head("Status", 98),
    Head("Health", 98, keep=1),
    Head("Share", 60, numeric=True, keep=7),
    Head("Image", 106, keep=4),
    Head("Requests", 78, numeric=True, keep=5),
    Head("p99", 72, numeric=True, keep=6),
    Head("Memory", 74, numeric=True, keep=3),
    Head("Restarts", 72, numeric=True, keep=9),
    Head("Deployed", 84, keep=2),
    Head("By", 82, keep=8),
    Head("", 112, numeric=True),
)
ACTION = len(DEPLOYMENT_HEADS) - 1
IMAGE = 4
ROLLOUT_HEADS = (
    Head("Change", 130, stretch=True),
    Head("Result", 104),
    Head("Took", 64, numeric=True),
    Head("By", 96, keep=1),
    Head("Started", 96, numeric=True),
)
_NOTHING = Cell(formats.NOT_SET, "muted")


def deployment_rows(facts: DeploymentFacts, one: EndpointFacts, seen: Mapping[str, Sighting]) -> list[CellRow]:
    return [_deployment_row(facts, one, deployment, seen.get(deployment.id)) for deployment in one.deployments]


def _deployment_row(
    facts: DeploymentFacts, one: EndpointFacts, deployment: Deployment, sighting: Sighting | None
) -> CellRow:
    now = facts.read_at
    why = deployment.failure.message if deployment.failure else ""
    version = reading.version_words(deployment.model_reference, one.name)
    answers = deployment is one.answering
    wanted = "answers" if reading.answers_now(deployment) else "should answer"
    after = wanted if answers else "kept warm" if reading.is_warm(one, deployment) else ""
    after = "on trial" if reading.is_on_trial(one, deployment) else after
    chip = "champion" if reading.is_champion(deployment.model_reference, facts.champions) else ""
    return CellRow(
        str(deployment.number),
        (
            Cell(
                version, strong=True, after=after, chip=chip, tip=f"{deployment.model_reference}, {deployment.number}"
            ),
            Cell(sign=_status(deployment, sighting), tip=why),
            _health(one, deployment, sighting, facts),
            Cell(formats.percent(deployment.share), "text" if deployment.share else "muted"),
            Cell(short_image(deployment.image), "muted", tip=deployment.image) if deployment.image else _NOTHING,
            *_counts(sighting),
            Cell(formats.count(deployment.restarts), "text" if deployment.restarts else "muted"),
            Cell(formats.moment(deployment.created_at, now), "muted", tip=formats.full_moment(deployment.created_at)),
            Cell(deployment.created_by, "muted"),
            _action(one, deployment),
        ),
    )


def _status(deployment: Deployment, sighting: Sighting | None) -> Sign:
    """One that is kept warm runs, although nothing is asked of it."""
    warm = deployment.status is DeploymentStatus.STOPPED and sighting is not None and sighting.observation.running
    return deployment_sign("running" if warm else deployment.status)


def _health(one: EndpointFacts, deployment: Deployment, sighting: Sighting | None, facts: DeploymentFacts) -> Cell:
    if deployment is one.answering:
        return Cell(sign=health_sign(reading.seen_health(deployment, facts.read_at)))
    if sighting is not None and sighting.observation.running:
        return Cell(sign=health_sign("healthy" if sighting.observation.healthy else "degraded"))
    return _NOTHING


def _counts(sighting: Sighting | None) -> tuple[Cell, Cell, Cell]:
    if sighting is None or not sighting.observation.running:
        return _NOTHING, _NOTHING, _NOTHING
    seen = sighting.observation
    return (
        Cell(formats.count(seen.requests), tip="Since it was started"),
        Cell(milliseconds(seen.p99_ms)) if seen.requests else _NOTHING,
        Cell(formats.size(sighting.memory)) if sighting.memory else _NOTHING,
    )


def _action(one: EndpointFacts, deployment: Deployment) -> Cell:
    if not reading.can_return_to(one, deployment):
        return Cell("")
    words = "Roll back…" if one.answering is not None else "Start again…"
    return Cell(words, "accent-text", tip=reading.return_words(one, deployment))


def rollout_rows(facts: DeploymentFacts, one: EndpointFacts) -> list[CellRow]:
    now = facts.read_at
    return [
        CellRow(
            rollout.id,
            (
                Cell(rollouts.change_title(rollout, one.deployments), strong=True),
                Cell(sign=rollouts.result_sign(rollout), tip=rollout.failure.message if rollout.failure else ""),
                Cell(rollouts.took(rollout, now)),
                Cell(rollout.created_by, "muted"),
                Cell(formats.moment(rollout.created_at, now), "muted", tip=formats.full_moment(rollout.created_at)),
            ),
        )
        for rollout in one.rollouts
    ]


def milliseconds(value: float) -> str:
    return f"{formats.number(value, 1 if value < 100 else 0)} ms"


# --- the cards --------------------------------------------------------------------------------------------------------


def version_facts(one: EndpointFacts) -> list[tuple[str, str]]:
    """Where what answers came from, back to the data."""
    version = one.version
    if version is None:
        return []
    facts = [("Model version", version.reference), ("Estimator", formats.estimator(version.estimator))]
    if version.run_name:
        facts.append(("Trained in", version.run_name))
    if version.dataset_reference:
        facts.append(("On", version.dataset_reference.replace("@v", " v")))
    if version.aliases:
        facts.append(("Aliases", ", ".join(version.aliases)))
    facts.append(("Bundle", formats.short_hash(version.manifest_hash)))
    return facts


def request_facts(sighting: Sighting | None) -> list[tuple[str, str]]:
    """What the answering server counted since it was started."""
    if sighting is None or not sighting.observation.running:
        return []
    seen = sighting.observation
    facts = [
        ("Requests", formats.count(seen.requests)),
        ("Rows answered", formats.count(seen.rows)),
        ("Refused", formats.count(seen.refused)),
        ("Errors of ours", formats.count(seen.errors)),
    ]
    if seen.requests:
        facts.append(("Half within", milliseconds(seen.p50_ms)))
        facts.append(("99 % within", milliseconds(seen.p99_ms)))
    if seen.log_lost:
        facts.append(("Lost for its log", formats.count(seen.log_lost)))
    return facts


def server_facts(facts: DeploymentFacts, one: EndpointFacts, sighting: Sighting | None) -> list[tuple[str, str]]:
    """What answers, as a process or container, and its address."""
    now, answering = facts.read_at, one.answering
    rows = [("Address", address_on_host(one.endpoint))]
    if answering is None:
        return rows
    since = "Answers since" if reading.answers_now(answering) else "Should answer since"
    rows.append((since, formats.moment(reading.answering_since(one, answering), now)))
    if answering.checked_at:
        rows.append(("Last seen", formats.moment(answering.checked_at, now)))
    seen = sighting.observation if sighting is not None and sighting.observation.known else None
    if answering.process:
        rows.append(("Process", str(answering.process.pid)))
    if answering.image:
        rows.append(("Image", short_image(answering.image)))
    if answering.container and answering.container.id:
        rows.append(("Container", short_image(answering.container.id)))
    if sighting is not None and sighting.memory:
        rows.append(("Memory", formats.size(sighting.memory)))
    if seen is not None and seen.processors is not None:
        rows.append(("Processors in use", f"{seen.processors:.2f}"))
    if seen is not None and (seen.out_of_memory or seen.engine_restarts):
        rows.append(("Ended for memory", "yes" if seen.out_of_memory else "no"))
        rows.append(("Restarts by Docker", formats.count(seen.engine_restarts)))
    rows.append(("Restarts by itself", formats.count(answering.restarts)))
    return rows


def address_on_host(endpoint: Endpoint) -> str:
    """Where it answers, as seen from its host."""
    if not endpoint.port:
        return "not yet given"
    return f"0.0.0.0:{endpoint.port}" if endpoint.published else f"127.0.0.1:{endpoint.port}"


def short_image(identity: str) -> str:
    """As Docker shows identities."""
    return identity.removeprefix("sha256:")[:12]
