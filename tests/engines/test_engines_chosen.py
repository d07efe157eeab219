"""When tests on engines run: by option or on CI, where a missing engine is a failure; else they are skipped by name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFTEST = """
import os
import pytest
from tests.engines import plugin

def pytest_addoption(parser):
    parser.addoption("--long", action="store_true")
    plugin.add_options(parser)

def pytest_configure(config):
    config.pluginmanager.register(plugin)
    os.geteuid = lambda: 1000
"""
TESTS = """
import pytest

def test_asks_for_an_engine(local_engine):
    pass

def test_asks_for_a_host(remote_host):
    pass

@pytest.mark.engines
def test_says_so_itself(engines):
    pass

def test_asks_for_nothing():
    pass
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project with three engine tests, on a machine where no engine can be had: nobody is root there."""
    (tmp_path / "tests" / "gui").mkdir(parents=True)
    for room in ("end_to_end", "storage", "workers", "power", "fuzzing"):
        (tmp_path / "tests" / room).mkdir()
    (tmp_path / "tests" / "storage" / "test_disk.py").write_text("def test_holds():\n    pass\n", encoding="utf-8")
    (tmp_path / "tests" / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "tests" / "test_small.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "tests" / "gui" / "test_window.py").write_text("def test_shows():\n    pass\n", encoding="utf-8")
    (tmp_path / "tests" / "end_to_end" / "test_path.py").write_text("def test_goes():\n    pass\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["tests"]\n', encoding="utf-8")
    shutil.copy(ROOT / "tests" / "whole_run.py", tmp_path / "tests")
    return tmp_path


def outcome(checkout: Path, *command: str, ci: str = "") -> tuple[int, str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, *command], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_without_the_option_they_are_skipped_by_name_and_count(checkout: Path) -> None:
    code, text = outcome(checkout, "-m", "pytest", "tests/test_small.py")
    assert code == 0
    assert "1 passed, 3 skipped" in text
    for name in ("asks_for_an_engine", "asks_for_a_host", "says_so_itself"):
        assert f"tests/test_small.py::test_{name}\n" in text
    assert "3 engine tests skipped: run them with python3 dev.py test --engines" in text


@pytest.mark.parametrize(("options", "ci"), [(["--engines"], ""), ([], "true")])
def test_where_they_are_wanted_a_missing_engine_is_a_failure_with_its_reason(
    checkout: Path, options: list[str], ci: str
) -> None:
    code, text = outcome(checkout, "-m", "pytest", *options, "tests/test_small.py", ci=ci)
    assert code == 1
    assert "1 passed, 3 errors" in text
    assert "skipped" not in text
    reason = "need root" if sys.platform.startswith("linux") else "run on Linux only"
    assert reason in text


def test_where_no_engine_test_is_chosen_nothing_is_prepared(checkout: Path) -> None:
    code, text = outcome(checkout, "-m", "pytest", "--engines", "tests/gui")
    assert code == 0
    assert "1 passed" in text


def test_the_whole_run_says_how_many_were_skipped(checkout: Path) -> None:
    code, text = outcome(checkout, "tests/whole_run.py", "--no-coverage")
    assert code == 0
    assert text.rstrip().endswith("dev.py: 3 engine tests skipped: run them with python3 dev.py test --engines")


def test_the_whole_run_has_them_as_a_part_of_their_own(checkout: Path) -> None:
    code, text = outcome(checkout, "tests/whole_run.py", "--no-coverage", "--engines", ci="true")
    assert code == 1
    part = text.split("the tests on engines, which ran beside the others:")[1]
    assert "4 deselected, 3 errors" in part
    assert text.count(" errors in ") == 1
