"""A unit of work is all or nothing, and tells the change feed and the audit chain what it did."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.storage.storage_values import (
    NOON,
    a_dataset,
    a_dataset_version,
    a_deployment,
    a_job,
    a_model,
    a_model_version,
    a_rollout,
    a_run,
    an_endpoint,
    an_experiment,
)

from mlops_desktop.domain.changes import ChangeKind
from mlops_desktop.domain.errors import BugError
from mlops_desktop.domain.experiments import MetricPoint
from mlops_desktop.storage import transaction
from mlops_desktop.storage.registry import SqliteRegistry

OpenHere = Callable[[], SqliteRegistry]


def test_leaving_without_commit_undoes_everything(registry: SqliteRegistry) -> None:
    feed = registry.open_feed()
    with registry.write() as unit:
        unit.datasets.add(a_dataset())
        unit.audit.append("dataset.import", "flights")
        unit.settings.set("key", 1)
    with registry.read() as unit:
        assert (unit.datasets.list(), unit.audit.list(), unit.settings.get("key")) == ([], [], None)
    assert registry.audit_head() is None
    assert feed.poll() == ()
    feed.close()


def test_an_error_inside_undoes_everything_and_frees_the_lock(registry: SqliteRegistry) -> None:
    with pytest.raises(ZeroDivisionError), registry.write() as unit:  # noqa: PT012
        unit.datasets.add(a_dataset())
        _ = 1 / 0
    with registry.write() as unit:
        assert unit.datasets.list() == []


def test_what_was_committed_before_an_error_stays(registry: SqliteRegistry) -> None:
    with registry.write() as unit:
        unit.datasets.add(a_dataset())
        unit.commit()
        unit.datasets.add(a_dataset("second"))
    with registry.read() as unit:
        assert [dataset.name for dataset in unit.datasets.list()] == ["flights"]


def test_a_unit_for_reading_refuses_every_change(registry: SqliteRegistry) -> None:
    experiment = an_experiment()
    with registry.write() as unit:
        unit.experiments.add(experiment)
        unit.runs.add(run := a_run(experiment))
        unit.commit()
    with registry.read() as unit:
        changes: list[Callable[[], object]] = [
            lambda: unit.datasets.add(a_dataset()),
            lambda: unit.experiments.update(experiment),
            lambda: unit.runs.remove(run.id),
            lambda: unit.runs.add_points(run.id, [MetricPoint("rmse", 0, 1.0)]),
            lambda: unit.audit.append("x", "y"),
            lambda: unit.settings.set("key", 1),
        ]
        for change in changes:
            with pytest.raises(BugError):
                change()
    with registry.read() as unit:
        assert len(unit.runs.list()) == 1


def test_the_feed_names_every_kind_of_change_once_and_in_order(registry: SqliteRegistry) -> None:
    experiment, dataset, model, endpoint = an_experiment(), a_dataset(), a_model(), an_endpoint()
    run, deployment, rollout, job = a_run(experiment), a_deployment(endpoint), a_rollout(endpoint), a_job()
    feed = registry.open_feed()
    with registry.write() as unit:
        unit.datasets.add(dataset)
        unit.datasets.add_version(a_dataset_version(dataset))
        unit.experiments.add(experiment)
        unit.runs.add(run)
        unit.runs.add_points(run.id, [MetricPoint("rmse", step, 1.0) for step in range(5)])
        unit.models.add(model)
        unit.models.add_version(a_model_version(model))
        unit.models.set_alias(model.id, "champion", 1, NOON, "ada")
        unit.deployments.add_endpoint(endpoint)
        unit.deployments.add(deployment)
        unit.deployments.add_rollout(rollout)
        unit.jobs.add(job)
        unit.settings.set("key", 1)
        unit.commit()
    changes = feed.poll()
    assert [(change.kind, change.object_id) for change in changes] == [
        (ChangeKind.DATASET, dataset.id),
        (ChangeKind.EXPERIMENT, experiment.id),
        (ChangeKind.RUN, run.id),
        (ChangeKind.MODEL, model.id),
        (ChangeKind.ENDPOINT, endpoint.id),
        (ChangeKind.DEPLOYMENT, deployment.id),
        (ChangeKind.ROLLOUT, rollout.id),
        (ChangeKind.JOB, job.id),
        (ChangeKind.SETTING, "key"),
    ]
    assert [change.seq for change in changes] == sorted({change.seq for change in changes})
    assert feed.poll() == ()
    feed.close()


def test_the_feed_tells_of_everything_that_went_with_a_removed_thing(registry: SqliteRegistry) -> None:
    experiment, endpoint = an_experiment(), an_endpoint()
    run, deployment, rollout = a_run(experiment), a_deployment(endpoint), a_rollout(endpoint)
    with registry.write() as unit:
        unit.experiments.add(experiment)
        unit.runs.add(run)
        unit.deployments.add_endpoint(endpoint)
        unit.deployments.add(deployment)
        unit.deployments.add_rollout(rollout)
        unit.commit()
    feed = registry.open_feed()
    with registry.write() as unit:
        unit.experiments.remove(experiment.id)
        unit.deployments.remove_endpoint(endpoint.id)
        unit.commit()
    assert {change.object_id for change in feed.poll()} == {
        experiment.id,
        run.id,
        endpoint.id,
        deployment.id,
        rollout.id,
    }
    feed.close()


def test_a_feed_sees_what_another_opener_commits_and_starts_with_now(open_here: OpenHere) -> None:
    here, there = open_here(), open_here()
    with there.write() as unit:
        unit.datasets.add(a_dataset("before"))
        unit.commit()
    feed = here.open_feed()
    assert feed.poll() == ()
    with there.write() as unit:
        unit.datasets.add(dataset := a_dataset("after"))
        unit.commit()
    assert [change.object_id for change in feed.poll()] == [dataset.id]
    there.checkpoint()
    assert feed.poll() == ()
    feed.close()


def test_a_poll_without_news_costs_next_to_nothing(registry: SqliteRegistry) -> None:
    feed = registry.open_feed()
    began = time.perf_counter()
    for _ in range(500):
        feed.poll()
    assert (time.perf_counter() - began) / 500 < 0.001
    feed.close()


def test_old_changes_are_pruned(registry: SqliteRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "CHANGES_KEPT", 5)
    monkeypatch.setattr(transaction, "_PRUNED_EVERY", 4)
    feed = registry.open_feed()
    for number in range(12):
        with registry.write() as unit:
            unit.settings.set(f"key {number}", number)
            unit.commit()
    assert [change.object_id for change in feed.poll()] == [f"key {number}" for number in range(7, 12)]
    feed.close()


def test_units_serve_one_thread_each_at_the_same_time(registry: SqliteRegistry) -> None:
    with registry.write() as unit:
        unit.datasets.add(a_dataset())
        unit.commit()
    seen: list[int] = []
    hold = threading.Barrier(6)

    def read() -> None:
        with registry.read() as unit:
            hold.wait(10)
            seen.append(len(unit.datasets.list()))

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 6


def test_the_head_outside_never_moves_back(registry: SqliteRegistry, open_here: OpenHere, state: Path) -> None:
    other = open_here()
    for opened in (registry, other, registry):
        with opened.write() as unit:
            entry = unit.audit.append("model.register", "flight-late", {"number": 1, "share": 0.5})
            unit.commit()
    head = other.audit_head()
    assert head is not None
    assert (head.seq, head.hash) == (3, entry.hash)
    assert (state / "audit_head.json").stat().st_mode & 0o777 == 0o600


def test_the_audit_chain_lists_oldest_first(registry: SqliteRegistry) -> None:
    with registry.write() as unit:
        for number in range(5):
            unit.audit.append("x", f"thing {number}", {"odd": {1: None}, "bad": "\udcff", "nan": float("nan")})
        unit.commit()
    with registry.read() as unit:
        entries = unit.audit.list()
        assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
        assert unit.audit.list(limit=2) == entries[3:]
        assert {(entry.actor, entry.machine) for entry in entries} == {("ada", "laptop")}
    assert registry.problems() == []
