"""A screen of its own for the real window: Xvfb, a session bus with accessibility, and hands and eyes of a person."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EYES = Path(__file__).with_name("eyes_program.py")
SYSTEM_PYTHON = "/usr/bin/python3"
LAUNCHER = Path("/usr/libexec/at-spi-bus-launcher")
APPLICATION = "mlops-desktop"
TOOLS = {"Xvfb": "xvfb", "xdotool": "xdotool", "openbox": "openbox", "dbus-daemon": "dbus"}
PATIENCE = 60.0


def missing_tools() -> list[str]:
    """The Debian packages that are not here."""
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if not LAUNCHER.is_file():
        missing.append("at-spi2-core")
    eyes = [SYSTEM_PYTHON, "-c", "import pyatspi"]
    if not Path(SYSTEM_PYTHON).exists() or subprocess.run(eyes, capture_output=True, check=False).returncode:
        missing.append("python3-pyatspi")
    return missing


class Eyes:
    """What is on the screen, by accessible name and role."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, str(EYES)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.is_alive: Callable[[], bool] = lambda: True

    def ask(self, do: str, **question: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, "application": APPLICATION, **question}) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply["answer"]

    def find(self, name: str | None = None, role: str | None = None) -> list[dict[str, Any]]:
        """What is shown and has that name; with a star at the end, names that begin so."""
        return list(self.ask("find", name=name, role=role))

    def see(self, name: str, role: str | None = None, seconds: float = PATIENCE) -> dict[str, Any]:
        """Waits until it is there."""

        def shown() -> list[dict[str, Any]]:
            return [one for one in self.find(name, role) if one.get("width", 0) > 0]

        found: list[dict[str, Any]] = self.until(shown, f"{role or 'thing'} {name!r}", seconds)
        return found[0]

    def until(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            assert self.is_alive(), f"the window ended before {what} was seen"
            time.sleep(0.1)
        raise AssertionError(f"{what} was not seen in {seconds:.0f} s; there is: {self.names()}")

    def focused(self) -> dict[str, Any]:
        """What has the keyboard."""
        return dict(self.ask("focused") or {"name": "", "role": ""})

    def names(self) -> list[str]:
        return [f"{node['role']}: {node['name']}" for node in self.tree() if node["name"]]

    def tree(self) -> list[dict[str, Any]]:
        return list(self.ask("tree"))

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)


@dataclass
class Hands:
    """Mouse and keys of a person, by real X events. A click, a chord or one typed text is one action."""

    environment: Mapping[str, str]
    actions: list[str] = field(default_factory=list)

    def click(self, thing: Mapping[str, Any]) -> None:
        self.actions.append(f"click {thing['name']}")
        self._point(thing)
        self._do("click", "1")

    def press(self, chord: str) -> None:
        self.actions.append(f"press {chord}")
        self._do("key", "--clearmodifiers", chord)

    def write(self, text: str) -> None:
        self.actions.append(f"write {text}")
        self._do("type", "--delay", "5", text)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Picks something up in another program and drops it."""
        self.actions.append("drop")
        self._do("mousemove", *map(str, start))
        self._do("mousedown", "1")
        steps = 12
        for step in range(1, steps + 1):
            place = [round(a + (b - a) * step / steps) for a, b in zip(start, end, strict=True)]
            self._do("mousemove", *map(str, place))
            time.sleep(0.05)
        time.sleep(0.3)
        self._do("mouseup", "1")

    def _point(self, thing: Mapping[str, Any]) -> None:
        x, y = thing["x"] + thing["width"] // 2, thing["y"] + thing["height"] // 2
        self._do("mousemove", str(x), str(y))

    def _do(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self.environment, check=True, timeout=60, capture_output=True)


@dataclass
class Screen:
    """`environment` is for every program that shall be on this screen."""

    environment: Mapping[str, str]
    eyes: Eyes
    hands: Hands
    window: subprocess.Popen[bytes] | None = None

    def open_window(self, *arguments: str) -> None:
        window = self.window = subprocess.Popen(
            [sys.executable, "-m", "mlops_desktop", *arguments], env=self.environment
        )
        self.eyes.is_alive = lambda: window.poll() is None

    def await_keyboard(self) -> None:
        """Until the window has the keyboard: it may be seen a while before, and keys would go nowhere."""

        def is_active() -> bool:
            command = ["xdotool", "getactivewindow", "getwindowname"]
            asked = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
            return "MLOps Desktop" in asked.stdout

        self.eyes.until(is_active, "the active window")

    def close_window(self) -> None:
        if self.window is not None and self.window.poll() is None:
            self.window.terminate()
            self.window.wait(timeout=30)

    def picture(self, target: Path) -> None:
        """What the screen shows, where ImageMagick is there to take it."""
        if shutil.which("import"):
            subprocess.run(["import", "-window", "root", str(target)], env=self.environment, check=False, timeout=30)


@contextlib.contextmanager
def own_screen(width: int = 1440, height: int = 900, **variables: str) -> Iterator[Screen]:
    with contextlib.ExitStack() as stack:
        reader, writer = os.pipe()
        size = f"{width}x{height}x24"
        stack.enter_context(
            _ended(["Xvfb", "-displayfd", str(writer), "-screen", "0", size, "-nolisten", "tcp"], None, [writer])
        )
        os.close(writer)
        with os.fdopen(reader) as told:
            display = f":{told.readline().strip()}"
        environment = {
            **os.environ, **variables, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "NO_AT_BRIDGE": "0",
        }  # fmt: skip
        environment.pop("WAYLAND_DISPLAY", None)
        bus = ["dbus-daemon", "--session", "--nofork", "--print-address=1", "--nopidfile"]
        daemon = stack.enter_context(_ended(bus, environment, output=subprocess.PIPE))
        assert daemon.stdout is not None
        environment["DBUS_SESSION_BUS_ADDRESS"] = daemon.stdout.readline().decode().strip()
        stack.enter_context(_ended([str(LAUNCHER), "--launch-immediately"], environment))
        stack.enter_context(_ended(["openbox", "--sm-disable"], environment))
        eyes = Eyes(environment)
        screen = Screen(environment, eyes, Hands(environment))
        try:
            yield screen
        finally:
            screen.close_window()
            eyes.close()


@contextlib.contextmanager
def _ended(
    command: Sequence[str],
    environment: Mapping[str, str] | None,
    keep: Sequence[int] = (),
    output: int = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environment, pass_fds=keep, stdout=output, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()
