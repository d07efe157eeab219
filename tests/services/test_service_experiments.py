"""Experiments: set up, start, repeat, read, compare and annotate runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.services.world import COLUMNS, PROFILES, World

from mlops_desktop.domain.datasets import (
    Column,
    ColumnDifference,
    ColumnProfile,
    ColumnType,
    Derived,
    ReadAnswers,
    Source,
    VersionDifference,
)
from mlops_desktop.domain.errors import (
    ConflictError,
    InvalidInputError,
    InvalidNameError,
    NotFoundError,
    UnusableTargetError,
)
from mlops_desktop.domain.experiments import FeatureRole, RunStatus, Task, Validation, ValidationKind
from mlops_desktop.domain.jobs import JobKind
from mlops_desktop.domain.plain import to_plain
from mlops_desktop.services.run_setup import EstimatorChoice, RunRequest, TargetSuggestion
from mlops_desktop.services.trash import Kind

LATE = RunRequest("flights", "late")


# --- setting up -------------------------------------------------------------------------------------------------------


def test_the_catalogue_and_its_forms_come_from_a_worker(world: World) -> None:
    world.workers.answers["estimators"] = lambda request: {"estimators": [{"name": "Ridge", "task": request["task"]}]}
    world.workers.answers["parameter_form"] = lambda request: {"fields": [{"name": "alpha", **request}]}
    experiments = world.workspace.experiments
    assert experiments.estimators(Task.REGRESSION) == [{"name": "Ridge", "task": "regression"}]
    form = experiments.parameter_form(Task.BINARY, "Ridge")
    assert form == [{"name": "alpha", "task": "binary", "estimator": "Ridge"}]


def test_a_suggestion_follows_from_the_profiles(world: World) -> None:
    world.dataset()
    suggested = world.workspace.experiments.suggest(LATE)
    assert (suggested.task, suggested.positive_label, suggested.time_column) == (Task.BINARY, "true", "day")
    assert {feature.name: feature.role for feature in suggested.features} == {
        "distance": FeatureRole.NUMERIC,
        "carrier": FeatureRole.CATEGORY,
        "day": FeatureRole.DATE,
    }
    assert [(item.name, item.reason) for item in suggested.left_out] == [
        ("tail", "every text is different, like an identifier")
    ]
    assert suggested.validation == Validation(ValidationKind.TIME_ORDERED, column="day")


def version_without_carrier(world: World) -> None:
    world.dataset()
    kept = [column for column in COLUMNS if column.name != "carrier"]
    columns = [dataclasses.replace(c, type=ColumnType.TEXT) if c.name == "distance" else c for c in kept]
    profiles = [
        dataclasses.replace(p, type=ColumnType.TEXT) if p.name == "distance" else p
        for p in PROFILES
        if p.name != "carrier"
    ]
    changes = (ColumnDifference("carrier", "removed", "text"), ColumnDifference("distance", "retyped", "float", "text"))
    difference = to_plain(VersionDifference(1, 1000, 1000, 0, changes))
    world.dataset(content="v2", columns=to_plain(columns), profiles=to_plain(profiles), difference=difference)


@pytest.mark.parametrize(
    "choice",
    [
        {"target": "carrier"},
        {"features": ("distance", "carrier")},
        {"without": ("carrier",)},
        {"included": ("carrier",)},
        {"roles": {"carrier": FeatureRole.CATEGORY}},
        {"validation": Validation(ValidationKind.GROUPED, column="carrier")},
    ],
)
def test_d_18_a_column_that_the_new_version_dropped_is_named_with_the_version_that_had_it(
    world: World, choice: dict[str, Any]
) -> None:
    version_without_carrier(world)
    with pytest.raises(InvalidInputError) as caught:
        world.runs(**choice)
    assert caught.value.message == "flights@v2 has no column carrier any more; v1 had it."
    assert caught.value.hint == "Leave it out, or use flights@v1."
    assert world.runs(dataset="flights@v1", **{**choice, "target": "late"})


def test_d_18_a_column_that_became_text_cannot_be_used_as_a_number_and_that_is_said(world: World) -> None:
    version_without_carrier(world)
    with pytest.raises(InvalidInputError, match="distance is text in flights@v2, it was float in v1") as caught:
        world.runs(roles={"distance": FeatureRole.NUMERIC})
    assert "It can be used as category" in caught.value.hint
    assert world.runs(roles={"distance": FeatureRole.CATEGORY})


def test_the_persons_choices_go_before_the_suggested_ones(world: World) -> None:
    world.dataset()
    request = dataclasses.replace(
        LATE,
        task=Task.BINARY,
        positive_label="false",
        features=("tail",),
        validation=Validation(ValidationKind.HOLDOUT),
    )
    suggested = world.workspace.experiments.suggest(request)
    assert suggested.positive_label == "false"
    assert [feature.name for feature in suggested.features] == ["tail"]
    assert suggested.validation.kind is ValidationKind.HOLDOUT
    distance = dataclasses.replace(LATE, target="distance")
    assert world.workspace.experiments.suggest(distance).positive_label is None


def test_columns_that_give_the_target_away_are_left_out_and_looked_for_once(world: World) -> None:
    finding = {"code": "known_after", "severity": "warning", "sentence": "known later", "columns": ["distance"]}
    world.workers.answers["leakage"] = lambda request: {"findings": [finding]}
    world.dataset()
    for _ in range(2):
        suggested = world.workspace.experiments.suggest(LATE)
        assert ("distance", "known later") in [(item.name, item.reason) for item in suggested.left_out]
    assert [name for name, _ in world.workers.asked].count("leakage") == 1
    assert world.workers.asked[-1][1]["target"] == "late"
    world.workspace.experiments.suggest(dataclasses.replace(LATE, target="carrier"))
    assert [name for name, _ in world.workers.asked].count("leakage") == 2


def derived_dataset(world: World, *made: Derived, **result: Any) -> None:
    source = Source("flights.csv", 8, "5" * 64, ReadAnswers(), made)
    world.dataset(source=to_plain(source), **result)


def test_what_the_target_was_made_from_is_left_out_however_far_back(world: World) -> None:
    columns = [*COLUMNS, Column("total", ColumnType.FLOAT), Column("other", ColumnType.FLOAT)]
    profiles = [*PROFILES, *(ColumnProfile(name, ColumnType.FLOAT, 1000, 0, 500) for name in ("total", "other"))]
    derived_dataset(
        world,
        Derived("total", "distance + 1"),
        Derived("late", "total > 15 and total < 100"),
        Derived("other", "late"),
        columns=to_plain(columns),
        profiles=to_plain(profiles),
    )
    suggested = world.workspace.experiments.suggest(LATE)
    reasons = {item.name: item.reason for item in suggested.left_out}
    assert reasons["total"] == "late was made from it: late = total > 15 and total < 100"
    assert reasons["distance"] == "late was made from it: total = distance + 1"


def test_a_target_made_from_itself_by_name_ends(world: World) -> None:
    derived_dataset(world, Derived("late", "distance > 5"), Derived("distance", "late"))
    assert "distance" in [item.name for item in world.workspace.experiments.suggest(LATE).left_out]


def test_time_order_takes_the_suggested_column(world: World) -> None:
    world.dataset()
    request = dataclasses.replace(LATE, validation=Validation(ValidationKind.TIME_ORDERED))
    assert world.workspace.experiments.suggest(request).validation.column == "day"


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"dataset": "nothing"}, NotFoundError, "no dataset"),
        ({"target": "speed"}, InvalidInputError, "has no column speed"),
        ({"target": "tail"}, UnusableTargetError, "1,000 different texts"),
        ({"features": ("speed",)}, InvalidInputError, "no column speed"),
        ({"validation": Validation(ValidationKind.GROUPED)}, InvalidInputError, "names the group"),
        ({"validation": Validation(ValidationKind.GROUPED, column="x")}, InvalidInputError, "no column x"),
        ({"estimators": ()}, InvalidInputError, "No estimator"),
        ({"experiment": "a/b"}, InvalidNameError, "cannot be"),
        ({"tags": ("a/b",)}, InvalidNameError, "cannot be"),
    ],
)
def test_what_cannot_be_run_is_refused_and_nothing_is_queued(
    world: World, changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    world.dataset()
    jobs = len(world.workspace.jobs.list())
    with pytest.raises(error, match=words) as caught:
        world.workspace.experiments.start_runs(dataclasses.replace(LATE, **changes))
    assert getattr(caught.value, "hint", "")
    assert len(world.workspace.jobs.list()) == jobs
    assert world.workspace.experiments.list() == []


def test_time_order_without_a_date_is_refused(world: World) -> None:
    world.dataset(columns=to_plain(COLUMNS[:3]), profiles=to_plain(PROFILES[:3]))
    request = dataclasses.replace(LATE, validation=Validation(ValidationKind.TIME_ORDERED))
    with pytest.raises(InvalidInputError, match="date column"):
        world.workspace.experiments.suggest(request)


def test_parameters_are_checked_before_anything_is_queued(world: World) -> None:
    def check(request: Mapping[str, Any]) -> dict[str, Any]:
        raise InvalidInputError("C must be a number above 0.", hint="For example 1.0.")

    world.dataset()
    world.workers.answers["check"] = check
    with pytest.raises(InvalidInputError, match="C must be"):
        world.workspace.experiments.start_runs(LATE)
    assert world.workspace.experiments.runs() == []


def test_problems_come_by_the_name_of_the_parameter(world: World) -> None:
    world.workers.answers["parameter_form"] = lambda request: {
        "problems": {name: {"message": f"{name} is bad", "hint": "Mend it."} for name in request["params"]}
    }
    found = world.workspace.experiments.problems(Task.BINARY, EstimatorChoice("Ridge", {"alpha": "x"}), "balanced")
    assert {name: (error.message, error.hint) for name, error in found.items()} == {
        "alpha": ("alpha is bad", "Mend it.")
    }
    assert world.workers.asked[-1][1]["class_weight"] == "balanced"


def test_the_likely_target_is_what_was_predicted_before_derived_or_named_so(world: World) -> None:
    world.dataset()
    experiments = world.workspace.experiments
    assert experiments.suggest_target("flights") == TargetSuggestion("late", "the last yes/no column")
    source = Source("flights.csv", 8, "5" * 64, ReadAnswers(), (Derived("carrier", "x"),))
    world.dataset("made", "two", source=to_plain(source))
    assert experiments.suggest_target("made") == TargetSuggestion("carrier", "derived in the import")
    world.workspace.experiments.start_runs(RunRequest("made", "distance"))
    assert experiments.suggest_target("made") == TargetSuggestion(
        "distance", "predicted by the last run on this dataset"
    )
    world.dataset("named", columns=to_plain([Column("label", ColumnType.BOOLEAN), COLUMNS[0]]),
                  profiles=to_plain([ColumnProfile("label", ColumnType.BOOLEAN, 1000, 0, 2), PROFILES[0]]))  # fmt: skip
    assert experiments.suggest_target("named") == TargetSuggestion("label", "its name says so")
    world.dataset("plain", columns=to_plain([COLUMNS[1]]), profiles=to_plain([PROFILES[1]]))
    assert experiments.suggest_target("plain") == TargetSuggestion("distance", "the last column that can be learnt")
    world.dataset("empty", columns=to_plain([Column("a", ColumnType.TEXT)]),
                  profiles=to_plain([ColumnProfile("a", ColumnType.TEXT, 1000, 1000, 0)]))  # fmt: skip
    assert experiments.suggest_target("empty") is None


def test_time_is_estimated_from_earlier_runs_else_by_a_rule_else_unknown(world: World) -> None:
    world.dataset()
    experiments = world.workspace.experiments
    request = dataclasses.replace(LATE, estimators=(EstimatorChoice("Ridge"), EstimatorChoice("Own")))
    by_rule, unknown = experiments.estimates(request)
    assert by_rule.source.startswith("a rough rule")
    assert by_rule.low is not None
    assert by_rule.high is not None
    assert by_rule.seconds is not None
    assert by_rule.low < by_rule.seconds < by_rule.high
    assert (unknown.seconds, unknown.source) == (None, "")
    run = world.finished_run(estimators=(EstimatorChoice("Ridge"),))
    assert run.started_at
    known, _ = experiments.estimates(request)
    assert known.source == "1 earlier run of Ridge, scaled to these rows"


# --- starting ---------------------------------------------------------------------------------------------------------


def test_each_estimator_becomes_a_run_with_a_name_of_its_own(world: World) -> None:
    world.workers.answers["check"] = lambda request: {"estimator": request["estimator"].title(), "params": {"C": 2}}
    runs = world.runs(
        estimators=(EstimatorChoice("ridge", {"C": "2"}), EstimatorChoice("forest")),
        tags=("first", " first ", "second"),
        notes="to begin with",
        seed=3,
        question="Which flights are late?",
    )
    assert [run.spec.estimator for run in runs] == ["Ridge", "Forest"]
    assert [run.name.rpartition("-")[2] for run in runs] == ["1", "2"]
    for run in runs:
        assert (run.status, run.tags, run.notes) == (RunStatus.QUEUED, ("first", "second"), "to begin with")
        assert (run.spec.seed, run.spec.params, run.created_by) == (3, {"C": 2}, "ada")
        assert run.dataset_reference == "flights@v1"
        job = world.workspace.jobs.get(run.job_id)
        assert (job.kind, job.object_id) == (JobKind.TRAIN, run.id)
        assert run.name in job.title
    (experiment,) = world.workspace.experiments.list()
    assert (experiment.name, experiment.question, experiment.run_count) == (
        "flights-late",
        "Which flights are late?",
        2,
    )
    assert world.actions().count("run.start") == 2


def test_runs_go_to_the_experiment_of_their_name(world: World) -> None:
    world.runs(experiment="late flights")
    world.runs(experiment="late flights", question="Why?")
    (experiment,) = world.workspace.experiments.list()
    assert (experiment.run_count, experiment.question) == (2, "Why?")
    assert world.actions().count("experiment.create") == 1


def test_a_target_with_signs_gives_the_experiment_a_usable_name(world: World) -> None:
    columns = [*COLUMNS, Column("Δ delay (min) / day?", ColumnType.FLOAT)]
    profiles = [*PROFILES, ColumnProfile("Δ delay (min) / day?", ColumnType.FLOAT, 1000, 0, 500)]
    world.dataset("x" * 100, columns=to_plain(columns), profiles=to_plain(profiles))
    world.dataset("f", columns=to_plain(columns), profiles=to_plain(profiles))
    for dataset in ("x" * 100, "f"):
        world.workspace.experiments.start_runs(RunRequest(dataset, "Δ delay (min) / day?"))
    names = [experiment.name for experiment in world.workspace.experiments.list()]
    assert names == ["x" * 100, "f-Δ delay -min- - day"]


def test_runs_bring_their_experiment_back_from_the_trash(world: World) -> None:
    world.finished_run()
    world.workspace.trash.put(Kind.EXPERIMENT, ["flights-late"])
    assert world.workspace.experiments.list() == []
    assert len(world.workspace.experiments.list(trashed=True)) == 1
    world.runs()
    assert [experiment.name for experiment in world.workspace.experiments.list()] == ["flights-late"]
    assert "experiment.restore" in world.actions()


def test_a_version_that_comes_in_meanwhile_is_not_the_one_that_is_learnt_from(world: World) -> None:
    world.dataset("flights", "one")

    def check(request: Mapping[str, Any]) -> dict[str, Any]:
        world.dataset("flights", "two", columns=to_plain(COLUMNS[:2]), profiles=to_plain(PROFILES[:2]))
        return {"params": {}}

    world.workers.answers["check"] = check
    (run,) = world.workspace.experiments.start_runs(LATE)
    assert run.dataset_reference == "flights@v1"
    assert world.workspace.datasets.get("flights").number == 2


# --- repeating --------------------------------------------------------------------------------------------------------


def test_a_run_is_repeated_as_it_was(world: World) -> None:
    run = world.finished_run(tags=("first",))
    again = world.workspace.experiments.rerun(run.name)
    assert again.spec == run.spec
    assert (again.rerun_of, again.tags, again.status) == (run.id, ("first",), RunStatus.QUEUED)
    assert again.name != run.name
    assert again.experiment_id == run.experiment_id


def test_a_run_is_repeated_with_changes(world: World) -> None:
    run = world.finished_run(estimators=(EstimatorChoice("Ridge", {"alpha": 2}),))
    experiments = world.workspace.experiments
    assert experiments.rerun(run.name, seed=9).spec == dataclasses.replace(run.spec, seed=9)
    assert experiments.rerun(run.name, params={"tol": 1}).spec.params == {"alpha": 2, "tol": 1}
    other = experiments.rerun(run.name, estimator="Lasso", params={"tol": 1}).spec
    assert (other.estimator, other.params) == ("Lasso", {"tol": 1})
    same = experiments.rerun(run.name, estimator="Ridge").spec
    assert same.params == {"alpha": 2}


def test_a_run_whose_data_was_erased_is_not_repeated(world: World) -> None:
    run = world.finished_run()
    with world.parts.registry.write() as unit:
        unit.datasets.remove(world.workspace.datasets.get("flights").dataset_id)
        unit.commit()
    with pytest.raises(NotFoundError, match="erased"):
        world.workspace.experiments.rerun(run.name)
    with pytest.raises(NotFoundError):
        world.workspace.experiments.rerun("nothing")


def test_a_repeated_run_brings_its_experiment_back(world: World) -> None:
    run = world.finished_run()
    world.workspace.trash.put(Kind.EXPERIMENT, ["flights-late"])
    world.workspace.experiments.rerun(run.name)
    assert len(world.workspace.experiments.list()) == 1


# --- reading ----------------------------------------------------------------------------------------------------------


def test_runs_are_listed_newest_first_and_chosen_by_experiment_and_state(world: World) -> None:
    first = world.finished_run(experiment="a")
    (second,) = world.runs(experiment="b")
    experiments = world.workspace.experiments
    assert [run.name for run in experiments.runs()] == [second.name, first.name]
    assert [run.name for run in experiments.runs("a")] == [first.name]
    assert [run.name for run in experiments.runs(statuses=[RunStatus.QUEUED])] == [second.name]
    assert [run.name for run in experiments.runs(limit=1)] == [second.name]
    with pytest.raises(NotFoundError):
        experiments.runs("nothing")


def test_a_run_is_found_by_name_or_id(world: World) -> None:
    (run,) = world.runs()
    assert world.workspace.experiments.run(f" {run.name} ") == world.workspace.experiments.run(run.id) == run
    with pytest.raises(NotFoundError, match="no run called") as caught:
        world.workspace.experiments.run(run.name[:-1] + "x")
    assert run.name in caught.value.hint


def test_a_run_in_the_trash_is_told_to_be_there(world: World) -> None:
    run = world.finished_run()
    world.workspace.trash.put(Kind.RUN, [run.name])
    with pytest.raises(NotFoundError, match="in the trash"):
        world.workspace.experiments.run(run.name)
    assert [each.name for each in world.workspace.experiments.runs(trashed=True)] == [run.name]


def test_a_run_that_has_not_finished_has_no_evaluation(world: World) -> None:
    (run,) = world.runs()
    with pytest.raises(NotFoundError, match="queued and has no evaluation"):
        world.workspace.experiments.evaluation(run.name)


def test_a_runs_log_is_its_jobs(world: World) -> None:
    (run,) = world.runs()
    world.keeper().turn()
    world.workers.last.log("12 columns")
    assert [line.partition(" ")[2] for line in world.workspace.experiments.log(run.name)] == ["info: 12 columns"]


def test_runs_are_compared_in_the_order_given(world: World) -> None:
    first, second = world.finished_run(), world.finished_run("other", seed=1)
    comparison = world.workspace.experiments.compare([second.name, first.name])
    assert [run.name for run in comparison.runs] == [second.name, first.name]
    assert comparison.metrics[0].key == "roc_auc"
    assert [row.name for row in comparison.differences] == ["seed"]
    with pytest.raises(InvalidInputError, match="nothing to compare"):
        world.workspace.experiments.compare([])
    with pytest.raises(NotFoundError):
        world.workspace.experiments.compare(["nothing"])


def test_a_chart_is_drawn_of_the_finished_runs(world: World, tmp_path: Path) -> None:
    finished = world.finished_run()
    (queued,) = world.runs()
    world.workers.answers["chart"] = lambda request: {
        "files": [f"{request['folder']}/roc.png"],
        "sentence": f"{len(request['runs'])} runs",
    }
    files, sentence = world.workspace.experiments.chart("roc", [finished.name, queued.name], tmp_path, theme="dark")
    assert (list(files), sentence) == ([tmp_path / "roc.png"], "1 runs")
    _, request = world.workers.asked[-1]
    assert (request["kind"], request["theme"], request["formats"]) == ("roc", "dark", ["png", "svg"])
    assert Path(request["runs"][0]["evaluation"]).is_file()
    with pytest.raises(InvalidInputError, match="None of these runs is finished"):
        world.workspace.experiments.chart("roc", [queued.name], tmp_path)


def test_what_stands_around_a_run_is_told(world: World) -> None:
    first, second = world.finished_run(), world.finished_run(seed=1)
    version = world.workspace.models.register(first.name, "flight-late", alias="champion")
    around = world.workspace.experiments.context(first.name)
    assert [(one.reference, one.aliases) for one in around.registered] == [(version.reference, ("champion",))]
    assert (around.metric, around.count) == ("roc_auc", 2)
    assert {around.place, world.workspace.experiments.context(second.name).place} == {1, 2}
    again = world.workspace.experiments.rerun(first.name)
    repeated = world.workspace.experiments.context(again.name)
    assert (repeated.origin, repeated.place) == (first.name, None)
    world.workspace.trash.put(Kind.RUN, [first.name])
    assert world.workspace.experiments.context(again.name).origin == ""


def test_the_files_of_a_run_are_those_it_would_register(world: World) -> None:
    run = world.finished_run()
    contents = world.workspace.experiments.bundle(run.name)
    assert contents.manifest_hash == run.bundle_hash
    assert contents.files
    (queued,) = world.runs()
    with pytest.raises(NotFoundError, match="queued and has no bundle"):
        world.workspace.experiments.bundle(queued.name)


# --- changing ---------------------------------------------------------------------------------------------------------


def test_cancelling_a_run_cancels_its_job(world: World) -> None:
    (run,) = world.runs()
    world.workspace.experiments.cancel(run.name)
    assert world.workspace.jobs.get(run.job_id).cancel_requested_at is not None
    with pytest.raises(NotFoundError):
        world.workspace.experiments.cancel("nothing")


def test_notes_and_tags_are_added_and_taken_away(world: World) -> None:
    (run,) = world.runs(tags=("first",), notes="old")
    annotate = world.workspace.experiments.annotate
    assert annotate(run.name, add_tags=["second", "first"]).tags == ("first", "second")
    changed = annotate(run.name, notes="new", remove_tags=["first"])
    assert (changed.notes, changed.tags) == ("new", ("second",))
    assert annotate(run.name, notes="").notes == ""
    assert world.actions().count("run.annotate") == 3
    with pytest.raises(InvalidNameError):
        annotate(run.name, add_tags=["a/b"])
    with pytest.raises(NotFoundError):
        annotate("nothing", notes="x")


def test_s_16_who_annotates_what_somebody_else_annotated_since_is_told(world: World) -> None:
    seen = world.finished_run()
    world.workspace.experiments.annotate(seen.name, notes="mine", revision=seen.revision)
    with pytest.raises(ConflictError, match="changed by somebody else"):
        world.workspace.experiments.annotate(seen.name, notes="yours", revision=seen.revision)
    assert world.workspace.experiments.run(seen.name).notes == "mine"
