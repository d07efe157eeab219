"""A draft of new runs: what it asks for, the same line on the command line, and its rules."""

from __future__ import annotations

import dataclasses
import shlex
from datetime import UTC, datetime

import pytest

from mlops_desktop.cli.experiments import run as run_command
from mlops_desktop.cli.run_options import run_request
from mlops_desktop.domain.experiments import (
    Feature,
    FeatureRole,
    Imputation,
    LeftOut,
    Run,
    RunSpec,
    RunStatus,
    Scaling,
    Task,
    ThresholdRule,
    Validation,
    ValidationKind,
)
from mlops_desktop.domain.suggestions import Suggestion
from mlops_desktop.gui.readings.run_draft import (
    Draft,
    allowed,
    as_text,
    command,
    draft_of_run,
    load_draft,
    problems,
    request,
    store_draft,
)
from mlops_desktop.services.run_setup import RunRequest
from mlops_desktop.workers.training import estimators, parameters

EVERYTHING = Draft(
    dataset="flights@v3",
    target="late",
    experiment="late at arrival",
    question='Does "$(rain)" matter?',
    task=Task.BINARY,
    positive="true",
    estimators=("HistGradientBoosting", "RandomForest", "MLP"),
    params={
        "HistGradientBoosting": {"max_iter": "300", "max_depth": "none", "early_stopping": "true", "tol": "1e-05"},
        "RandomForest": {"max_features": ".5", "n_estimators": "40", "max_depth": "8"},
        "MLP": {"hidden_layer_sizes": "50, 20", "activation": "tanh"},
    },
    without=("minute",),
    included=("arr delay", "a=b"),
    roles={"month": FeatureRole.CATEGORY, "a=b": FeatureRole.CATEGORY},
    imputation=Imputation.MEAN,
    scaling=Scaling.NONE,
    most_categories="20",
    class_weight=True,
    validation=ValidationKind.TIME_ORDERED,
    folds="4",
    test="12.5",
    by="time_hour",
    rule=ThresholdRule.BEST_F1,
    seed="7",
    threads="2",
    tags="night, first ,",
    notes="-- two\nlines --",
    rerun_of="amber-falcon-27",
)
DRAFTS = [
    Draft(dataset="flights@v3", target="late"),
    EVERYTHING,
    dataclasses.replace(EVERYTHING, validation=ValidationKind.HOLDOUT, share="30", by=None, rule=ThresholdRule.FIXED),
    dataclasses.replace(EVERYTHING, validation=ValidationKind.GROUPED, by="carrier", rule=ThresholdRule.BALANCED),
    Draft(dataset="f@v1", target="-x", rule=ThresholdRule.FIXED, threshold="0.35", validation=ValidationKind.K_FOLD),
]


def asked_on_the_command_line(line: str) -> RunRequest:
    """What the program itself makes of the line."""
    words = shlex.split(line)
    assert words[:3] == ["mlops", "experiments", "run"]
    options = dict(run_command.make_context("run", words[3:]).params)
    return run_request(options.pop("dataset"), options.pop("target"), options)


def checked(asked: RunRequest) -> RunRequest:
    """With parameters as the estimators take them: the window sends texts, the command line reads numbers."""
    choices = []
    for choice in asked.estimators:
        entry = estimators.find(choice.name, asked.task or Task.BINARY)
        params = parameters.check(entry, asked.task or Task.BINARY, choice.params)
        choices.append(dataclasses.replace(choice, params=params))
    validation = asked.validation
    if validation is not None and validation.kind is not ValidationKind.HOLDOUT:
        validation = dataclasses.replace(validation, validation_share=Validation().validation_share)
    elif validation is not None:
        validation = dataclasses.replace(validation, folds=Validation().folds)
    return dataclasses.replace(asked, estimators=tuple(choices), validation=validation)


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_copied_line_asks_for_the_same(draft: Draft) -> None:
    assert problems(draft) == {}
    assert checked(asked_on_the_command_line(command(draft))) == checked(request(draft))


@pytest.mark.parametrize("draft", DRAFTS)
def test_a_draft_comes_back_as_it_was(draft: Draft) -> None:
    assert load_draft(store_draft(draft)) == draft


@pytest.mark.parametrize("damaged", [None, 3, {"dataset": 3}, {"validation": "sideways"}, {"roles": {"a": "x"}}])
def test_a_damaged_draft_is_none(damaged: object) -> None:
    assert load_draft(damaged) is None


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"dataset": ""}, "dataset", "Choose the data"),
        ({"target": ""}, "target", "Choose what to predict"),
        ({"estimators": ()}, "estimators", "at least one"),
        ({"experiment": "a/b"}, "experiment", "Use letters"),
        ({"validation": ValidationKind.K_FOLD, "folds": "1"}, "folds", "from 2 to 100"),
        ({"validation": ValidationKind.K_FOLD, "folds": "x"}, "folds", "whole number"),
        ({"validation": ValidationKind.HOLDOUT, "share": "0"}, "share", "from 1 to 90"),
        ({"test": "95"}, "test", "from 0 to 90"),
        ({"test": "."}, "test", "from 0 to 90"),
        ({"validation": ValidationKind.GROUPED, "by": None}, "by", "names the group"),
        ({"most_categories": "1"}, "most_categories", "from 2"),
        ({"rule": ThresholdRule.FIXED, "threshold": "1.5"}, "threshold", "from 0 to 1"),
        ({"seed": "-1"}, "seed", "from 0"),
        ({"threads": "65"}, "threads", "from 1 to 64"),
        ({"tags": "good, a/b"}, "tags", "Use letters"),
    ],
)
def test_what_cannot_be_asked_for_is_said_at_its_field(changes: dict[str, object], field: str, words: str) -> None:
    draft = dataclasses.replace(EVERYTHING, **changes)  # type: ignore[arg-type]
    found = problems(draft)
    assert set(found) == {field}
    assert words in found[field]
    assert isinstance(request(draft), RunRequest)  # half-typed numbers never raise


def test_fields_without_effect_are_not_checked() -> None:
    assert "share" not in problems(dataclasses.replace(EVERYTHING, share="x"))
    assert "folds" not in problems(dataclasses.replace(EVERYTHING, validation=ValidationKind.HOLDOUT, folds="x"))
    assert "threshold" not in problems(dataclasses.replace(EVERYTHING, threshold="x"))


def test_a_value_that_equals_the_default_is_not_kept() -> None:
    draft = Draft().with_param("MLP", "alpha", "0.1", "0.0001").with_param("MLP", "max_iter", "50", "200")
    assert draft.params == {"MLP": {"alpha": "0.1", "max_iter": "50"}}
    draft = draft.with_param("MLP", "alpha", "0.0001", "0.0001").with_param("MLP", "max_iter", "200", "200")
    assert draft.params == {}


def test_estimators_stay_in_the_order_of_the_catalogue() -> None:
    order = ("A", "B", "C")
    draft = Draft(estimators=("C",)).with_estimator("A", True, order).with_estimator("B", True, order)
    assert draft.estimators == order
    assert draft.with_estimator("B", False, order).estimators == ("A", "C")


def test_a_draft_of_a_run_asks_for_what_the_run_was() -> None:
    spec = RunSpec(
        dataset_version_id="1",
        target="late",
        task=Task.BINARY,
        features=(Feature("hour", FeatureRole.CATEGORY), Feature("arr_delay", FeatureRole.NUMERIC)),
        estimator="RandomForest",
        params={"max_depth": None, "n_estimators": 40, "max_features": 0.5},
        positive_label="true",
        class_weight="balanced",
        validation=Validation(ValidationKind.TIME_ORDERED, 3, 0.2, 0.125, "time_hour"),
        threshold=0.3,
        seed=4,
    )
    run = Run(
        "r", "e", "late-at-arrival", "amber-falcon-27", RunStatus.FINISHED, spec, "flights@v3", "h", "j",
        datetime.now(UTC), "ada", tags=("a", "b"),
    )  # fmt: skip
    usual = Suggestion(
        "late", Task.BINARY, "true",
        (Feature("hour", FeatureRole.NUMERIC), Feature("minute", FeatureRole.NUMERIC)),
        (LeftOut("arr_delay", "decides it"),), Validation(), "time_hour",
    )  # fmt: skip
    draft = draft_of_run(run, usual, "flights@v3")
    assert (draft.without, draft.included, dict(draft.roles)) == (
        ("minute",),
        ("arr_delay",),
        {"hour": FeatureRole.CATEGORY},
    )
    asked = checked(request(draft))
    assert dict(asked.estimators[0].params) == dict(spec.params)
    assert (asked.validation, asked.threshold, asked.seed, asked.class_weight) == (
        dataclasses.replace(spec.validation),
        0.3,
        4,
        "balanced",
    )
    assert (asked.rerun_of, asked.tags, asked.experiment) == ("amber-falcon-27", ("a", "b"), "late-at-arrival")


@pytest.mark.parametrize(
    ("value", "text"), [(None, "none"), (True, "true"), (False, "false"), ([50, 20], "50, 20"), (0.1, "0.1"), (3, "3")]
)
def test_values_are_written_as_they_are_typed(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("estimator", "name", "words"),
    [
        ("HistGradientBoosting", "learning_rate", "> 0"),
        ("HistGradientBoosting", "max_leaf_nodes", "≥ 2 or none"),
        ("HistGradientBoosting", "max_bins", "2 – 255"),
        ("HistGradientBoosting", "max_features", "> 0, ≤ 1"),
        ("HistGradientBoosting", "early_stopping", "auto, true or false"),
        ("MLP", "hidden_layer_sizes", "a list like 50, 20 or ≥ 1"),
        ("MLP", "beta_1", "≥ 0, < 1"),
    ],
)
def test_what_a_parameter_may_be_is_said_in_few_words(estimator: str, name: str, words: str) -> None:
    fields = parameters.fields(estimators.find(estimator, Task.BINARY), Task.BINARY)
    assert allowed(next(field["kinds"] for field in fields if field["name"] == name)) == words
