"""The worker's own side: answers calls one after another until it is given a job, then becomes that job."""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import importlib
import importlib.metadata
import os
import platform
import queue
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from mlops_desktop.domain.errors import BugError, JobFailedError, MemoryCapError
from mlops_desktop.domain.plain import to_plain
from mlops_desktop.workers import limits, processes, protocol
from mlops_desktop.workers.calls import CALLS
from mlops_desktop.workers.jobs import JOBS
from mlops_desktop.workers.protocol import CallRequest, JobRequest, ProtocolError
from mlops_desktop.workers.report import Report, heartbeat

Table = Mapping[str, "str | Callable[..., Any]"]
"""What a worker can do, by name: a module's path, or the function itself."""

HEAVY = (
    "numpy",
    "pandas",
    "polars",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.inspection",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "skops.io",
    "threadpoolctl",
)
"""Imported before a worker calls itself ready, so that no job and no call waits for them."""

_PACKAGES = ("joblib", "numpy", "pandas", "polars", "scikit-learn", "scipy", "skops")
_GRACE_SECONDS = 2.0
_EXIT_SECONDS = 3.0


def main(jobs: Table = JOBS, calls: Table = CALLS, heavy: Sequence[str] = HEAVY) -> int:
    """Serves the owner at the other end of stdin and stdout; returns the exit code."""
    channel = _Channel()
    faulthandler.enable()
    farewell = contextlib.ExitStack()
    atexit.register(farewell.close)  # registered before the libraries are loaded, so it runs after their own
    cap = limits.memory_cap()
    limits.restrict_process(cap)
    limits.give_way(limits.CALL_NICENESS)
    channel.listen()
    for name in heavy:
        importlib.import_module(name)
    for entry in (*jobs.values(), *calls.values()):
        with contextlib.suppress(ImportError):  # told when somebody asks for it
            _import(entry)
    packages = _packages()
    channel.say({"ready": True, "pid": os.getpid()})
    watch = limits.watch(limits.MemoryWatch(cap, lambda: _leave_for_memory(channel, cap)))
    watch.start()
    while (request := channel.next()) is not None:
        if isinstance(request, CallRequest):
            channel.calling = request.id
            channel.send(_answer(request, calls))
            channel.calling = None
            continue
        try:
            job = _Job(request, cap, packages, farewell)
        except OSError as error:
            channel.say({"error": protocol.error_body(_cannot_start(request, error))})
            return 1
        watch.close()
        channel.say({"job": "started", "pid": os.getpid()})
        channel.close()
        job.run(jobs)
        return 0
    return 0


class _Channel:
    """The owner's line to us, taken away from stdin and stdout so that nothing foreign is written into it."""

    def __init__(self) -> None:
        self._input = os.fdopen(os.dup(0), "rb")
        self._output = os.dup(1)
        self._requests: queue.SimpleQueue[CallRequest | JobRequest | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="requests", daemon=True)
        self._lock = threading.Lock()
        self.calling: int | None = None
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)

    def listen(self) -> None:
        """From the first moment on, so that an owner who goes away while we still import ends us too."""
        self._reader.start()

    def next(self) -> CallRequest | JobRequest | None:
        return self._requests.get()

    def say(self, message: Mapping[str, object]) -> None:
        self.send(protocol.encode(message))

    def send(self, line: bytes) -> None:
        with self._lock:
            try:
                rest = memoryview(line)
                while rest:
                    rest = rest[os.write(self._output, rest) :]
            except OSError:
                return  # the owner went away; the reader notices that too

    def close(self) -> None:
        self._reader.join()
        self._input.close()
        os.close(self._output)

    def _read(self) -> None:
        while True:
            try:
                line = protocol.read_line(self._input)
                request = None if line is None else protocol.parse_request(line)
            except ProtocolError as error:
                sys.stderr.write(f"{error}\n")
                request = None
            self._requests.put(request)
            if isinstance(request, JobRequest):
                return
            if request is None:
                self._requests.put(None)
                threading.Event().wait(_GRACE_SECONDS)
                os._exit(0)  # a call nobody waits for any more keeps the main thread


class _Job:
    """What a worker becomes. Making it does all that may fail before the owner is told that it started."""

    def __init__(
        self, request: JobRequest, cap: int, packages: Mapping[str, str], farewell: contextlib.ExitStack
    ) -> None:
        self._request = request
        self._folder = request.folder
        self._cancelled = threading.Event()
        os.chdir(self._folder)
        self._output = limits.OutputLog(self._folder)
        scratch = _use_scratch(self._folder)
        self._report = Report(self._folder, self._cancelled)
        _on_stop(self._cancelled.set)
        identity = processes.identity_of(os.getpid())
        self._report.started({"pid": os.getpid(), "packages": packages, "process": to_plain(identity)})
        self._output.take_over()
        self._heartbeat = heartbeat(self._folder)
        self._watch = limits.watch(limits.MemoryWatch(cap, lambda: self._leave_for_memory(cap)), self._output)
        farewell.callback(self._output.close)
        farewell.callback(shutil.rmtree, scratch, ignore_errors=True)
        farewell.callback(processes.stop_children, os.getpid())

    def run(self, jobs: Table) -> None:
        with self._heartbeat, self._watch:
            try:
                self._report.check_cancelled()
                run = _find(jobs, self._request.kind, "run")
                limits.limit_threads(self._request.spec)
                limits.give_way(limits.JOB_NICENESS)
                self._report.result(run(self._request.spec, self._folder, self._report))
            except BaseException as error:  # noqa: BLE001 - the boundary: whatever ended the job is told in its journal
                self._report.failure(error)
        self._report.close()
        _exit_within(_EXIT_SECONDS)

    def _leave_for_memory(self, cap: int) -> None:
        self._report.failure(_memory_error(cap))
        processes.stop_children(os.getpid())
        self._output.close()
        shutil.rmtree(self._folder / limits.SCRATCH, ignore_errors=True)
        os._exit(0)


def _exit_within(seconds: float) -> None:
    """Everything is said; somebody's hanging farewell or forgotten thread must not keep the process."""

    def leave() -> None:
        processes.stop_children(os.getpid())
        os._exit(0)

    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    timer.start()


def _answer(request: CallRequest, calls: Table) -> bytes:
    try:
        answer = _find(calls, request.name, "answer")(request.request)
        return protocol.encode({"id": request.id, "answer": answer})
    except BaseException as error:  # noqa: BLE001 - the boundary: whatever went wrong is the answer
        return protocol.encode({"id": request.id, "error": protocol.error_body(error)})


def _find(table: Table, name: str, function: str) -> Callable[..., Any]:
    try:
        entry = table[name]
    except KeyError:
        raise BugError(f"No worker can do “{name}”.") from None
    found: Callable[..., Any] = getattr(_import(entry), function) if isinstance(entry, str) else entry
    return found


def _import(entry: str | Callable[..., Any]) -> ModuleType | None:
    return importlib.import_module(entry) if isinstance(entry, str) else None


def _leave_for_memory(channel: _Channel, cap: int) -> None:
    """While it answers calls: the answer is that there is not enough memory, and the next call gets a new worker."""
    if channel.calling is not None:
        channel.say({"id": channel.calling, "error": protocol.error_body(_memory_error(cap))})
    processes.stop_children(os.getpid())
    os._exit(1)


def _memory_error(cap: int) -> MemoryCapError:
    return MemoryCapError(
        f"The worker needed more than the {cap / 2**30:.1f} GiB of memory that it may use, so it was ended.",
        hint="Use fewer rows or columns, a smaller model, or raise the memory limit for workers.",
    )


def _cannot_start(request: JobRequest, error: OSError) -> JobFailedError:
    if isinstance(error, FileExistsError):
        return JobFailedError(
            "This job was started before: its folder holds a journal already.",
            hint="Start it again as a new job.",
            details=str(error),
        )
    return JobFailedError(
        f"The job could not start in its folder {request.folder}: {error.strerror or error}.",
        hint="Check that the workspace folder is there, that it may be written to, and that the disk has space.",
        details=str(error),
    )


def _on_stop(stop: Callable[[], None]) -> None:
    def on_signal(number: int, frame: object) -> None:
        stop()

    signal.signal(signal.SIGTERM, on_signal)
    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, on_signal)


def _use_scratch(run_folder: Path) -> Path:
    folder = run_folder / limits.SCRATCH
    folder.mkdir(exist_ok=True)
    tempfile.tempdir = str(folder)
    for name in ("TMPDIR", "TEMP", "TMP", "JOBLIB_TEMP_FOLDER"):
        os.environ[name] = str(folder)
    return folder


def _packages() -> dict[str, str]:
    """The versions that a run is made with, looked up while nobody waits."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
