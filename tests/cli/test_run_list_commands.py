"""Lists of runs at the command line: filtered, sorted, tagged, written, kept as views."""

from __future__ import annotations

from pathlib import Path

from tests.cli.typing_room import Typist

from mlops_desktop.cli import main as entry


def runs(mlops: Typist) -> list[str]:
    """Two runs, the older one first."""
    mlops.world.dataset()
    made = [mlops.json("experiments", "run", "flights", "late", "-e", name) for name in ("Ridge", "Dummy")]
    return [str(run["name"]) for (run,) in made]


def test_runs_are_listed_by_filter_and_order(mlops: Typist) -> None:
    ridge, dummy = runs(mlops)
    found = mlops.json("experiments", "list", "--where", "roc_auc > 0.7 and (estimator:ridge or tag:best)")
    assert [run["name"] for run in found] == [ridge]
    ordered = mlops.json("experiments", "list", "flights-late", "--sort", "-estimator", "--sort", "run")
    assert [run["name"] for run in ordered] == [ridge, dummy]
    assert ridge in mlops("experiments", "list", "--sort", "estimator", "--limit", "5")


def test_a_mistake_in_a_filter_is_shown_with_a_caret(mlops: Typist) -> None:
    runs(mlops)
    mlops("experiments", "list", "--where", "a and roc_ac > 1", code=entry.USER_ERROR)
    assert "  a and roc_ac > 1\n        ^\n" in mlops.notes
    assert "Perhaps: a and roc_auc > 1\n(MD-INP-002)" in mlops.notes


def test_many_runs_are_tagged_at_once(mlops: Typist) -> None:
    ridge, dummy = runs(mlops)
    assert f"Changed: {ridge}, {dummy}" in mlops("experiments", "tag", ridge, dummy, "--add", "best")
    assert "Nothing to change." in mlops("experiments", "tag", ridge, "--add", "best")
    assert mlops.json("experiments", "show", dummy)["tags"] == ["best"]
    mlops("experiments", "tag", dummy, "--remove", "best")
    assert [run["name"] for run in mlops.json("experiments", "list", "--where", "tag = best")] == [ridge]


def test_what_a_filter_leaves_is_written_as_csv(mlops: Typist, tmp_path: Path) -> None:
    ridge, _ = runs(mlops)
    target = tmp_path / "runs.csv"
    said = mlops("experiments", "export", target, "flights-late", "--where", "estimator = Ridge", "--sort", "run")
    assert "Wrote 1 run to" in said
    assert target.read_text(encoding="utf-8").splitlines()[1].startswith(f"{ridge},finished,flights-late,Ridge")


def test_a_view_is_saved_used_and_removed(mlops: Typist) -> None:
    ridge, _ = runs(mlops)
    line = (
        "experiments",
        "views",
        "save",
        "linear",
        "--where",
        "estimator:ridge",
        "--sort=-roc_auc",
        "--column",
        "run",
    )
    assert "mlops experiments list --view 'linear'" in mlops(*line)
    assert "estimator:ridge" in mlops("experiments", "views", "list")
    assert mlops.json("experiments", "views", "list")[0]["sort"] == [{"field": "roc_auc", "descending": True}]
    assert [run["name"] for run in mlops.json("experiments", "list", "--view", "linear")] == [ridge]
    assert mlops.json("experiments", "list", "--view", "linear", "--where", "status = failed") == []
    mlops("experiments", "views", "save", "odd", "--where", "nothing > 3", code=entry.USER_ERROR)
    assert "Removed the view linear" in mlops("experiments", "views", "remove", "linear")
    mlops("experiments", "list", "--view", "linear", code=entry.USER_ERROR)
