"""Versions take over from each other and go back under load, on every kind of host, and no request fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.hosts.engines.conftest import KINDS, Team, require_all_confined

pytestmark = pytest.mark.engines
CLIENT = Path(__file__).parents[1] / "outside_client.py"
RATE = 50
SWITCHES = 3
MANY = 20


@contextmanager
def asked(address: str, port: int, token: str, body: str) -> Iterator[dict[str, Any]]:
    """Inside, another program asks the endpoint all the time; what it saw is in the dictionary afterwards."""
    command = [sys.executable, str(CLIENT), f"{address}:{port}", token, body, str(RATE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        seen: dict[str, Any] = {}
        try:
            assert client.stdout.readline() == "ready\n"
            yield seen
        finally:
            said, _ = client.communicate(timeout=60)
            seen |= json.loads(said) if said else {}


def switch_under_load(team: Team, switches: int) -> dict[str, Any]:
    endpoint = team.deploy("flight-late@v1")
    row = dict(team.workspace.models.example_rows("flight-late@v1")[0])
    with asked(team.address, endpoint.port, team.token(), json.dumps({"rows": [row]})) as seen:
        for number in range(switches):
            if number % 2:
                team.rollback()
            else:
                team.deploy("flight-late@v2")
            assert team.answering() == ("flight-late@v1" if number % 2 else "flight-late@v2")
    return seen


def require_no_failure(seen: dict[str, Any], switches: int) -> None:
    assert seen["failures"] == []
    assert set(seen["answers"]) == {"flight-late@v1", "flight-late@v2"}
    assert sum(seen["answers"].values()) > switches


@pytest.mark.parametrize("team", KINDS, indirect=True)
def test_k_16_versions_take_over_and_go_back_without_a_failed_request_and_all_are_confined(team: Team) -> None:
    require_no_failure(switch_under_load(team, SWITCHES), SWITCHES)
    require_all_confined(team.engine)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("team", KINDS, indirect=True)
def test_many_versions_take_over_and_go_back_without_a_failed_request(team: Team) -> None:
    require_no_failure(switch_under_load(team, MANY), MANY)
