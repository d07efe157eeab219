"""A machine made of namespaces, as the tests hold it: its folder, its orders, and its end, which comes in any case."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from tests.engines import machine_init

PLACE = Path("/tmp")
"""Not the person's TMPDIR: sockets lie here, and their paths must be short."""

PREFIX = "mlops-engine-"
BOOT = 20.0
"""Seconds for a machine to be there."""

END = 30.0
"""Seconds for a machine to be gone."""


class EngineError(Exception):
    """An engine of the tests cannot be had, or does not do what it was told; the text says why."""


class Machine:
    """Processes in namespaces of their own under a process 1 that ends them all when this object or this program ends.

    It sees the files of the machine it stands on, but for `/run` and `/etc`, where what it writes is its own.
    """

    def __init__(self, *, own_network: bool, hostname: str = "", undo: Sequence[Sequence[str]] = ()) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=PLACE))
        self.control_group = self.folder.name
        self._stack = contextlib.ExitStack()
        try:
            self._boot(own_network, {"hostname": hostname, "undo": list(undo)})
        except BaseException:
            self.close()
            raise

    def _boot(self, own_network: bool, settings: Mapping[str, Any]) -> None:
        settings = {
            **settings,
            "folder": str(self.folder),
            "control": str(self.folder / "control"),
            "control_group": self.control_group,
        }
        (self.folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        own = ["--net", "--uts"] if own_network else []
        with (self.folder / "alive").open("w") as alive, socket.socket(socket.AF_UNIX) as listener:
            fcntl.flock(alive, fcntl.LOCK_EX)  # it goes on with process 1, and says to others that this one lives
            listener.bind(settings["control"])
            listener.listen(1)
            listener.settimeout(BOOT)
            with (self.folder / "init.log").open("wb") as log:
                # setsid --fork: the machine is no child of the tests, so whoever looks for theirs does not find it.
                spaces = ["--mount", "--pid", "--ipc", *own, "--fork", "--propagation", "unchanged"]
                program = [sys.executable, "-E", "-s", machine_init.__file__, str(self.folder / "settings.json")]
                subprocess.run(
                    ["setsid", "--fork", "unshare", *spaces, *program],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=machine_init.ENVIRONMENT,
                    pass_fds=[alive.fileno()],
                    check=True,
                )
            try:
                self._control, _ = listener.accept()
            except TimeoutError:
                raise EngineError(f"no machine came up: {self.log('init')}") from None
        self._stack.callback(self._control.close)
        self._control.settimeout(BOOT)
        self.process_id = _peer(self._control)
        self._ended = os.pidfd_open(self.process_id)
        self._stack.callback(os.close, self._ended)
        self._lines: IO[str] = self._stack.enter_context(self._control.makefile("rw", encoding="utf-8", newline="\n"))
        self._answer()
        self._control.settimeout(None)

    # --- orders -------------------------------------------------------------------------------------------------------

    def start(self, name: str, *command: str | Path, **environment: str) -> None:
        """Starts a process that goes on; what it says is in `log(name)`."""
        log = str(self.folder / f"{name}.log")
        self._order("start", name=name, command=[*map(str, command)], log=log, environment=environment)

    def signal(self, name: str, number: int, *, children: bool = False) -> None:
        self._order("signal", name=name, number=int(number), children=children)

    def wait(self, name: str, seconds: float) -> int | None:
        """The exit code of a process that was started, None where it has not ended by then."""
        code = self._order("wait", name=name, seconds=seconds)["code"]
        return None if code is None else int(code)

    def run(self, *command: str | Path) -> str:
        """Runs a command there to its end and gives what it said."""
        done = self._order("run", command=[*map(str, command)])
        if done["code"] != 0:
            raise EngineError(f"{' '.join(map(str, command))} ended with {done['code']}: {done['text'].strip()}")
        return str(done["text"])

    def crash(self) -> None:
        """Kills everything at once; what was in `/run` is gone, as after a power cut."""
        self._order("crash")

    def signal_all(self, number: int) -> None:
        self._order("signal all", number=int(number))

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _order(self, what: str, **details: Any) -> dict[str, Any]:
        self._lines.write(json.dumps({"do": what, **details}) + "\n")
        self._lines.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise EngineError(f"the machine is gone: {self.log('init')}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise EngineError(answer["error"])
        return answer

    # --- the end ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Returns when no process, mount, network, control group or file of it is left."""
        with self._stack:
            if hasattr(self, "_control"):
                with contextlib.suppress(OSError):
                    self._control.shutdown(socket.SHUT_RDWR)
            if hasattr(self, "_ended"):
                select.select([self._ended], [], [], END)
        if self.folder.exists():
            _sweep(self.folder)


def _peer(connection: socket.socket) -> int:
    """The number of the process at the other end as it is seen from here."""
    answer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", answer)[0])


def sweep() -> None:
    """Removes what machines left whose process 1 was killed, with all theirs, before it could clear up."""
    for folder in PLACE.glob(f"{PREFIX}*"):
        _sweep(folder)


def _sweep(folder: Path) -> None:
    try:
        with (folder / "alive").open("r") as alive:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            program = [sys.executable, "-E", "-s", machine_init.__file__, str(folder / "settings.json"), "sweep"]
            subprocess.run(["unshare", "--mount", "--propagation", "unchanged", *program], check=True)
    except BlockingIOError:
        return  # it lives
    except (FileNotFoundError, subprocess.CalledProcessError):
        if time.time() - folder.stat().st_mtime > BOOT:
            shutil.rmtree(folder, ignore_errors=True)
