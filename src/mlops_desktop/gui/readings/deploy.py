"""What the Deploy dialog asks and says: versions, endpoints, a free port, and what will happen in words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from mlops_desktop.gui.readings.deployments import EndpointFacts, read_deployments, version_words

if TYPE_CHECKING:
    from mlops_desktop.domain.deployments import PortUse
    from mlops_desktop.domain.models import ModelVersion
    from mlops_desktop.services.workspace import Workspace

FIRST_PORT = 8080


@dataclass(frozen=True)
class DeployFacts:
    """`versions` are those of every model, newest first within each; `port` is a free one."""

    versions: tuple[ModelVersion, ...] = ()
    endpoints: tuple[EndpointFacts, ...] = ()
    taken: frozenset[str] = frozenset()
    port: int = 0

    def version(self, reference: str) -> ModelVersion | None:
        return next((one for one in self.versions if one.reference == reference), None)

    def endpoint(self, name: str) -> EndpointFacts | None:
        return next((one for one in self.endpoints if one.name == name), None)


@dataclass(frozen=True)
class DeployPlan:
    """What is wished for: a version, and the endpoint it shall answer behind, at this port if it is new."""

    reference: str
    endpoint: str
    port: int = 0
    existing: EndpointFacts | None = None

    @property
    def version(self) -> str:
        return self.reference.rpartition("@")[2]

    @property
    def command(self) -> str:
        line = f"mlops deployments deploy {shlex.quote(self.reference)} --endpoint {shlex.quote(self.endpoint)}"
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
    )
    return facts, workspace.models.get(reference).reference if reference else ""


def suggested_endpoint(facts: DeployFacts, reference: str) -> EndpointFacts | None:
    """The one that answers with this model already, if there is one."""
    model = reference.rpartition("@")[0]
    same = [
        one
        for one in facts.endpoints
        if one.spoken_of is not None and one.spoken_of.model_reference.rpartition("@")[0] == model
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
            ("play", f"A process of its own starts {new} on this computer, at {port}."),
            ("circle-check", "It takes requests when it is healthy and answers its stored example rightly."),
            ("key-round", _token_words(plan)),
            ("triangle-alert", "If a step fails, nothing answers there and you are told why."),
        ]
    old = version_words(answering.model_reference, plan.endpoint)
    return [
        ("play", f"{new} starts beside {old}; {old} answers all requests meanwhile."),
        ("circle-check", f"When {new} is healthy and answers its stored example rightly, it takes over."),
        ("server", f"{old} finishes what is open and stays warm for the way back. No request fails."),
        ("shield-check", f"If a step fails, nothing is switched and {old} goes on."),
    ]


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
