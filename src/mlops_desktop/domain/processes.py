"""How a process is known for certain: machine, boot, pid and start time together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ProcessIdentity:
    """`started` is the start time in seconds since the epoch; a pid alone is reused, the four together are not."""

    machine: str
    boot: str
    pid: int
    started: float
