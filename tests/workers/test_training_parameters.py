"""Parameter forms follow scikit-learn's own constraints, and every value is checked before a run."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import Task
from mlops_desktop.workers.calls import check as check_call
from mlops_desktop.workers.calls import estimators as estimators_call
from mlops_desktop.workers.calls import parameter_form
from mlops_desktop.workers.training import estimators, parameters

EVERY = [(task, entry.name) for task in Task for entry in estimators.for_task(task)]


def checked(estimator: str, **params: object) -> dict[str, Any]:
    return parameters.check(estimators.find(estimator, Task.BINARY), Task.BINARY, params)


@pytest.mark.parametrize(("task", "name"), EVERY, ids=[f"{task.value}-{name}" for task, name in EVERY])
def test_every_default_passes_its_own_check_as_value_and_as_text(task: Task, name: str) -> None:
    entry = estimators.find(name, task)
    fields = parameters.fields(entry, task)
    for field in fields:
        value = {field["name"]: field["default"]}
        assert parameters.check(entry, task, value) == value
        assert parameters.check(entry, task, {field["name"]: str(field["default"])}) == value
        assert field["doc"]
    assert {name for name in entry.first} <= {field["name"] for field in fields}
    settings = parameters.for_estimator({field["name"]: field["default"] for field in fields})
    estimators.build(entry, task, settings, seed=1)._validate_params()


def test_form_never_shows_what_the_run_decides() -> None:
    for task, name in EVERY:
        shown = {field["name"] for field in parameters.fields(estimators.find(name, task), task)}
        assert not shown & {"random_state", "n_jobs", "verbose", "warm_start", "class_weight", "estimator"}


@pytest.mark.parametrize(
    ("estimator", "params", "wanted"),
    [
        ("LogisticRegression", {"C": "0.1"}, {"C": 0.1}),
        ("LogisticRegression", {"C": 2}, {"C": 2.0}),
        ("LogisticRegression", {"C": "inf"}, {"C": "Infinity"}),
        ("LogisticRegression", {"max_iter": "50", "fit_intercept": "false"}, {"max_iter": 50, "fit_intercept": False}),
        ("RandomForest", {"max_depth": "none"}, {"max_depth": None}),
        ("RandomForest", {"max_depth": 7.0}, {"max_depth": 7}),
        ("RandomForest", {"min_samples_leaf": "3"}, {"min_samples_leaf": 3}),
        ("RandomForest", {"min_samples_leaf": "0.25"}, {"min_samples_leaf": 0.25}),
        ("RandomForest", {"max_features": "sqrt"}, {"max_features": "sqrt"}),
        ("RandomForest", {"max_features": "1.0"}, {"max_features": 1.0}),
        ("RandomForest", {"max_features": "1"}, {"max_features": 1}),
        ("MLP", {"hidden_layer_sizes": "[50, 20]"}, {"hidden_layer_sizes": [50, 20]}),
        ("MLP", {"hidden_layer_sizes": "50, 20"}, {"hidden_layer_sizes": [50, 20]}),
        ("MLP", {"hidden_layer_sizes": (8,)}, {"hidden_layer_sizes": [8]}),
        ("MLP", {"hidden_layer_sizes": 30}, {"hidden_layer_sizes": 30}),
        ("HistGradientBoosting", {"early_stopping": "auto"}, {"early_stopping": "auto"}),
        ("HistGradientBoosting", {"early_stopping": "no"}, {"early_stopping": False}),
        ("SGD", {"average": "5"}, {"average": 5}),
    ],
)
def test_texts_are_read_as_the_constraint_allows(
    estimator: str, params: dict[str, object], wanted: dict[str, object]
) -> None:
    assert checked(estimator, **params) == wanted


def test_infinity_reaches_scikit_learn_as_a_number() -> None:
    settings = parameters.for_estimator(checked("LogisticRegression", C="inf"))
    entry = estimators.find("LogisticRegression", Task.BINARY)
    estimators.build(entry, Task.BINARY, settings, seed=0)._validate_params()


@pytest.mark.parametrize(
    ("estimator", "params", "sentence"),
    [
        ("LogisticRegression", {"C": 0}, "C must be a number above 0, not 0"),
        ("LogisticRegression", {"C": "nan"}, "C must be"),
        ("LogisticRegression", {"C": float("nan")}, "C must be"),
        ("LogisticRegression", {"C": True}, "C must be"),
        ("LogisticRegression", {"C": "$(rm -rf /)"}, "C must be"),
        ("LogisticRegression", {"C": "9" * 5000}, "C must be"),
        ("LogisticRegression", {"max_iter": "1.5"}, "max_iter must be a whole number at least 0"),
        ("LogisticRegression", {"solver": "magic"}, "solver must be one of lbfgs"),
        ("LogisticRegression", {"c": 1}, "no parameter 'c'"),
        ("LogisticRegression", {"n_jobs": 4}, "no parameter 'n_jobs'"),
        ("LogisticRegression", {"random_state": 4}, "no parameter 'random_state'"),
        ("RandomForest", {"n_estimators": 0}, "at least 1"),
        ("RandomForest", {"min_samples_leaf": 1.5}, "min_samples_leaf must be"),
        ("MLP", {"hidden_layer_sizes": "[]"}, "a list of whole numbers"),
        ("MLP", {"hidden_layer_sizes": [0]}, "hidden_layer_sizes must be"),
        ("SGD", {"loss": "hinge"}, "loss must be one of"),
        ("HistGradientBoosting", {"max_features": 1}, ""),
        ("HistGradientBoosting", {"learning_rate": -1}, "learning_rate must be a number above 0"),
    ],
)
def test_wrong_values_are_refused_naming_parameter_and_rule(
    estimator: str, params: dict[str, object], sentence: str
) -> None:
    if not sentence:
        assert checked(estimator, **params)
        return
    with pytest.raises(InvalidInputError) as caught:
        checked(estimator, **params)
    assert sentence in caught.value.message
    assert len(caught.value.message) < 400


def test_calls_answer_forms_and_checks() -> None:
    listed = estimators_call.answer({"task": "regression"})["estimators"]
    assert [entry["name"] for entry in listed if entry["default"]] == ["HistGradientBoosting"]
    assert {"name", "title", "family", "sentence", "brief", "default", "cost_hint"} == set(listed[0])
    assert all(0 < len(one["brief"]) <= 46 for one in listed), "it has the room of two short lines"
    form = parameter_form.answer({"task": "binary", "estimator": "logisticregression"})
    assert form["estimator"] == "LogisticRegression"
    assert form["fields"][0]["name"] == "C"
    request = {"task": "binary", "estimator": "logisticregression", "params": {"C": "0.5"}}
    wanted = {"estimator": "LogisticRegression", "params": {"C": 0.5}}
    assert check_call.answer(request) == parameter_form.answer({**request, "check": True}) == wanted
    with pytest.raises(InvalidInputError, match="no task"):
        estimators_call.answer({"task": "clustering"})
    with pytest.raises(InvalidInputError, match="names with values"):
        check_call.answer({**request, "params": [1]})


def test_a_call_says_what_is_wrong_with_each_parameter() -> None:
    request = {
        "task": "binary",
        "estimator": "KNeighbors",
        "params": {"n_neighbors": "0", "p": "2"},
        "class_weight": "balanced",
        "problems": True,
    }
    problems = parameter_form.answer(request)["problems"]
    assert problems["n_neighbors"]["message"] == "n_neighbors must be a whole number at least 1 or none, not '0'."
    assert problems["class_weight"]["message"] == "Nearest neighbours cannot weight classes."
    assert set(problems) == {"n_neighbors", "class_weight"}
    assert parameter_form.answer({**request, "params": {}, "class_weight": None})["problems"] == {}
    checked_by_start = {key: value for key, value in request.items() if key != "problems"} | {"params": {}}
    with pytest.raises(InvalidInputError, match="cannot weight classes"):
        check_call.answer(checked_by_start)
    assert check_call.answer({**checked_by_start, "estimator": "RandomForest"})["params"] == {}
