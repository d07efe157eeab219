"""From a file to a model that answers, in the real window on the whole flights: mouse, keyboard alone, names alone."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests import needs
from tests.end_to_end.conftest import CommandLine, end_all
from tests.end_to_end.window.people import KeyboardPerson, MousePerson, NamesPerson, Person
from tests.end_to_end.window.screen import Screen, missing_tools, own_screen

from mlops_desktop.resources import resource

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
PEOPLE: dict[str, Callable[[Screen], Person]] = {"mouse": MousePerson, "keyboard": KeyboardPerson, "names": NamesPerson}
TRAINING_SECONDS = 600.0
MOST_ACTIONS = 14
MOST_ACTIONS_SUGGESTED = 10


@pytest.fixture
def flights(tmp_path: Path) -> Path:
    with zipfile.ZipFile(resource("samples", "flights.csv.zip")) as archive:
        return Path(archive.extract("flights.csv", tmp_path / "files"))


@pytest.fixture
def mlops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    """The command line over the workspace that the window will make."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MLOPS_STATE_FOLDER", str(tmp_path / "state"))
    monkeypatch.setenv("MLOPS_KEEPER_IDLE_SECONDS", "2")
    line = CommandLine(home / "MLOps" / "my-workspace")
    yield line
    end_all(line)


@pytest.fixture
def screen(mlops: CommandLine, tmp_path: Path) -> Iterator[Screen]:
    """The window at its first start."""
    needs.packages(missing_tools())
    with own_screen() as made:
        made.open_window()
        made.eyes.see("Welcome to MLOps Desktop", "label")
        try:
            yield made
        finally:
            made.picture(tmp_path / "last.png")
            (tmp_path / "actions.txt").write_text("\n".join(made.hands.actions))


@pytest.mark.parametrize("who", PEOPLE)
def test_from_a_file_to_an_answer_with_three_estimators(
    who: str, screen: Screen, mlops: CommandLine, flights: Path
) -> None:
    person = PEOPLE[who](screen)
    import_with_late(person, flights)
    for name in ("LogisticRegression", "Dummy"):
        person.act(name, "check box")
    person.act("Start 3 runs")
    wait_for_runs(screen, 3)
    person.take_all_runs()
    screen.eyes.see("Compare 3", "push button")
    person.compare()
    screen.eyes.see("Compare 3 runs", "label")
    person.act("Register *")
    deploy_and_ask(person)
    if who == "mouse":
        assert len(screen.hands.actions) <= MOST_ACTIONS, screen.hands.actions
    check_workspace(mlops, runs=3)


def test_from_a_file_to_an_answer_with_the_suggested_estimator(
    screen: Screen, mlops: CommandLine, flights: Path
) -> None:
    person = MousePerson(screen)
    import_with_late(person, flights)
    person.act("Start run")
    screen.eyes.see("Register…", "push button", TRAINING_SECONDS)
    person.act("Register…")
    deploy_and_ask(person)
    assert len(screen.hands.actions) <= MOST_ACTIONS_SUGGESTED, screen.hands.actions
    check_workspace(mlops, runs=1)


def import_with_late(person: Person, flights: Path) -> None:
    eyes = person.screen.eyes
    person.bring(flights)
    eyes.see("Import and set up run", "push button")
    person.write("Name of derived column 1", "late = arr_delay > 15")
    eyes.see("late, type 0/1", "table column header")
    person.act("Import and set up run")
    eyes.see("Start run", "push button")


def wait_for_runs(screen: Screen, count: int) -> None:
    def are_finished() -> bool:
        cells = screen.eyes.find("Status: *", "table cell")
        return [cell["name"] for cell in cells] == ["Status: Finished"] * count

    screen.eyes.until(are_finished, f"{count} finished runs", TRAINING_SECONDS)


def deploy_and_ask(person: Person) -> None:
    """From the dialog that registers to the answer of the endpoint."""
    person.act("Register and deploy…")
    person.act("Deploy")
    person.screen.eyes.see("v1 answers, healthy", None, 120)
    person.act("Try it")
    person.act("Send request")
    answer = person.screen.eyes.see("v1 predicts *", "panel")
    assert answer["name"].split()[2].rstrip(",") in ("true", "false")


def check_workspace(mlops: CommandLine, runs: int) -> None:
    """What the window did is what the command line finds, and nothing went wrong in the window."""
    finished = mlops.json("experiments", "list", "flights-late")
    assert [run["status"] for run in finished] == ["finished"] * runs
    assert "flights-late@v1" in mlops("models", "show", "flights-late@v1")
    assert "clean" in mlops("verify")
    log = Path(os.environ["MLOPS_STATE_FOLDER"]) / "window.log"
    assert not log.exists() or "Traceback" not in log.read_text("utf-8")
