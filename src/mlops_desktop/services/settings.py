"""Settings of a workspace: a few values by key, each with a rule."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mlops_desktop.domain.errors import InvalidInputError, NotFoundError
from mlops_desktop.services.parts import Parts

CONCURRENT_JOBS = "jobs.concurrent"


@dataclass(frozen=True)
class Setting:
    """What a setting is for, its default, and what it may be."""

    meaning: str
    default: Any
    rule: str
    allows: Callable[[Any], bool]


def _concurrency() -> int:
    """Half the processors, two at the least, four at the most."""
    return min(4, max(2, (os.cpu_count() or 2) // 2))


KNOWN: Mapping[str, Setting] = {
    CONCURRENT_JOBS: Setting(
        "how many jobs run at once; the next keeper takes it up",
        _concurrency(),
        "a whole number from 1 to 64",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 64,
    ),
}


class SettingService:
    """Reads and changes the settings of a workspace."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @property
    def known(self) -> Mapping[str, Setting]:
        return KNOWN

    def get(self, key: str) -> Any:
        """The value, or the default where none was set. Raises NotFoundError."""
        setting = _known(key)
        with self._parts.registry.read() as unit:
            value = unit.settings.get(key)
        return value if value is not None and setting.allows(value) else setting.default

    def set(self, key: str, value: object) -> Any:
        """Raises NotFoundError, InvalidInputError (with the rule)."""
        setting = _known(key)
        if not setting.allows(value):
            raise InvalidInputError(f"{key} cannot be {value!r}.", hint=f"It is {setting.rule}.")
        with self._parts.registry.write() as unit:
            unit.settings.set(key, value)
            unit.audit.append("setting.change", key, {"value": value})
            unit.commit()
        return value


def _known(key: str) -> Setting:
    if key not in KNOWN:
        raise NotFoundError(f"There is no setting {key}.", hint=f"There is: {', '.join(KNOWN)}.")
    return KNOWN[key]
