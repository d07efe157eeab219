"""How much of each room the tests must reach; the floors only go up."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FLOORS = {
    "domain": 95.0,
    "services": 95.0,
    "storage": 90.0,
    "workers": 90.0,
    "serving": 90.0,
    "hosts": 90.0,
    "gui": 90.0,
    "cli": 80.0,
    "keeper": 80.0,
}
ENTRY = "entry"
"""The modules beside the rooms: bootstrap, resources, __main__. They are shown, and have no floor."""


def room_of(path: str) -> str:
    parts = Path(path).as_posix().split("mlops_desktop/")[-1].split("/")
    return parts[0] if len(parts) > 1 else ENTRY


def reached(report: Mapping[str, Any]) -> dict[str, float]:
    """Percent of statements and branches reached, by room."""
    wanted: dict[str, int] = {}
    done: dict[str, int] = {}
    for path, file in report["files"].items():
        summary, room = file["summary"], room_of(path)
        wanted[room] = wanted.get(room, 0) + summary["num_statements"] + summary.get("num_branches", 0)
        done[room] = done.get(room, 0) + summary["covered_lines"] + summary.get("covered_branches", 0)
    return {room: 100.0 * done[room] / wanted[room] if wanted[room] else 100.0 for room in sorted(wanted)}


def main(path: Path) -> int:
    """Prints a line per room; 1 where one is under its floor."""
    under = False
    for room, percent in reached(json.loads(path.read_text(encoding="utf-8"))).items():
        floor = FLOORS.get(room, 0.0)
        under |= percent < floor
        print(f"coverage {room:<9} {percent:5.1f} %   floor {floor:.0f} %{'   UNDER' if percent < floor else ''}")
    return 1 if under else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
