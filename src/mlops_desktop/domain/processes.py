"""How a process is known for certain: machine, boot, pid and start time together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ProcessIdentity:
    """A pid alone is reused, the four together are not.

    `started` is in seconds: since boot on Linux (setting the clock changes nothing there), else since the epoch. It is
    compared only with what `workers.processes` says.
    """

    machine: str
    boot: str
    pid: int
    started: float
