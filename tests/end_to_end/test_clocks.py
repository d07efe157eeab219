"""Clocks that are wrong, are set while something runs, or stood still with the whole computer."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from tests import needs
from tests.end_to_end.conftest import CommandLine, end_all, until
from tests.real_workspace import real_workspace

from mlops_desktop import bootstrap
from mlops_desktop.domain.deployments import DeploymentStatus
from mlops_desktop.domain.jobs import JobStatus
from mlops_desktop.services.workspace import Workspace

LONG = [pytest.mark.long, pytest.mark.timeout(900)]


@dataclasses.dataclass(frozen=True)
class ClockedLine(CommandLine):
    """The command line and all that it starts, by a clock that can be set while they run."""

    clock: Path = Path()
    library: Path = Path()
    zone: str = "UTC"

    def environment(self) -> Mapping[str, str]:
        clock = {"LD_PRELOAD": str(self.library), "TEST_CLOCK": str(self.clock), "TZ": self.zone}
        return {**super().environment(), **clock, "MLOPS_KEEPER_IDLE_SECONDS": "0.5"}

    def set(self, by: timedelta) -> None:
        part = self.clock.with_suffix(".part")
        part.write_text(str(int(by.total_seconds())))
        part.replace(self.clock)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = needs.tool("gcc", "gcc libc6-dev")
    made = tmp_path_factory.mktemp("clock") / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, source], check=True)
    return made


@pytest.fixture
def clocked(tmp_path: Path, library: Path) -> Iterator[ClockedLine]:
    line = ClockedLine(tmp_path / "study", tmp_path / "clock", library)
    line.set(timedelta())
    yield line
    line.set(timedelta())
    end_all(line)


def table(tmp_path: Path, rows: int) -> Path:
    path = tmp_path / "numbers.csv"
    path.write_text("a,b\n" + "".join(f"{n},{n * n}\n" for n in range(rows)))
    return path


EARLIEST, LATEST = datetime(1970, 1, 1, 0, 20, tzinfo=UTC), datetime(2262, 4, 10, tzinfo=UTC)
"""Python itself runs between these: it counts nanoseconds in 64 bits."""
AT_32_BITS = datetime(2038, 1, 19, 3, 14, 6, tzinfo=UTC)
Clock = tuple[datetime, str]
SOME: list[Clock] = [(LATEST, "Pacific/Kiritimati"), (EARLIEST, "America/New_York")]
ALL: list[Clock] = [*SOME, (AT_32_BITS, "UTC"), (datetime(2106, 2, 7, 6, 28, 14, tzinfo=UTC), "Asia/Kathmandu")]
CLOCKS = [pytest.param(SOME, id="short"), pytest.param(ALL, id="long", marks=LONG)]


@pytest.mark.parametrize("clocks", CLOCKS)
def test_s_20_with_any_clock_it_starts_and_what_came_later_is_later(
    clocked: ClockedLine, tmp_path: Path, clocks: list[Clock]
) -> None:
    """Versions and decisions are in the order in which they came, and times are of UTC, whatever zone is set."""
    clocked.set(until_it_is(clocks[0][0]))
    clocked("workspace", "create", clocked.folder)
    for number, (clock, zone) in enumerate(clocks, start=1):
        line = dataclasses.replace(clocked, zone=zone)
        line.set(until_it_is(clock))
        imported = line.json("datasets", "import", table(tmp_path, 10 * number), "--name", "numbers")
        assert imported["version"]["number"] == number
        made = datetime.fromisoformat(imported["version"]["created_at"])
        assert abs(made - clock) < timedelta(minutes=5)
        until(lambda: clocked.keeper() is None, 30, "the keeper's end")
    with bootstrap.open_workspace(clocked.folder) as workspace:
        versions = workspace.datasets.versions("numbers")
        assert [version.rows for version in versions] == [10 * n for n in range(1, len(clocks) + 1)]
        assert workspace.datasets.get("numbers").number == len(clocks)
        assert all(version.created_at.tzinfo is UTC for version in versions)
        assert [entry.seq for entry in workspace.audit()] == list(range(1, len(workspace.audit()) + 1))
        assert [job.status for job in workspace.jobs.list()] == [JobStatus.FINISHED] * len(clocks)
        assert workspace.verify().is_clean


def until_it_is(moment: datetime) -> timedelta:
    return moment - datetime.now(UTC)


JUMPS = [
    pytest.param(timedelta(days=400), id="later"),
    pytest.param(timedelta(days=-400), id="earlier", marks=LONG),
]


@pytest.mark.parametrize("jump", JUMPS)
def test_j_12_a_computer_that_slept_and_woke_with_another_clock_fails_no_job(
    clocked: ClockedLine, tmp_path: Path, jump: timedelta
) -> None:
    """Keeper and worker stand still and wake at another time of day; the import goes on as if nothing was."""
    clocked("workspace", "create", clocked.folder)
    command = clocked.start("datasets", "import", table(tmp_path, 300_000), "--name", "numbers", "--json")
    with bootstrap.open_workspace(clocked.folder) as workspace:
        until(lambda: workspace.jobs.list(statuses=(JobStatus.RUNNING,)), 60, "a running job")
        asleep(everybody(clocked.folder), clocked, jump, 0.5)
        out, errors = command.communicate(timeout=120)
        assert command.returncode == 0, errors
        assert json.loads(out)["version"]["rows"] == 300_000
        assert [job.status for job in workspace.jobs.list()] == [JobStatus.FINISHED]
        assert workspace.verify().is_clean


@pytest.mark.long
@pytest.mark.timeout(900)
def test_j_12_a_minute_of_sleep_with_a_run_and_an_endpoint_leaves_both_as_they_were(clocked: ClockedLine) -> None:
    with real_workspace(clocked.folder) as workspace:
        clocked("deployments", "deploy", "flight-late@champion", "--endpoint", "late")
        before = workspace.deployments.history("late")[0]
        command = clocked.start("experiments", "run", "flights@v2", "late", "-e", "HistGradientBoosting", "--json")
        until(lambda: running(workspace), 60, "a running job")
        asleep(everybody(clocked.folder), clocked, timedelta(days=1), 60)
        out, errors = command.communicate(timeout=300)
        assert command.returncode == 0, errors
        assert [run["status"] for run in json.loads(out)] == ["finished"]
        assert clocked.json("deployments", "predict", "late")["model"] == before.model_reference
        after = workspace.deployments.history("late")[0]
        assert (after.status, after.process, after.restarts) == (DeploymentStatus.RUNNING, before.process, 0)
        assert workspace.verify().is_clean


def running(workspace: Workspace) -> bool:
    return any(job.process for job in workspace.jobs.list(statuses=(JobStatus.RUNNING,)))


def everybody(folder: Path) -> list[psutil.Process]:
    """All processes that know the folder, but not this one: keeper, workers, servers, commands."""
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join([*process.cmdline(), process.cwd()])
            if process.pid != os.getpid() and str(folder) in words:
                found += [process, *process.children(recursive=True)]
        except psutil.Error:
            continue
    return list(dict.fromkeys(found))


def asleep(processes: list[psutil.Process], clocked: ClockedLine, jump: timedelta, seconds: float) -> None:
    assert processes
    for process in processes:
        send(process, signal.SIGSTOP)
    clocked.set(jump)
    time.sleep(seconds)  # the sleep itself, not a wait for something
    for process in processes:
        send(process, signal.SIGCONT)


def send(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
