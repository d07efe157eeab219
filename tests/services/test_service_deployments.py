"""Deployments as a person wishes for them: deploy, go back, restart, stop, ask; one change at a time."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.services.world import World

from mlops_desktop.domain.deployments import DeploymentStatus, Health, PortUse, Rollout, RolloutKind, RolloutStep
from mlops_desktop.domain.errors import (
    ConflictError,
    DamagedBundleError,
    DeploymentError,
    EndpointUnreachableError,
    InvalidInputError,
    InvalidNameError,
    NotFoundError,
    PortInUseError,
    RequestRefusedError,
)
from mlops_desktop.domain.hosts import THIS_COMPUTER, HostKind
from mlops_desktop.services import deployments as deployments_module
from mlops_desktop.services.endpoint_tokens import forget_tokens, token_of
from mlops_desktop.services.ports import UnitOfWork
from mlops_desktop.services.trash import Kind

ROWS = [{"distance": 1.0}]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- wishes -----------------------------------------------------------------------------------------------------------


def test_a_deployment_is_a_queued_rollout_that_wakes_the_keeper(two: World) -> None:
    starts = two.keeper_starts
    order = two.workspace.deployments.deploy("late@v1")
    assert (order.rollout.kind, order.rollout.step) == (RolloutKind.DEPLOY, RolloutStep.QUEUED)
    assert (order.endpoint.name, order.endpoint.port, order.endpoint.host) == ("late", 0, "this computer")
    (deployment,) = two.workspace.deployments.history("late")
    assert (deployment.number, deployment.status, deployment.health) == (1, DeploymentStatus.BUILDING, Health.UNKNOWN)
    assert (deployment.model_reference, deployment.share) == ("late@v1", 0.0)
    assert deployment.id == order.rollout.to_deployment_id
    assert two.keeper_starts == starts + 1
    assert {"endpoint.create", "deployment.deploy"} <= set(two.actions())


def test_a_token_is_shown_once_and_only_its_hash_is_in_the_registry(two: World) -> None:
    order = two.workspace.deployments.deploy("late@v1")
    assert order.token
    assert len(order.token) >= 40
    endpoint = two.workspace.deployments.endpoint("late")
    assert endpoint.token_sha256 == sha256(order.token)
    two.roll_out()
    assert two.workspace.deployments.deploy("late@v2").token is None
    two.parts.registry.checkpoint()
    written = b"".join(path.read_bytes() for path in two.folder.rglob("*") if path.is_file())
    assert order.token.encode() not in written
    assert order.token not in str(two.workspace.audit())
    secrets = two.state / "secrets.json"
    assert order.token in secrets.read_text()
    assert secrets.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("reference", "options", "error"),
    [
        ("nothing", {}, NotFoundError),
        ("late@v9", {}, NotFoundError),
        ("late", {"port": -1}, InvalidInputError),
        ("late", {"port": 65536}, InvalidInputError),
        ("late", {"endpoint": "a/b"}, InvalidNameError),
    ],
)
def test_what_cannot_be_deployed_is_refused_and_leaves_nothing(
    two: World, reference: str, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        two.workspace.deployments.deploy(reference, **options)
    assert getattr(caught.value, "hint", "")
    assert two.workspace.deployments.list() == []
    assert not (two.state / "secrets.json").exists()


def test_a_version_erased_meanwhile_is_not_deployed(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    version = two.workspace.models.get("late@v1")
    folder = two.parts.bundles.folder

    def check_while_it_is_erased(manifest_hash: str) -> Path:
        with two.parts.registry.write() as unit:
            unit.models.remove(version.model_id)
            unit.commit()
        return folder(manifest_hash)

    monkeypatch.setattr(two.parts.bundles, "folder", check_while_it_is_erased)
    with pytest.raises(NotFoundError, match="erased meanwhile"):
        two.workspace.deployments.deploy("late@v1")
    assert two.workspace.deployments.list() == []


def test_one_change_of_an_endpoint_at_a_time(two: World) -> None:
    two.workspace.deployments.deploy("late@v1")
    deployments = two.workspace.deployments
    changes: list[Callable[[], object]] = [
        lambda: deployments.deploy("late@v2"),
        lambda: deployments.restart("late"),
        lambda: deployments.stop("late"),
    ]
    for change in changes:
        with pytest.raises(ConflictError, match="ada started a deploy of late") as caught:
            change()
        assert caught.value.hint
    assert len(deployments.history("late")) == 1
    two.roll_out()
    deployments.deploy("late@v2")
    with pytest.raises(ConflictError):
        deployments.rollback("late", number=2)
    assert deployments.deploy("late@v2", endpoint="second").endpoint.name == "second"


def test_an_endpoint_keeps_its_port(two: World) -> None:
    endpoint = two.deployed("late@v1", port=18_080)
    assert endpoint.port == 18_080
    with pytest.raises(InvalidInputError, match="answers on port 18080"):
        two.workspace.deployments.deploy("late@v2", port=18_081)
    assert two.deployed("late@v2", port=18_080).port == 18_080


def test_a_stopped_endpoint_may_move_to_another_port(two: World) -> None:
    two.deployed("late@v1", port=18_080)
    two.workspace.deployments.stop("late")
    two.roll_out()
    assert two.deployed("late@v2", port=18_081).port == 18_081


def test_a_port_is_free_or_somebody_has_it_and_another_one_is_offered(two: World) -> None:
    deployments = two.workspace.deployments
    two.machine.foreign_ports.add(18_090)
    assert deployments.port_use(18_080) == PortUse(18_080, "", 18_080)
    assert deployments.port_use(18_090) == PortUse(18_090, "another program", 18_091)
    two.deployed("late@v1", port=18_091)
    deployments.stop("late")
    two.roll_out()
    assert deployments.port_use(18_091) == PortUse(18_091, "the endpoint late", 18_092)
    assert deployments.port_use(18_090).next_free == 18_092
    assert deployments.port_use().holder == ""
    with pytest.raises(InvalidInputError):
        deployments.port_use(70_000)


def test_a_rollout_remembers_when_it_came_to_each_step(two: World) -> None:
    two.deployed("late@v1")
    (rollout,) = two.workspace.deployments.rollouts("late")
    assert [item.step for item in rollout.steps] == [
        RolloutStep.BUILD,
        RolloutStep.START,
        RolloutStep.CHECK,
        RolloutStep.SWITCH,
        RolloutStep.DRAIN,
    ]
    version = two.workspace.models.get("late@v2")
    two.machine.start_failures[version.manifest_hash] = "no memory"
    two.workspace.deployments.deploy("late@v2")
    two.roll_out()
    failed = two.workspace.deployments.rollouts("late")[-1]
    assert failed.step is RolloutStep.FAILED
    assert failed.steps[-1].step is RolloutStep.CHECK


def test_a_look_shows_every_server_and_the_log_of_each_can_be_read(two: World) -> None:
    two.deployed("late@v1")
    two.deployed("late@v2")
    seen = two.workspace.deployments.look("late")
    assert [(item.number, item.observation.accepting) for item in seen] == [(2, True), (1, False)]
    first = two.workspace.deployments.history("late")[-1]
    folder = two.parts.deployment_folder(first.id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "serving.log").write_text("the first one\n")
    assert two.workspace.deployments.log("late", number=1) == ["the first one"]
    with pytest.raises(NotFoundError, match="no deployment 9"):
        two.workspace.deployments.log("late", number=9)


def test_an_endpoint_in_the_trash_takes_no_deployment(two: World) -> None:
    two.deployed("late@v1")
    two.workspace.deployments.stop("late")
    two.roll_out()
    two.workspace.trash.put(Kind.ENDPOINT, ["late"])
    with pytest.raises(ConflictError, match="in the trash"):
        two.workspace.deployments.deploy("late@v1")
    with pytest.raises(NotFoundError, match="in the trash"):
        two.workspace.deployments.stop("late")


# --- going back -------------------------------------------------------------------------------------------------------


def rolled_back(world: World, number: int | None = None) -> str:
    world.workspace.deployments.rollback("late", number)
    world.roll_out()
    (reference,) = world.answering()
    return reference


def test_going_back_answers_with_the_version_before(two: World) -> None:
    two.deployed("late@v1")
    two.deployed("late@v2")
    assert rolled_back(two) == "late@v1"
    assert rolled_back(two) == "late@v2"
    assert len(two.workspace.deployments.history("late")) == 2
    assert two.actions().count("deployment.rollback") == 2


def test_going_back_passes_over_a_restart_of_the_same_version(two: World) -> None:
    two.deployed("late@v1")
    two.deployed("late@v2")
    two.workspace.deployments.restart("late")
    two.roll_out()
    assert two.answering() == ["late@v2"]
    assert rolled_back(two) == "late@v1"


def test_going_back_passes_over_what_failed(two: World) -> None:
    two.model("late", "three")
    two.deployed("late@v1")
    bad = two.workspace.models.get("late@v2").manifest_hash
    two.machine.start_failures[bad] = "no memory"
    two.workspace.deployments.deploy("late@v2")
    two.roll_out()
    two.deployed("late@v3")
    assert rolled_back(two) == "late@v1"


def test_going_back_after_a_stop_brings_back_what_answered(two: World) -> None:
    two.deployed("late@v1")
    two.deployed("late@v2")
    for _ in range(2):
        two.workspace.deployments.stop("late")
        two.roll_out()
    assert two.answering() == []
    assert rolled_back(two) == "late@v2"


def test_going_back_to_a_number_is_going_back_to_that_deployment(two: World) -> None:
    two.model("late", "three")
    for version in (1, 2, 3):
        two.deployed(f"late@v{version}")
    assert rolled_back(two, number=1) == "late@v1"
    for number in (1, 9):
        with pytest.raises(NotFoundError, match=f"no earlier deployment {number}"):
            two.workspace.deployments.rollback("late", number)


def test_there_is_nothing_to_go_back_to_after_one_deployment(two: World) -> None:
    two.deployed("late@v1")
    with pytest.raises(NotFoundError, match="nothing to go back to"):
        two.workspace.deployments.rollback("late")
    with pytest.raises(NotFoundError):
        two.workspace.deployments.rollback("nothing")


def test_a_damaged_bundle_is_not_gone_back_to(two: World) -> None:
    two.deployed("late@v1")
    two.deployed("late@v2")
    two.parts.bundles.remove(two.workspace.models.get("late@v1").manifest_hash)
    with pytest.raises(DamagedBundleError):
        two.workspace.deployments.rollback("late")
    assert two.workspace.deployments.rollouts("late")[-1].step is RolloutStep.DONE


# --- restart, stop ----------------------------------------------------------------------------------------------------


def test_a_restart_is_a_fresh_process_of_the_same_version(two: World) -> None:
    endpoint = two.deployed("late@v1")
    before = two.deployment(endpoint.wanted_deployment_id).process
    order = two.workspace.deployments.restart("late")
    assert order.rollout.kind is RolloutKind.RESTART
    two.roll_out()
    now = two.deployment(two.workspace.deployments.endpoint("late").wanted_deployment_id)
    assert (now.model_reference, now.number) == ("late@v1", 2)
    assert now.process != before
    assert two.answering() == ["late@v1"]


def test_a_stopped_endpoint_is_restarted_with_what_answered_last(two: World) -> None:
    two.deployed("late@v1")
    two.workspace.deployments.stop("late")
    two.roll_out()
    assert two.answering() == []
    two.workspace.deployments.restart("late")
    two.roll_out()
    assert two.answering() == ["late@v1"]


def test_an_endpoint_on_which_nothing_ran_cannot_be_restarted(two: World) -> None:
    two.machine.start_failures[two.workspace.models.get("late@v1").manifest_hash] = "no memory"
    two.workspace.deployments.deploy("late@v1")
    two.roll_out()
    with pytest.raises(NotFoundError, match="Nothing was ever running"):
        two.workspace.deployments.restart("late")


def test_a_stop_ends_all_and_gives_the_port_back(two: World) -> None:
    endpoint = two.deployed("late@v1")
    two.deployed("late@v2")
    order = two.workspace.deployments.stop("late")
    assert (order.rollout.kind, order.rollout.to_deployment_id) == (RolloutKind.STOP, None)
    two.roll_out()
    assert two.machine.running() == []
    assert two.machine.holders(endpoint.port) == []
    stopped = two.workspace.deployments.endpoint("late")
    assert (stopped.wanted_deployment_id, stopped.port) == (None, endpoint.port)
    assert {item.status for item in two.workspace.deployments.history("late")} == {DeploymentStatus.STOPPED}


# --- waiting ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployments_module, "_POLL_SECONDS", 0.001)


@pytest.mark.usefixtures("quick")
def test_waiting_gives_the_ended_rollout_and_shows_its_steps(two: World) -> None:
    order = two.workspace.deployments.deploy("late@v1")
    steps: list[RolloutStep] = []
    starts = two.keeper_starts

    def on_step(rollout: Any) -> None:
        steps.append(rollout.step)
        if len(steps) == 3:
            threading.Thread(target=two.roll_out).run()

    assert two.workspace.deployments.wait(order.rollout.id, on_step).step is RolloutStep.DONE
    assert steps[0] is RolloutStep.QUEUED
    assert steps[-1] is RolloutStep.DONE
    assert two.keeper_starts > starts


@pytest.mark.usefixtures("quick")
def test_waiting_raises_why_a_rollout_failed(two: World) -> None:
    two.machine.foreign_ports.add(18_080)
    order = two.workspace.deployments.deploy("late@v1", port=18_080)
    two.roll_out()
    with pytest.raises(PortInUseError, match="18080"):
        two.workspace.deployments.wait(order.rollout.id)


@pytest.mark.usefixtures("quick")
def test_waiting_ends_when_its_time_is_over(two: World) -> None:
    order = two.workspace.deployments.deploy("late@v1")
    with pytest.raises(DeploymentError, match="Nothing new was heard of the rollout for 0 s"):
        two.workspace.deployments.wait(order.rollout.id, seconds=0.01)
    with pytest.raises(NotFoundError):
        two.workspace.deployments.wait("0" * 32)


@pytest.mark.usefixtures("quick")
def test_who_waits_is_told_what_the_rollout_says_and_waits_while_it_speaks(two: World) -> None:
    host = two.workspace.hosts.add(two.workspace.hosts.draft("docker", HostKind.DOCKER))
    order = two.workspace.deployments.deploy("late@v1", host=host.name)
    said: list[tuple[str, int, int]] = []
    steps: list[RolloutStep] = []

    def on_step(rollout: Rollout) -> None:
        steps.append(rollout.step)
        if len(steps) == 2:
            threading.Thread(target=two.roll_out).run()

    waited = two.workspace.deployments.wait(
        order.rollout.id, on_step, on_note=lambda note: said.append((note.message, note.done, note.total))
    )
    assert waited.step is RolloutStep.DONE
    assert said == [("sending the model", 0, 2_000_000), ("sending the model", 2_000_000, 2_000_000)]
    two.workspace.deployments.deploy("late@v2")
    two.roll_out()
    lines = two.workspace.deployments.rollout_log("late")
    assert lines == two.workspace.deployments.rollout_log("late", 2)
    assert [json.loads(line)["done"] for line in two.workspace.deployments.rollout_log("late", 1, limit=1)] == [
        2_000_000
    ]
    with pytest.raises(NotFoundError, match="no deployment 3"):
        two.workspace.deployments.rollout_log("late", 3)


@pytest.mark.usefixtures("quick")
def test_waiting_goes_on_as_long_as_the_rollout_is_heard_of(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    two.workspace.hosts.add(two.workspace.hosts.draft("docker", HostKind.DOCKER))
    order = two.workspace.deployments.deploy("late@v1", host="docker")
    passed = iter(range(1000))
    monkeypatch.setattr("mlops_desktop.services.deployments.time.monotonic", lambda: float(next(passed)))
    log = two.parts.deployment_folder(str(order.rollout.to_deployment_id)) / "rollout.log"
    log.parent.mkdir()
    looks: list[int] = []

    def on_step(_rollout: Rollout) -> None:
        looks.append(1)
        if len(looks) < 200:
            done = min(len(looks), 100)
            record = {"time": two.clock().isoformat(), "message": "sending", "done": done, "total": 100}
            with log.open("a") as file:
                file.write(json.dumps(record) + "\n")

    with pytest.raises(DeploymentError, match="Nothing new was heard of the rollout for 20 s"):
        two.workspace.deployments.wait(order.rollout.id, on_step, seconds=20)
    assert 100 < len(looks) < 130


def test_an_endpoint_that_was_never_rolled_out_has_said_nothing(two: World) -> None:
    two.workspace.deployments.deploy("late@v1")
    assert two.workspace.deployments.rollout_log("late") == []
    two.roll_out()
    two.workspace.deployments.stop("late")
    assert two.workspace.deployments.rollout_log("late") == []


# --- asking -----------------------------------------------------------------------------------------------------------


def test_an_endpoint_is_asked_with_its_stored_token(two: World) -> None:
    two.deployed("late@v1")
    answer = two.workspace.deployments.predict("late", ROWS)
    assert answer["model"] == "late@v1"
    with pytest.raises(InvalidInputError, match="token"):
        two.workspace.deployments.predict("late", ROWS, token="wrong")
    with pytest.raises(NotFoundError):
        two.workspace.deployments.predict("nothing", ROWS)


def test_another_user_needs_a_token_of_their_own(two: World) -> None:
    endpoint = two.deployed("late@v1")
    forget_tokens(two.parts.secrets, endpoint.id)
    with pytest.raises(RequestRefusedError, match="not on this computer") as caught:
        two.workspace.deployments.predict("late", ROWS)
    assert "mlops deployments token late" in caught.value.hint


def test_an_endpoint_that_does_not_answer_is_told(two: World) -> None:
    two.workspace.deployments.deploy("late@v1")
    with pytest.raises(EndpointUnreachableError):
        two.workspace.deployments.predict("late", ROWS)


def test_a_new_token_replaces_the_old_one_everywhere_at_once(two: World) -> None:
    old = two.workspace.deployments.deploy("late@v1").token
    two.roll_out()
    two.deployed("late@v2")
    new = two.workspace.deployments.rotate_token("late")
    assert new != old
    assert two.workspace.deployments.endpoint("late").token_sha256 == sha256(new)
    assert {server.token_sha256 for server in two.machine.servers.values()} == {sha256(new)}
    assert two.workspace.deployments.predict("late", ROWS)["model"] == "late@v2"
    with pytest.raises(InvalidInputError):
        two.workspace.deployments.predict("late", ROWS, token=old)
    assert "endpoint.rotate_token" in two.actions()
    with pytest.raises(NotFoundError):
        two.workspace.deployments.rotate_token("nothing")


def test_a_token_whose_change_is_not_committed_goes_on_to_count(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = two.deployed("late@v1")
    two.workspace.deployments.rotate_token("late")  # so that the one that counts lies beside
    for _ in range(2):
        with monkeypatch.context() as broken:
            broken.setattr(two.parts.registry, "write", _without_commit(two.parts.registry.write))
            with pytest.raises(_CutError):
                two.workspace.deployments.rotate_token("late")
        assert two.workspace.deployments.predict("late", ROWS)["model"] == "late@v1"
    two.workspace.deployments.rotate_token("late")
    assert two.workspace.deployments.predict("late", ROWS)["model"] == "late@v1"
    forget_tokens(two.parts.secrets, endpoint.id)
    assert token_of(two.parts.secrets, two.workspace.deployments.endpoint("late")) is None


class _CutError(Exception):
    """The process ends here."""


def _without_commit(write: Callable[[], UnitOfWork]) -> Callable[[], UnitOfWork]:
    def cut() -> None:
        raise _CutError

    def opened() -> UnitOfWork:
        unit = write()
        unit.commit = cut  # type: ignore[method-assign]
        return unit

    return opened


def test_servers_that_were_not_told_of_a_new_token_are_told_by_the_keeper(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(deployment_id: str, token_sha256: str) -> None:
        raise _CutError

    two.deployed("late@v1")
    old = {server.token_sha256 for server in two.machine.accepting()}
    with monkeypatch.context() as broken:
        broken.setattr(two.parts.host(THIS_COMPUTER), "set_token", cut)
        with pytest.raises(_CutError):
            two.workspace.deployments.rotate_token("late")
    assert {server.token_sha256 for server in two.machine.accepting()} == old
    two.see_to_endpoints()
    assert two.workspace.deployments.predict("late", ROWS)["model"] == "late@v1"


def test_the_token_of_a_server_that_does_not_answer_stays(two: World) -> None:
    two.deployed("late@v1")
    (server,) = two.machine.accepting()
    server.is_frozen = True
    with pytest.raises(DeploymentError, match="the token was not changed"):
        two.workspace.deployments.rotate_token("late")
    server.is_frozen = False
    two.see_to_endpoints()
    assert two.workspace.deployments.predict("late", ROWS)["model"] == "late@v1"
    assert "endpoint.rotate_token" not in two.actions()


def test_a_token_changed_while_its_server_freezes_is_shown_and_told_later(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def frozen(deployment_id: str, token_sha256: str) -> None:
        raise DeploymentError("The token of the running server could not be changed.", hint="Restart it.")

    two.deployed("late@v1")
    starts = two.keeper_starts
    with monkeypatch.context() as freezing:
        freezing.setattr(two.parts.host(THIS_COMPUTER), "set_token", frozen)
        token = two.workspace.deployments.rotate_token("late")
    assert two.keeper_starts > starts
    two.see_to_endpoints()
    assert two.workspace.deployments.predict("late", ROWS, token=token)["model"] == "late@v1"


def test_a_token_rotated_during_a_switch_is_the_one_that_counts(two: World) -> None:
    two.deployed("late@v1")
    two.workspace.deployments.deploy("late@v2")
    accept = two.parts.host(THIS_COMPUTER).accept
    rotated: list[str] = []

    def accept_after_rotation(deployment_id: str) -> None:
        accept(deployment_id)
        rotated.append(two.workspace.deployments.rotate_token("late"))
        two.machine.servers[deployment_id].token_sha256 = "as the switch had it"

    object.__setattr__(two.parts.host(THIS_COMPUTER), "accept", accept_after_rotation)
    two.roll_out()
    (server,) = two.machine.accepting()
    assert server.token_sha256 == sha256(rotated[0])


# --- reading ----------------------------------------------------------------------------------------------------------


def test_every_endpoint_is_listed_with_what_should_answer_or_was_there_last(two: World) -> None:
    two.deployed("late@v1", endpoint="a")
    two.deployed("late@v1", endpoint="b")
    two.deployed("late@v2", endpoint="b")
    two.workspace.deployments.stop("a")
    two.roll_out()
    pairs = two.workspace.deployments.list()
    assert [(endpoint.name, deployment.model_reference if deployment else None) for endpoint, deployment in pairs] == [
        ("a", "late@v1"),
        ("b", "late@v2"),
    ]


def test_looking_sees_to_it_that_a_keeper_is_there_where_something_should_answer(two: World) -> None:
    two.deployed("late@v1")
    starts = two.keeper_starts
    two.workspace.deployments.list()
    assert two.keeper_starts == starts + 1
    two.workspace.deployments.stop("late")
    two.roll_out()
    starts = two.keeper_starts
    two.workspace.deployments.list()
    assert two.keeper_starts == starts


def test_what_a_keeper_saw_is_fresh_for_half_a_minute(two: World) -> None:
    two.deployed("late@v1")
    deployments = two.workspace.deployments
    assert deployments.is_fresh(deployments.list())
    two.clock.now += timedelta(seconds=31)
    assert not deployments.is_fresh(deployments.list())
    two.see_to_endpoints()
    assert deployments.is_fresh(deployments.list())


def test_the_log_is_that_of_what_answers(two: World) -> None:
    assert two.workspace.deployments.deploy("late@v1")
    assert two.workspace.deployments.log("late") == []
    two.roll_out()
    endpoint = two.deployed("late@v2")
    folder = two.parts.deployment_folder(str(endpoint.wanted_deployment_id))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "serving.log").write_bytes(b"".join(b"line %d\n" % number for number in range(100)) + b"\xff\n")
    assert two.workspace.deployments.log("late", limit=2) == ["line 99", "\ufffd"]
    assert len(two.workspace.deployments.log("late")) == 101
    with pytest.raises(NotFoundError):
        two.workspace.deployments.log("nothing")


def test_an_endpoint_without_deployments_has_an_empty_log(two: World) -> None:
    endpoint = two.workspace.deployments.deploy("late@v1").endpoint
    two.roll_out()
    with two.parts.registry.write() as unit:
        unit.deployments.remove_endpoint(endpoint.id)
        unit.deployments.add_endpoint(endpoint)
        unit.commit()
    assert two.workspace.deployments.log("late") == []


# --- what answered when ----------------------------------------------------------------------------------------------


def test_the_journal_says_what_answered_at_a_moment(two: World) -> None:
    before = two.clock.now
    two.deployed("late@v1")
    two.clock.now += timedelta(hours=1)
    first = two.clock.now
    two.deployed("late@v2")
    two.clock.now += timedelta(hours=1)
    second = two.clock.now
    two.workspace.deployments.stop("late")
    two.roll_out()
    two.clock.now += timedelta(hours=1)
    answered = two.workspace.deployments.serving_at

    def reference(moment: datetime) -> str | None:
        found = answered("late", moment)
        return found.model_reference if found else None

    assert reference(before - timedelta(seconds=1)) is None
    assert reference(first - timedelta(seconds=1)) == "late@v1"
    assert reference(second - timedelta(seconds=1)) == "late@v2"
    assert reference(two.clock.now) is None


def test_an_endpoint_on_this_computer_cannot_be_published(two: World) -> None:
    with pytest.raises(InvalidInputError, match="this computer only"):
        two.workspace.deployments.deploy("late@v1", published=True)
