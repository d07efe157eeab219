"""A finished layer is used again as long as it is whole."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from mlops_desktop.domain.errors import DiskFullError
from mlops_desktop.hosts.images.kept import kept_layer, key_of
from mlops_desktop.hosts.images.layers import Layer, read_layer, write_layer


class Making:
    """Counts how often a layer is made."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, file: Path, place: Path) -> Layer:
        self.times += 1
        (place / "needed").mkdir()
        return write_layer(file, {"opt/x": b"content" * 1000})


def test_it_is_made_once_and_nothing_else_is_left(tmp_path: Path) -> None:
    making, folder = Making(), tmp_path / "new" / "cache"
    first = kept_layer(folder, "one", making)
    assert kept_layer(folder, "one", making) == first == read_layer(folder / "one.tar")
    assert making.times == 1
    assert sorted(file.name for file in folder.iterdir()) == ["one.json", "one.tar"]


@pytest.mark.parametrize(
    ("damage", "times"),
    [
        (lambda file: file.unlink(), 2),
        (lambda file: file.write_bytes(file.read_bytes()[:-1]), 2),
        (lambda file: file.write_bytes(bytes(file.stat().st_size)), 2),
        (lambda file: file.with_suffix(".json").unlink(), 2),
        (lambda file: file.with_suffix(".json").write_text("{}"), 2),
        (lambda file: file.with_suffix(".json").write_text("[]"), 2),
        (lambda file: file.with_suffix(".json").write_text('{"diff_id": "x", "size": 20480, "written": 1}'), 2),
        (lambda file: os.utime(file, (1, 1)), 1),
    ],
    ids=["gone", "cut", "zeros", "no note", "empty note", "other note", "wrong note", "only copied"],
)
def test_what_is_damaged_is_made_anew(tmp_path: Path, damage: object, times: int) -> None:
    making = Making()
    first = kept_layer(tmp_path, "one", making)
    assert callable(damage)
    damage(first.file)
    assert kept_layer(tmp_path, "one", making) == first == read_layer(first.file)
    assert kept_layer(tmp_path, "one", making) == first
    assert making.times == times


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:

    def full(_file: Path, _place: Path) -> Layer:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")

    class CancelledError(Exception):
        pass

    def cancelled(_file: Path, _place: Path) -> Layer:
        raise CancelledError

    with pytest.raises(CancelledError):
        kept_layer(tmp_path, "one", cancelled)
    with pytest.raises(DiskFullError):
        kept_layer(tmp_path, "one", full)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_one_left_goes_after_a_day(tmp_path: Path) -> None:
    for name, age in (("old", 90_000), ("new", 60)):
        place = tmp_path / f".making-{name}"
        place.mkdir()
        (place / "half").write_bytes(b"half")
        then = os.stat(place).st_mtime - age
        os.utime(place, (then, then))
    kept_layer(tmp_path, "one", Making())
    assert sorted(file.name for file in tmp_path.iterdir()) == [".making-new", "one.json", "one.tar"]


def test_a_key_stands_for_all_that_is_in_it() -> None:
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    assert len({key_of(each) for each in ([1], [2], ["1"], [1, None])}) == 4


def test_layers_that_nobody_used_for_long_are_removed_when_one_is_made(tmp_path: Path) -> None:
    long_ago = 1_600_000_000
    for name in ("used", "unused"):
        kept_layer(tmp_path, name, Making())
        for file in tmp_path.glob(f"{name}.*"):
            os.utime(file, (long_ago, long_ago))
    kept_layer(tmp_path, "used", Making())
    kept_layer(tmp_path, "new", Making())
    assert sorted(file.stem for file in tmp_path.glob("*.tar")) == ["new", "used"]
