"""From process start to the first painted window: ours beside an empty PySide6 window, in turns, in the same run."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15
ENTRY = "import sys; from mlops_desktop.__main__ import main; sys.exit(main())"
"""What the installed `mlops-desktop` does."""
GOAL = 1.3
EMPTY = """
import json, sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Window(QMainWindow):
    painted = False
    def paintEvent(self, event):
        if not self.painted:
            self.painted = True
            QTimer.singleShot(0, self.done)
    def done(self):
        painted = time.monotonic_ns()
        with open(sys.argv[1], "w") as file:
            json.dump({"painted": painted, "cpu": time.process_time(), "modules": sorted(sys.modules)}, file)
        QApplication.quit()

app = QApplication([])
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""


def first_paint(command: list[str], folder: Path) -> tuple[float, float, list[str]]:
    """Seconds from before the process is started to its first painted window, CPU seconds, and modules loaded."""
    report = folder / "report.json"
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "MLOPS_STATE_FOLDER": str(folder / "state"),
        # An installed program has its byte code; a checkout may not, or may not be allowed to write it.
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.monotonic_ns()
    subprocess.run([*command, str(report)], env=environment, check=True, capture_output=True, timeout=60)
    said = json.loads(report.read_text("utf-8"))
    return (said["painted"] - started) / 1e9, said["cpu"], said["modules"]


def main() -> int:
    ours = [sys.executable, "-c", ENTRY, "--exit-after-first-paint"]
    empty = [sys.executable, "-c", EMPTY]
    times: dict[str, list[float]] = {"ours": [], "empty": []}
    used: dict[str, list[float]] = {"ours": [], "empty": []}
    modules: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "state").mkdir()
        workspace = folder / "nyc-delays"
        workspace.mkdir()
        (workspace / "workspace.json").write_text("{}", "utf-8")
        (folder / "state" / "last.json").write_text(json.dumps({"folder": str(workspace)}), "utf-8")
        for warm in (True, *[False] * ROUNDS):
            for name, command in (("empty", empty), ("ours", ours)):
                seconds, cpu, modules[name] = first_paint(command, folder)
                if not warm:
                    times[name].append(seconds)
                    used[name].append(cpu)
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratio = medians["ours"] / medians["empty"]
    for name in ("empty", "ours"):
        values = times[name]
        span = f"{min(values):.3f} to {max(values):.3f}"
        cpu = statistics.median(used[name])
        print(f"{name:6} median {medians[name]:.3f} s ({span}), CPU {cpu:.3f} s, {len(modules[name])} modules")
    added = sorted({module.partition(".")[0] for module in set(modules["ours"]) - set(modules["empty"])})
    print(f"ours besides: {', '.join(added)}")
    print(f"ratio {ratio:.2f} (goal {GOAL}): {'met' if ratio <= GOAL else 'missed'}")
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
