"""What the commands on hosts, and those on endpoints there, say to people and to machines."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.test_cli_commands import registered
from tests.cli.typing_room import DiligentWorld, Typist
from tests.fakes.hosts import FACTS, KEY, OTHER_KEY, FakeHosts, report_of

from mlops_desktop import bootstrap
from mlops_desktop.cli import main as entry
from mlops_desktop.domain.errors import BaseImageError, EngineError, HostUnreachableError
from mlops_desktop.domain.hosts import THIS_COMPUTER, Host, HostFacts, HostKind, HostReport
from mlops_desktop.services.host_ports import OnHostStep
from mlops_desktop.services.host_proofs import key_fingerprints

(FINGERPRINT,), (OTHER_FINGERPRINT,) = key_fingerprints(KEY), key_fingerprints(OTHER_KEY)
SSH = ("--kind", "ssh", "--address", "mlops@gpu-box")


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def fakes(world: DiligentWorld) -> FakeHosts:
    assert isinstance(world.parts.hosts, FakeHosts)
    return world.parts.hosts


def error_in(mlops: Typist) -> dict[str, str]:
    found: dict[str, str] = json.loads(mlops.notes)["error"]
    return found


# --- adding -----------------------------------------------------------------------------------------------------------


def test_an_engine_here_is_added_after_each_step_was_told(mlops: Typist) -> None:
    said = mlops("hosts", "add", "docker", "--kind", "docker")
    assert "4 ms  ok  reach: OpenSSH answers" in said
    assert "12 ms  ok  engine: Docker 27.3" in said
    assert "docker is added. Deploy to it: mlops deployments deploy MODEL --host docker" in said
    assert "docker" in mlops("hosts", "list")
    mlops("hosts", "add", "docker", "--kind", "docker", code=entry.USER_ERROR)
    assert "MD-REF-002" in mlops.notes


def test_a_host_that_cannot_be_used_is_not_added(mlops: Typist, fakes: FakeHosts) -> None:
    fakes.reports["docker"] = report_of(EngineError("Docker is not running.", hint="Start it."))
    mlops("hosts", "add", "docker", "--kind", "docker", code=entry.USER_ERROR)
    assert "Docker is not running.\nStart it.\n(MD-HST-006)" in mlops.notes
    assert len(mlops.json("hosts", "list")) == 1


def test_a_base_image_that_is_missing_is_told(mlops: Typist, fakes: FakeHosts) -> None:
    facts = HostFacts("27.3", "arm64", "linux", 4, 8 * 2**30, 0.01)
    fakes.reports["my pi"] = HostReport((), facts=facts)
    said = mlops("hosts", "add", "my pi", "--kind", "docker", "--base-image", "python:3.12-slim")
    assert "--host 'my pi'" in said
    assert "python:3.12-slim is not there yet" in mlops.notes
    assert "mlops hosts base 'my pi'" in mlops.notes


def test_a_new_key_is_compared_with_the_one_that_was_given(mlops: Typist) -> None:
    mlops("hosts", "add", "gpu-box", *SSH, "--fingerprint", OTHER_FINGERPRINT, code=entry.USER_ERROR)
    assert FINGERPRINT in mlops.notes
    assert "MD-HST-004" in mlops.notes
    assert len(mlops.json("hosts", "list")) == 1
    said = mlops.json("hosts", "add", "gpu-box", *SSH, "--fingerprint", FINGERPRINT)
    assert said["host"]["pinned"] == KEY
    assert said["report"]["code"] == ""


def test_without_somebody_to_ask_a_new_key_is_refused_with_the_way_to_confirm_it(
    mlops: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    mlops("hosts", "add", "gpu-box", *SSH, code=entry.USER_ERROR)
    assert f"--fingerprint {FINGERPRINT}" in mlops.notes
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
    mlops("hosts", "add", "gpu-box", *SSH, "--json", code=entry.USER_ERROR)
    assert FINGERPRINT in error_in(mlops)["message"]
    assert len(mlops.json("hosts", "list")) == 1


def test_a_key_may_be_taken_without_comparing_on_purpose(mlops: Typist) -> None:
    assert "gpu-box is added" in mlops("hosts", "add", "gpu-box", *SSH, "--yes")
    assert f"The key {FINGERPRINT} was taken without comparing it" in mlops.notes


@pytest.mark.parametrize("answer", ["yes", "y", FINGERPRINT, FINGERPRINT.removeprefix("SHA256:")])
def test_somebody_at_the_terminal_is_asked(mlops: Typist, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    assert "gpu-box is added" in mlops("hosts", "add", "gpu-box", *SSH)
    assert f"Its key is {FINGERPRINT}" in mlops.notes


@pytest.mark.parametrize("answer", ["no", OTHER_FINGERPRINT, "SHA256:"])
def test_who_does_not_confirm_adds_nothing(mlops: Typist, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    mlops("hosts", "add", "gpu-box", *SSH, code=entry.USER_ERROR)
    assert "was not confirmed" in mlops.notes
    assert len(mlops.json("hosts", "list")) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("--kind", "process"),
        ("--kind", "docker", "--key", "id"),
        ("--kind", "ssh", "--certificates", "folder"),
        ("--kind", "docker", "--fingerprint", "SHA256:x"),
        ("--kind", "tls", "--yes"),
    ],
)
def test_options_of_another_kind_are_wrong_usage(mlops: Typist, wrong: tuple[str, ...]) -> None:
    mlops("hosts", "add", "gpu-box", "--address", "gpu-box", *wrong, code=entry.WRONG_USAGE)


def test_what_can_be_seen_to_be_wrong_is_told_without_reaching_out(mlops: Typist, tmp_path: Path) -> None:
    mlops("hosts", "add", "gpu-box", *SSH, "--key", tmp_path / "none", code=entry.USER_ERROR)
    assert "cannot be read" in mlops.notes
    mlops("hosts", "add", "lab", "--kind", "tls", "--address", "lab", code=entry.USER_ERROR)
    assert "ca.pem" in mlops.notes


# --- looking ----------------------------------------------------------------------------------------------------------


def test_hosts_are_listed_and_reached_all_at_once(mlops: Typist, fakes: FakeHosts) -> None:
    mlops("hosts", "add", "docker", "--kind", "docker")
    mlops("hosts", "add", "gpu-box", *SSH, "--yes")
    assert "27.3" not in mlops("hosts", "list")
    fakes.reports["gpu-box"] = report_of(HostUnreachableError("gpu-box does not answer.", hint="Is it on?"))
    said = mlops("hosts", "list", "--check")
    assert "gpu-box does not answer." in said
    assert "amd64, 16 processors" in said
    assert "312.0 GB" in said
    found = {state["host"]["name"]: state for state in mlops.json("hosts", "list", "--check")}
    assert list(found) == [THIS_COMPUTER, "docker", "gpu-box"]
    assert found["docker"]["report"]["facts"]["engine"] == "27.3"
    assert found["gpu-box"]["report"]["code"] == "MD-HST-002"


@pytest.fixture
def silent(fakes: FakeHosts, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A host whose check does not come to an end while the test looks."""
    thaw, check = threading.Event(), fakes.check
    frozen: list[threading.Thread] = []
    seen: list[HostReport] = []

    def check_or_freeze(host: Host, on_step: OnHostStep | None = None, here: Host | None = None) -> HostReport:
        if host.name == "frozen":
            frozen.append(threading.current_thread())
            thaw.wait(20)
        seen.append(check(host, on_step, here))
        return seen[-1]

    monkeypatch.setattr(fakes, "check", check_or_freeze)
    monkeypatch.setattr("mlops_desktop.cli.hosts.time.monotonic", lambda: 1000.0 if len(seen) == 2 else 0.0)
    yield
    thaw.set()
    for thread in frozen:
        thread.join(20)


def test_a_host_that_does_not_answer_keeps_nobody_waiting(mlops: Typist, silent: None) -> None:
    service = mlops.world.workspace.hosts
    for name in ("docker", "frozen"):
        service.add(service.draft(name, HostKind.DOCKER))
    said = mlops("hosts", "list", "--check")
    assert said.count("did not answer within 30 s") == 1
    assert said.count("27.3") == 2


def test_a_check_tells_each_step_and_why_it_failed(mlops: Typist, fakes: FakeHosts) -> None:
    mlops("hosts", "add", "gpu-box", *SSH, "--yes")
    assert "gpu-box can be used." in mlops("hosts", "check", "gpu-box")
    assert mlops.json("hosts", "check", "gpu-box")["facts"]["cpus"] == 16
    fakes.keys["gpu-box"] = OTHER_KEY
    said = mlops("hosts", "check", "gpu-box", code=entry.USER_ERROR)
    assert "--  host key: another key" in said
    assert f"confirmed:  {FINGERPRINT}\nshown now:  {OTHER_FINGERPRINT}\n" in said
    assert "MD-HST-005" in mlops.notes
    report = json.loads(mlops("hosts", "check", "gpu-box", "--json", code=entry.USER_ERROR))
    assert (report["fingerprint"], report["pinned_fingerprint"]) == (OTHER_FINGERPRINT, FINGERPRINT)
    mlops("hosts", "check", "nobody", code=entry.USER_ERROR)
    assert "MD-REF-001" in mlops.notes


# --- changing ---------------------------------------------------------------------------------------------------------


def test_a_changed_key_is_trusted_by_its_fingerprint(mlops: Typist, fakes: FakeHosts) -> None:
    mlops("hosts", "add", "gpu-box", *SSH, "--yes")
    fakes.keys["gpu-box"] = OTHER_KEY
    mlops("hosts", "trust", "gpu-box", code=entry.WRONG_USAGE)
    mlops("hosts", "trust", "gpu-box", "--fingerprint", FINGERPRINT, code=entry.USER_ERROR)
    assert "MD-INP-001" in mlops.notes
    assert "new key" in mlops("hosts", "trust", "gpu-box", "--fingerprint", OTHER_FINGERPRINT)
    fakes.keys.clear()
    assert mlops.json("hosts", "trust", "gpu-box", "--fingerprint", FINGERPRINT)["pinned"] == KEY


def test_a_host_is_removed_when_nothing_is_there(mlops: Typist) -> None:
    registered(mlops)
    mlops("hosts", "add", "docker", "--kind", "docker")
    mlops("deployments", "deploy", "late-flights", "--host", "docker")
    mlops("hosts", "remove", "docker", code=entry.USER_ERROR)
    assert "docker still has late-flights" in mlops.notes
    mlops("hosts", "add", "other", "--kind", "docker")
    assert "other is removed" in mlops("hosts", "remove", "other")
    mlops("hosts", "add", "other", "--kind", "docker")
    assert mlops.json("hosts", "remove", "other") == {"removed": "other"}


def test_a_base_image_is_prepared(mlops: Typist, fakes: FakeHosts, tmp_path: Path) -> None:
    mlops("hosts", "add", "docker", "--kind", "docker")
    assert "python:3.11-slim is on docker: bbbbbbbbbbbb\n" in mlops("hosts", "base", "docker")
    assert "docker: pulling (40.0 MB of 40.0 MB)" in mlops.notes
    archive = tmp_path / "python.tar"
    archive.write_bytes(b"tar")
    said = mlops.json("hosts", "base", "docker", "--import", archive, "--image", "python:3.13-slim")
    assert said == {"host": "docker", "image": "python:3.13-slim", "identity": FACTS.base}
    assert fakes.bases[-1][1] == archive
    mlops("hosts", "base", "docker", "--import", tmp_path / "none", code=entry.USER_ERROR)


# --- endpoints there --------------------------------------------------------------------------------------------------


def test_an_endpoint_on_a_host_is_told_with_its_image_and_container(mlops: Typist) -> None:
    registered(mlops)
    mlops("hosts", "add", "docker", "--kind", "docker")
    assert "Container" not in mlops("deployments", "list")
    said = mlops("deployments", "deploy", "late-flights", "--host", "docker")
    assert "/predict on docker" in said
    assert "late-flights: sending the model (2.0 MB of 2.0 MB)" in mlops.notes
    assert "late-flights: done" in mlops.notes
    (found,) = mlops.json("deployments", "list")
    assert found["endpoint"]["host"] == "docker"
    for said in (mlops("deployments", "list"), mlops("deployments", "history", "late-flights")):
        assert found["deployment"]["container"]["id"][:12] in said
        assert found["deployment"]["image"].removeprefix("sha256:")[:12] in said
        assert "docker" in said
    assert "sending the model" in mlops("deployments", "log", "late-flights", "--rollout")
    assert mlops("deployments", "log", "late-flights", "--rollout", "--limit", 1).count("\n") == 1
    assert "on docker" in mlops("deployments", "show", "late-flights")
    assert mlops.json("deployments", "port", "--host", "docker")["holder"] == ""
    mlops("deployments", "deploy", "late-flights", "--host", "nowhere", code=entry.USER_ERROR)
    assert "MD-REF-001" in mlops.notes


def test_publishing_is_told_with_what_it_means(mlops: Typist) -> None:
    registered(mlops)
    mlops("hosts", "add", "docker", "--kind", "docker")
    assert mlops.json("deployments", "deploy", "late-flights", "--host", "docker")["host"] == "docker"
    mlops("deployments", "deploy", "late-flights", "--publish")
    assert "was made without --publish" in mlops.notes
    mlops("deployments", "deploy", "late-flights", "--host", "docker", "--endpoint", "open", "--publish")
    assert "open is published" in mlops.notes
    assert mlops.world.workspace.deployments.endpoint("open").published


def test_a_rollout_is_cancelled(mlops: Typist, world: DiligentWorld) -> None:
    registered(mlops)
    mlops("deployments", "deploy", "late-flights")
    mlops("deployments", "cancel", "late-flights", code=entry.USER_ERROR)
    assert "MD-REF-001" in mlops.notes
    world.is_asleep = True
    mlops("deployments", "deploy", "late-flights", "--no-wait")
    assert "Asked: the deploy of late-flights ends soon" in mlops("deployments", "cancel", "late-flights", "--no-wait")
    world.is_asleep = False
    said = mlops("deployments", "cancel", "late-flights")
    assert "The deploy of late-flights was cancelled" in said
    assert [d["status"] for d in mlops.json("deployments", "history", "late-flights")] == ["failed", "running"]
    world.is_asleep = True
    mlops("deployments", "deploy", "late-flights", "--no-wait")
    world.is_asleep = False
    assert mlops.json("deployments", "cancel", "late-flights")["cancelled"] is True


def test_a_cancel_that_came_too_late_says_so(
    mlops: Typist, world: DiligentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(mlops)
    world.is_asleep = True
    order = world.workspace.deployments.deploy("late-flights")
    monkeypatch.setattr(world.workspace.deployments, "cancel", lambda endpoint: order.rollout)
    world.is_asleep = False
    mlops("deployments", "cancel", "late-flights", code=entry.USER_ERROR)
    assert "had switched before it heard of it" in mlops.notes
    assert "MD-EDT-001" in mlops.notes


# --- the demo ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def demo(world: DiligentWorld, fakes: FakeHosts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[object]:
    """What is typed for a demo on the engine of this computer."""
    monkeypatch.setattr(bootstrap, "create_workspace", lambda folder, name, *, actor=None: world.workspace)
    service = world.workspace.hosts
    predictions = [{"prediction": "true", "probabilities": {"false": 0.25, "true": 0.75}}]
    place = fakes.at(service.draft("docker", HostKind.DOCKER))
    monkeypatch.setattr(place, "predict", lambda url, token, rows: {"predictions": predictions})
    return ["demo", "--folder", tmp_path / "demo", "--host", "docker"]


def test_the_demo_answers_on_the_engine_of_this_computer(mlops: Typist, fakes: FakeHosts, demo: list[object]) -> None:
    facts = HostFacts("27.3", "amd64", "linux", 4, 8 * 2**30, 0.01)
    fakes.reports["docker"] = HostReport((), facts=facts)
    said = mlops(*demo, "--keep")
    assert "host: docker, 27.3" in said
    assert "base image: python:3.11-slim" in said
    assert "/predict on docker" in said
    assert "deployments stop flight-late" in said
    assert len(fakes.bases) == 1
    again = mlops.json(*demo)
    assert (again["host"], again["endpoint"]) == ("docker", "flight-late")
    assert mlops.json("deployments", "list")[0]["endpoint"]["wanted_deployment_id"] is None


def test_the_demo_says_why_it_cannot_begin(mlops: Typist, fakes: FakeHosts, demo: list[object]) -> None:
    fakes.reports["docker"] = report_of(BaseImageError("It cannot be used.", hint="Take another."))
    mlops(*demo, code=entry.USER_ERROR)
    assert "It cannot be used." in mlops.notes
    assert mlops.json("datasets", "list") == []
    assert len(mlops.json("hosts", "list")) == 1
    mlops(*demo[:-1], "gpu-box", code=entry.USER_ERROR)
    assert "MD-REF-001" in mlops.notes
