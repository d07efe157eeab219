"""A window that is killed while it saves: what it said is done is done, and the next start asks nothing."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.gui.test_troubled_places import make

from mlops_desktop import bootstrap
from mlops_desktop.gui.state import load_state, state_folder

ROOT = Path(__file__).parents[2]
KILLS = [pytest.param(2, id="short"), pytest.param(200, id="long", marks=[pytest.mark.long, pytest.mark.timeout(3600)])]


@pytest.mark.parametrize("kills", KILLS)
def test_s_01_a_window_killed_while_it_saves_loses_nothing_it_acknowledged(tmp_path: Path, kills: int) -> None:
    folder = tmp_path / "study"
    make(folder)
    dice = random.Random(1)
    acknowledged = 0
    for number in range(kills):
        last = killed_while_saving(folder, f"round{number}", dice.random() * 0.1)
        with bootstrap.open_workspace(folder) as workspace:
            said = [entry.action for entry in workspace.audit()].count("model.describe")
            acknowledged += last
            assert said >= acknowledged
            stored = workspace.models.model("flight-late").description
            round_, count = stored.split()
            assert round_ == f"round{number}"
            assert last <= int(count) <= last + 1
            assert workspace._parts.registry.problems() == []
            acknowledged = said
        assert load_state(state_folder()).zoom in (90, 100, 110)
    assert acknowledged >= kills


def killed_while_saving(folder: Path, name: str, pause: float) -> int:
    """The number of the last save that the window was told of."""
    command = [sys.executable, "-m", "tests.gui.saving_window", str(folder), name]
    window = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert window.stdout is not None
    first = window.stdout.readline()
    time.sleep(pause)  # the moment of the kill, not a wait for something
    window.kill()
    out, errors = window.communicate()
    whole = (first + out).split("\n")[:-1]
    assert whole, errors
    return int(whole[-1].split()[1])
