"""How the next run of an experiment becomes comparable with its last one: what nobody decided is as it was there."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlops_desktop.domain.datasets import DatasetVersion
from mlops_desktop.domain.experiments import Run, RunSpec, RunStatus, Validation
from mlops_desktop.domain.names import check_name, usable_name
from mlops_desktop.domain.suggestions import possible_roles
from mlops_desktop.services.ports import UnitOfWork

if TYPE_CHECKING:
    from mlops_desktop.services.run_setup import RunRequest

_MOST_LOOKED_AT = 50
_LIKED = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.FINISHED)
"""A run that failed or was cancelled may have been set up wrongly."""


def experiment_name(version: DatasetVersion, request: RunRequest) -> str:
    """The experiment that the request's runs belong to. Raises InvalidNameError."""
    if request.experiment:
        return check_name(request.experiment, "experiment")
    return usable_name(f"{version.dataset_name}-{request.target}", "experiment")


def last_run(unit: UnitOfWork, version: DatasetVersion, experiment: str, target: str) -> Run | None:
    """The newest run of the experiment that predicts the target from a version of the same dataset."""
    found = unit.experiments.find(experiment)
    if found is None or found.trashed_at:
        return None
    versions = {known.id for known in unit.datasets.versions(version.dataset_id)}
    runs = unit.runs.list(experiment_id=found.id, statuses=_LIKED, limit=_MOST_LOOKED_AT)
    return next(
        (run for run in runs if run.spec.target == target and run.spec.dataset_version_id in versions),
        None,
    )


def as_last_run(request: RunRequest, version: DatasetVersion, spec: RunSpec) -> RunRequest:
    """The request with what it leaves open as in `spec`, as far as the version has the columns for it."""
    same = spec.dataset_version_id == version.id
    target = version.profile(request.target)
    labels = {item.value for item in target.top_values} if target else set()
    made = dataclasses.replace(
        request,
        validation=request.validation or _usable(spec.validation, version),
        task=request.task or (spec.task if same else None),
        positive_label=request.positive_label or (spec.positive_label if spec.positive_label in labels else None),
    )
    if request.features is not None:
        return made
    columns = {column.name: column for column in version.columns}
    kept = [feature for feature in spec.features if feature.name in columns]
    roles = {feature.name: feature.role for feature in kept if feature.role in possible_roles(columns[feature.name])}
    included = (*request.included, *(feature.name for feature in kept))
    return dataclasses.replace(made, included=included, roles={**roles, **request.roles})


def avoided(request: RunRequest, followed: Run | None) -> Mapping[str, str]:
    """The columns that the followed run left out, unless they are taken back in, with that as the reason."""
    if followed is None or request.features is not None:
        return {}
    names = [item.name for item in followed.spec.left_out if item.name not in request.included]
    return dict.fromkeys(names, f"as in {followed.name}")


def _usable(validation: Validation, version: DatasetVersion) -> Validation | None:
    column = version.column(validation.column) if validation.column else None
    return validation if validation.column is None or column is not None else None
