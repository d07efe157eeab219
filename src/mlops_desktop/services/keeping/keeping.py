"""Everything the keeper cares for, in one hand."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_desktop.domain.errors import UserError
from mlops_desktop.domain.hosts import THIS_COMPUTER
from mlops_desktop.services.keeping.endpoints import EndpointSupervisor
from mlops_desktop.services.keeping.jobs import JobSupervisor
from mlops_desktop.services.keeping.rollouts import RolloutSupervisor
from mlops_desktop.services.open_work import anything_open
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import ChangeFeed
from mlops_desktop.services.settings import CONCURRENT_JOBS, SettingService


class Keeping:
    """The keeper's view of a workspace. Jobs are turned by one thread, and each host by one of its own."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        parts.registry.keep_reserve()
        self._jobs = JobSupervisor(parts, int(SettingService(parts).get(CONCURRENT_JOBS)))
        self._rollouts = RolloutSupervisor(parts)
        self._endpoints = EndpointSupervisor(parts, self._rollouts)

    def feed(self) -> ChangeFeed:
        return self._parts.registry.open_feed()

    def turn_jobs(self) -> bool:
        """Says whether a job is queued or running."""
        return self._jobs.turn()

    def hosts(self) -> Sequence[str]:
        """The hosts that have endpoints, this computer first."""
        with self._parts.registry.read() as unit:
            names = (endpoint.host for endpoint in unit.deployments.endpoints())
            return list(dict.fromkeys((THIS_COMPUTER, *names)))

    def turn_host(self, host: str) -> bool:
        """Says whether a rollout was under way on it or an endpoint there should answer."""
        moved = self._rollouts.turn(host)
        return self._endpoints.turn(host) or moved

    def give_up(self, host: str) -> bool:
        """Fails the rollouts on a host that no turn can carry on, by an error of ours."""
        return self._rollouts.give_up(host)

    def anything_open(self) -> bool:
        return anything_open(self._parts.registry)

    def prepare_worker(self) -> None:
        self._parts.workers.prepare()

    def release_worker(self) -> None:
        """Lets the warm worker go; the next job or call makes a new one."""
        self._parts.workers.rest()

    def trouble(self) -> str:
        """Why the registry cannot be kept from here any more, or nothing: it went away, or was replaced."""
        try:
            self._parts.registry.look()
        except UserError as error:
            return error.message
        return ""

    def checkpoint(self) -> str:
        """Moves the write-ahead log into the database; gives why it could not, or nothing.

        The reserve that gave way on a full disk is made again where there is room.
        """
        self._parts.registry.keep_reserve()
        try:
            self._parts.registry.checkpoint()
        except UserError as error:
            return error.message
        return ""

    def keep_copy(self) -> str:
        """Makes the day's copy of the registry where one is due; gives why it could not, or nothing."""
        try:
            self._parts.registry.keep_copy()
        except UserError as error:
            return error.message
        return ""

    def close(self) -> None:
        self._parts.workers.close()
        self._parts.hosts.close()
        self._parts.registry.close()
