"""The real window on a screen of its own, by what a screen reader sees and by real keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.end_to_end.window.screen import missing_tools, own_screen
from tests.real_workspace import real_workspace

pytestmark = pytest.mark.long


def test_pages_are_reached_by_keys_and_seen_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = missing_tools()
    if missing:
        pytest.skip(f"needs the packages {', '.join(missing)}")
    monkeypatch.setenv("MLOPS_KEEPER_IDLE_SECONDS", "1")
    folder = tmp_path / "nyc-delays"
    with real_workspace(folder):
        pass
    with own_screen() as screen:
        screen.open_window(str(folder))
        screen.eyes.see("Datasets*", "list item")
        for chord, words in (("ctrl+2", "flights*"), ("ctrl+4", "flight-late*"), ("ctrl+3", "New run")):
            screen.hands.press(chord)
            screen.eyes.see(words)
    assert screen.hands.actions == ["press ctrl+2", "press ctrl+4", "press ctrl+3"]
