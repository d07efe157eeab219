"""Secrets of a test's own, and where they are looked for: streams of bytes, files, arguments of processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

CANARIES = {
    "AWS_SECRET_ACCESS_KEY": "canary-of-the-cloud",
    "DATABASE_URL": "postgresql://ada:canary-of-the-database@db/flights",
    "MLOPS_SECRET_REGISTRY": "canary-of-the-registry",
    "HTTPS_PROXY_PASSWORD": "canary-of-the-proxy",
}
"""By the variables of the environment in which people have them."""
_BLOCK = 1024 * 1024


@contextmanager
def arguments_seen() -> Iterator[set[bytes]]:
    """The command lines of all processes of the machine, those of containers too, as long as this lasts."""
    seen: set[bytes] = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.02):  # without a pause it would keep the others from the processor
            for folder in Path("/proc").iterdir():
                if folder.name.isdecimal():
                    try:
                        seen.add((folder / "cmdline").read_bytes())
                    except OSError:
                        continue

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def found_in(pieces: Iterator[bytes], secrets: Mapping[str, bytes]) -> set[str]:
    """Which of them are in this stream, also across the ends of its pieces."""
    longest = max(map(len, secrets.values()))
    found: set[str] = set()
    rest = b""
    for piece in pieces:
        text = rest + piece
        found |= {name for name, secret in secrets.items() if secret in text}
        rest = text[-longest:]
    return found


def of_files(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as opened:
                while piece := opened.read(_BLOCK):
                    yield piece
