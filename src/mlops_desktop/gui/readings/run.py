"""What the page of one run shows, read in the lane, and how its numbers are said."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.experiments import MetricPoint, MetricSummary, Run, RunStatus, Task, main_metric
from mlops_desktop.domain.measuring import full_words
from mlops_desktop.domain.run_summaries import RunContext, run_seconds
from mlops_desktop.domain.thresholds import AtThreshold, thresholds
from mlops_desktop.gui import formats
from mlops_desktop.gui.readings.log import LogLine, parse_log
from mlops_desktop.gui.readings.runs import spread_text

if TYPE_CHECKING:
    from mlops_desktop.domain.models import BundleContents
    from mlops_desktop.services.workspace import Workspace

FIRST_METRICS = 3


@dataclass(frozen=True)
class RunFacts:
    """`evaluation` is None before a run is finished; `metrics` of a run in progress are made of its folds so far."""

    run: Run
    context: RunContext
    metrics: tuple[MetricSummary, ...]
    evaluation: Mapping[str, Any] | None
    thresholds: tuple[AtThreshold, ...]
    log: tuple[LogLine, ...]
    is_cancelling: bool = False
    """It was asked to stop and has not ended yet."""


@dataclass(frozen=True)
class ParamRow:
    """`differs` is None while the default is not known."""

    name: str
    value: str
    default: str = ""
    differs: bool | None = None


def read_run(workspace: Workspace, name: str, before: RunFacts | None = None) -> RunFacts:
    """`before` saves reading again what cannot have changed. Raises NotFoundError."""
    service = workspace.experiments
    run = service.run(name)
    task = run.spec.task
    metrics = ordered_metrics(run.metrics, task) or measured_so_far(service.points(run.name), task)
    evaluation: Mapping[str, Any] | None = None
    if run.evaluation_hash:
        known = before is not None and before.run.evaluation_hash == run.evaluation_hash
        evaluation = before.evaluation if before and known else service.evaluation(run.name)
    ended_before = before is not None and before.run.id == run.id and before.run.status.is_ended
    log = before.log if before and ended_before else _log(workspace, run)
    choices = thresholds(evaluation) if evaluation else ()
    return RunFacts(run, service.context(run.name), metrics, evaluation, choices, log, service.is_cancelling(run))


def _log(workspace: Workspace, run: Run) -> tuple[LogLine, ...]:
    """The run's own lines; how it failed is the last of them."""
    lines = parse_log(workspace.experiments.log(run.name))
    if run.failure is None:
        return lines
    at = f"{run.finished_at.astimezone():%H:%M:%S}" if run.finished_at else ""
    level = "error" if run.status is RunStatus.FAILED else "warning"
    return (*lines, LogLine(at, level, f"{run.failure.message} ({run.failure.code})"))


def measured_so_far(points: Sequence[MetricPoint], task: Task) -> tuple[MetricSummary, ...]:
    """Mean and spread over the folds that have come in; the main metric first."""
    folds: dict[str, dict[int, float]] = {}
    for point in points:
        folds.setdefault(point.key, {})[point.step] = point.value
    found = []
    for key, values in folds.items():
        ordered = tuple(values[step] for step in sorted(values))
        spread = statistics.stdev(ordered) if len(ordered) > 1 and all(map(math.isfinite, ordered)) else None
        found.append(MetricSummary(key, sum(ordered) / len(ordered), spread, folds=ordered))
    return ordered_metrics(found, task)


def ordered_metrics(metrics: Sequence[MetricSummary], task: Task) -> tuple[MetricSummary, ...]:
    """The task's main metric first."""
    first = main_metric(task)
    return tuple(sorted(metrics, key=lambda metric: metric.key != first))


def run_sentence(facts: RunFacts, now: datetime) -> str:
    """How it came out, on what, when and by whom."""
    run = facts.run
    parts = [_result_words(facts), f"{formats.estimator(run.spec.estimator)} on {run.dataset_reference}"]
    seconds = run_seconds(run, now)
    if run.status.is_ended and seconds is not None:
        ended = formats.moment(run.finished_at, now) if run.finished_at else ""
        parts.append(f"{formats.duration(timedelta(seconds=seconds))}, {ended} by {run.created_by}")
    elif run.started_at:
        parts.append(f"started {formats.moment(run.started_at, now)} by {run.created_by}")
    else:
        parts.append(f"asked for {formats.moment(run.created_at, now)} by {run.created_by}")
    return " · ".join(part for part in parts if part)


def _result_words(facts: RunFacts) -> str:
    run = facts.run
    metric = next((one for one in facts.metrics if one.key == main_metric(run.spec.task)), None)
    if metric is None:
        return ""
    words = f"{metric.key} {spread_text(metric, formats.decimals([metric.mean]))}"
    if not run.status.is_ended:
        return f"{words} over {formats.plural(len(metric.folds), 'fold')} so far"
    around = facts.context
    if around.place is None or around.count < 2:
        return words
    alike = f" that were checked on {full_words(run.spec.validation)}" if around.apart else ""
    among = f"of {formats.plural(around.count, 'run')} in {run.experiment_name}{alike}"
    return f"{words}, best {among}" if around.place == 1 else f"{words}, number {around.place} {among}"


def fold_labels(facts: RunFacts) -> tuple[str, ...]:
    count = max((len(metric.folds) for metric in facts.metrics), default=0)
    if facts.run.spec.validation.kind.value == "holdout":
        return ("Held out",) * count
    return tuple(f"Fold {number}" for number in range(1, count + 1))


def validation_sentence(facts: RunFacts) -> str:
    """As the training said it; before that as it was asked for."""
    if facts.evaluation:
        return str(facts.evaluation["validation"])
    from mlops_desktop.gui.readings.runs import validation_text

    return validation_text(facts.run)


def param_rows(run: Run, form: Sequence[Mapping[str, Any]]) -> tuple[ParamRow, ...]:
    """All parameters of the estimator, those that differ first as the form has them; `form` empty: only the given."""
    given = run.spec.params
    if not form:
        return tuple(ParamRow(name, formats.value(value)) for name, value in sorted(given.items()))
    rows = []
    for part in form:
        name, default = str(part["name"]), part.get("default")
        value = given.get(name, default)
        rows.append(ParamRow(name, formats.value(value), formats.value(default), not _same(value, default)))
    known = {row.name for row in rows}
    rows += [ParamRow(name, formats.value(value), "", None) for name, value in given.items() if name not in known]
    return tuple(sorted(rows, key=lambda row: not row.differs))


def _same(value: object, default: object) -> bool:
    if isinstance(value, list | tuple) and isinstance(default, list | tuple):
        return list(value) == list(default)
    return value == default and isinstance(value, bool) == isinstance(default, bool)


def settings_rows(run: Run) -> tuple[tuple[str, str], ...]:
    """What was set beside the estimator's parameters."""
    spec = run.spec
    made = spec.preprocessing
    threshold = formats.value(spec.threshold) if spec.threshold_rule.value == "fixed" else "chosen"
    return (
        ("Class weight", spec.class_weight or "none"),
        ("Empty numbers", made.imputation.value.replace("_", " ")),
        ("Scaling", made.scaling.value),
        ("Most categories", str(made.most_categories)),
        *(
            [("Threshold", f"{threshold}, {spec.threshold_rule.value.replace('_', ' ')}")]
            if spec.positive_label
            else []
        ),
        ("Seed", str(spec.seed)),
        ("Threads", str(spec.threads)),
    )


def left_out_rows(run: Run) -> tuple[tuple[str, str], ...]:
    return tuple((item.name, item.reason) for item in run.spec.left_out)


def file_rows(contents: BundleContents) -> tuple[tuple[str, int], ...]:
    """Files with their sizes; the program's own code in one line."""
    code = [file for file in contents.files if file.name.startswith("code/")]
    own = [(file.name, file.size) for file in contents.files if not file.name.startswith("code/")]
    own.sort(key=lambda pair: -pair[1])
    if code:
        own.append((f"code, {formats.plural(len(code), 'file')}", sum(file.size for file in code)))
    return tuple(own)


def threshold_words(at: AtThreshold, positive: str) -> str:
    """`at 0.19, balanced: finds 52 % of true, right in 31 %`."""
    found = "" if at.recall is None else f"finds {at.recall * 100:.0f} % of {positive}"
    right = "never says it" if at.precision is None else f"right in {at.precision * 100:.0f} %"
    return ", ".join(part for part in (at.reason, found, right) if part)
