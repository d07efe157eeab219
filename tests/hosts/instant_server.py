"""The real serving program with a model that loads in a moment, for tests that are not about models."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mlops_desktop.serving import main


class Instant:
    """Answers every row with 1; a file `wrong` in the bundle's folder makes its example wrong."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def predict_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{"prediction": 1} for _ in rows]

    def check_example(self) -> str | None:
        return "2 instead of 1" if (self._folder / "wrong").exists() else None


def load(folder: Path, manifest_hash: str) -> Instant:
    return Instant(folder)


if __name__ == "__main__":
    main._load = load
    sys.exit(main.main())
