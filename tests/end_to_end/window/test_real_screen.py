"""The real window on a screen of its own, by what a screen reader sees and by real keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests import needs
from tests.end_to_end.window.screen import Screen, missing_tools, own_screen
from tests.real_workspace import real_workspace

from mlops_desktop import bootstrap

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
CONTROLS = frozenset(
    (
        "push button", "toggle button", "check box", "radio button", "combo box", "text", "table", "list", "list item",
        "page tab", "page tab list", "menu item", "spin button", "slider", "table column header", "link", "tree",
    )
)  # fmt: skip
"""Roles that a person uses; the rest are grounds and words."""


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    needs.packages(missing_tools())
    monkeypatch.setenv("MLOPS_KEEPER_IDLE_SECONDS", "1")
    folder = tmp_path / "nyc-delays"
    with real_workspace(folder):
        pass
    with own_screen() as made:
        made.open_window(str(folder))
        made.eyes.see("Datasets*", "list item")
        made.await_keyboard()
        yield made


def test_pages_are_reached_by_keys_and_seen_by_name(screen: Screen) -> None:
    for chord, words in (("ctrl+2", "flights*"), ("ctrl+4", "flight-late*"), ("ctrl+3", "New run")):
        screen.hands.press(chord)
        screen.eyes.see(words)
    assert screen.hands.actions == ["press ctrl+2", "press ctrl+4", "press ctrl+3"]


def test_a_screen_reader_finds_a_name_on_every_control_of_every_page(screen: Screen, tmp_path: Path) -> None:
    """The whole tree of each page is written to `trees.txt` in the test's folder."""
    press, see = screen.hands.press, screen.eyes.see
    with bootstrap.open_workspace(tmp_path / "nyc-delays", actor="ada") as workspace:
        run = workspace.experiments.runs("late-at-arrival")[0].name
    lines: list[str] = []
    nameless: list[str] = []

    def look(page: str) -> None:
        for node in screen.eyes.tree():
            place = f"{node.get('x')},{node.get('y')} {node.get('width')}x{node.get('height')}"
            lines.append(f"{page}: {'  ' * node['depth']}{node['role']} {node['name']!r} {place}")
            is_control = node["role"] in CONTROLS or "focusable" in node["states"]
            if is_control and not node["name"].strip():
                nameless.append(f"{page}: {node['role']} at {place}")

    ways: dict[str, Callable[[], object]] = {
        "home": lambda: see("Home", "label"),
        "datasets": lambda: (press("ctrl+2"), see("flights*")),
        "models": lambda: (press("ctrl+4"), see("flight-late*")),
        "deployments": lambda: (press("ctrl+5"), see("Deployments", "label")),
        "settings": lambda: (press("ctrl+8"), see("Settings", "label")),
        "new run": lambda: (press("ctrl+n"), see("Start run", "push button")),
        "experiments": lambda: (press("ctrl+3"), see("Run: *", "table cell")),
        "run": lambda: (_open_run(screen, run), see("Re-run", "push button")),
        "its experiment": lambda: (_click(screen, "late-at-arrival"), see("Run: *", "table cell")),
        "compare": lambda: (_focus_table(screen), press("ctrl+a"), press("ctrl+d"), see("Compare *", "label")),
        "palette": lambda: (press("ctrl+k"), see("Search*", "text")),
        "activity": lambda: (press("Escape"), press("ctrl+j"), see("Close*", "push button")),
        "keys": lambda: (press("ctrl+j"), press("ctrl+slash"), see("Keys by what they are for")),
        "guide": lambda: (press("Escape"), press("F1"), see("User guide*")),
    }
    try:
        for page, go in ways.items():
            go()
            look(page)
    finally:
        (tmp_path / "trees.txt").write_text("\n".join(lines), "utf-8")
    assert nameless == []
    assert len(lines) > 20 * len(ways)


def _focus_table(screen: Screen) -> bool:
    screen.hands.click(screen.eyes.see("Estimator: *", "table cell"))
    return True


def _click(screen: Screen, name: str) -> bool:
    screen.hands.click(screen.eyes.see(name, "push button"))
    return True


def _open_run(screen: Screen, name: str) -> bool:
    """By the palette, as a person who knows the name does."""
    screen.hands.press("ctrl+k")
    screen.eyes.see("Search*", "text")
    screen.hands.write(f"#{name}")
    screen.eyes.see(f"{name}*", "list item")
    screen.hands.press("Return")
    return True
