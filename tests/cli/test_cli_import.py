"""`mlops datasets import` with everything that can be said about a file, and by a recipe."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.typing_room import DiligentWorld, Typist

from mlops_desktop.cli import main as entry
from mlops_desktop.domain.errors import UnreadableTableError


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "flights.csv"
    path.write_text("a,b\n1,2\n")
    return path


def answers_of(world: DiligentWorld) -> dict[str, object]:
    _, request = next(asked for asked in reversed(world.workers.asked) if asked[0] == "preview")
    return dict(request["answers"])


def test_every_answer_can_be_said(mlops: Typist, world: DiligentWorld, csv: Path) -> None:
    mlops(
        "datasets", "import", csv, "--preview", "--quote", "none", "--type", "arr_delay=integer",
        "--misfits", "arr_delay=empty", "--leave-out", "notes", "--leave-ragged-out", "--leave-line-out", 7,
    )  # fmt: skip
    said = answers_of(world)
    assert said["quote"] == ""
    assert said["column_types"] == {"arr_delay": "integer"}
    assert said["misfits"] == {"arr_delay": "empty"}
    assert said["columns_left_out"] == ["notes"]
    assert said["ragged_left_out"] is True
    assert said["lines_left_out"] == [7]
    mlops("datasets", "import", csv, "--preview", "--misfits", "arr_delay=gone", code=entry.WRONG_USAGE)


def test_the_next_file_is_read_as_before_and_what_is_said_goes_first(
    mlops: Typist, world: DiligentWorld, csv: Path
) -> None:
    mlops("datasets", "import", csv, "--name", "flights")
    recipe = mlops.json("datasets", "recipe", "flights")
    assert recipe["reference"] == "flights@v1"
    assert "As flights@v1 was read" in mlops("datasets", "recipe", "flights")
    mlops("datasets", "import", csv, "--name", "flights", "--as-before", "--decimal", ",", "--preview")
    said = answers_of(world)
    assert said["decimal"] == ","
    assert said["column_types"] == recipe["answers"]["column_types"]
    mlops("datasets", "import", csv, "--name", "flights", "--no-recipe")
    assert "keeps no recipe" in mlops("datasets", "recipe", "flights")
    mlops("datasets", "import", csv, "--name", "flights", "--as-before", code=entry.USER_ERROR)


def test_a_file_that_cannot_be_read_shows_the_lines_and_the_ways_out(
    mlops: Typist, world: DiligentWorld, csv: Path
) -> None:
    def refuse(request: object) -> dict[str, object]:
        raise UnreadableTableError("A quote is never closed.", hint="Correct it.")

    world.workers.answers["preview"] = refuse
    world.workers.answers["obstacle"] = lambda request: {
        "obstacle": {
            "title": "A quote is never closed.",
            "sentence": "Correct it.",
            "code": "MD-DAT-001",
            "lines": [{"number": 301, "text": '1,"SJU,3', "is_wrong": True}],
            "ways": [
                {"caption": "Leave line 301 out", "sentence": "398 rows.", "answers": {}, "rows": 398, "columns": 3}
            ],
        }
    }
    mlops("datasets", "import", csv, "--preview", code=entry.USER_ERROR)
    assert '>       301  1,"SJU,3' in mlops.notes
    assert "Leave line 301 out: 398 rows." in mlops.notes
