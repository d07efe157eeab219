"""Jobs that outlive their owner, calls that end in time, one warm worker: with real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from mlops_desktop.domain.errors import CallError, JobFailedError, MemoryCapError, UnusableTargetError
from mlops_desktop.domain.jobs import JobKind, Message, MessageKind
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.services.ports import Workers
from mlops_desktop.workers import processes
from mlops_desktop.workers.launcher import WorkerLauncher, default_command

Start = Callable[..., ProcessIdentity]
Run = Callable[..., list[Message]]
Until = Callable[..., None]


def has_ended(launcher: WorkerLauncher, process: ProcessIdentity) -> Callable[[], bool]:
    return lambda: not launcher.is_alive(process)


def gone(*pids: int) -> Callable[[], bool]:
    return lambda: (
        not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids)
    )


def test_the_launcher_is_what_the_services_ask_for(launcher: WorkerLauncher) -> None:
    workers: Workers = launcher
    assert workers.heartbeat(Path("/nowhere")) is None


def test_a_job_runs_to_its_result_and_leaves_its_record(run: Run, launcher: WorkerLauncher, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    messages = run("work", {"alpha": float("inf"), "text": "$(x) ; rm --flag\n" + "y" * 100_000})
    assert [message.kind for message in messages] == [
        MessageKind.STARTED,
        MessageKind.PROGRESS,
        MessageKind.LOG,
        MessageKind.METRIC,
        MessageKind.RESULT,
    ]
    body: dict[str, Any] = dict(messages[-1].body)
    assert body["spec"] == json.loads((folder / "spec.json").read_text())
    assert body["spec"]["text"] == "$(x) ; rm --flag\n" + "y" * 100_000
    assert body["here"] == body["folder"] == str(folder)
    assert body["group"] == body["pid"] == messages[0].body["pid"]
    assert messages[3].body["value"] == "NaN"
    assert (folder / "output.log").read_text() == "printed by the job\n"
    beat = launcher.heartbeat(folder)
    assert beat is not None
    assert datetime.now(UTC) - beat < timedelta(seconds=30)
    assert sorted(path.name for path in folder.iterdir()) == ["heartbeat", "journal.jsonl", "output.log", "spec.json"]


def test_the_journal_names_the_process_so_that_a_new_owner_knows_it(start: Start, launcher: WorkerLauncher) -> None:
    process = start("wait")
    assert launcher.is_alive(process)
    assert launcher.memory(process) > 1 << 20
    assert processes.identity_of(process.pid) == process
    launcher.end(process)
    assert not launcher.is_alive(process)
    assert launcher.memory(process) == 0


def test_j_01_a_killed_job_is_known_to_be_dead_at_once_and_its_journal_says_how(
    start: Start, launcher: WorkerLauncher, until: Until, tmp_path: Path
) -> None:
    process = start("wait")
    until((tmp_path / "job" / "waiting").exists)
    os.kill(process.pid, signal.SIGKILL)
    until(has_ended(launcher, process), seconds=5)
    last = launcher.read_journal(tmp_path / "job", 0).messages[-1]
    assert last.kind is MessageKind.FAILURE
    assert last.body["code"] == "MD-JOB-003"
    assert "signal 9 (SIGKILL, likely because the system ran out of memory)" in str(last.body["message"])
    assert not (tmp_path / "job" / "scratch").exists()


def test_j_02_a_frozen_job_is_alive_but_its_heart_does_not_beat(
    start: Start, launcher: WorkerLauncher, until: Until, tmp_path: Path
) -> None:
    process = start("wait")
    until(lambda: launcher.heartbeat(tmp_path / "job") is not None)
    os.kill(process.pid, signal.SIGSTOP)
    until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)
    before = launcher.heartbeat(tmp_path / "job")
    assert launcher.is_alive(process)
    assert launcher.heartbeat(tmp_path / "job") == before
    os.kill(process.pid, signal.SIGCONT)
    until(lambda: launcher.heartbeat(tmp_path / "job") != before)
    launcher.end(process)


def test_asking_a_job_to_stop_cancels_it(start: Start, launcher: WorkerLauncher, until: Until, tmp_path: Path) -> None:
    process = start("wait")
    until((tmp_path / "job" / "waiting").exists)
    launcher.ask_to_stop(process)
    until(has_ended(launcher, process))
    last = launcher.read_journal(tmp_path / "job", 0).messages[-1]
    assert last.kind is MessageKind.FAILURE
    assert last.body["code"] == "MD-JOB-002"
    assert last.body["cancelled"] is True
    launcher.ask_to_stop(process)


def test_j_04_ending_a_stubborn_job_ends_its_whole_family(
    start: Start, launcher: WorkerLauncher, until: Until, tmp_path: Path
) -> None:
    process = start("stay")
    until((tmp_path / "job" / "waiting").exists)
    children = [int(word) for word in (tmp_path / "job" / "children").read_text().split()]
    assert len(children) == 2
    launcher.ask_to_stop(process)
    assert launcher.is_alive(process)
    launcher.end(process)
    assert not launcher.is_alive(process)
    until(gone(process.pid, *children), seconds=5)


def test_j_04_a_job_that_ended_leaves_no_child_behind(run: Run, until: Until) -> None:
    child = run("leave_child")[-1].body["child"]
    assert isinstance(child, int)
    until(gone(child), seconds=5)


def test_a_job_is_started_once_only(
    start: Start, launcher: WorkerLauncher, run: Run, tmp_path: Path, until: Until
) -> None:
    before = run("work")
    with pytest.raises(JobFailedError, match="started before"):
        start("work")
    assert list(launcher.read_journal(tmp_path / "job", 0).messages) == before


def test_a_folder_that_cannot_be_used_is_told(launcher: WorkerLauncher, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JobFailedError, match="could not be started"):
        launcher.start_job(JobKind.TRAIN, {}, tmp_path / "file" / "job")
    (tmp_path / "job" / "output.log").mkdir(parents=True)
    with pytest.raises(JobFailedError, match="could not start in its folder") as caught:
        launcher.start_job(JobKind.TRAIN, {}, tmp_path / "job")
    assert caught.value.hint


def test_calls_are_answered_by_one_worker_that_then_becomes_the_job(
    start: Start, launcher: WorkerLauncher, until: Until
) -> None:
    launcher.prepare()
    launcher.prepare()
    first = launcher.call("echo", {"number": 1.5, "path": "caf\udce9.csv"})
    assert first["request"] == {"number": 1.5, "path": "caf\udce9.csv"}
    assert launcher.call("echo", {"text": "z" * 200_000})["pid"] == first["pid"]
    process = start("work")
    assert process.pid == first["pid"]
    until(has_ended(launcher, process))


def test_a_job_takes_the_worker_that_is_warming_up(start: Start, launcher: WorkerLauncher, until: Until) -> None:
    launcher.prepare()
    (warming,) = psutil.Process().children()
    process = start("work")
    assert process.pid == warming.pid
    until(has_ended(launcher, process))


def test_the_next_worker_is_warmed_up_after_a_start(program: tuple[str, ...], tmp_path: Path, until: Until) -> None:
    launcher = WorkerLauncher(program)
    process = launcher.start_job(JobKind.TRAIN, {}, tmp_path / "job")
    until(has_ended(launcher, process))
    (warm,) = psutil.Process().children()
    assert launcher.call("echo", {})["pid"] == warm.pid
    launcher.close()
    assert not psutil.pid_exists(warm.pid)


def test_a_job_does_not_wait_for_a_call(start: Start, launcher: WorkerLauncher, until: Until, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    trouble: list[Exception] = []

    def ask() -> None:
        try:
            launcher.call("sleep", {"sign": str(sign)})
        except CallError as error:
            trouble.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    until(sign.exists)
    process = start("work")
    until(has_ended(launcher, process))
    launcher.close()
    asking.join(10)
    assert len(trouble) == 1


def test_many_threads_may_call_at_once(launcher: WorkerLauncher) -> None:
    answers: list[object] = []
    threads = [
        threading.Thread(target=lambda n=number: answers.append(launcher.call("echo", {"n": n})["request"]["n"]))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(str(answer) for answer in answers) == [str(number) for number in range(8)]


def test_errors_of_a_call_come_back_as_what_they_are(launcher: WorkerLauncher) -> None:
    with pytest.raises(UnusableTargetError, match="constant") as user_error:
        launcher.call("refuse", {})
    assert user_error.value.hint == "Choose another column."
    with pytest.raises(CallError, match="KeyError: 'k'") as bug:
        launcher.call("fail", {})
    assert "Traceback" in bug.value.details
    with pytest.raises(CallError, match="No worker can do “nothing”"):
        launcher.call("nothing", {})
    with pytest.raises(CallError, match="bytes, more than"):
        launcher.call("much", {})
    with pytest.raises(CallError, match="not understood"):
        launcher.call("list", {})
    with pytest.raises(CallError, match="too large"):
        launcher.call("echo", {"text": "x" * (17 << 20)})
    with pytest.raises(CallError, match="too large"):
        launcher.call("echo", {"what": object()})


def test_foreign_prints_do_not_get_between_worker_and_owner(launcher: WorkerLauncher) -> None:
    assert launcher.call("print", {}) == {}
    assert launcher.call("print", {}) == {}


def test_a_call_that_takes_too_long_ends_the_worker_and_the_next_gets_another(
    launcher: WorkerLauncher, tmp_path: Path
) -> None:
    before = launcher.call("echo", {})["pid"]
    with pytest.raises(CallError, match="no answer within 0.2 seconds"):
        launcher.call("sleep", {"sign": str(tmp_path / "sign")}, seconds=0.2)
    assert not psutil.pid_exists(before)
    assert launcher.call("echo", {})["pid"] != before


def test_a_frozen_worker_cannot_hold_a_large_call_up(launcher: WorkerLauncher) -> None:
    pid = launcher.call("echo", {})["pid"]
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(CallError, match="no answer"):
        launcher.call("echo", {"text": "x" * (4 << 20)}, seconds=0.3)
    assert not psutil.pid_exists(pid)


def test_a_worker_that_dies_in_a_call_is_told_with_its_last_words(launcher: WorkerLauncher) -> None:
    with pytest.raises(CallError, match="exit code 7") as caught:
        launcher.call("leave", {})
    assert "good bye" in caught.value.details
    assert launcher.call("echo", {})["pid"]


def test_a_warm_worker_that_died_while_it_waited_costs_nobody_anything(
    launcher: WorkerLauncher, start: Start, until: Until
) -> None:
    pid = launcher.call("echo", {})["pid"]
    os.kill(pid, signal.SIGKILL)
    until(gone(pid))
    process = start("work")
    assert process.pid != pid
    until(has_ended(launcher, process))


def test_d_12_a_call_that_eats_memory_is_told_so(launcher: WorkerLauncher) -> None:
    with pytest.raises(MemoryCapError, match="0.5 GiB"):
        launcher.call("eat", {})
    assert launcher.call("echo", {})["pid"]


def test_a_worker_that_keeps_much_memory_is_not_asked_again(launcher: WorkerLauncher) -> None:
    pid = launcher.call("keep", {"bytes": 300 << 20})["pid"]
    assert launcher.call("echo", {})["pid"] != pid


def test_a_program_that_does_not_start_is_told_and_not_tried_again_and_again(tmp_path: Path) -> None:
    missing = WorkerLauncher(("/nowhere/python",))
    missing.prepare()
    with pytest.raises(CallError, match="No worker process could be started"):
        missing.call("echo", {})
    missing.close()
    broken = WorkerLauncher((sys.executable, "-c", "raise SystemExit('no such module')"))
    with pytest.raises(JobFailedError, match="exit code 1") as caught:
        broken.start_job(JobKind.TRAIN, {}, tmp_path / "job")
    assert "no such module" in caught.value.details
    broken.prepare()
    assert psutil.Process().children() == []
    broken.close()


def test_a_program_that_talks_nonsense_is_ended() -> None:
    strange = WorkerLauncher((sys.executable, "-c", "print('{}', flush=True); import time; time.sleep(600)"))
    with pytest.raises(CallError, match="stopped answering"):
        strange.call("echo", {})
    strange.close()


def test_a_closed_launcher_says_so_and_lets_jobs_go_on(
    program: tuple[str, ...], tmp_path: Path, launcher: WorkerLauncher, until: Until
) -> None:
    first = WorkerLauncher(program, keep_warm=False)
    process = first.start_job(JobKind.TRAIN, {"wait": True}, tmp_path / "job")
    first.close()
    first.close()
    first.prepare()
    with pytest.raises(CallError, match="closed"):
        first.call("echo", {})
    with pytest.raises(JobFailedError, match="closed"):
        first.start_job(JobKind.TRAIN, {}, tmp_path / "other")
    assert launcher.is_alive(process)
    assert launcher.memory(process) > 0
    launcher.end(process)
    assert not launcher.is_alive(process)


OWNER = """
import sys, time
from pathlib import Path
from mlops_desktop.workers.launcher import WorkerLauncher
launcher = WorkerLauncher(sys.argv[2:], keep_warm=False)
job = launcher.start_job("wait", {}, Path(sys.argv[1]))
idle = launcher.call("echo", {})["pid"]
print(job.pid, idle, flush=True)
time.sleep(600)
"""


def test_j_03_a_killed_owner_takes_the_idle_worker_along_but_not_the_job(
    program: tuple[str, ...], launcher: WorkerLauncher, tmp_path: Path, until: Until
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "job"), *program], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        job, idle = (int(word) for word in owner.stdout.readline().split())
        owner.kill()
    process = processes.identity_of(job)
    assert process is not None
    until(gone(idle), seconds=5)
    assert launcher.is_alive(process)
    launcher.ask_to_stop(process)
    until(has_ended(launcher, process))
    last = launcher.read_journal(tmp_path / "job", 0).messages[-1]
    assert last.body["code"] == "MD-JOB-002"


def test_the_real_worker_starts_without_foreign_code_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('foreign code')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "sitecustomize.py"))
    launcher = WorkerLauncher()
    with pytest.raises(CallError, match="No worker can do"):
        launcher.call("nothing at all", {})
    launcher.close()


def test_the_frozen_program_is_its_own_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert default_command() == (sys.executable, "worker")


@pytest.mark.long
def test_however_often_a_job_is_killed_its_journal_says_how_it_ended(
    launcher: WorkerLauncher, tmp_path: Path, until: Until
) -> None:
    for number in range(30):
        folder = tmp_path / str(number)
        launcher.prepare()
        process = launcher.start_job(JobKind.TRAIN, {"wait": True}, folder)
        if number % 2:
            until((folder / "heartbeat").exists)
        os.kill(process.pid, signal.SIGKILL)
        until(has_ended(launcher, process), seconds=5)
        assert launcher.read_journal(folder, 0).messages[-1].kind is MessageKind.FAILURE
