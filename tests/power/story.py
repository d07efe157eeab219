"""What people do with the program, in a process whose disk is recorded; says again and again what they have seen.

Argument: the folder that is recorded. The workspace is made in it; keeper, workers and servers are the real ones.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tests.power.disk import mark

from mlops_desktop import bootstrap
from mlops_desktop.domain.deployments import RolloutStep
from mlops_desktop.domain.experiments import RunStatus
from mlops_desktop.services.run_setup import EstimatorChoice, RunRequest
from mlops_desktop.services.workspace import Workspace

ROWS = 400


def seen(workspace: Workspace) -> dict[str, Any]:
    """Everything that a person may take as done, by name. What is still under way is not in it."""
    found: dict[str, Any] = {"workspace": workspace.name}
    for entry in workspace.audit():
        found[f"decision {entry.seq}"] = entry.hash
    for job in workspace.jobs.list():
        found[f"job {job.id}"] = job.kind.value
    for dataset in workspace.datasets.list():
        for table in workspace.datasets.versions(dataset.name):
            found[f"dataset {table.reference}"] = [table.content_hash, table.rows]
    found |= _seen_of_models(workspace)
    found |= _seen_of_endpoints(workspace)
    for run in workspace.experiments.runs():
        found[f"run {run.name}"] = run.spec.estimator
        found[f"notes of {run.name}"] = run.notes
        if run.status is RunStatus.FINISHED:
            found[f"result of {run.name}"] = [run.bundle_hash, run.evaluation_hash, [m.mean for m in run.metrics]]
    return found


def _seen_of_models(workspace: Workspace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for model in workspace.models.list():
        found[f"aliases of {model.name}"] = dict(model.aliases)
        for version in workspace.models.versions(model.name):
            found[f"model {version.reference}"] = version.manifest_hash
    return found


def _seen_of_endpoints(workspace: Workspace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for endpoint, _ in workspace.deployments.list():
        found[f"endpoint {endpoint.name}"] = endpoint.id
        found[f"token of {endpoint.name}"] = endpoint.token_sha256
        by_id = {deployment.id: deployment for deployment in workspace.deployments.history(endpoint.name)}
        wanted = by_id.get(endpoint.wanted_deployment_id or "")
        found[f"answers at {endpoint.name}"] = wanted.model_reference if wanted else ""
        for rollout in workspace.deployments.rollouts(endpoint.name):
            if rollout.step is RolloutStep.DONE:
                found[f"rollout {rollout.id}"] = rollout.kind.value
    return found


def main() -> None:
    root = Path(sys.argv[1])
    with bootstrap.create_workspace(root / "workspace", "power", actor="ada") as workspace:
        _tell(workspace)
        job = workspace.datasets.import_file(_table(root.parent / "numbers.csv"), "numbers")
        _tell(workspace)
        workspace.jobs.wait(job.id)
        _tell(workspace)
        estimators = (EstimatorChoice("LogisticRegression"), EstimatorChoice("DecisionTree"))
        runs = workspace.experiments.start_runs(RunRequest(dataset="numbers", target="y", estimators=estimators))
        _tell(workspace)
        for run in runs:
            workspace.jobs.wait(run.job_id)
            workspace.experiments.annotate(run.name, notes=f"seen: {run.name}")
            _tell(workspace)
            workspace.models.register(run.name, "m", description="Which numbers are large.")
            _tell(workspace)
            workspace.models.set_alias("m", "champion")
            _tell(workspace)
        workspace._parts.registry.checkpoint()  # as the keeper does now and then
        workspace.models.set_alias("m@v1", "champion")
        _tell(workspace)
        workspace.models.set_alias("m@v2", "challenger")
        _tell(workspace)
        for reference in ("m@v1", "m@v2"):
            order = workspace.deployments.deploy(reference)
            _tell(workspace)
            workspace.deployments.wait(order.rollout.id)
            _tell(workspace)
            workspace.deployments.rotate_token("m")
            _tell(workspace)
        workspace.deployments.wait(workspace.deployments.stop("m").rollout.id)
        _tell(workspace)
    _end_keeper(root / "workspace")


def _tell(workspace: Workspace) -> None:
    mark(json.dumps(seen(workspace)))


def _table(path: Path) -> Path:
    source = random.Random(1)
    lines = ["a,b,y"]
    for _ in range(ROWS):
        a, b = source.random(), source.gauss(0, 1)
        lines.append(f"{a:.6f},{b:.6f},{int(a + b > 0.5)}")
    path.write_text("\n".join(lines) + "\n")
    return path


def _end_keeper(folder: Path) -> None:
    """It moves the last of the write-ahead log into the database before it goes."""
    os.kill(int((folder / "keeper.pid").read_text()), signal.SIGTERM)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with bootstrap.keeper_lock(folder) as is_free:
            if is_free:
                return
    raise AssertionError("the keeper did not end")


if __name__ == "__main__":
    main()
