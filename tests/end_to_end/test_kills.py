"""kill -9 of the command line, the keeper or the worker at any moment: nothing acknowledged is lost, states are true.

The short form kills one victim once in each kind of work, the long form every victim thirty times. A strike at somebody
who is gone already is none: it is tried again.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest
from _pytest.mark import ParameterSet
from tests.end_to_end.conftest import CommandLine, until

from mlops_desktop import bootstrap
from mlops_desktop.domain.deployments import DeploymentStatus
from mlops_desktop.domain.jobs import Job, JobStatus
from mlops_desktop.services.workspace import Workspace

TRUE_WITHIN = 5.0
"""Seconds after which a job whose worker was killed must say so."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "times" in metafunc.fixturenames:
        metafunc.parametrize("times", [1, pytest.param(30, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = random.Random(3)
    path = tmp_path_factory.mktemp("table") / "numbers.csv"
    lines = ["a,b,c,y"]
    for _ in range(20_000):
        a, b, c = source.random(), source.gauss(0, 1), source.choice("rgb")
        lines.append(f"{a:.6f},{b:.6f},{c},{int(a + b + source.gauss(0, 1) > 0.5)}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def workspace(mlops: CommandLine) -> Iterator[Workspace]:
    with bootstrap.open_workspace(mlops.folder) as opened:
        yield opened


def kill(process: psutil.Process | subprocess.Popen[str] | None) -> bool:
    """Whether it was alive until then."""
    if process is None:
        return False
    if isinstance(process, subprocess.Popen):
        process.kill()
        return process.wait(timeout=10) == -signal.SIGKILL
    try:
        was_alive = process.status() != psutil.STATUS_ZOMBIE
        process.kill()
        process.wait(timeout=10)
    except psutil.NoSuchProcess:
        return False
    return bool(was_alive)


def until_killed(times: int, strike: Callable[[int, int], bool]) -> None:
    """Strikes until so many were killed. A strike is given its number, and how often in turn the ones before missed."""
    killed = missed = 0
    for number in range(4 * times + 8):
        if strike(number, missed):
            killed, missed = killed + 1, 0
        else:
            missed += 1
        if killed == times:
            return
    raise AssertionError(f"only {killed} of {times} were killed; the others were gone already")


def await_moment(missed: int, at_work: Callable[[], object]) -> None:
    """Every other time any moment, else one of the work; the earlier in it, the more often it was missed."""
    if not missed and random.random() < 0.5:
        time.sleep(random.uniform(0.05, 2.5))
    else:
        until(at_work, 60, "the work")
        time.sleep(random.uniform(0.0, 0.5 / 4**missed))


def worker_of(job: Job) -> psutil.Process | None:
    try:
        return psutil.Process(job.process.pid) if job.process else None
    except psutil.NoSuchProcess:
        return None


def strike(victim: str, mlops: CommandLine, workspace: Workspace, command: subprocess.Popen[str], missed: int) -> bool:
    """Whether the victim was killed."""
    await_moment(missed, lambda: command.poll() is not None or working(workspace))
    if victim == "command line":
        return kill(command)
    if victim == "keeper":
        return kill(mlops.keeper())
    jobs = working(workspace)
    killed = [kill(worker_of(job)) for job in jobs]
    until(lambda: have_ended(workspace, jobs), TRUE_WITHIN, "the end of jobs whose workers were killed")
    return any(killed)


def working(workspace: Workspace) -> Sequence[Job]:
    """The jobs that have a worker."""
    return [job for job in workspace.jobs.list(statuses=(JobStatus.RUNNING,)) if job.process]


def have_ended(workspace: Workspace, jobs: Sequence[Job]) -> bool:
    return all(workspace.jobs.get(job.id).status.is_ended for job in jobs)


def settle(workspace: Workspace) -> None:
    """As the next face would: sees to a keeper, then everything ends by itself."""

    def ended() -> bool:
        workspace.see_to_keeper()
        return not workspace.jobs.list(statuses=(JobStatus.QUEUED, JobStatus.RUNNING))

    until(ended, 120, "the end of all jobs")


def check_ends(workspace: Workspace) -> None:
    for job in workspace.jobs.list():
        assert job.status is JobStatus.FINISHED or (job.failure and job.failure.message), job
    assert workspace.verify().problems == ()


def victims(short: str, *others: str) -> list[ParameterSet | str]:
    """One of them in every run, each in the long form."""
    return [short, *(pytest.param(other, marks=pytest.mark.long) for other in others)]


@pytest.mark.parametrize("victim", victims("worker", "command line", "keeper"))
def test_d_17_j_03_import(mlops: CommandLine, workspace: Workspace, table: Path, victim: str, times: int) -> None:
    def one(number: int, missed: int) -> bool:
        command = mlops.start("datasets", "import", table, "--name", f"numbers{number}", "--json")
        killed = strike(victim, mlops, workspace, command, missed)
        out, _ = command.communicate(timeout=120)
        settle(workspace)
        if command.returncode == 0:
            assert workspace.datasets.get(json.loads(out)["version"]["dataset_name"]).rows == 20_000
        for dataset in workspace.datasets.list():
            assert len(workspace.datasets.versions(dataset.name)) <= 1
        return killed

    until_killed(times, one)
    check_ends(workspace)


@pytest.mark.parametrize("victim", victims("keeper", "command line", "worker"))
def test_j_03_training(mlops: CommandLine, workspace: Workspace, table: Path, victim: str, times: int) -> None:
    mlops("datasets", "import", table, "--name", "numbers")

    def one(number: int, missed: int) -> bool:
        command = mlops.start("experiments", "run", "numbers", "y", "-e", "LogisticRegression", "--json")
        killed = strike(victim, mlops, workspace, command, missed)
        out, _ = command.communicate(timeout=120)
        settle(workspace)
        if command.returncode == 0:
            assert all(workspace.experiments.run(run["name"]).bundle_hash for run in json.loads(out))
        return killed

    until_killed(times, one)
    for run in workspace.experiments.runs():
        job = workspace.jobs.get(run.job_id)
        assert run.status.value == job.status.value
        assert bool(run.bundle_hash) == (job.status is JobStatus.FINISHED)
    check_ends(workspace)


class Client(threading.Thread):
    """Asks the endpoint again and again, as somebody outside would."""

    def __init__(self, url: str, token: str, row: dict[str, object]) -> None:
        super().__init__()
        self.body = json.dumps({"rows": [row]}).encode()
        self.url, self.token = url, token
        self.answers = 0
        self.failures: list[str] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.02):
            request = urllib.request.Request(f"{self.url}/predict", self.body)
            request.add_header("Content-Type", "application/json")
            request.add_header("Authorization", f"Bearer {self.token}")
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    json.load(answer)
                    self.answers += 1
            except OSError as error:
                self.failures.append(f"{time.monotonic():.2f} {error!r}")


@pytest.mark.parametrize("victim", victims("keeper", "command line", "new server"))
def test_switch(mlops: CommandLine, workspace: Workspace, table: Path, victim: str, times: int) -> None:
    """Whatever dies, what answered before goes on answering every request, and one deployment answers at the end."""
    mlops("datasets", "import", table, "--name", "numbers")
    for run in mlops.json("experiments", "run", "numbers", "y", "-e", "LogisticRegression", "-e", "DecisionTree"):
        mlops("models", "register", run["name"], "m")
    deployed = mlops.json("deployments", "deploy", "m@v1")
    client = Client(deployed["url"], deployed["token"], dict(workspace.models.example_rows("m@v1")[0]))

    def new_server() -> psutil.Process | None:
        newest = workspace.deployments.history("m")[0]
        starts = newest.process if newest.status is DeploymentStatus.STARTING else None
        return psutil.Process(starts.pid) if starts and psutil.pid_exists(starts.pid) else None

    def one(number: int, missed: int) -> bool:
        command = mlops.start("deployments", "deploy", f"m@v{2 - number % 2}")
        await_moment(missed, lambda: command.poll() is not None or new_server())
        if victim == "command line":
            killed = kill(command)
        else:
            killed = kill(mlops.keeper() if victim == "keeper" else new_server())
        command.communicate(timeout=120)
        settle_rollouts(workspace)
        return killed

    client.start()
    try:
        until_killed(times, one)
    finally:
        client.over.set()
        client.join()
    assert client.failures == []
    assert client.answers > 0
    wanted = workspace.deployments.endpoint("m").wanted_deployment_id
    assert one_answers(mlops, workspace) == wanted
    check_ends(workspace)


def settle_rollouts(workspace: Workspace) -> None:
    def ended() -> bool:
        workspace.see_to_keeper()
        return all(rollout.step.is_ended for rollout in workspace.deployments.rollouts("m"))

    until(ended, 120, "the end of all rollouts")


def one_answers(mlops: CommandLine, workspace: Workspace) -> str:
    """The id of the one deployment that answers; exactly one is in the state running."""
    running = [d for d in workspace.deployments.history("m") if d.status is DeploymentStatus.RUNNING]
    assert len(running) == 1
    answers = {mlops.json("deployments", "predict", "m")["model"] for _ in range(5)}
    assert answers == {running[0].model_reference}
    return running[0].id


def test_a_killed_server_comes_back_by_itself(mlops: CommandLine, workspace: Workspace, table: Path) -> None:
    mlops("datasets", "import", table, "--name", "numbers")
    (run,) = mlops.json("experiments", "run", "numbers", "y", "-e", "DecisionTree")
    mlops("models", "register", run["name"], "m")
    mlops("deployments", "deploy", "m")
    before = workspace.deployments.history("m")[0].process
    assert before is not None
    psutil.Process(before.pid).send_signal(signal.SIGKILL)

    def back() -> bool:
        now = workspace.deployments.history("m")[0]
        return now.status is DeploymentStatus.RUNNING and now.process not in (None, before)

    until(back, 60, "a new server")
    assert mlops.json("deployments", "predict", "m")["model"] == "m@v1"
    assert workspace.deployments.history("m")[0].restarts == 1
