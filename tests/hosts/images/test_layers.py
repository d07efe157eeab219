"""Layers are the same bytes for the same content, and hold nothing but regular files."""

from __future__ import annotations

import hashlib
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.images.layers import FIXED_TIME, Content, Folder, Known, read_layer, write_layer

_PARTS = st.text(st.characters(categories=("L", "N"), include_characters=" -_.$'\""), min_size=1, max_size=20).filter(
    lambda part: part not in (".", "..")
)
_PATHS = st.lists(_PARTS, min_size=1, max_size=4).map("/".join)


def _entries(file: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(file) as archive:
        return {entry.name: entry for entry in archive}


def test_the_same_content_gives_the_same_layer_whenever_and_in_whatever_order(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"1" * 5000)
    content: dict[str, Content] = {"opt/a/x": tmp_path / "one", "opt/b": b"two", "run/mlops": Folder(65532, 0o700)}
    first = write_layer(tmp_path / "first.tar", content)
    os.utime(tmp_path / "one", (1, 1))
    (tmp_path / "one").chmod(0o600)
    second = write_layer(tmp_path / "second.tar", dict(reversed(content.items())))
    assert first.diff_id == second.diff_id
    assert first.file.read_bytes() == second.file.read_bytes()
    assert read_layer(first.file) == first


def test_it_is_what_it_says(tmp_path: Path) -> None:
    layer = write_layer(tmp_path / "layer.tar", {"opt/a/x": b"12345", "run/mlops": Folder(65532, 0o700)})
    data = layer.file.read_bytes()
    assert (layer.diff_id, layer.size) == (f"sha256:{hashlib.sha256(data).hexdigest()}", len(data))
    entries = _entries(layer.file)
    assert list(entries) == ["opt", "opt/a", "opt/a/x", "run", "run/mlops"]
    assert (entries["opt"].isdir(), entries["opt"].mode, entries["opt"].uid) == (True, 0o755, 0)
    assert (entries["run/mlops"].mode, entries["run/mlops"].uid, entries["run/mlops"].gid) == (0o700, 65532, 65532)
    assert (entries["opt/a/x"].mode, entries["opt/a/x"].uid, entries["opt/a/x"].size) == (0o644, 0, 5)
    assert {entry.mtime for entry in entries.values()} == {FIXED_TIME}
    assert {(entry.uname, entry.gname) for entry in entries.values()} == {("", "")}


@given(st.dictionaries(_PATHS, st.binary(max_size=2000), max_size=6))
def test_whatever_the_names_what_goes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, bytes]
) -> None:
    files: dict[str, Content] = {
        path: data for path, data in content.items() if not any(other.startswith(f"{path}/") for other in content)
    }
    layer = write_layer(tmp_path_factory.mktemp("layers") / "layer.tar", files)
    with tarfile.open(layer.file) as archive:
        read = {entry.name: archive.extractfile(entry) for entry in archive if entry.isreg()}
        assert {name: file.read() for name, file in read.items() if file is not None} == files


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../x", "a//b", "a/", "./a", "a\0b"])
def test_a_path_that_could_lead_elsewhere_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(DeploymentError, match="cannot be a path in an image"):
        write_layer(tmp_path / "layer.tar", {path: b""})
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_a_file_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    link = tmp_path / "model.skops"
    link.symlink_to(secret)
    with pytest.raises(OSError, match="symbolic link"):
        write_layer(tmp_path / "layer.tar", {"opt/model.skops": link})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.skops", "secret"]


def test_a_pipe_in_the_place_of_a_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.skops")
    with pytest.raises(DeploymentError, match=r"model\.skops is not a regular file"):
        write_layer(tmp_path / "layer.tar", {"opt/model.skops": tmp_path / "model.skops"})


def test_a_file_that_somebody_vouched_for_must_be_that_file(tmp_path: Path) -> None:
    file = tmp_path / "model"
    file.write_bytes(b"12345")
    known = Known(file, hashlib.sha256(b"12345").hexdigest())
    layer = write_layer(tmp_path / "layer.tar", {"opt/model": known})
    assert layer.diff_id == write_layer(tmp_path / "other.tar", {"opt/model": b"12345"}).diff_id
    file.write_bytes(b"12346")
    with pytest.raises(DeploymentError, match="opt/model is not the file that it should be: model was changed"):
        write_layer(tmp_path / "third.tar", {"opt/model": known})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["layer.tar", "model", "other.tar"]


def test_who_is_told_of_the_bytes_can_end_the_writing(tmp_path: Path) -> None:
    told: list[int] = []
    content: dict[str, Content] = {"a": bytes(3_000_000), "b": bytes(5000)}
    write_layer(tmp_path / "layer.tar", content, told.append)
    assert told == sorted(told)
    assert 1_000_000 < told[-1] < 3_100_000

    def stop(_: int) -> None:
        raise InterruptedError("cancelled")

    with pytest.raises(InterruptedError):
        write_layer(tmp_path / "other.tar", content, stop)
    assert [path.name for path in tmp_path.iterdir()] == ["layer.tar"]
