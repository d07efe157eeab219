"""What the page of one model version shows: where it comes from, how good it is beside another, what it holds."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.errors import NotFoundError, UserError
from mlops_desktop.domain.experiments import MetricSummary, Run, is_lower_better, main_metric
from mlops_desktop.domain.measuring import full_words, why_not_comparable
from mlops_desktop.domain.models import ModelVersion
from mlops_desktop.domain.names import parse_reference
from mlops_desktop.gui import formats
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.item_models.columns import dataset_text
from mlops_desktop.gui.readings.models import CHALLENGER, Answering, ModelFacts, read_answering
from mlops_desktop.gui.readings.runs import spread_text
from mlops_desktop.gui.statuses import Sign, health_sign

if TYPE_CHECKING:
    from mlops_desktop.domain.datasets import DatasetVersion
    from mlops_desktop.services.workspace import Workspace

BETTER, WORSE, SAME = "Better", "Worse", "Within spread"


@dataclass(frozen=True)
class Missing:
    """A link of the lineage that is not here: `in_trash` it can come back."""

    in_trash: bool = False


@dataclass(frozen=True)
class VersionFacts:
    """A version with its model, and what it was made from. `evaluation` is empty where none can be read."""

    read_at: datetime
    model: ModelFacts
    version: ModelVersion
    run: Run | Missing
    dataset: DatasetVersion | Missing
    evaluation: Mapping[str, Any]
    other: ModelVersion | None
    other_run: Run | None

    @property
    def answering(self) -> tuple[Answering, ...]:
        return self.model.behind(self.version.number)

    @property
    def other_words(self) -> str:
        """`champion v2`, `v1`."""
        if self.other is None:
            return ""
        named = [alias for alias in ("champion", CHALLENGER) if alias in self.other.aliases]
        return f"{named[0]} v{self.other.number}" if named else f"v{self.other.number}"


@dataclass(frozen=True)
class MetricLine:
    """One metric beside the other version's; `verdict` is BETTER, WORSE, SAME or "" where there is nothing to say."""

    key: str
    here: MetricSummary
    there: MetricSummary | None = None
    difference: float | None = None
    spread: float | None = None
    verdict: str = ""

    @property
    def places(self) -> int:
        return formats.decimals([self.here.mean, *([self.there.mean] if self.there else [])])

    @property
    def change(self) -> str:
        """`−0.0211 ± 0.0132`."""
        if self.difference is None:
            return formats.NOT_SET
        spread = "" if self.spread is None else f" ± {formats.number(self.spread, self.places)}"
        return formats.signed(self.difference, self.places) + spread


@dataclass(frozen=True)
class Link:
    """A part of the lineage. Without a place and an act it is where we are; `act` makes what is missing."""

    icon: str
    what: str
    title: str
    note: str
    place: Place | None = None
    act: str = ""
    sign: Sign | None = None


def read_version(workspace: Workspace, reference: str, now: datetime) -> VersionFacts:
    """Raises NotFoundError where there is no such version."""
    version = workspace.models.get(reference)
    model = workspace.models.model(version.model_name)
    versions = tuple(reversed(workspace.models.versions(model.name)))
    ids = {one.id for one in versions}
    answering = tuple(one for one in read_answering(workspace) if one.deployment.model_version_id in ids)
    facts = ModelFacts(model, versions, tuple(reversed(workspace.models.alias_moves(model.name))), answering)
    run = _run(workspace, version)
    other = beside(facts, version)
    other_run = _run(workspace, other) if other else None
    return VersionFacts(
        now,
        facts,
        version,
        run,
        _dataset(workspace, version, run),
        _evaluation(workspace, run),
        other,
        other_run if isinstance(other_run, Run) else None,
    )


def beside(facts: ModelFacts, version: ModelVersion) -> ModelVersion | None:
    """What the version is measured against: the champion, else the challenger, else the version before it."""
    order = [facts.champion, facts.version(facts.model.aliases.get(CHALLENGER, 0))]
    order += [one for one in facts.versions if one.number < version.number]
    return next((one for one in order if one and one.number != version.number and one.task is version.task), None)


def _run(workspace: Workspace, version: ModelVersion) -> Run | Missing:
    if version.run_id is None:
        return Missing()
    try:
        return workspace.experiments.run(version.run_id)
    except NotFoundError as error:
        return Missing(in_trash="trash" in error.message)


def _dataset(workspace: Workspace, version: ModelVersion, run: Run | Missing) -> DatasetVersion | Missing:
    if version.run_id is None or not version.dataset_reference:
        return Missing()  # the name in a bundle file is the name it had elsewhere
    known = workspace.datasets.version(run.spec.dataset_version_id) if isinstance(run, Run) else None
    try:
        return workspace.datasets.get(known.reference if known else version.dataset_reference)
    except NotFoundError as error:
        return Missing(in_trash="trash" in error.message)


def _evaluation(workspace: Workspace, run: Run | Missing) -> Mapping[str, Any]:
    if not isinstance(run, Run):
        return {}
    try:
        return workspace.experiments.evaluation(run.name)
    except UserError:
        return {}


# In words


def sentence(facts: VersionFacts, refused: bool) -> str:
    version = facts.version
    origin = f"From run {version.run_name}" if version.run_id else "From a bundle file"
    parts = [origin, f"registered {formats.moment(version.created_at, facts.read_at)} by {version.created_by}"]
    if refused:
        parts.insert(0, "Refused: its bundle does not match its manifest")
    names = [one.endpoint.name for one in facts.answering]
    parts.append(f"answers behind {', '.join(names)}" if names else "not deployed")
    return " · ".join(parts)


def lineage(facts: VersionFacts) -> list[Link]:
    return [_dataset_link(facts), _run_link(facts), _here(facts), _deployment_link(facts)]


def _dataset_link(facts: VersionFacts) -> Link:
    dataset, named = facts.dataset, dataset_text(facts.version.dataset_reference)
    if not isinstance(dataset, Missing):
        note = f"{formats.plural(dataset.rows, 'row')} · {formats.short_hash(dataset.content_hash)}"
        shown = dataset_text(dataset.reference)
        return Link("database", "Dataset version", shown, note, Place("datasets", dataset.reference))
    title = named if facts.version.run_id else "Made elsewhere"
    if dataset.in_trash:
        return Link("database", "Dataset version", title, "in the trash", Place("settings", "trash"), "Open trash")
    return Link("database", "Dataset version", title, "not in this workspace", Place("datasets"), "Open Datasets")


def _run_link(facts: VersionFacts) -> Link:
    run = facts.run
    if isinstance(run, Run):
        span = run.finished_at - run.started_at if run.finished_at and run.started_at else None
        parts = [formats.estimator(run.spec.estimator), *([formats.duration(span)] if span else [])]
        return Link("flask-conical", "Run", run.name, " · ".join(parts), Place("run", run.name))
    title = facts.version.run_name or "Made elsewhere"
    if run.in_trash:
        return Link("flask-conical", "Run", title, "in the trash", Place("settings", "trash"), "Open trash")
    return Link("flask-conical", "Run", title, "not in this workspace", Place("new-run"), "New run")


def _here(facts: VersionFacts) -> Link:
    version = facts.version
    note = f"bundle {formats.short_hash(version.manifest_hash)}"
    return Link("box", "Model version", f"{version.model_name} v{version.number}", note)


def _deployment_link(facts: VersionFacts) -> Link:
    if not facts.answering:
        return Link("rocket", "Deployment", "Not deployed", "no endpoint answers with it", None, "Deploy…")
    first, more = facts.answering[0], len(facts.answering) - 1
    sign = health_sign(first.health)
    since = formats.moment(first.deployment.created_at, facts.read_at)
    words = f"{sign.word}, since {since}" + (f" · {more} more" if more else "")
    place = Place("deployments", first.endpoint.name)
    return Link("rocket", "Deployment", first.endpoint.name, "", place, sign=Sign(sign.icon, sign.token, words))


# Metrics


def unlike(facts: VersionFacts) -> str:
    """Why the figures of the two cannot be compared; nothing where they can, or where it is not known."""
    runs = facts.run, facts.other_run
    return why_not_comparable([run for run in runs if isinstance(run, Run)])


def alike_place(facts: VersionFacts) -> Place | None:
    """Where a run is set up as this version's was, but validated as the other's; None where that would not help."""
    run, other = facts.run, facts.other_run
    if not isinstance(run, Run) or other is None or not unlike(facts):
        return None
    alike = dataclasses.replace(run.spec, validation=other.spec.validation)
    if why_not_comparable([dataclasses.replace(run, spec=alike), other]):
        return None
    how = {"rerun_of": run.name, "validated_as": other.name, "experiment": run.experiment_name}
    return Place("new-run", run.dataset_reference, how)


def metric_lines(facts: VersionFacts) -> list[MetricLine]:
    """The main metric first; differences fold by fold where both were measured on the same folds, none where they were
    measured in different ways."""
    version, other = facts.version, facts.other
    main = main_metric(version.task)
    ordered = sorted(version.metrics, key=lambda metric: metric.key != main)
    known = {metric.key: metric for metric in other.metrics} if other else {}
    if unlike(facts):
        return [MetricLine(metric.key, metric, known.get(metric.key)) for metric in ordered]
    paired = same_folds(facts.run, facts.other_run)
    return [_line(metric, known.get(metric.key), paired) for metric in ordered]


def same_folds(run: Run | Missing | None, other: Run | None) -> bool:
    """Whether the folds of the two are the same rows."""
    if not isinstance(run, Run) or other is None:
        return False
    first, second = run.spec, other.spec
    return (run.dataset_hash, first.target, first.validation, first.seed) == (
        other.dataset_hash,
        second.target,
        second.validation,
        second.seed,
    )


def _line(here: MetricSummary, there: MetricSummary | None, paired: bool) -> MetricLine:
    if there is None or not (math.isfinite(here.mean) and math.isfinite(there.mean)):
        return MetricLine(here.key, here, there)
    difference = here.mean - there.mean
    spread = _spread(here, there, paired)
    verdict = ""
    if spread is not None:
        better = (difference < 0) is is_lower_better(here.key)
        verdict = SAME if abs(difference) <= spread else BETTER if better else WORSE
    return MetricLine(here.key, here, there, difference, spread, verdict)


def _spread(here: MetricSummary, there: MetricSummary, paired: bool) -> float | None:
    """How much the difference varies: over the folds where they are the same, else of two independent means."""
    if paired and len(here.folds) == len(there.folds) > 1:
        differences = [first - second for first, second in zip(here.folds, there.folds, strict=True)]
        if all(map(math.isfinite, differences)):
            return statistics.stdev(differences)
    if here.std is None or there.std is None:
        return None
    return math.hypot(here.std, there.std)


def verdict_sentence(facts: VersionFacts, lines: Sequence[MetricLine]) -> str:
    """What the figures say of this version beside the other one."""
    if facts.other is None:
        return "It is the only version; there is nothing to compare it with."
    reason = unlike(facts)
    if reason:
        return f"{facts.other_words} cannot be compared: {reason}{_ways(facts)}."
    if not any(line.there for line in lines):
        return f"{facts.other_words} cannot be compared: there are no figures of both."
    if not any(line.verdict for line in lines):
        return f"{_difference(facts, lines[0])}; one part was held out, so it is not known how surely."
    first, name = lines[0], f"v{facts.version.number}"
    words = _difference(facts, first)
    varies = f"the folds differ by ±\u00a0{formats.number(first.spread or 0, first.places)}"
    ends = {SAME: "no clear difference", BETTER: f"{name} is better", WORSE: f"{name} is worse"}
    return f"{words}; {varies}: {ends.get(first.verdict, 'not judged')}."


def _difference(facts: VersionFacts, line: MetricLine) -> str:
    """`roc_auc of v2 is 0.0123 higher than that of champion v1`."""
    if line.difference is None:
        return f"v{facts.version.number} and {facts.other_words} have no {line.key} to compare"
    way = "lower" if line.difference < 0 else "higher"
    size = formats.number(abs(line.difference), line.places)
    return f"{line.key} of v{facts.version.number} is {size} {way} than that of {facts.other_words}"


def _ways(facts: VersionFacts) -> str:
    """How each was validated, where that is what differs."""
    if not isinstance(facts.run, Run) or facts.other_run is None:
        return ""
    here, there = full_words(facts.run.spec.validation), full_words(facts.other_run.spec.validation)
    return f", v{facts.version.number} on {here}, {facts.other_words} on {there}" if here != there else ""


def test_words(facts: VersionFacts) -> str:
    """What the figures were measured on."""
    rows = facts.evaluation.get("rows", {})
    if not rows:
        return "mean ± sd over the folds"
    said = f"{formats.count(int(rows['out_of_fold']))} rows out of fold"
    return f"{said}, {formats.count(int(rows['test']))} test rows" if rows.get("test") else said


def metric_tip(line: MetricLine) -> str:
    """Mean, spread and test value of one metric in words."""
    words = f"{line.key}: mean {spread_text(line.here, line.places)} over {len(line.here.folds)} folds"
    if line.here.test is not None:
        words += f", {formats.number(line.here.test, line.places)} on the test part"
    return words


def version_number(reference: str) -> int | None:
    """3 for `flight-late@v3`; None for an alias."""
    return parse_reference(reference, "model").number
