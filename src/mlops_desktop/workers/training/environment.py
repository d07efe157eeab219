"""Where a run is made: versions, platform, and the git commit where the program runs from a checkout."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path

import mlops_desktop
from mlops_desktop.domain.experiments import Environment

PACKAGES = ("scikit-learn", "numpy", "scipy", "pandas", "polars", "joblib", "threadpoolctl", "skops")
_GIT_SECONDS = 10


def describe(threads: int, folder: Path | None) -> Environment:
    """`folder` is where the program's code lies; outside a git checkout there is no commit."""
    commit, dirty = _git_state(folder) if folder is not None else (None, False)
    return Environment(
        program_version=mlops_desktop.__version__,
        python_version=platform.python_version(),
        platform=platform.platform(),
        packages=package_versions(PACKAGES),
        threads=threads,
        git_commit=commit,
        git_dirty=dirty,
    )


def package_versions(names: tuple[str, ...]) -> dict[str, str]:
    """The installed ones of these packages."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _git_state(folder: Path) -> tuple[str | None, bool]:
    if _git(folder, "ls-files", "--error-unmatch", ".") is None:
        return None, False  # installed into a folder of some other checkout
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None, False
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return commit, bool(changes)


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=_GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
