"""R-07: what is secret is in no image, container, log, argument or file of the workspace."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.canaries import CANARIES, arguments_seen, found_in, of_files
from tests.engines.remote_host import RemoteHost
from tests.hosts.engines.conftest import Team
from tests.hosts.engines.seeing import containers

pytestmark = pytest.mark.engines
REGISTRY_PASSWORD = "canary-of-the-registry-login"


@pytest.mark.parametrize("team", ["ssh"], indirect=True)
def test_r_07_no_secret_is_where_others_could_read_it(
    team: Team, remote_host: RemoteHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    key = remote_host.key.read_text().splitlines()[2]
    with arguments_seen() as arguments:
        order = team.workspace.deployments.deploy("flight-late@v1", endpoint="late", host="box")
        assert order.token is not None
        team.settle(order.rollout)
        row = dict(team.workspace.models.example_rows("flight-late@v1")[0])
        assert team.workspace.deployments.predict("late", [row])["model"] == "flight-late@v1"
        new_token = team.token()
    secrets = {"the key": key.encode(), "the token": order.token.encode(), "the new token": new_token.encode()}
    secrets |= {name: value.encode() for name, value in CANARIES.items()}

    assert any(str(remote_host.key).encode() in line for line in arguments)  # it did look
    assert found_in(iter(arguments), secrets) == set()
    team.workspace.hosts.set_registry("box", "127.0.0.1:5000", "ada", REGISTRY_PASSWORD, session_only=True)
    secrets["the registry's password"] = REGISTRY_PASSWORD.encode()
    told = {**secrets, "no secret": b"flight-late"}  # which shows that what is there is found
    inspected = [json.dumps(one).encode() for role in ("server", "holder") for one in containers(team, role)]
    assert len(inspected) == 2
    assert found_in(iter(inspected), told) == {"no secret"}
    (server,), (holder,) = containers(team), containers(team, "holder")
    with team.engine.client(timeout=300) as client:
        for one in (server, holder):
            assert found_in(iter([client.logs(one["Id"])]), secrets) == set()
            assert found_in(iter([json.dumps(client.inspect_image(one["Image"])).encode()]), secrets) == set()
        assert found_in(client.get_image(holder["Image"]), secrets) == set()
        assert found_in(client.get_image(server["Image"]), told) == {"no secret"}
    assert found_in(iter(["\n".join(team.workspace.deployments.log("late")).encode()]), secrets) == set()
    assert found_in(of_files(team.workspace.folder), told) == {"no secret"}
    tokens = {"the token", "the new token"}  # the newest is in a file of its owner's alone, outside the workspace
    assert found_in(of_files(Path(os.environ["MLOPS_STATE_FOLDER"])), secrets) <= tokens
