"""What the Register dialog knows: the run, the models there are, and what a registration would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_desktop.domain.errors import AlreadyExistsError, InvalidNameError, UserError
from mlops_desktop.domain.experiments import Run, RunStatus, main_metric
from mlops_desktop.domain.models import Model
from mlops_desktop.domain.names import check_name
from mlops_desktop.gui import formats
from mlops_desktop.gui.item_models.columns import dataset_text
from mlops_desktop.gui.readings.runs import spread_text

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

MOST_RUNS = 200


@dataclass(frozen=True)
class RegisterFacts:
    """`registered` maps (model, run id) to the version that this run is already; `doubts` says, by the model's name,
    what speaks against comparing the run's figures ("" for a new model)."""

    run: Run | None
    runs: tuple[Run, ...]
    models: tuple[Model, ...]
    suggested: str
    refit: str
    registered: Mapping[tuple[str, str], int]
    doubts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def doubts_of(self, name: str) -> tuple[str, ...]:
        return self.doubts.get(name.strip(), self.doubts.get("", ()))

    def find(self, name: str) -> Model | None:
        return next((model for model in self.models if model.name == name), None)


def read_registering(workspace: Workspace, run_name: str) -> RegisterFacts:
    """Without a run's name: the newest finished run that is no version yet, and the others to choose from."""
    models = tuple(workspace.models.list())
    versions = [version for model in models for version in workspace.models.versions(model.name)]
    registered = {(version.model_name, version.run_id): version.number for version in versions if version.run_id}
    runs: tuple[Run, ...] = ()
    if run_name:
        run: Run | None = workspace.experiments.run(run_name)
    else:
        runs = tuple(workspace.experiments.runs(statuses=(RunStatus.FINISHED,), limit=MOST_RUNS))
        taken = {version.run_id for version in versions}
        run = next((one for one in runs if one.id not in taken), next(iter(runs), None))
    if run is None:
        return RegisterFacts(None, runs, models, "", "", registered)
    suggested = workspace.models.suggest_name(run.name)
    return RegisterFacts(
        run, runs, models, suggested, _refit(workspace, run), registered, _doubts(workspace, models, run)
    )


def read_choice(workspace: Workspace, facts: RegisterFacts, run: Run) -> RegisterFacts:
    """The same facts with another run chosen."""
    suggested = workspace.models.suggest_name(run.name)
    doubts = _doubts(workspace, facts.models, run)
    return RegisterFacts(run, facts.runs, facts.models, suggested, _refit(workspace, run), facts.registered, doubts)


def _doubts(workspace: Workspace, models: Sequence[Model], run: Run) -> dict[str, tuple[str, ...]]:
    """For a new model, and for those with a champion that the run would have to stand beside."""
    names = ["", *(model.name for model in models if "champion" in model.aliases)]
    return {name: tuple(workspace.models.doubts(run.name, name)) for name in names}


def _refit(workspace: Workspace, run: Run) -> str:
    """What the registered model is fitted on, in the run's own words where they can be read."""
    try:
        return str(workspace.experiments.evaluation(run.name)["fitted_on"])
    except (UserError, KeyError):
        outside = " outside the test part" if run.spec.validation.test_share else ""
        return f"The registered model is refitted on all rows{outside}."


def run_words(run: Run) -> str:
    """`HistGradientBoosting on flights v2 · roc_auc 0.6358 ± 0.0361 · test 0.5762`."""
    parts = [f"{formats.estimator(run.spec.estimator)} on {dataset_text(run.dataset_reference)}"]
    metric = run.metric(main_metric(run.spec.task))
    if metric is not None:
        places = formats.decimals([metric.mean])
        parts.append(f"{metric.key} {spread_text(metric, places)}")
        if metric.test is not None:
            parts.append(f"test {formats.number(metric.test, places)}")
    return " · ".join(parts)


def choice_words(run: Run) -> str:
    """The run in a list: its name and its main figure first."""
    metric = run.metric(main_metric(run.spec.task))
    figure = f"{metric.key} {formats.number(metric.mean, formats.decimals([metric.mean]))}" if metric else ""
    parts = [run.name, figure, f"{formats.estimator(run.spec.estimator)} on {dataset_text(run.dataset_reference)}"]
    return " · ".join(part for part in parts if part)


def name_problem(facts: RegisterFacts, name: str) -> UserError | None:
    """Why this run cannot become a version of the model of that name; None where it can."""
    try:
        checked = check_name(name, "model")
    except InvalidNameError as error:
        return error
    number = facts.registered.get((checked, facts.run.id)) if facts.run else None
    if facts.run and number:
        return AlreadyExistsError(f"{facts.run.name} is {checked} v{number} already.", hint="Name another model.")
    return None


def name_effect(facts: RegisterFacts, name: str) -> str:
    """`Makes flight-late v4`, or `A new model; this is its v1`."""
    model = facts.find(name.strip())
    return f"Makes {model.name} v{model.latest_number + 1}." if model else "A new model; this is its v1."


def alias_words(facts: RegisterFacts, name: str, alias: str) -> str:
    """What moves when the version gets the alias."""
    if not alias:
        return "No alias moves. One can be set at any time."
    model = facts.find(name.strip())
    here = model.aliases.get(alias) if model else None
    if model and here:
        return f"{alias} moves from v{here} to v{model.latest_number + 1}. Endpoints keep what they run."
    return f"The new version becomes {alias}; no version is it now."
