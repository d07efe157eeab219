"""Realistic values for the registry: the flights of one person's laptop."""

from __future__ import annotations

import dataclasses
import math
from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_desktop.domain.datasets import (
    Column,
    ColumnDifference,
    ColumnProfile,
    ColumnType,
    Dataset,
    DatasetVersion,
    Derived,
    Finding,
    FindingSeverity,
    Histogram,
    ReadAnswers,
    Source,
    ValueCount,
    VersionDifference,
)
from mlops_desktop.domain.deployments import (
    Deployment,
    DeploymentStatus,
    Endpoint,
    Health,
    Rollout,
    RolloutKind,
    RolloutStep,
)
from mlops_desktop.domain.experiments import (
    Environment,
    Experiment,
    Failure,
    Feature,
    FeatureRole,
    LeftOut,
    MetricSummary,
    Run,
    RunSpec,
    RunStatus,
    Task,
    Validation,
    ValidationKind,
)
from mlops_desktop.domain.hosts import THIS_COMPUTER
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus
from mlops_desktop.domain.models import Model, ModelVersion
from mlops_desktop.domain.processes import ProcessIdentity

NOON = datetime(2026, 3, 4, 12, 0, 0, 250, tzinfo=UTC)
HASH = "ab" * 32
PROCESS = ProcessIdentity("laptop", "b" * 32, 4711, 1_772_600_000.25)
FAILURE = Failure("MD-JOB-005", "The worker reached its memory cap.", "Use fewer rows.", "RLIMIT_DATA 2 GiB")


def a_dataset(name: str = "flights", **changes: Any) -> Dataset:
    return dataclasses.replace(Dataset(new_identifier(), name, "NYC, 2013 — „alle“ 🛫", NOON, 0), **changes)


def a_dataset_version(dataset: Dataset, number: int = 1, **changes: Any) -> DatasetVersion:
    delay = ColumnProfile(
        name="dep_delay",
        type=ColumnType.FLOAT,
        rows=336_776,
        missing=8_255,
        distinct=528,
        minimum=-43.0,
        maximum=1301.0,
        mean=12.639070257304708,
        std=math.nan,
        quantiles={"0.05": -9.0, "0.95": math.inf},
        histogram=Histogram((-43.0, 629.0, 1301.0), (336_000, 776)),
    )
    carrier = ColumnProfile(
        name="carrier",
        type=ColumnType.TEXT,
        rows=336_776,
        missing=0,
        distinct=16,
        top_values=(ValueCount("UA", 58_665), ValueCount("NA", 3)),
    )
    version = DatasetVersion(
        id=new_identifier(),
        dataset_id=dataset.id,
        dataset_name=dataset.name,
        number=number,
        content_hash=HASH,
        rows=336_776,
        size=5_812_345_678,
        columns=(Column("dep_delay", ColumnType.FLOAT), Column("carrier", ColumnType.TEXT)),
        profiles=(delay, carrier),
        findings=(Finding("constant", FindingSeverity.WARNING, "year is always 2013.", ("year",), 336_776, 1),),
        source=Source(
            "flights \udcff.csv",
            29_950_000,
            HASH,
            ReadAnswers(",", "utf-8", ".", True, '"', ("", "NA"), {"carrier": ColumnType.TEXT}),
            (Derived("late", "arr_delay > 15"),),
        ),
        difference=VersionDifference(number - 1, 10, 12, 9, (ColumnDifference("late", "added"),))
        if number > 1
        else None,
        created_at=NOON,
        created_by="ada",
    )
    return dataclasses.replace(version, **changes)


def an_experiment(name: str = "late flights", **changes: Any) -> Experiment:
    return dataclasses.replace(Experiment(new_identifier(), name, "Will it be late?", NOON), **changes)


def a_run(experiment: Experiment, name: str = "calm otter", **changes: Any) -> Run:
    spec = RunSpec(
        dataset_version_id=new_identifier(),
        target="late",
        task=Task.BINARY,
        features=(Feature("dep_delay", FeatureRole.NUMERIC), Feature("time_hour", FeatureRole.DATE)),
        estimator="HistGradientBoostingClassifier",
        params={"max_iter": 200, "learning_rate": 0.1, "max_depth": None, "warm_start": False},
        positive_label="true",
        validation=Validation(ValidationKind.TIME_ORDERED, column="time_hour", test_share=0.2),
        seed=7,
        left_out=(LeftOut("arr_delay", "decides the target"),),
    )
    run = Run(
        id=new_identifier(),
        experiment_id=experiment.id,
        experiment_name=experiment.name,
        name=name,
        status=RunStatus.QUEUED,
        spec=spec,
        dataset_reference="flights@v1",
        dataset_hash=HASH,
        job_id=new_identifier(),
        created_at=NOON,
        created_by="ada",
    )
    return dataclasses.replace(run, **changes)


def a_finished_run(experiment: Experiment, name: str = "brave finch", **changes: Any) -> Run:
    run = a_run(
        experiment,
        name,
        status=RunStatus.FINISHED,
        started_at=NOON + timedelta(seconds=1),
        finished_at=NOON + timedelta(minutes=3, microseconds=1),
        metrics=(
            MetricSummary("roc_auc", 0.7412345678901234, 0.01, 0.73, 0.8, (0.74, 0.75)),
            MetricSummary("mape", math.inf, math.nan),
        ),
        tags=("baseline", "für Grace"),
        notes="first\n'; DROP TABLE runs; --",
        environment=Environment("0.1.0", "3.11.7", "Linux", {"scikit-learn": "1.9.0"}, 2, "c0ffee", True),
        evaluation_hash=HASH,
        bundle_hash="cd" * 32,
        log_hash="ef" * 32,
        rerun_of=new_identifier(),
        progress=1.0,
    )
    return dataclasses.replace(run, **changes)


def a_model(name: str = "flight-late", **changes: Any) -> Model:
    return dataclasses.replace(Model(new_identifier(), name, "Late by 15 minutes or more", NOON, 0, {}), **changes)


def a_model_version(model: Model, number: int = 1, **changes: Any) -> ModelVersion:
    version = ModelVersion(
        id=new_identifier(),
        model_id=model.id,
        model_name=model.name,
        number=number,
        manifest_hash=HASH,
        run_id=new_identifier(),
        run_name="brave finch",
        dataset_reference="flights@v1",
        task=Task.BINARY,
        estimator="LogisticRegression",
        metrics=(MetricSummary("roc_auc", 0.74),),
        aliases=(),
        created_at=NOON,
        created_by="ada",
    )
    return dataclasses.replace(version, **changes)


def an_endpoint(name: str = "late", **changes: Any) -> Endpoint:
    return dataclasses.replace(Endpoint(new_identifier(), name, THIS_COMPUTER, 8123, HASH, NOON), **changes)


def a_deployment(endpoint: Endpoint, number: int = 1, **changes: Any) -> Deployment:
    deployment = Deployment(
        id=new_identifier(),
        endpoint_id=endpoint.id,
        endpoint_name=endpoint.name,
        number=number,
        model_version_id=new_identifier(),
        model_reference="flight-late@v1",
        manifest_hash=HASH,
        status=DeploymentStatus.STARTING,
        health=Health.UNKNOWN,
        share=0.0,
        created_at=NOON,
        created_by="ada",
    )
    return dataclasses.replace(deployment, **changes)


def a_rollout(endpoint: Endpoint, **changes: Any) -> Rollout:
    rollout = Rollout(
        new_identifier(), endpoint.id, RolloutKind.DEPLOY, None, new_identifier(), RolloutStep.QUEUED, NOON, "ada"
    )
    return dataclasses.replace(rollout, **changes)


def a_job(**changes: Any) -> Job:
    job = Job(
        id=new_identifier(),
        kind=JobKind.IMPORT_DATASET,
        title="Import flights \udcff.csv",
        status=JobStatus.QUEUED,
        spec={"path": "/home/ada/flights.csv", "answers": {"header": True, "cap": 9007199254740993}},
        object_id=new_identifier(),
        created_at=NOON,
        created_by="ada",
    )
    return dataclasses.replace(job, **changes)
