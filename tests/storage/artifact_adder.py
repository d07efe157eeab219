"""A process that stores one file as an artifact, again and again. Arguments: root, source, times."""

from __future__ import annotations

import sys
from pathlib import Path

from mlops_desktop.storage.artifacts import FileArtifactStore


def main() -> None:
    root, source, times = sys.argv[1:]
    store = FileArtifactStore(Path(root))
    for _ in range(int(times)):
        sys.stdout.write(store.add(Path(source)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
