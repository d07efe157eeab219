"""What states, types and small values say of themselves."""

from __future__ import annotations

from datetime import UTC, datetime

from mlops_desktop.domain.datasets import Column, ColumnProfile, ColumnType, DatasetVersion, ReadAnswers, Source
from mlops_desktop.domain.deployments import Endpoint, RolloutStep
from mlops_desktop.domain.experiments import RunStatus, Task
from mlops_desktop.domain.jobs import JobStatus
from mlops_desktop.domain.models import ModelVersion
from mlops_desktop.domain.verification import Problem, Verification

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_queued_and_running_are_the_states_that_have_not_ended() -> None:
    assert [status for status in JobStatus if not status.is_ended] == [JobStatus.QUEUED, JobStatus.RUNNING]
    assert [status for status in RunStatus if not status.is_ended] == [RunStatus.QUEUED, RunStatus.RUNNING]
    assert [step for step in RolloutStep if step.is_ended] == [RolloutStep.DONE, RolloutStep.FAILED]


def test_a_job_and_its_run_have_the_same_words_for_their_state() -> None:
    assert [status.value for status in JobStatus] == [status.value for status in RunStatus]


def test_types_are_numeric_temporal_or_neither() -> None:
    assert [kind for kind in ColumnType if kind.is_numeric] == [ColumnType.INTEGER, ColumnType.FLOAT]
    assert [kind for kind in ColumnType if kind.is_temporal] == [ColumnType.DATE, ColumnType.DATETIME]


def test_only_regression_is_no_classification() -> None:
    assert [task for task in Task if not task.is_classification] == [Task.REGRESSION]


def test_versions_are_referred_to_by_name_and_number() -> None:
    version = DatasetVersion(
        id="i",
        dataset_id="d",
        dataset_name="flights",
        number=3,
        content_hash="0" * 64,
        rows=1,
        size=1,
        columns=(Column("a", ColumnType.FLOAT),),
        profiles=(ColumnProfile("a", ColumnType.FLOAT, 1, 0, 1),),
        findings=(),
        source=Source("f.csv", 1, "0" * 64, ReadAnswers()),
        difference=None,
        created_at=AT,
        created_by="ada",
    )
    assert version.reference == "flights@v3"
    assert version.column("a") == version.columns[0]
    assert version.profile("a") == version.profiles[0]
    assert version.column("b") is None
    assert version.profile("b") is None
    model = ModelVersion("i", "m", "late", 7, "0" * 64, None, "", "", Task.BINARY, "Ridge", (), (), AT, "ada")
    assert model.reference == "late@v7"


def test_an_endpoint_answers_on_this_computer_only() -> None:
    assert Endpoint("i", "late", "this computer", 8123, "0" * 64, AT).url == "http://127.0.0.1:8123"


def test_a_verification_is_clean_without_problems() -> None:
    assert Verification(1, 2, 3, ()).is_clean
    assert not Verification(1, 2, 3, (Problem("artifact", "x", "It is missing."),)).is_clean
