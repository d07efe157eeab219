"""The path of a person with a CSV, by the command line: from the import to a roll back, the trash and a backup."""

from __future__ import annotations

import csv
import json
import random
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.conftest import CommandLine

from mlops_desktop.resources import resource

Row = dict[str, Any]


def some_flights(folder: Path, rows: int) -> Path:
    """Every n-th of the sample's flights, over the whole year."""
    target = folder / "flights.csv"
    with zipfile.ZipFile(resource("samples", "flights.csv.zip")) as archive, archive.open("flights.csv") as file:
        lines = file.read().decode().splitlines()
    step = max(1, (len(lines) - 1) // rows)
    target.write_text("\n".join([lines[0], *lines[1::step]]) + "\n")
    return target


def ask(url: str, token: str | None, body: Any) -> tuple[int, Any]:
    request = urllib.request.Request(f"{url}/predict", json.dumps(body).encode(), {"Content-Type": "application/json"})
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_csv_becomes_a_model_that_answers(mlops: CommandLine, tmp_path: Path) -> None:
    flights = some_flights(tmp_path, 12_000)
    preview = mlops.json("datasets", "import", flights, "--preview")
    assert {column["name"] for column in preview["columns"]} >= {"arr_delay", "time_hour"}

    imported = mlops.json("datasets", "import", flights, "--name", "flights", "--derive", "late = arr_delay > 15")
    version = imported["version"]
    assert (version["number"], imported["unchanged"]) == (1, False)
    again = mlops.json("datasets", "import", flights, "--name", "flights", "--derive", "late = arr_delay > 15")
    assert again["unchanged"] is True

    runs = mlops.json(
        "experiments", "run", "flights", "late", "-e", "LogisticRegression", "-e", "HistGradientBoosting",
        "-p", "HistGradientBoosting.max_iter=20", "--validation", "time_ordered", "--folds", 3, "--test", 0.2,
    )  # fmt: skip
    assert [run["status"] for run in runs] == ["finished", "finished"]
    left_out = {item["name"] for item in runs[0]["spec"]["left_out"]}
    assert {"arr_delay", "air_time", "arr_time"} <= left_out
    auc = {run["name"]: next(m for m in run["metrics"] if m["key"] == "roc_auc") for run in runs}
    assert all(0.5 < metric["mean"] < 0.9 and len(metric["folds"]) == 3 for metric in auc.values())

    charts = tmp_path / "charts"
    comparison = mlops.json("experiments", "compare", *auc, "--charts", charts)
    assert {Path(file).suffix for file in comparison["charts"]} == {".png", ".svg"}
    assert all(Path(file).stat().st_size > 1000 for file in comparison["charts"])

    first, second = auc
    assert mlops.json("models", "register", first, "flight-late", "--alias", "champion")["number"] == 1
    assert mlops.json("models", "register", second, "flight-late", "--alias", "challenger")["number"] == 2

    deployed = mlops.json("deployments", "deploy", "flight-late@champion")
    rows = sample_rows(flights, 20)
    status, answer = ask(deployed["url"], deployed["token"], {"rows": keep(mlops, "flight-late@v1", rows)})
    assert (status, answer["model"], len(answer["predictions"])) == (200, "flight-late@v1", 20)
    assert ask(deployed["url"], None, {"rows": []})[0] == 401
    assert ask(deployed["url"], "wrong", {"rows": []})[0] == 401

    mlops("deployments", "deploy", "flight-late@challenger")
    assert ask(deployed["url"], deployed["token"], {"rows": keep(mlops, "flight-late@v2", rows)})[1]["model"].endswith(
        "v2"
    )
    mlops("deployments", "rollback", "flight-late")
    assert ask(deployed["url"], deployed["token"], {"rows": keep(mlops, "flight-late@v1", rows)})[1]["model"].endswith(
        "v1"
    )
    new_token = mlops.json("deployments", "token", "flight-late")["token"]
    assert ask(deployed["url"], deployed["token"], {"rows": []})[0] == 401
    assert ask(deployed["url"], new_token, {"rows": keep(mlops, "flight-late@v1", rows)})[0] == 200

    listed = mlops.json("deployments", "list")
    assert [(pair["deployment"]["status"], pair["deployment"]["health"]) for pair in listed] == [("running", "healthy")]
    scored = tmp_path / "scored.csv"
    mlops("datasets", "score", "flight-late@champion", "flights", "--to", scored)
    with scored.open(newline="") as file:
        assert sum(1 for _ in csv.reader(file)) == version["rows"] + 1
    assert "clean" in mlops("verify")


def keep(mlops: CommandLine, reference: str, rows: list[Row]) -> list[Row]:
    """Of each row only the columns that the model takes."""
    inputs = {column["name"] for column in mlops.json("models", "show", reference)["recipe"]["inputs"]}
    return [{name: value for name, value in row.items() if name in inputs} for row in rows]


def sample_rows(path: Path, count: int) -> list[Row]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = random.Random(7).sample(rows, count)
    return [{name: _value(text) for name, text in row.items()} for row in chosen]


def _value(text: str) -> Any:
    if text in ("", "NA"):
        return None
    try:
        return int(text)
    except ValueError:
        return text


def test_a_changed_file_makes_the_next_version_with_a_difference(mlops: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "cities.csv"
    path.write_text("id,city,size\n007,Oslo,1\n008,Rome,2\n")
    first = mlops.json("datasets", "import", path)["version"]
    assert {c["name"]: c["type"] for c in first["columns"]} == {"id": "text", "city": "text", "size": "integer"}
    path.write_text("id,city,size,sea\n007,Oslo,1,yes\n008,Rome,2,no\n009,Bern,3,no\n")
    second = mlops.json("datasets", "import", path)["version"]
    assert second["number"] == 2
    assert (second["difference"]["rows_before"], second["difference"]["rows_after"]) == (2, 3)
    assert [(c["name"], c["change"]) for c in second["difference"]["columns"] if c["change"] == "added"] == [
        ("sea", "added")
    ]
    assert mlops.json("datasets", "diff", "cities@v1", "cities@v2")["rows_in_both"] == 2


def test_errors_say_what_happened_and_what_to_do(mlops: CommandLine, tmp_path: Path) -> None:
    told = mlops("datasets", "show", "nothing", code=1)
    assert "There is no dataset called nothing." in told
    assert "MD-REF-001" in told
    assert "Error" in mlops("datasets", "import", code=2)
    (tmp_path / "empty.csv").write_text("")
    assert "MD-DAT-001" in mlops("datasets", "import", tmp_path / "empty.csv", code=1)
    assert mlops.json("datasets", "list")[0]["latest_number"] == 0


def test_trash_brings_back_and_purge_erases(mlops: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "cities.csv"
    path.write_text("id,city\n" + "".join(f"{i},c{i % 3}\n" for i in range(30)))
    mlops("datasets", "import", path)
    mlops("trash", "put", "dataset", "cities")
    assert mlops.json("datasets", "list") == []
    mlops("trash", "restore", "dataset", "cities")
    assert [d["name"] for d in mlops.json("datasets", "list")] == ["cities"]
    mlops("trash", "put", "dataset", "cities")
    done = mlops.json("trash", "purge", "--yes")
    assert done["items"] == 1
    assert done["files"] == 1
    assert [path.name for path in (mlops.folder / "artifacts").rglob("*") if path.is_file()] == [".store"]


@pytest.mark.parametrize("noun", ["datasets", "experiments", "models", "deployments", "jobs", "trash"])
def test_lists_of_an_empty_workspace_are_empty(mlops: CommandLine, noun: str) -> None:
    assert mlops.json(noun, "list") == []
    mlops(noun, "list")


def test_a_backup_becomes_a_workspace_again(mlops: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "cities.csv"
    path.write_text("id,city\n1,Oslo\n2,Rome\n")
    mlops("datasets", "import", path)
    mlops("workspace", "backup", tmp_path / "backup.zip")
    other = CommandLine(tmp_path / "other")
    other("workspace", "restore", tmp_path / "backup.zip", tmp_path / "other")
    assert [d["name"] for d in other.json("datasets", "list")] == ["cities"]
    assert "clean" in other("verify")
