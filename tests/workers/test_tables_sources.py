"""What may be opened as a source: by its bytes, within limits, watched while it is read (A-05, A-06, D-02, D-10)."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pickle
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.modes import bound_by_modes

from mlops_desktop.domain.errors import DiskFullError, InvalidInputError, UnreadableTableError
from mlops_desktop.workers.tables import formats, sources, staging

TEXT = b"a,b\n1,2\n3,4\n"


def staged(path: Path, *, encoding: str | None = None, head: int | None = None) -> tuple[staging.StagedText, str]:
    target = path.parent / "staged"
    with sources.open_source(path) as source:
        found = staging.stage(source, target, encoding=encoding, head=head)
    return found, target.read_bytes().decode()


def written(tmp_path: Path, content: bytes, name: str = "table.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def refusal(path: Path, **options: str) -> str:
    with pytest.raises(UnreadableTableError) as caught:
        staged(path, encoding=options.get("encoding"))
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", TEXT),
        ("t.csv.gz", gzip.compress(TEXT)),
        ("t.zip", zipped({"inner.csv": TEXT})),
        ("t.zip", zipped({"folder/": b"", "folder/inner.csv": TEXT, "__MACOSX/x": b"x", "folder/.DS_Store": b"x"})),
        ("gzip named like text.csv", gzip.compress(TEXT)),
        ("t", TEXT),
        ("t.tsv", TEXT),
    ],
    ids=["plain", "gzip", "zip", "zip with marks", "gzip named csv", "no ending", "tsv"],
)
def test_text_is_unpacked_by_its_bytes_and_hashed_as_it_lies_on_disk(tmp_path: Path, name: str, content: bytes) -> None:
    found, text = staged(written(tmp_path, content, name))
    assert text == TEXT.decode()
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert found.source_size == len(content)
    assert found.encoding == "utf-8"
    assert found.complete


def test_a_head_ends_with_a_line_and_is_not_hashed(tmp_path: Path) -> None:
    line = b"1,2,3,4,5,6,7\n"
    found, text = staged(written(tmp_path, line * 1_000_000), head=5_000_000)
    assert not found.complete
    assert not found.sha256
    assert 5_000_000 - len(line) <= found.size < 10_000_000
    assert text.endswith("7\n")
    assert found.size == len(text)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (pickle.dumps({"a": 1}), "a Python pickle"),
        (b"(lp0\nI1\na.", "a Python pickle"),
        (b"<!DOCTYPE html><html><body>", "a web page"),
        (b"  \n<HTML>", "a web page"),
        (b"<?xml version='1.0'?><a/>", "an XML file"),
        (json.dumps([{"a": 1}]).encode(), "a JSON file"),
        (json.dumps({"a": 1}).encode(), "a JSON file"),
        (b"PAR1\x15\x04\x15", "a Parquet file"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "an old or password-protected Office document"),
        (b"\x93NUMPY\x01\x00", "a NumPy array"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"\x28\xb5\x2f\xfd....", "compressed with zstd"),
        (b"\x7fELF\x02", "a program"),
        (b"x" * 257 + b"ustar\x0000" + b"y" * 100, "a tar archive"),
        (gzip.compress(gzip.compress(TEXT)), "a gzip file inside"),
        (gzip.compress(zipped({"a.csv": TEXT})), "a zip archive inside"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_d_10_what_is_no_text_is_refused_by_its_bytes_saying_what_it_is(
    tmp_path: Path, content: bytes, what: str
) -> None:
    said = refusal(written(tmp_path, content))
    assert what in said
    assert "table.csv" in said


@pytest.mark.parametrize(
    "header", [b"PAR1,b", b"ORCA,b", b"BZh1,b", b"GIF8,b", b"[unit],b", b"cos,b", b"city", b"<b>,c"]
)
def test_a_header_that_only_looks_like_another_format_is_read(tmp_path: Path, header: bytes) -> None:
    content = header + b"\nsystem,2\n"
    assert staged(written(tmp_path, content))[1] == content.decode()


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}, "an Excel workbook"),
        ({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}, "an Office document"),
        ({"mimetype": b"x", "content.xml": b"<x/>"}, "an OpenDocument file"),
        ({"a.npy": b"x", "b.npy": b"x"}, "a NumPy archive"),
        ({"model/data.pkl": b"x"}, "a PyTorch model"),
        ({"a.csv": TEXT, "b.csv": TEXT}, "holds 2 files: 'a.csv', 'b.csv'"),
        ({}, "holds 0 files"),
        ({"a.csv": b"PAR1\x00\x01"}, "a Parquet file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_d_10_a_zip_is_told_by_what_it_holds(tmp_path: Path, members: dict[str, bytes], what: str) -> None:
    assert what in refusal(written(tmp_path, zipped(members), "table.zip"))


def test_d_10_a_name_that_claims_another_format_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    assert "named like a Parquet file but holds a packed file" in refusal(
        written(tmp_path, zipped({"a.csv": TEXT}), "t.parquet")
    )
    assert "named like an Excel workbook but holds a web page" in refusal(written(tmp_path, b"<html>", "t.xlsx"))
    assert "named like a Python pickle but holds plain text" in refusal(written(tmp_path, TEXT, "t.pkl"))
    assert formats.named_as("x.CSV") is None
    assert formats.named_as("x.unknown") is None


def test_d_16_arrays_with_objects_are_refused_and_nothing_is_run(tmp_path: Path) -> None:
    path = tmp_path / "array.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert "a NumPy array" in refusal(path)


def test_damaged_and_protected_archives_are_refused_in_words(tmp_path: Path) -> None:
    big = os.urandom(200_000).hex().encode()
    assert "damaged or protected gzip" in refusal(written(tmp_path, gzip.compress(big)[:-2000], "t.gz"))
    assert "damaged or protected gzip" in refusal(written(tmp_path, b"\x1f\x8b\x08rest", "t.gz"))
    assert "damaged or protected zip" in refusal(written(tmp_path, zipped({"a.csv": big})[:-30], "t.zip"))
    whole = bytearray(zipped({"a.csv": TEXT}))
    whole[6] |= 1
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in refusal(written(tmp_path, bytes(whole), "t.zip"))


def test_d_12_a_file_that_unpacks_past_the_limits_is_refused_while_it_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, gzip.compress(b"1,2\n" * 5_000_000), "t.csv.gz")
    with (
        pytest.raises(UnreadableTableError, match="more than 10 MiB"),
        sources.open_source(path, largest=10 << 20) as source,
    ):
        staging.stage(source, tmp_path / "staged")
    assert (tmp_path / "staged").stat().st_size <= 12 << 20
    monkeypatch.setattr(sources, "RATIO_COUNTS_FROM", 1 << 20)
    assert "400 times its size" in refusal(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (os.mkfifo, "is a pipe, not a file"),
        (lambda path: path.mkdir(), "is a folder, not a file"),
        (lambda path: path.symlink_to(path), "leads to itself"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device, not a file"),
        (_socket, "socket"),
        (lambda path: None, "There is no such file"),
    ],
    ids=["pipe", "folder", "link to itself", "device", "socket", "nothing"],
)
def test_a_06_what_is_no_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], object], what: str) -> None:
    path = tmp_path / "t.csv"
    make(path)
    assert what in refusal(path)


def test_an_unreadable_name_is_refused(tmp_path: Path) -> None:
    assert "cannot be opened" in refusal(tmp_path / "a\x00b")
    assert "too long" in refusal(tmp_path / ("n" * 300))


def test_a_file_without_rights_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT)
    path.chmod(0)
    with bound_by_modes():
        assert "You may not read this file" in refusal(path)


@pytest.mark.parametrize("change", ["append", "replace", "delete", "same size"])
def test_a_05_a_source_that_changes_while_it_is_read_is_noticed(tmp_path: Path, change: str) -> None:
    path = written(tmp_path, TEXT * 100)
    with sources.open_source(path) as source:
        before = source.sha256()
        if change == "append":
            with path.open("ab") as stream:
                stream.write(b"5,6\n")
        elif change == "replace":
            other = written(tmp_path, TEXT * 100, "other")
            other.replace(path)
        elif change == "delete":
            path.unlink()
        else:
            stat = path.stat()
            path.write_bytes(b"9" + (TEXT * 100)[1:])
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        with pytest.raises(UnreadableTableError, match="changed while it was read"):
            source.check_unchanged(before)


def test_a_05_a_file_written_a_moment_ago_is_hashed_again(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT)
    with sources.open_source(path) as source:
        source.check_unchanged(source.sha256())
        with pytest.raises(UnreadableTableError, match="changed"):
            source.check_unchanged("another hash")


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_d_02_encodings_are_detected(tmp_path: Path, encoding: str, expected: str) -> None:
    text = "name,größe\nJosé,1\nZoë,2\n"
    found, read = staged(written(tmp_path, text.encode(encoding)))
    assert read == text
    assert found.encoding == expected
    assert found.evidence.endswith(".")


def test_d_02_bytes_outside_of_windows_1252_are_latin_1(tmp_path: Path) -> None:
    found, read = staged(written(tmp_path, b"a\n\x81\xe9\n"))
    assert found.encoding == "latin-1"
    assert read == "a\n\x81é\n"


def test_d_02_late_odd_bytes_are_found_over_the_whole_file(tmp_path: Path) -> None:
    found, read = staged(written(tmp_path, b"name\n" + b"plain\n" * 1_500_000 + "José\n".encode("cp1252")))
    assert found.encoding == "cp1252"
    assert read.endswith("José\n")


@pytest.mark.parametrize("first", ["utf-8", "cp1252"])
def test_d_02_two_encodings_in_one_file_are_refused_with_the_line(tmp_path: Path, first: str) -> None:
    other = "cp1252" if first == "utf-8" else "utf-8"
    content = "name\nJosé\n".encode(first) + "Zoë\n".encode(other)
    path = written(tmp_path, content)
    said = refusal(path)
    assert "mixes two encodings" in said
    assert "line 3" in said
    assert staged(path, encoding="latin-1")[0].encoding == "latin-1"


@pytest.mark.parametrize(
    ("before", "odd", "after", "line"),
    [
        (["José"] * 5, "José", [], 7),
        (["José"] * 3, "José", ["Zoë"] * 2, 5),
        (["José"] * 700, "Zoë", ["José"] * 299, 702),
        (["Straße", "Spaß"] * 50, "„Größe“", [], 102),
        (["Größe"] * 999, "5 €", [], 1001),
        (["Größe"] * 999, "20 °C", [], 1001),
        (["José"] * 9, "Álvaro", [], 11),
    ],
)
def test_d_02_a_line_of_another_encoding_among_many_is_named(
    tmp_path: Path, before: list[str], odd: str, after: list[str], line: int
) -> None:
    rows = ["name", *before, odd, *after]
    content = b"\n".join(row.encode("utf-8" if place == line - 1 else "cp1252") for place, row in enumerate(rows))
    path = written(tmp_path, content)
    assert staged(path)[0].odd_line == line
    assert staged(path, encoding="latin-1")[0].odd_line == line
    assert staged(written(tmp_path, content.replace(b"\n", b"\r\n")))[0].odd_line == line
    assert staged(written(tmp_path, content.replace(b"\n", b"\r")))[0].odd_line == line


def test_d_02_a_line_of_another_encoding_is_named_in_any_part_of_a_large_file(tmp_path: Path) -> None:
    many = "José\n".encode("cp1252") * 1_500_000
    found, _ = staged(written(tmp_path, many + "Zoë\n".encode() + many))
    assert found.odd_line == 1_500_001


@pytest.mark.parametrize("text", ["„Spaß“", "«CAFÉ»", "SÃO PAULO", "Ä–Ü", "Größe 5 €", "É" * 50])
def test_d_02_text_in_one_western_encoding_has_no_odd_line(tmp_path: Path, text: str) -> None:
    found, read = staged(written(tmp_path, f"name\n{'José' * 10}\n{text}\n".encode("cp1252")))
    assert (found.encoding, found.odd_line) == ("cp1252", None)
    assert text in read


def test_an_encoding_that_was_chosen_is_kept_or_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "имя\nКот\n".encode("cp1251"))
    found, read = staged(path, encoding="windows-1251")
    assert found.encoding == "cp1251"
    assert read == "имя\nКот\n"
    assert "does not fit the encoding utf-8" in refusal(path, encoding="UTF8")
    for name in ("rot13", "nonsense", "unicode_escape", "zlib", "idna", "a\x00b"):
        with pytest.raises(InvalidInputError, match="no text encoding"):
            staged(path, encoding=name)


def test_every_offered_encoding_reads_what_it_writes(tmp_path: Path) -> None:
    for encoding in staging.ENCODINGS:
        found, read = staged(written(tmp_path, "a,b\n1,x\n".encode(encoding)), encoding=encoding)
        assert (read, found.encoding) == ("a,b\n1,x\n", encoding)


@pytest.mark.parametrize(
    ("content", "line"), [(b"a,b\n1,2\nx\x00y,3\n", 3), (b"\x00" * 5000, 1), (b"a\n" * 3_000_000 + b"\x00", 3_000_001)]
)
def test_d_03_nul_bytes_are_refused_with_their_line(tmp_path: Path, content: bytes, line: int) -> None:
    assert f"Line {line} of table.csv holds a NUL byte" in refusal(written(tmp_path, content))


def test_a_cut_utf16_file_is_refused(tmp_path: Path) -> None:
    assert "begins like utf-16" in refusal(written(tmp_path, "a,b\n1,2\n".encode("utf-16")[:-1]))


def test_d_07_line_ends_of_old_macs_are_read(tmp_path: Path) -> None:
    assert staged(written(tmp_path, b"a,b\r1,2\r3,4\r"))[1] == "a,b\n1,2\n3,4\n"
    assert staged(written(tmp_path, b"a,b\r\n1,2\r\n"))[1] == "a,b\r\n1,2\r\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_so(tmp_path: Path) -> None:
    with sources.open_source(written(tmp_path, TEXT)) as source, pytest.raises(DiskFullError, match="is full"):
        staging.stage(source, Path("/dev/full"))


def test_progress_is_told_while_reading(tmp_path: Path) -> None:
    shares: list[float] = []
    path = written(tmp_path, b"1,2\n" * 3_000_000)
    with sources.open_source(path) as source:
        staging.stage(source, tmp_path / "staged", tick=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) >= 3
