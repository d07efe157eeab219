"""A bundle is what its manifest says, or it is refused; the zip form is unpacked only where nothing can go wrong."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import struct
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_desktop.serving import bundle
from mlops_desktop.serving.bundle import BundleError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "one"
    (made / "code" / "inner").mkdir(parents=True)
    (made / "MLmodel").write_text("{}")
    (made / "code" / "inner" / "a.py").write_text("a = 1\n")
    (made / "zeros").write_bytes(bytes(40 * 1024 * 1024))
    bundle.write_manifest(made)
    return made


def zipped(target: Path, members: list[tuple[zipfile.ZipInfo | str, bytes]]) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of names that are there twice
        for info, content in members:
            archive.writestr(info, content)
    return target


def test_manifest_names_every_file_and_its_hash_is_the_identity(folder: Path) -> None:
    content = (folder / "manifest.json").read_bytes()
    assert bundle.check(folder) == hashlib.sha256(content).hexdigest()
    assert set(bundle.manifest_files(folder)) == {"MLmodel", "code/inner/a.py", "zeros"}
    first = bundle.write_manifest(folder)
    assert bundle.write_manifest(folder) == first
    assert bundle.check(folder, first) == first
    with pytest.raises(BundleError, match="the manifest is another one"):
        bundle.check(folder, "0" * 64)


def test_every_wrong_file_is_listed(folder: Path) -> None:
    (folder / "MLmodel").write_text("[]")
    (folder / "code" / "inner" / "a.py").unlink()
    (folder / "code" / "extra.py").write_text("")
    with pytest.raises(BundleError) as caught:
        bundle.check(folder)
    for sentence in ("changed: MLmodel", "missing: code/inner/a.py", "not in the manifest: code/extra.py"):
        assert sentence in str(caught.value)


def test_compiled_files_are_passed_over_only_on_request_and_only_beside_the_code(folder: Path) -> None:
    (folder / "code" / "inner" / "__pycache__").mkdir()
    (folder / "code" / "inner" / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"")
    assert bundle.check(folder, compiled=True)
    with pytest.raises(BundleError, match="not in the manifest"):
        bundle.check(folder)
    for name in ("code/inner/__pycache__/a.py", "__pycache__/a.pyc"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"")
        with pytest.raises(BundleError, match="not in the manifest"):
            bundle.check(folder, compiled=True)
        (folder / name).unlink()


def test_very_many_wrong_files_are_not_all_listed(folder: Path) -> None:
    for number in range(60):
        (folder / f"extra{number}").write_text("")
    with pytest.raises(BundleError, match="and 40 more"):
        bundle.check(folder)


@pytest.mark.parametrize("place", [0, -1])
def test_one_changed_byte_is_found(folder: Path, place: int) -> None:
    content = bytearray((folder / "zeros").read_bytes())
    content[place] ^= 1
    (folder / "zeros").write_bytes(content)
    with pytest.raises(BundleError, match="changed: zeros"):
        bundle.check(folder)


def test_links_and_special_files_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("{}")
    for make in (
        lambda path: path.symlink_to(tmp_path / "other"),
        lambda path: path.symlink_to(tmp_path, target_is_directory=True),
        os.mkfifo,
    ):
        make(folder / "odd")
        with pytest.raises(BundleError, match="odd is a link or a special file"):
            bundle.check(folder)
        (folder / "odd").unlink()
    (folder / "MLmodel").unlink()
    (folder / "MLmodel").symlink_to(tmp_path / "other")
    with pytest.raises(BundleError, match="link"):
        bundle.check(folder)
    (tmp_path / "door").symlink_to(folder, target_is_directory=True)
    with pytest.raises(BundleError, match="no bundle folder"):
        bundle.check(tmp_path / "door")
    with pytest.raises(BundleError, match="no bundle folder"):
        bundle.check(tmp_path / "gone")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"[]", "does not list files"),
        (b'{"format":1,"files":[]}', "does not list files"),
        (b'{"format":2,"files":{}}', "format 2"),
        (b'{"files":{}}', "format None"),
        (b'{"format":1,"files":{"../a":{}}}', "no name"),
        (b'{"format":1,"files":{"MLmodel":{},"mlmodel":{}}}', "one file on some systems"),
        (b'{"format":1,"files":{"MLmodel":7}}', "changed: MLmodel"),
    ],
)
def test_damaged_manifest_is_refused(folder: Path, content: bytes, sentence: str) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(BundleError) as caught:
        bundle.check(folder)
    assert sentence in str(caught.value)


def test_folder_without_manifest_or_with_a_monstrous_one_is_refused(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b" " * (17 * 1024 * 1024))
    with pytest.raises(BundleError, match="larger than any"):
        bundle.check(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(BundleError, match=r"no manifest\.json"):
        bundle.check(folder)


def test_packing_is_deterministic_and_unpacking_gives_the_same_bundle(folder: Path, tmp_path: Path) -> None:
    bundle.pack(folder, tmp_path / "a.zip")
    os.utime(folder / "MLmodel", (1, 1))
    bundle.pack(folder, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert bundle.unpack(tmp_path / "a.zip", tmp_path / "back") == bundle.check(folder)
    assert bundle.check(tmp_path / "back") == bundle.check(folder)
    assert not list(tmp_path.glob(".*.part"))


def test_packing_a_damaged_bundle_is_refused_and_writes_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "MLmodel").write_text("changed")
    with pytest.raises(BundleError):
        bundle.pack(folder, tmp_path / "a.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one"]


HOSTILE = [
    "../outside",
    "a/../../outside",
    "/outside",
    "//outside",
    "C:\\outside",
    "C:/outside",
    "a\\..\\outside",
    "a//b",
    "./a",
    "a/.",
    "",
    "a\nb",
    "a" * 300,
    "/".join("a" * 25),
    "nul:",
    "a ",
    "a.",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_09_hostile_member_name_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", [("MLmodel", b"{}"), (zipfile.ZipInfo(name), b"x")])
    with pytest.raises(BundleError):
        bundle.unpack(source, tmp_path / "in" / "here")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.zip"]


def member(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.create_system = 3
    return info


@pytest.mark.parametrize(
    ("info", "sentence"),
    [
        (member("a", stat.S_IFLNK | 0o777), "no regular file"),
        (member("a", stat.S_IFCHR | 0o666), "no regular file"),
        (member("a", stat.S_IFIFO | 0o666), "no regular file"),
        (member("a/", stat.S_IFDIR | 0o755), "no regular file"),
        (member("a", stat.S_IFREG | stat.S_ISUID | 0o755), "special rights"),
        (member("mlmodel", stat.S_IFREG | 0o644), "one file on some systems"),
        (member("MLmodel", stat.S_IFREG | 0o644), "one file on some systems"),
    ],
)
def test_a_09_odd_member_is_refused_by_name(info: zipfile.ZipInfo, sentence: str, tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", [("MLmodel", b"{}"), (info, b"/etc/passwd")])
    with pytest.raises(BundleError, match=sentence):
        bundle.unpack(source, tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_a_09_bombs_stop_at_the_caps(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "a.zip", [("MLmodel", bytes(64 * 1024 * 1024))])
    with pytest.raises(BundleError, match="no bundle shrinks that far"):
        bundle.unpack(bomb, tmp_path / "here")
    plain = zipped(tmp_path / "b.zip", [("MLmodel", os.urandom(5000))])
    with pytest.raises(BundleError, match="at most 4000"):
        bundle.unpack(plain, tmp_path / "here", largest=4000)
    many = zipped(tmp_path / "c.zip", [(f"f{number}", b"") for number in range(10_001)])
    with pytest.raises(BundleError, match="has 10001 members"):
        bundle.unpack(many, tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_a_09_a_list_of_a_million_members_is_refused_before_it_is_read(tmp_path: Path) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    listed = entry * 1_000_000
    large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1_000_000, 1_000_000, len(listed), 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(listed), 1)
    for members, size in ((0xFFFF, 0xFFFFFFFF), (1, 47)):  # as it is written, and as a liar writes it
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, members, members, size, 0, 0)
        source = tmp_path / f"{members}.zip"
        source.write_bytes(listed + large + locator + end)
        tracemalloc.start()
        try:
            with pytest.raises(BundleError, match=r"members in \d+ bytes"):
                bundle.unpack(source, tmp_path / "here")
            assert tracemalloc.get_traced_memory()[1] < 4 << 20
        finally:
            tracemalloc.stop()
    assert not (tmp_path / "here").exists()


def test_a_09_member_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", [("MLmodel", bytes(1024 * 1024))])
    content = bytearray(source.read_bytes())
    central = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, central + 24, 10)
    source.write_bytes(content)
    with pytest.raises(BundleError):
        bundle.unpack(source, tmp_path / "here")
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize(("place", "value"), [(6, 0x1), (8, 12), (8, 99)])
def test_encrypted_or_oddly_compressed_member_is_refused(place: int, value: int, tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", [("MLmodel", b"{}")])
    content = bytearray(source.read_bytes())
    for start, shift in ((0, 0), (content.rindex(b"PK\x01\x02"), 2)):
        struct.pack_into("<H", content, start + place + shift, value)
    source.write_bytes(content)
    with pytest.raises(BundleError):
        bundle.unpack(source, tmp_path / "here")


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", b"\x80\x04\x95pickle"])
def test_file_that_is_no_zip_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(BundleError, match="cannot be unpacked"):
        bundle.unpack(tmp_path / "a.zip", tmp_path / "here")
    with pytest.raises(BundleError, match="cannot be unpacked"):
        bundle.unpack(tmp_path / "gone.zip", tmp_path / "here")


def test_zip_whose_content_is_not_its_manifests_is_refused_and_taken_away(folder: Path, tmp_path: Path) -> None:
    bundle.pack(folder, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
        archive.writestr("extra", b"")
    with pytest.raises(BundleError, match="not in the manifest: extra"):
        bundle.unpack(tmp_path / "a.zip", tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_nothing_is_unpacked_over_something(folder: Path, tmp_path: Path) -> None:
    bundle.pack(folder, tmp_path / "a.zip")
    with pytest.raises(BundleError, match="not empty"):
        bundle.unpack(tmp_path / "a.zip", folder)
    assert bundle.check(folder)


@given(place=st.integers(min_value=0), flip=st.integers(1, 255))
def test_any_flipped_byte_of_a_zip_gives_the_same_bundle_or_a_refusal(
    place: int, flip: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("flips")
    (folder / "one").mkdir()
    (folder / "one" / "MLmodel").write_text(json.dumps({"a": list(range(50))}))
    manifest_hash = bundle.write_manifest(folder / "one")
    bundle.pack(folder / "one", folder / "a.zip")
    content = bytearray((folder / "a.zip").read_bytes())
    content[place % len(content)] ^= flip
    (folder / "a.zip").write_bytes(content)
    try:
        assert bundle.unpack(folder / "a.zip", folder / "here") == manifest_hash
    except BundleError:
        assert not (folder / "here").exists()
    shutil.rmtree(folder)


def test_json_of_a_bundle_is_read_or_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}')
    assert bundle.read_json(tmp_path / "a.json") == {"a": 1}
    for content in (b"{", b"[" * 200_000, b"\xff"):
        (tmp_path / "a.json").write_bytes(content)
        with pytest.raises(BundleError, match=r"a\.json"):
            bundle.read_json(tmp_path / "a.json")
    with pytest.raises(BundleError, match=r"gone\.json"):
        bundle.read_json(tmp_path / "gone.json")
