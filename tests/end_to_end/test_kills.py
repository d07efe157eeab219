"""kill -9 of the command line, the keeper or the worker at any moment: nothing acknowledged is lost, states are true.

The short form kills each victim once in each phase, the long form thirty times.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
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


def kill(process: psutil.Process | subprocess.Popen[str] | None) -> None:
    if process is not None:
        try:
            process.kill()
            process.wait(timeout=10)
        except psutil.NoSuchProcess:
            pass


def worker_of(job: Job) -> psutil.Process | None:
    try:
        return psutil.Process(job.process.pid) if job.process else None
    except psutil.NoSuchProcess:
        return None


def strike(victim: str, mlops: CommandLine, workspace: Workspace, command: subprocess.Popen[str]) -> None:
    """Kills the victim: every other time at any moment, else at any moment of its work on the job."""
    if random.random() < 0.5:
        time.sleep(random.uniform(0.05, 2.5))
    else:
        until(lambda: command.poll() is not None or working(workspace), 60, "work on the job")
        time.sleep(random.uniform(0.0, 0.5))
    if victim == "command line":
        kill(command)
    elif victim == "keeper":
        kill(mlops.keeper())
    else:
        killed = working(workspace)
        for job in killed:
            kill(worker_of(job))
        until(lambda: have_ended(workspace, killed), TRUE_WITHIN, "the end of jobs whose workers were killed")


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
    for number in range(times):
        name = f"numbers{number}"
        command = mlops.start("datasets", "import", table, "--name", name, "--json")
        strike(victim, mlops, workspace, command)
        out, _ = command.communicate(timeout=120)
        settle(workspace)
        if command.returncode == 0:
            assert workspace.datasets.get(json.loads(out)["version"]["dataset_name"]).rows == 20_000
        for dataset in workspace.datasets.list():
            assert len(workspace.datasets.versions(dataset.name)) <= 1
    check_ends(workspace)


@pytest.mark.parametrize("victim", victims("keeper", "command line", "worker"))
def test_j_03_training(mlops: CommandLine, workspace: Workspace, table: Path, victim: str, times: int) -> None:
    mlops("datasets", "import", table, "--name", "numbers")
    for _ in range(times):
        command = mlops.start("experiments", "run", "numbers", "y", "-e", "LogisticRegression", "--json")
        strike(victim, mlops, workspace, command)
        out, _ = command.communicate(timeout=120)
        settle(workspace)
        if command.returncode == 0:
            assert all(workspace.experiments.run(run["name"]).bundle_hash for run in json.loads(out))
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
    client.start()
    try:
        for number in range(times):
            command = mlops.start("deployments", "deploy", f"m@v{2 - number % 2}")
            time.sleep(random.uniform(0.05, 3.0))
            if victim == "command line":
                kill(command)
            elif victim == "keeper":
                kill(mlops.keeper())
            else:
                newest = workspace.deployments.history("m")[0]
                if newest.process and newest.status is DeploymentStatus.STARTING:
                    kill(psutil.Process(newest.process.pid))
            command.communicate(timeout=120)
            settle_rollouts(workspace)
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
