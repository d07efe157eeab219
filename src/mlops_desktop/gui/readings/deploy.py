"""What the Deploy dialog asks and says: versions, endpoints, a free port, and what will happen in words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from mlops_desktop.domain.hosts import THIS_COMPUTER, HostKind
from mlops_desktop.gui.readings.deployments import EndpointFacts, read_deployments, version_words

if TYPE_CHECKING:
    from mlops_desktop.domain.deployments import PortUse
    from mlops_desktop.domain.hosts import HostState
    from mlops_desktop.domain.models import ModelVersion
    from mlops_desktop.services.workspace import Workspace

FIRST_PORT = 8080


@dataclass(frozen=True)
class DeployFacts:
    """`versions` are those of every model, newest first within each; `port` is a free one of this computer."""

    versions: tuple[ModelVersion, ...] = ()
    endpoints: tuple[EndpointFacts, ...] = ()
    taken: frozenset[str] = frozenset()
    port: int = 0
    hosts: tuple[HostState, ...] = ()

    def version(self, reference: str) -> ModelVersion | None:
        return next((one for one in self.versions if one.reference == reference), None)

    def endpoint(self, name: str) -> EndpointFacts | None:
        return next((one for one in self.endpoints if one.name == name), None)

    def on(self, host: str) -> list[EndpointFacts]:
        return [one for one in self.endpoints if one.endpoint.host == host]


@dataclass(frozen=True)
class DeployPlan:
    """What is wished for: a version, and the endpoint it shall answer behind, on this host at this port if it is new.

    A new one that is `published` answers on every network of its host.
    """

    reference: str
    endpoint: str
    port: int = 0
    existing: EndpointFacts | None = None
    host: str = THIS_COMPUTER
    published: bool = False

    @property
    def in_containers(self) -> bool:
        return self.host != THIS_COMPUTER

    @property
    def version(self) -> str:
        return self.reference.rpartition("@")[2]

    @property
    def command(self) -> str:
        line = f"mlops deployments deploy {shlex.quote(self.reference)} --endpoint {shlex.quote(self.endpoint)}"
        if self.in_containers and self.existing is None:
            line += f" --host {shlex.quote(self.host)}"
        if self.published:
            line += " --publish"
        return f"{line} --port {self.port}" if self.port else line


def read_deploy(workspace: Workspace, now: datetime, reference: str) -> tuple[DeployFacts, str]:
    """The facts, and the reference with its number where one was given by alias."""
    from mlops_desktop.services.trash import Kind

    versions: list[ModelVersion] = []
    for model in workspace.models.list():
        versions += reversed(workspace.models.versions(model.name))
    endpoints = read_deployments(workspace, now).endpoints
    trashed = {item.name for item in workspace.trash.list() if item.kind is Kind.ENDPOINT}
    facts = DeployFacts(
        versions=tuple(versions),
        endpoints=endpoints,
        taken=frozenset({one.name for one in endpoints} | trashed),
        port=workspace.deployments.port_use(FIRST_PORT).next_free,
        hosts=tuple(workspace.hosts.list()),
    )
    return facts, workspace.models.get(reference).reference if reference else ""


def suggested_host(facts: DeployFacts, reference: str, endpoint: str = "", host: str = "") -> str:
    """The wished one; else where the endpoint or this model is; else the Docker of this computer if it answered."""
    known = [state.host.name for state in facts.hosts]
    one = facts.endpoint(endpoint) or (None if host in known else suggested_endpoint(facts, reference))
    if one is not None:
        return one.endpoint.host
    if host in known:
        return host
    local = (state for state in facts.hosts if state.host.kind is HostKind.DOCKER)
    return next((state.host.name for state in local if state.report is not None and state.report.ok), THIS_COMPUTER)


def suggested_endpoint(facts: DeployFacts, reference: str, host: str = "") -> EndpointFacts | None:
    """The one that answers with this model already, if there is one, on this host if one is named."""
    model = reference.rpartition("@")[0]
    same = [
        one
        for one in facts.endpoints
        if one.spoken_of is not None
        and one.spoken_of.model_reference.rpartition("@")[0] == model
        and host in ("", one.endpoint.host)
    ]
    return next((one for one in same if one.name == model), next(iter(same), None))


def suggested_name(facts: DeployFacts, reference: str) -> str:
    model = reference.rpartition("@")[0] or "endpoint"
    if model not in facts.taken:
        return model
    return next(name for number in count(2) if (name := f"{model}-{number}") not in facts.taken)


def endpoint_words(one: EndpointFacts) -> str:
    """An endpoint as a choice: its name and what it answers with."""
    answering = one.answering
    if answering is None:
        return f"{one.name} · stopped"
    return f"{one.name} · {version_words(answering.model_reference, one.name)} answers · port {one.endpoint.port}"


def effects(plan: DeployPlan) -> list[tuple[str, str]]:
    """What will happen, in order, as (icon, sentence)."""
    new = plan.version
    answering = plan.existing.answering if plan.existing is not None else None
    if answering is None:
        port = f"port {plan.port}" if plan.port else "a free port, kept from then on"
        if plan.existing is not None and plan.existing.endpoint.port:
            port = f"port {plan.existing.endpoint.port}, as before"
        return [
            *_sent(plan),
            ("play", f"A {_thing(plan)} of its own starts {new} on {plan.host}, at {port}."),
            ("circle-check", "It takes requests when it is healthy and answers its stored example rightly."),
            ("key-round", _token_words(plan)),
            ("triangle-alert", "If a step fails, nothing answers there and you are told why."),
        ]
    old = version_words(answering.model_reference, plan.endpoint)
    return [
        *_sent(plan),
        ("play", f"{new} starts beside {old}; {old} answers all requests meanwhile."),
        ("circle-check", f"When {new} is healthy and answers its stored example rightly, it takes over."),
        ("server", f"{old} finishes what is open and stays warm for the way back. No request fails."),
        ("shield-check", f"If a step fails, nothing is switched and {old} goes on."),
    ]


def _thing(plan: DeployPlan) -> str:
    return "container" if plan.in_containers else "process"


def _sent(plan: DeployPlan) -> list[tuple[str, str]]:
    """Where data goes is said before it goes."""
    if not plan.in_containers:
        return []
    words = f"An image is made here; only the layers that {plan.host} lacks are sent to it. It needs no network for it."
    return [("package", words)]


def published_words(host: str) -> str:
    return (
        f"Whoever reaches {host} over any network may ask it. The token is still needed, but it travels as plain text: "
        "put something that speaks HTTPS before it where others can listen."
    )


def _token_words(plan: DeployPlan) -> str:
    if plan.existing is not None:
        return "The address and the token stay as they were."
    return "A token is made and shown once; requests without it are refused."


def name_fault(facts: DeployFacts, name: str) -> str:
    """Why a new endpoint cannot be called so; "" where it can."""
    from mlops_desktop.domain.errors import InvalidNameError
    from mlops_desktop.domain.names import check_name

    try:
        checked = check_name(name, "endpoint")
    except InvalidNameError as error:
        return f"{error.message} {error.hint}".strip()
    if facts.endpoint(checked) is not None:
        return f"There is an endpoint {checked}."
    return f"An endpoint {checked} is in the trash." if checked in facts.taken else ""


def port_number(text: str) -> int | None:
    """The port that was typed; None where it is none."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 5):
        return None
    return int(digits) if 1 <= int(digits) <= 65535 else None


def port_fault(use: PortUse) -> str:
    return f"Used by {use.holder}." if use.holder else ""


def version_rows(versions: Sequence[ModelVersion], wanted: str) -> list[ModelVersion]:
    """Those that the words find."""
    words = wanted.lower().split()
    return [one for one in versions if all(word in _haystack(one) for word in words)]


def _haystack(version: ModelVersion) -> str:
    return f"{version.reference} {version.estimator} {version.run_name} {' '.join(version.aliases)}".lower()
