"""A process that writes decisions into a registry, one commit after the other, and says which are acknowledged.

Arguments: workspace folder, state folder, own name, seconds. A line is printed after each commit.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.storage.storage_values import a_dataset, a_dataset_version

from mlops_desktop.storage.registry import open_registry


def main() -> None:
    folder, state, name, seconds = sys.argv[1:]
    registry = open_registry(
        Path(folder), state_folder=Path(state), actor=name, machine="laptop", program_version="0.1.0"
    )
    end = time.monotonic() + float(seconds)
    number = 0
    slowest = 0.0
    while time.monotonic() < end:
        number += 1
        began = time.monotonic()
        with registry.write() as unit:
            known = unit.datasets.find("shared")  # read, then write: what a deferred transaction cannot do
            count = int(unit.settings.get("count") or 0)
            dataset = a_dataset(f"{name} {number}")
            unit.datasets.add(dataset)
            unit.datasets.add_version(a_dataset_version(dataset))
            unit.settings.set("count", count + 1)
            unit.audit.append("dataset.import", dataset.name, {"known": known is not None})
            unit.commit()
        slowest = max(slowest, time.monotonic() - began)
        sys.stdout.write(f"{name} {number}\n")
        sys.stdout.flush()
    registry.close()
    sys.stdout.write(f"done {slowest:.3f}\n")


if __name__ == "__main__":
    main()
