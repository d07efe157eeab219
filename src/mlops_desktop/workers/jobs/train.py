"""The train job: measures a run fold by fold, fits the model that may be registered, and writes its bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.datasets import Column
from mlops_desktop.domain.experiments import RunSpec
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.workers.training import environment, metrics
from mlops_desktop.workers.training.bundles import Origin, write_bundle
from mlops_desktop.workers.training.evaluation import evaluate
from mlops_desktop.workers.training.fitting import run_folds
from mlops_desktop.workers.training.importance import permutation_importance
from mlops_desktop.workers.training.material import read_material

if TYPE_CHECKING:
    from mlops_desktop.workers.report import Report

EVALUATION = "evaluation.json"
BUNDLE = "bundle"


def run(spec: Mapping[str, Any], folder: Path, report: Report) -> dict[str, Any]:
    """Trains as the spec's RunSpec says; figures as messages after each fold, files into `folder`."""
    import threadpoolctl

    run_spec = from_plain(RunSpec, spec["spec"])
    with threadpoolctl.threadpool_limits(limits=max(1, run_spec.threads)):
        return _run(spec, run_spec, folder, report)


def _run(spec: Mapping[str, Any], run_spec: RunSpec, folder: Path, report: Report) -> dict[str, Any]:
    report.progress(0.0, "reading the table")
    columns = from_plain(tuple[Column, ...], spec["columns"])
    material = read_material(run_spec, Path(spec["table"]), columns, report.log)
    report.log(
        f"{run_spec.estimator} predicts {run_spec.target} from {len(material.inputs)} columns; "
        f"{len(material.plan.rest):,} rows to learn from, {len(material.plan.test):,} in the test part."
    )
    report.check_cancelled()
    outcome = run_folds(material, report, begin=0.05, end=0.8)
    importance = permutation_importance(material, outcome, report, begin=0.8, end=0.92)
    report.check_cancelled()
    report.progress(0.92, "writing the evaluation")
    evaluation = evaluate(material, outcome, importance)
    (folder / EVALUATION).write_text(json.dumps(evaluation, allow_nan=False), encoding="utf-8")
    report.check_cancelled()
    report.progress(0.94, "writing the bundle")
    origin = Origin(
        run_id=spec["run_id"],
        run_name=spec["run_name"],
        experiment=spec["experiment"],
        dataset_reference=spec["dataset_reference"],
        dataset_hash=spec["dataset_hash"],
        created_at=datetime.now(UTC),
    )
    manifest_hash = write_bundle(folder / BUNDLE, material, outcome, origin)
    program = spec.get("folder_of_program_git")
    answer = {
        "metrics": metrics.summarise(metrics.KEYS[run_spec.task], outcome.figures, outcome.test_figures),
        "environment": environment.describe(run_spec.threads, Path(program) if program else None),
        "evaluation": EVALUATION,
        "bundle": BUNDLE,
        "manifest_hash": manifest_hash,
        "threshold": outcome.threshold,
        "rows_trained": len(material.plan.rest),
    }
    report.progress(1.0, "done")
    plain: dict[str, Any] = to_plain(answer)
    return plain
