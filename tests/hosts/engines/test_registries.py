"""K-13: images by way of a registry, and every way in which a registry fails: what answered still answers."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.engines.engine import LocalEngine, run
from tests.engines.hosts import local_host
from tests.engines.image_registry import PASSWORD, USER, ImageRegistry, refusing
from tests.engines.remote_host import RemoteHost
from tests.hosts.engines.conftest import Team

from mlops_desktop.domain.deployments import DeploymentStatus
from mlops_desktop.domain.errors import MlopsError, RegistryError, RolloutCancelledError
from mlops_desktop.domain.hosts import HostStep
from mlops_desktop.hosts.engines.registries import ForwardedImages
from mlops_desktop.services.keeping.progress import RolloutProgress

pytestmark = [pytest.mark.engines, pytest.mark.parametrize("team", ["ssh"], indirect=True)]
VARIABLE = "MLOPS_SECRET_REGISTRY_BOX"
ELSEWHERE = "192.0.2.77"
"""Of the range for documentation: no engine of the tests takes plain http from there."""


@pytest.fixture(autouse=True)
def _known_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, PASSWORD)


@pytest.fixture
def forwarded(team: Team, local_engine: LocalEngine, image_registry: ImageRegistry) -> Team:
    """Images for the remote host go by way of the registry, and are put together by the local engine."""
    team.workspace.hosts.add(local_host(local_engine))
    team.workspace.hosts.set_registry(team.host.name, image_registry.address, USER)
    return team


def prediction(team: Team) -> object:
    """What the endpoint answers on one row; only the version that answers now gives just that."""
    row = dict(team.workspace.models.example_rows("flight-late@v1")[0])
    return team.workspace.deployments.predict("late", [row], token=team.token())["predictions"]


@contextmanager
def when(monkeypatch: pytest.MonkeyPatch, said: str, deed: Callable[[], object]) -> Iterator[None]:
    """Inside, this is done once, as soon as a rollout says so and bytes went."""
    waiting = [deed]
    real = RolloutProgress.report

    def report(self: RolloutProgress, sentence: str, done: int = 0, total: int = 0) -> None:
        if waiting and sentence.startswith(said) and done:
            waiting.pop()()
        real(self, sentence, done, total)

    with monkeypatch.context() as patch:
        patch.setattr(RolloutProgress, "report", report)
        yield
    assert not waiting, f"nobody said {said}"


def require_nothing_happened(team: Team, before: object) -> None:
    """The failed version is not marked as deployed, nothing of it is on the host, and what answered still answers."""
    newest = team.workspace.deployments.history("late")[0]
    assert newest.model_reference == "flight-late@v2"
    assert newest.status is DeploymentStatus.FAILED
    assert not newest.image
    assert team.answering() == "flight-late@v1"
    assert prediction(team) == before
    with team.engine.client() as client:
        label = f"mlops-desktop.endpoint={newest.endpoint_id}"
        images = client.images(filters={"label": [label]})
        assert [image["Labels"]["mlops-desktop.model"] for image in images] == ["flight-late@v1"]


def fails(team: Team, words: str) -> MlopsError:
    """Deploys the second version by way of the registry, which has to fail with these words."""
    before = prediction(team)
    with pytest.raises(RegistryError, match=words) as failed:
        team.deploy("flight-late@v2")
    assert failed.value.hint
    assert PASSWORD not in f"{failed.value!r}{failed.value.hint}{failed.value.details}"
    require_nothing_happened(team, before)
    return failed.value


# --- it works ---------------------------------------------------------------------------------------------------------


def test_an_image_is_pushed_here_and_pulled_there_by_its_digest(
    forwarded: Team, remote_host: RemoteHost, local_engine: LocalEngine, image_registry: ImageRegistry
) -> None:
    endpoint = forwarded.deploy("flight-late@v1")
    assert prediction(forwarded)
    (deployment,) = forwarded.workspace.deployments.history("late")
    with remote_host.client() as client:
        image = client.inspect_image(deployment.image)
        (container,) = client.containers(filters={"label": [f"mlops-desktop.deployment={deployment.id}"]})
    (by_digest,) = [name for name in image["RepoDigests"] if name.startswith(image_registry.address)]
    assert container["ImageID"] == image["Id"] == deployment.image
    assert any(name.startswith("mlops-desktop/late:") for name in image["RepoTags"])
    digest = by_digest.partition("@")[2]
    pulled = [
        line for line in image_registry.log.splitlines() if f"GET /v2/team/mlops-desktop/manifests/{digest}" in line
    ]
    assert any(f"{remote_host.address}:" in line or line.startswith(str(remote_host.address)) for line in pulled)
    with local_engine.client() as client:
        assert not client.images(filters={"label": [f"mlops-desktop.endpoint={endpoint.id}"]})


def test_nobody_keeps_the_password(
    forwarded: Team, remote_host: RemoteHost, local_engine: LocalEngine, tmp_path: Path
) -> None:
    own = Path.home() / ".docker" / "config.json"
    before = own.read_bytes() if own.exists() else None
    forwarded.deploy("flight-late@v1")
    assert forwarded.workspace.hosts.check(forwarded.host.name).ok
    canaries = [PASSWORD.encode(), base64.b64encode(f"{USER}:{PASSWORD}".encode()).rstrip(b"=")]
    for folder in (forwarded.workspace.folder, Path(os.environ["MLOPS_STATE_FOLDER"]), tmp_path / "config"):
        for path in folder.rglob("*"):
            if path.is_file():
                assert not [canary for canary in canaries if canary in path.read_bytes()], path
    for engine in (remote_host, local_engine):
        assert PASSWORD not in engine.log
        with engine.client() as client:
            for one in client.containers(all=True):
                assert PASSWORD not in str(client.inspect_container(one["Id"]))
    assert (own.read_bytes() if own.exists() else None) == before


def test_a_check_logs_in_from_here_and_from_there(
    forwarded: Team, image_registry: ImageRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = forwarded.workspace.hosts.check(forwarded.host.name)
    assert report.ok
    assert report.steps[-1].step is HostStep.REGISTRY
    assert report.steps[-1].sentence == f"{image_registry.address} lets {USER} in, from here and from box"
    monkeypatch.setenv(VARIABLE, "another")
    report = forwarded.workspace.hosts.check(forwarded.host.name)
    assert (report.code, report.steps[-1].step) == ("MD-HST-008", HostStep.REGISTRY)
    assert "does not let ada in" in report.sentence


@pytest.mark.long
def test_what_is_there_is_started_also_while_there_is_no_docker_here(
    forwarded: Team, local_engine: LocalEngine
) -> None:
    forwarded.deploy("flight-late@v1")
    forwarded.stop()
    local_engine.stop()
    forwarded.settle(forwarded.workspace.deployments.restart("late").rollout)
    assert prediction(forwarded)
    with pytest.raises(MlopsError, match="does not answer|no Docker on this computer"):
        forwarded.deploy("flight-late@v2")
    assert forwarded.answering() == "flight-late@v1"


# --- it fails ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def answering(team: Team, local_engine: LocalEngine) -> Team:
    """The first version answers, and came there without a registry."""
    team.workspace.hosts.add(local_host(local_engine))
    team.deploy("flight-late@v1")
    return team


def through(team: Team, address: str, user: str = USER) -> None:
    team.workspace.hosts.set_registry(team.host.name, address, user)


def test_k_13_a_registry_that_is_down(answering: Team, image_registry: ImageRegistry) -> None:
    through(answering, image_registry.address)
    image_registry.kill()
    fails(answering, "does not answer the Docker on docker")
    image_registry.start()
    answering.deploy("flight-late@v2")
    assert answering.answering() == "flight-late@v2"


def test_k_13_a_registry_that_does_not_let_us_in_401(
    answering: Team, image_registry: ImageRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    through(answering, image_registry.address)
    monkeypatch.setenv(VARIABLE, "another")
    fails(answering, "does not let ada in")
    through(answering, image_registry.address, user="")
    fails(answering, "does not let somebody without a login in")


@pytest.mark.long  # engines try again for a minute
def test_k_13_a_registry_that_does_not_allow_it_403(answering: Team, remote_host: RemoteHost) -> None:
    with refusing(
        str(remote_host.near_address), 403, "DENIED", "requested access to the resource is denied"
    ) as address:
        through(answering, address)
        fails(answering, "does not allow ada to push to it")


@pytest.mark.long  # engines try again for a minute
def test_k_13_a_registry_that_is_full(answering: Team, image_registry: ImageRegistry) -> None:
    through(answering, image_registry.address)
    image_registry.make_small()
    assert "full disk" in fails(answering, "failed").hint


@pytest.mark.long
def test_k_13_a_registry_that_speaks_plain_http(answering: Team, local_engine: LocalEngine) -> None:
    run("ip", "address", "add", f"{ELSEWHERE}/32", "dev", local_engine.link)
    try:
        with refusing(ELSEWHERE, 500, "UNKNOWN", "never asked") as address:
            through(answering, address)
            fails(answering, "speaks plain http")
    finally:
        run("ip", "address", "delete", f"{ELSEWHERE}/32", "dev", local_engine.link)


@pytest.mark.long  # engines try again for a minute
def test_k_13_a_registry_that_is_killed_while_it_is_pushed_to(
    answering: Team, image_registry: ImageRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_registry.forget()
    through(answering, image_registry.address)
    with when(monkeypatch, "Pushing", image_registry.kill):
        fails(answering, "does not answer")


@pytest.mark.long
def test_k_13_a_push_that_nobody_takes_any_more_is_cancelled(
    answering: Team, image_registry: ImageRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_registry.forget()
    through(answering, image_registry.address)
    before = prediction(answering)

    def kill_and_cancel() -> None:
        image_registry.kill()
        answering.workspace.deployments.cancel("late")

    with when(monkeypatch, "Pushing", kill_and_cancel), pytest.raises(RolloutCancelledError):
        answering.deploy("flight-late@v2")
    require_nothing_happened(answering, before)


@pytest.mark.long  # engines try again for a minute
def test_k_13_what_was_changed_in_the_registry_is_not_taken(
    answering: Team, image_registry: ImageRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every blob has another bit when it is pulled: the engine there notices, or we do."""
    real = ForwardedImages._drop_here

    def spoil(self: ForwardedImages, *names: str) -> None:
        for path in image_registry.blobs():
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
        real(self, *names)

    through(answering, image_registry.address)
    with monkeypatch.context() as patch:
        patch.setattr(ForwardedImages, "_drop_here", spoil)
        fails(answering, "registry")
    image_registry.forget()
    answering.deploy("flight-late@v2")
    assert answering.answering() == "flight-late@v2"
