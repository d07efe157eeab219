#!/usr/bin/env python3
"""The one command file: `python3 dev.py` lists what it can do.

It needs Python 3.11 or newer, nothing else: it makes `.venv` beside itself and installs the locked versions into it.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):
    sys.exit(f"MLOps Desktop needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable}).")

import argparse
import ctypes
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BUILD = ROOT / "build"
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
STAMP = VENV / "installed.sha256"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOCK_TOOL = "uv==0.13.9"
Command = Sequence[str | Path]

TEST_OPTIONS = ("--long", "--engines", "--no-coverage")

# What Qt's Linux wheels expect of the system: the library that is loaded, and the Debian package it comes in.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}


class CannotGoOnError(Exception):
    """Something the person has to do first; the text says what."""


def say(text: str) -> None:
    print(f"dev.py: {text}", flush=True)


def run(command: Command, **environment: str) -> int:
    """Runs a command in the checkout and gives its exit code. After Ctrl+C the child ends first, then we do."""
    with subprocess.Popen(command, cwd=ROOT, env={**_environment(), **environment}) as child:
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.wait()
            raise


def _environment() -> dict[str, str]:
    """Ours, and byte code is kept: the tests start hundreds of processes."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def must(command: Command, trouble: str) -> None:
    if run(command) != 0:
        raise CannotGoOnError(trouble)


# --- the virtual environment ------------------------------------------------------------------------------------------


def prepare() -> None:
    """Has `.venv` with exactly the locked versions and this checkout in it; quick when nothing changed."""
    if not _venv_works():
        _make_venv()
    wanted = _fingerprint()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    STAMP.unlink(missing_ok=True)
    say("installing the versions of requirements.lock into .venv (a few minutes the first time)")
    pip: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    if _is_root():
        pip.append("--root-user-action=ignore")
    trouble = "pip could not install them; its message is above."
    must([*pip, "--require-hashes", "--only-binary", ":all:", "-r", LOCK], trouble)
    must([*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT], trouble)
    STAMP.write_text(wanted)


def _fingerprint() -> str:
    """Changes when the lock, pyproject.toml or the environment's Python changes, or the checkout is moved."""
    digest = hashlib.sha256(str(ROOT).encode())
    for path in (LOCK, PROJECT, VENV / "pyvenv.cfg"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _venv_works() -> bool:
    question = "import pip, sys; print(sys.prefix != sys.base_prefix and sys.version_info >= (3, 11))"
    try:
        answer = subprocess.run([PYTHON, "-c", question], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.strip() == "True"


def require_venv() -> None:
    """Raises CannotGoOnError where there is no `.venv` and this Python cannot make one."""
    if not _venv_works() and not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise CannotGoOnError(
            "this Python cannot make virtual environments: its venv module is not installed.\n"
            f"On Debian and Ubuntu:  {_as_root('apt-get install python3-venv')}\nThen run the same command again."
        )


def _make_venv() -> None:
    if VENV.exists():
        if any(VENV.iterdir()) and not (VENV / "pyvenv.cfg").is_file():
            raise CannotGoOnError(f"{VENV} is there but is no virtual environment. Move it away, then run this again.")
        say("the virtual environment in .venv does not work (unfinished, or its Python is gone); making it anew")
        _remove(VENV)
    say(f"making .venv with Python {platform.python_version()}")
    try:
        must([sys.executable, "-m", "venv", VENV], "python -m venv failed; its message is above.")
    except (CannotGoOnError, KeyboardInterrupt):
        _remove(VENV)
        raise


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


# --- the system -------------------------------------------------------------------------------------------------------


def _as_root(command: str) -> str:
    return command if _is_root() else f"sudo {command}"


def _is_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


def missing_libraries() -> dict[str, str]:
    if not sys.platform.startswith("linux"):
        return {}
    return {library: package for library, package in QT_LIBRARIES.items() if not _loads(library)}


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def prepare_qt(*, optional: bool = False) -> bool:
    """Has the system libraries that Qt needs; installs them where that is possible without asking for a password."""
    missing = missing_libraries()
    if not missing:
        return True
    install = "apt-get install -q -y --no-install-recommends " + " ".join(sorted(set(missing.values())))
    if shutil.which("apt-get") and _is_root():
        say(f"Qt needs system libraries that are not here; installing them:\n  {install}")
        run(["apt-get", "update", "-q"])
        must(
            ["env", "DEBIAN_FRONTEND=noninteractive", *install.split()],
            "apt-get could not install them; its message is above.",
        )
        return True
    debian, other = f"Install them with:  {_as_root(install)}", "Install the packages of your system that hold them."
    advice = debian if shutil.which("apt-get") else other
    text = f"Qt needs system libraries that are not here: {', '.join(sorted(missing))}.\n{advice}"
    if not optional:
        raise CannotGoOnError(text)
    say(text)
    return False


def has_display() -> bool:
    named = (os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return any(named) or not sys.platform.startswith("linux")


# --- the commands -----------------------------------------------------------------------------------------------------


def demo(options: argparse.Namespace) -> int:
    """take the sample data the whole way, and open the window on the result"""
    folder = options.folder or _free_folder(BUILD / "demo")
    folder.parent.mkdir(parents=True, exist_ok=True)
    host: Command = ["--host", options.host] if options.host else []
    code = run([PYTHON, "-m", "mlops_desktop.cli.main", "demo", "--folder", folder, *host])
    if code != 0 or options.no_window:
        return code
    if not has_display():
        say(f"there is no display, so the window stays closed. Later: python3 dev.py run {folder}")
        return 0
    return run([PYTHON, "-m", "mlops_desktop", folder]) if prepare_qt(optional=True) else 0


def _free_folder(wanted: Path) -> Path:
    candidate, number = wanted, 1
    while candidate.exists():
        number += 1
        candidate = wanted.with_name(f"{wanted.name}-{number}")
    return candidate


def window(options: argparse.Namespace) -> int:
    """open the window"""
    return run([PYTHON, "-m", "mlops_desktop", *([options.folder] if options.folder else [])])


def test(options: argparse.Namespace) -> int:
    """run the tests, in three parts at once; those of the rooms are measured and held to the coverage floors"""
    long: Command = ["--long"] if options.long else []
    engines: Command = ["--engines"] if options.engines or os.environ.get("CI", "").lower() in {"true", "1"} else []
    if options.for_pytest:
        return run([PYTHON, "-m", "pytest", *long, *engines, *options.for_pytest])
    uncovered: Command = ["--no-coverage"] if options.no_coverage else []
    return run([PYTHON, ROOT / "tests" / "whole_run.py", *long, *engines, *uncovered])


def mutations(options: argparse.Namespace) -> int:
    """take safety rules out of a copy of the source, one by one: the tests must fail each time"""
    return run([PYTHON, ROOT / "tests" / "mutations.py"])


def check(options: argparse.Namespace) -> int:
    """format, lint, types and import contracts"""
    failed = []
    for step in ("ruff format --check .", "ruff check .", "mypy", "lint-imports --no-logo"):
        say(step)
        tool, *arguments = step.split()
        if run([BIN / tool, *arguments]) != 0:
            failed.append(step)
    say(f"not right yet: {', '.join(failed)}" if failed else "all is right")
    return bool(failed)


def pictures(options: argparse.Namespace) -> int:
    """take pictures of the window"""
    folder = options.folder or BUILD / "pictures"
    return run([PYTHON, ROOT / "tests" / "pictures" / "take.py", "--zoom", str(options.zoom), folder, *options.scenes])


def bench(options: argparse.Namespace) -> int:
    """run the benchmarks and print their ratios"""
    code = 0
    for script in sorted((ROOT / "tests" / "benchmarks").glob("bench_*.py")):
        say(script.stem.removeprefix("bench_").replace("_", " "))
        code = run([PYTHON, script]) or code
    return code


def lock(options: argparse.Namespace) -> int:
    """choose the versions anew and write requirements.lock"""
    tool = BUILD / "lock"
    uv = tool / BIN.name / ("uv.exe" if os.name == "nt" else "uv")
    if not uv.exists():
        must([PYTHON, "-m", "venv", tool], "python -m venv failed; its message is above.")
        python = tool / BIN.name / PYTHON.name
        must(
            [python, "-m", "pip", "install", "--quiet", LOCK_TOOL],
            f"there is no {LOCK_TOOL} to be had; pip's message is above.",
        )
    needed_to_build = [*tomllib.loads(PROJECT.read_text(encoding="utf-8"))["build-system"]["requires"], "editables"]
    build_input = tool / "build.in"
    build_input.write_text("\n".join(needed_to_build) + "\n", encoding="utf-8")
    # --no-emit-index-url and no annotations: a lock names versions and hashes, never where they were fetched from.
    command: Command = [
        uv, "pip", "compile", PROJECT, build_input, "--extra", "test", "--extra", "fuzz", "--universal",
        "--python-version", "3.11", "--fork-strategy", "fewest", "--generate-hashes", "--no-build", "--no-header",
        "--no-annotate", "--no-emit-index-url", "--quiet", "--output-file", LOCK,
        *(["--upgrade"] if options.upgrade else []),
    ]  # fmt: skip
    return run(command, **_index_environment())


def _index_environment() -> dict[str, str]:
    """uv does not read pip's configuration; the person's own index is passed on, in the environment only."""
    environment = {}
    for setting, variable in (("index-url", "UV_DEFAULT_INDEX"), ("cert", "SSL_CERT_FILE")):
        answer = subprocess.run(
            [PYTHON, "-m", "pip", "config", "get", f"global.{setting}"], capture_output=True, text=True, check=False
        )
        if answer.returncode == 0 and variable not in os.environ:
            environment[variable] = answer.stdout.strip()
    return environment


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py", description="Set up, run and check MLOps Desktop.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(
        name: str, function: Callable[[argparse.Namespace], int], *, qt: bool = False, folder: str = ""
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        command.set_defaults(function=function, needs_qt=qt)
        if folder:
            command.add_argument("folder", nargs="?", type=lambda text: Path(text).resolve(), help=folder)
        return command

    command = add("demo", demo, folder="where to make the workspace (default: build/demo)")
    command.add_argument("--host", help="where the model answers; docker is the engine of this computer")
    command.add_argument("--no-window", action="store_true", help="do not open the window at the end")
    add("run", window, qt=True, folder="the workspace to open")
    command = add("test", test, qt=True)
    command.add_argument("--long", action="store_true", help="the long form: full counts, minutes of fuzzing")
    command.add_argument("--engines", action="store_true", help="also on Docker engines of their own (root on Debian)")
    command.add_argument("--no-coverage", action="store_true", help="do not measure coverage")
    command.add_argument("paths", nargs="*", help="only these, without coverage; pytest's own options too")
    add("mutations", mutations, qt=True)
    add("check", check)
    command = add("pictures", pictures, qt=True, folder="where the pictures are put (default: build/pictures)")
    command.add_argument("scenes", nargs="*", help="only scenes whose names begin so")
    command.add_argument("--zoom", type=int, default=100, help="in per cent; light and at the larger size only")
    add("bench", bench, qt=True)
    add("lock", lock).add_argument("--upgrade", action="store_true", help="take the newest allowed versions")
    options, rest = parser.parse_known_args(arguments)
    if options.function is test:
        options.for_pytest = [word for word in arguments[1:] if word not in TEST_OPTIONS]
    elif rest:
        parser.error(f"not understood: {' '.join(rest)}")
    return options


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments or ["--help"])
    try:
        require_venv()
        if options.needs_qt:
            prepare_qt()
        prepare()
        return int(options.function(options))
    except CannotGoOnError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
