"""What a job tells about its end, and what it leaves behind: nothing but its record."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from mlops_desktop.domain.jobs import Message, MessageKind
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.workers.launcher import WorkerLauncher

Run = Callable[..., list[Message]]
Until = Callable[..., None]


def failure(messages: list[Message]) -> Mapping[str, Any]:
    assert [message.kind for message in messages].count(MessageKind.FAILURE) == 1
    assert messages[-1].kind is MessageKind.FAILURE
    return messages[-1].body


def test_a_bug_is_told_in_one_line_with_the_traceback_in_the_details_only(run: Run) -> None:
    body = failure(run("fail"))
    assert body["code"] == "MD-BUG-001"
    assert body["message"] == "The worker met an unexpected error: ValueError: first line of 13"
    assert "Traceback" in body["details"]
    assert "a local value" not in str(body).replace('secret = "a local value"', "")
    assert body["cancelled"] is False


def test_the_users_trouble_keeps_its_code_its_sentence_and_its_hint(run: Run) -> None:
    body = failure(run("refuse"))
    assert (body["code"], body["message"], body["hint"], body["details"]) == (
        "MD-RUN-001",
        "The target is constant.",
        "Choose another column.",
        "3 rows",
    )


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("missing", "No module named"),
        ("no such job", "No worker can do “no such job”"),
        ("strange", "object has no plain form"),
        ("quit_python", "SystemExit: somebody's library leaves"),
    ],
)
def test_whatever_goes_wrong_is_told_as_our_fault(run: Run, kind: str, sentence: str) -> None:
    body = failure(run(kind))
    assert body["code"] == "MD-BUG-001"
    assert sentence in body["message"]


def test_j_01_memory_asked_for_at_once_is_refused_and_told(run: Run) -> None:
    assert failure(run("demand"))["code"] == "MD-JOB-005"


def test_d_12_j_01_memory_eaten_bit_by_bit_ends_the_job_at_its_cap(run: Run, tmp_path: Path) -> None:
    body = failure(run("eat"))
    assert body["code"] == "MD-JOB-005"
    assert "0.5 GiB" in body["message"]
    assert not (tmp_path / "job" / "scratch").exists()


def test_d_12_j_01_memory_eaten_by_a_child_counts_too(run: Run, until: Until) -> None:
    assert failure(run("eat_by_child"))["code"] == "MD-JOB-005"
    until(lambda: not psutil.Process().children(recursive=True))


def test_j_01_a_library_that_aborts_for_want_of_memory_is_understood(run: Run) -> None:
    assert failure(run("abort"))["code"] == "MD-JOB-005"


def test_j_01_a_crash_is_told_with_the_place_where_it_happened(run: Run, tmp_path: Path) -> None:
    messages = run("kill", {"signal": "SIGSEGV"})
    body = failure(messages)
    assert body["code"] == "MD-JOB-003"
    assert "signal 11 (SIGSEGV)" in body["message"]
    assert "Fatal Python error" in body["details"]
    assert "Fatal Python error" in (tmp_path / "job" / "output.log").read_text()
    assert messages[-2].body["text"] == "the last word"


def test_j_01_a_process_that_just_leaves_is_told(run: Run) -> None:
    assert "exit code 3" in failure(run("leave", {"code": 3}))["message"]


@pytest.mark.parametrize("blocks", [400, pytest.param(12_000, marks=pytest.mark.long)], ids=["30 MB", "1 GB"])
def test_j_05_endless_output_is_cut_and_says_so(run: Run, tmp_path: Path, blocks: int) -> None:
    """Binary, with escapes, without a line end, of the job and of its child."""
    assert run("shout", {"blocks": blocks})[-1].kind is MessageKind.RESULT
    output = (tmp_path / "job" / "output.log").read_bytes()
    assert len(output) < (8 << 20) + 100
    assert output.endswith(b"\n[output cut here: there was more than 8 MiB of it]\n")
    assert b"after the cut" not in output


def test_j_11_a_job_reads_nothing_inherits_no_secret_and_leaves_no_temporary_file(
    monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path
) -> None:
    for name in ("MLOPS_SECRET_REGISTRY", "AWS_SECRET_ACCESS_KEY", "PYTHONPATH", "LD_PRELOAD_NOT", "SSH_AUTH_SOCK"):
        monkeypatch.setenv(name, "a secret")
    body: dict[str, Any] = dict(run("look")[-1].body)
    assert body["stdin"] == ""
    assert "PATH" in body["names"]
    assert not [name for name in body["names"] if "SECRET" in name or name.startswith(("PYTHON", "SSH", "LD_PRE"))]
    assert Path(body["temporary"]).parent == tmp_path / "job" / "scratch"
    assert not Path(body["temporary"]).exists()


@pytest.mark.parametrize("spec", [{"threads": 1}, {"spec": {"threads": 1}}])
def test_linear_algebra_keeps_to_the_threads_of_the_spec(
    program: tuple[str, ...], tmp_path: Path, until: Until, spec: Mapping[str, object]
) -> None:
    launcher = WorkerLauncher((*program, "numpy.linalg"), keep_warm=False)
    kind: Any = "count_threads"
    process = launcher.start_job(kind, spec, tmp_path / "job")
    until(lambda: not launcher.is_alive(process))
    threads = launcher.read_journal(tmp_path / "job", 0).messages[-1].body["threads"]
    launcher.close()
    assert isinstance(threads, list)
    assert set(threads) == {1}


def test_a_worker_whose_owner_goes_away_ends_at_once(program: tuple[str, ...]) -> None:
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdin is not None
        assert b'"ready":true' in worker.stdout.readline()
        worker.stdin.close()
        assert worker.wait(5) == 0


def test_a_worker_whose_owner_goes_away_while_it_warms_up_or_answers_ends_too(
    program: tuple[str, ...], tmp_path: Path, until: Until
) -> None:
    (tmp_path / "slow_library.py").write_text("import time\ntime.sleep(600)\n")
    start = f"import runpy, sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv[1:] = ['slow_library']; "
    warming_up = (sys.executable, "-E", "-c", start + f"runpy.run_path({program[-1]!r}, run_name='__main__')")
    with subprocess.Popen(warming_up, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        worker.communicate(timeout=10)
    sign = tmp_path / "sign"
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdin is not None
        worker.stdin.write(b'{"call":"sleep","id":1,"request":{"sign":"%s"}}\n' % str(sign).encode())
        worker.stdin.flush()
        until(sign.exists)
        worker.communicate(timeout=10)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b"nonsense",
        b'{"call":"echo"}',
        b'{"job":"work","spec":{},"folder":"relative"}',
        b"[" * 99_999,
    ],
)
def test_a_request_that_is_none_ends_the_worker(program: tuple[str, ...], line: bytes) -> None:
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as worker:
        out, said = worker.communicate(line + b"\n", timeout=10)
        assert out.count(b"\n") == 1
        assert worker.returncode == 0
        assert b"essage" in said or b"A job" in said or b"A call" in said


def test_a_worker_ends_its_job_though_somebodys_thread_lingers(
    launcher: WorkerLauncher, start: Callable[..., ProcessIdentity], until: Until, tmp_path: Path
) -> None:
    process = start("linger")
    until(lambda: not launcher.is_alive(process))
    assert launcher.read_journal(tmp_path / "job", 0).messages[-1].kind is MessageKind.RESULT


def test_nothing_heavy_is_loaded_by_the_workers_module_alone() -> None:
    code = "import mlops_desktop.workers.worker, sys; print(sorted({n.partition('.')[0] for n in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-E", "-c", code], capture_output=True, text=True, check=True).stdout
    for name in ("numpy", "pandas", "polars", "sklearn", "scipy", "skops", "matplotlib", "sqlalchemy", "PySide6"):
        assert f"'{name}'" not in loaded
