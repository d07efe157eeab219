"""The keys by which machines are known: pinned by us, compared by OpenSSH."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import subprocess
import tempfile
from pathlib import Path

from mlops_desktop.domain.errors import HostKeyUnknownError, HostUnreachableError
from mlops_desktop.domain.hosts import Host

_LOOK_SECONDS = 20.0
_OPENSSH_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----"
_UNLOCKED = b"openssh-key-v1\0" + len(b"none").to_bytes(4, "big") + b"none"
"""How a key without a passphrase begins: its cipher is called none (OpenSSH's PROTOCOL.key)."""
_KIND = re.compile(r"(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp\d+|sk-[a-z0-9\-@.]+)")


def write_known_hosts(host: Host, folder: Path) -> Path:
    """A file with the pinned keys alone. Raises HostKeyUnknownError where none is."""
    if not host.pinned.strip():
        raise HostKeyUnknownError(f"The key of {host.name} was not confirmed yet.", hint="Add the host again.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{host.id}.known_hosts"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text("".join(f"{host.id} {line}\n" for line in pinned_keys(host.pinned)), encoding="ascii")
    draft.replace(path)
    return path


def pinned_keys(pinned: str) -> list[str]:
    """`<kind> <base64>` of each line, whatever name stands before and whatever remark behind."""
    keys = []
    for line in pinned.splitlines():
        words = line.split()
        place = next((place for place, word in enumerate(words) if _KIND.fullmatch(word)), None)
        if place is not None and len(words) > place + 1 and not words[0].startswith("#"):
            keys.append(f"{words[place]} {words[place + 1]}")
    return keys


def fingerprint(key: str) -> str:
    """`SHA256:...` as OpenSSH shows it, of `<kind> <base64>`; RFC 4253 section 6.6 has the blob that is hashed."""
    try:
        blob = base64.b64decode(key.rsplit(maxsplit=1)[-1], validate=True)
    except (binascii.Error, IndexError):
        return ""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def offered_key(host: Host) -> str:
    """`<kind> <base64>` that the machine shows of itself, over the person's jump hosts if there are; it is told nothing
    but a greeting. Raises HostUnreachableError, HostRefusedError (a jump host)."""
    from mlops_desktop.hosts.engines.ssh_tunnel import ALWAYS, ssh_program, to_machine
    from mlops_desktop.hosts.engines.ssh_words import failure_of

    with tempfile.TemporaryDirectory(prefix="mlops-key-") as folder:
        learnt = Path(folder) / "known_hosts"
        command = [
            ssh_program(), *ALWAYS,
            "-o", "StrictHostKeyChecking=accept-new",
            "-o", f"UserKnownHostsFile={quoted(learnt)}",
            "-o", "HashKnownHosts=no",
            "-o", f"HostKeyAlias={host.id}",
            "-o", "PreferredAuthentications=none",
            *to_machine(host),
            "true",
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LOOK_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise HostUnreachableError(
                f"{host.name} does not answer within {_LOOK_SECONDS:g} seconds.", hint="Check that it can be reached."
            ) from error
        keys = pinned_keys(learnt.read_text("ascii", errors="replace")) if learnt.is_file() else []
        if not keys:
            raise failure_of(host, done.stderr.decode("utf-8", errors="replace"))
        return keys[0]


def is_locked(key: Path) -> bool:
    """Whether a private key has a passphrase: OpenSSH, which must not ask for one, passes over such a key unsaid."""
    try:
        text = key.read_text("ascii", errors="replace")
    except OSError:
        return False
    if _OPENSSH_KEY not in text:
        return "ENCRYPTED" in text
    body = "".join(line for line in text.splitlines() if not line.startswith("-----"))
    try:
        return not base64.b64decode(body).startswith(_UNLOCKED)
    except binascii.Error:
        return False


def quoted(path: Path) -> str:
    """As OpenSSH's options want a path that may hold spaces or its own signs."""
    text = str(path).replace("%", "%%").replace('"', "")
    return f'"{text}"'
