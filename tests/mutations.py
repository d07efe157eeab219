"""The mutation check: one safety rule after the other is taken out of a copy of the source, and the tests must fail.

`python3 dev.py mutations` runs it, and so does the long form of the tests. The source in the checkout is not touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("src") / "mlops_desktop"
COPIED = ("src", "tests", "resources", "docs", "pyproject.toml", "dev.py", "README.md", "CONTRIBUTING.md")
TESTS_FAILED = 1
"""pytest's exit code where tests ran and some failed; every other one but 0 means that it could not do its work."""


@dataclass(frozen=True)
class Mutation:
    """`before` is found once in the file and becomes `after`; each of `tests` alone must notice."""

    name: str
    file: Path
    before: str
    after: str
    tests: tuple[str, ...]


MUTATIONS = (
    Mutation(
        "the fsync of a folder is removed",
        PACKAGE / "storage" / "durable.py",
        "    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)\n    try:\n        os.fsync(descriptor)\n",
        "    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)\n    try:\n        pass\n",
        ("tests/storage/test_storage_durable.py", "tests/power/test_power_cuts.py"),
    ),
    Mutation(
        "the check of a bundle against its manifest is skipped",
        PACKAGE / "storage" / "bundles.py",
        "            bundle.check(place, manifest_hash)\n",
        "            pass\n",
        ("tests/storage/test_storage_bundles.py",),
    ),
    Mutation(
        "any token is taken",
        PACKAGE / "serving" / "requests.py",
        'if not hmac.compare_digest(digest, token_sha256) or scheme.lower() != "bearer":',
        'if not digest or scheme.lower() != "bearer":',
        ("tests/serving/test_app.py",),
    ),
    Mutation(
        "the link of the chain of decisions is dropped",
        PACKAGE / "domain" / "audit.py",
        "return entry.hash == entry_hash(entry) and entry.previous_hash == previous_hash",
        "return entry.hash == entry_hash(entry)",
        ("tests/domain/test_audit.py", "tests/storage/test_storage_soundness.py"),
    ),
    Mutation(
        "a part of a journal is stored without its offset",
        PACKAGE / "services" / "keeping" / "jobs.py",
        "advanced = dataclasses.replace(current, journal_offset=part.offset, process=process)",
        "advanced = dataclasses.replace(current, process=process)",
        ("tests/services/test_keeping_jobs.py",),
    ),
    Mutation(
        "a log is read without looking whose it is",
        PACKAGE / "storage" / "log_check.py",
        "    if own.number != named.number:\n",
        "    if False:\n",
        ("tests/storage/test_storage_damage.py",),
    ),
    Mutation(
        "a log is asked of SQLite after a stranger took it away",
        PACKAGE / "storage" / "own_log.py",
        "        if self._here() != self._opened:\n",
        "        if False:\n",
        ("tests/storage/test_storage_damage.py",),
    ),
    Mutation(
        "a row's seal is not compared",
        PACKAGE / "storage" / "soundness.py",
        "    yield from broken_seals(connection)\n",
        "    broken_seals(connection)\n",
        ("tests/storage/test_storage_damage.py",),
    ),
    Mutation(
        "the second of two editors is let through",
        PACKAGE / "storage" / "transaction.py",
        "        if stored != revision:\n",
        "        if stored < revision:\n",
        ("tests/storage/test_storage_repositories.py",),
    ),
    Mutation(
        "a store without its mark is written to",
        PACKAGE / "storage" / "store_mark.py",
        "    if not (root / MARK).exists():\n        raise WorkspaceError(",
        "    if not root:\n        raise WorkspaceError(",
        ("tests/end_to_end/test_places.py",),
    ),
)


def misplaced() -> list[str]:
    """The mutations whose text is not found once; they are to follow the source."""
    found = {mutation.name: (ROOT / mutation.file).read_text("utf-8").count(mutation.before) for mutation in MUTATIONS}
    return [f"{name}: found {count} times" for name, count in found.items() if count != 1]


def unnoticed() -> list[str]:
    """Runs every mutation; gives those that some named test let pass."""
    with tempfile.TemporaryDirectory(prefix="mlops-mutations-") as name:
        copy = Path(name)
        for part in COPIED:
            source = ROOT / part
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
            if source.is_dir():
                shutil.copytree(source, copy / part, ignore=ignored)
            else:
                shutil.copyfile(source, copy / part)
        _require_own_source(copy)
        named = list(dict.fromkeys(tests for mutation in MUTATIONS for tests in mutation.tests))
        code, words = _run(copy, *named)
        if code != 0:
            return [f"the tests fail without any mutation (exit code {code}): {words}"]
        return [sentence for mutation in MUTATIONS for sentence in _try(copy, mutation)]


def _require_own_source(copy: Path) -> None:
    """A run that imported the checkout instead would prove nothing."""
    program = "import mlops_desktop; print(mlops_desktop.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=copy, env=_environment(copy), capture_output=True, text=True, check=True
    )
    if not Path(done.stdout.strip()).is_relative_to(copy):
        raise RuntimeError(f"the tests would use {done.stdout.strip()}")


def _try(copy: Path, mutation: Mutation) -> list[str]:
    file = copy / mutation.file
    sound = file.read_text("utf-8")
    if sound.count(mutation.before) != 1:
        return [f"{mutation.name}: its text is not found once"]
    file.write_text(sound.replace(mutation.before, mutation.after), "utf-8")
    found = []
    try:
        for tests in mutation.tests:
            began = time.monotonic()
            code, words = _run(copy, tests)
            verdict = "noticed" if code == TESTS_FAILED else f"NOT NOTICED, exit code {code}"
            _say(f"{mutation.name}: {verdict} by {tests} ({time.monotonic() - began:.0f} s): {words}")
            if code != TESTS_FAILED:
                found.append(f"{mutation.name}: not noticed by {tests} (exit code {code})")
    finally:
        file.write_text(sound, "utf-8")
    return found


def _run(copy: Path, *tests: str) -> tuple[int, str]:
    """pytest's exit code and its last line."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", *tests]
    done = subprocess.run(command, cwd=copy, env=_environment(copy), capture_output=True, text=True, check=False)
    lines = (done.stdout.strip() or done.stderr.strip()).splitlines()
    return done.returncode, lines[-1] if lines else ""


def _environment(copy: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(copy / "src"), str(copy)]), "PYTHONDONTWRITEBYTECODE": "1"}


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(_arguments: Sequence[str] = ()) -> int:
    wrong = misplaced() or unnoticed()
    for sentence in wrong:
        _say(sentence)
    if not wrong:
        _say(f"each of {len(MUTATIONS)} mutations turns the tests red")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
