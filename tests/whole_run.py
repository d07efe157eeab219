"""The whole test run, in parts at once: the rooms, what writes to disks, the window, the paths from end to end, and the
engines if wanted.

`dev.py test` calls it. Those of the rooms are measured and held to the coverage floors.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
BUILD = ROOT / "build"
END_TO_END = TESTS / "end_to_end"
WINDOW = TESTS / "gui"
ON_DISKS = tuple(TESTS / room for room in ("storage", "workers", "power", "fuzzing"))
"""What waits for disks and workers more than it computes."""
HOW = "python3 dev.py test --engines"
Command = Sequence[str | Path]


def show(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say(text: str) -> None:
    show(f"dev.py: {text}")


def run(command: Command, **environment: str) -> int:
    """Runs a command in the checkout and gives its exit code. After Ctrl+C the child ends first, then we do."""
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}) as child:
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.wait()
            raise


def whole(*, long: bool, coverage: bool, engines: bool) -> int:
    data = BUILD / "coverage"
    if data.exists():
        shutil.rmtree(data)
    data.mkdir(parents=True)
    store, fork = str(data / "data"), "fork" if hasattr(os, "fork") else "subprocess"
    skipped = data / "skipped-engines"
    plain: list[str | Path] = [sys.executable, "-m", "pytest", "--durations=12", *(["--long"] if long else [])]
    covered: list[str | Path] = [sys.executable, "-m", "coverage", "run", "-m", *plain[2:]] if coverage else plain
    measured = {"COVERAGE_FILE": store, "COVERAGE_FORK": fork} if coverage else {}
    # Tests on engines share them, so they are one part; without engines each part tells which of its tests it skips.
    others: list[str | Path] = ["-m", "not engines"] if engines else ["--skipped-engines", skipped]
    if engines:
        say("tests on engines run too; as root on Debian they install Docker, sshd and what else they lack")
    with contextlib.ExitStack() as stack:
        finish = [
            stack.enter_context(_beside("the end-to-end tests", [*plain, *others, END_TO_END])),
            stack.enter_context(_beside("the window's tests", [*covered, *others, WINDOW], **measured)),
            stack.enter_context(
                _beside("the tests of storage and workers", [*covered, *others, *ON_DISKS], **measured)
            ),
        ]
        if engines:
            command = [*covered, "-m", "engines", "--engines", TESTS]
            finish.insert(0, stack.enter_context(_beside("the tests on engines", command, **measured)))
        apart = [f"--ignore={place}" for place in (END_TO_END, WINDOW, *ON_DISKS)]
        code = run([*covered, *others, *apart], **measured)
        for wait in reversed(finish):
            code = wait() or code
    if skipped.exists():
        say(f"{len(skipped.read_text(encoding='utf-8').splitlines())} engine tests skipped: run them with {HOW}")
    return (_floors(store, data / "coverage.json") or code) if coverage else code


def _floors(store: str, report: Path) -> int:
    # A killed process leaves a file that cannot be read; that is no news.
    run([sys.executable, "-W", "ignore", "-m", "coverage", "combine", "--quiet"], COVERAGE_FILE=store)
    run([sys.executable, "-m", "coverage", "json", "--quiet", "-o", report], COVERAGE_FILE=store)
    return run([sys.executable, TESTS / "coverage_floors.py", report])


@contextlib.contextmanager
def _beside(name: str, command: Command, **environment: str) -> Iterator[Callable[[], int]]:
    """Runs the command beside others; the function given waits for it, prints what it said, and gives its exit code."""
    with tempfile.TemporaryFile("w+", dir=BUILD, encoding="utf-8", errors="replace") as log:
        child = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT
        )

        def finish() -> int:
            code = child.wait()
            say(f"{name}, which ran beside the others:")
            log.seek(0)
            show(log.read())
            return code

        try:
            yield finish
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--long", "--no-coverage", "--engines"):
        parser.add_argument(option, action="store_true")
    options = parser.parse_args(arguments)
    try:
        return whole(long=options.long, coverage=not options.no_coverage, engines=options.engines)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
