"""Of a wheel come its listed files, each as listed; whatever else a wheel may try is refused."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.hosts.images.small_wheels import NATIVE, make_wheel

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.images.distributions import read_record
from mlops_desktop.hosts.images.layers import write_layer
from mlops_desktop.hosts.images.targets import Target
from mlops_desktop.hosts.images.wheels import fitting_wheels, keep_wheel, read_wheel, take_out

ARM = Target((3, 11), "arm64")


def _nothing(_: int) -> None:
    pass


def test_the_needed_files_come_out_as_they_are(tmp_path: Path) -> None:
    files = {
        "demo/__init__.py": b"x = 1\n",
        "demo/fast.so": b"\x7fELF",
        "demo/fast.pyx": b"c",
        "demo/include/fast.h": b"h",
        "demo/tests/__init__.py": b"",
        "demo/tests/test_demo.py": b"t",
        "demo/tests.py": b"not a folder of tests",
        "demo/__init__.pyi": b"i",
        "demo/data/table.npz": b"n",
        "demo-1.0.dist-info/licenses/LICENSE.md": b"l",
        "demo-1.0.dist-info/entry_points.txt": b"e",
        "demo-1.0.data/purelib/beside.py": b"b",
        "demo-1.0.data/scripts/demo": b"#!python",
        "demo-1.0.data/headers/demo.h": b"h",
    }
    wheel = read_wheel(make_wheel(tmp_path, "demo", "1.0", files, requires=["other>=2; extra == 'x'"]))
    assert (wheel.name, wheel.version, [str(each) for each in wheel.requires]) == (
        "demo",
        "1.0",
        ['other>=2; extra == "x"'],
    )
    told: list[int] = []
    taken = take_out(wheel, tmp_path / "out", told.append)
    assert sorted(taken) == [
        "beside.py",
        "demo-1.0.dist-info/METADATA",
        "demo-1.0.dist-info/licenses/LICENSE.md",
        "demo/__init__.py",
        "demo/data/table.npz",
        "demo/fast.so",
        "demo/tests.py",
    ]
    assert taken["demo/fast.so"].file.read_bytes() == b"\x7fELF"
    assert taken["demo/fast.so"].sha256 == hashlib.sha256(b"\x7fELF").hexdigest()
    assert sum(told) == sum(each.file.stat().st_size for each in taken.values())


def test_a_file_that_is_not_what_the_list_says_goes_into_no_layer(tmp_path: Path) -> None:
    wheel = read_wheel(make_wheel(tmp_path, "demo", "1.0", {"demo.py": b"evil"}, lies=["demo.py"]))
    taken = take_out(wheel, tmp_path / "out", _nothing)
    with pytest.raises(DeploymentError, match=r"demo\.py is not the file that it should be"):
        write_layer(tmp_path / "layer.tar", taken)
    assert not (tmp_path / "layer.tar").exists()


def test_a_file_that_the_list_does_not_name_is_refused(tmp_path: Path) -> None:
    file = make_wheel(tmp_path, "demo", "1.0", {"demo.py": b""}, unlisted={"numpy.py": b"evil"})
    with pytest.raises(DeploymentError, match=r"does not name, or twice: numpy\.py"):
        read_wheel(file)


def test_a_file_of_the_list_that_is_not_there_is_missed(tmp_path: Path) -> None:
    file = make_wheel(tmp_path, "demo", "1.0", {"demo.py": b"", "gone.py": b""})
    content = {}
    with zipfile.ZipFile(file) as archive:
        content = {name: archive.read(name) for name in archive.namelist() if name != "gone.py"}
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    with pytest.raises(DeploymentError, match=r"lacks a file of its own list: gone\.py"):
        read_wheel(file)


def _member(name: str, mode: int = stat.S_IFREG | 0o644) -> Callable[[zipfile.ZipFile], None]:
    def add(archive: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, b"/etc/passwd")

    return add


@pytest.mark.parametrize(
    "name",
    [
        "../evil.py",
        "/etc/evil.py",
        "demo/../../evil.py",
        "demo//evil.py",
        "./evil.py",
        "C:\\evil.py",
        "a\\..\\b",
        "e\nvil",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    file = make_wheel(tmp_path, "demo", "1.0", {"demo.py": b""})
    with zipfile.ZipFile(file, "a") as archive:
        _member(name)(archive)
    with pytest.raises(DeploymentError, match="no name that a file of a library may have"):
        read_wheel(file)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK, stat.S_IFDIR])
def test_what_is_no_regular_file_is_refused(tmp_path: Path, kind: int) -> None:
    file = make_wheel(tmp_path, "demo", "1.0", {"demo.py": b""})
    with zipfile.ZipFile(file, "a") as archive:
        _member("demo/link.py", kind | 0o777)(archive)
    with pytest.raises(DeploymentError, match="'demo/link.py' is no regular file"):
        read_wheel(file)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    file = make_wheel(tmp_path, "demo", "1.0", {"demo.py": b""})
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("demo.py", b"evil")
    with pytest.raises(DeploymentError, match="is in it twice"):
        read_wheel(file)


def test_a_bomb_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    file = make_wheel(tmp_path, "demo", "1.0", {"demo/zeros.bin": bytes(32 * 1024**2)})
    assert file.stat().st_size < 100_000
    with pytest.raises(DeploymentError, match="too many for a library"):
        read_wheel(file)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    file = make_wheel(tmp_path, "demo", "1.0", {f"demo/{number}.txt": b"" for number in range(20_001)})
    with pytest.raises(DeploymentError, match="20004 files of"):
        read_wheel(file)


@pytest.mark.parametrize("cut", [10, 0])
def test_a_torn_wheel_is_named_with_what_to_do(tmp_path: Path, cut: int) -> None:
    file = make_wheel(tmp_path, "demo", "1.0", {"demo.py": b"x"})
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(DeploymentError, match="cannot be read as a wheel") as caught:
        read_wheel(file)
    assert str(file) in (caught.value.hint or "")


def test_a_wheel_under_another_name_is_refused(tmp_path: Path) -> None:
    file = make_wheel(tmp_path, "demo", "1.0", {"demo.py": b""})
    other = file.rename(tmp_path / "numpy-2.0-py3-none-any.whl")
    with pytest.raises(DeploymentError, match="holds another library: demo"):
        read_wheel(other)


def test_a_list_without_a_sha256_is_no_list(tmp_path: Path) -> None:
    file = make_wheel(tmp_path, "demo", "1.0", {})
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("weak.py", b"")
    content = {}
    with zipfile.ZipFile(file) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["demo-1.0.dist-info/RECORD"] += b"weak.py,md5=1B2M2Y8AsgTpgAmY7PhCfg,0\n"
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    with pytest.raises(DeploymentError, match=r"weak\.py is listed without its sha256"):
        read_wheel(file)


def test_kept_wheels_are_found_by_hash_or_put_there_by_hand_the_newest_first(tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    make_wheel(folder, "demo", "1.0", {"demo.py": b""})
    keep_wheel(make_wheel(tmp_path, "demo", "1.10", {"demo.py": b"any"}), folder)
    keep_wheel(make_wheel(tmp_path, "demo", "1.10", {"demo.py": b"arm"}, tag=NATIVE), folder)
    make_wheel(folder, "demo", "2.0", {"demo.py": b""}, tag="cp312-cp312-win_amd64")
    (folder / "no wheel at all.whl").write_bytes(b"")
    found = fitting_wheels(folder, ARM)["demo"]
    assert [(str(wheel.version), wheel.file.name.endswith("aarch64.whl")) for wheel in found] == [
        ("1.10", True),
        ("1.10", False),
        ("1.0", False),
    ]
    assert found[0].file.parent.name == hashlib.sha256(found[0].file.read_bytes()).hexdigest()


def test_a_kept_wheel_that_changed_is_thrown_away(tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    keep_wheel(make_wheel(tmp_path, "demo", "1.0", {"demo.py": b"right"}), folder)
    (kept,) = folder.glob("*/*.whl")
    make_wheel(tmp_path, "demo", "1.0", {"demo.py": b"wrong"}).replace(kept)
    with pytest.raises(DeploymentError, match="has changed since; it was thrown away"):
        take_out(read_wheel(kept), tmp_path / "out", _nothing)
    assert not kept.exists()


@pytest.mark.parametrize(
    ("version", "requires", "says"),
    [
        ("1.0", ["other >>> 2"], "does not say in a readable way what it needs"),
        ("1.0", ["other; os.system('id')"], "does not say in a readable way what it needs"),
        ("one", [], "does not say its version"),
    ],
)
def test_what_a_wheel_says_of_itself_must_be_readable(
    tmp_path: Path, version: str, requires: list[str], says: str
) -> None:
    file = make_wheel(tmp_path, "demo", version, {}, requires=requires).rename(tmp_path / "demo-1.0-py3-none-any.whl")
    with pytest.raises(DeploymentError, match=says):
        read_wheel(file)


def test_what_is_encrypted_is_refused(tmp_path: Path) -> None:
    file = make_wheel(tmp_path, "demo", "1.0", {"demo.py": b"x"})
    data = bytearray(file.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(data)
    with pytest.raises(DeploymentError, match="'demo.py' is encrypted or compressed in an unknown way"):
        read_wheel(file)


def test_a_list_that_is_far_too_long_is_refused() -> None:
    with pytest.raises(DeploymentError, match="demo has more than 20000 files"):
        read_record("x,sha256=0,1\n" * 20_001, "demo")
