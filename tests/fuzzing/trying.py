"""The process in which a target is tried: under a memory cap, with a time limit for each input.

Started by `campaign`. What is being tried lies in the folder as `current`, so that it is known even when the process
ends without a word; `outcome.json` is what a process says that found nothing.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.fuzzing import mutations

from mlops_desktop.domain.errors import UserError
from mlops_desktop.workers import limits

MEMORY_CAP = 1 << 30
CURRENT = "current"
OUTCOME = "outcome.json"
FINDING = "finding-"
_SAID_EVERY = 64


class _Tries:
    """Calls the target, and counts."""

    def __init__(self, try_one: Callable[[bytes], None], options: argparse.Namespace) -> None:
        self._try_one = try_one
        self._folder: Path = options.folder
        self._seconds: float = options.seconds_for_one
        self.inputs = 0
        self.refused = 0

    def limited(self, data: bytes) -> None:
        faulthandler.dump_traceback_later(self._seconds, exit=True)
        try:
            self(data)
        finally:
            faulthandler.cancel_dump_traceback_later()

    def __call__(self, data: bytes) -> None:
        (self._folder / CURRENT).write_bytes(data)
        self.inputs += 1
        try:
            self._try_one(data)
        except UserError as error:
            if not error.message:
                raise AssertionError("refused without a word") from error
            self.refused += 1

    def write_down(self) -> None:
        said = {"inputs": self.inputs, "refused": self.refused, "peak": peak_memory()}
        (self._folder / OUTCOME).write_text(json.dumps(said), encoding="utf-8")


def peak_memory() -> int:
    """The most bytes that this process ever had resident."""
    if not sys.platform.startswith("linux"):
        return limits.resident_memory()
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def plainly(options: argparse.Namespace) -> None:
    """The corpus, then changes of it: as many as were wished, or as there is time for."""
    module = importlib.import_module(options.module)
    known = [path.read_bytes() for path in sorted(options.corpus.iterdir())]
    tries = _Tries(module.try_one, options)
    changed = mutations.mutated(known, getattr(module, "WORDS", ()), options.seed)
    with limits.watch(limits.MemoryWatch(MEMORY_CAP, _leave_for_memory)):
        for data in itertools.chain(known, _some(changed, options)):
            tries.limited(data)
    tries.write_down()


def _some(inputs: Iterator[bytes], options: argparse.Namespace) -> Iterator[bytes]:
    if options.count:
        return itertools.islice(inputs, options.count)
    deadline = time.monotonic() + options.seconds
    return itertools.takewhile(lambda _: time.monotonic() < deadline, inputs)


def _leave_for_memory() -> None:
    sys.stderr.write(f"more than {MEMORY_CAP >> 20} MiB of memory\n")
    faulthandler.dump_traceback(all_threads=True)
    os._exit(3)


def guided(options: argparse.Namespace) -> None:
    """Looks for inputs that reach code which none reached before, and goes on from these; they are kept in `grown`."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["mlops_desktop", options.module]):
        module: Any = importlib.import_module(options.module)
    tries = _Tries(module.try_one, options)

    def try_one(data: bytes) -> None:
        tries(data)
        if tries.inputs % _SAID_EVERY == 0:
            tries.write_down()

    settings: dict[str, object] = {
        "max_total_time": options.seconds,
        "timeout": options.seconds_for_one,
        "rss_limit_mb": 0,  # it would count what the process that started us holds
        "max_len": mutations.LARGEST,
        "artifact_prefix": options.folder / FINDING,
        "detect_leaks": 0,
    }
    if known := getattr(module, "WORDS", ()):
        settings["dict"] = words = options.folder / "words"
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in known), encoding="ascii")
    said = [f"-{name}={value}" for name, value in settings.items()]
    atheris.Setup([sys.argv[0], *said, str(options.grown), str(options.corpus)], try_one)
    with limits.watch(limits.MemoryWatch(MEMORY_CAP, _leave_for_memory)):
        atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02X}" for byte in word)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("module")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--seconds-for-one", type=int, default=20)
    parser.add_argument("--seed", default="")
    parser.add_argument("--grown", type=Path, help="be guided by coverage, and keep what that finds here")
    options = parser.parse_args(arguments)
    faulthandler.enable()
    limits.restrict_process(MEMORY_CAP)
    scratch = options.folder / "scratch"
    scratch.mkdir()
    os.chdir(scratch)
    if options.grown:
        guided(options)
    else:
        plainly(options)


if __name__ == "__main__":
    main(sys.argv[1:])
