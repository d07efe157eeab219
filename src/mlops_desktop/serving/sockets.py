"""Opening the sockets that are shared: a public one, and the private one of a control channel."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

BACKLOG: Final = 4096


def open_public(address: str, port: int) -> socket.socket:
    """Listens there; port 0 takes any free one. Raises OSError."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Here (other than on Windows) this only lets us have a port whose last connections still linger.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        # At once: two that are bound but do not listen could share the port.
        listening.listen(BACKLOG)
        # This is a property of the shared socket, not of our copy: a server that waits in accept() would be frozen.
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def open_control(path: Path) -> socket.socket:
    """Listens at the path, for this user only; what one that has ended left there is removed. Raises OSError."""
    path.unlink(missing_ok=True)
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        control.bind(str(path))
        os.chmod(path, 0o600)
        control.listen(64)
    except OSError:
        control.close()
        raise
    return control
