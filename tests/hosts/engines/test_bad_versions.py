"""K-03, K-05, K-12, V-02 and V-03: versions that do not come up, turn bad, are changed by hand, or are ended."""

from __future__ import annotations

import dataclasses
import http.client
import json
import socket
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.engines.engine import wait_for
from tests.hosts.engines.conftest import Team
from tests.hosts.engines.seeing import containers, current, newest, require_one_serves

from mlops_desktop.domain.deployments import DeploymentStatus, RolloutStep
from mlops_desktop.domain.errors import DamagedBundleError, DeploymentError, DriftError
from mlops_desktop.hosts.engines import building, profile
from mlops_desktop.hosts.images import code
from mlops_desktop.hosts.images.layers import Content, Folder, Layer, write_layer
from mlops_desktop.services.keeping import rollouts

pytestmark = pytest.mark.engines
MEGABYTE = 1024 * 1024


def command(*words: str) -> Callable[[pytest.MonkeyPatch], None]:
    """An image whose container runs something else than a server."""
    return lambda patch: patch.setattr(building, "SERVER_COMMAND", words)


def never_ready(patch: pytest.MonkeyPatch) -> None:
    command("python3", "-c", "import time; print('still loading', flush=True); time.sleep(600)")(patch)
    patch.setattr(rollouts, "CHECK_SECONDS", 2.0)


def too_little_memory(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(profile, "SERVER", profile.Limits(memory=32 * MEGABYTE, processors=1.0, processes=64))


def damaged_model(patch: pytest.MonkeyPatch) -> None:
    """One bit of the model's file is another in the image than in the bundle."""
    whole = code.model_layer

    def damaged(bundle: Path, manifest_hash: str, *rest: Any) -> Layer:
        layer = whole(bundle, manifest_hash, *rest)
        content: dict[str, Content] = {}
        with tarfile.open(layer.file) as archive:
            for entry in archive:
                file = archive.extractfile(entry)
                content[entry.name] = file.read() if file is not None else Folder(entry.uid, entry.mode)
        (name,) = [name for name in content if name.endswith("model.skops")]
        before = content[name]
        assert isinstance(before, bytes)
        content[name] = before[:-100] + bytes([before[-100] ^ 1]) + before[-99:]
        return write_layer(layer.file.with_name(f"damaged-{layer.file.name}"), content)

    patch.setattr(building, "model_layer", damaged)


BAD = {
    "K-03 it exits": (command("python3", "-c", "raise SystemExit('no such library')"), "no such library"),
    "K-03 it is never ready": (never_ready, "was not ready within 2 seconds"),
    "K-03 it runs out of memory": (too_little_memory, "more memory than its container may use"),
    "V-02 its model is damaged": (damaged_model, "could not be served: .*model.skops"),
}


def test_k_03_v_02_a_version_that_does_not_come_up_leaves_the_old_one_and_nothing_else(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The registry has the server's own reason."""
    team.deploy("flight-late@v1")
    answering = current(team)
    for name, (spoil, reason) in BAD.items():
        with monkeypatch.context() as patch:
            spoil(patch)
            with pytest.raises(DeploymentError, match=reason):
                team.deploy("flight-late@v3")
        failed = newest(team)
        assert failed.status is DeploymentStatus.FAILED, name
        assert (failed.container, failed.share) == (None, 0.0), name
        last = team.workspace.deployments.rollouts("late")[-1]
        assert last.step is RolloutStep.FAILED, name
        assert last.failure == failed.failure, name
        assert dataclasses.replace(current(team), checked_at=answering.checked_at) == answering, name
        require_one_serves(team, "flight-late@v1")


def end_from_inside(team: Team, container: str) -> None:
    """As a crash: `docker kill` would count as somebody's wish, and the engine would not start it again."""
    crash = (
        "import os; [os.kill(int(one), 9) for one in os.listdir('/proc') if one.isdecimal() "
        "and int(one) not in (1, os.getpid())]"
    )
    with team.engine.client() as client:
        made = client.exec_create(container, ["python3", "-c", crash])
        client.exec_start(made)


def starve(team: Team, container: str) -> None:
    """Another process takes all the memory that the container may use, and the kernel ends the server for it."""
    hog = (
        "import os, pathlib; [pathlib.Path('/proc', one, 'oom_score_adj').write_text('1000') for one in "
        "os.listdir('/proc') if one.isdecimal() and int(one) not in (1, os.getpid())]; x = b'x' * 900_000_000"
    )
    with team.engine.client() as client:
        made = client.exec_create(container, ["python3", "-c", hog])
        client.exec_start(made)


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        (end_from_inside, "it ended"),
        pytest.param(starve, "it ran out of memory", marks=pytest.mark.long),
    ],
)
def test_k_03_a_version_that_ends_soon_after_it_took_over_goes_back_by_itself(
    team: Team, monkeypatch: pytest.MonkeyPatch, deed: Callable[[Team, str], None], told: str
) -> None:
    """It crashed, or the kernel ended it because its container ran out of memory."""
    monkeypatch.setattr(profile, "SERVER", profile.Limits(memory=512 * MEGABYTE, processors=1.0, processes=64))
    team.deploy("flight-late@v1")
    team.deploy("flight-late@v2")
    bad = current(team)
    assert bad.container is not None
    deed(team, bad.container.id)

    def is_back() -> bool:
        team.turn()
        return team.answering() == "flight-late@v1"

    wait_for(is_back, 60, lambda: f"it did not go back: {current(team)}")
    team.turn()
    require_one_serves(team, "flight-late@v1")
    failed = next(one for one in team.workspace.deployments.history("late") if one.id == bad.id)
    assert failed.failure is not None
    assert failed.failure.message.startswith(f"It turned bad after it took over: {told}")


@pytest.mark.long
def test_k_05_the_way_back_is_built_again_and_where_it_cannot_be_that_is_told_before_anything_is_touched(
    team: Team,
) -> None:
    team.deploy("flight-late@v1")
    team.deploy("flight-late@v2")
    before = {one.model_reference: one for one in team.workspace.deployments.history("late")}
    old = before["flight-late@v1"]
    assert old.container is not None
    with team.engine.client() as client:
        client.remove_container(old.container.id, force=True)
        client.remove_image(old.image, force=True)
    team.rollback()
    require_one_serves(team, "flight-late@v1")

    newer = before["flight-late@v2"]
    bundle = team.workspace.folder / "bundles" / newer.manifest_hash
    bundle.rename(bundle.with_name("away"))
    touched = containers(team)
    with pytest.raises(DamagedBundleError):
        team.workspace.deployments.rollback("late")
    assert [one["State"] for one in containers(team)] == [one["State"] for one in touched]
    bundle.with_name("away").rename(bundle)
    order = team.workspace.deployments.rollback("late")
    bundle.rename(bundle.with_name("away"))  # gone after it was asked for, and before the keeper came to it
    with pytest.raises(DamagedBundleError):
        team.settle(order.rollout)
    require_one_serves(team, "flight-late@v1")


def test_k_12_what_others_do_to_a_container_is_shown_and_not_undone(team: Team) -> None:
    team.deploy("flight-late@v1")
    known = current(team)
    assert known.container is not None
    with team.engine.client() as client:
        tag = next(tag for tag in client.inspect_image(known.image)["RepoTags"] if "/late:" in tag)
        client.tag(team.engine.base_image, *tag.split(":"), force=True)
    team.turn()
    assert (current(team).failure, current(team).image) == (None, known.image)
    require_one_serves(team, "flight-late@v1")

    with team.engine.client() as client:
        found = client.inspect_container(known.container.id)
        client.remove_container(known.container.id, force=True)
        team.turn()
        seen = current(team)
        assert seen.failure is not None
        assert seen.failure.code == DriftError.code
        assert seen.failure.message == "Its container was removed on docker, not by this program."
        assert containers(team) == []

        other = client.create_container(
            team.engine.base_image,
            ["sleep", "600"],
            labels=found["Config"]["Labels"],
            host_config=client.create_host_config(init=True),
        )
        client.start(other)
        team.turn()
        seen = current(team)
        assert seen.failure is not None
        assert seen.failure.message.startswith("Its container on docker runs another image now: sha256:")
        (there,) = containers(team)
        assert (there["Id"], there["State"]["Running"]) == (other["Id"], True)
        client.remove_container(other["Id"], force=True)
    team.settle(team.workspace.deployments.restart("late").rollout)
    require_one_serves(team, "flight-late@v1")
    assert current(team).image == known.image


def test_v_03_a_request_that_is_under_way_when_the_container_is_stopped_is_answered(team: Team) -> None:
    endpoint = team.deploy("flight-late@v1")
    known = current(team)
    assert known.container is not None
    row = dict(team.workspace.models.example_rows("flight-late@v1")[0])
    body = json.dumps({"rows": [row]}).encode()
    head = (
        f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:{endpoint.port}\r\nAuthorization: Bearer {team.token()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with team.engine.client() as client, socket.create_connection(("127.0.0.1", endpoint.port), timeout=30) as asking:
        asking.sendall(head.encode() + body[:10])
        wait_for(lambda: look(team).open_connections == 1, 30, "the request to be there")
        stopping = threading.Thread(target=client.stop, args=(known.container.id,), kwargs={"timeout": 40})
        stopping.start()
        try:
            wait_for(lambda: not look(team).accepting, 30, "SIGTERM to be heard")
            asking.sendall(body[10:])
            answer = http.client.HTTPResponse(asking)
            answer.begin()
            said = json.loads(answer.read())
            assert (answer.status, said["model"]) == (200, "flight-late@v1")
        finally:
            asking.shutdown(socket.SHUT_RDWR)
            stopping.join()
        state = client.inspect_container(known.container.id)["State"]
        assert (state["Status"], state["ExitCode"]) == ("exited", 0)


def look(team: Team) -> Any:
    (sighting,) = team.workspace.deployments.look("late")
    return sighting.observation
