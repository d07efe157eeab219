"""Stores artifacts and a bundle in a process whose disk is recorded; says of each when it is stored.

Argument: the folder that is recorded. Lines of the record's marks: the store, and the name in it.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from tests.power.disk import mark

from mlops_desktop.serving.bundle import write_manifest
from mlops_desktop.storage.artifacts import FileArtifactStore
from mlops_desktop.storage.bundles import FolderBundleStore
from mlops_desktop.storage.durable import make_folder


def main() -> None:
    root = Path(sys.argv[1])
    dice = random.Random(1)
    for name in ("artifacts", "bundles"):
        make_folder(root / name)
    artifacts, bundles = FileArtifactStore(root / "artifacts"), FolderBundleStore(root / "bundles")
    for number in range(4):
        source = root.parent / f"source {number}"
        source.write_bytes(dice.randbytes(5_000))
        mark(f"artifacts {artifacts.add(source)}")
        bundle = root.parent / f"bundle {number}"
        bundle.mkdir()
        (bundle / "recipe.json").write_text(f'{{"number": {number}}}')
        (bundle / "model.skops").write_bytes(dice.randbytes(2_000))
        write_manifest(bundle)
        mark(f"bundles {bundles.add(bundle)}")


if __name__ == "__main__":
    main()
