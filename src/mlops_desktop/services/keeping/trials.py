"""How a trial is taken back: from the server that gave a share away, and from the registry."""

from __future__ import annotations

import dataclasses
from typing import Any

from mlops_desktop.domain.deployments import Deployment, Endpoint, Health
from mlops_desktop.services.host_ports import Host
from mlops_desktop.services.parts import Parts


def without_trial(host: Host, deployment: Deployment) -> None:
    """A server that answers alone keeps none of its connections for another one."""
    seen = host.observe(deployment.id)
    if seen.splitting is not None:
        host.split(deployment.id, "", 0.0)
    if seen.shadowing is not None:
        host.shadow(deployment.id, "", 0.0)


def forget_trial(parts: Parts, endpoint: Endpoint, **changes: Any) -> None:
    """The endpoint has one version again; the one that was tried is not placed any more, and changes so."""
    with parts.registry.write() as unit:
        current = unit.deployments.endpoint(endpoint.id) or endpoint
        tried = unit.deployments.get(current.trial.deployment_id) if current.trial is not None else None
        unit.deployments.update_endpoint(dataclasses.replace(current, trial=None))
        if tried is not None:
            ended = dataclasses.replace(
                tried, health=Health.UNKNOWN, share=0.0, process=None, container=None, stopped_at=parts.clock()
            )
            unit.deployments.update(dataclasses.replace(ended, **changes))
        unit.commit()
