"""A way to a socket on another machine where there is no OpenSSH: a connection that this program makes itself."""

from __future__ import annotations

import base64
import contextlib
import getpass
import logging
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm

from mlops_desktop.domain.errors import (
    EngineError,
    HostError,
    HostKeyChangedError,
    HostKeyUnknownError,
    HostUnreachableError,
)
from mlops_desktop.domain.hosts import Host, HostKind, parse_address
from mlops_desktop.hosts.engines import ssh_keys
from mlops_desktop.hosts.engines.ssh_words import LOOK_AT, READY, failure_of, require_engine
from mlops_desktop.hosts.engines.ways import Dialled, Line

CONNECT_SECONDS = 5.0
_READY_SECONDS = 20.0
_KEEPALIVE_SECONDS = 3
_USUAL_PORT = 22
_USUAL_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
_TO_SOCKET = "direct-streamlocal@openssh.com"
_RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")
_FORBIDDEN = 1
"""Open failure: administratively prohibited (RFC 4254, section 5.1)."""
_BROKEN = (paramiko.SSHException, OSError, EOFError)

# What goes wrong is raised; the library would log it as well, and with tracebacks.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class _Target:
    """Where a host is and who we are there, by its address and the person's ssh_config."""

    machine: str
    port: int
    user: str
    keys: Sequence[Path]

    @classmethod
    def of(cls, host: Host) -> _Target:
        """Raises EngineError where only OpenSSH knows the way."""
        address = parse_address(host.address, HostKind.SSH)
        said = _configured(address.machine)
        if said.get("proxyjump", "none") != "none" or said.get("proxycommand", "none") != "none":
            raise EngineError(
                f"{host.name} is reached over another machine, which needs OpenSSH.",
                hint="Install OpenSSH's client on this computer, then try again.",
            )
        keys = [host.credentials] if host.credentials else said.get("identityfile", [])
        usual = [] if host.credentials else [f"~/.ssh/{name}" for name in _USUAL_KEYS]
        return cls(
            machine=str(said.get("hostname", address.machine)),
            port=address.port or int(said.get("port", _USUAL_PORT)),
            user=address.user or str(said.get("user", "")) or getpass.getuser(),
            keys=[Path(key).expanduser() for key in [*keys, *usual]],
        )


def _configured(machine: str) -> Mapping[str, Any]:
    path = Path.home() / ".ssh" / "config"
    if not path.is_file():
        return {}
    try:
        options: Mapping[str, Any] = paramiko.SSHConfig.from_path(str(path)).lookup(machine)
    except (OSError, paramiko.SSHException, ValueError) as error:
        raise EngineError(f"{path} cannot be read: {error}.", hint="Correct it, then try again.") from error
    return options


class _Transport(paramiko.Transport):
    """One connection, which can open channels to sockets on the other machine."""

    def __init__(self, line: socket.socket) -> None:
        super().__init__(line)
        self.banner_timeout = self.handshake_timeout = self.auth_timeout = CONNECT_SECONDS

    def to_socket(self, path: str, seconds: float) -> paramiko.Channel:
        """A channel to the socket. Raises paramiko.SSHException."""
        self._opens = path
        return self.open_channel(_TO_SOCKET, timeout=seconds)

    def _send_user_message(self, message: paramiko.Message) -> None:
        """The library sends kinds of channels that it does not know without what belongs to them: for this one the
        path, a reserved string and a reserved number (OpenSSH's PROTOCOL, section 2.4)."""
        kind = _TO_SOCKET.encode("ascii")
        if message.asbytes()[1:].startswith(len(kind).to_bytes(4, "big") + kind):
            message.add_string(self._opens)
            message.add_string("")
            message.add_int(0)
        super()._send_user_message(message)


class SshChannels:
    """One connection, and a channel in it for every line to the engine's socket."""

    def __init__(self, host: Host, target: str) -> None:
        self._host = host
        self._target = target
        self._transport: _Transport | None = None

    def open(self) -> Dialled:
        """Raises HostError."""
        if not self._answers():
            self.close()
            try:
                self._connect()
            except BaseException:
                self.close()
                raise
        return Dialled(self.dial, channels=True)

    def _answers(self) -> bool:
        if self._transport is None or not self._transport.is_active():
            return False
        try:
            self.dial(CONNECT_SECONDS).close()
        except OSError:
            return False
        return True

    def _connect(self) -> None:
        pinned = ssh_keys.pinned_keys(self._host.pinned)
        if not pinned:
            raise HostKeyUnknownError(
                f"The key of {self._host.name} was not confirmed yet.", hint="Add the host again."
            )
        target = _Target.of(self._host)
        self._transport = _connected(self._host, target, pinned)
        offered = _key_of(self._transport)
        if offered not in pinned:
            raise HostKeyChangedError(
                f"{self._host.name} does not show the key that was confirmed.",
                hint="Somebody may be in between. Ask who runs it; then trust the new key, or remove the host.",
            )
        self._log_in(self._transport, target)
        self._transport.set_keepalive(_KEEPALIVE_SECONDS)
        require_engine(self._host, self._target, self._look(self._transport))
        try:
            self._transport.to_socket(self._target, CONNECT_SECONDS).close()
        except paramiko.ChannelException as error:
            if error.code == _FORBIDDEN:
                raise failure_of(self._host, "administratively prohibited") from error
        except _BROKEN as error:
            raise failure_of(self._host, str(error)) from error

    def _log_in(self, transport: _Transport, target: _Target) -> None:
        refused = "Permission denied (publickey)."
        with _agent() as agent:
            for key in self._keys(agent, target):
                try:
                    transport.auth_publickey(target.user, key)
                except (paramiko.AuthenticationException, paramiko.UnknownKeyType):
                    continue  # the machine knows another one, perhaps
                except _BROKEN as error:
                    raise failure_of(self._host, f"{refused} {error}") from error
                return
        raise failure_of(self._host, f"{self._complaint(target)}\n{refused}")

    def _keys(self, agent: Sequence[paramiko.AgentKey], target: _Target) -> Iterator[paramiko.PKey]:
        """Those of the agent first; where one was named that one alone, locked or not."""
        named = _public(target.keys[0]) if self._host.credentials else None
        yield from (key for key in agent if named is None or key.asbytes() == named)
        for path in target.keys:
            if path.is_file() and not _is_open_to_others(path):
                with contextlib.suppress(OSError, ValueError, TypeError, UnsupportedAlgorithm, paramiko.SSHException):
                    yield paramiko.PKey.from_path(path)

    def _complaint(self, target: _Target) -> str:
        path = target.keys[0] if self._host.credentials else None
        return f"bad permissions: {path} is open to others" if path is not None and _is_open_to_others(path) else ""

    def _look(self, transport: _Transport) -> bytes:
        """What the machine says of its engine."""
        said, deadline = b"", time.monotonic() + _READY_SECONDS
        try:
            with transport.open_session(timeout=CONNECT_SECONDS) as channel:
                channel.settimeout(CONNECT_SECONDS)
                channel.exec_command(f"exec sh -c '{LOOK_AT.format(socket=self._target)}'")
                while READY not in said and time.monotonic() < deadline and (part := channel.recv(4096)):
                    said = (said + part)[-65536:]
        except _BROKEN as error:
            raise failure_of(self._host, str(error), timed_out=isinstance(error, TimeoutError)) from error
        if READY not in said:
            raise failure_of(self._host, said.decode("utf-8", errors="replace"))
        return said

    def dial(self, seconds: float) -> Line:
        """A line to the engine. Raises OSError."""
        transport = self._transport
        if transport is None:
            raise ConnectionError("the SSH connection is closed")
        try:
            channel = transport.to_socket(self._target, seconds)
        except paramiko.ChannelException as error:
            raise ConnectionRefusedError(f"nobody listens at {self._target} there: {error}") from error
        except _BROKEN as error:
            transport.close()  # one that is silent for so long is made anew
            raise ConnectionError(f"the SSH connection ended: {error}") from error
        channel.settimeout(seconds)
        line: Line = channel
        return line

    def broken(self) -> str:
        """Why the connection ended, else nothing."""
        transport = self._transport
        if transport is None or transport.is_active():
            return ""
        return str(transport.get_exception() or "the SSH connection ended")

    def interrupt(self) -> None:
        """From any thread: who waits for an answer hears at once that the connection ended."""
        transport = self._transport
        if transport is not None:
            transport.close()

    def close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()


def offered_key(host: Host) -> str:
    """`<kind> <base64>` that the machine shows of itself; it is told nothing but a greeting.

    Raises HostUnreachableError.
    """
    transport = _connected(host, _Target.of(host), ssh_keys.pinned_keys(host.pinned))
    try:
        return _key_of(transport)
    finally:
        transport.close()


def _connected(host: Host, target: _Target, pinned: Sequence[str]) -> _Transport:
    """The key that it shows is not compared with anything yet."""
    try:
        line = socket.create_connection((target.machine, target.port), timeout=CONNECT_SECONDS)
    except socket.gaierror as error:
        raise HostUnreachableError(
            f"No machine is called {host.address}: {error.strerror}", hint="Check the address, or the network."
        ) from error
    except OSError as error:
        raise _unreachable(host, error) from error
    transport = _Transport(line)
    try:
        _prefer(transport, [key.split()[0] for key in pinned])
        transport.start_client(timeout=CONNECT_SECONDS)
        if not transport.initial_kex_done:  # the time is over, which the library does not raise
            raise TimeoutError("no greeting in time")
    except _BROKEN as error:
        transport.close()
        raise failure_of(host, str(error), timed_out=isinstance(error, TimeoutError)) from error
    except BaseException:
        transport.close()
        raise
    return transport


def _unreachable(host: Host, error: OSError) -> HostError:
    words = "Connection timed out" if isinstance(error, TimeoutError) else error.strerror or str(error)
    return failure_of(host, words)


def _prefer(transport: _Transport, kinds: Sequence[str]) -> None:
    """A machine has several keys, and shows the first kind that we ask for."""
    wanted = [name for kind in kinds for name in (_RSA_SIGNATURES if kind == "ssh-rsa" else (kind,))]
    options = transport.get_security_options()
    known = list(options.key_types)
    options.key_types = [*(name for name in wanted if name in known), *(name for name in known if name not in wanted)]


def _key_of(transport: _Transport) -> str:
    key = transport.get_remote_server_key()
    return f"{key.get_name()} {key.get_base64()}"


@contextlib.contextmanager
def _agent() -> Iterator[Sequence[paramiko.AgentKey]]:
    """The keys of the person's agent; none where there is no agent."""
    if os.name == "posix" and not os.path.exists(os.environ.get("SSH_AUTH_SOCK", "")):
        yield ()  # the library would leave an open socket behind
        return
    try:
        agent = paramiko.Agent()
    except _BROKEN:
        yield ()
        return
    try:
        yield agent.get_keys()
    finally:
        agent.close()


def _public(key: Path) -> bytes | None:
    """What an agent calls this key by, from the file beside it."""
    try:
        _, blob, *_ = key.with_name(f"{key.name}.pub").read_text("utf-8").split()
        return base64.b64decode(blob)
    except (OSError, ValueError):
        return b""


def _is_open_to_others(key: Path) -> bool:
    """OpenSSH does not use such a key, and neither do we."""
    try:
        return os.name == "posix" and bool(key.stat().st_mode & 0o077)
    except OSError:
        return False
