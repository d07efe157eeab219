"""Processes as the machine knows them: who they are, whether they live, what they use, how they are ended."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import signal
import sys
import time
from pathlib import Path

import psutil

from mlops_desktop.domain.processes import ProcessIdentity

_TOLERANCE = 2.0
_BOOT_TOLERANCE = 120.0
_REAP_SECONDS = 1.0
_DEAD = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


def identity_of(pid: int) -> ProcessIdentity | None:
    """None where no such process lives."""
    found = _look_at(pid)
    return None if found is None else ProcessIdentity(this_machine(), this_boot(), pid, found[0])


def is_alive(process: ProcessIdentity) -> bool:
    """False for one that is gone, waits to be reaped, whose pid is another's now, or of another boot or machine."""
    if not _is_of_this_boot(process):
        return False
    found = _look_at(process.pid)
    return found is not None and found[1] and _is_same_start(found[0], process)


def works_in(process: ProcessIdentity, folder: Path) -> bool:
    """Whether it lives and has this folder as its current one, which a worker enters before it says who it is."""
    try:
        return is_alive(process) and Path(psutil.Process(process.pid).cwd()) == folder.resolve()
    except (psutil.Error, OSError):
        return False


def memory(process: ProcessIdentity) -> int:
    """Resident bytes of the process and all its children; 0 when it is gone."""
    return memory_with_children(process.pid) if is_alive(process) else 0


def memory_with_children(pid: int) -> int:
    total = 0
    for member in _family(pid):
        try:
            total += member.memory_info().rss
        except psutil.Error:
            continue
    return total


def ask_to_stop(process: ProcessIdentity) -> None:
    """Says please; a process may take its time or not listen."""
    if not is_alive(process):
        return
    try:
        if sys.platform == "win32":
            os.kill(process.pid, signal.CTRL_BREAK_EVENT)
        else:
            os.kill(process.pid, signal.SIGTERM)
    except OSError:
        return  # gone meanwhile


def end_group(process: ProcessIdentity) -> None:
    """Ends the process, its whole group and all its children at once, also what it left behind when it died."""
    if not _is_of_this_boot(process):
        return
    found = _look_at(process.pid)
    if found is None:
        _kill(_members_of_session(process.pid))
    elif _is_same_start(found[0], process):
        children = _family(process.pid)
        _kill_group(process.pid)
        _kill(children)


def stop_children(pid: int) -> None:
    """Asks the children to end, not by force: the resource tracker of Python ignores it, and tidies up after us."""
    for member in _family(pid):
        try:
            if member.pid != pid:
                member.terminate()
        except psutil.Error:
            continue


def reap(process: ProcessIdentity) -> None:
    """Lets a dead child of ours that nobody waited for disappear; does nothing to any other process.

    A killed process counts as dead a moment before it can be waited for: its threads end one after another.
    """
    if sys.platform == "win32" or not _is_of_this_boot(process):
        return
    deadline = time.monotonic() + _REAP_SECONDS
    while time.monotonic() < deadline:
        found = _look_at(process.pid)
        if found is None or found[1] or not _is_same_start(found[0], process):
            return
        try:
            os.waitpid(process.pid, os.WNOHANG)
        except ChildProcessError:
            return
        time.sleep(0.002)


@functools.cache
def this_machine() -> str:
    """A name of this machine that stays; hashed, since the system's own is not to be handed around."""
    for path in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
        try:
            name = path.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
        if name:
            break
    else:
        name = _machine_name()
    return hashlib.sha256(f"mlops-desktop:{name}".encode()).hexdigest()[:32]


@functools.cache
def this_boot() -> str:
    """A name of the time since the system started."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return str(round(psutil.boot_time()))


def _machine_name() -> str:
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    return platform.node()


def _look_at(pid: int) -> tuple[float, bool] | None:
    """When it started and whether it runs; None where there is no such process.

    Linux counts from the boot, because a start in time of day moves whenever somebody sets the clock.
    """
    if sys.platform == "linux":
        try:
            text = Path(f"/proc/{pid}/stat").read_bytes()
        except OSError:
            return None
        fields = text[text.rindex(b")") + 2 :].split()
        return int(fields[19]) / os.sysconf("SC_CLK_TCK"), fields[0] not in (b"Z", b"X", b"x")
    try:
        process = psutil.Process(pid)
        return process.create_time(), process.status() not in _DEAD
    except psutil.Error:
        return None


def _is_same_start(started: float, process: ProcessIdentity) -> bool:
    return abs(started - process.started) < (0.001 if sys.platform == "linux" else _TOLERANCE)


def _is_of_this_boot(process: ProcessIdentity) -> bool:
    if process.machine != this_machine():
        return False
    if process.boot == this_boot():
        return True
    try:  # a boot known by its time of day only, which shifts a little
        return abs(int(process.boot) - int(this_boot())) < _BOOT_TOLERANCE
    except ValueError:
        return False


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _members_of_session(leader: int) -> list[psutil.Process]:
    """What a worker left behind: a pid is not given out again while a session of that name has members."""
    if sys.platform == "win32":
        return []
    return [psutil.Process(pid) for pid in psutil.pids() if _session_of(pid) == leader]


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _kill_group(pid: int) -> None:
    if sys.platform == "win32":
        _kill(_family(pid))
        return
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except OSError:
        return  # gone meanwhile


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.kill()
        except psutil.Error:
            continue
