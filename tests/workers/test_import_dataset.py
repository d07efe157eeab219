"""A file becomes one typed Parquet file with all that is known about it; hostile bytes become an error in words."""

from __future__ import annotations

import gzip
import json
import os
import random
import resource
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops_desktop.domain.datasets import (
    Column,
    ColumnProfile,
    Finding,
    ReadAnswers,
    Source,
    VersionDifference,
)
from mlops_desktop.domain.errors import (
    AlreadyExistsError,
    ExpressionError,
    JobCancelledError,
    NotFoundError,
    UnreadableTableError,
    UserError,
)
from mlops_desktop.domain.plain import from_plain
from mlops_desktop.workers.jobs import import_dataset
from mlops_desktop.workers.report import Report
from mlops_desktop.workers.tables import codes
from mlops_desktop.workers.tables.staging import sha256_of

SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "flights.csv.zip"
CONTENT = "id,delay,carrier,day,flag\n1,20,UA,2013-01-01,yes\n2,NA,AA,2013-01-02,no\n3,-5,UA,2013-01-03,yes\n"


class Notes:
    """A report that keeps what it is told, and asks to stop after some questions."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.shares: list[float] = []
        self.notes: list[str] = []
        self._left = stop_after

    def progress(self, share: float, note: str = "") -> None:
        self.shares.append(share)
        self.notes.append(note)

    def log(self, text: str, level: str = "info") -> None:
        assert level == "info"
        self.notes.append(text)

    def check_cancelled(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise JobCancelledError("stopped")


def imported(tmp_path: Path, content: str | bytes, name: str = "t.csv", **spec: object) -> dict[str, Any]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return run(tmp_path, {"path": str(path), **spec})


def run(tmp_path: Path, spec: Mapping[str, object], notes: Notes | None = None) -> dict[str, Any]:
    folder = tmp_path / f"job{len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    result = import_dataset.run(spec, folder, notes or Notes())
    assert [path.name for path in folder.iterdir()] == ["table.parquet"]
    return {**result, "folder": folder}


def test_the_result_holds_everything_the_version_needs(tmp_path: Path) -> None:
    derived = [{"name": "late", "expression": "delay > 15"}]
    result = imported(tmp_path, CONTENT, derived=derived, target="late", answers=None, previous=None)
    path = result["folder"] / result["table"]
    table = pl.read_parquet(path)
    assert table["late"].to_list() == [True, None, False]
    assert result["rows"] == table.height == 3
    assert (result["sha256"], result["size"]) == (sha256_of(path), path.stat().st_size)
    columns = from_plain(tuple[Column, ...], result["columns"])
    assert [str(column.type) for column in columns] == ["integer", "integer", "text", "date", "boolean", "boolean"]
    profiles = from_plain(tuple[ColumnProfile, ...], result["profiles"])
    assert [profile.name for profile in profiles] == [column.name for column in columns]
    found = from_plain(tuple[Finding, ...], result["findings"])
    assert {finding.code for finding in found} >= {"missing_words", "decides_target"}
    assert {finding.code for finding in found} <= set(codes.CODES)
    source = from_plain(Source, result["source"])
    assert (source.file_name, source.size) == ("t.csv", len(CONTENT))
    assert source.answers == ReadAnswers(",", "utf-8", ".", True, '"', ("",))
    assert source.derived[0].name == "late"
    assert result["difference"] is None
    json.dumps({key: value for key, value in result.items() if key != "folder"}, allow_nan=False)


def test_the_same_content_gives_the_same_bytes_however_it_was_packed(tmp_path: Path) -> None:
    plain = imported(tmp_path, CONTENT)
    packed = imported(tmp_path, gzip.compress(CONTENT.encode()), "t.csv.gz")
    other = imported(tmp_path, CONTENT.replace(",", ";"), "t.txt")
    assert plain["sha256"] == packed["sha256"] == other["sha256"]
    assert plain["source"]["sha256"] != packed["source"]["sha256"]


def test_the_bytes_do_not_depend_on_the_number_of_threads(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "".join(f"{row},word{row % 1000}\n" for row in range(300_000)))
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[3]); import test_import_dataset as t;"
        "r = t.import_dataset.run({'path': sys.argv[1]}, Path(sys.argv[2]), t.Notes()); print(r['sha256'])"
    )
    hashes = set()
    for threads in ("1", "3"):
        folder = tmp_path / threads
        folder.mkdir()
        command = [sys.executable, "-c", program, str(path), str(folder), str(Path(__file__).parent)]
        environment = {**os.environ, "POLARS_MAX_THREADS": threads}
        hashes.add(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip())
    assert len(hashes) == 1
    assert len(hashes.pop()) == 64


def test_a_new_version_says_what_changed(tmp_path: Path) -> None:
    first = imported(tmp_path, CONTENT)
    previous = {"path": str(first["folder"] / "table.parquet"), "number": 1, "columns": first["columns"]}
    changed = CONTENT.replace("3,-5", "4,-5").replace("carrier", "airline")
    result = imported(tmp_path, changed, previous=previous)
    found = from_plain(VersionDifference, result["difference"])
    assert (found.before_number, found.rows_before, found.rows_after, found.rows_in_both) == (1, 3, 3, 2)
    assert [(column.name, column.change) for column in found.columns] == [
        ("airline", "added"), ("carrier", "removed"), ("id", "content"),
    ]  # fmt: skip


def test_d_17_an_import_that_is_stopped_leaves_no_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(CONTENT)
    spec = {"path": str(path), "target": "flag", "derived": [{"name": "x", "expression": "delay + 1"}]}
    whole = Notes()
    run(tmp_path, spec, whole)
    questions = 0
    while True:
        folder = tmp_path / f"stopped{questions}"
        folder.mkdir()
        try:
            import_dataset.run(spec, folder, Notes(questions))
        except JobCancelledError:
            questions += 1
            continue
        break
    assert questions >= 8
    assert not (tmp_path / "stopped0" / "table.parquet").exists()
    assert whole.shares == sorted(whole.shares)
    assert whole.shares[-1] == 1.0


def test_the_real_report_takes_what_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(CONTENT)
    folder = tmp_path / "job"
    folder.mkdir()
    with Report(folder) as report:
        result = import_dataset.run({"path": str(path), "answers": None, "derived": None}, folder, report)
        report.result({key: value for key, value in result.items()})


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ({"derived": [{"name": "x", "expression": "dealy > 1"}]}, ExpressionError),
        ({"derived": [{"name": "ID", "expression": "1"}]}, AlreadyExistsError),
        ({"target": "dealy"}, NotFoundError),
        ({"answers": {"column_types": {"delay": "date"}}}, UnreadableTableError),
        ({"path": "/nowhere/t.csv"}, UnreadableTableError),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_hint(
    tmp_path: Path, spec: dict[str, Any], error: type[UserError]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(CONTENT)
    with pytest.raises(error) as caught:
        import_dataset.run({"path": str(path), **spec}, tmp_path, Notes())
    assert caught.value.message


def test_a_table_that_lost_rows_on_the_way_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text(CONTENT)
    write = import_dataset.write_table

    def lossy(table: pl.LazyFrame, target: Path, name: str) -> Path:
        return write(table.head(2), target, name)

    monkeypatch.setattr(import_dataset, "write_table", lossy)
    with pytest.raises(UnreadableTableError, match="2 of 3 rows"):
        import_dataset.run({"path": str(path)}, tmp_path, Notes())


def test_a_very_wide_table_fits_into_one_message(tmp_path: Path) -> None:
    names = ",".join(f"column{number}" for number in range(3000))
    result = imported(tmp_path, f"{names}\n" + ("constant text," * 2999 + "x\n") * 3)
    plain = json.dumps({key: value for key, value in result.items() if key != "folder"})
    assert len(plain) < 3_000_000
    constant = [finding for finding in result["findings"] if finding["code"] == "constant_column"]
    assert len(constant) == codes.MOST_OF_A_CODE
    assert constant[-1]["count"] == 3000 - codes.MOST_OF_A_CODE + 1


def test_d_09_cells_like_formulas_are_kept(tmp_path: Path) -> None:
    cells = ["=1+1", "+x", "-x", "@SUM(A1)", "\tx"]
    result = imported(tmp_path, "a,b\n" + "".join(f'"{cell}",1\n' for cell in cells))
    assert pl.read_parquet(result["folder"] / "table.parquet")["a"].to_list() == cells
    assert "formula_like" in {finding["code"] for finding in result["findings"]}


def test_the_flights_sample_is_imported_exactly(tmp_path: Path) -> None:
    derived = [{"name": "late", "expression": "arr_delay > 15"}]
    result = run(tmp_path, {"path": str(SAMPLE), "derived": derived, "target": "late"})
    with zipfile.ZipFile(SAMPLE) as archive, archive.open("flights.csv") as stream:
        wanted = pl.read_csv(
            stream.read(),
            null_values={"arr_delay": "NA", "dep_time": "NA", "air_time": "NA", "arr_time": "NA", "dep_delay": "NA"},
            try_parse_dates=True,
        )
    table = pl.read_parquet(result["folder"] / "table.parquet")
    assert table.drop("late").equals(wanted)
    assert table["late"].sum() == (wanted["arr_delay"] > 15).sum()
    by_code: dict[str, set[str]] = {}
    for finding in result["findings"]:
        by_code.setdefault(finding["code"], set()).update(finding["columns"])
    assert by_code["decides_target"] == {"arr_delay", "late"}
    assert by_code["known_after"] == {"dep_time", "dep_delay", "arr_time", "air_time", "late"}
    assert by_code["strongly_related"] == {"dep_delay", "late"}
    assert by_code["missing_words_kept"] == {"tailnum"}
    delay = next(profile for profile in result["profiles"] if profile["name"] == "arr_delay")
    assert (delay["missing"], delay["minimum"], delay["maximum"]) == (9430, -86.0, 1272.0)
    assert len(json.dumps(result["profiles"])) < 100_000


SEEDS = (
    CONTENT.encode(),
    b'a;b\n"x;""y""";1,5\n\n;2,5\n',
    gzip.compress(CONTENT.encode()),
    CONTENT.encode("utf-16"),
    b"a\tb\r1\t2\r",
    b"x\n" + b"007\n" * 5,
)


def _hostile(seed: int) -> bytes:
    """Bytes of a file that was once good."""
    chance = random.Random(seed)
    content = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(content) + 1)
        match chance.randrange(4):
            case 0:
                content[place:place] = chance.choice(
                    [b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"NA", b"=", b"'", b";"]
                )
            case 1:
                del content[place : place + chance.randint(1, 8)]
            case 2:
                content[place:place] = chance.randbytes(chance.randint(1, 6))
            case _:
                content += content[place : place + 40]
    return bytes(content)


def _attacked(folder: Path, seeds: range) -> int:
    """Import hostile files; anything but a table or an error in words fails. How many became tables."""
    path, job = folder / "hostile.csv", folder / "job"
    job.mkdir()
    good = unhelpful = 0
    for seed in seeds:
        path.write_bytes(_hostile(seed))
        try:
            result = import_dataset.run({"path": str(path)}, job, Notes())
        except UserError as error:
            unhelpful += not (error.message and error.hint)
            continue
        good += 1
        assert pl.read_parquet(job / "table.parquet").height == result["rows"] > 0
    assert not unhelpful
    return good


def test_hostile_bytes_become_a_table_or_an_error_in_words(tmp_path: Path) -> None:
    assert _attacked(tmp_path, range(150)) > 10


@pytest.mark.long
def test_very_many_hostile_files_become_tables_or_errors_in_words(tmp_path: Path) -> None:
    assert _attacked(tmp_path, range(1000, 9000)) > 500


@pytest.mark.long
def test_a_large_file_is_imported_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    line = "".join(
        f"{row},{row * 7919 % 100003 / 7:.6f},word{row % 997},2013-01-{row % 28 + 1:02d}\n" for row in range(100_000)
    )
    with path.open("w") as stream:
        stream.write("a,b,c,d\n")
        for _ in range(50):
            stream.write(line)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[3]); import test_import_dataset as t;"
        "t.import_dataset.run({'path': sys.argv[1]}, Path(sys.argv[2]), t.Notes())"
    )
    command = [sys.executable, "-c", program, str(path), str(tmp_path), str(Path(__file__).parent)]
    subprocess.run(command, check=True)
    assert max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) < 1_500_000
