"""Ways to an engine: its socket on this computer, a tunnel through OpenSSH, or TLS."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
from pathlib import Path
from typing import Protocol

from mlops_desktop.domain.errors import EngineError, HostKeyUnknownError, HostRefusedError
from mlops_desktop.domain.hosts import Host, HostKind, parse_address
from mlops_desktop.hosts.engines import ssh_keys
from mlops_desktop.hosts.engines.ssh_tunnel import SshTunnel
from mlops_desktop.hosts.engines.ways import BehindTls, Way, to_socket

USUAL_SOCKET = "/var/run/docker.sock"


class Route(Protocol):
    """A way to one engine. It is opened when it is needed, and may be opened again after it broke."""

    def open(self) -> Way:
        """Raises HostError."""
        ...

    def broken(self) -> str:
        """Why the way does not lead there any more, in its own words; nothing where it seems sound."""
        ...

    def interrupt(self) -> None:
        """Breaks it, from any thread, so that nobody goes on waiting for it."""
        ...

    def close(self) -> None: ...


class LocalRoute:
    """The engine's socket on this computer."""

    def __init__(self, address: str) -> None:
        self._paths = [Path(address.removeprefix("unix://"))] if address else _usual_sockets()

    def open(self) -> Way:
        there = [path for path in self._paths if _is_there(path)]
        if not there:
            raise EngineError(
                f"There is no Docker on this computer: {self._paths[0]} is not there.",
                hint="Install Docker Engine, Docker Desktop or Podman with its Docker socket, and start it.",
            )
        found = next((path for path in there if os.access(path, os.R_OK | os.W_OK)), None)
        if found is None:
            raise HostRefusedError(
                f"This user may not use Docker: {there[0]} belongs to others.",
                hint="Let an administrator run: usermod -aG docker <your login>; then log out and in again.",
            )
        return to_socket(found)

    def broken(self) -> str:
        return ""

    def interrupt(self) -> None:
        """What waits has short time-outs."""

    def close(self) -> None:
        """Nothing is held."""


def _is_there(path: Path) -> bool:
    """Also where it lies in a folder that this user may not look into."""
    try:
        path.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _usual_sockets() -> list[Path]:
    """Those of the system, of a rootless engine, and of Docker Desktop."""
    places = [Path(USUAL_SOCKET)]
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        places.append(Path(runtime) / "docker.sock")
    return [*places, Path.home() / ".docker/run/docker.sock", Path.home() / ".docker/desktop/docker.sock"]


class TlsRoute:
    """An engine that listens on the network, known by its authority, to whom we show a certificate."""

    def __init__(self, host: Host, folder: Path) -> None:
        self._host = host
        own, address = Path(host.credentials).expanduser(), parse_address(host.address, HostKind.TLS)
        self._way = BehindTls(str(address), folder / f"{host.id}.pem", own / "cert.pem", own / "key.pem")

    def open(self) -> Way:
        if not self._host.pinned.strip():
            raise HostKeyUnknownError(
                f"The authority of {self._host.name} is not known.", hint="Add the host with its ca.pem."
            )
        for path in (self._way.certificate, self._way.key):
            if not path.is_file():
                raise HostRefusedError(
                    f"{path} is not there, so {self._host.name} would not let us in.",
                    hint="Put the client's cert.pem and key.pem into that folder.",
                )
        self._way.authority.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._way.authority.write_text(self._host.pinned, encoding="ascii")
        self._try_certificates()
        return self._way

    def _try_certificates(self) -> None:
        """The SDK would say no more than that something is wrong with TLS."""
        try:
            context = ssl.create_default_context(cafile=str(self._way.authority))
        except (OSError, ssl.SSLError) as error:
            raise HostRefusedError(
                f"The pinned authority of {self._host.name} is no certificate: {error}.", hint="Add the host anew."
            ) from error
        try:
            context.load_cert_chain(self._way.certificate, self._way.key, password=_no_password)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise HostRefusedError(
                f"The client's certificate in {self._way.certificate.parent} cannot be used: {error}.",
                hint="cert.pem and key.pem have to belong together, and the key must have no passphrase.",
            ) from error

    def broken(self) -> str:
        return ""

    def interrupt(self) -> None:
        """What waits has short time-outs."""

    def close(self) -> None:
        """Nothing is held."""


def _no_password() -> str:
    """Without this the library would ask on the terminal."""
    raise ValueError("the key has a passphrase")


def has_openssh() -> bool:
    """Whether its tunnels can be used here; Python has no UNIX sockets on Windows."""
    return shutil.which("ssh") is not None and hasattr(socket, "AF_UNIX")


def offered_key(host: Host) -> str:
    """`<kind> <base64>` that the machine shows of itself. Raises HostUnreachableError, HostRefusedError."""
    if has_openssh():
        return ssh_keys.offered_key(host)
    from mlops_desktop.hosts.engines import ssh_channels

    return ssh_channels.offered_key(host)


def route_to(host: Host, state_folder: Path) -> Route:
    """The way to this host. Reaches nothing yet."""
    folder = state_folder / "hosts"
    if host.kind is HostKind.SSH:
        if has_openssh():
            return SshTunnel(host, folder, USUAL_SOCKET)
        from mlops_desktop.hosts.engines.ssh_channels import SshChannels

        return SshChannels(host, USUAL_SOCKET)
    if host.kind is HostKind.TLS:
        return TlsRoute(host, folder)
    return LocalRoute(host.address)
