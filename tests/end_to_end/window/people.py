"""Three people at the window: one with the mouse, one with the keyboard alone, one by accessible names alone."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tests.end_to_end.window.screen import Screen

DRAG_SOURCE = Path(__file__).with_name("drag_source.py")
MOST_TABS = 120


class Person(Protocol):
    """What the way to a live model asks of a person. A name may end with a star: names that begin so."""

    screen: Screen

    def bring(self, file: Path) -> None:
        """Gives the file to the window."""

    def write(self, name: str, text: str) -> None:
        """Types into the field of that name."""

    def act(self, name: str, role: str = "push button") -> None:
        """Uses what has that name."""

    def take_all_runs(self) -> None:
        """Selects every run of the table."""

    def compare(self) -> None:
        """Lays the selected runs side by side."""


class MousePerson:
    """Mouse and keys as they come. What is dropped comes from another program."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen

    def bring(self, file: Path) -> None:
        with _drag_source(self.screen, file):
            self.screen.hands.drag((50, 50), (720, 450))
            self.screen.eyes.see(f"Import {file.name}", "label")

    def write(self, name: str, text: str) -> None:
        field = self.screen.eyes.see(name, "text")
        if "focused" not in field["states"]:
            self.screen.hands.click(field)
        self.screen.hands.write(text)

    def act(self, name: str, role: str = "push button") -> None:
        self.screen.hands.click(self.screen.eyes.see(name, role))

    def take_all_runs(self) -> None:
        self.act("Selected", "table column header")

    def compare(self) -> None:
        self.screen.hands.press("ctrl+d")


class KeyboardPerson:
    """No mouse at all: chords, Tab, Space, Return, and what is typed."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen

    def bring(self, file: Path) -> None:
        self.act("Choose file…")
        self.screen.eyes.until(lambda: self.screen.eyes.focused()["role"] == "text", "the field of the file dialog")
        self.screen.hands.write(str(file))
        self.screen.hands.press("Return")

    def write(self, name: str, text: str) -> None:
        self._go(name, "text")
        self.screen.hands.write(text)

    def act(self, name: str, role: str = "push button") -> None:
        self._go(name, role)
        self.screen.hands.press("space")

    def take_all_runs(self) -> None:
        self._go("Run: *", "table cell")
        self.screen.hands.press("ctrl+a")

    def compare(self) -> None:
        self.screen.hands.press("ctrl+d")

    def _go(self, name: str, role: str) -> None:
        """Tab by Tab until it has the focus."""
        self.screen.eyes.see(name, role)
        for _ in range(MOST_TABS):
            focus = self.screen.eyes.focused()
            if focus["role"] == role and _is_called(focus["name"], name):
                return
            self.screen.hands.press("Tab")
            time.sleep(0.05)
        raise AssertionError(f"Tab does not lead to {role} {name!r}; it went as {self.screen.hands.actions[-20:]}")


class NamesPerson:
    """Neither mouse nor keys: what a screen reader can do with names, actions and texts."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen

    def bring(self, file: Path) -> None:
        self.act("Choose file…")
        self.write("File name:", str(file))
        self.act("Open")

    def write(self, name: str, text: str) -> None:
        self.screen.eyes.see(name, "text")
        assert self.screen.eyes.ask("write", name=name, role="text", text=text)

    def act(self, name: str, role: str = "push button") -> None:
        eyes = self.screen.eyes
        eyes.until(lambda: _is_enabled(eyes.find(name, role)), f"{role} {name!r}, enabled")
        self.screen.hands.actions.append(f"do {name}")
        eyes.ask("press", name=name, role=role)

    def take_all_runs(self) -> None:
        for cell in self.screen.eyes.find("Run: *", "table cell"):
            self.act(f"{cell['name'].removeprefix('Run: ')}: not selected", "table cell")

    def compare(self) -> None:
        self.act("Compare 3")


@contextlib.contextmanager
def _drag_source(screen: Screen, file: Path) -> Iterator[None]:
    """A second X client with an icon of the file."""
    source = subprocess.Popen([sys.executable, str(DRAG_SOURCE), str(file)], env=screen.environment)
    time.sleep(2)
    try:
        yield
    finally:
        source.terminate()
        source.wait(timeout=10)


def _is_called(name: str, wanted: str) -> bool:
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted


def _is_enabled(found: list[dict[str, object]]) -> bool:
    return bool(found) and "enabled" in str(found[0]["states"])
