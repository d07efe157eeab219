"""How our containers are confined: the one profile that every container of ours has, and what differs for a holder.

Every setting was tried on Docker 20.10 with cgroup v1. A server needs no network: its open socket comes over a volume.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from docker.types import LogConfig, Mount, Ulimit

from mlops_desktop.hosts.engines.engine import Client
from mlops_desktop.hosts.images.layout import SHARED

LOOPBACK: Final = "127.0.0.1"
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104
STOP_SECONDS: Final = 40
"""More than a server allows its last requests."""
_MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """`memory` in bytes, which no swap adds to; `processors` may be a part of one."""

    memory: int
    processors: float
    processes: int


SERVER: Final = Limits(memory=1024 * _MEGABYTE, processors=1.0, processes=64)
HOLDER: Final = Limits(memory=192 * _MEGABYTE, processors=0.5, processes=64)
PROBE: Final = Limits(memory=128 * _MEGABYTE, processors=1.0, processes=16)


def confined(client: Client, limits: Limits, **differing: Any) -> Mapping[str, Any]:
    """The settings of a container that may read its own files and write to 16 MB of memory, and nothing else."""
    settings: dict[str, Any] = {
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "privileged": False,
        "pids_limit": limits.processes,
        "mem_limit": limits.memory,
        "memswap_limit": limits.memory,
        "nano_cpus": int(limits.processors * 1e9),
        "init": True,
        "tmpfs": {"/tmp": "rw,noexec,nosuid,nodev,size=16m,mode=1777"},  # noqa: S108
        "shm_size": 16 * _MEGABYTE,
        "ulimits": [Ulimit(name="core", soft=0, hard=0)],
        "log_config": LogConfig(type="json-file", config={"max-size": "1m", "max-file": "2"}),
        "network_mode": "none",
        "restart_policy": {"Name": "no", "MaximumRetryCount": 0},
    }
    settings.update(differing)
    made: Mapping[str, Any] = client.create_host_config(**settings)
    return made


def server_settings(client: Client, volume: str) -> Mapping[str, Any]:
    return confined(client, SERVER, mounts=[_shared(volume)])


def holder_settings(client: Client, volume: str, port: int, *, published: bool) -> Mapping[str, Any]:
    """The holder has a network: the engine publishes its port, on the loopback address unless a person wants more."""
    return confined(
        client,
        HOLDER,
        mounts=[_shared(volume)],
        network_mode="bridge",
        # The same port inside: a server compares what a client asks for with the port that it listens at.
        port_bindings={f"{port}/tcp": (EVERYWHERE if published else LOOPBACK, port)},
        restart_policy={"Name": "unless-stopped", "MaximumRetryCount": 0},
    )


def probe_settings(client: Client) -> Mapping[str, Any]:
    """Of a container that looks at the base image for a moment."""
    return confined(client, PROBE)


def _shared(volume: str) -> Mount:
    return Mount(target=SHARED, source=volume, type="volume", read_only=False)
