"""Models: immutable versions from runs and files, aliases whose moves are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.services.world import World, make_bundle

from mlops_desktop.domain.errors import (
    AlreadyExistsError,
    CallError,
    ConflictError,
    DamagedBundleError,
    InvalidInputError,
    InvalidNameError,
    NotFoundError,
)
from mlops_desktop.domain.experiments import Task, Validation, ValidationKind
from mlops_desktop.domain.models import AliasMove
from mlops_desktop.services.bundle_contents import seen_in_training
from mlops_desktop.services.trash import Kind
from mlops_desktop.serving import bundle


def exported(folder: Path, model: str = "foreign", name: str = "late@v7.zip", **recipe: Any) -> Path:
    """A bundle file as another workspace would have written it."""
    source = folder / "made"
    make_bundle(source, model)
    if recipe:
        content = json.loads((source / "recipe.json").read_text())
        (source / "recipe.json").write_text(json.dumps({**content, **recipe}))
        (source / "manifest.json").unlink()
        bundle.write_manifest(source)
    bundle.pack(source, folder / name)
    return folder / name


# --- registering ------------------------------------------------------------------------------------------------------


def test_a_finished_run_becomes_a_version_with_its_bundle(world: World) -> None:
    run = world.finished_run()
    version = world.workspace.models.register(run.name, "  flight late ", description="for the desk")
    assert version.reference == "flight late@v1"
    assert (version.run_id, version.run_name, version.manifest_hash) == (run.id, run.name, run.bundle_hash)
    assert (version.task, version.estimator) == (run.spec.task, run.spec.estimator)
    assert (version.metrics, version.dataset_reference) == (run.metrics, "flights@v1")
    assert (version.created_by, version.aliases) == ("ada", ())
    (model,) = world.workspace.models.list()
    assert (model.name, model.description, model.latest_number) == ("flight late", "for the desk", 1)
    assert world.workspace.models.get("flight late") == version
    assert "model.register" in world.actions()
    world.verify()


def test_each_run_is_a_version_of_a_model_once(world: World) -> None:
    run = world.finished_run()
    world.workspace.models.register(run.name, "late")
    with pytest.raises(AlreadyExistsError, match="late@v1 already"):
        world.workspace.models.register(run.name, "late")
    assert world.workspace.models.register(run.name, "other").number == 1
    assert world.model("late", "another model").number == 2
    assert [version.number for version in world.workspace.models.versions("late")] == [1, 2]


def test_what_cannot_be_registered_is_refused(world: World) -> None:
    (queued,) = world.runs()
    with pytest.raises(InvalidInputError, match="is queued"):
        world.workspace.models.register(queued.name, "late")
    with pytest.raises(NotFoundError):
        world.workspace.models.register("nothing", "late")
    with pytest.raises(InvalidNameError):
        world.workspace.models.register(queued.name, "late@v1")
    world.model("late")
    world.workspace.trash.put(Kind.MODEL, ["late"])
    run = world.finished_run("another")
    with pytest.raises(AlreadyExistsError, match="in the trash"):
        world.workspace.models.register(run.name, "late")
    assert world.workspace.models.list() == []


def test_a_03_a_damaged_bundle_is_refused_everywhere(world: World, tmp_path: Path) -> None:
    run = world.finished_run()
    version = world.workspace.models.register(run.name, "late")
    path = world.parts.bundles.folder(version.manifest_hash) / "recipe.json"
    path.chmod(0o644)
    path.write_text("{}")
    models = world.workspace.models
    for use in (
        lambda: models.register(run.name, "other"),
        lambda: models.export("late", tmp_path / "late.zip"),
        lambda: models.recipe("late"),
        lambda: models.contents("late"),
        lambda: models.example_rows("late"),
        lambda: world.workspace.deployments.deploy("late"),
    ):
        with pytest.raises(DamagedBundleError):
            use()
    assert not (tmp_path / "late.zip").exists()
    assert not world.workspace.verify().is_clean


def test_a_version_may_get_its_alias_at_once(world: World) -> None:
    run = world.finished_run()
    assert world.workspace.models.register(run.name, "late", alias="champion").aliases == ("champion",)
    other = world.finished_run("another model")
    with pytest.raises(InvalidNameError):
        world.workspace.models.register(other.name, "late", alias="v2")
    assert world.workspace.models.model("late").latest_number == 1
    assert world.workspace.models.register(other.name, "late", alias="champion").reference == "late@v2"
    assert world.workspace.models.model("late").aliases == {"champion": 2}


def test_a_model_is_described_when_it_is_registered_and_later(world: World) -> None:
    models = world.workspace.models
    models.register(world.finished_run().name, "late", description="for the desk")
    models.register(world.finished_run("another model").name, "late")
    assert models.model("late").description == "for the desk"
    models.register(world.finished_run("a third").name, "late", description="for the crew")
    assert models.model("late").description == "for the crew"
    assert models.describe("late", "  for all ").description == "for all"
    assert models.model("late").description == "for all"
    assert "model.describe" in world.actions()
    with pytest.raises(NotFoundError):
        models.describe("early", "")


def test_s_16_who_describes_what_somebody_else_described_since_is_told(world: World) -> None:
    seen = world.workspace.models.model(world.model().model_name)
    mine = world.workspace.models.describe(seen.name, "Late by 15 minutes", revision=seen.revision)
    with pytest.raises(ConflictError, match="changed by somebody else"):
        world.workspace.models.describe(seen.name, "Late by 30 minutes", revision=seen.revision)
    assert world.workspace.models.model(seen.name).description == "Late by 15 minutes"
    assert world.workspace.models.describe(seen.name, "", revision=mine.revision).description == ""


def test_s_16_who_registers_with_words_for_a_state_that_is_no_more_is_told(world: World) -> None:
    models, seen = world.workspace.models, world.workspace.models.model(world.model().model_name)
    models.describe(seen.name, "Late by 15 minutes")
    other = world.finished_run("another model").name
    for revision in (seen.revision, 0):
        with pytest.raises(ConflictError, match="changed by somebody else"):
            models.register(other, seen.name, description="Late by 30 minutes", revision=revision)
    now = models.model(seen.name)
    assert (now.latest_number, now.description) == (1, "Late by 15 minutes")
    models.register(other, seen.name, description="Late by 15 minutes", revision=seen.revision)
    assert models.model(seen.name).description == "Late by 15 minutes"
    third = world.finished_run("a third").name
    models.register(third, seen.name, description="", revision=now.revision)
    assert models.model(seen.name).description == ""


def test_a_name_is_suggested_by_what_the_experiment_registered_last(world: World) -> None:
    run = world.finished_run()
    assert world.workspace.models.suggest_name(run.name) == run.experiment_name
    world.workspace.models.register(run.name, "flight-late")
    other = world.finished_run("another model")
    assert world.workspace.models.suggest_name(other.name) == "flight-late"


def test_a_run_that_was_validated_unlike_the_champion_and_its_rows_is_doubted(world: World) -> None:
    models, holdout = world.workspace.models, Validation(ValidationKind.HOLDOUT)
    champion = world.finished_run()
    assert champion.spec.validation.kind is ValidationKind.TIME_ORDERED
    assert models.doubts(champion.name, "late") == ()
    models.register(champion.name, "late", alias="champion")
    assert models.doubts(champion.name, "late") == (), "a version is not beside itself"
    leaky = world.finished_run("another model", validation=holdout)
    random, unlike = models.doubts(leaky.name, " late ")
    assert "taken at random, though day orders the rows" in random
    assert "the champion, v1: they were validated in different ways" in unlike
    neighbours = models.doubts(leaky.name, "a new one")[1]
    assert neighbours.startswith("It cannot be compared with the other finished run for late")
    assert len(models.doubts(leaky.name, "a new one", {})) == 1
    again = world.workspace.experiments.rerun(leaky.name, validation=champion.spec.validation)
    assert not any("champion" in words for words in models.doubts(again.name, "late"))


# --- reading ----------------------------------------------------------------------------------------------------------


def test_the_contents_of_a_bundle_are_told(world: World) -> None:
    world.model()
    contents = world.workspace.models.contents("late")
    assert [file.name for file in contents.files] == ["example.json", "recipe.json"]
    assert contents.size == sum(file.size for file in contents.files) > 0
    assert [field.name for field in contents.outputs] == ["prediction", "probability of false", "probability of true"]
    assert (contents.inputs, contents.requirements, contents.rows) == ((), (), None)


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        ({"role": "numeric", "minimum": -71.0, "maximum": 915.0, "missing": 0}, "−71 to 915"),
        ({"role": "numeric", "minimum": 0.0, "maximum": 1.25, "missing": 12}, "0 to 1.25, 12 empty"),
        ({"role": "numeric", "minimum": None, "maximum": None, "missing": 9}, "9 empty"),
        ({"role": "date", "minimum": 0.0, "maximum": 86400.0}, "1970-01-01 to 1970-01-02"),
        ({"role": "category", "distinct": 2, "top_values": [{"value": "EWR"}, {"value": "JFK"}]}, "EWR, JFK"),
        ({"role": "category", "distinct": 1050, "top_values": [{"value": "EWR"}]}, "1,050 values"),
        ({}, ""),
    ],
)
def test_what_training_saw_is_said_in_words(feature: Mapping[str, Any], words: str) -> None:
    assert seen_in_training(feature) == words


@pytest.mark.parametrize("recipe", [{"inputs": [{"type": "text"}]}, {"inputs": 3}, {"classes": 1}])
def test_a_bundle_with_another_recipe_cannot_be_understood(world: World, tmp_path: Path, recipe: Any) -> None:
    world.workspace.models.import_file(exported(tmp_path, **recipe), "late")
    with pytest.raises(DamagedBundleError, match="cannot be understood"):
        world.workspace.models.contents("late")


def test_a_version_says_what_it_takes(world: World) -> None:
    world.model()
    assert world.workspace.models.recipe("late@v1")["classes"] == ["false", "true"]
    assert world.workspace.models.example_rows("late") == [{"distance": 1.0}]


@pytest.mark.parametrize("content", ["no JSON", "[1]", '"text"'])
def test_a_bundle_whose_recipe_is_none_is_damaged(world: World, tmp_path: Path, content: str) -> None:
    make_bundle(tmp_path / "made", "x")
    (tmp_path / "made" / "recipe.json").write_text(content)
    (tmp_path / "made" / "manifest.json").unlink()
    bundle.write_manifest(tmp_path / "made")
    bundle.pack(tmp_path / "made", tmp_path / "late.zip")
    with pytest.raises(DamagedBundleError):
        world.workspace.models.import_file(tmp_path / "late.zip")
    assert world.parts.bundles.hashes() == []


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("late@v3", "1 to 1"),
        ("late@champion", "Aliases set: none"),
        ("lat", "Did you mean late"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(world: World, reference: str, hint: str) -> None:
    world.model()
    with pytest.raises(NotFoundError) as caught:
        world.workspace.models.get(reference)
    assert hint in caught.value.hint


# --- aliases ----------------------------------------------------------------------------------------------------------


def test_an_alias_moves_and_every_move_is_kept(world: World) -> None:
    world.model("late", "one")
    world.model("late", "two")
    models = world.workspace.models
    assert models.set_alias("late@v1", " champion ").aliases == ("champion",)
    world.clock.advance(60)
    models.set_alias("late@v2", "champion")
    models.set_alias("late@v2", "champion")
    assert models.get("late@champion").number == 2
    assert models.get("late@v1").aliases == ()
    models.remove_alias("late", "champion")
    moves = models.alias_moves("late")
    assert [(move.from_number, move.to_number) for move in moves] == [(None, 1), (1, 2), (2, None)]
    assert moves[1] == AliasMove("late", "champion", 1, 2, world.clock.now, "ada")
    with pytest.raises(NotFoundError):
        models.get("late@champion")
    assert world.actions().count("model.alias") == 4


def test_an_alias_that_cannot_be_is_refused(world: World) -> None:
    world.model()
    with pytest.raises(InvalidNameError):
        world.workspace.models.set_alias("late", "v2")
    with pytest.raises(NotFoundError):
        world.workspace.models.set_alias("late@v9", "champion")
    with pytest.raises(NotFoundError, match="no alias champion") as caught:
        world.workspace.models.remove_alias("late", "champion")
    assert "none" in caught.value.hint


# --- out and in -------------------------------------------------------------------------------------------------------


def test_an_exported_version_comes_in_elsewhere_as_it_was(world: World, tmp_path: Path) -> None:
    version = world.model()
    target = world.workspace.models.export("late@v1", tmp_path / "late@v1.zip")
    elsewhere = World(tmp_path / "elsewhere", tmp_path / "state2", world.registry_template)
    try:
        imported = elsewhere.workspace.models.import_file(target)
        assert imported.reference == "late@v1"
        assert imported.manifest_hash == version.manifest_hash
        assert (imported.run_id, imported.task, imported.estimator) == (None, Task.BINARY, "LogisticRegression")
        assert elsewhere.workers.asked[-1][0] == "check_bundle"
        elsewhere.verify()
    finally:
        elsewhere.close()
    assert "model.export" in world.actions()


def test_a_file_is_named_by_the_person_or_by_itself(world: World, tmp_path: Path) -> None:
    path = exported(tmp_path, name="(best) model!.zip")
    assert world.workspace.models.import_file(path).model_name == "best- model"
    assert world.workspace.models.import_file(path, "mine").reference == "mine@v1"
    with pytest.raises(InvalidNameError):
        world.workspace.models.import_file(path, "a/b")


def test_the_same_bundle_is_a_version_of_a_model_once(world: World, tmp_path: Path) -> None:
    path = exported(tmp_path)
    first = world.workspace.models.import_file(path)
    with pytest.raises(AlreadyExistsError, match="late@v1 already"):
        world.workspace.models.import_file(path)
    assert world.parts.bundles.hashes() == [first.manifest_hash]
    world.verify()


def test_a_bundle_that_is_not_taken_leaves_nothing(world: World, tmp_path: Path) -> None:
    path = exported(tmp_path)
    models = world.workspace.models
    world.workers.answers["check_bundle"] = lambda request: {"differs": "0.5 instead of 0.7"}
    with pytest.raises(DamagedBundleError, match=r"0\.5 instead"):
        models.import_file(path)

    def no_answer(request: Mapping[str, Any]) -> dict[str, Any]:
        raise CallError("The worker gave no answer.")

    world.workers.answers["check_bundle"] = no_answer
    with pytest.raises(CallError):
        models.import_file(path)
    world.workers.answers["check_bundle"] = lambda request: {"differs": ""}
    world.model("late")
    world.workspace.trash.put(Kind.MODEL, ["late"])
    with pytest.raises(AlreadyExistsError, match="trash"):
        models.import_file(path)
    assert len(world.parts.bundles.hashes()) == 1
    with pytest.raises(NotFoundError, match="no file"):
        models.import_file(tmp_path / "missing.zip")
    (tmp_path / "junk.zip").write_text("no bundle")
    with pytest.raises(DamagedBundleError):
        models.import_file(tmp_path / "junk.zip")


@pytest.mark.parametrize("recipe", [{"task": "cubic"}, {"task": None}])
def test_a_bundle_that_does_not_say_what_it_is_for_is_refused(
    world: World, tmp_path: Path, recipe: dict[str, Any]
) -> None:
    with pytest.raises(DamagedBundleError, match="what its model is for"):
        world.workspace.models.import_file(exported(tmp_path, **recipe))
    assert world.parts.bundles.hashes() == []


def test_a_refused_file_does_not_take_the_bundle_that_others_use(world: World, tmp_path: Path) -> None:
    version = world.model()
    path = world.workspace.models.export("late", tmp_path / "late.zip")
    world.deployed()
    world.workers.answers["check_bundle"] = lambda request: {"differs": "much"}
    with pytest.raises(DamagedBundleError):
        world.workspace.models.import_file(path)
    assert world.parts.bundles.hashes() == [version.manifest_hash]


def test_a_07_a_bundle_erased_while_it_comes_in_is_taken_in_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bundle was in the trash and is purged this very moment."""
    models = world.workspace.models
    inspect = models._inspect

    def inspect_then_lose(manifest_hash: str) -> dict[str, Any]:
        facts = inspect(manifest_hash)
        world.parts.bundles.remove(manifest_hash)
        return facts

    monkeypatch.setattr(models, "_inspect", inspect_then_lose)
    assert models.import_file(exported(tmp_path)).number == 1
    world.verify()


def test_a_bundle_is_exported_to_a_folder_that_is_there(world: World, tmp_path: Path) -> None:
    world.model()
    with pytest.raises(InvalidInputError, match="no folder"):
        world.workspace.models.export("late", tmp_path / "missing" / "late.zip")
    with pytest.raises(NotFoundError):
        world.workspace.models.export("nothing", tmp_path / "late.zip")
