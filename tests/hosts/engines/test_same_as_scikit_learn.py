"""What containers answer is what scikit-learn answers, on every kind of host."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.hosts.engines.conftest import Team
from tests.real_workspace import some_flights

pytestmark = pytest.mark.engines
SCRIPT = Path(__file__).with_name("plain_answers.py")
ROWS = 1000


@pytest.mark.parametrize(
    "team",
    ["docker", "ssh without OpenSSH", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("ssh", "tls"))],
    indirect=True,
)
def test_a_thousand_flights_are_answered_as_by_scikit_learn(team: Team, tmp_path: Path) -> None:
    team.deploy("flight-late@champion")
    bundle = team.workspace.folder / "bundles" / team.workspace.models.get("flight-late@champion").manifest_hash
    table = some_flights(tmp_path / "flights.csv", ROWS, first=7)  # none that it was trained on comes at its place
    plain = json.loads(
        subprocess.run([sys.executable, SCRIPT, bundle / "model.skops", table], capture_output=True, check=True).stdout
    )
    rows, chances = plain["rows"][:ROWS], plain["chances"][:ROWS]
    team.token()
    team.turn()
    said = team.workspace.deployments.predict("late", rows)["predictions"]
    assert len(said) == ROWS
    assert len(set(chances)) > ROWS // 10
    assert [one["probabilities"]["true"] for one in said] == pytest.approx(chances, rel=0, abs=1e-12)
    assert [one["prediction"] for one in said] == ["true" if chance >= 0.5 else "false" for chance in chances]
    facts = team.workspace.hosts.check(team.host.name).facts  # a container there sees how busy the machine is
    assert facts is not None
    assert facts.cpu_used is not None
    assert 0 <= facts.cpu_used <= 1
    assert facts.memory_used is not None
    assert 0 < facts.memory_used < facts.memory
