"""What goes into the registry comes out the same, whatever the noun."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from tests.storage.storage_values import (
    FAILURE,
    NOON,
    PROCESS,
    a_dataset,
    a_dataset_version,
    a_deployment,
    a_finished_run,
    a_job,
    a_model,
    a_model_version,
    a_rollout,
    a_run,
    an_endpoint,
    an_experiment,
)

from mlops_desktop.domain.deployments import DeploymentStatus, Health, RolloutStep
from mlops_desktop.domain.errors import AlreadyExistsError, BugError, ConflictError, NotFoundError
from mlops_desktop.domain.experiments import MetricPoint, RunBrief, RunStatus
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.domain.jobs import JobStatus
from mlops_desktop.domain.plain import to_json
from mlops_desktop.services import ports
from mlops_desktop.services.ports import UnitOfWork
from mlops_desktop.storage.registry import SqliteRegistry


def same(left: object, right: object) -> bool:
    """Equal, not-a-number included."""
    return to_json(left) == to_json(right)


def test_the_registry_fits_the_shape_that_services_ask_for(registry: SqliteRegistry) -> None:
    fitting: ports.Registry = registry
    with fitting.read() as unit:
        assert unit.datasets.list() == []


def test_a_dataset_and_its_versions_come_back_as_they_went_in(registry: SqliteRegistry) -> None:
    dataset = a_dataset()
    first, second = a_dataset_version(dataset), a_dataset_version(dataset, 2)
    with registry.write() as unit:
        unit.datasets.add(dataset)
        unit.datasets.add_version(first)
        unit.datasets.add_version(second)
        unit.commit()
    with registry.read() as unit:
        assert unit.datasets.get(dataset.id) == dataclasses.replace(dataset, latest_number=2)
        assert unit.datasets.find("flights") == unit.datasets.get(dataset.id)
        assert same(unit.datasets.version(first.id), first)
        assert same(unit.datasets.find_version(dataset.id, 2), second)
        assert same(unit.datasets.versions(dataset.id), [first, second])
        assert unit.datasets.get("no such") is None
        assert unit.datasets.find("Flights") is None
        assert unit.datasets.version("no such") is None
        assert unit.datasets.find_version(dataset.id, 3) is None


def test_a_renamed_dataset_is_renamed_in_its_versions(registry: SqliteRegistry) -> None:
    dataset = a_dataset()
    with registry.write() as unit:
        unit.datasets.add(dataset)
        unit.datasets.add_version(a_dataset_version(dataset))
        unit.datasets.update(dataclasses.replace(dataset, name="flüge"))
        assert [version.reference for version in unit.datasets.versions(dataset.id)] == ["flüge@v1"]


def test_the_trash_is_listed_apart(registry: SqliteRegistry) -> None:
    kept, trashed = a_dataset("kept"), a_dataset("gone", trashed_at=NOON)
    experiment, model, endpoint = an_experiment(trashed_at=NOON), a_model(trashed_at=NOON), an_endpoint(trashed_at=NOON)
    run = a_run(an_experiment("other"), trashed_at=NOON)
    with registry.write() as unit:
        for dataset in (kept, trashed):
            unit.datasets.add(dataset)
        unit.experiments.add(experiment)
        unit.experiments.add(dataclasses.replace(an_experiment("other"), id=run.experiment_id))
        unit.runs.add(run)
        unit.models.add(model)
        unit.deployments.add_endpoint(endpoint)
        unit.commit()
    with registry.read() as unit:
        assert unit.datasets.list() == [kept]
        assert unit.datasets.list(trashed=True) == [trashed]
        assert [each.name for each in unit.experiments.list()] == ["other"]
        assert unit.experiments.list(trashed=True) == [experiment]
        assert [each.run_count for each in unit.experiments.list()] == [0]
        assert (unit.runs.list(), unit.runs.list(trashed=True)) == ([], [run])
        assert (unit.models.list(), unit.models.list(trashed=True)) == ([], [model])
        assert (unit.deployments.endpoints(), unit.deployments.endpoints(trashed=True)) == ([], [endpoint])


def test_runs_come_back_as_they_went_in_newest_first(registry: SqliteRegistry) -> None:
    experiment, other = an_experiment(), an_experiment("other")
    # the clock went back between the two: what counts is the order of coming
    queued, finished = a_run(experiment), a_finished_run(experiment, created_at=NOON - timedelta(days=400))
    elsewhere = a_run(other, "elsewhere", status=RunStatus.RUNNING, progress=0.25)
    with registry.write() as unit:
        unit.experiments.add(experiment)
        unit.experiments.add(other)
        for run in (queued, finished, elsewhere):
            unit.runs.add(run)
        unit.commit()
    with registry.read() as unit:
        assert same(unit.runs.list(), [elsewhere, finished, queued])
        assert same(unit.runs.list(experiment_id=experiment.id), [finished, queued])
        assert same(unit.runs.list(experiment_id=experiment.id, limit=1), [finished])
        assert unit.runs.list(statuses=[RunStatus.QUEUED, RunStatus.RUNNING]) == [elsewhere, queued]
        assert same(unit.runs.find("brave finch"), finished)
        assert same(unit.runs.get(queued.id), queued)
        assert unit.runs.get("no such") is None
        assert unit.runs.briefs()[1:] == [
            RunBrief(run.id, run.name, run.experiment_name, run.status, run.created_at) for run in (finished, queued)
        ]
        assert unit.runs.names() == ["calm otter", "brave finch", "elsewhere"]
        found = unit.experiments.get(experiment.id)
        assert found is not None
        assert found.run_count == 2


def test_s_16_an_update_of_a_run_counts_the_revision_up_and_a_stale_one_is_refused(registry: SqliteRegistry) -> None:
    experiment = an_experiment()
    run = a_run(experiment)
    with registry.write() as unit:
        unit.experiments.add(experiment)
        unit.runs.add(run)
        unit.runs.update(dataclasses.replace(run, notes="mine", failure=FAILURE, status=RunStatus.FAILED))
        unit.commit()
    with registry.write() as unit, pytest.raises(ConflictError, match="changed by somebody else"):
        unit.runs.update(dataclasses.replace(run, notes="yours"))
    with registry.read() as unit:
        stored = unit.runs.get(run.id)
    assert stored == dataclasses.replace(run, notes="mine", failure=FAILURE, status=RunStatus.FAILED, revision=2)


def test_s_16_of_two_who_change_the_same_state_the_second_is_told(registry: SqliteRegistry) -> None:
    dataset, experiment, model, endpoint = a_dataset(), an_experiment(), a_model(), an_endpoint()
    with registry.write() as unit:
        unit.datasets.add(dataset)
        unit.experiments.add(experiment)
        unit.models.add(model)
        unit.deployments.add_endpoint(endpoint)
        unit.commit()
    for changed in ("mine", "yours"):
        deeds: list[Callable[[UnitOfWork], None]] = [
            lambda unit, text=changed: unit.datasets.update(dataclasses.replace(dataset, description=text)),  # type: ignore[misc]
            lambda unit, text=changed: unit.experiments.update(dataclasses.replace(experiment, question=text)),  # type: ignore[misc]
            lambda unit, text=changed: unit.models.update(dataclasses.replace(model, description=text)),  # type: ignore[misc]
            lambda unit, text=changed: unit.deployments.update_endpoint(dataclasses.replace(endpoint, name=text)),  # type: ignore[misc]
        ]
        for deed in deeds:
            with registry.write() as unit:
                if changed == "mine":
                    deed(unit)
                    unit.commit()
                else:
                    with pytest.raises(ConflictError, match="changed by somebody else"):
                        deed(unit)
    with registry.read() as unit:
        found = (unit.datasets.get(dataset.id), unit.experiments.get(experiment.id), unit.models.get(model.id))
        assert [one.revision for one in found if one] == [2, 2, 2]
        assert unit.deployments.find_endpoint("mine") is not None


def test_points_keep_their_order_and_a_repeated_one_replaces_the_first(registry: SqliteRegistry) -> None:
    experiment = an_experiment()
    run = a_run(experiment)
    with registry.write() as unit:
        unit.experiments.add(experiment)
        unit.runs.add(run)
        unit.runs.add_points(run.id, [])
        unit.runs.add_points(run.id, [MetricPoint("rmse", 0, 1.5), MetricPoint("r2", 0, math.nan)])
        unit.runs.add_points(run.id, [MetricPoint("rmse", 1, math.inf), MetricPoint("rmse", 0, 1.25)])
        unit.commit()
    with registry.read() as unit:
        expected = [MetricPoint("rmse", 0, 1.25), MetricPoint("r2", 0, math.nan), MetricPoint("rmse", 1, math.inf)]
        assert same(unit.runs.points(run.id), expected)
        assert unit.runs.points("no such") == []


def test_removing_an_experiment_removes_its_runs_and_points(registry: SqliteRegistry) -> None:
    experiment = an_experiment()
    run, second = a_run(experiment), a_run(experiment, "second")
    with registry.write() as unit:
        unit.experiments.add(experiment)
        unit.runs.add(run)
        unit.runs.add(second)
        unit.runs.add_points(run.id, [MetricPoint("rmse", 0, 1.5)])
        unit.runs.remove(second.id)
        assert [each.name for each in unit.runs.list()] == ["calm otter"]
        unit.experiments.remove(experiment.id)
        unit.commit()
    with registry.read() as unit:
        assert (unit.experiments.list(), unit.runs.list(), unit.runs.points(run.id)) == ([], [], [])


def test_removing_a_dataset_removes_its_versions(registry: SqliteRegistry) -> None:
    dataset = a_dataset()
    version = a_dataset_version(dataset)
    with registry.write() as unit:
        unit.datasets.add(dataset)
        unit.datasets.add_version(version)
        unit.datasets.remove(dataset.id)
        assert unit.datasets.version(version.id) is None
        unit.datasets.add(dataset)
        assert unit.datasets.versions(dataset.id) == []


def test_models_versions_and_aliases_with_every_move(registry: SqliteRegistry) -> None:
    model, other = a_model(), a_model("other")
    first, second = a_model_version(model), a_model_version(model, 2, run_id=None)
    later = NOON + timedelta(hours=1)
    with registry.write() as unit:
        unit.models.add(model)
        unit.models.add(other)
        unit.models.add_version(first)
        unit.models.add_version(second)
        unit.models.set_alias(model.id, "champion", 1, NOON, "ada")
        unit.models.set_alias(model.id, "champion", 1, NOON, "ada")  # no move
        unit.models.set_alias(model.id, "champion", 2, later, "grace")
        unit.models.set_alias(model.id, "challenger", 1, later, "grace")
        unit.models.set_alias(model.id, "challenger", None, later, "ada")
        unit.commit()
    with registry.read() as unit:
        assert unit.models.get(model.id) == dataclasses.replace(model, latest_number=2, aliases={"champion": 2})
        assert [each.aliases for each in unit.models.list()] == [{"champion": 2}, {}]
        assert unit.models.find("flight-late") == unit.models.get(model.id)
        assert unit.models.version(first.id) == first
        assert unit.models.find_version(model.id, 2) == dataclasses.replace(second, aliases=("champion",))
        assert [version.number for version in unit.models.versions(model.id)] == [1, 2]
        assert unit.models.find("no such") is None
        moves = [
            (move.alias, move.from_number, move.to_number, move.moved_by) for move in unit.models.alias_moves(model.id)
        ]
    assert moves == [
        ("champion", None, 1, "ada"),
        ("champion", 1, 2, "grace"),
        ("challenger", None, 1, "grace"),
        ("challenger", 1, None, "ada"),
    ]


def test_an_alias_cannot_point_at_a_version_that_is_not_there(registry: SqliteRegistry) -> None:
    model = a_model()
    with registry.write() as unit:
        unit.models.add(model)
        with pytest.raises(NotFoundError, match="no version 3"):
            unit.models.set_alias(model.id, "champion", 3, NOON, "ada")


def test_removing_a_model_removes_versions_aliases_and_moves(registry: SqliteRegistry) -> None:
    model = a_model()
    with registry.write() as unit:
        unit.models.add(model)
        unit.models.update(dataclasses.replace(model, description="new"))
        unit.models.add_version(a_model_version(model))
        unit.models.set_alias(model.id, "champion", 1, NOON, "ada")
        unit.models.remove(model.id)
        unit.models.add(model)
        assert (unit.models.versions(model.id), unit.models.alias_moves(model.id)) == ([], [])
        found = unit.models.get(model.id)
        assert found is not None
        assert found.aliases == {}


def test_endpoints_deployments_and_rollouts_come_back_as_they_went_in(registry: SqliteRegistry) -> None:
    endpoint, other = an_endpoint(), an_endpoint("other")
    first = a_deployment(endpoint)
    second = a_deployment(endpoint, 2, process=PROCESS, failure=FAILURE, checked_at=NOON, stopped_at=NOON, restarts=3)
    rollout, ended = a_rollout(endpoint), a_rollout(other, step=RolloutStep.DONE, finished_at=NOON)
    with registry.write() as unit:
        unit.deployments.add_endpoint(endpoint)
        unit.deployments.add_endpoint(other)
        unit.deployments.add(first)
        unit.deployments.add(second)
        unit.deployments.add_rollout(rollout)
        unit.deployments.add_rollout(ended)
        unit.commit()
    with registry.read() as unit:
        assert unit.deployments.endpoint(endpoint.id) == endpoint
        assert unit.deployments.find_endpoint("late") == endpoint
        assert unit.deployments.endpoints() == [endpoint, other]
        assert unit.deployments.get(second.id) == second
        assert unit.deployments.list() == [second, first]
        assert unit.deployments.list(other.id) == []
        assert unit.deployments.rollout(rollout.id) == rollout
        assert unit.deployments.rollouts() == [rollout, ended]
        assert unit.deployments.rollouts(open_only=True) == [rollout]
        assert unit.deployments.rollouts(other.id) == [ended]
        assert unit.deployments.endpoint("no such") is None
        assert unit.deployments.find_endpoint("no such") is None
        assert unit.deployments.get("no such") is None
        assert unit.deployments.rollout("no such") is None


def test_deployments_and_rollouts_move_on(registry: SqliteRegistry) -> None:
    endpoint = an_endpoint()
    deployment, rollout = a_deployment(endpoint), a_rollout(endpoint)
    running = dataclasses.replace(
        deployment, status=DeploymentStatus.RUNNING, health=Health.HEALTHY, share=1.0, process=PROCESS
    )
    done = dataclasses.replace(rollout, step=RolloutStep.FAILED, finished_at=NOON, failure=FAILURE)
    with registry.write() as unit:
        unit.deployments.add_endpoint(endpoint)
        unit.deployments.add(deployment)
        unit.deployments.add_rollout(rollout)
        unit.deployments.update(running)
        unit.deployments.update_rollout(done)
        unit.deployments.update_endpoint(dataclasses.replace(endpoint, port=9000, wanted_deployment_id=deployment.id))
        unit.commit()
    with registry.write() as unit:
        assert unit.deployments.get(deployment.id) == running
        assert unit.deployments.rollout(rollout.id) == done
        with pytest.raises(ConflictError):
            unit.deployments.update_endpoint(endpoint)
        unit.deployments.remove_endpoint(endpoint.id)
        assert (unit.deployments.list(), unit.deployments.rollouts(), unit.deployments.endpoints()) == ([], [], [])


def test_jobs_come_back_as_they_went_in_in_the_order_of_queueing(registry: SqliteRegistry) -> None:
    jobs = [a_job(title=f"job {number}", created_at=NOON - timedelta(days=number)) for number in range(4)]
    busy = dataclasses.replace(
        jobs[1],
        status=JobStatus.RUNNING,
        process=PROCESS,
        journal_offset=1 << 40,
        progress=0.5,
        note="fold 2 of 5",
        started_at=NOON,
        heartbeat_at=NOON,
        cancel_requested_at=NOON,
        result={"metrics": [{"mean": "NaN"}]},
        failure=FAILURE,
    )
    with registry.write() as unit:
        for job in jobs:
            unit.jobs.add(job)
        unit.jobs.update(busy)
        unit.commit()
    with registry.read() as unit:
        assert unit.jobs.list() == [jobs[0], busy, jobs[2], jobs[3]]
        assert unit.jobs.list(limit=2) == [jobs[2], jobs[3]]
        assert unit.jobs.list(statuses=[JobStatus.RUNNING]) == [busy]
        assert unit.jobs.get(busy.id) == busy
        assert unit.jobs.get("no such") is None


def test_what_a_reader_does_to_a_job_of_its_own_reaches_no_other_reader(registry: SqliteRegistry) -> None:
    job = a_job(spec={"answers": {"header": True}})
    with registry.write() as unit:
        unit.jobs.add(job)
        unit.commit()
    for _ in range(2):
        with registry.read() as unit:
            read = unit.jobs.get(job.id)
        assert read is not None
        assert read.spec == {"answers": {"header": True}}
        answers = read.spec["answers"]
        assert isinstance(answers, dict)
        answers["header"] = False


def test_undecodable_file_names_are_kept_readable(registry: SqliteRegistry) -> None:
    job = a_job(title="Import flights \udcff.csv")
    with registry.write() as unit:
        unit.jobs.add(job)
        unit.commit()
    with registry.read() as unit:
        stored = unit.jobs.get(job.id)
    assert stored is not None
    assert stored.title == "Import flights \\udcff.csv"


def test_settings_are_plain_values_by_key(registry: SqliteRegistry) -> None:
    with registry.write() as unit:
        unit.settings.set("workers.most", 2)
        unit.settings.set("workers.most", {"jobs": [1, None, "3"]})
        unit.commit()
    with registry.read() as unit:
        assert unit.settings.get("workers.most") == {"jobs": [1, None, "3"]}
        assert unit.settings.get("no such") is None


def test_times_come_back_in_utc_to_the_microsecond(registry: SqliteRegistry) -> None:
    there = timezone(timedelta(hours=5, minutes=45))
    times = [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2038, 1, 19, 3, 14, 8, 1, tzinfo=UTC),
        datetime(9999, 12, 30, tzinfo=there),
        datetime(2026, 2, 28, 1, 2, 3, tzinfo=there),
    ]
    with registry.write() as unit:
        for number, moment in enumerate(times):
            unit.datasets.add(a_dataset(f"set {number}", created_at=moment))
        unit.commit()
    with registry.read() as unit:
        stored = [dataset.created_at for dataset in unit.datasets.list()]
    assert stored == times
    assert {moment.utcoffset() for moment in stored} == {timedelta()}


def test_a_time_without_a_time_zone_is_our_fault(registry: SqliteRegistry) -> None:
    with registry.write() as unit, pytest.raises(BugError):
        unit.datasets.add(a_dataset(created_at=datetime(2026, 1, 1)))


@pytest.mark.parametrize("name", ["'; DROP TABLE datasets; --", "OR 1=1 --", "%_", 'Robert"); x'])
def test_s_19_sql_in_names_is_only_a_name(registry: SqliteRegistry, name: str) -> None:
    dataset = a_dataset(name)
    with registry.write() as unit:
        unit.datasets.add(a_dataset("flights"))
        unit.datasets.add(dataset)
        unit.commit()
    with registry.read() as unit:
        assert unit.datasets.find(name) == dataset
        assert len(unit.datasets.list()) == 2


def test_a_name_is_given_once_the_trash_included(registry: SqliteRegistry) -> None:
    with registry.write() as unit:
        unit.datasets.add(a_dataset(trashed_at=NOON))
        with pytest.raises(AlreadyExistsError):
            unit.datasets.add(a_dataset())


def test_what_belongs_to_nothing_is_refused(registry: SqliteRegistry) -> None:
    with registry.write() as unit, pytest.raises(ConflictError, match="removed meanwhile"):
        unit.runs.add(a_run(an_experiment()))


def test_changing_what_was_removed_says_so(registry: SqliteRegistry) -> None:
    with registry.write() as unit:
        changes: list[Callable[[], None]] = [
            lambda: unit.datasets.update(a_dataset()),
            lambda: unit.datasets.remove(new_identifier()),
            lambda: unit.experiments.update(an_experiment()),
            lambda: unit.runs.update(a_run(an_experiment())),
            lambda: unit.models.remove(new_identifier()),
            lambda: unit.jobs.update(a_job()),
            lambda: unit.deployments.update(a_deployment(an_endpoint())),
            lambda: unit.deployments.update_rollout(a_rollout(an_endpoint())),
        ]
        for change in changes:
            with pytest.raises(NotFoundError, match="not there any more"):
                change()


def test_an_experiment_is_changed_and_found_by_its_new_name(registry: SqliteRegistry) -> None:
    experiment = an_experiment()
    with registry.write() as unit:
        unit.experiments.add(experiment)
        unit.experiments.update(dataclasses.replace(experiment, name="early", question="Or early?"))
        changed = dataclasses.replace(experiment, name="early", question="Or early?", revision=2)
        assert unit.experiments.find("early") == changed
        assert unit.experiments.find("late flights") is None
