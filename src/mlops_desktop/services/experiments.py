"""Experiments: set up runs, start, stop and repeat them, read what they measured."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops_desktop.domain.comparisons import Comparison, compare
from mlops_desktop.domain.datasets import DatasetVersion
from mlops_desktop.domain.errors import InvalidInputError, NotFoundError
from mlops_desktop.domain.experiments import (
    Experiment,
    MetricPoint,
    Run,
    RunBrief,
    RunSpec,
    RunStatus,
    Task,
    main_metric,
)
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.domain.jobs import JobKind
from mlops_desktop.domain.models import BundleContents
from mlops_desktop.domain.names import check_name
from mlops_desktop.domain.plain import to_plain
from mlops_desktop.domain.run_names import new_run_names
from mlops_desktop.domain.run_summaries import RunContext, stand_among
from mlops_desktop.domain.suggestions import (
    Suggestion,
)
from mlops_desktop.services import lookup
from mlops_desktop.services.bundle_contents import read_contents
from mlops_desktop.services.jobs import JobService, queue_job
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import UnitOfWork
from mlops_desktop.services.run_estimates import TimeEstimate
from mlops_desktop.services.run_likeness import experiment_name
from mlops_desktop.services.run_lists import RunListService
from mlops_desktop.services.run_setup import (
    SUGGESTED_ESTIMATOR,
    EstimatorChoice,
    RunRequest,
    RunSetup,
    TargetSuggestion,
    run_spec,
)

MOST_POINTS = 2_000
"""Of one metric: more than a screen has places for."""


class ExperimentService:
    """Questions, and the runs that try to answer them."""

    def __init__(self, parts: Parts, jobs: JobService) -> None:
        self._parts = parts
        self._jobs = jobs
        self._setup = RunSetup(parts)
        self.lists = RunListService(parts)

    # --- setting up -------------------------------------------------------------------------------------------------

    def estimators(self, task: Task) -> Sequence[Mapping[str, Any]]:
        """The catalogue for a task: name, title, family, sentence, default."""
        return self._setup.estimators(task)

    def parameter_form(self, task: Task, estimator: str) -> Sequence[Mapping[str, Any]]:
        """The fields of an estimator's form, from scikit-learn's own constraints."""
        return self._setup.parameter_form(task, estimator)

    def suggest(self, request: RunRequest) -> Suggestion:
        """The set-up for a request, with the columns left out and why.

        Raises NotFoundError, UnusableTargetError, InvalidInputError.
        """
        return self._setup.suggest(request)

    def suggest_target(self, dataset: str, experiment: str = "") -> TargetSuggestion | None:
        """The column that is likely to be predicted; None where none can be learnt. Raises NotFoundError."""
        return self._setup.suggest_target(dataset, experiment)

    def estimates(self, request: RunRequest) -> Sequence[TimeEstimate]:
        """How long each of the request's runs may take, and from what that is known. Raises as `suggest` does."""
        return self._setup.estimates(request)

    def problems(
        self, task: Task, choice: EstimatorChoice, class_weight: str | None = None
    ) -> Mapping[str, InvalidInputError]:
        """What is wrong with the choice, by parameter; under "class_weight" where the estimator has none.

        Raises InvalidInputError for an estimator that the task has not.
        """
        return self._setup.problems(task, choice, class_weight)

    # --- runs -------------------------------------------------------------------------------------------------------

    def start_runs(self, request: RunRequest) -> Sequence[Run]:
        """Queues one run for each estimator of the request, with a readable name each.

        Raises NotFoundError, InvalidNameError, UnusableTargetError, InvalidInputError (naming the parameter and its
        rule).
        """
        if not request.estimators:
            raise InvalidInputError("No estimator was chosen.", hint=f"Choose one, for example {SUGGESTED_ESTIMATOR}.")
        tags = tuple(dict.fromkeys(check_name(tag, "tag") for tag in request.tags))
        with self._parts.registry.read() as unit:
            version = lookup.dataset_version(unit, request.dataset)
        request = dataclasses.replace(request, dataset=version.reference)  # a newer one may come in meanwhile
        name = experiment_name(version, request)
        suggestion = self.suggest(request)
        choices = [self._setup.checked(suggestion.task, choice, request.class_weight) for choice in request.estimators]
        with self._parts.registry.write() as unit:
            version = lookup.dataset_version(unit, request.dataset)
            origin = lookup.run(unit, request.rerun_of).id if request.rerun_of else None
            experiment = self._experiment(unit, name, request.question)
            specs = [run_spec(version, request, suggestion, choice) for choice in choices]
            runs = self._queue(unit, experiment, version, specs, tags=tags, notes=request.notes, rerun_of=origin)
            unit.commit()
        self._parts.start_keeper()
        return runs

    def rerun(self, name: str, *, params: Mapping[str, object] | None = None, **changes: Any) -> Run:
        """Queues the same run again, with other params or RunSpec fields where given (`seed=1`, `estimator="Ridge"`).

        Raises NotFoundError, InvalidInputError.
        """
        with self._parts.registry.read() as unit:
            run = lookup.run(unit, name)
        spec = dataclasses.replace(run.spec, **changes)
        if "estimator" in changes and changes["estimator"] != run.spec.estimator:
            spec = dataclasses.replace(spec, params={})
        if params or "estimator" in changes:
            choice = self._setup.checked(spec.task, EstimatorChoice(spec.estimator, {**spec.params, **(params or {})}))
            spec = dataclasses.replace(spec, params=choice.params)
        with self._parts.registry.write() as unit:
            experiment = unit.experiments.get(run.experiment_id)
            version = unit.datasets.version(spec.dataset_version_id)
            if experiment is None or version is None:
                raise NotFoundError(f"The data of {name} was erased.", hint="Start a new run on another version.")
            experiment = self._experiment(unit, experiment.name, "")
            (again,) = self._queue(unit, experiment, version, [spec], tags=run.tags, rerun_of=run.id)
            unit.commit()
        self._parts.start_keeper()
        return again

    def _experiment(self, unit: UnitOfWork, name: str, question: str) -> Experiment:
        found = unit.experiments.find(name)
        if found is None:
            found = Experiment(new_identifier(), name, question, self._parts.clock())
            unit.experiments.add(found)
            unit.audit.append("experiment.create", name)
        elif found.trashed_at or (question and question != found.question):
            if found.trashed_at:
                unit.audit.append("experiment.restore", name)
            found = dataclasses.replace(found, trashed_at=None, question=question or found.question)
            unit.experiments.update(found)
        return found

    def _queue(
        self,
        unit: UnitOfWork,
        experiment: Experiment,
        version: DatasetVersion,
        specs: Sequence[RunSpec],
        *,
        tags: Sequence[str] = (),
        notes: str = "",
        rerun_of: str | None = None,
    ) -> list[Run]:
        runs = []
        for spec, name in zip(specs, new_run_names(unit.runs.names(), len(specs)), strict=True):
            run_id = new_identifier()
            job = queue_job(
                unit,
                self._parts,
                JobKind.TRAIN,
                title=f"{name}: {spec.estimator} on {version.reference}",
                spec={"run_id": run_id},
                object_id=run_id,
            )
            run = Run(
                id=run_id,
                experiment_id=experiment.id,
                experiment_name=experiment.name,
                name=name,
                status=RunStatus.QUEUED,
                spec=spec,
                dataset_reference=version.reference,
                dataset_hash=version.content_hash,
                job_id=job.id,
                created_at=job.created_at,
                created_by=self._parts.actor,
                tags=tuple(tags),
                notes=notes,
                rerun_of=rerun_of,
            )
            unit.runs.add(run)
            unit.audit.append("run.start", name, {"estimator": spec.estimator, "dataset": version.reference})
            runs.append(run)
        return runs

    # --- reading ----------------------------------------------------------------------------------------------------

    def list(self, *, trashed: bool = False) -> Sequence[Experiment]:
        with self._parts.registry.read() as unit:
            return unit.experiments.list(trashed=trashed)

    def runs(
        self,
        experiment: str | None = None,
        *,
        statuses: Sequence[RunStatus] = (),
        trashed: bool = False,
        limit: int | None = None,
    ) -> Sequence[Run]:
        """Newest first. Raises NotFoundError for an unknown experiment."""
        with self._parts.registry.read() as unit:
            owner = lookup.experiment(unit, experiment).id if experiment else None
            return unit.runs.list(experiment_id=owner, statuses=statuses, trashed=trashed, limit=limit)

    def briefs(self) -> Sequence[RunBrief]:
        """Every run outside the trash, newest first, with no more than finding it needs."""
        with self._parts.registry.read() as unit:
            return unit.runs.briefs()

    def run(self, name: str) -> Run:
        """By name or id. Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            return lookup.run(unit, name)

    def points(self, name: str) -> Sequence[MetricPoint]:
        """The metrics fold by fold, as they came in; of very many an even choice, enough to be drawn."""
        with self._parts.registry.read() as unit:
            return unit.runs.points(lookup.run(unit, name).id, MOST_POINTS)

    def evaluation(self, name: str) -> dict[str, Any]:
        """Curves, matrices and importance of a finished run. Raises NotFoundError where it has none."""
        run = self.run(name)
        if run.evaluation_hash is None:
            raise NotFoundError(f"{run.name} is {run.status.value} and has no evaluation.", hint="Choose another run.")
        return dict(json.loads(self._parts.artifacts.read(run.evaluation_hash)))

    def context(self, name: str) -> RunContext:
        """Model versions made of the run, the run it repeats, its place in the experiment. Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            run = lookup.run(unit, name)
            origin = unit.runs.get(run.rerun_of) if run.rerun_of else None
            others = unit.runs.summaries(experiment_id=run.experiment_id)
            registered = unit.runs.registered().get(run.id, ())
        place, count, best, apart = stand_among(run, others)
        origin_name = origin.name if origin and not origin.trashed_at else ""
        return RunContext(registered, origin_name, main_metric(run.spec.task), place, count, best, apart)

    def bundle(self, name: str) -> BundleContents:
        """What is in the run's bundle, after every file was checked. Raises NotFoundError where it has none."""
        run = self.run(name)
        if run.bundle_hash is None:
            raise NotFoundError(f"{run.name} is {run.status.value} and has no bundle.", hint="Choose another run.")
        return read_contents(self._parts.bundles.folder(run.bundle_hash), run.bundle_hash)

    def log(self, name: str) -> Sequence[str]:
        """The run's log lines, oldest first."""
        return self._jobs.log(self.run(name).job_id)

    def compare(self, names_: Sequence[str]) -> Comparison:
        """Metrics side by side, and in what the runs differ. Raises NotFoundError, InvalidInputError (no run)."""
        if not names_:
            raise InvalidInputError("There is nothing to compare.", hint="Name at least one run.")
        return compare([self.run(name) for name in names_])

    def chart(
        self,
        kind: str,
        names_: Sequence[str],
        folder: Path,
        *,
        metric: str | None = None,
        theme: str = "light",
        formats: Sequence[str] = ("png", "svg"),
        size: tuple[int, int] = (960, 600),
    ) -> tuple[Sequence[Path], str]:
        """Draws a chart of some runs into `folder`; gives the files and a one-sentence summary.

        Raises NotFoundError, InvalidInputError (no such chart for these runs).
        """
        runs = [self.run(name) for name in names_]
        finished = [run for run in runs if run.evaluation_hash]
        if not finished:
            raise InvalidInputError("None of these runs is finished.", hint="A chart needs what a run measured.")
        answer = self._parts.workers.call(
            "chart",
            {
                "kind": kind,
                "runs": [
                    {
                        "name": run.name,
                        "evaluation": str(self._parts.artifacts.path(run.evaluation_hash or "")),
                        "metrics": to_plain(run.metrics),
                    }
                    for run in finished
                ],
                "metric": metric,
                "theme": theme,
                "width": size[0],
                "height": size[1],
                "pixel_ratio": 2,
                "formats": list(formats),
                "folder": str(folder.absolute()),
            },
        )
        return [Path(name) for name in answer["files"]], str(answer["sentence"])

    # --- changing ---------------------------------------------------------------------------------------------------

    def cancel(self, name: str) -> Run:
        """Asks the run to stop. Raises NotFoundError."""
        run = self.run(name)
        self._jobs.cancel(run.job_id)
        return run

    def is_cancelling(self, run: Run) -> bool:
        """Whether the run was asked to stop and has not ended yet."""
        return not run.status.is_ended and self._jobs.get(run.job_id).cancel_requested_at is not None

    def annotate(
        self,
        name: str,
        *,
        notes: str | None = None,
        add_tags: Sequence[str] = (),
        remove_tags: Sequence[str] = (),
        revision: int | None = None,
    ) -> Run:
        """Sets the notes, adds and takes away tags.

        With the `revision` that a person saw, nothing that somebody else wrote since is overwritten.
        Raises NotFoundError, InvalidNameError, ConflictError.
        """
        added = [check_name(tag, "tag") for tag in add_tags]
        with self._parts.registry.write() as unit:
            run = lookup.run(unit, name)
            tags = [tag for tag in dict.fromkeys((*run.tags, *added)) if tag not in remove_tags]
            run = dataclasses.replace(
                run,
                tags=tuple(tags),
                notes=run.notes if notes is None else notes,
                revision=run.revision if revision is None else revision,
            )
            unit.runs.update(run)
            unit.audit.append("run.annotate", run.name, {"tags": tags, "notes": notes is not None})
            unit.commit()
        return self.run(name)
