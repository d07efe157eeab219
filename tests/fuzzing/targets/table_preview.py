"""A file as a person sees it before it is imported; where it cannot be read, what is shown of it and the ways out."""

from __future__ import annotations

from pathlib import Path

from mlops_desktop.domain.errors import UserError
from mlops_desktop.domain.plain import to_plain
from mlops_desktop.workers.calls import obstacle, preview
from mlops_desktop.workers.protocol import encode

WORDS = (
    b"id,delay,carrier\n",
    b"NA",
    b"1,2,3\n",
    b'"',
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xe9",
    b"2013-01-01",
    b"1e400",
    b"\x00",
)


MOST_SIGNS = 2_000
"""In a file: each column takes a moment, and thousands of them show nothing that some do not."""


def try_one(data: bytes) -> None:
    if max(data.count(sign) for sign in (b",", b";", b"\t", b"|")) > MOST_SIGNS:
        return
    path = Path("t.csv").absolute()
    path.write_bytes(data)
    try:
        encode(preview.answer({"path": str(path)}))
    except UserError:
        _see_obstacle(path)
        raise


def _see_obstacle(path: Path) -> None:
    """Every way out leads to a table."""
    found = obstacle.answer({"path": str(path)})
    encode(found)
    stands = found["obstacle"]
    assert stands["title"]
    for way in stands["ways"]:
        again = preview.answer({"path": str(path), "answers": to_plain(way["answers"])})
        assert again["row_count"] == way["rows"] > 0
        assert len(again["columns"]) >= way["columns"]
