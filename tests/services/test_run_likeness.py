"""The next run of an experiment is set up as its last one, as far as nobody decided otherwise."""

from __future__ import annotations

import dataclasses
from typing import Any

from tests.services.world import World

from mlops_desktop.domain.experiments import FeatureRole, RunStatus, Validation, ValidationKind
from mlops_desktop.domain.suggestions import Suggestion
from mlops_desktop.services.run_setup import RunRequest
from mlops_desktop.services.trash import Kind

LATE = RunRequest("flights", "late")
HOLDOUT = Validation(ValidationKind.HOLDOUT, validation_share=0.3)


def suggest(world: World, **changes: Any) -> Suggestion:
    return world.workspace.experiments.suggest(dataclasses.replace(LATE, **changes))


def names(suggestion: Suggestion) -> set[str]:
    return {feature.name for feature in suggestion.features}


def test_validation_features_roles_and_positive_class_are_those_of_the_last_run(world: World) -> None:
    run = world.finished_run(
        validation=HOLDOUT, without=("carrier",), included=("tail",), roles={"distance": FeatureRole.CATEGORY},
        positive_label="false",
    )  # fmt: skip
    made = suggest(world)
    assert (made.last_run, made.is_as_last_run, made.validation) == (run.name, True, HOLDOUT)
    assert (names(made), made.positive_label) == ({"distance", "day", "tail"}, "false")
    assert {feature.name: feature.role for feature in made.features}["distance"] is FeatureRole.CATEGORY
    assert [(item.name, item.reason) for item in made.left_out] == [("carrier", f"as in {run.name}")]


def test_what_somebody_decides_goes_before_the_last_run(world: World) -> None:
    world.finished_run(validation=HOLDOUT, without=("carrier",))
    made = suggest(
        world, validation=Validation(folds=3), included=("carrier",), without=("distance",), positive_label="true",
        roles={"day": FeatureRole.CATEGORY},
    )  # fmt: skip
    assert (made.validation, made.positive_label, names(made)) == (Validation(folds=3), "true", {"carrier", "day"})
    assert {feature.name: feature.role for feature in made.features}["day"] is FeatureRole.CATEGORY
    assert names(suggest(world, features=("tail",))) == {"tail"}


def test_a_fresh_set_up_and_a_repeated_run_follow_the_rows(world: World) -> None:
    run = world.finished_run(validation=HOLDOUT)
    for changes in ({"afresh": True}, {"rerun_of": run.name}):
        made = suggest(world, **changes)
        assert (made.validation.kind, made.is_as_last_run) == (ValidationKind.TIME_ORDERED, False)
        assert made.last_run == run.name


def test_other_experiments_targets_and_what_failed_are_not_followed(world: World) -> None:
    run = world.finished_run(validation=HOLDOUT)
    assert suggest(world, experiment="another").last_run == ""
    assert suggest(world, target="carrier", experiment="flights-late").last_run == ""
    (second,) = world.runs(validation=Validation(folds=7), experiment="flights-late")
    assert suggest(world).validation.folds == 7
    world.workspace.experiments.cancel(second.name)
    world.keeper().turn()
    assert world.workspace.experiments.run(second.name).status is RunStatus.CANCELLED
    assert suggest(world).last_run == run.name
    world.workspace.trash.put(Kind.EXPERIMENT, ["flights-late"])
    assert suggest(world).last_run == ""


def test_the_next_runs_are_started_as_the_last(world: World) -> None:
    world.finished_run(validation=HOLDOUT, without=("carrier",))
    (run,) = world.workspace.experiments.start_runs(LATE)
    assert run.spec.validation == HOLDOUT
    assert "carrier" not in {feature.name for feature in run.spec.features}


def test_the_experiments_own_target_is_the_likely_one(world: World) -> None:
    world.finished_run(experiment="delays")
    world.runs(target="carrier", experiment="carriers")
    found = world.workspace.experiments.suggest_target("flights", "delays")
    assert found is not None
    assert found.name == "late"
