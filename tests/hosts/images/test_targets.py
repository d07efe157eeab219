"""A target is said in the words of engines, of wheels and of markers."""

from __future__ import annotations

import platform
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.images.targets import Target, rank_of_tags

HERE = Target(sys.version_info[:2], {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()])


@pytest.mark.parametrize(
    ("target", "wheel", "fits"),
    [
        (Target((3, 12), "arm64"), "x-1-cp312-cp312-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl", True),
        (Target((3, 12), "arm64"), "x-1-cp312-cp312-manylinux2014_aarch64.whl", True),
        (Target((3, 12), "arm64"), "x-1-cp39-abi3-manylinux_2_17_aarch64.whl", True),
        (Target((3, 12), "arm64"), "x-1-py3-none-any.whl", True),
        (Target((3, 12), "arm64"), "x-1-cp312-cp312-manylinux_2_28_x86_64.whl", False),
        (Target((3, 12), "arm64"), "x-1-cp311-cp311-manylinux_2_28_aarch64.whl", False),
        (Target((3, 12), "arm64"), "x-1-cp312-cp312t-manylinux_2_28_aarch64.whl", False),
        (Target((3, 12), "arm64"), "x-1-cp312-cp312-manylinux_2_39_aarch64.whl", False),
        (Target((3, 12), "arm64"), "x-1-cp312-cp312-musllinux_1_2_aarch64.whl", False),
        (Target((3, 12), "arm64"), "x-1-cp312-cp312-linux_aarch64.whl", False),
        (Target((3, 11), "amd64", "musl"), "x-1-cp311-cp311-musllinux_1_2_x86_64.whl", True),
        (Target((3, 11), "amd64", "musl"), "x-1-cp311-cp311-manylinux_2_17_x86_64.whl", False),
        (Target((3, 11), "amd64"), "x-1-cp311-cp311-win_amd64.whl", False),
        (Target((3, 11), "amd64"), "x-1-cp311-cp311-macosx_11_0_x86_64.whl", False),
    ],
)
def test_a_wheel_fits_by_its_tags(target: Target, wheel: str, fits: bool) -> None:
    tags = parse_wheel_filename(wheel)[3]
    assert any(tag in rank_of_tags(target) for tag in tags) is fits


def test_a_newer_library_is_a_better_fit_than_one_for_everybody() -> None:
    ranks = rank_of_tags(Target((3, 11), "amd64"))
    names = ("manylinux_2_28_x86_64", "manylinux2014_x86_64")
    newest, older = (
        min(ranks[tag] for tag in parse_wheel_filename(f"x-1-cp311-cp311-{name}.whl")[3]) for name in names
    )
    anybody = min(ranks[tag] for tag in parse_wheel_filename("x-1-py3-none-any.whl")[3])
    assert newest < older < anybody


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("x", True),
        ('x; python_version < "3.13"', True),
        ('x; python_version < "3.12"', False),
        ('x; python_full_version >= "3.12.0"', True),
        ('x; sys_platform == "win32"', False),
        ('x; sys_platform == "linux" and platform_machine == "aarch64"', True),
        ('x; platform_machine == "x86_64"', False),
        ('x; implementation_name == "pypy"', False),
        ('x; extra == "fast"', True),
        ('x; extra == "other"', False),
        ('x; extra == "fast" and python_version < "3.12"', False),
    ],
)
def test_a_marker_is_asked_for_the_target_and_not_for_this_computer(line: str, needed: bool) -> None:
    assert Target((3, 12), "arm64").needs(Requirement(line), frozenset({"fast"})) is needed


def test_this_computer_is_the_one_that_it_is() -> None:
    assert HERE.is_running
    assert not Target((3, sys.version_info[1] + 1), HERE.architecture).is_running
    other = Target(HERE.python, "arm64" if HERE.architecture == "amd64" else "amd64")
    assert (other.is_running, other.compiles) == (False, True)
    assert not Target(HERE.python, HERE.architecture, "musl").is_running


@pytest.mark.parametrize(
    ("python", "architecture", "libc", "says"),
    [
        ((3, 11), "s390x", "glibc", "the processor 's390x'"),
        ((3, 11), "x86_64", "glibc", "the processor 'x86_64'"),
        ((3, 10), "amd64", "glibc", r"Python 3\.10 on amd64"),
        ((3, 11), "amd64", "bionic", r"\(bionic\)"),
    ],
)
def test_where_nothing_can_run_is_said(python: tuple[int, int], architecture: str, libc: str, says: str) -> None:
    with pytest.raises(DeploymentError, match=says) as caught:
        Target(python, architecture, libc)
    assert caught.value.hint
