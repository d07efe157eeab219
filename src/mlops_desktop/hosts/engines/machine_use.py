"""How busy a host's machine is: read in a container of ours there, which sees the whole machine's figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from mlops_desktop.hosts.engines.engine import Client

_SECONDS: Final = 0.25
_COMMAND: Final = ("sh", "-c", f"head -n 1 /proc/stat; sleep {_SECONDS}; head -n 1 /proc/stat; cat /proc/meminfo")
_IDLE: Final = (3, 4)
"""The places of idle and iowait among the times of all processors (proc(5), /proc/stat)."""


@dataclass(frozen=True)
class MachineUse:
    """`cpu` is a share of all processors over a moment, 0 to 1; `memory` in bytes is what no program can have now."""

    cpu: float
    memory: int


def use_here() -> MachineUse:
    """Of this computer."""
    memory = psutil.virtual_memory()
    return MachineUse(psutil.cpu_percent(interval=_SECONDS) / 100, memory.total - memory.available)


def use_seen_from(client: Client, container: str) -> MachineUse | None:
    """Of the machine on which the container runs; None where it cannot tell. Raises what the SDK raises."""
    made = client.exec_create(container, list(_COMMAND), stdout=True, stderr=False)
    return read_use(client.exec_start(made["Id"]).decode("ascii", errors="replace"))


def read_use(said: str) -> MachineUse | None:
    """From two lines of /proc/stat, a moment apart, and /proc/meminfo."""
    lines = said.splitlines()
    try:
        before, after = ([int(word) for word in line.split()[1:9]] for line in lines[:2])
        sizes = {line.partition(":")[0]: int(line.split()[1]) for line in lines[2:] if line.endswith("kB")}
        used = (sizes["MemTotal"] - sizes["MemAvailable"]) * 1024
        spent = [late - early for early, late in zip(before, after, strict=True)]
    except (ValueError, KeyError, IndexError):
        return None
    if sum(spent) <= 0:
        return None
    idle = sum(spent[place] for place in _IDLE)
    return MachineUse(min(1.0, max(0.0, 1 - idle / sum(spent))), max(0, used))
