"""What the pages say is so: every command, option, setting, error and finding is in the user guide; links lead on."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mlops_desktop import __version__
from mlops_desktop.cli.main import cli
from mlops_desktop.domain.errors import user_errors
from mlops_desktop.domain.expressions import FUNCTIONS
from mlops_desktop.gui.keys import KEYS
from mlops_desktop.services.settings import KNOWN
from mlops_desktop.workers.tables.codes import CODES
from mlops_desktop.workers.training.estimators import CATALOGUE

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "user-guide"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def commands(group: click.Group, *words: str) -> Iterator[tuple[str, click.Command]]:
    """Every command under a group by what is typed for it."""
    for name in group.list_commands(click.Context(group)):
        command = command_of(group, name)
        if isinstance(command, click.Group):
            yield from commands(command, *words, name)
        else:
            yield " ".join(["mlops", *words, name]), command


def command_of(group: click.Group, name: str) -> click.Command:
    command = group.get_command(click.Context(group), name)
    assert command, f"there is no {name}"
    return command


COMMANDS = dict(commands(cli))


def sections(page: Path) -> dict[str, str]:
    """The text under each heading, by the heading without its code marks."""
    found: dict[str, str] = {}
    heading = ""
    for line in page.read_text(encoding="utf-8").splitlines():
        if re.match(r"#+ ", line):
            heading = line.lstrip("# ").replace("`", "")
        found[heading] = found.get(heading, "") + line + "\n"
    return found


def names(command: click.Command) -> set[str]:
    """What a person types for a command's options."""
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return {option for option in options if option.startswith("-")}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_in_the_guide_with_all_it_takes(name: str) -> None:
    section = sections(GUIDE / "commands.md").get(name)
    assert section, f"docs/user-guide/commands.md has no heading `{name}`"
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Argument):
            assert parameter.make_metavar(click.Context(COMMANDS[name])) in section
            continue
        for option in (*parameter.opts, *parameter.secondary_opts):
            assert f"`{option}" in section, f"{option} of {name}"


def test_the_guide_names_no_command_that_is_not_there() -> None:
    headings = {heading for heading in sections(GUIDE / "commands.md") if heading.startswith("mlops ")}
    assert headings == set(COMMANDS)


def codes_in_source() -> set[str]:
    found: set[str] = set()
    for path in SOURCES:
        found |= set(re.findall(r'"(MD-[A-Z]{3}-\d{3})"', path.read_text(encoding="utf-8")))
    return found


def test_every_error_code_is_in_the_guide_and_no_other() -> None:
    rows = re.findall(r"^\| `(MD-[A-Z]{3}-\d{3})` \|", (GUIDE / "errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == set(user_errors()) | codes_in_source()


def test_every_finding_is_in_the_guide_and_no_other() -> None:
    text = (GUIDE / "findings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == set(CODES)


def test_every_finding_that_is_made_has_a_known_code() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and re.fullmatch(r"(\w+\.)?(Finding|finding)", ast.unparse(node.func)):
                given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "code")]
                assert all(code.value in CODES for code in given if isinstance(code, ast.Constant)), path


def test_every_setting_and_variable_is_in_the_guide_and_no_other() -> None:
    text = (GUIDE / "settings.md").read_text(encoding="utf-8")
    variables: set[str] = set()
    for path in SOURCES:
        variables |= set(re.findall(r'"(MLOPS_[A-Z_]+)"', path.read_text(encoding="utf-8")))
    documented = set(re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE))
    assert documented == set(KNOWN) | variables


def test_every_estimator_and_every_function_of_derived_columns_is_in_the_guide() -> None:
    experiments = (GUIDE / "experiments.md").read_text(encoding="utf-8")
    assert [entry.name for entry in CATALOGUE if f"`{entry.name}`" not in experiments] == []
    datasets = (GUIDE / "datasets.md").read_text(encoding="utf-8")
    assert [name for name in FUNCTIONS if f"`{name}`" not in datasets] == []


def test_every_key_of_the_window_is_in_the_guide() -> None:
    text = (GUIDE / "window.md").read_text(encoding="utf-8")
    assert [
        key.sequence for key in KEYS if f"`{key.sequence}`" not in text and f"``{key.sequence} ``" not in text
    ] == []


def blocks(page: Path) -> Iterator[str]:
    """The lines of a page's shell blocks, continued lines joined, what they print left out."""
    for block in re.findall(r"^```(?:sh|bash|console)\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            yield line.removeprefix("$ ").strip()


LINES = [(page, line) for page in PAGES for line in blocks(page)]


@pytest.mark.parametrize(
    ("page", "line"),
    [(page, line) for page, line in LINES if line.startswith("mlops ")],
    ids=lambda value: value.relative_to(ROOT).as_posix() if isinstance(value, Path) else value,
)
def test_a_command_on_a_page_can_be_typed(page: Path, line: str) -> None:
    command: click.Command = cli
    allowed = names(command) | {"--help"}
    rest = shlex.split(line, comments=True)[1:]
    while isinstance(command, click.Group) and rest:
        word = rest.pop(0)
        if word in allowed:
            rest = rest if word in ("--help", "--version", "--json") else rest[1:]
            continue
        command = command_of(command, word)
        allowed |= names(command)
    given = {word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)}
    assert given <= allowed, f"{page.name}: {line}"


def test_a_developers_command_on_a_page_can_be_typed() -> None:
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    dev = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(dev)
    typed = [line for _, line in LINES if line.startswith("python3 dev.py ")]
    assert typed
    for line in typed:
        assert dev.parse(shlex.split(line, comments=True)[2:]).function


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        place, _, anchor = target.partition("#")
        assert "://" not in place, f"{target}: the pages stand alone"
        aim = (page.parent / place).resolve() if place else page
        assert aim.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(aim), f"{page.name}: {target}"


def test_every_page_of_the_guide_is_listed_in_its_index() -> None:
    index = (GUIDE / "index.md").read_text(encoding="utf-8")
    for page in GUIDE.glob("*.md"):
        assert page.name == "index.md" or f"({page.name})" in index, page.name


def test_a_decision_is_a_question_an_answer_reasons_and_what_else_there_was() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        found = [
            heading for heading in sections(page) if heading in ("Question", "Decision", "Reasons", "Alternatives")
        ]
        assert found == ["Question", "Decision", "Reasons", "Alternatives"], page.name
        assert len(page.read_text(encoding="utf-8").splitlines()) <= 80, f"{page.name} is more than a page"
        assert f"(decisions/{page.name})" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"), page.name


def test_every_room_is_on_the_architecture_page_and_in_the_rules() -> None:
    rooms = [path.parent.name for path in (ROOT / "src" / "mlops_desktop").glob("*/__init__.py")]
    for page in (ROOT / "docs" / "architecture.md", ROOT / "CONTRIBUTING.md"):
        text = page.read_text(encoding="utf-8")
        assert [room for room in rooms if f"`{room}" not in text and f"\n  {room}/" not in text] == [], page.name


def test_the_changelog_speaks_of_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text or f"## [{__version__}]" in text
