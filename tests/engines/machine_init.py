"""Process 1 of a machine made of namespaces: starts and signals the others, and takes all along at the end.

Run as `unshare --mount --pid --fork ... python machine_init.py SETTINGS`. It needs the standard library alone. Orders
come over a socket, one JSON object per line. Once the other end of the socket is gone, however it ended, all this is.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

CONTROL_GROUPS = Path("/sys/fs/cgroup")
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/root",
}
MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE = 4096, 8192, 16384, 1 << 18
PATIENCE = 10.0
"""Seconds for what was killed to be gone."""

TURN = 0.2
"""Seconds after which the dead are taken leave of, also where nobody orders anything."""


def _make_chroot_the_root() -> None:
    """In a chroot the root is no mount, which runc needs, and what enters a container later would land outside.

    Entering our own namespace again leads to its real root; the chroot's folder is moved there, as at a system's start.
    """
    libc = ctypes.CDLL(None, use_errno=True)

    def call(name: str, *values: object) -> None:
        if getattr(libc, name)(*values) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{name}: {os.strerror(number)}")

    here, space = os.open("/", os.O_RDONLY), os.open("/proc/self/ns/mnt", os.O_RDONLY)
    call("setns", space, 0)
    os.fchdir(here)
    place = os.getcwd().encode()
    call("mount", None, b"/", None, MS_PRIVATE | MS_REC, None)
    call("mount", place, place, None, MS_BIND | MS_REC, None)
    os.chdir(place)
    call("mount", b".", b"/", None, MS_MOVE, None)
    os.chroot(".")
    os.chdir("/")
    os.close(here)
    os.close(space)


class Machine:
    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._folder = Path(settings["folder"])
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    # --- what stands around the processes -----------------------------------------------------------------------------

    def prepare(self) -> None:
        """A file system view of our own: what is mounted or written in /run and /etc here is not seen outside."""
        if not _succeeds("mount", "--make-rprivate", "/"):
            _make_chroot_the_root()
            _must("mount", "--make-rprivate", "/")
        _must("mount", "-t", "proc", "proc", "/proc")
        self.clear_run()
        private = self._folder / "private"
        private.mkdir()
        _must("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(private))
        for name in ("changed", "work"):
            (private / name).mkdir()
        layers = f"lowerdir=/etc,upperdir={private / 'changed'},workdir={private / 'work'}"
        _succeeds("mount", "-t", "overlay", "-o", layers, "etc", "/etc")  # dockerd writes a key there
        if self._settings["hostname"]:
            socket.sethostname(self._settings["hostname"])
        _mount_control_groups()

    def clear_run(self) -> None:
        _must("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
        for name in ("sshd", "lock"):
            Path("/run", name).mkdir()

    # --- orders -------------------------------------------------------------------------------------------------------

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        match order.pop("do"):
            case "start":
                return self._start(**order)
            case "signal":
                return self._signal(**order)
            case "wait":
                return self._wait(**order)
            case "run":
                return _run(order["command"])
            case "crash":
                self.kill_all()
                _succeeds("umount", "-l", "/run")
                self.clear_run()
                return {}
            case "signal all":
                _signal_all(order["number"])
                return {}
            case other:
                return {"error": f"no such order: {other}"}

    def _start(self, name: str, command: Sequence[str], log: str, environment: dict[str, str]) -> dict[str, Any]:
        with Path(log).open("ab") as sink:
            self._running[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env={**ENVIRONMENT, **environment},
                start_new_session=True,
                cwd="/",
            )
        return {}

    def _signal(self, name: str, number: int, children: bool) -> dict[str, Any]:
        process = self._running[name]
        if process.poll() is None:
            for other in [*(_children(process.pid) if children else ()), process.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(other, number)
        return {}

    def _wait(self, name: str, seconds: float) -> dict[str, Any]:
        try:
            return {"code": self._running[name].wait(seconds)}
        except subprocess.TimeoutExpired:
            return {"code": None}

    # --- the end ------------------------------------------------------------------------------------------------------

    def reap(self) -> None:
        """Takes leave of the dead: our own by their name, adopted ones too."""
        with contextlib.suppress(ChildProcessError):
            while (dead := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                ours = [process for process in self._running.values() if process.pid == dead.si_pid]
                if ours and ours[0].returncode is None:
                    ours[0].wait()
                else:
                    os.waitpid(dead.si_pid, 0)

    def kill_all(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while _others() and time.monotonic() < deadline:
            _signal_all(signal.SIGKILL)
            self.reap()
            time.sleep(0.005)

    def end(self) -> None:
        self.kill_all()
        for place in (self._folder / "data", "/etc", self._folder / "private", "/run"):
            _succeeds("umount", "-R", "-l", str(place))
        clear(self._settings)


def clear(settings: dict[str, Any]) -> None:
    """Removes what a machine leaves outside of its namespaces."""
    for command in settings["undo"]:
        _succeeds(*command)
    deadline = time.monotonic() + PATIENCE
    while (left := list(_own_control_groups(settings["control_group"]))) and time.monotonic() < deadline:
        for folder in left:
            with contextlib.suppress(OSError):
                folder.rmdir()
        time.sleep(0.005)
    shutil.rmtree(settings["folder"], ignore_errors=True)


def _own_control_groups(name: str) -> Iterator[Path]:
    """Deepest first."""
    for top in (CONTROL_GROUPS / name, *CONTROL_GROUPS.glob(f"*/{name}")):
        for folder, _, _ in os.walk(top, topdown=False):
            yield Path(folder)


def _mount_control_groups() -> None:
    """As the system has them, where it shows none here: a chroot has an empty folder at best."""
    if not CONTROL_GROUPS.is_dir():
        _must("mount", "-t", "sysfs", "sysfs", "/sys")
    if any(CONTROL_GROUPS.iterdir()):
        return
    together: dict[str, list[str]] = {}
    for line in Path("/proc/cgroups").read_text(encoding="utf-8").splitlines()[1:]:
        name, hierarchy, _, enabled = line.split()
        if hierarchy != "0" and enabled == "1":
            together.setdefault(hierarchy, []).append(name)
    if not together:
        _must("mount", "-t", "cgroup2", "cgroup2", str(CONTROL_GROUPS))
        return
    _must("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(CONTROL_GROUPS))
    for names in together.values():
        joined = ",".join(names)
        (CONTROL_GROUPS / joined).mkdir()
        _must("mount", "-t", "cgroup", "-o", joined, "cgroup", str(CONTROL_GROUPS / joined))
        for name in names[: len(names) if len(names) > 1 else 0]:
            (CONTROL_GROUPS / name).symlink_to(joined)


def _run(command: Sequence[str]) -> dict[str, Any]:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=ENVIRONMENT, check=False, cwd="/")
    return {"code": done.returncode, "text": (done.stdout + done.stderr).decode("utf-8", "replace")}


def _succeeds(*command: str) -> bool:
    return bool(_run(command)["code"] == 0)


def _must(*command: str) -> None:
    done = _run(command)
    if done["code"] != 0:
        raise OSError(f"{' '.join(command)}: {done['text'].strip()}")


def _others() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal() and folder.name != "1"]


def _children(pid: int) -> list[int]:
    """Of every thread of the process; a thread may end while we read."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            found += map(int, (thread / "children").read_text(encoding="utf-8").split())
    return found


def _signal_all(number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, number)


def serve(machine: Machine, control: socket.socket) -> None:
    with control.makefile("rw", encoding="utf-8", newline="\n") as lines:
        while True:
            # One order at a time, so nothing waits in a buffer; and nobody is reaped while an order's own child runs.
            ready, _, _ = select.select([control], [], [], TURN)
            machine.reap()
            if not ready:
                continue
            line = lines.readline()
            if not line:
                return
            try:
                answer = machine.obey(json.loads(line))
            except (OSError, KeyError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            lines.write(json.dumps(answer) + "\n")
            lines.flush()


def sweep(settings: dict[str, Any]) -> None:
    """Clears after a machine whose own process 1 could not, in a file system view that has control groups."""
    _succeeds("mount", "--make-rprivate", "/")
    _mount_control_groups()
    clear(settings)


def main(path: Path) -> None:
    settings = json.loads(path.read_text(encoding="utf-8"))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    machine = Machine(settings)
    control = socket.socket(socket.AF_UNIX)
    try:
        control.connect(settings["control"])
        machine.prepare()
        control.sendall(b"{}\n")
        serve(machine, control)
    except ConnectionError:
        return
    except OSError as error:
        control.sendall(json.dumps({"error": str(error)}).encode() + b"\n")
    finally:
        machine.end()


if __name__ == "__main__":
    os.umask(0o022)
    if sys.argv[2:] == ["sweep"]:
        sweep(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    else:
        main(Path(sys.argv[1]))
