"""The house as a test that can fail: who imports whom, what is loaded when, and what nobody does."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "mlops_desktop"
ROOMS = ("domain", "services", "storage", "workers", "serving", "hosts", "gui", "cli", "keeper")
HEAVY = frozenset({"sqlalchemy", "alembic", "pandas", "polars", "sklearn", "skops", "scipy", "matplotlib", "docker"})
SOURCES = sorted(PACKAGE.rglob("*.py"))


def modules_after(code: str, *arguments: str, folder: Path = ROOT) -> set[str]:
    """The modules that a fresh process has loaded once `code` is done; `code` may end by SystemExit."""
    script = (
        "import atexit, json, os, sys\n"
        "atexit.register(lambda: print('\\n' + json.dumps(sorted(sys.modules))))\n"
        f"sys.argv = ['test', *{list(arguments)!r}]\n{code}"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def tops(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def test_the_version_is_said_without_loading_a_room_below() -> None:
    loaded = modules_after("from mlops_desktop.cli.main import main\nmain()", "--version")
    assert not tops(loaded) & (HEAVY | {"PySide6", "numpy", "uvicorn"})
    assert not {module for module in loaded if module.startswith(("mlops_desktop.storage", "mlops_desktop.workers"))}


def test_wiring_the_parts_loads_no_heavy_library() -> None:
    loaded = modules_after("import mlops_desktop.bootstrap")
    assert not tops(loaded) & (HEAVY | {"PySide6", "numpy", "uvicorn"})


def test_the_first_paint_comes_before_any_heavy_library() -> None:
    code = "import sys\nfrom mlops_desktop.gui.app import main\nsys.exit(main(['--exit-after-first-paint']))"
    loaded = modules_after(code)
    assert "PySide6" in tops(loaded)
    assert not tops(loaded) & HEAVY


def test_the_words_need_the_standard_library_alone() -> None:
    names = [f"mlops_desktop.domain.{path.stem}" for path in PACKAGE.glob("domain/*.py") if path.stem != "__init__"]
    loaded = modules_after("\n".join(f"import {name}" for name in names))
    before = modules_after("")
    ours = {module for module in loaded if module.startswith("mlops_desktop.")}
    assert {module.split(".")[1] for module in ours} == {"domain"}
    assert tops(loaded - before) <= {*sys.stdlib_module_names, "mlops_desktop"}


def test_the_traveller_runs_with_no_other_file_of_ours(tmp_path: Path) -> None:
    travelling = tmp_path / "mlops_desktop"
    shutil.copytree(PACKAGE / "serving", travelling / "serving", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PACKAGE / "__init__.py", travelling)
    names = [path.stem for path in sorted((travelling / "serving").glob("*.py")) if path.stem != "__init__"]
    code = "\n".join(f"import mlops_desktop.serving.{name}" for name in names)
    where = "\nimport mlops_desktop\nassert mlops_desktop.__file__.startswith(os.getcwd()), mlops_desktop.__file__"
    loaded = modules_after(code + where, folder=tmp_path)
    assert {module.split(".")[1] for module in loaded if module.startswith("mlops_desktop.")} == {"serving"}
    assert not tops(loaded) & {"sqlalchemy", "alembic", "polars", "matplotlib", "PySide6", "rich"}


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_every_import_contract_is_kept() -> None:
    done = _lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


BROKEN = {
    "domain and serving stand alone": ("domain/names.py", "import mlops_desktop.services.ports"),
    "domain and serving do not know each other": ("serving/bundle.py", "import mlops_desktop.domain.names"),
    "services, storage, workers and hosts never see each other or anything above": (
        "services/ports.py",
        "import mlops_desktop.storage",
    ),
    "the middle rooms do not know faces or bootstrap": ("storage/__init__.py", "import mlops_desktop.bootstrap"),
    "faces never see each other": ("gui/__init__.py", "import mlops_desktop.cli"),
    "the command line sees bootstrap, services and domain": ("cli/__init__.py", "import mlops_desktop.workers"),
    "the keeper sees bootstrap, services and domain": ("keeper/__init__.py", "import mlops_desktop.hosts"),
    "the Docker SDK and paramiko live in hosts": ("workers/__init__.py", "import docker"),
    "Qt lives in gui": ("services/parts.py", "import PySide6.QtCore"),
    "SQLAlchemy, alembic and keyring live in storage": ("hosts/__init__.py", "import sqlalchemy"),
    "table readers and matplotlib live in workers": ("cli/__init__.py", "import polars"),
    "scikit-learn lives in workers and serving": ("services/parts.py", "import sklearn.base"),
}


def test_every_contract_notices_when_it_is_broken(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    copy = shutil.copytree(PACKAGE, tmp_path / "src" / "mlops_desktop", ignore=shutil.ignore_patterns("__pycache__"))
    for name, line in BROKEN.values():
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    done = _lint_imports(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    for contract in _contracts():
        assert contract in BROKEN, "write here how this contract would be broken"
        assert re.search(rf"{re.escape(contract)} BROKEN", " ".join(done.stdout.split())), contract


def _contracts() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]]


def test_no_room_is_empty_and_none_is_unknown() -> None:
    rooms = {path.parent.name: path.parent for path in PACKAGE.glob("*/__init__.py")}
    assert set(rooms) <= set(ROOMS)
    for name, folder in rooms.items():
        assert [path for path in folder.rglob("*.py") if path.name != "__init__.py"], f"{name} is empty"


def test_no_module_has_a_name_that_says_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "managers"}
    for path in [*SOURCES, *(ROOT / "tests").rglob("*.py")]:
        assert not set(path.stem.split("_")) & nothing, path
        assert path.parent.name not in nothing, path


LONGER = {
    "gui/pages/import_preview.py": 425,
    "gui/pages/model_version.py": 425,
    "cli/datasets.py": 410,
    "domain/run_filters.py": 405,
}
"""Modules that say two things and wait to be parted; none may grow, none may be added."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_opens_with_what_it_owns_and_says_one_thing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module opens with one line that says what it owns"
    if path.parent.name == "versions":  # a migration is a list of what it makes, and is never touched again
        return
    longest = LONGER.get(path.relative_to(PACKAGE).as_posix(), 400)
    assert len(text.splitlines()) <= longest, "does it say two things?"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is long: does it do two things?"


def test_a_room_is_entered_without_side_effects() -> None:
    for path in PACKAGE.glob("*/**/__init__.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            assert isinstance(node, ast.Expr | ast.ImportFrom | ast.AnnAssign), path
            if isinstance(node, ast.ImportFrom):
                assert node.module in sys.stdlib_module_names | {"collections.abc"}, path
            if isinstance(node, ast.AnnAssign):
                assert path.parent.parent != PACKAGE, f"{path}: a room's own file says what the room is, no more"


def test_the_version_is_one_plain_string() -> None:
    _, version = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(version, ast.Assign)
    assert isinstance(ast.literal_eval(version.value), str)


FORBIDDEN_MODULES = frozenset({"pickle", "cloudpickle", "dill", "marshal", "shelve"})
FORBIDDEN_CALLS = frozenset({"eval", "exec", "os.system", "os.popen", "joblib.load", "yaml.load", "tempfile.mktemp"})
FORBIDDEN_METHODS = frozenset({"extractall", "read_pickle", "to_pickle"})
SQL = re.compile(r"\s*(select|insert|update|delete|create|drop|alter|attach)\b", re.IGNORECASE)


def dangers(tree: ast.AST) -> Iterator[str]:
    """What nobody here writes: shells, pickles, evaluated text, careless unpacking, SQL put together from text."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names) if {name.name.partition(".")[0] for name in names} & FORBIDDEN_MODULES:
                yield f"line {node.lineno}: {ast.unparse(node)}"
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in FORBIDDEN_MODULES:
                yield f"line {node.lineno}: {ast.unparse(node)}"
            case ast.Call(func=function, args=arguments, keywords=keywords):
                if ast.unparse(function) in FORBIDDEN_CALLS or _is_forbidden_method(function) or _has_shell(keywords):
                    yield f"line {node.lineno}: {ast.unparse(node)}"
                if any(_is_patched_sql(argument) for argument in arguments):
                    yield f"line {node.lineno}: SQL from an f-string: {ast.unparse(node)}"


def _is_forbidden_method(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in FORBIDDEN_METHODS


def _has_shell(keywords: Sequence[ast.keyword]) -> bool:
    return any(word.arg == "shell" and ast.unparse(word.value) != "False" for word in keywords)


def _is_patched_sql(argument: ast.expr) -> bool:
    if not isinstance(argument, ast.JoinedStr) or not any(isinstance(v, ast.FormattedValue) for v in argument.values):
        return False
    first = argument.values[0]
    return isinstance(first, ast.Constant) and SQL.match(str(first.value)) is not None


@pytest.mark.parametrize("path", [*SOURCES, ROOT / "dev.py"], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nobody_runs_shells_pickles_or_evaluated_text(path: Path) -> None:
    assert list(dangers(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "subprocess.run('ls', shell=True)",
        "os.system('ls')",
        "eval('1')",
        "archive.extractall('.')",
        "yaml.load(text)",
        "connection.execute(f'DELETE FROM runs WHERE id = {key}')",
    ],
)
def test_a_forbidden_line_would_be_noticed(line: str) -> None:
    assert list(dangers(ast.parse(line)))


def test_what_outlives_a_widget_is_never_connected_to_a_lambda() -> None:
    """A method ends with its widget; a lambda goes on when a dialog is gone, and touches what was deleted."""
    outlives = re.compile(r"\b(context|theme|events|shell|lanes)(\.\w+)*\.connect\(\s*(lambda|partial)")
    allowed = {"app.py"}  # lives as long as the program
    found = [
        f"{path.name}: {line.strip()}"
        for path in SOURCES
        if "gui" in path.parts and path.name not in allowed
        for line in path.read_text("utf-8").splitlines()
        if outlives.search(line)
    ]
    assert found == []


def test_only_the_lanes_make_threads_in_the_window() -> None:
    for path in PACKAGE.glob("gui/**/*.py"):
        text = path.read_text(encoding="utf-8")
        found = re.search(r"\b(Thread\(|concurrent\.futures|QThread|QRunnable)", text)
        assert path.name == "lanes.py" or found is None, f"{path.name}: {found}"


def test_the_lock_names_versions_and_hashes_and_no_place() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "http" not in text
    assert "://" not in text
    assert not re.search(r"^\s*(--(index|extra-index|find-links|trusted-host)|-i\b|-f\b)|@ ", text, re.MULTILINE)
    locked = re.findall(r"^([\w.-]+)==\S+.*?\\\n((?:\s+--hash=sha256:[0-9a-f]{64}.*\n?)+)", text, re.MULTILINE)
    assert len(locked) == len(re.findall(r"^[^\s#]", text, re.MULTILINE)), "something in it has no hash"
    names = {_plain(name) for name, _ in locked}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["test"],
    ]
    assert {_plain(re.split(r"[<>=!~\[; ]", line)[0]) for line in wanted} <= names


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_command_file_needs_the_standard_library_alone() -> None:
    tree = ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"))
    imported = {name.name.partition(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for name in n.names}
    imported |= {str(n.module).partition(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert imported <= {*sys.stdlib_module_names}


def test_every_room_has_a_coverage_floor() -> None:
    text = (ROOT / "tests" / "coverage_floors.py").read_text(encoding="utf-8")
    floors = ast.literal_eval(text.split("FLOORS = ")[1].split("}")[0] + "}")
    assert set(floors) == set(ROOMS)


def test_ci_runs_the_command_that_the_readme_gives() -> None:
    commands = re.findall(r"^python3 dev\.py \w+", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python3 dev.py test" in commands
    assert "python3 dev.py test" in readme
