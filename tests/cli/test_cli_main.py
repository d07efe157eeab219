"""Exit codes and errors of the command line, in this process."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from mlops_desktop.cli import main as entry
from mlops_desktop.domain.errors import NotFoundError


def run(*arguments: object) -> int:
    return entry.main([str(argument) for argument in arguments])


def test_every_listed_command_exists_and_has_help() -> None:
    context = click.Context(entry.cli)
    for name in entry.cli.list_commands(context):
        command = entry.cli.get_command(context, name)
        assert command is not None
        assert command.help, name
        if isinstance(command, click.Group):
            for verb, leaf in command.commands.items():
                assert leaf.help, f"{name} {verb}"
    assert entry.cli.get_command(context, "nothing") is None


def test_help_and_version_are_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == entry.DONE
    assert run("datasets", "import", "--help") == entry.DONE
    assert "Import a CSV" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["nothing"], ["datasets", "nothing"], ["datasets", "import"], ["trash", "put", "x"], []]
)
def test_wrong_usage_is_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == entry.WRONG_USAGE
    said = capsys.readouterr()
    assert "Usage" in said.out + said.err


def test_a_user_error_is_one_and_says_its_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("-w", tmp_path / "none", "datasets", "list") == entry.USER_ERROR
    assert "MD-REF-001" in capsys.readouterr().err
    assert run("-w", tmp_path / "none", "datasets", "list", "--json") == entry.USER_ERROR
    assert json.loads(capsys.readouterr().err)["error"]["code"] == "MD-REF-001"


def test_without_any_workspace_it_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("datasets", "list") == entry.USER_ERROR
    assert "mlops workspace create" in capsys.readouterr().err


def test_an_error_of_ours_is_three_and_shows_no_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("one by nothing")

    monkeypatch.setattr(entry.cli, "main", broken)
    assert run("datasets", "list") == entry.OUR_BUG
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said
    assert "Traceback" not in said


def test_an_interrupt_says_that_work_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(entry.cli, "main", interrupted)
    assert run("datasets", "list") == entry.INTERRUPTED
    assert "goes on" in capsys.readouterr().err


def test_the_hint_stands_below_the_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise NotFoundError("There is no dataset x.", hint="Did you mean y?")

    monkeypatch.setattr(entry.cli, "main", refused)
    assert run("datasets", "show", "x") == entry.USER_ERROR
    assert capsys.readouterr().err.splitlines() == ["There is no dataset x.", "Did you mean y?", "(MD-REF-001)"]
