"""A process that registers runs as versions of one model by the service, once it is told to begin.

Arguments: workspace folder, state folder, names of runs. A line is printed when it is ready, and each version's number.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.services.world import World


def main() -> None:
    folder, state, *runs = sys.argv[1:]
    world = World(Path(folder), Path(state), Path(folder) / "registry.db")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for run in runs:
        sys.stdout.write(f"{world.workspace.models.register(run, 'late', alias='champion').number}\n")
    world.close()


if __name__ == "__main__":
    main()
