"""The same model gives the same layers and the same image, whichever engine it is for and whoever made it before."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.engines.engine import Engine as OwnEngine
from tests.engines.engine import LocalEngine
from tests.engines.hosts import WORKSPACE, local_host, ssh_host
from tests.engines.remote_host import RemoteHost
from tests.serving.small_bundle import SmallBundle, make_bundle

from mlops_desktop.domain.deployments import ServeOrder
from mlops_desktop.domain.hosts import Host
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.hosts.engines.building import Builder
from mlops_desktop.hosts.engines.engine import Engine
from mlops_desktop.hosts.engines.routes import route_to

pytestmark = [pytest.mark.engines, pytest.mark.long, pytest.mark.timeout(300)]
ENDPOINT = new_identifier()


@pytest.fixture
def state() -> Path:
    """Short: sockets lie there."""
    folder = Path(os.environ["MLOPS_STATE_FOLDER"])
    folder.mkdir(parents=True)
    return folder


def test_two_builds_on_two_engines_give_the_same_layers(
    local_engine: LocalEngine, remote_host: RemoteHost, tmp_path: Path, state: Path
) -> None:
    small = make_bundle(tmp_path / "bundle")
    for engine in (local_engine, remote_host):
        forget_images(engine)
    one = made_on(local_host(local_engine), small, tmp_path / "one", state)
    other = made_on(ssh_host(remote_host), small, tmp_path / "other", state)
    assert hashes(tmp_path / "one") == hashes(tmp_path / "other")
    assert one == other
    there = [inspected(local_engine, one[0]), inspected(remote_host, other[0])]
    assert there[0]["RootFS"]["Layers"] == there[1]["RootFS"]["Layers"]
    assert there[0]["Config"] == there[1]["Config"]
    base = inspected(local_engine, local_engine.base_image)["RootFS"]["Layers"]
    assert there[0]["RootFS"]["Layers"][: len(base)] == base
    own = set(there[0]["RootFS"]["Layers"][len(base) :])
    assert own < set(hashes(tmp_path / "one").values())


def made_on(host: Host, small: SmallBundle, cache: Path, state: Path) -> tuple[str, str]:
    """The identities of the model's and the holder's image, made from nothing."""
    order = ServeOrder(
        endpoint_id=ENDPOINT,
        deployment_id=new_identifier(),
        endpoint_name="late",
        model_reference="late@v1",
        bundle=small.folder,
        manifest_hash=small.manifest_hash,
        folder=state,
        token_sha256="0" * 64,
    )
    with closing(Engine(host.name, route_to(host, state))) as engine:
        builder = Builder(engine, host.base_image, WORKSPACE, cache)
        return builder.model(order, lambda *_: None), builder.holder(lambda *_: None)


def hashes(cache: Path) -> Mapping[str, str]:
    """Of every layer that was made there, as an engine calls it."""
    return {
        file.name: f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
        for file in (cache / "images").glob("*.tar")
    }


def inspected(engine: OwnEngine, image: str) -> Mapping[str, Any]:
    with engine.client() as client:
        found: Mapping[str, Any] = client.inspect_image(image)
    return found


def forget_images(engine: OwnEngine) -> None:
    with engine.client() as client:
        for image in client.images():
            if any(tag.startswith("mlops-desktop/") for tag in image["RepoTags"] or ()):
                client.remove_image(image["Id"], force=True)
