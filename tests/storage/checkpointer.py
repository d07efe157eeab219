"""A process that moves a registry's log into its file again and again, as the keeper does beside those who write.

Arguments: workspace folder, state folder, seconds from one to the next, seconds in all. How many were done is printed,
and how many were put off.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from mlops_desktop.domain.errors import UserError
from mlops_desktop.storage.registry import open_registry


def main() -> None:
    folder, state, pace, seconds = sys.argv[1:]
    registry = open_registry(
        Path(folder), state_folder=Path(state), actor="keeper", machine="laptop", program_version="0.1.0"
    )
    end = time.monotonic() + float(seconds)
    done = put_off = 0
    while time.monotonic() < end:
        time.sleep(float(pace))
        registry.keep_reserve()
        try:
            registry.checkpoint()
            done += 1
        except UserError:
            put_off += 1
    registry.close()
    sys.stdout.write(f"{done} {put_off}\n")


if __name__ == "__main__":
    main()
