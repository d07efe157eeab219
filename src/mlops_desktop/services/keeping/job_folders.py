"""What jobs leave in their folders, taken away before a start and after an end."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from mlops_desktop.domain.errors import JobFailedError


def clear(folder: Path) -> None:
    """Raises JobFailedError where something of an earlier start cannot be removed."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise JobFailedError(
            f"The job's folder cannot be cleared: {error}.", hint="Check who may write in the workspace folder."
        ) from error


def remove(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
