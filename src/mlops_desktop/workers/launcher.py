"""The owner's side of workers: starts jobs, keeps one worker warm, asks it calls, and sees how jobs end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops_desktop.domain.errors import CallError, JobFailedError, JobLostError, MemoryCapError
from mlops_desktop.domain.jobs import JobKind, JournalPart
from mlops_desktop.domain.plain import to_plain
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.workers import endings, journal, limits, processes, protocol
from mlops_desktop.workers.protocol import ProtocolError
from mlops_desktop.workers.report import HEARTBEAT
from mlops_desktop.workers.warm_worker import WarmWorker, WorkerGoneError, WorkerSilentError

SPEC = "spec.json"

_READY_SECONDS = 120.0
_START_SECONDS = 30.0
_END_SECONDS = 5.0
_PAUSE_AFTER_A_BAD_START = 10.0


@dataclass(frozen=True)
class _Child:
    """A job that this process started, kept in order to reap it and to see how it ended."""

    process: subprocess.Popen[bytes]
    folder: Path


class WorkerLauncher:
    """Safe in any thread. At most one warm worker waits; whoever needs a worker takes it, ready or still warming up.

    A job takes its worker for good, a call gives it back. Calls come one after another, but a job never waits for one.
    """

    def __init__(
        self, command: Sequence[str] | None = None, memory_cap: int | None = None, *, keep_warm: bool = True
    ) -> None:
        """`keep_warm`: after each start of a job the next worker is warmed up for the one that may follow."""
        self._command = tuple(command or default_command())
        self._cap = memory_cap or limits.default_memory_cap()
        self._keep_warm = keep_warm
        self._lock = threading.Lock()
        self._warm: WarmWorker | None = None
        self._busy: set[WarmWorker] = set()
        self._is_closed = False
        self._bad_start_at = -_PAUSE_AFTER_A_BAD_START
        self._calls = threading.Lock()
        self._number = 0
        self._children_lock = threading.Lock()
        self._children: dict[ProcessIdentity, _Child] = {}

    def prepare(self) -> None:
        """Has a warm worker ready soon; returns at once. A worker that cannot start is not tried again and again."""
        with self._lock, suppress(OSError):
            paused = time.monotonic() - self._bad_start_at < _PAUSE_AFTER_A_BAD_START
            if self._warm is None and not self._is_closed and not paused:
                self._warm = WarmWorker(self._command, self._cap)

    def rest(self) -> None:
        """Lets the warm worker go, to give its memory back; the next job or call starts another."""
        with self._lock:
            warm, self._warm = self._warm, None
        if warm is not None:
            warm.dismiss()

    def start_job(self, kind: JobKind, spec: Mapping[str, object], folder: Path) -> ProcessIdentity:
        """Raises JobFailedError where the job could not be started; then nothing runs."""
        folder = folder.absolute()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / SPEC).write_text(json.dumps(to_plain(spec), indent=1, sort_keys=True), encoding="utf-8")
            line = protocol.encode({"job": str(kind), "spec": spec, "folder": str(folder)})
        except (OSError, ProtocolError) as error:
            raise JobFailedError(
                f"The job could not be started: {error}", hint="Check the workspace folder and the disk's space."
            ) from error
        worker = self._take(JobFailedError)
        try:
            self._hand_over(worker, line)
        except BaseException:
            self._discard(worker)
            raise
        with self._children_lock:
            self._children[worker.identity] = _Child(worker.process, folder)
        with self._lock:
            self._busy.discard(worker)
        worker.let_go()
        if self._keep_warm:
            self.prepare()
        return worker.identity

    def call(self, name: str, request: Mapping[str, object], *, seconds: float = 60.0) -> dict[str, Any]:
        """Asks the warm worker; its warming up and the calls before ours do not count as our `seconds`.

        Raises CallError, or the error that the worker answered.
        """
        with self._calls:
            self._number += 1
            try:
                line = protocol.encode({"call": name, "id": self._number, "request": request})
            except ProtocolError as error:
                raise CallError("The question to the worker is too large.", details=str(error)) from error
            worker = self._take(CallError)
            try:
                answer = self._ask(worker, line, name, seconds)
            except BaseException:
                self._discard(worker)
                raise
            return self._take_answer(worker, answer)

    def is_alive(self, process: ProcessIdentity) -> bool:
        with self._children_lock:
            child = self._children.get(process)
            if child is not None:
                code = child.process.poll()
                if code is None:
                    return True
                del self._children[process]
                _bury(process, child, code)
                return False
        is_alive = processes.is_alive(process)
        if not is_alive:
            processes.reap(process)  # a child of ours, but of a launcher that was closed
        return is_alive

    def works_in(self, process: ProcessIdentity, folder: Path) -> bool:
        return processes.works_in(process, folder)

    def memory(self, process: ProcessIdentity) -> int:
        return processes.memory(process)

    def ask_to_stop(self, process: ProcessIdentity) -> None:
        processes.ask_to_stop(process)

    def end(self, process: ProcessIdentity) -> None:
        """Ends the whole process group at once, and sees it gone."""
        with self._children_lock:
            child = self._children.pop(process, None)
        processes.end_group(process)
        if child is not None:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(_END_SECONDS)
            shutil.rmtree(child.folder / limits.SCRATCH, ignore_errors=True)
            return
        deadline = time.monotonic() + _END_SECONDS
        while self.is_alive(process) and time.monotonic() < deadline:
            time.sleep(0.01)

    def read_journal(self, folder: Path, offset: int) -> JournalPart:
        return journal.read_journal(folder, offset)

    def heartbeat(self, folder: Path) -> datetime | None:
        try:
            return datetime.fromtimestamp((folder / HEARTBEAT).stat().st_mtime, UTC)
        except OSError:
            return None

    def close(self) -> None:
        """Ends the warm worker, and a call that is under way with it. Jobs go on."""
        with self._lock:
            self._is_closed = True
            warm, self._warm = self._warm, None
            busy = tuple(self._busy)
        for worker in busy:
            processes.end_group(worker.identity)  # whoever waits for it lets go of it
        if warm is not None:
            warm.dismiss()
        with self._children_lock:
            for identity, child in self._children.items():
                code = child.process.poll()
                if code is None:
                    child.process.returncode = 0  # not ours any more; Popen would complain about an orphan
                else:
                    _bury(identity, child, code)
            self._children.clear()

    def _take(self, kind: type[CallError] | type[JobFailedError]) -> WarmWorker:
        """A worker that is ready, and ours until it is given back, let go or discarded."""
        for is_last in (False, True):
            worker, was_waiting = self._take_any(kind)
            try:
                worker.wait_until_ready(_READY_SECONDS)
            except (WorkerGoneError, WorkerSilentError) as trouble:
                self._discard(worker)
                if not is_last and was_waiting:
                    continue  # it may have died long ago; a fresh one deserves a try
                with self._lock:
                    self._bad_start_at = time.monotonic()
                raise _could_not_start(trouble, kind) from trouble
            except BaseException:
                self._discard(worker)
                raise
            if worker.is_usable or is_last:
                return worker
            self._discard(worker)
        raise AssertionError("the second try returns or raises")

    def _take_any(self, kind: type[CallError] | type[JobFailedError]) -> tuple[WarmWorker, bool]:
        with self._lock:
            if self._is_closed:
                raise kind("The workers were closed already.", hint="Open the workspace again.")
            worker, self._warm = self._warm, None
            was_waiting = worker is not None
            try:
                worker = worker or WarmWorker(self._command, self._cap)
            except OSError as error:
                raise kind(
                    f"No worker process could be started: {error.strerror or error}.",
                    hint="Check that the program is still installed, and that the system is not out of memory.",
                    details=str(error),
                ) from error
            self._busy.add(worker)
            return worker, was_waiting

    def _give_back(self, worker: WarmWorker) -> None:
        with self._lock:
            self._busy.discard(worker)
            is_wanted = self._warm is None and not self._is_closed
            if is_wanted:
                self._warm = worker
        if not is_wanted:
            worker.dismiss()

    def _discard(self, worker: WarmWorker) -> None:
        with self._lock:
            self._busy.discard(worker)
        worker.end()

    def _hand_over(self, worker: WarmWorker, line: bytes) -> None:
        try:
            answer = worker.ask(line, _START_SECONDS)
        except WorkerGoneError as gone:
            raise gone.as_error(JobFailedError) from gone
        except WorkerSilentError as silence:
            raise JobFailedError("The worker did not take the job in time.", hint="Try again.") from silence
        if answer.get("job") != "started":
            raise protocol.error_from(answer.get("error"))

    def _ask(self, worker: WarmWorker, line: bytes, name: str, seconds: float) -> dict[str, Any]:
        try:
            answer = worker.ask(line, seconds)
        except WorkerGoneError as gone:
            raise gone.as_error(CallError) from gone
        except WorkerSilentError as silence:
            raise CallError(
                f"The worker gave no answer within {seconds:g} seconds ({name}), so it was ended.",
                hint="Try again, perhaps with a smaller file.",
            ) from silence
        if answer.get("id") != self._number:
            raise CallError("The worker answered another question.", hint="Try again.")
        return answer

    def _take_answer(self, worker: WarmWorker, answer: Mapping[str, Any]) -> dict[str, Any]:
        error = None if isinstance(answer.get("answer"), dict) else protocol.error_from(answer.get("error"))
        if isinstance(error, MemoryCapError) or processes.memory(worker.identity) > self._cap // 2:
            self._discard(worker)  # it would go into the next call with its memory half used up
        else:
            self._give_back(worker)
        if error is not None:
            raise error
        body: dict[str, Any] = answer["answer"]
        return body


def default_command() -> tuple[str, ...]:
    """Ourselves as a worker; without the environment's PYTHON variables and without the current folder on the path.

    Not isolated altogether (-I), because then an installation for one user only would not be found.
    """
    if getattr(sys, "frozen", False):
        return (sys.executable, "worker")
    return (sys.executable, "-E", "-P", "-X", "utf8", "-m", "mlops_desktop", "worker")


def _could_not_start(
    trouble: WorkerGoneError | WorkerSilentError, kind: type[CallError] | type[JobFailedError]
) -> Exception:
    if isinstance(trouble, WorkerGoneError):
        return trouble.as_error(kind)
    return kind("A worker took too long to start, so it was ended.", hint="Try again when the computer is less busy.")


def _bury(identity: ProcessIdentity, child: _Child, code: int) -> None:
    """Tidies up after a job that ended; where it could not say how, its journal gets to know."""
    processes.end_group(identity)
    shutil.rmtree(child.folder / limits.SCRATCH, ignore_errors=True)
    if code != 0:
        with suppress(OSError):
            error = endings.error_for(code, _tail(child.folder / limits.OUTPUT), JobLostError)
            journal.append_failure(child.folder, protocol.error_body(error))


def _tail(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - 8_000, 0))
            return file.read()
    except OSError:
        return b""
