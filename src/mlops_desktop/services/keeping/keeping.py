"""Everything the keeper cares for, in one hand."""

from __future__ import annotations

from mlops_desktop.domain.errors import UserError
from mlops_desktop.services.keeping.endpoints import EndpointSupervisor
from mlops_desktop.services.keeping.jobs import JobSupervisor
from mlops_desktop.services.keeping.rollouts import RolloutSupervisor
from mlops_desktop.services.open_work import anything_open
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import ChangeFeed
from mlops_desktop.services.settings import CONCURRENT_JOBS, SettingService


class Keeping:
    """The keeper's view of a workspace. Jobs and endpoints are turned by one thread each."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._jobs = JobSupervisor(parts, int(SettingService(parts).get(CONCURRENT_JOBS)))
        self._rollouts = RolloutSupervisor(parts)
        self._endpoints = EndpointSupervisor(parts, self._rollouts)

    def feed(self) -> ChangeFeed:
        return self._parts.registry.open_feed()

    def turn_jobs(self) -> bool:
        """Says whether a job is queued or running."""
        return self._jobs.turn()

    def turn_endpoints(self) -> bool:
        """Says whether a rollout was under way or an endpoint should answer."""
        moved = self._rollouts.turn()
        return self._endpoints.turn() or moved

    def anything_open(self) -> bool:
        return anything_open(self._parts.registry)

    def prepare_worker(self) -> None:
        self._parts.workers.prepare()

    def release_worker(self) -> None:
        """Lets the warm worker go; the next job or call makes a new one."""
        self._parts.workers.rest()

    def checkpoint(self) -> str:
        """Moves the write-ahead log into the database; gives why it could not, or nothing."""
        try:
            self._parts.registry.checkpoint()
        except UserError as error:
            return error.message
        return ""

    def close(self) -> None:
        self._parts.workers.close()
        self._parts.host.close()
        self._parts.registry.close()
