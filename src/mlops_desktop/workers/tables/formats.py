"""What a file is, told by its first bytes and never by its name."""

from __future__ import annotations

import re
from pathlib import PurePath

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "a Parquet file"),
    (b"PARE", "an encrypted Parquet file"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or password-protected Office document"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"ARROW1", "an Arrow file"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"\x28\xb5\x2f\xfd", "a file compressed with zstd"),
    (b"BZh", "a file compressed with bzip2"),
    (b"\xfd7zXZ\x00", "a file compressed with xz"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"{\\rtf", "an RTF document"),
    (b"RDX", "an R data file"),
    (GZIP, "a gzip file inside another compressed file"),
    (ZIP, "a zip archive inside another compressed file"),
)
_LONGER_THAN_MAGIC = {b"ORC": 3, b"RDX": 3, b"BZh": 3, b"GIF8": 4, b"ARROW1": 6, b"PAR1": 4, b"PARE": 4}
_TEXT_ENDINGS = frozenset({".csv", ".tsv", ".txt", ".tab", ".dat", ".data", ".gz", ".zip", ".psv", ".asc", ""})
_CLAIMS = {
    ".parquet": "a Parquet file",
    ".xlsx": "an Excel workbook",
    ".xls": "an Excel workbook",
    ".xlsm": "an Excel workbook",
    ".ods": "an OpenDocument sheet",
    ".pkl": "a Python pickle",
    ".pickle": "a Python pickle",
    ".joblib": "a Python pickle",
    ".npy": "a NumPy array",
    ".npz": "a NumPy archive",
    ".json": "a JSON file",
    ".jsonl": "a JSON lines file",
    ".ndjson": "a JSON lines file",
    ".yaml": "a YAML file",
    ".yml": "a YAML file",
    ".html": "a web page",
    ".htm": "a web page",
    ".xml": "an XML file",
    ".pdf": "a PDF document",
    ".db": "a database",
    ".sqlite": "a database",
    ".feather": "an Arrow file",
    ".orc": "an ORC file",
    ".avro": "an Avro file",
}
_HTML = re.compile(rb"^\s*(<!doctype\s+html|<html|<head|<body|<table)\b", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml\b", re.IGNORECASE)
_JSON = re.compile(rb'^\s*(\{\s*"[^"\n]*"\s*:|\{\s*\}\s*$|\[\s*[\[{]|\[\s*\]\s*$)')
_PICKLE = re.compile(rb"^\x80[\x02-\x05]")
_OLD_PICKLE = re.compile(
    rb"^(\(lp0?\n|\(dp0?\n|c(posix|subprocess|builtins|__builtin__|copy_reg|copyreg)\n|cos\nsystem\n)"
)


def named_as(name: str) -> str | None:
    """What the name claims, where that is something other than a text table; None for a name that fits."""
    ending = PurePath(name).suffix.lower()
    return None if ending in _TEXT_ENDINGS else _CLAIMS.get(ending)


def other_than_text(head: bytes) -> str | None:
    """What the bytes are, where they are clearly no delimited text; None where they may be."""
    for magic, words in _MAGIC:
        if head.startswith(magic) and (magic not in _LONGER_THAN_MAGIC or _is_binary(head[len(magic) :])):
            return words
    if _PICKLE.match(head) or _OLD_PICKLE.match(head):
        return "a Python pickle, which could run a program when opened"
    if head[257:262] == b"ustar":
        return "a tar archive"
    plain = head.removeprefix(b"\xef\xbb\xbf")
    if _HTML.match(plain):
        return "a web page (HTML)"
    if _XML.match(plain):
        return "an XML file"
    return "a JSON file" if _JSON.match(plain) else None


def zip_content(names: list[str]) -> str | None:
    """What a zip archive is, told by its members' names, where it is not a packed text file."""
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return "an Excel workbook"
    if "[Content_Types].xml" in names:
        return "an Office document"
    if "META-INF/manifest.xml" in names or "mimetype" in names:
        return "an OpenDocument file"
    if names and all(name.endswith(".npy") for name in names):
        return "a NumPy archive"
    if any(name.endswith("/data.pkl") for name in names):
        return "a PyTorch model"
    return None


def _is_binary(rest: bytes) -> bool:
    """Short magic words are plain letters that a header may begin with; the bytes after them tell."""
    return any(byte < 9 or 13 < byte < 32 or byte > 127 for byte in rest[:64])
