"""Every estimator of the catalogue, in every task, from the table to a bundle that answers the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.workers.training_runs import QUICK, mixed_table, run_spec, train_run

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import Task
from mlops_desktop.workers.training import estimators

EVERY = [(task, entry.name) for task in Task for entry in estimators.for_task(task)]


def test_there_are_at_least_ten_estimators_for_each_task() -> None:
    for task in Task:
        assert len(estimators.for_task(task)) >= 10
        assert estimators.DEFAULT in {entry.name for entry in estimators.for_task(task)}


@pytest.mark.parametrize(("task", "name"), EVERY, ids=[f"{task.value}-{name}" for task, name in EVERY])
def test_estimator_is_trained_bundled_and_answers_after_loading(task: Task, name: str, tmp_path: Path) -> None:
    trained = train_run(tmp_path / "run", mixed_table(), run_spec(task, name))
    model = trained.model()
    assert model.check_example() is None
    assert model.task == task.value
    answers = model.predict_rows(model.example.rows)
    assert len(answers) == len(model.example.rows) == 5
    if task.is_classification:
        for answer in answers:
            assert answer["prediction"] in model.classes
            assert sum(answer["probabilities"].values()) == pytest.approx(1)


@pytest.mark.parametrize("name", [entry.name for entry in estimators.for_task(Task.BINARY)])
def test_class_weight_is_given_or_refused_in_words(name: str) -> None:
    entry = estimators.find(name, Task.BINARY)
    if estimators.takes(entry, Task.BINARY, "class_weight"):
        built = estimators.build(entry, Task.BINARY, QUICK.get(name, {}), seed=1, class_weight="balanced")
        assert built.get_params()["class_weight"] == "balanced"
    else:
        with pytest.raises(InvalidInputError, match="cannot weight classes"):
            estimators.build(entry, Task.BINARY, {}, seed=1, class_weight="balanced")


def test_unknown_class_weight_is_refused() -> None:
    entry = estimators.find("LogisticRegression", Task.BINARY)
    with pytest.raises(InvalidInputError, match="class weight"):
        estimators.build(entry, Task.BINARY, {}, seed=1, class_weight="heavy")


def test_name_is_found_in_any_case_and_a_wrong_one_gets_the_nearest() -> None:
    assert estimators.find("randomforest", Task.REGRESSION).name == "RandomForest"
    with pytest.raises(InvalidInputError, match="no estimator") as caught:
        estimators.find("RandomForrest", Task.BINARY)
    assert "RandomForest" in caught.value.hint
    with pytest.raises(InvalidInputError, match="regression"):
        estimators.find("GaussianNB", Task.REGRESSION)
    with pytest.raises(InvalidInputError, match="is not for"):
        estimators.load_class(estimators.find("Ridge", Task.REGRESSION), Task.BINARY)


def test_seed_reaches_the_estimator() -> None:
    entry = estimators.find("RandomForest", Task.BINARY)
    assert estimators.build(entry, Task.BINARY, {}, seed=42).random_state == 42
