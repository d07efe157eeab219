"""The one door into the core: check the whole, say how it is, close it."""

from __future__ import annotations

import sqlite3

import pytest
from tests.services.world import World

from mlops_desktop.domain.changes import ChangeKind


def test_a_workspace_says_its_name_and_place(world: World) -> None:
    assert (world.workspace.name, world.workspace.folder) == ("test", world.folder)


def test_everything_that_a_row_names_is_verified(world: World) -> None:
    world.model()
    world.deployed()
    found = world.workspace.verify()
    assert found.is_clean
    assert (found.artifacts, found.bundles) == (2, 1)
    assert found.audit_entries == len(world.workspace.audit())


def test_a_changed_or_missing_file_is_found(world: World) -> None:
    version = world.model()
    table = world.parts.artifacts.path(world.workspace.datasets.get("flights").content_hash)
    table.chmod(0o644)
    table.write_text("other content")
    world.parts.bundles.remove(version.manifest_hash)
    found = world.workspace.verify()
    assert [problem.area for problem in found.problems] == ["artifact", "bundle"]
    assert all(problem.sentence for problem in found.problems)


def test_r_04_verify_names_the_first_bad_entry(world: World) -> None:
    world.dataset()
    world.parts.registry.checkpoint()
    with sqlite3.connect(world.folder / "registry.db") as connection:
        connection.execute("UPDATE audit_entries SET actor = 'somebody else' WHERE seq = 2")
    connection.close()
    (problem,) = world.workspace.verify().problems
    assert (problem.area, problem.subject) == ("audit", "entry 2")


def test_decisions_are_recorded_in_their_order_with_who_and_when(world: World) -> None:
    world.dataset()
    entries = world.workspace.audit()
    assert [entry.action for entry in entries] == ["dataset.create", "dataset.import", "dataset.version"]
    assert {entry.actor for entry in entries} == {"ada"}
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert world.workspace.audit(limit=1) == [entries[-1]]


def test_changes_are_seen_by_who_looks(world: World) -> None:
    feed = world.workspace.feed()
    try:
        world.workspace.datasets.import_file(world.file(), "flights")
        assert [change.kind for change in feed.poll()] == [ChangeKind.DATASET, ChangeKind.JOB, ChangeKind.SETTING]
    finally:
        feed.close()


def test_the_space_it_takes_is_told(world: World) -> None:
    before, free = world.workspace.disk()
    (world.folder / "more").write_bytes(b"x" * 1000)
    (world.folder / "broken").symlink_to("nowhere")
    assert world.workspace.disk()[0] == before + 1000
    assert free > 0


def test_a_diagnosis_holds_counts_and_versions_and_nobodys_names(world: World) -> None:
    world.model("secret-project")
    world.deployed("secret-project")
    told = world.workspace.diagnose()
    assert told["counts"]["models"] == told["counts"]["endpoints"] == told["counts"]["runs"] == 1
    assert told["program"] == "1.0"
    assert told["packages"]["scikit-learn"] != "not installed"
    assert told["problems"] == []
    for word in ("secret", "ada", "flights", str(world.folder)):
        assert word not in str(told)


def test_a_diagnosis_does_without_a_package(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.metadata

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert set(world.workspace.diagnose()["packages"].values()) == {"not installed"}


def test_closing_lets_go_of_workers_host_and_registry(world: World) -> None:
    world.model()
    endpoint = world.deployed()
    with world.workspace as workspace:
        assert workspace.audit()
    assert world.workers.is_closed
    world.machine.crash(str(endpoint.wanted_deployment_id))
    assert world.machine.holders(endpoint.port) == []
