"""One spawned worker as its owner sees it: the process, its pipes, and what comes back through them."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

from mlops_desktop.domain.errors import UserError
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.workers import endings, limits, processes, protocol
from mlops_desktop.workers.protocol import ProtocolError

_LAST_WORDS = 8_000
_SURELY_FITS_A_PIPE = 4_096
_END_SECONDS = 10.0
_PEACE_SECONDS = 3.0

# What a worker needs of our environment. The rest stays here, above all what other programs keep secret in theirs.
_PASSED = frozenset(
    (
        "PATH",
        "PATHEXT",
        "COMSPEC",
        "SYSTEMROOT",
        "SYSTEMDRIVE",
        "WINDIR",
        "PROGRAMDATA",
        "APPDATA",
        "LOCALAPPDATA",
        "HOME",
        "HOMEDRIVE",
        "HOMEPATH",
        "USER",
        "USERNAME",
        "USERPROFILE",
        "LOGNAME",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TMPDIR",
        "TEMP",
        "TMP",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "FONTCONFIG_FILE",
        "FONTCONFIG_PATH",
        "NUMBER_OF_PROCESSORS",
        "PROCESSOR_ARCHITECTURE",
    )
)
_PASSED_FAMILIES = ("COVERAGE_", "LC_", "MKL_", "MPL", "OMP_", "OPENBLAS_", "POLARS_", "XDG_")


class WorkerGoneError(Exception):
    """It ended, said something we do not understand, or took too long: it is of no more use."""

    def __init__(self, code: int | None, last_words: bytes) -> None:
        super().__init__(f"exit code {code}")
        self.code = code
        self.last_words = last_words

    def as_error(self, kind: type[UserError]) -> UserError:
        return endings.error_for(self.code, self.last_words, kind)


class WorkerSilentError(Exception):
    """It did not answer in time."""


class WarmWorker:
    """A session of its own from its birth, so that its whole family can be ended and a terminal's signals pass it by.

    It is never tied to the thread that spawns it (a parent-death signal would be): it ends when its stdin closes.
    """

    def __init__(self, command: Sequence[str], memory_cap: int) -> None:
        """Raises OSError where the process cannot be made."""
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=os.path.abspath(os.sep),
            env=_environment(memory_cap),
            start_new_session=sys.platform != "win32",
            creationflags=_creation_flags(),
        )
        pid = self.process.pid
        self.identity = processes.identity_of(pid) or ProcessIdentity(
            processes.this_machine(), processes.this_boot(), pid, 0.0
        )
        self.was_ready = False
        self._said: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._last_words = b""
        self._threads = [
            threading.Thread(target=self._listen, name=f"worker {pid} answers", daemon=True),
            threading.Thread(target=self._overhear, name=f"worker {pid} output", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_usable(self) -> bool:
        return self.process.poll() is None and processes.is_alive(self.identity)

    def wait_until_ready(self, seconds: float) -> None:
        """Raises WorkerGoneError or WorkerSilentError."""
        if not self.was_ready:
            self.was_ready = self._next(time.monotonic() + seconds).get("ready") is True
            if not self.was_ready:
                raise self._gone()

    def ask(self, line: bytes, seconds: float) -> dict[str, Any]:
        """Sends one request and waits for what comes back. Raises WorkerGoneError or WorkerSilentError."""
        deadline = time.monotonic() + seconds
        if len(line) <= _SURELY_FITS_A_PIPE:
            self._send(line)
        else:  # a frozen worker does not empty its pipe, and writing into a full one would wait for ever
            sender = threading.Thread(target=self._send, args=(line,), name="worker request", daemon=True)
            self._threads.append(sender)
            sender.start()
        return self._next(deadline)

    def dismiss(self) -> None:
        """Lets it go in peace if it is idle, else ends it with all its children; waits until it is gone."""
        if self.was_ready:
            _close(self.process.stdin)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_PEACE_SECONDS)
        self.end()

    def end(self) -> None:
        processes.end_group(self.identity)
        self.process.kill()
        self.process.wait(_END_SECONDS)
        self.let_go()

    def let_go(self) -> None:
        """Closes our ends of the pipes. A job goes on without them; a worker without a job ends."""
        _close(self.process.stdin)
        for thread in self._threads:
            thread.join(_END_SECONDS)
        _close(self.process.stdout)
        _close(self.process.stderr)

    def _next(self, deadline: float) -> dict[str, Any]:
        try:
            message = self._said.get(timeout=max(deadline - time.monotonic(), 0))
        except queue.Empty:
            raise WorkerSilentError from None
        if message is None:
            raise self._gone()
        return message

    def _gone(self) -> WorkerGoneError:
        try:
            code: int | None = self.process.wait(1.0)
        except subprocess.TimeoutExpired:
            code = None
        self._threads[1].join(1.0)
        return WorkerGoneError(code, self._last_words)

    def _send(self, line: bytes) -> None:
        pipe = self.process.stdin
        assert pipe is not None
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[pipe.write(rest) :]
        except (OSError, ValueError):
            return  # it is gone, which the answers' end tells

    def _listen(self) -> None:
        pipe = self.process.stdout
        assert pipe is not None
        with os.fdopen(os.dup(pipe.fileno()), "rb") as stream:
            try:
                while (line := protocol.read_line(stream)) is not None:
                    self._said.put(protocol.decode(line))
            except (ProtocolError, OSError):
                pass
            self._said.put(None)

    def _overhear(self) -> None:
        pipe = self.process.stderr
        assert pipe is not None
        while block := pipe.read(4096):
            self._last_words = (self._last_words + block)[-_LAST_WORDS:]


def _environment(memory_cap: int) -> Mapping[str, str]:
    passed = {name: value for name, value in os.environ.items() if name in _PASSED or name.startswith(_PASSED_FAMILIES)}
    return {**passed, limits.MEMORY_CAP_VARIABLE: str(memory_cap)}


def _creation_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return 0


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        try:
            pipe.close()
        except OSError:
            return  # unsent words to a dead worker
