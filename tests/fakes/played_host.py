"""A real workspace whose endpoints are played: no processes, rare states at once, and answers that look real."""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.host import FakeHost, FakeMachine
from tests.fakes.hosts import KEY, FakeHosts

from mlops_desktop.domain.deployments import Deployment, Endpoint, Observation, RolloutStep
from mlops_desktop.domain.errors import RequestRefusedError
from mlops_desktop.domain.hosts import Host, HostKind, HostReport
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.services.deployments import DeploymentService
from mlops_desktop.services.hosts import HostService
from mlops_desktop.services.keeping.endpoints import EndpointSupervisor
from mlops_desktop.services.keeping.progress import RolloutProgress
from mlops_desktop.services.keeping.rollouts import RolloutSupervisor
from mlops_desktop.services.trials import TrialService
from mlops_desktop.services.workspace import Workspace

LABELS = {"penguin-species": ("Adelie", "Chinstrap", "Gentoo")}
"""Of the models that do not say yes or no."""
THRESHOLD = 0.5


class PlayedHost(FakeHost):
    """Answers with probabilities that depend on the row alone; `refusal` is what it says instead, once it is set."""

    refusal: RequestRefusedError | None = None

    def observe(self, deployment_id: str) -> Observation:
        seen = super().observe(deployment_id)
        if not seen.requests:
            return seen
        return dataclasses.replace(seen, rows=seen.requests + seen.requests // 9, refused=2, p50_ms=3.14, p99_ms=8.42)

    def predict(self, endpoint_url: str, token: str, rows: Sequence[Mapping[str, object]]) -> dict[str, Any]:
        answer = super().predict(endpoint_url, token, rows)
        if self.refusal is not None:
            raise self.refusal
        name = str(answer["model"]).partition("@")[0]
        return {"model": answer["model"], "predictions": [_predict(LABELS.get(name), row) for row in rows]}


def _predict(labels: Sequence[str] | None, row: Mapping[str, object]) -> dict[str, Any]:
    share = zlib.crc32(json.dumps(dict(row), default=str).encode()) % 9000 / 10_000 + 0.05
    if labels is None:
        chances = {"false": 1 - share, "true": share}
        return {"prediction": "true" if share >= THRESHOLD else "false", "probabilities": chances}
    rest = (1 - share) / (len(labels) - 1)
    chances = {label: share if place == 0 else rest for place, label in enumerate(labels)}
    return {"prediction": max(chances, key=lambda label: chances[label]), "probabilities": chances}


class Moving:
    """A clock that a test moves; it begins now."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


class PlayedEndpoints:
    """Takes the place of the workspace's host; what the keeper would do is done at once, in this process."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.machine = FakeMachine()
        self.host = PlayedHost(self.machine)
        self.clock = Moving()
        self.hosts = FakeHosts(host=self.host)
        self.parts = dataclasses.replace(
            workspace._parts, hosts=self.hosts, clock=self.clock, start_keeper=lambda: False
        )  # fmt: skip
        workspace.deployments = DeploymentService(self.parts)
        workspace.trials = TrialService(self.parts)
        workspace.hosts = HostService(self.parts)

    def add_host(self, name: str, kind: HostKind, address: str = "", *, report: HostReport | None = None) -> Host:
        """A host that was confirmed; `report` is what it is found to be from now on, else all is well."""
        certificate = "-----BEGIN CERTIFICATE-----\nbWxvcHM=\n-----END CERTIFICATE-----\n"
        pinned = {HostKind.SSH: KEY, HostKind.TLS: certificate}.get(kind, "")
        login = {HostKind.SSH: "/home/ds-lead/.ssh/id_ed25519", HostKind.TLS: f"/home/ds-lead/.docker/{name}"}
        host = Host(new_identifier(), name, kind, self.clock(), "on-call", address, login.get(kind, ""), pinned)
        self.workspace.hosts.add(host)
        self.hosts.others[name] = PlayedHost(FakeMachine(in_containers=True))
        if report is not None:
            self.hosts.reports[name] = report
        return host

    def machine_of(self, name: str) -> FakeMachine:
        return self.hosts.others[name].machine

    def deploy(self, reference: str, *, hours_ago: float = 0.0, **options: Any) -> Endpoint:
        self.go_back(hours_ago)
        order = self.workspace.deployments.deploy(reference, **options)
        self.roll_out()
        return self.workspace.deployments.endpoint(order.endpoint.name)

    def do(self, work: Callable[[DeploymentService], object], *, hours_ago: float = 0.0) -> None:
        self.go_back(hours_ago)
        work(self.workspace.deployments)
        self.roll_out()

    def go_back(self, hours: float) -> None:
        self.clock.now = datetime.now(UTC) - timedelta(hours=hours)

    def roll_out(self) -> None:
        RolloutSupervisor(self.parts).turn()

    def look(self) -> None:
        """As the keeper does every few seconds; what it saw is seen now."""
        self.go_back(0)
        EndpointSupervisor(self.parts, RolloutSupervisor(self.parts)).turn()

    def answering(self, endpoint: str) -> Deployment:
        wanted = self.workspace.deployments.endpoint(endpoint).wanted_deployment_id
        return next(one for one in self.workspace.deployments.history(endpoint) if one.id == wanted)

    def count(self, endpoint: str, requests: int) -> None:
        """So many requests were answered."""
        host = self.workspace.deployments.endpoint(endpoint).host
        machine = self.machine_of(host) if host in self.hosts.others else self.machine
        machine.servers[self.answering(endpoint).id].requests = requests

    def build(self, endpoint: str, *said: tuple[str, int, int]) -> None:
        """The open rollout builds its image and has said so much (sentence, bytes done, bytes of all)."""
        with self.parts.registry.write() as unit:
            target = unit.deployments.find_endpoint(endpoint)
            assert target is not None
            (rollout,) = unit.deployments.rollouts(target.id, open_only=True)
            rollout = dataclasses.replace(
                rollout, step=RolloutStep.BUILD, steps=rollout.at(RolloutStep.BUILD, self.clock())
            )
            unit.deployments.update_rollout(rollout)
            unit.commit()
        for sentence, done, total in said:
            progress = RolloutProgress(self.parts, rollout)
            progress.report(sentence, done, total)

    def log(self, deployment: Deployment, *records: Mapping[str, object]) -> None:
        """What a server would have written, a record a second from its start on."""
        folder = self.parts.deployment_folder(deployment.id)
        folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for place, record in enumerate(records):
            at = deployment.created_at + timedelta(seconds=1.013 * place)
            lines.append(json.dumps({"time": at.isoformat(), "level": "info", **record}))
        (folder / "serving.log").write_text("".join(f"{line}\n" for line in lines))
