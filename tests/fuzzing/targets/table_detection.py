"""A file on its way to a table, as far as its writing is found out: opened, unpacked, staged, detected, mended.

The first byte chooses what a person answered, the second what the file is called.
"""

from __future__ import annotations

from pathlib import Path

from mlops_desktop.domain.datasets import ReadAnswers
from mlops_desktop.workers.tables.reading import read_text

ANSWERS = (
    ReadAnswers(),
    ReadAnswers(delimiter=";", decimal=","),
    ReadAnswers(delimiter="\t", header=False),
    ReadAnswers(quote=""),
    ReadAnswers(quote="'"),
    ReadAnswers(ragged_left_out=True),
    ReadAnswers(lines_left_out=(1, 3)),
    ReadAnswers(encoding="utf-16"),
    ReadAnswers(encoding="utf-32"),
    ReadAnswers(encoding="gb18030"),
    ReadAnswers(encoding="shift_jis", header=True),
    ReadAnswers(encoding="latin-1", empty_values=("NA",)),
)
NAMES = ("t.csv", "t.csv.gz", "t.zip", "t", "t.xlsx", "t.parquet")
WORDS = (
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\x1f\x8b\x08",
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"\r\n",
    b'""',
    b"a,b\n",
    b"1;2\n",
    b"NA",
    b"2013-01-01",
    b"<html>",
    b"PAR1",
)
_HEAD = 2


def try_one(data: bytes) -> None:
    if len(data) < _HEAD:
        return
    answers, name = ANSWERS[data[0] % len(ANSWERS)], NAMES[data[1] % len(NAMES)]
    path = Path(name)
    path.write_bytes(data[_HEAD:])
    try:
        text = read_text(path, answers, Path("."), head=4096 if data[1] >= 0x80 else None)
        assert text.rows > 0
        assert len(text.names) == text.structure.fields == len({known.casefold() for known in text.names})
        assert all(known == known.strip() and known.isprintable() and known for known in text.names)
        assert None not in (text.answers.delimiter, text.answers.encoding, text.answers.quote, text.answers.header)
    finally:
        path.unlink()
