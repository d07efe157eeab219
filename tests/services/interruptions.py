"""A keeper that is killed at its Nth step: after anything that lasts (which is before the next), or at any line."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self, cast

from mlops_desktop.domain.hosts import Host
from mlops_desktop.services import keeping
from mlops_desktop.services.host_ports import Hosts
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import ArtifactStore, BundleStore, Registry, UnitOfWork, Workers

KEEPING = str(Path(next(iter(keeping.__path__))))
LASTING: dict[str, frozenset[str]] = {
    "workers": frozenset({"start_job", "ask_to_stop", "end"}),
    "artifacts": frozenset({"add"}),
    "bundles": frozenset({"add"}),
    "host": frozenset(
        {"prepare", "build", "start", "check", "accept", "drain", "stop", "release", "set_token", "split", "shadow"}
    ),
}
"""What outlives a killed keeper, beside a commit."""


class KilledError(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


class Killer:
    """Kills at the Nth step it is told of; 0 never does. `steps` says how many there were."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise KilledError

    def parts(self, parts: Parts) -> Parts:
        """These parts, each of whose lasting deeds is a step."""
        return dataclasses.replace(
            parts,
            registry=cast(Registry, _Registry(parts.registry, self)),
            workers=cast(Workers, Interrupted(parts.workers, self, LASTING["workers"])),
            artifacts=cast(ArtifactStore, Interrupted(parts.artifacts, self, LASTING["artifacts"])),
            bundles=cast(BundleStore, Interrupted(parts.bundles, self, LASTING["bundles"])),
            hosts=cast(Hosts, _Hosts(parts.hosts, self)),
        )

    @contextmanager
    def between_lines(self) -> Iterator[None]:
        """Inside, every line of the keeper's code is a step."""

        def on_line(frame: FrameType, event: str, argument: object) -> Any:
            if event == "line":
                self.step()
            return on_line

        def on_call(frame: FrameType, event: str, argument: object) -> Any:
            return on_line if frame.f_code.co_filename.startswith(KEEPING) else None

        before = sys.gettrace()
        sys.settrace(on_call)
        try:
            yield
        finally:
            sys.settrace(before)


class Interrupted:
    def __init__(self, target: object, killer: Killer, lasting: frozenset[str]) -> None:
        self._target = target
        self._killer = killer
        self._lasting = lasting

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        return _interrupted(found, self._killer) if name in self._lasting else found


def _interrupted(deed: Callable[..., Any], killer: Killer) -> Callable[..., Any]:
    def do(*arguments: Any, **named: Any) -> Any:
        result = deed(*arguments, **named)
        killer.step()
        return result

    return do


class _Hosts:
    def __init__(self, hosts: Hosts, killer: Killer) -> None:
        self._hosts = hosts
        self._killer = killer

    def at(self, host: Host, here: Host | None = None) -> Any:
        return Interrupted(self._hosts.at(host, here), self._killer, LASTING["host"])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hosts, name)


class _Registry:
    def __init__(self, registry: Registry, killer: Killer) -> None:
        self._registry = registry
        self._killer = killer

    def write(self) -> _Unit:
        return _Unit(self._registry.write(), self._killer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)


class _Unit:
    def __init__(self, unit: UnitOfWork, killer: Killer) -> None:
        self._unit = unit
        self._killer = killer

    def __enter__(self) -> Self:
        self._unit.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unit.__exit__(kind, error, trace)

    def commit(self) -> None:
        _interrupted(self._unit.commit, self._killer)()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)
