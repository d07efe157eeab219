"""Takes a finished worker's output into the workspace: files first and durable, rows second."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_desktop.domain.datasets import (
    Column,
    ColumnProfile,
    Dataset,
    DatasetVersion,
    Finding,
    ReadAnswers,
    Source,
    VersionDifference,
)
from mlops_desktop.domain.errors import DamagedArtifactError, DamagedBundleError, JobFailedError
from mlops_desktop.domain.experiments import Environment, MetricSummary, Run, RunStatus
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.domain.jobs import Job, JobKind
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import UnitOfWork


def worker_spec(unit: UnitOfWork, parts: Parts, job: Job) -> Mapping[str, object]:
    """What the worker is told, with the paths of today. Raises a UserError where something it needs is gone."""
    makers = {JobKind.IMPORT_DATASET: _import_spec, JobKind.TRAIN: _train_spec, JobKind.SCORE: _score_spec}
    return makers[job.kind](unit, parts, job)


def _import_spec(unit: UnitOfWork, parts: Parts, job: Job) -> Mapping[str, object]:
    dataset = unit.datasets.get(job.object_id)
    if dataset is None:
        raise JobFailedError("The dataset was erased before the import began.")
    last = unit.datasets.find_version(dataset.id, dataset.latest_number) if dataset.latest_number else None
    previous = None
    if last is not None:
        previous = {
            "path": str(parts.artifacts.path(last.content_hash)),
            "number": last.number,
            "columns": to_plain(last.columns),
        }
    return {**job.spec, "previous": previous}


def _train_spec(unit: UnitOfWork, parts: Parts, job: Job) -> Mapping[str, object]:
    run = unit.runs.get(job.object_id)
    version = unit.datasets.version(run.spec.dataset_version_id) if run else None
    if run is None or version is None:
        raise JobFailedError("The run or its data was erased before it began.")
    return {
        "run_id": run.id,
        "run_name": run.name,
        "experiment": run.experiment_name,
        "spec": to_plain(run.spec),
        "table": str(parts.artifacts.path(version.content_hash)),
        "dataset_hash": version.content_hash,
        "dataset_reference": version.reference,
        "columns": to_plain(version.columns),
        "profiles": to_plain(version.profiles),
        "folder_of_program_git": str(parts.folder),
        "threads": run.spec.threads,
    }


def _score_spec(unit: UnitOfWork, parts: Parts, job: Job) -> Mapping[str, object]:
    del unit
    content_hash, file = job.spec["content_hash"], job.spec["file"]
    return {
        "bundle": str(parts.bundles.folder(str(job.spec["manifest_hash"]))),
        "manifest_hash": job.spec["manifest_hash"],
        "table": str(parts.artifacts.path(str(content_hash))) if content_hash else None,
        "file": file,
        "answers": to_plain(ReadAnswers()) if file else None,
        "format": job.spec["format"],
    }


@dataclasses.dataclass(frozen=True)
class StoredFiles:
    """What of a job's output is safe in the stores already."""

    artifacts: Mapping[str, str]
    bundle: str | None = None
    log: str | None = None


def store_files(parts: Parts, job: Job, result: Mapping[str, Any]) -> StoredFiles:
    """Takes the job's files into the stores; doing it again changes nothing. Raises a UserError where one is amiss."""
    folder = parts.job_folder(job.id)
    named = {"table": result.get("table"), "evaluation": result.get("evaluation"), "file": result.get("file")}
    artifacts = {key: parts.artifacts.add(_inside(folder, name)) for key, name in named.items() if name}
    if "table" in artifacts and artifacts["table"] != result.get("sha256"):
        raise JobFailedError("The table changed after the worker made it.", hint="Import it again.")
    bundle = parts.bundles.add(_inside(folder, result["bundle"])) if result.get("bundle") else None
    if bundle is not None and bundle != result.get("manifest_hash"):
        raise JobFailedError("The bundle changed after the worker made it.", hint="Start the run again.")
    return StoredFiles(artifacts, bundle)


def check_inputs(parts: Parts, job: Job) -> None:
    """What the worker read is still what it was when the job began. Raises DamagedArtifactError, DamagedBundleError.

    What is stored cannot be written to, but a worker runs as the same person, who may change that.
    """
    with parts.registry.read() as unit:
        content_hash = _table_of(unit, job)
    try:
        if content_hash:
            parts.artifacts.path(content_hash)
        if job.kind is JobKind.SCORE:
            parts.bundles.folder(str(job.spec["manifest_hash"]))
    except (DamagedArtifactError, DamagedBundleError) as error:
        raise type(error)(
            f"{error.message} It was sound when this job began, so what the job made of it is not kept.",
            hint=error.hint,
            details=error.details,
        ) from error


def _table_of(unit: UnitOfWork, job: Job) -> str:
    """The stored table that the job reads; empty where it reads none, or where it was erased meanwhile."""
    if job.kind is JobKind.SCORE:
        return str(job.spec["content_hash"] or "")
    if job.kind is JobKind.TRAIN:
        run = unit.runs.get(job.object_id)
        version = unit.datasets.version(run.spec.dataset_version_id) if run else None
    else:
        dataset = unit.datasets.get(job.object_id)
        version = unit.datasets.find_version(dataset.id, dataset.latest_number) if dataset else None
    return version.content_hash if version else ""


def are_stored(parts: Parts, files: StoredFiles) -> bool:
    """Whether the files are still in the stores."""
    try:
        for sha256 in files.artifacts.values():
            parts.artifacts.size(sha256)
    except DamagedArtifactError:
        return False
    return files.bundle is None or files.bundle in parts.bundles.hashes()


def _inside(folder: Path, name: object) -> Path:
    """The worker names plain files of its own folder; anything else is refused."""
    if not isinstance(name, str) or not name or name != Path(name).name or name in {".", ".."}:
        raise JobFailedError(f"The worker named an output {name!r}.", hint="Start it again.")
    return folder / name


def adopt(
    unit: UnitOfWork, parts: Parts, job: Job, result: Mapping[str, Any], files: StoredFiles
) -> Mapping[str, object]:
    """Writes the rows of a finished job; gives what the job row remembers as its result."""
    adopters = {JobKind.IMPORT_DATASET: _adopt_import, JobKind.TRAIN: _adopt_run, JobKind.SCORE: _adopt_scores}
    try:
        return adopters[job.kind](unit, parts, job, result, files)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise JobFailedError(
            "The worker's result cannot be understood.",
            hint="Start it again.",
            details=f"{type(error).__name__}: {error}",
        ) from error


def _adopt_import(
    unit: UnitOfWork, parts: Parts, job: Job, result: Mapping[str, Any], files: StoredFiles
) -> Mapping[str, object]:
    dataset = unit.datasets.get(job.object_id)
    if dataset is None:
        raise JobFailedError("The dataset was erased during the import.")
    content_hash = files.artifacts["table"]
    same = next((v for v in unit.datasets.versions(dataset.id) if v.content_hash == content_hash), None)
    if same is not None:
        return {"dataset_version_id": same.id, "reference": same.reference, "unchanged": True}
    version = _new_version(parts, dataset, job, result, content_hash)
    unit.datasets.add_version(version)
    unit.audit.append("dataset.version", version.reference, {"content": content_hash, "rows": version.rows})
    return {"dataset_version_id": version.id, "reference": version.reference, "unchanged": False}


def _new_version(
    parts: Parts, dataset: Dataset, job: Job, result: Mapping[str, Any], content_hash: str
) -> DatasetVersion:
    return DatasetVersion(
        id=new_identifier(),
        dataset_id=dataset.id,
        dataset_name=dataset.name,
        number=dataset.latest_number + 1,
        content_hash=content_hash,
        rows=int(result["rows"]),
        size=parts.artifacts.size(content_hash),
        columns=from_plain(tuple[Column, ...], result["columns"]),
        profiles=from_plain(tuple[ColumnProfile, ...], result["profiles"]),
        findings=from_plain(tuple[Finding, ...], result["findings"]),
        source=from_plain(Source, result["source"]),
        difference=from_plain(VersionDifference, result["difference"]) if result.get("difference") else None,
        created_at=parts.clock(),
        created_by=job.created_by,
    )


def _adopt_run(
    unit: UnitOfWork, parts: Parts, job: Job, result: Mapping[str, Any], files: StoredFiles
) -> Mapping[str, object]:
    run = unit.runs.get(job.object_id)
    if run is None:
        raise JobFailedError("The run was erased while it was training.")
    unit.runs.update(
        dataclasses.replace(
            run,
            status=RunStatus.FINISHED,
            finished_at=parts.clock(),
            progress=1.0,
            metrics=from_plain(tuple[MetricSummary, ...], result["metrics"]),
            environment=from_plain(Environment, result["environment"]),
            evaluation_hash=files.artifacts["evaluation"],
            bundle_hash=files.bundle,
            spec=dataclasses.replace(run.spec, threshold=_threshold(run, result)),
        )
    )
    unit.audit.append("run.finish", run.name, {"bundle": files.bundle})
    return {"run": run.name}


def _threshold(run: Run, result: Mapping[str, Any]) -> float:
    chosen = result.get("threshold")
    return run.spec.threshold if chosen is None else float(chosen)


def _adopt_scores(
    unit: UnitOfWork, parts: Parts, job: Job, result: Mapping[str, Any], files: StoredFiles
) -> Mapping[str, object]:
    del unit, parts, job
    return {"file_hash": files.artifacts["file"], "rows": int(result["rows"])}


def outputs(folder: Path) -> list[Path]:
    """The heavy files of an ended job, which may go; journal and log stay."""
    kept = {"journal.jsonl", "output.log", "spec.json"}
    return [path for path in folder.iterdir() if path.name not in kept] if folder.is_dir() else []
