"""The holder of an endpoint's port: it opens the listening socket in its own container and hands copies to the servers.

It never accepts a connection. Run it as `python -m mlops_desktop.serving.holder --port 8080 --folder <shared folder>`.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from mlops_desktop.serving.admin import AdminChannel, Reply
from mlops_desktop.serving.sockets import open_control, open_public

NAME: Final = "holder"
"""Of its control socket in the shared folder."""


class Holder:
    """`since` is another one after every start: who has a socket of an earlier one asks again."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self.since = uuid.uuid4().hex

    async def run(self, control: socket.socket) -> None:
        """Hands out copies until SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        end = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end.set)
        commands = {"status": self._on_status, "socket": self._on_socket}
        channel = loop.create_task(AdminChannel(control, commands).serve())
        await end.wait()
        channel.cancel()
        await asyncio.wait([channel])

    async def _on_status(self, _: Mapping[str, Any], _handed: socket.socket | None) -> Reply:
        return Reply({"since": self.since, "port": self._listening.getsockname()[1]})

    async def _on_socket(self, _: Mapping[str, Any], _handed: socket.socket | None) -> Reply:
        return Reply({"since": self.since}, handed=self._listening)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mlops_desktop.serving.holder", description="Holds an endpoint's port.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--address", default="0.0.0.0", help="of the container's own network")  # noqa: S104
    parser.add_argument("--folder", type=Path, required=True, help="shared with the servers")
    options = parser.parse_args(arguments)
    with open_public(options.address, options.port) as listening, open_control(options.folder / NAME) as control:
        asyncio.run(Holder(listening).run(control))
    return 0


if __name__ == "__main__":
    sys.exit(main())
