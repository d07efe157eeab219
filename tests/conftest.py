"""What holds for every test: its own folders for state and settings, and nothing left behind."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psutil
import pytest
from tests import kept_worker, needs
from tests.engines import plugin as engines

GRACE = 5.0
"""Seconds that threads and processes have to end by themselves after a test."""

MARK = "XDG_CACHE_HOME"
"""Names a folder of the one test, and is inherited by every process it starts, however far that detaches itself."""

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
hypothesis.settings.register_profile("short", deadline=None, max_examples=50)
hypothesis.settings.register_profile("long", deadline=None, max_examples=2000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests marked long, and fuzz for minutes")
    parser.addoption("--fuzz-minutes", type=float, default=20.0, help="for each target in the long form")
    engines.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(engines)
    config.pluginmanager.register(needs)
    hypothesis.settings.load_profile("long" if config.getoption("--long") else "short")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in set(long)]


@pytest.fixture(scope="session", autouse=True)
def _shared_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """matplotlib's list of fonts takes seconds to make: once for all tests, and never in the person's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLCONFIGDIR", str(tmp_path_factory.mktemp("matplotlib")))
        yield


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """State and settings in a fresh folder with a short name, for sockets lie there and their paths are limited."""
    folder = Path(tempfile.mkdtemp(prefix="mlops-"))
    monkeypatch.setenv("MLOPS_STATE_FOLDER", str(folder / "state"))
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(folder / kind.lower()))
    yield
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_logged_errors(request: pytest.FixtureRequest) -> Iterator[None]:
    keeper = _ErrorKeeper()
    logging.getLogger().addHandler(keeper)
    yield
    logging.getLogger().removeHandler(keeper)
    if keeper.errors and request.node.get_closest_marker("logs_errors") is None:
        pytest.fail("logged as an error: " + "; ".join(keeper.errors), pytrace=False)


class _ErrorKeeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.errors.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _nothing_left_running(_own_folders: None) -> Iterator[None]:
    """Fails a test that leaves a thread or a process; such a process is ended, and only such a one."""
    threads_before = set(threading.enumerate())
    processes_before = set(_processes())
    yield
    deadline = time.monotonic() + GRACE
    while True:
        threads = [thread for thread in threading.enumerate() if thread not in threads_before and _counts(thread)]
        processes = [process for process in _processes() if process not in processes_before and _is_ours(process)]
        if not (threads or processes) or time.monotonic() > deadline:
            break
        time.sleep(0.01)
    left = [f"thread {thread.name}" for thread in threads] + [_end(process) for process in processes]
    if left:
        pytest.fail("left running: " + "; ".join(left), pytrace=False)


def _counts(thread: threading.Thread) -> bool:
    """Threads of foreign libraries that once called Python are listed for ever; they are not ours to end."""
    return not isinstance(thread, threading._DummyThread) and not kept_worker.serves_kept(thread)


def _is_ours(process: psutil.Process) -> bool:
    return not kept_worker.is_kept(process.pid)


def pytest_sessionfinish() -> None:
    kept_worker.end()


def _processes() -> list[psutil.Process]:
    """Our descendants, and whoever carries this test's mark without being one any more."""
    found = {process for process in psutil.Process().children(recursive=True) if _is_running(process)}
    if sys.platform.startswith("linux"):
        wanted = f"{MARK}={os.environ.get(MARK, '')}".encode()
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal() and int(folder.name) != os.getpid() and _carries(folder, wanted):
                found.update(_process(int(folder.name)))
    return list(found)


def _carries(folder: Path, wanted: bytes) -> bool:
    try:
        return wanted in (folder / "environ").read_bytes().split(b"\0")
    except OSError:  # gone meanwhile, or somebody else's
        return False


def _process(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return []
    return [process] if _is_running(process) else []


def _is_running(process: psutil.Process) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return bool(process.ppid() == os.getpid())
        return "resource_tracker" not in " ".join(process.cmdline())
    except psutil.Error:
        return False


def _end(process: psutil.Process) -> str:
    try:
        text = f"process {process.pid} {' '.join(process.cmdline())[:200]} ({process.status()})"
        process.kill()
        process.wait(GRACE)
    except psutil.Error as error:
        return str(error)
    return text
