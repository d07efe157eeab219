"""Charts of real runs: files in both formats, a sentence, the same bytes twice, and refusals in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.workers.training_runs import mixed_table, run_spec, train_run

from mlops_desktop.domain.errors import InvalidInputError, NotFoundError
from mlops_desktop.domain.experiments import Task, Validation, ValidationKind
from mlops_desktop.workers.calls import chart
from mlops_desktop.workers.charts.canvas import label
from mlops_desktop.workers.charts.tokens import DARK, LIGHT, series

CHARTS = {
    Task.BINARY: ("metrics", "roc", "pr", "calibration", "confusion", "importance"),
    Task.MULTICLASS: ("metrics", "roc", "pr", "calibration", "confusion", "importance"),
    Task.REGRESSION: ("metrics", "residuals", "importance"),
}
ESTIMATORS = {Task.BINARY: "LogisticRegression", Task.MULTICLASS: "GaussianNB", Task.REGRESSION: "Ridge"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[Task, list[dict[str, Any]]]:
    made: dict[Task, list[dict[str, Any]]] = {}
    for task, estimator in ESTIMATORS.items():
        validation = Validation(ValidationKind.K_FOLD, folds=3, test_share=0.2)
        for name, with_estimator in (("calm-river $x_1$ <b>", estimator), ("late-otter", "Dummy")):
            folder = tmp_path_factory.mktemp("run")
            trained = train_run(folder, mixed_table(), run_spec(task, with_estimator, validation=validation))
            entry = {"name": name, "evaluation": str(folder / "evaluation.json"), "metrics": trained.result["metrics"]}
            made.setdefault(task, []).append(entry)
    return made


def order(folder: Path, kind: str, runs: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "runs": runs,
        "theme": "light",
        "width": 500,
        "height": 320,
        "pixel_ratio": 1,
        "formats": ["png", "svg"],
        "folder": str(folder),
    } | changes


EVERY = [(task, kind) for task, kinds in CHARTS.items() for kind in kinds]


@pytest.mark.parametrize(("task", "kind"), EVERY, ids=[f"{task.value}-{kind}" for task, kind in EVERY])
def test_chart_is_drawn_for_one_run(
    task: Task, kind: str, runs: dict[Task, list[dict[str, Any]]], tmp_path: Path
) -> None:
    answer = chart.answer(order(tmp_path, kind, runs[task][:1]))
    png, svg = (Path(name) for name in answer["files"])
    assert png.read_bytes().startswith(b"\x89PNG\r\n")
    assert ElementTree.parse(svg).getroot().tag.endswith("svg")
    assert answer["sentence"].endswith(".")
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{kind}.png", f"{kind}.svg"]


@pytest.mark.parametrize("kind", ["metrics", "roc", "pr", "calibration", "confusion", "importance"])
def test_chart_compares_runs_and_names_the_best(
    kind: str, runs: dict[Task, list[dict[str, Any]]], tmp_path: Path
) -> None:
    answer = chart.answer(order(tmp_path, kind, runs[Task.BINARY], theme="dark", formats=["svg"]))
    assert "calm-river" in answer["sentence"] or kind in ("importance", "calibration")


def test_residuals_of_two_runs_name_the_better(runs: dict[Task, list[dict[str, Any]]], tmp_path: Path) -> None:
    answer = chart.answer(order(tmp_path, "residuals", runs[Task.REGRESSION]))
    assert answer["sentence"].startswith("calm-river $x_1$ <b> errs least of 2 runs")
    answer = chart.answer(order(tmp_path, "metrics", runs[Task.REGRESSION], metric="r2"))
    assert "higher is better" in answer["sentence"]


def test_same_values_give_the_same_bytes(runs: dict[Task, list[dict[str, Any]]], tmp_path: Path) -> None:
    for folder in ("one", "two"):
        chart.answer(order(tmp_path / folder, "roc", runs[Task.BINARY]))
    for name in ("roc.png", "roc.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_pixel_ratio_makes_the_picture_larger(runs: dict[Task, list[dict[str, Any]]], tmp_path: Path) -> None:
    sizes = []
    for ratio in (1, 2):
        answer = chart.answer(
            order(tmp_path / str(ratio), "metrics", runs[Task.BINARY], pixel_ratio=ratio, formats=["png"])
        )
        head = Path(answer["files"][0]).read_bytes()
        sizes.append((int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")))
    assert sizes == [(500, 320), (1000, 640)]


@pytest.mark.parametrize(
    ("kind", "task", "count"),
    [("roc", Task.REGRESSION, 1), ("residuals", Task.BINARY, 1), ("roc", Task.MULTICLASS, 2), ("pie", Task.BINARY, 1)],
)
def test_chart_that_does_not_fit_is_refused(
    kind: str, task: Task, count: int, runs: dict[Task, list[dict[str, Any]]], tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError):
        chart.answer(order(tmp_path, kind, runs[task][:count]))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "change",
    [
        {"theme": "pink"},
        {"formats": ["gif"]},
        {"formats": []},
        {"width": 5},
        {"pixel_ratio": 40},
        {"runs": []},
        {"metric": "beauty", "kind": "metrics"},
    ],
)
def test_wrong_order_is_refused(change: dict[str, Any], runs: dict[Task, list[dict[str, Any]]], tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        chart.answer(order(tmp_path, "metrics", runs[Task.BINARY]) | change)


def test_lost_evaluation_is_named(runs: dict[Task, list[dict[str, Any]]], tmp_path: Path) -> None:
    lost = [{"name": "calm-river", "evaluation": str(tmp_path / "gone.json"), "metrics": []}]
    with pytest.raises(NotFoundError, match="calm-river"):
        chart.answer(order(tmp_path, "roc", lost))


def test_too_many_matrices_are_refused(runs: dict[Task, list[dict[str, Any]]], tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="At most 4"):
        chart.answer(order(tmp_path, "confusion", runs[Task.BINARY] * 3))


def test_labels_are_one_short_printable_line() -> None:
    assert label("a\n b\tc\x1b[31m") == "a b c [31m"
    assert len(label("x" * 500)) == 40


def test_series_differ_by_colour_dash_and_marker() -> None:
    for theme in (LIGHT, DARK):
        styles = [series(theme, place) for place in range(7)]
        assert len({style.colour for style in styles}) == len({str(style.dash) for style in styles}) == 7
        assert len({style.marker for style in styles}) == 7
        assert series(theme, 7).colour == styles[0].colour
        assert series(theme, 7).width < styles[0].width
