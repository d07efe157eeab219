"""Fuzzing: every parser of foreign bytes is given bytes that nobody meant to write, and may only refuse them in words.

A target is a module `targets/<name>.py` with `try_one(data: bytes) -> None`. It may raise a UserError, which stands for
a refusal; anything else that it raises is a finding, and so is ending, taking longer than 20 seconds over one input, or
holding more than 1 GiB. It is called in an empty folder of its own, where it may write. `WORDS`, if it has them, are
bytes that its parser looks for. `corpus/<name>/` holds inputs to begin with, small and of every kind; a finding is
added to it as `found-...`, so that every later run tries it.

The short form tries the corpus and some hundred changes of it, the same ones each time. The long form goes on for 20
minutes (`--fuzz-minutes`), guided by coverage where atheris can be had. By hand:
`python -m tests.fuzzing.campaign journal --minutes 5`.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fuzzing import trying

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CORPUS = HERE / "corpus"
GROWN = ROOT / "build" / "fuzzing"
CHANGES = 100
SECONDS_FOR_ONE = 20
ROUND_SECONDS = 60
"""What guides by coverage keeps some kilobytes of each input that it tried: its process is not left to grow."""
_SHORT_SECONDS = 240
_LONGER = 120
"""Seconds beyond its time that a process may take: to start, and for its last input."""
_LAST_LINES = 60


class FindingError(AssertionError):
    """Something was found; the input lies in the corpus now."""


@dataclass(frozen=True)
class Outcome:
    """What was tried without a finding. `peak` is in bytes."""

    inputs: int
    refused: int
    peak: int
    seconds: float
    is_guided: bool

    def __str__(self) -> str:
        guided = ", guided by coverage" if self.is_guided else ""
        return (
            f"{self.inputs:,} inputs in {self.seconds:.0f} s{guided}: {self.refused:,} refused, "
            f"{self.peak >> 20} MiB at most"
        )


def names() -> list[str]:
    return sorted(path.stem for path in (HERE / "targets").glob("*.py"))


def module_of(name: str) -> str:
    return f"tests.fuzzing.targets.{name}"


def can_be_guided() -> bool:
    return importlib.util.find_spec("atheris") is not None


def short(module: str, corpus: Path, count: int = CHANGES) -> Outcome:
    """Raises FindingError."""
    return _run(module, corpus, ["--count", str(count), "--seed", module], _SHORT_SECONDS)


def long(module: str, corpus: Path, seconds: int, *, is_guided: bool) -> Outcome:
    """In rounds, each a process of its own. Raises FindingError."""
    grown = GROWN / module.rpartition(".")[2]
    grown.mkdir(parents=True, exist_ok=True)
    guidance = ["--grown", str(grown)] if is_guided else []
    rounds: list[Outcome] = []
    started = time.monotonic()
    while (left := seconds - int(time.monotonic() - started)) > 0:
        lasting = min(left, ROUND_SECONDS)
        options = ["--seconds", str(lasting), "--seed", str(time.time_ns()), *guidance]
        rounds.append(_run(module, corpus, options, lasting + _LONGER, is_guided=is_guided))
    return Outcome(
        sum(each.inputs for each in rounds),
        sum(each.refused for each in rounds),
        max(each.peak for each in rounds),
        time.monotonic() - started,
        is_guided,
    )


def _run(module: str, corpus: Path, options: Sequence[str], patience: float, *, is_guided: bool = False) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="fuzzing-") as made:
        folder = Path(made)
        options = [*options, "--seconds-for-one", str(SECONDS_FOR_ONE)]
        command = [sys.executable, "-m", "tests.fuzzing.trying", module, str(corpus), made, *options]
        unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        started = time.monotonic()
        with (folder / "said").open("w+b") as said:
            child = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=unmeasured
            )
            try:
                code = child.wait(patience)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                child.kill()
                child.wait()
            said.seek(0)
            last = "\n".join(said.read().decode("utf-8", "replace").splitlines()[-_LAST_LINES:])
        found = _found(folder)
        if code == 0 and (folder / trying.OUTCOME).exists():
            counted = json.loads((folder / trying.OUTCOME).read_text(encoding="utf-8"))
            return Outcome(**counted, seconds=time.monotonic() - started, is_guided=is_guided)
        how = "did not end" if code is None else f"ended with {code}"
        if found is None:
            raise FindingError(f"{module} {how} before it tried anything:\n{last}")
        kept = corpus / f"found-{hashlib.sha256(found.read_bytes()).hexdigest()[:12]}"
        shutil.copyfile(found, kept)
        raise FindingError(f"{module} {how}; the input is {kept} now:\n{last}")


def _found(folder: Path) -> Path | None:
    """What coverage guidance put aside, or what was tried last."""
    put_aside = sorted(folder.glob(f"{trying.FINDING}*"))
    current = folder / trying.CURRENT
    return put_aside[0] if put_aside else current if current.exists() else None


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Fuzz one target.")
    parser.add_argument("name", choices=names())
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--plain", action="store_true", help="not guided by coverage")
    options = parser.parse_args(arguments)
    is_guided = can_be_guided() and not options.plain
    try:
        outcome = long(module_of(options.name), CORPUS / options.name, int(options.minutes * 60), is_guided=is_guided)
    except FindingError as finding:
        sys.stdout.write(f"{finding}\n")
        return 1
    sys.stdout.write(f"{options.name}: {outcome}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
