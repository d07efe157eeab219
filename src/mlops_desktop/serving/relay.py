"""Carries commands to the control sockets of an endpoint's containers, for one who can reach only a stream to here.

`python -m mlops_desktop.serving.relay --folder <shared folder>` reads lines and answers each with a line,
in whatever order they are done:

    {"id": 1, "to": "<name>", "command": "status", "seconds": 2.0, "details": {...}}
    {"id": 1, "answer": {...}}   or   {"id": 1, "error": "nobody" | "silent" | "refused", "sentence": "..."}

With `--probe <name>` it only says, by its exit code, whether that server is ready. With `--connect <port>` it is a pipe
to that port of this container.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import socket
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, Final

from mlops_desktop.serving.admin_client import ControlError, NobodyThereError, RefusedError, SilentServerError, ask

_NAME: Final = re.compile(r"[a-z0-9]{1,64}")
_LONGEST_LINE: Final = 64 * 1024
_AT_ONCE: Final = 8
_LONGEST_WAIT: Final = 120.0
_BLOCK: Final = 64 * 1024
_KINDS: Final = ((NobodyThereError, "nobody"), (SilentServerError, "silent"), (RefusedError, "refused"))


class Relay:
    """Answers every line that `commands` holds on `answers`."""

    def __init__(self, folder: Path, commands: BinaryIO, answers: BinaryIO) -> None:
        self._folder = folder
        self._commands = commands
        self._answers = answers
        self._lock = threading.Lock()

    def run(self) -> None:
        """Until the input ends."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="relay") as pool:
            while line := self._commands.readline(_LONGEST_LINE):
                pool.submit(self._carry, line)

    def _carry(self, line: bytes) -> None:
        number: object = None
        try:
            message = json.loads(line)
            number = message.get("id")
            answer = {"id": number, "answer": self._ask(message)}
        except ControlError as error:
            kind = next(word for known, word in (*_KINDS, (ControlError, "refused")) if isinstance(error, known))
            answer = {"id": number, "error": kind, "sentence": str(error)}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            answer = {"id": number, "error": "refused", "sentence": f"the message cannot be read: {error}"}
        with self._lock, contextlib.suppress(OSError):
            self._answers.write(json.dumps(answer).encode("ascii") + b"\n")
            self._answers.flush()

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        name = str(message["to"])
        if not _NAME.fullmatch(name):
            raise RefusedError("there is no server of that name")
        details = {str(key): str(value) for key, value in message.get("details", {}).items()}
        seconds = min(float(message.get("seconds", 2.0)), _LONGEST_WAIT)
        return ask(self._folder / name, str(message["command"]), seconds=seconds, handed=None, **details)


def probe(path: Path) -> int:
    """0 where the server at this path is ready."""
    try:
        return 0 if ask(path, "status", seconds=5.0).get("phase") == "ready" else 1
    except ControlError:
        return 1


def connect(port: int, inwards: BinaryIO, outwards: BinaryIO) -> int:
    """Carries bytes between the streams and the port until either side ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=10.0) as connection:
        connection.settimeout(None)
        threading.Thread(target=_pour_in, args=(inwards, connection), daemon=True).start()
        with contextlib.suppress(OSError):
            while block := connection.recv(_BLOCK):
                outwards.write(block)
                outwards.flush()
    return 0


def _pour_in(inwards: BinaryIO, connection: socket.socket) -> None:
    with contextlib.suppress(OSError, ValueError):
        while block := inwards.read1(_BLOCK):  # type: ignore[attr-defined]
            connection.sendall(block)
    # Not passed on as the end of the connection: the server would take it for a client that left, and not answer.


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mlops_desktop.serving.relay", description="Carries commands to servers.")
    parser.add_argument("--folder", type=Path, help="shared by the containers of the endpoint")
    parser.add_argument("--probe", metavar="NAME", help="only say whether this server is ready")
    parser.add_argument("--connect", metavar="PORT", type=int, help="only be a pipe to this port")
    options = parser.parse_args(arguments)
    if options.connect:
        return connect(options.connect, sys.stdin.buffer, sys.stdout.buffer)
    if options.folder is None:
        parser.error("--folder is missing")
    if options.probe:
        return probe(options.folder / options.probe)
    Relay(options.folder, sys.stdin.buffer, sys.stdout.buffer).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
