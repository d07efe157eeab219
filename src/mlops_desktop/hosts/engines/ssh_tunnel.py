"""A tunnel to a socket on another machine, by the person's own OpenSSH: agent, jump hosts and hardware keys work."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from mlops_desktop.domain.errors import EngineError, HostError
from mlops_desktop.domain.hosts import Host, HostKind, parse_address
from mlops_desktop.hosts.engines import ssh_keys
from mlops_desktop.hosts.engines.ssh_words import LOOK_AT, READY, failure_of, require_engine
from mlops_desktop.hosts.engines.ways import Way, to_socket
from mlops_desktop.hosts.sockets import make_private_folder, short_folder

CONNECT_SECONDS = 5
_READY_SECONDS = 20.0
_END_SECONDS = 2.0
_SOCKET_MASK = "0177"

ALWAYS = (
    "-T", "-a", "-x",
    "-o", "BatchMode=yes",
    "-o", f"ConnectTimeout={CONNECT_SECONDS}",
    "-o", "ServerAliveInterval=3",
    "-o", "ServerAliveCountMax=2",
    "-o", "ControlMaster=no",
    "-o", "ControlPath=none",
    "-o", "PermitLocalCommand=no",
    "-o", "RemoteCommand=none",
    "-o", "UpdateHostKeys=no",
    "-o", "GlobalKnownHostsFile=/dev/null",
)  # fmt: skip
"""For every ssh of ours: it never asks, forwards neither agent nor display, and knows only the keys that we pinned."""


def ssh_program() -> str:
    """Raises EngineError."""
    found = shutil.which("ssh")
    if found is None:
        raise EngineError(
            "OpenSSH is not installed on this computer: there is no program called ssh.",
            hint="Install it (Debian and Ubuntu: apt-get install openssh-client), then try again.",
        )
    return found


def to_machine(host: Host) -> Sequence[str]:
    """The arguments that say where to go and with which key."""
    address = parse_address(host.address, HostKind.SSH)
    arguments = ["-p", str(address.port)] if address.port else []
    if address.user:
        arguments += ["-l", address.user]
    if host.credentials:
        arguments += ["-i", str(Path(host.credentials).expanduser()), "-o", "IdentitiesOnly=yes"]
    return [*arguments, "--", address.machine]


class SshTunnel:
    """One ssh with one session, which ends when this process does: it waits for the end of its input."""

    def __init__(self, host: Host, folder: Path, target: str) -> None:
        self._host = host
        self._folder = folder
        self._target = target
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: Path | None = None
        self._words: Path | None = None

    def open(self) -> Way:
        """To the local socket, which is for this user only. Raises HostError with OpenSSH's own reason."""
        if self._process is not None and self._process.poll() is None and self._socket is not None:
            return to_socket(self._socket)
        self.close()
        known_hosts = ssh_keys.write_known_hosts(self._host, self._folder)
        place = short_folder(self._folder)
        make_private_folder(place)
        name = uuid.uuid4().hex[:12]
        self._socket, self._words = place / f"{name}.sock", place / f"{name}.words"
        try:
            self._process = self._start(known_hosts, self._socket, self._words)
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise
        return to_socket(self._socket)

    def _start(self, known_hosts: Path, socket: Path, words: Path) -> subprocess.Popen[bytes]:
        command = [
            ssh_program(), *ALWAYS,
            "-o", "StrictHostKeyChecking=yes",
            "-o", f"UserKnownHostsFile={ssh_keys.quoted(known_hosts)}",
            "-o", f"HostKeyAlias={self._host.id}",
            "-o", "ExitOnForwardFailure=yes",
            "-o", f"StreamLocalBindMask={_SOCKET_MASK}",
            "-L", f"{socket}:{self._target}",
            *to_machine(self._host),
            f"exec sh -c '{LOOK_AT.format(socket=self._target)}; exec cat'",
        ]  # fmt: skip
        with words.open("wb") as errors:
            os.fchmod(errors.fileno(), 0o600)
            return subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
            )

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        deadline = time.monotonic() + _READY_SECONDS
        said = b""
        while READY not in said:
            left = deadline - time.monotonic()
            readable, _, _ = select.select([self._process.stdout], [], [], max(left, 0.0))
            part = os.read(self._process.stdout.fileno(), 4096) if readable else b""
            if not part:
                raise self._failure(said, timed_out=not readable)
            said = (said + part)[-65536:]
        require_engine(self._host, self._target, said)

    def _failure(self, said: bytes, *, timed_out: bool) -> HostError:
        """From OpenSSH's words, and those of whatever answered in the place of a shell."""
        if not timed_out and self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)  # its last words are written then
        words = f"{self.words()}\n{said.decode('utf-8', errors='replace')}"
        return failure_of(self._host, words, timed_out=timed_out)

    def broken(self) -> str:
        """OpenSSH's last words where it has ended, else nothing."""
        if self._process is None or self._process.poll() is None:
            return ""
        return self.words() or "the SSH connection ended"

    def words(self) -> str:
        try:
            return self._words.read_text("utf-8", errors="replace") if self._words is not None else ""
        except OSError:
            return ""

    def interrupt(self) -> None:
        """From any thread: who waits for the connection hears at once that it ended."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            process.terminate()
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for path in (self._socket, self._words):
            if path is not None:
                path.unlink(missing_ok=True)
        self._socket = self._words = None
