"""What a runtime is made of: everything that is needed there, in pinned versions, from here or from wheels."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.hosts.images.small_wheels import NATIVE, make_wheel, record_line
from tests.hosts.images.test_targets import HERE

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.images import resolving
from mlops_desktop.hosts.images.distributions import installed_distribution
from mlops_desktop.hosts.images.layers import Known, write_layer
from mlops_desktop.hosts.images.resolving import resolve
from mlops_desktop.hosts.images.targets import Target

ARM = Target((3, 11), "arm64")


def _tell_nobody(_sentence: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What pip would be asked for; it brings nothing."""
    asked: list[list[str]] = []

    def fetch(wanted: Sequence[str], _target: Target, _folder: Path, _report: object) -> None:
        asked.append(list(wanted))

    monkeypatch.setattr(resolving, "fetch_wheels", fetch)
    return asked


def _resolved(names: list[str], pins: dict[str, str], wheels: Path, target: Target = ARM) -> list[str]:
    return [str(each) for each in resolve(names, pins, target, wheels, _tell_nobody)]


def test_wheels_put_there_by_hand_are_enough(tmp_path: Path, orders: list[list[str]]) -> None:
    make_wheel(tmp_path, "top", "1.0", {}, requires=["middle>=1,<3", 'winner; sys_platform == "win32"'])
    make_wheel(tmp_path, "middle", "1.0", {})
    make_wheel(tmp_path, "middle", "2.0", {}, requires=["low[fast]"], tag=NATIVE)
    make_wheel(tmp_path, "middle", "3.0", {})
    make_wheel(tmp_path, "low", "0.1", {}, requires=["quick; extra == 'fast'", "slow; extra == 'careful'"])
    make_wheel(tmp_path, "quick", "5", {}, requires=["top"])
    assert _resolved(["top"], {"top": "1.0"}, tmp_path) == ["low 0.1", "middle 2.0", "quick 5", "top 1.0"]
    assert _resolved(["top"], {"top": "1.0", "middle": "1.0"}, tmp_path) == ["middle 1.0", "top 1.0"]
    assert orders == []


def test_an_extra_that_is_wanted_later_counts_too(tmp_path: Path, orders: list[list[str]]) -> None:
    make_wheel(tmp_path, "z", "1", {}, requires=["a[more]"])
    make_wheel(tmp_path, "a_more", "1", {})
    make_wheel(tmp_path, "a", "1", {}, requires=["z", "a-more; extra == 'more'"])
    assert _resolved(["a"], {"a": "1"}, tmp_path) == ["a 1", "a-more 1", "z 1"]


def test_what_is_not_kept_is_ordered_in_the_pinned_version_or_in_that_of_this_computer(
    tmp_path: Path, orders: list[list[str]]
) -> None:
    here = importlib.metadata.version("joblib")
    make_wheel(tmp_path, "top", "1.0", {}, requires=["joblib>=1", "pinned>2", "mlops-unknown!=3,>2"])
    with pytest.raises(
        DeploymentError, match=f"What was fetched for joblib=={here} does not run on Python 3.11 on arm"
    ):
        _resolved(["top"], {"top": "1.0", "pinned": "4.0"}, tmp_path)
    assert orders == [[f"joblib=={here}", "mlops-unknown!=3,>2", "pinned==4.0,>2"]]


def test_versions_that_do_not_fit_together_are_said(tmp_path: Path, orders: list[list[str]]) -> None:
    make_wheel(tmp_path, "top", "1.0", {}, requires=["other"])
    make_wheel(tmp_path, "other", "1.0", {}, requires=["top>=2"])
    with pytest.raises(DeploymentError, match=r"top 1\.0 does not fit .*: top and top==1\.0 and top>=2\."):
        _resolved(["top"], {"top": "1.0"}, tmp_path)
    assert orders == []


def test_a_library_from_an_address_of_its_own_is_refused(tmp_path: Path, orders: list[list[str]]) -> None:
    make_wheel(tmp_path, "top", "1.0", {}, requires=["other @ https://evil.example/other.whl"])
    with pytest.raises(DeploymentError, match="wants other from an address of its own"):
        _resolved(["top"], {"top": "1.0"}, tmp_path)
    assert orders == []


def test_what_is_here_to_the_letter_is_taken_from_here(tmp_path: Path, orders: list[list[str]]) -> None:
    pins = {"skops": importlib.metadata.version("skops")}
    found = resolve(["skops"], pins, HERE, tmp_path, _tell_nobody)
    names = {each.name for each in found}
    assert {"numpy", "scikit-learn", "scipy", "joblib", "packaging"} <= names
    assert not {"prettytable", "wcwidth"} & names, "serving does not import it"
    assert not any(each.is_wheel for each in found)
    assert orders == []


@pytest.mark.parametrize("pins", [{"threadpoolctl": "0.1"}, {"mlops-unknown": "1.0"}])
def test_another_version_than_here_is_ordered(tmp_path: Path, orders: list[list[str]], pins: dict[str, str]) -> None:
    with pytest.raises(DeploymentError, match="What was fetched"):
        _resolved(list(pins), pins, tmp_path, HERE)
    assert orders == [[f"{name}=={version}" for name, version in pins.items()]]


def _install(folder: Path, *, tag: str = "py3-none-any", record: bool = True, direct_url: str = "") -> None:
    """As pip would install it: with a command elsewhere and compiled files that have no hash."""
    (folder / "demo_mlops.py").write_bytes(b"x = 1\n")
    info = folder / "demo_mlops-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: demo-mlops\nVersion: 1.0\n")
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tag}\n")
    lines = [
        record_line("demo_mlops.py", b"x = 1\n"),
        record_line("demo_mlops-1.0.dist-info/METADATA", (info / "METADATA").read_bytes()),
        "demo_mlops-1.0.dist-info/RECORD,,",
        "__pycache__/demo_mlops.cpython-311.pyc,,",
        record_line("../../../bin/demo", b"#!"),
    ]
    if record:
        (info / "RECORD").write_text("\n".join(lines))
    if direct_url:
        (info / "direct_url.json").write_text(direct_url)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    importlib.invalidate_caches()
    return folder


def test_an_installed_library_is_its_listed_files(site: Path) -> None:
    _install(site)
    found = installed_distribution("demo-mlops", HERE)
    assert found is not None
    assert sorted(found.files) == ["demo_mlops-1.0.dist-info/METADATA", "demo_mlops.py"]
    assert found.source == site


def test_an_installed_file_that_somebody_changed_goes_into_no_layer(site: Path, tmp_path: Path) -> None:
    _install(site)
    (site / "demo_mlops.py").write_bytes(b"x = 2\n")
    found = installed_distribution("demo-mlops", HERE)
    assert found is not None
    content = {place: Known(found.source / entry.origin, entry.sha256) for place, entry in found.files.items()}
    with pytest.raises(DeploymentError, match=r"demo_mlops\.py is not the file that it should be"):
        write_layer(tmp_path / "layer.tar", content)


@pytest.mark.parametrize(
    ("tag", "record", "direct_url"),
    [
        ("py3-none-any", False, ""),
        ("cp311-cp311-linux_x86_64", True, ""),
        ("py3-none-any", True, '{"url": "file:///src", "dir_info": {"editable": true}}'),
        ("py3-none-any", True, "no json"),
    ],
    ids=["no list", "built on this computer", "code lies in a checkout", "unreadable origin"],
)
def test_what_would_not_run_elsewhere_is_not_taken_from_here(
    site: Path, tag: str, record: bool, direct_url: str
) -> None:
    _install(site, tag=tag, record=record, direct_url=direct_url)
    assert installed_distribution("demo-mlops", HERE) is None


def test_what_came_from_a_wheel_of_a_folder_is_taken(site: Path) -> None:
    _install(site, direct_url='{"url": "file:///demo.whl", "archive_info": {}}')
    assert installed_distribution("demo-mlops", HERE) is not None
