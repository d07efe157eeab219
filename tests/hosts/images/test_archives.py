"""What is sent to an engine is the configuration and the missing layers, and its identity is known before."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from mlops_desktop.hosts.images.archives import BaseImage, Settings, archive, archive_size, compose
from mlops_desktop.hosts.images.layers import Layer, write_layer

BASE = BaseImage("sha256:" + "b" * 64, ("sha256:" + "1" * 64,), "amd64", "linux", ("PATH=/usr/bin",))
SETTINGS = Settings(
    command=("python3", "-m", "server"),
    user="65532:65532",
    environment={"PYTHONPATH": "/opt/lib", "HOME": "/tmp"},  # noqa: S108
    labels={"version": "flight-late@v3", "name": '"; rm -rf $(x)\n'},
)


@pytest.fixture
def layers(tmp_path: Path) -> tuple[Layer, Layer]:
    return (
        write_layer(tmp_path / "runtime.tar", {"opt/lib/numpy.py": b"n" * 3000}),
        write_layer(tmp_path / "model.tar", {"opt/bundle/model": b"m"}),
    )


def _members(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as opened:
        return {entry.name: (opened.extractfile(entry) or io.BytesIO()).read() for entry in opened}


def test_the_same_inputs_give_the_same_image_and_another_label_another(layers: tuple[Layer, Layer]) -> None:
    image = compose(BASE, layers, SETTINGS)
    assert compose(BASE, layers, SETTINGS) == image
    assert image.id == f"sha256:{hashlib.sha256(image.configuration).hexdigest()}"
    other = Settings(SETTINGS.command, SETTINGS.user, SETTINGS.environment, {"version": "flight-late@v4"})
    assert compose(BASE, layers, other).id != image.id


def test_the_configuration_says_all_that_an_engine_needs(layers: tuple[Layer, Layer]) -> None:
    content = json.loads(compose(BASE, layers, SETTINGS).configuration)
    assert content["rootfs"]["diff_ids"] == [*BASE.diff_ids, *(layer.diff_id for layer in layers)]
    assert content["config"]["Env"] == ["PATH=/usr/bin", "HOME=/tmp", "PYTHONPATH=/opt/lib"]
    assert content["config"]["User"] == "65532:65532"
    assert content["config"]["Labels"]["name"] == '"; rm -rf $(x)\n', "a label is a value, never a line of a file"
    assert (content["architecture"], content["os"]) == ("amd64", "linux")


def test_only_what_is_missing_is_sent_and_its_size_is_known_before(layers: tuple[Layer, Layer]) -> None:
    image = compose(BASE, layers, SETTINGS)
    data = b"".join(archive(image, "mlops/x:1", layers[1:]))
    assert len(data) == archive_size(image, "mlops/x:1", layers[1:])
    members = _members(data)
    place = f"{layers[1].diff_id.removeprefix('sha256:')}/layer.tar"
    assert sorted(members) == sorted(["manifest.json", f"{image.id.removeprefix('sha256:')}.json", place])
    assert members[place] == layers[1].file.read_bytes()
    manifest = json.loads(members["manifest.json"])[0]
    assert manifest["RepoTags"] == ["mlops/x:1"]
    assert len(manifest["Layers"]) == len(image.diff_ids)
    assert members[manifest["Config"]] == image.configuration


def test_a_layer_that_changed_meanwhile_is_not_sent_as_another(layers: tuple[Layer, Layer]) -> None:
    image = compose(BASE, layers, SETTINGS)
    layers[1].file.write_bytes(b"short")
    with pytest.raises(OSError, match=r"model\.tar is not what it was"):
        list(archive(image, "mlops/x:1", layers))
    assert not layers[1].file.exists(), "it is made anew at the next try"


def test_a_changed_layer_of_the_same_length_never_makes_a_whole_archive(layers: tuple[Layer, Layer]) -> None:
    image = compose(BASE, layers, SETTINGS)
    data = bytearray(layers[1].file.read_bytes())
    data[-1] ^= 1
    layers[1].file.write_bytes(data)
    pieces = archive(image, "mlops/x:1", layers)
    sent: list[int] = []
    with pytest.raises(OSError, match="is not what it was"):
        sent.extend(len(piece) for piece in pieces)
    assert sum(sent) < archive_size(image, "mlops/x:1", layers)
