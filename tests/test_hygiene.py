"""The fixtures of conftest.py themselves: what is left behind is noticed, and what is tidy is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

CONFTEST = Path(__file__).with_name("conftest.py")
UNTIDY = """
import logging, os, pathlib, subprocess, sys, threading
import pytest

HOLD = threading.Event()
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
DETACHED = "import subprocess as s, sys; print(s.Popen(sys.argv[1:], start_new_session=True, stdout=s.DEVNULL).pid)"

def test_leaves_a_thread():
    threading.Thread(target=HOLD.wait, args=[20], daemon=True, name="forgotten").start()

def test_leaves_a_child():
    global child
    child = subprocess.Popen(SLEEP)

@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the mark is read from /proc")
def test_leaves_a_process_that_is_no_child_any_more():
    done = subprocess.run([sys.executable, "-c", DETACHED, *SLEEP], stdout=subprocess.PIPE, text=True, check=True)
    pathlib.Path("detached").write_text(done.stdout)

def test_logs_an_error():
    logging.getLogger("mlops_desktop.somewhere").error("it broke")

@pytest.mark.logs_errors
def test_logs_an_error_on_purpose():
    logging.getLogger("mlops_desktop.somewhere").error("it broke")

def test_warns():
    import warnings
    warnings.warn("old")

def test_is_tidy(tmp_path):
    assert os.environ["MLOPS_STATE_FOLDER"] not in ("", str(tmp_path))
    thread = threading.Thread(target=int)
    thread.start()
    subprocess.run([sys.executable, "-c", ""], check=True)

@pytest.mark.long
def test_takes_long():
    pass
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("untidy")
    conftest = CONFTEST.read_text(encoding="utf-8").replace("GRACE = 5.0", "GRACE = 0.3")
    (folder / "conftest.py").write_text(conftest, encoding="utf-8")
    (folder / "test_untidy.py").write_text(UNTIDY, encoding="utf-8")
    settings = (CONFTEST.parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(settings.replace('testpaths = ["tests"]', ""), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_untidy.py"]
    environment = {**os.environ, "PYTHONPATH": str(CONFTEST.parent.parent)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return folder, done.stdout + done.stderr


def test_what_is_left_behind_is_named(outcome: tuple[Path, str]) -> None:
    _, text = outcome
    assert "left running: thread forgotten" in text
    assert "ERROR test_untidy.py::test_leaves_a_child" in text
    assert "logged as an error: mlops_desktop.somewhere: it broke" in text
    assert "FAILED test_untidy.py::test_warns" in text
    if sys.platform.startswith("linux"):
        assert "ERROR test_untidy.py::test_leaves_a_process_that_is_no_child_any_more" in text


def test_a_tidy_test_passes_and_a_long_one_waits_for_its_option(outcome: tuple[Path, str]) -> None:
    _, text = outcome
    assert "1 deselected" in text
    assert "test_is_tidy" not in text
    assert "test_logs_an_error_on_purpose" not in text


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the mark is read from /proc")
def test_a_left_process_is_ended(outcome: tuple[Path, str]) -> None:
    folder, _ = outcome
    pid = json.loads((folder / "detached").read_text(encoding="utf-8"))
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
