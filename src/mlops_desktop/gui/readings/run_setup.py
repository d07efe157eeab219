"""Everything the form of a new run shows, read at once: data, suggestion, estimators, parameters, estimated time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.datasets import DatasetVersion, Finding
from mlops_desktop.domain.errors import NotFoundError, UserError
from mlops_desktop.domain.experiments import Experiment, Run, Task
from mlops_desktop.domain.suggestions import Suggestion
from mlops_desktop.gui.readings import run_draft
from mlops_desktop.gui.readings.run_draft import Draft
from mlops_desktop.services.run_estimates import TimeEstimate, together
from mlops_desktop.services.run_setup import EstimatorChoice, RunRequest

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

MOST_ORIGINS = 10


@dataclass(frozen=True)
class Catalogued:
    """One estimator that the task may take."""

    name: str
    sentence: str
    suggested: bool
    brief: str = ""
    """The sentence in the room of two short lines."""


@dataclass(frozen=True)
class Parameter:
    """One field of an estimator's form. `options` are all its values where there are only words to choose from."""

    name: str
    default: str
    help: str
    doc: str
    first: bool
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setup:
    """`draft` is the one asked about with dataset and target filled in; `base` is what its fields are compared with.

    `usual` is what is suggested when nothing was changed, `suggestion` what the draft comes to.
    """

    draft: Draft
    base: Draft
    datasets: tuple[tuple[str, int], ...] = ()
    version: DatasetVersion | None = None
    target_reason: str = ""
    experiments: tuple[Experiment, ...] = ()
    usual: Suggestion | None = None
    suggestion: Suggestion | None = None
    trouble: UserError | None = None
    trouble_field: str = "target"
    estimators: tuple[Catalogued, ...] = ()
    forms: Mapping[str, tuple[Parameter, ...]] = field(default_factory=dict)
    estimates: Mapping[str, TimeEstimate] = field(default_factory=dict)
    at_once: int = 1
    problems: Mapping[str, str] = field(default_factory=dict)
    """What scikit-learn does not take: by `estimator.parameter`, and under class_weight."""
    origins: tuple[Run, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What is known of the data, as Datasets shows it."""

    @property
    def task(self) -> Task | None:
        return self.suggestion.task if self.suggestion else self.draft.task

    def total(self) -> tuple[float, float, float] | None:
        """Seconds for all chosen runs, at best and at worst; None where one of them is unknown."""
        chosen = [self.estimates.get(name) for name in self.draft.estimators]
        known = [one for one in chosen if one and one.seconds and one.low and one.high]
        if not chosen or len(known) < len(chosen):
            return None
        return (
            together([one.seconds or 0.0 for one in known], self.at_once),
            together([one.low or 0.0 for one in known], self.at_once),
            together([one.high or 0.0 for one in known], self.at_once),
        )


def read_setup(workspace: Workspace, draft: Draft) -> Setup:
    """Reads what the form needs for a draft. A target or validation that cannot be used is its `trouble`."""
    service = workspace.experiments
    versions = _versions(workspace, draft.dataset.partition("@")[0])
    datasets = tuple((version.reference, version.rows) for version in versions)
    experiments = tuple(service.list())
    chosen = next((one for one in versions if one.reference == draft.dataset), None)
    if chosen is None and not draft.dataset:
        chosen = _likely_version(workspace, draft.experiment or "", versions)
    if chosen is None:
        trouble = NotFoundError(f"There is no {draft.dataset}.", hint="Choose other data.") if draft.dataset else None
        return Setup(draft, draft, datasets, experiments=experiments, trouble=trouble, trouble_field="dataset")
    reason = ""
    if draft.target and chosen.column(draft.target) is None:
        draft = replace(draft, target="")
    if not draft.target:
        likely = service.suggest_target(chosen.reference, draft.experiment or "")
        draft = replace(draft, target=likely.name if likely else "")
        reason = likely.reason if likely else ""
    draft = replace(draft, dataset=chosen.reference)
    setup = Setup(
        draft,
        Draft(dataset=draft.dataset, target=draft.target),
        datasets,
        chosen,
        reason,
        experiments,
        at_once=int(workspace.settings.get("jobs.concurrent")),
        origins=tuple(service.runs(limit=MOST_ORIGINS)),
        findings=tuple(workspace.datasets.findings(chosen.reference)),
    )
    return _with_suggestions(workspace, setup) if draft.target else setup


def _likely_version(workspace: Workspace, experiment: str, versions: Sequence[DatasetVersion]) -> DatasetVersion | None:
    """The latest version of what the experiment's last run learnt from, else the newest there is."""
    service = workspace.experiments
    known = any(one.name == experiment for one in service.list())
    for run in service.runs(experiment, limit=1) if known else ():
        name = run.dataset_reference.partition("@")[0]
        found = next((version for version in versions if version.dataset_name == name), None)
        if found is not None:
            return found
    return max(versions, key=lambda version: version.created_at, default=None)


def read_rerun(workspace: Workspace, name: str, validated_as: str = "") -> Draft:
    """The draft that repeats the run, validated as the run `validated_as` was, so that the two can be compared.

    Raises NotFoundError.
    """
    run = workspace.experiments.run(name)
    if validated_as:
        validation = workspace.experiments.run(validated_as).spec.validation
        run = replace(run, spec=replace(run.spec, validation=validation))
    version = workspace.datasets.version(run.spec.dataset_version_id)
    if version is None:
        raise NotFoundError(f"The data of {name} was erased.", hint="Start a new run on another version.")
    usual = workspace.experiments.suggest(RunRequest(version.reference, run.spec.target, afresh=True))
    return run_draft.draft_of_run(run, usual, version.reference)


def _versions(workspace: Workspace, chosen: str) -> list[DatasetVersion]:
    """Every version of the chosen dataset, and the latest of the others, newest first."""
    found: list[DatasetVersion] = []
    for dataset in workspace.datasets.list():
        if dataset.name == chosen:
            found += workspace.datasets.versions(dataset.name)
        elif dataset.latest_number:
            found.append(workspace.datasets.get(dataset.name))
    return sorted(found, key=lambda version: version.created_at, reverse=True)


def _with_suggestions(workspace: Workspace, setup: Setup) -> Setup:
    service, draft = workspace.experiments, setup.draft
    try:
        usual = service.suggest(_undecided(draft))
    except UserError as error:
        return replace(setup, trouble=error)
    draft = _fitting(draft, setup.version, usual)
    setup = replace(setup, draft=draft, base=_base(workspace, draft), usual=usual)
    asked = run_draft.request(draft)
    try:
        suggestion = service.suggest(asked)
    except UserError as error:
        shown = replace(usual, task=draft.task or usual.task)
        validation_bad = draft.validation is not None and "alidation" in error.message
        setup = replace(setup, trouble=error, trouble_field="by" if validation_bad else "features")
        return _with_estimators(workspace, setup, shown)
    return _with_estimators(workspace, setup, suggestion, asked)


def _base(workspace: Workspace, draft: Draft) -> Draft:
    """What the draft began as: the run it repeats, or nothing but suggestions."""
    if draft.rerun_of:
        try:
            return read_rerun(workspace, draft.rerun_of)
        except UserError:
            pass
    return Draft(dataset=draft.dataset, target=draft.target)


def _undecided(draft: Draft) -> RunRequest:
    """What is suggested for the draft where nothing else was decided; a run that is repeated is like that one only."""
    afresh = draft.afresh or bool(draft.rerun_of)
    named = draft.experiment if "experiment" not in run_draft.problems(draft) else None
    return RunRequest(draft.dataset, draft.target, experiment=named, afresh=afresh)


def _fitting(draft: Draft, version: DatasetVersion | None, usual: Suggestion) -> Draft:
    """Without what another dataset or target had and this one has not."""
    known = {column.name for column in version.columns} - {draft.target} if version else set()
    offered = {feature.name for feature in usual.features}
    return replace(
        draft,
        without=tuple(name for name in draft.without if name in offered),
        included=tuple(name for name in draft.included if name in known and name not in offered),
        roles={name: role for name, role in draft.roles.items() if name in known},
        by=draft.by if draft.by in known else None,
    )


def _with_estimators(
    workspace: Workspace, setup: Setup, suggestion: Suggestion, asked: RunRequest | None = None
) -> Setup:
    service = workspace.experiments
    known = tuple(
        Catalogued(str(one["name"]), str(one["sentence"]), bool(one["default"]), str(one.get("brief", "")))
        for one in service.estimators(suggestion.task)
    )
    names = {one.name for one in known}
    draft = replace(setup.draft, estimators=tuple(name for name in setup.draft.estimators if name in names))
    forms = {name: _form(service.parameter_form(suggestion.task, name)) for name in draft.estimators}
    setup = replace(setup, draft=draft, suggestion=suggestion, estimators=known, forms=forms)
    setup = replace(setup, problems=_problems(workspace, setup, suggestion.task))
    if asked is None:
        return setup
    choices = tuple(EstimatorChoice(one.name, _numbers(draft.params.get(one.name, {}))) for one in known)
    estimates = service.estimates(replace(asked, estimators=choices))
    return replace(setup, estimates={one.estimator: one for one in estimates})


def _problems(workspace: Workspace, setup: Setup, task: Task) -> dict[str, str]:
    draft, found = setup.draft, {}
    weight = "balanced" if draft.class_weight and task.is_classification else None
    for name in draft.estimators:
        params = dict(draft.params.get(name, {}))
        if not params and weight is None:
            continue
        rules = {one.name: one.help for one in setup.forms[name]}
        for param, error in workspace.experiments.problems(task, EstimatorChoice(name, params), weight).items():
            if param == "class_weight":
                found[param] = f"{name} cannot weigh classes"
            else:
                found[f"{name}.{param}"] = f"Must be {rules[param]}" if rules.get(param) else error.message
    return found


def _numbers(params: Mapping[str, str]) -> dict[str, object]:
    """Params as earlier runs keep them, to find those that were the same."""
    found: dict[str, object] = {}
    for name, text in params.items():
        try:
            found[name] = float(text) if "." in text or "e" in text.lower() else int(text)
        except ValueError:
            found[name] = {"none": None, "true": True, "false": False}.get(text, text)
    return found


def _form(fields: Sequence[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            name=str(one["name"]),
            default=run_draft.default_text(one["default"]),
            help=run_draft.allowed(list(one["kinds"])),
            doc=str(one["doc"]),
            first=bool(one["first"]),
            options=_options(list(one["kinds"])),
        )
        for one in fields
        if _options(list(one["kinds"])) != (run_draft.default_text(one["default"]),)
    )


def _options(kinds: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Every value there is; nothing where there are numbers or lists among them."""
    words: list[str] = []
    for kind in kinds:
        match kind["kind"]:
            case "options":
                words += map(str, kind["options"])
            case "bool":
                words += ["true", "false"]
            case "none":
                words.append("none")
            case _:
                return ()
    return tuple(words)
