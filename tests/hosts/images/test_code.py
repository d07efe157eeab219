"""The layers of our own code hold it and the bundle's named files, and nothing else (K-15)."""

from __future__ import annotations

import os
import sys
import tarfile
from pathlib import Path

import pytest
from tests.hosts.images.test_runtime import content_of
from tests.serving.small_bundle import SmallBundle, make_bundle

import mlops_desktop
from mlops_desktop.domain.errors import DamagedBundleError, DeploymentError
from mlops_desktop.hosts.images import code
from mlops_desktop.hosts.images.code import model_layer, serving_layer
from mlops_desktop.hosts.images.targets import Target
from mlops_desktop.serving.bundle import MANIFEST

HERE = Target(sys.version_info[:2], "amd64")
NEWER = Target((3, sys.version_info[1] + 1), "amd64")
ROOM = Path(mlops_desktop.__file__).parent / "serving"


@pytest.fixture
def bundle(tmp_path: Path) -> SmallBundle:
    return make_bundle(tmp_path / "bundle")


def test_a_holders_layer_is_the_serving_room_and_the_shared_folder(tmp_path: Path) -> None:
    layer = serving_layer(NEWER, tmp_path)
    content = content_of(layer)
    ours = {f"serving/{file.name}": file for file in ROOM.glob("*.py")} | {"__init__.py": ROOM.parent / "__init__.py"}
    assert content == {f"opt/mlops/code/mlops_desktop/{name}": file.read_bytes() for name, file in ours.items()}
    with tarfile.open(layer.file) as archive:
        shared = archive.getmember("run/mlops")
        assert (shared.isdir(), shared.mode, shared.uid, shared.gid) == (True, 0o700, 65532, 65532)
        assert {(entry.uid, entry.mode & 0o022) for entry in archive if entry is not shared and entry.isreg()} == {
            (0, 0)
        }


def test_for_this_python_each_module_is_compiled(tmp_path: Path) -> None:
    content = content_of(serving_layer(HERE, tmp_path))
    compiled = [name for name in content if name.endswith(".pyc")]
    assert len(compiled) * 2 == len(content)
    assert all(int.from_bytes(content[name][4:8], "little") == 0b01 for name in compiled)


def test_a_models_layer_is_its_named_files_and_the_serving_room(tmp_path: Path, bundle: SmallBundle) -> None:
    content = content_of(model_layer(bundle.folder, bundle.manifest_hash, HERE, tmp_path / "cache"))
    mine = {name.removeprefix("opt/mlops/bundle/"): data for name, data in content.items() if "/bundle/" in name}
    assert mine == {path.name: path.read_bytes() for path in bundle.folder.iterdir()}
    assert {"model.skops", MANIFEST} <= set(mine)
    rest = {name: data for name, data in content.items() if not name.startswith("opt/mlops/bundle/")}
    assert rest == content_of(serving_layer(HERE, tmp_path / "cache"))


def test_the_same_model_is_the_same_layer_and_another_another(tmp_path: Path, bundle: SmallBundle) -> None:
    first = model_layer(bundle.folder, bundle.manifest_hash, HERE, tmp_path / "one")
    assert model_layer(bundle.folder, bundle.manifest_hash, HERE, tmp_path / "one") == first
    again = model_layer(bundle.folder, bundle.manifest_hash, HERE, tmp_path / "two")
    assert again.diff_id == first.diff_id
    assert again.file.read_bytes() == first.file.read_bytes()
    other = make_bundle(tmp_path / "other", 0.01)
    assert model_layer(other.folder, other.manifest_hash, HERE, tmp_path / "one").diff_id != first.diff_id


@pytest.mark.parametrize("name", [".env", "id_rsa", ".git/config", "code/__pycache__/x.pyc"])
def test_a_file_that_the_manifest_does_not_name_goes_into_no_image(
    tmp_path: Path, bundle: SmallBundle, name: str
) -> None:
    (bundle.folder / name).parent.mkdir(parents=True, exist_ok=True)
    (bundle.folder / name).write_text("canary")
    with pytest.raises(DamagedBundleError, match=f"not in the manifest: {name}"):
        model_layer(bundle.folder, bundle.manifest_hash, HERE, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("model-*"))


def test_a_link_in_the_place_of_a_file_goes_into_no_image(tmp_path: Path, bundle: SmallBundle) -> None:
    (tmp_path / "secret").write_bytes((bundle.folder / "recipe.json").read_bytes())
    (bundle.folder / "recipe.json").unlink()
    (bundle.folder / "recipe.json").symlink_to(tmp_path / "secret")
    with pytest.raises(DamagedBundleError, match=r"recipe\.json is a link"):
        model_layer(bundle.folder, bundle.manifest_hash, HERE, tmp_path / "cache")


def test_a_damaged_or_another_bundle_goes_into_no_image(tmp_path: Path, bundle: SmallBundle) -> None:
    with pytest.raises(DamagedBundleError, match="the manifest is another one"):
        model_layer(bundle.folder, "0" * 64, HERE, tmp_path / "cache")
    data = bytearray((bundle.folder / "model.skops").read_bytes())
    data[100] ^= 1
    (bundle.folder / "model.skops").write_bytes(data)
    with pytest.raises(DamagedBundleError, match=r"changed: model\.skops"):
        model_layer(bundle.folder, bundle.manifest_hash, HERE, tmp_path / "cache")


def test_a_file_that_changes_after_it_was_looked_at_goes_into_no_image(
    tmp_path: Path, bundle: SmallBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check_and_lose(folder: Path, _: str) -> None:
        (folder / "recipe.json").write_text("{}")

    monkeypatch.setattr(code, "check", check_and_lose)
    with pytest.raises(DeploymentError, match=r"bundle/recipe\.json is not the file that it should be"):
        model_layer(bundle.folder, bundle.manifest_hash, HERE, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("model-*"))


def test_a_kept_layer_of_our_code_that_was_changed_goes_into_no_model(tmp_path: Path, bundle: SmallBundle) -> None:
    serving = serving_layer(HERE, tmp_path / "cache")
    state, data = serving.file.stat(), bytearray(serving.file.read_bytes())
    data[1000] ^= 1
    serving.file.write_bytes(data)
    os.utime(serving.file, ns=(state.st_atime_ns, state.st_mtime_ns))
    layer = model_layer(bundle.folder, bundle.manifest_hash, HERE, tmp_path / "cache")
    assert layer.diff_id == model_layer(bundle.folder, bundle.manifest_hash, HERE, tmp_path / "new").diff_id
