"""What the inspector and the page of a run say of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mlops_desktop.domain.experiments import MetricSummary, Run, RunStatus
from mlops_desktop.domain.measuring import full_words, short_words
from mlops_desktop.gui import formats
from mlops_desktop.gui.item_models.columns import run_duration

Facts = Sequence[tuple[str, str]]


def overview(run: Run, now: datetime) -> Facts:
    from datetime import timedelta

    seconds = run_duration(run, now)
    spec = run.spec
    return [
        ("Experiment", run.experiment_name),
        ("Target", spec.target if spec.positive_label is None else f"{spec.target} = {spec.positive_label}"),
        ("Task", spec.task.value),
        ("Estimator", formats.estimator(spec.estimator)),
        ("Features", formats.plural(len(spec.features), "column")),
        ("Validation", short_words(run.spec.validation)),
        ("Started", f"{formats.moment(run.started_at, now)} by {run.created_by}" if run.started_at else "not yet"),
        ("Duration", formats.NOT_SET if seconds is None else formats.duration(timedelta(seconds=seconds))),
        *([("Tags", ", ".join(run.tags))] if run.tags else []),
        ("Dataset hash", formats.short_hash(run.dataset_hash)),
        *([("Bundle", formats.short_hash(run.bundle_hash))] if run.bundle_hash else []),
    ]


def validation_text(run: Run) -> str:
    """`5 growing windows by time_hour`."""
    return full_words(run.spec.validation)


def params(run: Run) -> Facts:
    spec = run.spec
    made = spec.preprocessing
    return [
        *((name, formats.value(given)) for name, given in sorted(spec.params.items())),
        ("Class weight", spec.class_weight or "none"),
        ("Empty numbers", made.imputation.value.replace("_", " ")),
        ("Scaling", made.scaling.value),
        ("Seed", str(spec.seed)),
        ("Threads", str(spec.threads)),
    ]


def environment(run: Run) -> Facts:
    made = run.environment
    if made is None:
        return []
    commit = (
        formats.short_hash(made.git_commit) + (", changed files" if made.git_dirty else "") if made.git_commit else ""
    )
    return [
        ("Program", made.program_version),
        ("Python", made.python_version),
        ("Threads", str(made.threads)),
        *([("Commit", commit)] if commit else []),
        *sorted(made.packages.items()),
        ("Platform", made.platform),
    ]


def metric_rows(run: Run, best: dict[str, float]) -> list[tuple[str, str, str]]:
    """Metric, mean ± spread over the folds, difference to the best run."""
    rows = []
    for metric in run.metrics:
        places = formats.decimals([metric.mean])
        other = best.get(metric.key)
        against = (
            "best" if other == metric.mean else formats.signed(metric.mean - other, places) if other is not None else ""
        )
        rows.append((metric.key, spread_text(metric, places), against))
    return rows


def spread_text(metric: MetricSummary, places: int) -> str:
    mean = formats.number(metric.mean, places)
    return (
        mean
        if metric.std is None or abs(metric.mean) >= formats.LARGE
        else f"{mean} ± {formats.number(metric.std, places)}"
    )


def status_note(run: Run, now: datetime) -> str:
    """What stands beside the status word."""
    if run.status is RunStatus.RUNNING:
        return formats.percent(run.progress) if run.progress is not None else "starting"
    if run.status is RunStatus.QUEUED:
        return f"waiting since {formats.moment(run.created_at, now)}"
    return formats.moment(run.finished_at, now) if run.finished_at else ""


def time_left(run: Run, now: datetime) -> str:
    """A guess from the share that is done; nothing below five per cent."""
    from datetime import timedelta

    seconds = run_duration(run, now)
    if seconds is None or run.progress is None or not 0.05 <= run.progress < 1:
        return ""
    return f"about {formats.duration(timedelta(seconds=max(10.0, seconds * (1 - run.progress) / run.progress)))} left"
