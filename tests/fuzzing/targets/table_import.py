"""A file that becomes a dataset version: the whole job, and the table it wrote read again."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl

from mlops_desktop.workers.jobs import import_dataset

WORDS = (
    b"id,delay,carrier\n",
    b"NA",
    b"007",
    b"9223372036854775808",
    b"1e400",
    b"inf",
    b"2013-01-01T10:00:00Z",
    b"31/12/2013",
    b"9999-12-31",
    b"0000-00-00",
    b"true",
    b"no",
    b"1,5",
    b"=1+1",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b'"a\nb"',
)


class _Report:
    """Nobody listens, and nobody wants it to stop."""

    def progress(self, share: float, note: str = "") -> None:
        assert 0 <= share <= 1

    def log(self, text: str, level: str = "info") -> None:
        return

    def check_cancelled(self) -> None:
        return


MOST_SIGNS = 2_000
"""In a file: each column takes a moment, and thousands of them show nothing that some do not."""


def try_one(data: bytes) -> None:
    if max(data.count(sign) for sign in (b",", b";", b"\t", b"|")) > MOST_SIGNS:
        return
    folder = Path("job")
    folder.mkdir()
    path = Path("t.csv")
    path.write_bytes(data)
    try:
        result = import_dataset.run({"path": str(path.absolute())}, folder, _Report())
        table = pl.read_parquet(folder / result["table"])
        assert table.height == result["rows"] > 0
        assert table.columns == [column["name"] for column in result["columns"]]
        assert [profile["missing"] for profile in result["profiles"]] == list(table.null_count().row(0))
    finally:
        shutil.rmtree(folder)
