"""The trash: nothing in use goes in, all comes back, and a purge takes what nothing else uses."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from tests.services.interruptions import Interrupted, KilledError, Killer
from tests.services.world import World, import_result

from mlops_desktop.domain.errors import ConflictError, NotFoundError
from mlops_desktop.domain.experiments import Run
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.services import trash as trash_module
from mlops_desktop.services.endpoint_tokens import keep_token, sha256_of, token_of
from mlops_desktop.services.ports import ArtifactStore, BundleStore, SecretStore
from mlops_desktop.services.trash import Kind, Purge, TrashService


def listed(world: World) -> list[tuple[str, str]]:
    return [(item.kind.value, item.name) for item in world.workspace.trash.list()]


def test_what_is_put_away_is_not_listed_any_more_and_comes_back(world: World) -> None:
    world.model("late")
    endpoint = world.deployed()
    world.workspace.deployments.stop("late")
    world.roll_out()
    run = world.workspace.experiments.runs()[0]
    trash = world.workspace.trash
    for kind, name in (
        (Kind.ENDPOINT, endpoint.name),
        (Kind.MODEL, "late"),
        (Kind.RUN, run.id),
        (Kind.EXPERIMENT, "flights-late"),
        (Kind.DATASET, " flights "),
    ):
        world.clock.advance(1)
        (item,) = trash.put(kind, [name])
        assert item.trashed_at == world.clock.now
    assert listed(world) == [
        ("dataset", "flights"),
        ("experiment", "flights-late"),
        ("run", run.name),
        ("model", "late"),
        ("endpoint", "late"),
    ]
    workspace = world.workspace
    assert not workspace.datasets.list()
    assert not workspace.experiments.list()
    assert not workspace.experiments.runs()
    assert not workspace.models.list()
    assert not workspace.deployments.list()
    for item in trash.list():
        trash.restore(item.kind, [item.name])
    assert listed(world) == []
    assert workspace.models.get("late@v1").run_name == run.name
    assert workspace.experiments.run(run.name).id == run.id
    assert [action for action in world.actions() if action.endswith(".trash")] == [
        "endpoint.trash",
        "model.trash",
        "run.trash",
        "experiment.trash",
        "dataset.trash",
    ]
    assert world.actions().count("model.restore") == 1
    world.verify()


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_not_there_is_neither_put_away_nor_brought_back_nor_erased(world: World, kind: Kind) -> None:
    trash = world.workspace.trash
    uses: list[Callable[[Kind, list[str]], Any]] = [trash.put, trash.restore, trash.purge]
    for use in uses:
        with pytest.raises(NotFoundError):
            use(kind, ["nothing"])


def test_what_is_in_the_trash_is_not_put_there_again_and_else_not_brought_back(world: World) -> None:
    world.dataset()
    with pytest.raises(NotFoundError):
        world.workspace.trash.restore(Kind.DATASET, ["flights"])
    with pytest.raises(NotFoundError):
        world.workspace.trash.purge(Kind.DATASET, ["flights"])
    world.workspace.trash.put(Kind.DATASET, ["flights"])
    with pytest.raises(NotFoundError):
        world.workspace.trash.put(Kind.DATASET, ["flights"])


def test_several_things_are_put_away_together_or_not_at_all(world: World) -> None:
    first, second = world.finished_run("one"), world.finished_run("two")
    with pytest.raises(NotFoundError):
        world.workspace.trash.put(Kind.RUN, [first.name, "nothing"])
    assert listed(world) == []
    assert len(world.workspace.trash.put(Kind.RUN, [first.name, second.name])) == 2


# --- in use -----------------------------------------------------------------------------------------------------------


def test_a_run_under_way_and_its_experiment_stay(world: World) -> None:
    (run,) = world.runs()
    with pytest.raises(ConflictError, match="is queued") as caught:
        world.workspace.trash.put(Kind.RUN, [run.name])
    assert "Cancel" in caught.value.hint
    with pytest.raises(ConflictError, match=run.name):
        world.workspace.trash.put(Kind.EXPERIMENT, ["flights-late"])


def test_an_endpoint_that_answers_and_its_model_stay(world: World) -> None:
    world.model()
    world.deployed()
    with pytest.raises(ConflictError, match="is answering"):
        world.workspace.trash.put(Kind.ENDPOINT, ["late"])
    with pytest.raises(ConflictError, match="answers behind late"):
        world.workspace.trash.put(Kind.MODEL, ["late"])


def test_a_model_that_is_about_to_answer_stays(world: World) -> None:
    world.model()
    world.workspace.deployments.deploy("late")
    with pytest.raises(ConflictError, match="answers behind late"):
        world.workspace.trash.put(Kind.MODEL, ["late"])
    with pytest.raises(ConflictError, match="is answering"):
        world.workspace.trash.put(Kind.ENDPOINT, ["late"])


def test_a_dataset_that_a_run_outside_the_trash_learnt_from_is_not_erased(world: World) -> None:
    run = world.finished_run()
    trash = world.workspace.trash
    trash.put(Kind.DATASET, ["flights"])
    with pytest.raises(ConflictError, match=run.name):
        trash.purge()
    trash.put(Kind.RUN, [run.name])
    assert trash.purge(Kind.DATASET).items == 1
    assert world.workspace.experiments.runs(trashed=True)


def test_a_dataset_goes_with_the_experiment_that_used_it(world: World) -> None:
    world.finished_run()
    trash = world.workspace.trash
    trash.put(Kind.DATASET, ["flights"])
    trash.put(Kind.EXPERIMENT, ["flights-late"])
    assert trash.purge().items == 2
    assert world.parts.artifacts.hashes() == []
    assert world.parts.bundles.hashes() == []
    world.verify()


@pytest.mark.parametrize("kind", [Kind.RUN, Kind.EXPERIMENT])
def test_a_run_that_is_a_model_version_is_not_erased(world: World, kind: Kind) -> None:
    version = world.model()
    name = version.run_name if kind is Kind.RUN else "flights-late"
    trash = world.workspace.trash
    trash.put(kind, [name])
    with pytest.raises(ConflictError, match=f"{version.run_name} is late@v1"):
        trash.purge()
    trash.put(Kind.MODEL, ["late"])
    assert trash.purge().items == 2
    assert world.parts.bundles.hashes() == []


def test_a_model_that_came_to_answer_meanwhile_is_not_erased(world: World) -> None:
    world.model()
    world.workspace.trash.put(Kind.MODEL, ["late"])
    world.workspace.trash.restore(Kind.MODEL, ["late"])
    world.deployed()
    with world.parts.registry.write() as unit:
        model = unit.models.find("late")
        assert model is not None
        unit.models.update(type(model)(**{**vars(model), "trashed_at": world.clock.now}))
        unit.commit()
    with pytest.raises(ConflictError, match="answers behind late"):
        world.workspace.trash.purge()


# --- erasing ----------------------------------------------------------------------------------------------------------


def test_an_empty_trash_has_nothing_to_erase(world: World) -> None:
    world.dataset()
    assert world.workspace.trash.purge() == Purge(0, 0, 0)


def test_only_files_that_nothing_else_uses_are_erased(world: World) -> None:
    shared = world.dataset("a", "shared")
    world.dataset("a", "alone")
    world.dataset("b", "shared")
    trash = world.workspace.trash
    trash.put(Kind.DATASET, ["a"])
    assert trash.purge(Kind.DATASET, ["a", "a"]) == Purge(items=1, files=1, size=len("alone"))
    assert world.parts.artifacts.hashes() == [shared.content_hash]
    assert world.workspace.datasets.get("b").content_hash == shared.content_hash
    with pytest.raises(NotFoundError):
        trash.restore(Kind.DATASET, ["a"])
    assert world.dataset("a", "new").number == 1
    world.verify()


def test_a_file_in_the_trash_is_still_used(world: World) -> None:
    world.dataset("a", "shared")
    world.dataset("b", "shared")
    world.workspace.trash.put(Kind.DATASET, ["a", "b"])
    assert world.workspace.trash.purge(Kind.DATASET, ["a"]).files == 0
    assert world.workspace.trash.purge().files == 1


def test_a_bundle_stays_while_a_run_a_model_or_a_deployment_has_it(world: World) -> None:
    version = world.model()
    world.deployed()
    world.workspace.deployments.stop("late")
    world.roll_out()
    trash = world.workspace.trash
    trash.put(Kind.MODEL, ["late"])
    trash.put(Kind.RUN, [version.run_name])
    trash.purge(Kind.MODEL)
    assert world.parts.bundles.hashes() == [version.manifest_hash]
    trash.purge(Kind.RUN)
    assert world.parts.bundles.hashes() == [version.manifest_hash]
    assert world.workspace.deployments.history("late")
    trash.put(Kind.ENDPOINT, ["late"])
    trash.purge()
    assert world.parts.bundles.hashes() == []
    world.verify()


def test_scores_are_not_erased_with_their_model(world: World) -> None:
    version = world.model()
    job = world.workspace.datasets.score("late", dataset="flights")

    def result(fake: Any) -> dict[str, object]:
        (fake.folder / "scores").write_text("x")
        return {"file": "scores", "rows": 1}

    world.play(job, result)
    world.workspace.trash.put(Kind.MODEL, ["late"])
    world.workspace.trash.put(Kind.RUN, [version.run_name])
    world.workspace.trash.purge()
    assert world.parts.artifacts.read(str(world.job(job).result["file_hash"])) == b"x"


def test_logs_and_tokens_go_with_what_they_are_of(world: World) -> None:
    version = world.model()
    other = world.finished_run("other", experiment="second")
    endpoint = world.deployed()
    folder = world.parts.deployment_folder(str(endpoint.wanted_deployment_id))
    folder.mkdir(parents=True)
    (folder / "serving.log").write_text("log")
    world.workspace.deployments.stop("late")
    world.roll_out()
    run = world.workspace.experiments.run(version.run_name)
    assert world.parts.job_folder(run.job_id).is_dir()
    trash = world.workspace.trash
    trash.put(Kind.ENDPOINT, ["late"])
    trash.put(Kind.MODEL, ["late"])
    trash.put(Kind.RUN, [run.name])
    trash.put(Kind.EXPERIMENT, ["second"])
    trash.purge()
    assert not world.parts.job_folder(run.job_id).exists()
    assert not world.parts.job_folder(other.job_id).exists()
    assert not folder.exists()
    assert token_of(world.parts.secrets, endpoint) is None
    assert world.workspace.jobs.log(run.job_id) == []


def test_a_file_that_is_missing_already_does_not_stop_the_erasure(world: World) -> None:
    first = world.dataset("a", "one")
    world.dataset("a", "three")
    world.parts.artifacts.remove(first.content_hash)
    world.workspace.trash.put(Kind.DATASET, ["a"])
    assert world.workspace.trash.purge() == Purge(items=1, files=2, size=len("three"))
    assert world.parts.artifacts.hashes() == []


def test_a_07_a_file_that_is_named_anew_while_it_is_erased_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import of the same content is taken in between the erasure of the rows and that of the files."""
    world.dataset("old", "content")
    again = world.workspace.datasets.import_file(world.file(), "new")
    keeper = world.keeper()
    keeper.turn()
    worker = world.worker_of(again)
    worker.finish(import_result(worker.folder, "content"))
    world.workspace.trash.put(Kind.DATASET, ["old"])
    trash = world.workspace.trash
    free = trash._free

    def adopt_then_free(artifacts: set[str], bundles: set[str]) -> tuple[int, int]:
        keeper.turn()
        return free(artifacts, bundles)

    monkeypatch.setattr(trash, "_free", adopt_then_free)
    assert trash.purge() == Purge(1, 0, 0)
    version = world.workspace.datasets.get("new")
    assert world.parts.artifacts.read(version.content_hash) == b"content"
    world.verify()


def test_all_of_a_kind_are_erased_at_once(world: World, tmp_path: Path) -> None:
    world.dataset("a")
    world.dataset("b")
    run = world.finished_run(dataset="b")
    world.workspace.trash.put(Kind.RUN, [run.name])
    world.workspace.trash.put(Kind.DATASET, ["a"])
    assert world.workspace.trash.purge(Kind.RUN).items == 1
    assert listed(world) == [("dataset", "a")]
    assert [action for action in world.actions() if action.endswith(".purge")] == ["run.purge"]


def test_a_07_an_erasure_killed_half_way_is_finished_by_the_next(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after each of the steps that last. What is used stays, what was left behind goes with the next one."""
    kept = to_be_erased(world)
    steps = Killer(0)
    whole = world.copy(tmp_path / "whole")
    purge_interrupted(whole, steps, monkeypatch)
    wanted = remains(whole)
    assert kept.job_id in wanted["jobs"]
    assert (len(wanted["deployments"]), len(wanted["secrets"]), wanted["bundles"]) == (1, 1, [kept.bundle_hash])
    assert steps.steps == 12, "the rows, 4 folders, 3 tokens, 4 artifacts and bundles"
    for at in range(1, steps.steps + 1):
        copy = world.copy(tmp_path / str(at))
        with pytest.raises(KilledError):
            purge_interrupted(copy, Killer(at), monkeypatch)
        copy.verify()
        grow_old(copy.folder)
        copy.workspace.trash.purge()
        assert copy.workspace.trash.list() == []
        assert remains(copy) == wanted, f"killed after step {at}"
        copy.verify()
        copy.close()
    whole.close()


def to_be_erased(world: World) -> Run:
    """Runs, a model and endpoints in the trash; gives the run that is in use, behind an endpoint of its own."""
    kept = world.finished_run("kept")
    world.workspace.models.register(kept.name, "stays")
    world.model("late", "gone")
    other = world.finished_run("gone too", experiment="second")
    for name in ("stays", "late"):
        folder = world.parts.deployment_folder(str(world.deployed(name).wanted_deployment_id))
        folder.mkdir(parents=True)
        (folder / "serving.log").write_text("log")
    world.workspace.deployments.rotate_token("late")
    world.workspace.deployments.deploy("late", endpoint="later")
    world.roll_out()
    for name in ("late", "later"):
        world.workspace.deployments.stop(name)
    world.roll_out()
    trash = world.workspace.trash
    trash.put(Kind.ENDPOINT, ["late", "later"])
    trash.put(Kind.RUN, [world.workspace.models.get("late@v1").run_name])
    trash.put(Kind.MODEL, ["late"])
    trash.put(Kind.EXPERIMENT, [other.experiment_name])
    return kept


def remains(world: World) -> dict[str, list[str]]:
    """What lies on the disk, by name."""
    folders = {name: sorted(path.name for path in (world.folder / name).iterdir()) for name in ("jobs", "deployments")}
    return {
        **folders,
        "artifacts": list(world.parts.artifacts.hashes()),
        "bundles": list(world.parts.bundles.hashes()),
        "secrets": sorted(json.loads((world.state / "secrets.json").read_text())),
    }


def purge_interrupted(world: World, killer: Killer, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the killer's parts, and each removal of a file, a folder or a token is a step too."""
    parts, lasting = killer.parts(world.parts), frozenset({"remove"})
    parts = dataclasses.replace(
        parts,
        artifacts=cast(ArtifactStore, Interrupted(world.parts.artifacts, killer, lasting)),
        bundles=cast(BundleStore, Interrupted(world.parts.bundles, killer, lasting)),
        secrets=cast(SecretStore, Interrupted(world.parts.secrets, killer, lasting)),
    )
    with monkeypatch.context() as patch:
        patch.setattr(trash_module, "shutil", Interrupted(shutil, killer, frozenset({"rmtree"})))
        TrashService(parts).purge()


def grow_old(folder: Path) -> None:
    for store in ("artifacts", "bundles", "jobs", "deployments"):
        for path in (folder / store).rglob("*"):
            os.utime(path, (0, 0))


def test_a_07_a_folder_that_may_be_waiting_for_its_row_stays(world: World) -> None:
    (queued,) = world.runs()
    fresh, old, foreign, needed = (
        world.parts.job_folder(name) for name in (new_identifier(), new_identifier(), "of mine", queued.job_id)
    )
    for folder in (fresh, old, foreign, needed):
        folder.mkdir(exist_ok=True)
        (folder / "journal").write_text("")
        if folder is not fresh:
            os.utime(folder, (0, 0))
    world.workspace.trash.purge()
    assert [folder.exists() for folder in (fresh, old, foreign, needed)] == [True, False, True, True]


def test_a_07_a_token_of_a_copy_of_the_workspace_stays(world: World, tmp_path: Path) -> None:
    """A folder that was copied by hand has the same identity, and so the same secrets."""
    world.model()
    world.deployed()
    shutil.copytree(world.folder, tmp_path / "copy")
    copy = World(tmp_path / "copy", world.state, world.registry_template, machine=world.machine)
    copy.deployed("late", endpoint="only there")
    world.workspace.deployments.stop("late")
    world.roll_out()
    world.workspace.trash.put(Kind.ENDPOINT, ["late"])
    world.workspace.trash.purge()
    same = copy.workspace.deployments.endpoint("late")
    keep_token(world.parts.secrets, same, "made anew there")
    world.workspace.trash.purge()
    assert token_of(world.parts.secrets, copy.workspace.deployments.endpoint("only there")) is not None
    renewed = dataclasses.replace(same, token_sha256=sha256_of("made anew there"))
    assert token_of(world.parts.secrets, renewed) == "made anew there"
    copy.close()


def test_a_damaged_file_of_secrets_is_in_nobody_else_s_way(world: World) -> None:
    world.model()
    world.deployed()
    world.workspace.deployments.stop("late")
    world.roll_out()
    world.workspace.trash.put(Kind.ENDPOINT, ["late"])
    world.workspace.trash.purge()
    world.workspace.trash.put(Kind.RUN, [world.finished_run("other").name])
    (world.state / "secrets.json").write_text("{")
    assert world.workspace.trash.purge().items == 1


def test_a_07_what_just_came_in_is_not_erased_before_a_row_names_it(world: World) -> None:
    world.workspace.trash.put(Kind.RUN, [world.finished_run("gone").name])
    coming = world.folder.parent / "coming"
    coming.write_text("half an import")
    sha256 = world.parts.artifacts.add(coming)
    world.workspace.trash.purge()
    assert world.parts.artifacts.read(sha256) == b"half an import"
