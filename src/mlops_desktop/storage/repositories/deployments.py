"""Endpoints, deployments and rollouts in the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from mlops_desktop.domain.changes import ChangeKind
from mlops_desktop.domain.deployments import Deployment, Endpoint, Rollout, RolloutStep
from mlops_desktop.storage.rows import DeploymentRow, EndpointRow, RolloutRow
from mlops_desktop.storage.transaction import Transaction


class SqlDeploymentRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add_endpoint(self, endpoint: Endpoint) -> None:
        row = EndpointRow(
            id=endpoint.id, created_at=endpoint.created_at, revision=endpoint.revision, **_changing_endpoint(endpoint)
        )
        self._transaction.add(row)
        self._transaction.note(ChangeKind.ENDPOINT, endpoint.id)

    def update_endpoint(self, endpoint: Endpoint) -> None:
        row = self._endpoint_row(endpoint.id)
        self._transaction.revise(row, endpoint.revision, f"endpoint {endpoint.name}", **_changing_endpoint(endpoint))
        self._transaction.note(ChangeKind.ENDPOINT, endpoint.id)

    def remove_endpoint(self, endpoint_id: str) -> None:
        row = self._endpoint_row(endpoint_id)
        of_deployments = select(DeploymentRow.id).where(DeploymentRow.endpoint_id == endpoint_id)
        for deployment_id in self._transaction.all(of_deployments):
            self._transaction.note(ChangeKind.DEPLOYMENT, deployment_id)
        of_rollouts = select(RolloutRow.id).where(RolloutRow.endpoint_id == endpoint_id)
        for rollout_id in self._transaction.all(of_rollouts):
            self._transaction.note(ChangeKind.ROLLOUT, rollout_id)
        self._transaction.remove(row)
        self._transaction.note(ChangeKind.ENDPOINT, endpoint_id)

    def endpoint(self, endpoint_id: str) -> Endpoint | None:
        row = self._transaction.one(select(EndpointRow).where(EndpointRow.id == endpoint_id))
        return _endpoint(row) if row else None

    def find_endpoint(self, name: str) -> Endpoint | None:
        row = self._transaction.one(select(EndpointRow).where(EndpointRow.name == name))
        return _endpoint(row) if row else None

    def endpoints(self, *, trashed: bool = False) -> Sequence[Endpoint]:
        wanted = EndpointRow.trashed_at.is_not(None) if trashed else EndpointRow.trashed_at.is_(None)
        return [
            _endpoint(row) for row in self._transaction.all(select(EndpointRow).where(wanted).order_by(EndpointRow.seq))
        ]

    def add(self, deployment: Deployment) -> None:
        row = DeploymentRow(
            id=deployment.id,
            endpoint_id=deployment.endpoint_id,
            number=deployment.number,
            created_at=deployment.created_at,
            created_by=deployment.created_by,
            **_changing_deployment(deployment),
        )
        self._transaction.add(row)
        self._transaction.note(ChangeKind.DEPLOYMENT, deployment.id)

    def update(self, deployment: Deployment) -> None:
        row = self._transaction.needed(select(DeploymentRow).where(DeploymentRow.id == deployment.id), "deployment")
        self._transaction.change(row, **_changing_deployment(deployment))
        self._transaction.note(ChangeKind.DEPLOYMENT, deployment.id)

    def get(self, deployment_id: str) -> Deployment | None:
        found = self._transaction.pairs(_deployments().where(DeploymentRow.id == deployment_id))
        return next((_deployment(row, name) for row, name in found), None)

    def list(self, endpoint_id: str | None = None) -> Sequence[Deployment]:
        statement = _deployments().order_by(DeploymentRow.seq.desc())
        if endpoint_id is not None:
            statement = statement.where(DeploymentRow.endpoint_id == endpoint_id)
        return [_deployment(row, name) for row, name in self._transaction.pairs(statement)]

    def add_rollout(self, rollout: Rollout) -> None:
        row = RolloutRow(
            id=rollout.id,
            endpoint_id=rollout.endpoint_id,
            kind=rollout.kind,
            created_at=rollout.created_at,
            created_by=rollout.created_by,
            **_changing_rollout(rollout),
        )
        self._transaction.add(row)
        self._transaction.note(ChangeKind.ROLLOUT, rollout.id)

    def update_rollout(self, rollout: Rollout) -> None:
        row = self._transaction.needed(select(RolloutRow).where(RolloutRow.id == rollout.id), "rollout")
        self._transaction.change(row, **_changing_rollout(rollout))
        self._transaction.note(ChangeKind.ROLLOUT, rollout.id)

    def rollout(self, rollout_id: str) -> Rollout | None:
        row = self._transaction.one(select(RolloutRow).where(RolloutRow.id == rollout_id))
        return _rollout(row) if row else None

    def rollouts(self, endpoint_id: str | None = None, *, open_only: bool = False) -> Sequence[Rollout]:
        statement = select(RolloutRow).order_by(RolloutRow.seq)
        if endpoint_id is not None:
            statement = statement.where(RolloutRow.endpoint_id == endpoint_id)
        if open_only:
            statement = statement.where(RolloutRow.step.not_in([step for step in RolloutStep if step.is_ended]))
        return [_rollout(row) for row in self._transaction.all(statement)]

    def _endpoint_row(self, endpoint_id: str) -> EndpointRow:
        return self._transaction.needed(select(EndpointRow).where(EndpointRow.id == endpoint_id), "endpoint")


def _deployments() -> Select[DeploymentRow, str]:
    return select(DeploymentRow, EndpointRow.name).join(EndpointRow, EndpointRow.id == DeploymentRow.endpoint_id)


def _changing_endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "name": endpoint.name,
        "host": endpoint.host,
        "port": endpoint.port,
        "token_sha256": endpoint.token_sha256,
        "wanted_deployment_id": endpoint.wanted_deployment_id,
        "trashed_at": endpoint.trashed_at,
        "published": endpoint.published,
        "trial": endpoint.trial,
    }


def _changing_deployment(deployment: Deployment) -> dict[str, Any]:
    return {
        "model_version_id": deployment.model_version_id,
        "model_reference": deployment.model_reference,
        "manifest_hash": deployment.manifest_hash,
        "status": deployment.status,
        "health": deployment.health,
        "share": deployment.share,
        "process": deployment.process,
        "checked_at": deployment.checked_at,
        "stopped_at": deployment.stopped_at,
        "restarts": deployment.restarts,
        "failure": deployment.failure,
        "container": deployment.container,
        "image": deployment.image,
    }


def _changing_rollout(rollout: Rollout) -> dict[str, Any]:
    return {
        "from_deployment_id": rollout.from_deployment_id,
        "to_deployment_id": rollout.to_deployment_id,
        "step": rollout.step,
        "finished_at": rollout.finished_at,
        "failure": rollout.failure,
        "steps": rollout.steps,
        "cancelled_by": rollout.cancelled_by,
        "trial": rollout.trial,
    }


def _endpoint(row: EndpointRow) -> Endpoint:
    return Endpoint(
        id=row.id,
        name=row.name,
        host=row.host,
        port=row.port,
        token_sha256=row.token_sha256,
        created_at=row.created_at,
        wanted_deployment_id=row.wanted_deployment_id,
        trashed_at=row.trashed_at,
        revision=row.revision,
        published=row.published,
        trial=row.trial,
    )


def _deployment(row: DeploymentRow, endpoint_name: str) -> Deployment:
    return Deployment(
        id=row.id,
        endpoint_id=row.endpoint_id,
        endpoint_name=endpoint_name,
        number=row.number,
        model_version_id=row.model_version_id,
        model_reference=row.model_reference,
        manifest_hash=row.manifest_hash,
        status=row.status,
        health=row.health,
        share=row.share,
        created_at=row.created_at,
        created_by=row.created_by,
        process=row.process,
        checked_at=row.checked_at,
        stopped_at=row.stopped_at,
        restarts=row.restarts,
        failure=row.failure,
        container=row.container,
        image=row.image,
    )


def _rollout(row: RolloutRow) -> Rollout:
    return Rollout(
        id=row.id,
        endpoint_id=row.endpoint_id,
        kind=row.kind,
        from_deployment_id=row.from_deployment_id,
        to_deployment_id=row.to_deployment_id,
        step=row.step,
        created_at=row.created_at,
        created_by=row.created_by,
        finished_at=row.finished_at,
        failure=row.failure,
        steps=row.steps,
        cancelled_by=row.cancelled_by,
        trial=row.trial,
    )
