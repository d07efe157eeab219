"""Hosts: the places where deployments run, how each is reached, and what was seen of it."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mlops_desktop.domain.errors import InvalidInputError

THIS_COMPUTER = "this computer"
"""The name of the host that is always there: deployments are processes on it."""

DEFAULT_BASE_IMAGE = "python:3.11-slim"
_LONGEST_ADDRESS = 255
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,31}")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.\-]*[A-Za-z0-9])?")
_IN_BRACKETS = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::([0-9]{1,5}))?")
_ENGINE_PORT = 2376
_LAST_PORT = 65535
_LONGEST_REGISTRY = 180
_PORT = re.compile(r"[0-9]{1,5}")
_FOLDER = re.compile(r"[a-z0-9]+(?:[._\-/][a-z0-9]+)*")


class HostKind(enum.StrEnum):
    PROCESS = "process"
    DOCKER = "docker"
    SSH = "ssh"
    TLS = "tls"


@dataclass(frozen=True)
class Host:
    """`address` is the engine's socket (docker), `[user@]machine[:port]` or a Host of the SSH configuration (ssh), or
    `machine[:port]` (tls).

    `credentials` is a path on this computer: of an SSH key (empty: as OpenSSH chooses), or of the folder with
    `cert.pem` and `key.pem` (tls). `pinned` is what the host has to prove itself with: its keys as lines of a
    known_hosts file (ssh), or the certificate of its authority in PEM (tls). `base_image` is what model images on
    this host stand on.

    With a `registry` (`machine[:port][/folder]`) images are put together on this computer, pushed there and pulled by
    the host; `registry_user` is who we are there, nobody if empty. The password is not here: see `registry_secret`.
    """

    id: str
    name: str
    kind: HostKind
    created_at: datetime
    created_by: str
    address: str = ""
    credentials: str = ""
    pinned: str = ""
    base_image: str = DEFAULT_BASE_IMAGE
    registry: str = ""
    registry_user: str = ""
    revision: int = 1

    @property
    def is_remote(self) -> bool:
        return self.kind in (HostKind.SSH, HostKind.TLS)


def this_computer() -> Host:
    """The host that needs no row: it is always there and never changes."""
    return Host("this-computer", THIS_COMPUTER, HostKind.PROCESS, datetime(2026, 1, 1, tzinfo=UTC), "")


@dataclass(frozen=True)
class HostAddress:
    """`port` 0 stands for what is usual."""

    machine: str
    port: int = 0
    user: str = ""

    def __str__(self) -> str:
        machine = f"[{self.machine}]" if ":" in self.machine else self.machine
        return f"{self.user + '@' if self.user else ''}{machine}{f':{self.port}' if self.port else ''}"


def parse_address(text: str, kind: HostKind) -> HostAddress:
    """What a person wrote as the address of a machine.

    Nothing that a program could take for an option or a path gets through. Raises InvalidInputError.
    """
    whole = text.strip()
    if not whole:
        raise InvalidInputError("A host needs an address.", hint=_example(kind))
    user, at, machine = whole.rpartition("@")
    if at and (kind is not HostKind.SSH or not _USER.fullmatch(user)):
        raise InvalidInputError(f"{whole!r} cannot be an address.", hint=_example(kind))
    name, port = _split_port(machine)
    if name is None or not 0 <= port <= _LAST_PORT:
        raise InvalidInputError(f"{whole!r} cannot be an address.", hint=_example(kind))
    return HostAddress(name, port or (_ENGINE_PORT if kind is HostKind.TLS else 0), user)


def _split_port(machine: str) -> tuple[str | None, int]:
    bracketed = _IN_BRACKETS.fullmatch(machine)
    if bracketed:
        return bracketed[1], int(bracketed[2] or 0)
    name, colon, port = machine.partition(":")
    if colon and not (port.isascii() and port.isdigit() and len(port) <= 5):
        return None, 0
    if len(name) > _LONGEST_ADDRESS or not _NAME.fullmatch(name):
        return None, 0
    return name, int(port or 0)


def _example(kind: HostKind) -> str:
    if kind is HostKind.TLS:
        return "Give the machine and the engine's port, such as gpu-box:2376."
    return "Give user@machine, user@machine:port, or a Host of your SSH configuration."


def parse_registry(text: str) -> str:
    """What a person wrote as the place of images in a registry, as engines take it. Raises InvalidInputError."""
    whole = text.strip()
    machine, slash, folder = whole.partition("/")
    name, colon, port = machine.partition(":")
    is_machine = bool(_NAME.fullmatch(name)) and "_" not in name and (not colon or bool(_PORT.fullmatch(port)))
    if not is_machine or len(whole) > _LONGEST_REGISTRY or (slash and not _FOLDER.fullmatch(folder)):
        raise InvalidInputError(
            f"{whole!r} cannot be a registry.",
            hint="Give machine, machine:port or either with a folder, such as registry.example:5000/team: "
            "without https://, the folder in lower case.",
        )
    if "." not in name and not colon and name != "localhost":
        raise InvalidInputError(
            f"{name} alone would be a name in Docker's own registry.",
            hint=f"Give the whole name of the machine, or its port: {name}:5000. Docker's own is docker.io/{name}.",
        )
    return f"{machine.lower()}{slash}{folder}"


@dataclass(frozen=True)
class RegistryLogin:
    """A registry as it is asked: where images go, and who we are there; nobody, where `user` is empty."""

    address: str
    user: str = ""
    password: str = field(default="", repr=False)


def registry_secret(host_name: str) -> str:
    """The name of the password for the registry of this host."""
    return f"registry-{host_name}"


@dataclass(frozen=True)
class HostFacts:
    """What an engine says of itself and its machine. `memory` and `disk_free` in bytes, `disk_free` None if not known;
    `round_trip` in seconds. `containers` are those of this workspace that run; `base` the identity of the base image,
    empty where it is not there yet. `cpu_used` is a share of all processors and `memory_used` in bytes, both of the
    whole machine; None where nothing there could tell."""

    engine: str
    architecture: str
    system: str
    cpus: int
    memory: int
    round_trip: float
    disk_free: int | None = None
    containers: int = 0
    base: str = ""
    cpu_used: float | None = None
    memory_used: int | None = None


class HostStep(enum.StrEnum):
    """What is tried, in order, when a host is checked. Not every kind has every step."""

    FIND = "find"
    REACH = "reach"
    HOST_KEY = "host_key"
    LOG_IN = "log_in"
    ENGINE = "engine"
    MACHINE = "machine"
    BASE = "base"
    REGISTRY = "registry"


@dataclass(frozen=True)
class HostStepResult:
    """`seconds` is how long it took; `ok` False ends the check, and its error says why."""

    step: HostStep
    ok: bool
    sentence: str
    seconds: float


@dataclass(frozen=True)
class HostReport:
    """A check from end to end. Where it failed, `code`, `sentence` and `hint` say why and what to do.

    `offered` is the host's own proof where it is new or differs (lines of a known_hosts file), `fingerprint` that of
    it, and `pinned_fingerprint` that of what was pinned before.
    """

    steps: tuple[HostStepResult, ...]
    facts: HostFacts | None = None
    code: str = ""
    sentence: str = ""
    hint: str = ""
    offered: str = ""
    fingerprint: str = ""
    pinned_fingerprint: str = ""

    @property
    def ok(self) -> bool:
        return not self.code


@dataclass(frozen=True)
class HostState:
    """A host, what runs there as far as the registry knows, and how it was seen last by this program."""

    host: Host
    endpoints: int
    answering: int
    report: HostReport | None = None
    checked_at: datetime | None = None
