"""The sockets of this computer: an endpoint's public one, and the private paths of the servers' control channels."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import stat
import sys
from pathlib import Path

import psutil

from mlops_desktop.domain.deployments import PortUse
from mlops_desktop.domain.errors import DeploymentError, PortInUseError, UserError
from mlops_desktop.serving.sockets import open_control, open_public

ADDRESS = "127.0.0.1"
_SEARCHED = 200
_LAST_PORT = 65535
_LONGEST_PATH = 100
"""The kernel allows 107 bytes on Linux and 103 on macOS."""
_NAME_LENGTH = 16 + len(".sock")


def require_handover() -> None:
    """Sockets are handed from process to process over UNIX sockets, which Python does not have on Windows."""
    if sys.platform == "win32":
        raise UserError(
            "Deployments on this computer were not tried on Windows yet.",
            hint="Use a Linux or macOS computer for deployments; everything else works here.",
        )


def open_listener(port: int) -> socket.socket:
    """Listens on the loopback address; port 0 takes any free one. Nobody else can have the port meanwhile.

    Raises PortInUseError, or DeploymentError where the system does not allow the port.
    """
    require_handover()
    try:
        return open_public(ADDRESS, port)
    except OSError as error:
        raise _refusal(port, error) from error


def port_use(port: int) -> PortUse:
    """Who listens at the port, and the nearest free one from there; nothing is held. Port 0: any free one."""
    if _is_free(port):
        free = port or _any_free()
        return PortUse(free, "", free)
    above = (number for number in range(port + 1, min(port + _SEARCHED, _LAST_PORT) + 1) if _is_free(number))
    return PortUse(port, _holder_of(port), next(above, 0) or _any_free())


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _any_free() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((ADDRESS, 0))
        port: int = probe.getsockname()[1]
    return port


def _refusal(port: int, error: OSError) -> UserError:
    if error.errno == errno.EADDRINUSE:
        return PortInUseError(
            f"Port {port} is in use by {_holder_of(port)}.",
            hint="Deploy to another port, or end that program and try again.",
        )
    if error.errno == errno.EACCES:
        return DeploymentError(f"This user may not use port {port}.", hint="Choose a port above 1023.")
    return DeploymentError(f"Port {port} cannot be used: {error.strerror}.", hint="Choose another port.")


def _holder_of(port: int) -> str:
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except (psutil.Error, OSError):
        pass  # other people's processes cannot always be seen
    return "another program"


def control_path(state_folder: Path, deployment_id: str) -> Path:
    """Where the server of a deployment is reached; the same path from every process of this user."""
    return short_folder(state_folder / "sockets", state_folder) / f"{deployment_id[:16]}.sock"


def short_folder(folder: Path, owner: Path | None = None) -> Path:
    """The folder, or one that stands for it where sockets in it would have too long a path."""
    if len(os.fsencode(folder)) + 1 + _NAME_LENGTH <= _LONGEST_PATH:
        return folder
    return Path("/tmp") / f"mlops-{_user()}-{hashlib.sha256(os.fsencode(owner or folder)).hexdigest()[:16]}"


def open_control_socket(path: Path) -> socket.socket:
    """Listens at `path`, which only this user can reach; what an ended server left there is removed."""
    make_private_folder(path.parent)
    return open_control(path)


def make_private_folder(folder: Path) -> None:
    """Makes the folder, for this user only. Raises DeploymentError where it is somebody else's or a link."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != _user():
        raise DeploymentError(
            f"The folder {folder} belongs to another user.",
            hint="Remove it, or have it removed; the servers' control sockets go there.",
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def _user() -> int:
    return os.getuid()
