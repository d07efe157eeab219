"""Whether a workspace has work for a keeper."""

from __future__ import annotations

from mlops_desktop.domain.jobs import JobStatus
from mlops_desktop.services.ports import Registry


def anything_open(registry: Registry) -> bool:
    """Whether a job waits or runs, a rollout is under way, or an endpoint should answer."""
    with registry.read() as unit:
        return bool(
            unit.jobs.list(statuses=(JobStatus.QUEUED, JobStatus.RUNNING))
            or unit.deployments.rollouts(open_only=True)
            or any(endpoint.wanted_deployment_id for endpoint in unit.deployments.endpoints())
        )
