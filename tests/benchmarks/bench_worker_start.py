"""How long a job waits for its start: on the warm worker against a cold spawn of the same worker.

Run it as `python tests/benchmarks/bench_worker_start.py [pairs]`. From the order to the `started` message in the
journal, interleaved, medians. The job itself fails at once for want of a spec, which does not matter here.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import tempfile
import time
from pathlib import Path

from mlops_desktop.domain.errors import CallError
from mlops_desktop.domain.jobs import JobKind, MessageKind
from mlops_desktop.workers.launcher import WorkerLauncher

GOAL = 1 / 100


def start(launcher: WorkerLauncher, folder: Path) -> float:
    """Seconds from the order until the journal says that the job started; then waits for its end."""
    ordered = time.perf_counter()
    process = launcher.start_job(JobKind.SCORE, {}, folder)
    while not any(m.kind is MessageKind.STARTED for m in launcher.read_journal(folder, 0).messages):
        time.sleep(0.0005)
    taken = time.perf_counter() - ordered
    while launcher.is_alive(process):
        time.sleep(0.005)
    return taken


def warm_start(launcher: WorkerLauncher, folder: Path) -> float:
    launcher.prepare()
    with contextlib.suppress(CallError):  # any answer at all means that it is warm
        launcher.call("is it warm", {})
    return start(launcher, folder)


def main(pairs: int) -> int:
    warm, cold = [], []
    launcher = WorkerLauncher(keep_warm=False)
    with tempfile.TemporaryDirectory() as name:
        for number in range(pairs + 1):
            both = (
                start(launcher, Path(name) / f"cold{number}"),
                warm_start(launcher, Path(name) / f"warm{number}"),
            )
            if number:  # the first pair fills the file caches
                cold.append(both[0])
                warm.append(both[1])
    launcher.close()
    ratio = statistics.median(warm) / statistics.median(cold)
    for title, seconds in (("cold spawn", cold), ("warm worker", warm)):
        median, least, most = (1000 * pick(seconds) for pick in (statistics.median, min, max))
        print(f"{title:<11} median {median:8.1f} ms  ({least:.1f} to {most:.1f})")
    print(
        f"ratio 1/{1 / ratio:.0f} over {pairs} pairs: goal 1/{1 / GOAL:.0f} {'reached' if ratio <= GOAL else 'MISSED'}"
    )
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 7))
