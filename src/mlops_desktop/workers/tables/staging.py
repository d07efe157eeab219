"""A source's text as UTF-8 with plain line ends in a folder of ours, so that nothing moves under the reader."""

from __future__ import annotations

import codecs
import errno
import hashlib
import itertools
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from mlops_desktop.domain.errors import DiskFullError, InvalidInputError, UnreadableTableError
from mlops_desktop.workers.tables.sources import SourceFile

Tick = Callable[[float], None]

ENCODINGS = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "cp1252",
    "latin-1",
    "iso8859-2",
    "iso8859-15",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp437",
    "cp850",
    "koi8-r",
    "mac-roman",
    "shift_jis",
    "euc_jp",
    "euc_kr",
    "gb18030",
    "big5",
    "ascii",
)
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOOKS_PACKED = (b"x\x01", b"x^", b"x\x9c", b"x\xda")
"""How zlib's streams begin, and tables whose first column is `x^2`."""
_UTF8_PAIR = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")
_MIXED_SHARE = 0.3
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CERTAIN = re.compile(rb"\xc3[\x80-\xbf]")
"""Before the letters of Western Europe in UTF-8; in Western text a capital that is followed by a plain letter."""
_MOST_BY_CHANCE = 1000
"""Places of a chunk that may be signs that met by chance; further ones are not looked at."""
_BESIDE = 200
"""Bytes of a line that are looked at before and after what looks like UTF-8."""


@dataclass(frozen=True)
class StagedText:
    """The text, ready to be read. `complete` is False where only the head was wanted.

    `odd_line` is the first line that looks like UTF-8 in a text that was read as Western, from 1.
    """

    path: Path
    size: int
    source_size: int
    sha256: str
    encoding: str
    evidence: str
    complete: bool
    odd_line: int | None = None


class _WrongEncodingError(Exception):
    """The bytes do not fit the encoding that was tried."""


def canonical_encoding(name: str) -> str:
    """The encoding by its usual name. Raises InvalidInputError for what is no text encoding of tables."""
    try:
        wanted = codecs.lookup(name).name
    except (LookupError, ValueError):
        wanted = ""
    if wanted == "utf-8-sig":
        return "utf-8"
    for known in ENCODINGS:
        if codecs.lookup(known).name == wanted:
            return known
    raise InvalidInputError(f"There is no text encoding {name!r}.", hint=f"Known encodings: {', '.join(ENCODINGS)}.")


def stage(
    source: SourceFile, target: Path, *, encoding: str | None = None, head: int | None = None, tick: Tick | None = None
) -> StagedText:
    """Write the source's text to `target` as UTF-8 and hash its bytes.

    With `head` only about that many bytes of text, cut after a line, and no hash. Raises UnreadableTableError naming
    the line of bytes that are no text, DiskFullError where the folder is full.
    """
    tries = _encodings_to_try(source, encoding)
    sha256 = "" if head is not None else source.sha256()
    for position, (name, evidence) in enumerate(tries):
        watch = _Watch(source.path.name, name, forced=encoding is not None)
        try:
            size, complete = _write(source, target, watch, head, tick)
        except _WrongEncodingError as error:
            if position + 1 == len(tries):
                raise _not_text(source.path.name, name, str(error)) from error
            continue
        if head is None:
            source.check_unchanged(sha256)
        return StagedText(target, size, source.size, sha256, name, evidence, complete, watch.odd_line)
    raise AssertionError("there is always an encoding to try")


def mark_as_text(path: Path) -> None:
    """Puts the mark of UTF-8 before a staged text that the table reader would take for packed bytes, and unpack."""
    marked = path.with_name(f"{path.name}.marked")
    with path.open("rb") as text:
        if text.read(2) not in _LOOKS_PACKED:
            return
        text.seek(0)
        with marked.open("wb") as out:
            out.write(codecs.BOM_UTF8)
            shutil.copyfileobj(text, out)
    marked.replace(path)


def _encodings_to_try(source: SourceFile, asked: str | None) -> list[tuple[str, str]]:
    if asked is not None:
        name = canonical_encoding(asked)
        return [(name, f"Read as {name} because you chose it.")]
    head = next(source.chunks(), b"")
    for mark, name in _MARKS:
        if head.startswith(mark):
            return [(name, f"The file begins with the mark of {name.upper()}.")]
    plain16 = _unmarked_utf16(head[:4096])
    if plain16 is not None:
        return [(plain16, f"Every second byte is empty, as in {plain16.upper()} without its mark.")]
    return [
        ("utf-8", "Every byte fits UTF-8."),
        ("cp1252", "Some bytes do not fit UTF-8; all fit Windows-1252, the usual Western encoding."),
        ("latin-1", "Some bytes fit neither UTF-8 nor Windows-1252; Latin-1 takes every byte."),
    ]


def _unmarked_utf16(head: bytes) -> str | None:
    if len(head) < 4 or not head.strip(b"\x00"):
        return None
    even, odd = head[0::2].count(0) / len(head[0::2]), head[1::2].count(0) / len(head[1::2])
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.05 else None


def _write(source: SourceFile, target: Path, watch: _Watch, head: int | None, tick: Tick | None) -> tuple[int, bool]:
    written = 0
    last = b""
    try:
        with target.open("wb") as out:
            for block in _utf8_blocks(source, watch.encoding, watch):
                out.write(block)
                written += len(block)
                last = block or last
                if tick is not None:
                    tick(source.position())
                if head is not None and written >= head:
                    return _cut(out, last, written), False
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(
                f"The disk that holds {target.parent} is full: the text of {source.path.name} does not fit there.",
                hint="Free some space there, then import again.",
            ) from error
        raise
    return written, True


def _cut(out: IO[bytes], last: bytes, written: int) -> int:
    """Drop the half line at the end of a head; a line longer than the head stays whole."""
    keep = last.rfind(b"\n") + 1
    size = written - len(last) + keep if keep else written
    out.truncate(size)
    return size


def _utf8_blocks(source: SourceFile, encoding: str, watch: _Watch) -> Iterator[bytes]:
    """The text in UTF-8 without its mark. Line ends of old Macs (CR alone, in a file without LF) become LF."""
    ends = _LineEnds()
    if encoding in ("utf-8", "ascii"):
        blocks = _checked_utf8(source, encoding, watch)
    else:
        blocks = _decoded(source, encoding, watch)
    for block in blocks:
        watch.check_nul(block)
        yield ends.normalised(block)


def _checked_utf8(source: SourceFile, encoding: str, watch: _Watch) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    first = True
    for chunk in source.chunks():
        block = chunk.removeprefix(codecs.BOM_UTF8) if first else chunk
        first = False
        if not block.isascii() or decoder.getstate()[0]:
            _decode(decoder, block, watch)
        yield block
    _decode(decoder, b"", watch, final=True)


def _decoded(source: SourceFile, encoding: str, watch: _Watch) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    first = True
    for chunk in source.chunks():
        watch.see_bytes(chunk)
        text = _decode(decoder, chunk, watch)
        yield (text.removeprefix("\ufeff") if first else text).encode()
        first = False
    yield _decode(decoder, b"", watch, final=True).encode()


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, watch: _Watch, *, final: bool = False) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeError as error:  # UTF-16 without its mark is no UnicodeDecodeError
        watch.wrong(error.start if isinstance(error, UnicodeDecodeError) else 0, chunk)
        raise _WrongEncodingError(str(error)) from error


class _Watch:
    """Counts lines and looks for what is no text, so that an error or `odd_line` can name its line."""

    def __init__(self, name: str, encoding: str, *, forced: bool) -> None:
        self.odd_line: int | None = None
        self._name = name
        self.encoding = encoding
        self._forced = forced
        self._lines = 1
        self._multibyte = False

    def check_nul(self, block: bytes) -> None:
        place = block.find(b"\x00")
        if place >= 0:
            line = self._lines + block.count(b"\n", 0, place)
            raise UnreadableTableError(
                f"Line {line} of {self._name} holds a NUL byte, which no text has.",
                hint="The file is damaged or is no text. Export it again from its program.",
                facts={"kind": "nul", "line": line},
            )
        self._lines += block.count(b"\n") or (0 if b"\n" in block else block.count(b"\r"))
        self._multibyte = self._multibyte or not block.isascii()

    def wrong(self, place: int, chunk: bytes) -> None:
        """Bytes that do not fit: refuse where the rest shows that the file mixes two encodings."""
        line = self._lines + chunk.count(b"\n", 0, place)
        if self._forced:
            raise UnreadableTableError(
                f"Line {line} of {self._name} does not fit the encoding {self.encoding}.",
                hint="Choose another encoding, or leave it to be detected.",
                facts={"kind": "encoding", "line": line, "encoding": self.encoding},
            )
        if self.encoding == "utf-8" and (self._multibyte or _UTF8_PAIR.search(chunk, 0, place)):
            raise self._mixed(line)

    def see_bytes(self, chunk: bytes) -> None:
        """Old one-byte text in which much looks like UTF-8 is a mixture of both; of less the first line is kept."""
        if self.encoding not in ("cp1252", "latin-1") or not _may_hold_utf8(chunk):
            return
        pairs = 0 if self._forced else sum(len(pair) for pair in _UTF8_PAIR.findall(chunk))
        if pairs and pairs >= _MIXED_SHARE * len(_HIGH.findall(chunk)):
            found = _UTF8_PAIR.search(chunk)
            raise self._mixed(self._line(chunk, found.start() if found else 0))
        if self.odd_line is None:
            odd = _odd_place(chunk)
            self.odd_line = None if odd is None else self._line(chunk, odd)

    def _line(self, chunk: bytes, place: int) -> int:
        end = b"\n" if b"\n" in chunk else b"\r"
        return self._lines + chunk.count(end, 0, place)

    def _mixed(self, line: int) -> UnreadableTableError:
        return UnreadableTableError(
            f"{self._name} mixes two encodings: some lines are UTF-8, others are not (see line {line}).",
            hint="Choose the encoding yourself (for example cp1252), or have the file written in one encoding.",
            facts={"kind": "encoding", "line": line, "encoding": self.encoding},
        )


def _may_hold_utf8(chunk: bytes) -> bool:
    """Whether a byte that begins a letter in UTF-8 stands before one that goes on with it; most chunks have none."""
    import numpy as np

    signs = np.frombuffer(chunk, dtype=np.uint8)
    return bool(((signs[:-1] >= 0xC2) & (signs[:-1] <= 0xF4) & (signs[1:] & 0xC0 == 0x80)).any())


def _odd_place(chunk: bytes) -> int | None:
    """Where the first letter in UTF-8 stands."""
    certain = _CERTAIN.search(chunk)
    likely = itertools.islice(_UTF8_LETTER.finditer(chunk), _MOST_BY_CHANCE)
    places = [found.start() for found in (certain, next((x for x in likely if _is_utf8(chunk, x)), None)) if found]
    return min(places, default=None)


def _is_utf8(chunk: bytes, found: re.Match[bytes]) -> bool:
    """Whether what looks like UTF-8 is more than two signs that met by chance, as a quote after a word."""
    before = chunk[max(0, found.start() - _BESIDE) : found.start()]
    after = chunk[found.end() : found.end() + _BESIDE]
    before = before[max(before.rfind(b"\n"), before.rfind(b"\r")) + 1 :]
    after = after.partition(b"\n")[0].partition(b"\r")[0]
    return not _HIGH.search(_UTF8_LETTER.sub(b"", before + after))


class _LineEnds:
    """Old Mac files end lines with CR alone; a file is one where its first block has CR and no LF."""

    def __init__(self) -> None:
        self._old_mac: bool | None = None

    def normalised(self, block: bytes) -> bytes:
        if self._old_mac is None and block:
            self._old_mac = b"\n" not in block and b"\r" in block.rstrip(b"\r")
        return block.replace(b"\r", b"\n") if self._old_mac else block


def _not_text(name: str, encoding: str, details: str) -> UnreadableTableError:
    return UnreadableTableError(
        f"{name} begins like {encoding} text but does not go on like it.",
        hint="The file may be cut off or damaged; export it again, or choose the encoding yourself.",
        details=details,
        facts={"kind": "encoding", "encoding": encoding},
    )


def sha256_of(path: Path) -> str:
    """The hash of a file of ours."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def leave_lines_out(staged: StagedText, lines: Sequence[int]) -> StagedText:
    """The text with some lines made blank, counted from 1, so that the others keep their numbers."""
    unwanted = frozenset(lines)
    shorter = staged.path.with_name(staged.path.name + ".shorter")
    with staged.path.open("rb") as text, shorter.open("wb") as out:
        out.writelines(b"\n" if number in unwanted else line for number, line in enumerate(text, 1))
    shorter.replace(staged.path)
    return replace(staged, size=staged.path.stat().st_size)
