"""What machines and OpenSSH say when there is no way to an engine, in our words."""

from __future__ import annotations

import re
from pathlib import Path

from mlops_desktop.domain.errors import (
    EngineError,
    HostError,
    HostKeyChangedError,
    HostRefusedError,
    HostUnreachableError,
)
from mlops_desktop.domain.hosts import Host
from mlops_desktop.hosts.engines.ssh_keys import is_locked

_CHANGED = re.compile(
    r"IDENTIFICATION HAS CHANGED|Host key verification failed|host key is known for|Host key for .* has changed"
)
_REFUSED = re.compile(r"Permission denied|Too many authentication failures|no mutual signature|sign_and_send_pubkey")
_PASSPHRASE = re.compile(r"passphrase|agent refused operation|read_passphrase", re.IGNORECASE)
_BAD_KEY = re.compile(r"UNPROTECTED PRIVATE KEY|invalid format|error in libcrypto|bad permissions", re.IGNORECASE)
_NO_NAME = re.compile(r"Could not resolve hostname|Name or service not known|nodename nor servname", re.IGNORECASE)
_NO_FORWARD = re.compile(r"administratively prohibited|forwarding.*(disabled|failed)|cannot listen", re.IGNORECASE)
_NO_SHELL = re.compile(r"account is (currently )?not available|cannot execute command|nologin", re.IGNORECASE)

READY = b"mlops-ready"
LOOK_AT = (
    "if [ ! -S {socket} ]; then echo mlops-no-engine; elif [ ! -w {socket} ]; then echo mlops-no-permission; fi; "
    "echo mlops-ready"
)
"""What a machine's shell is asked first: whether the engine's socket can be used."""


def require_engine(host: Host, socket: str, said: bytes) -> None:
    """`said` answers LOOK_AT. Raises EngineError."""
    if b"mlops-no-engine" in said:
        raise EngineError(
            f"There is no Docker on {host.name}: {socket} is not there.",
            hint="Install Docker Engine on it and start it (systemctl enable --now docker).",
        )
    if b"mlops-no-permission" in said:
        raise EngineError(
            f"The account on {host.name} may not use Docker: {socket} belongs to others.",
            hint="Let its administrator run: usermod -aG docker <the account>; then try again.",
        )


def failure_of(host: Host, words: str, *, timed_out: bool = False) -> HostError:
    """The error behind OpenSSH's words. The fingerprint of a changed key is asked for separately."""
    last = _last_line(words)
    if _CHANGED.search(words):
        return HostKeyChangedError(
            f"{host.name} does not show the key that was confirmed.",
            hint="Somebody may be in between. Ask who runs it; then trust the new key, or remove the host.",
            details=words,
        )
    if _REFUSED.search(words):
        return HostRefusedError(
            f"{host.name} does not let us in: {last}", hint=_advice_on_keys(host, words), details=words
        )
    if _NO_NAME.search(words):
        return HostUnreachableError(
            f"No machine is called {host.address}: {last}", hint="Check the address, or the network.", details=words
        )
    if _NO_FORWARD.search(words):
        return HostRefusedError(
            f"{host.name} does not allow the tunnel: {last}",
            hint="Its sshd needs AllowStreamLocalForwarding yes (and AllowTcpForwarding) for this account.",
            details=words,
        )
    if _NO_SHELL.search(words):
        return HostRefusedError(
            f"{host.name} lets this account in but runs nothing for it: {last}",
            hint="Use an account there that has a shell and may use Docker.",
            details=words,
        )
    reason = "no answer in time" if timed_out else last or "the connection ended"
    return HostUnreachableError(
        f"{host.name} does not answer: {reason}",
        hint="Check that it is on and can be reached from here.",
        details=words,
    )


def _advice_on_keys(host: Host, words: str) -> str:
    key = host.credentials or "the key"
    if _BAD_KEY.search(words):
        return f"{key} cannot be used as it is: only you may read it (chmod 600), and it must be a private key."
    if _PASSPHRASE.search(words) or (host.credentials and is_locked(Path(host.credentials).expanduser())):
        return f"{key} has a passphrase: unlock it first with `ssh-add {host.credentials}`."
    return (
        f"Put your public key into ~/.ssh/authorized_keys there, or load its key into the agent (ssh-add). Used: {key}."
    )


def _last_line(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip() and not line.startswith(("@", "debug"))]
    return lines[-1][:300] if lines else ""
