"""For which Python, processor and C library a layer is made, in the words of engines, wheels and markers."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from functools import cache
from typing import Final

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags

from mlops_desktop.domain.errors import DeploymentError

_MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
_OLDEST_PYTHON: Final = (3, 11)
_NEWEST: Final = {"glibc": (2, 28), "musl": (1, 2)}
"""The newest version of the C library that a wheel may want: what base images of the last years have."""
_OLDEST_MINOR: Final = {"glibc": 5, "musl": 0}
_OLD_NAMES: Final = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


@dataclass(frozen=True)
class Target:
    """`architecture` as engines say it, `libc` either glibc or musl."""

    python: tuple[int, int]
    architecture: str
    libc: str = "glibc"

    def __post_init__(self) -> None:
        if self.architecture not in _MACHINES:
            raise DeploymentError(
                f"No image can be made for the processor {self.architecture!r}.",
                hint=f"Use a host with {' or '.join(_MACHINES)}.",
            )
        if self.libc not in _NEWEST or self.python < _OLDEST_PYTHON:
            raise DeploymentError(
                f"No image can be made on {self}.",
                hint="Use a base image with Python 3.11 or newer and glibc or musl, such as python:3.11-slim.",
            )

    def __str__(self) -> str:
        return f"Python {self.version} on {self.architecture} ({self.libc})"

    @property
    def version(self) -> str:
        return f"{self.python[0]}.{self.python[1]}"

    @property
    def machine(self) -> str:
        """As Linux says it."""
        return _MACHINES[self.architecture]

    @property
    def is_running(self) -> bool:
        """Whether this very interpreter could take the same files."""
        return (
            self.compiles
            and sys.platform == "linux"
            and platform.machine() == self.machine
            and (platform.libc_ver()[0] or "musl") == self.libc
        )

    @property
    def compiles(self) -> bool:
        """Whether what this interpreter compiles is what the target's would read."""
        return sys.implementation.name == "cpython" and sys.version_info[:2] == self.python

    def platforms(self) -> tuple[str, ...]:
        """The platform tags of wheels that run there, best first."""
        major, newest = _NEWEST[self.libc]
        kind = "manylinux" if self.libc == "glibc" else "musllinux"
        names: list[str] = []
        for minor in range(newest, _OLDEST_MINOR[self.libc] - 1, -1):
            names.append(f"{kind}_{major}_{minor}_{self.machine}")
            if kind == "manylinux" and minor in _OLD_NAMES:
                names.append(f"{_OLD_NAMES[minor]}_{self.machine}")
        return tuple(names)

    def needs(self, requirement: Requirement, extras: frozenset[str]) -> bool:
        """Whether the requirement's marker holds there, for a distribution that is wanted with these extras."""
        if requirement.marker is None:
            return True
        environment = {
            "implementation_name": "cpython",
            "implementation_version": f"{self.version}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.version}.0",
            "python_version": self.version,
            "sys_platform": "linux",
        }
        return any(requirement.marker.evaluate({**environment, "extra": extra}) for extra in ("", *sorted(extras)))


@cache
def rank_of_tags(target: Target) -> dict[Tag, int]:
    """Every tag that a wheel for the target may have; the smaller the number, the better it fits."""
    interpreter = f"cp{target.python[0]}{target.python[1]}"
    platforms = target.platforms()
    tags = [*cpython_tags(target.python, [interpreter], platforms)]
    tags += compatible_tags(target.python, interpreter, platforms)
    return {tag: rank for rank, tag in reversed(list(enumerate(tags)))}
