"""Which distributions a runtime is made of: those of this computer where they fit to the letter, else wheels."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.images.distributions import Distribution, installed_distribution
from mlops_desktop.hosts.images.fetching import Report, fetch_wheels
from mlops_desktop.hosts.images.targets import Target
from mlops_desktop.hosts.images.wheels import Wheel, fitting_wheels, read_wheel
from mlops_desktop.serving.libraries import NOT_IMPORTED


def resolve(
    names: Sequence[str], pins: Mapping[str, str], target: Target, wheels: Path, report: Report
) -> tuple[Distribution, ...]:
    """The named distributions with all that they need, in the order of their names, in the pinned versions.

    Raises DeploymentError where one cannot be had, and what `report` raises.
    """
    found = _installed(_Closure(names, pins, target), target) if target.is_running else None
    if found is None:
        found = _from_wheels(_Closure(names, pins, target), target, wheels, report)
    return tuple(found[name] for name in sorted(found))


@dataclass
class _Wanted:
    """Who wants a distribution, and how."""

    requirements: list[Requirement] = field(default_factory=list)
    extras: frozenset[str] = frozenset()

    def allows(self, version: str) -> bool:
        return all(requirement.specifier.contains(version, prereleases=True) for requirement in self.requirements)


class _Closure:
    """What is wanted by what was found so far."""

    def __init__(self, names: Sequence[str], pins: Mapping[str, str], target: Target) -> None:
        self._pins = pins
        self._target = target
        self.found: dict[str, Distribution] = {}
        self.wanted: dict[str, _Wanted] = {}
        for name in names:
            self._want(Requirement(name))

    def missing(self) -> list[str]:
        return sorted(self.wanted.keys() - self.found.keys())

    def add(self, distribution: Distribution) -> None:
        self.found[distribution.name] = distribution
        waiting = [distribution]
        while waiting:
            for requirement in self._needs(waiting.pop()):
                again = self._want(requirement)
                if again in self.found:  # an extra of it is wanted now
                    waiting.append(self.found[again])

    def _needs(self, distribution: Distribution) -> Iterator[Requirement]:
        extras = self.wanted[distribution.name].extras
        needed = (each for each in distribution.requires if canonicalize_name(each.name) not in NOT_IMPORTED)
        return (each for each in needed if self._target.needs(each, extras))

    def _want(self, requirement: Requirement) -> str:
        """Its name if it is wanted with more extras than before, else nothing."""
        if requirement.url:
            raise DeploymentError(f"A library wants {requirement.name} from an address of its own; that is refused.")
        name = canonicalize_name(requirement.name)
        if name not in self.wanted:
            pinned = [Requirement(f"{name}=={self._pins[name]}")] if name in self._pins else []
            self.wanted[name] = _Wanted(pinned)
        wanted = self.wanted[name]
        if requirement not in wanted.requirements:
            wanted.requirements.append(requirement)
        if wanted.extras >= requirement.extras:
            return ""
        wanted.extras |= requirement.extras
        return name

    def conflict(self) -> str:
        """A sentence on the first distribution that is not as another needs it, else nothing."""
        for name, distribution in self.found.items():
            if not self.wanted[name].allows(distribution.version):
                needs = " and ".join(sorted(str(requirement) for requirement in self.wanted[name].requirements))
                return f"{distribution} does not fit to what else the model needs: {needs}."
        return ""


def _installed(closure: _Closure, target: Target) -> dict[str, Distribution] | None:
    """Nothing where any of them is another version here, or is not here at all."""
    while missing := closure.missing():
        distribution = installed_distribution(missing[0], target)
        if distribution is None or not closure.wanted[missing[0]].allows(distribution.version):
            return None
        closure.add(distribution)
    return None if closure.conflict() else closure.found


def _from_wheels(closure: _Closure, target: Target, wheels: Path, report: Report) -> dict[str, Distribution]:
    """Wheels that are kept first; what is not pinned is taken in the version of this computer, where that fits."""
    wheels.mkdir(parents=True, exist_ok=True)
    while missing := closure.missing():
        orders = {name: _order(name, closure.wanted[name]) for name in missing}
        kept = fitting_wheels(wheels, target)
        chosen = {name: _choose(kept, name, closure.wanted[name], orders[name]) for name in missing}
        to_fetch = [orders[name] for name, wheel in chosen.items() if wheel is None]
        if to_fetch:
            fetch_wheels(to_fetch, target, wheels, report)
            kept = fitting_wheels(wheels, target)
        for name in missing:
            wheel = chosen[name] or _choose(kept, name, closure.wanted[name], orders[name])
            if wheel is None:
                raise DeploymentError(f"What was fetched for {orders[name]} does not run on {target}.")
            closure.add(read_wheel(wheel.file))
    if sentence := closure.conflict():
        raise DeploymentError(sentence, hint="Train the model anew with versions that fit together.")
    return closure.found


def _order(name: str, wanted: _Wanted) -> str:
    """What to ask pip for."""
    try:
        here = str(Version(importlib.metadata.version(name)))
    except (importlib.metadata.PackageNotFoundError, ValueError):
        here = ""
    if here and wanted.allows(here):
        return f"{name}=={here}"
    return name + ",".join(sorted({str(requirement.specifier) for requirement in wanted.requirements} - {""}))


def _choose(kept: Mapping[str, Sequence[Wheel]], name: str, wanted: _Wanted, order: str) -> Wheel | None:
    """The kept wheel of exactly the ordered version, else any that is allowed."""
    allowed = [wheel for wheel in kept.get(name, []) if wanted.allows(str(wheel.version))]
    ordered = Requirement(order).specifier
    return next((wheel for wheel in allowed if ordered.contains(wheel.version, prereleases=True)), None) or next(
        iter(allowed), None
    )
