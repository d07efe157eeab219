"""Runs side by side as the page shows them: letters, who is best and how surely, rows of metrics and differences."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.comparisons import Comparison, DifferenceRow, MetricRow
from mlops_desktop.domain.experiments import MetricSummary, Run, RunStatus, Task, is_lower_better, main_metric
from mlops_desktop.domain.measuring import why_not_comparable
from mlops_desktop.gui import formats

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

FEWEST, MOST = 2, 8
MOST_OFFERED = 20
ABSENT = "—"


@dataclass(frozen=True)
class CompareFacts:
    """`evaluations` in the order of the runs, None for one that is not finished; `others` may be added.

    `asked` are the names as they were asked for, more than there are runs where they are too many.
    """

    comparison: Comparison
    evaluations: tuple[Mapping[str, Any] | None, ...]
    others: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    @property
    def runs(self) -> tuple[Run, ...]:
        return self.comparison.runs

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(run.name for run in self.runs)

    @property
    def task(self) -> Task | None:
        """The one task of all runs, None where they differ."""
        tasks = {run.spec.task for run in self.runs}
        return next(iter(tasks)) if len(tasks) == 1 else None

    @property
    def metric(self) -> str:
        return main_metric(self.runs[0].spec.task)

    @property
    def best(self) -> int | None:
        """The best finished run by the main metric; one alone is not called best."""
        row = next((row for row in self.comparison.metrics if row.key == self.metric), None)
        return row.best if row is not None and sum(value is not None for value in row.values) > 1 else None


def read_compare(workspace: Workspace, names: Sequence[str]) -> CompareFacts:
    """Raises NotFoundError, InvalidInputError (no run)."""
    service = workspace.experiments
    comparison = service.compare(tuple(dict.fromkeys(names))[:MOST])
    evaluations = tuple(service.evaluation(run.name) if run.evaluation_hash else None for run in comparison.runs)
    chosen = {run.id for run in comparison.runs}
    homes = {run.experiment_name for run in comparison.runs}
    others = [
        brief.name
        for brief in service.briefs()
        if brief.experiment_name in homes and brief.id not in chosen and brief.status is RunStatus.FINISHED
    ]
    return CompareFacts(comparison, evaluations, tuple(others[:MOST_OFFERED]), tuple(names))


def letter(place: int) -> str:
    return string.ascii_uppercase[place]


def title(facts: CompareFacts) -> str:
    return f"Compare {formats.plural(len(facts.runs), 'run')}"


def sentence(facts: CompareFacts) -> str:
    """Who is best, by how much, and whether that is more than the folds differ among themselves."""
    homes = list(dict.fromkeys(run.experiment_name for run in facts.runs))
    where = homes[0] if len(homes) == 1 else formats.plural(len(homes), "experiment")
    return f"{where} · {verdict(facts)}"


def verdict(facts: CompareFacts) -> str:
    key, best = facts.metric, facts.best
    row = next((row for row in facts.comparison.metrics if row.key == key), None)
    unlike = why_not_comparable(facts.runs)
    if unlike:
        return f"{unlike}, so none is called best"
    if row is None or best is None:
        return f"fewer than two of them have {key}"
    known = [(place, value) for place, value in enumerate(row.values) if value is not None and place != best]
    known = [(place, value) for place, value in known if facts.runs[place].status is RunStatus.FINISHED]
    won = row.values[best]
    if won is None or not known:
        return f"{letter(best)} alone has {key}"
    choose = min if is_lower_better(key) else max
    second, value = choose(known, key=lambda pair: pair[1].mean)
    if value.mean == won.mean:
        return f"{letter(best)} and {letter(second)} have the same {key}"
    gap = abs(won.mean - value.mean)
    places = formats.decimals([won.mean])
    words = f"{letter(best)} is best on {key}, {formats.number(gap, places)} better than {letter(second)}"
    spread = max((one.std for one in (won, value) if one.std is not None), default=None)
    if spread is None:
        return words
    sure = "more than the folds differ" if gap > spread else "less than the folds differ"
    return f"{words}, {sure} (sd {formats.number(spread, places)})"


def metric_text(value: MetricSummary | None, first: MetricSummary | None, *, differences: bool, short: bool) -> str:
    """The value with its spread; or how it differs from the first run's."""
    if value is None:
        return formats.NOT_SET
    places = formats.decimals([value.mean])
    if differences:
        return formats.NOT_SET if first is None else formats.signed(value.mean - first.mean, places)
    mean = formats.number(value.mean, places)
    return mean if short or value.std is None else f"{mean} ± {formats.number(value.std, places)}"


def metric_tip(row: MetricRow, place: int, name: str) -> str:
    value = row.values[place]
    if value is None:
        return f"{name} has no {row.key}"
    places = formats.decimals([value.mean])
    parts = [f"{name}: {row.key} {formats.number(value.mean, places)}"]
    parts += [] if value.std is None else [f"± {formats.number(value.std, places)} over {len(value.folds)} folds"]
    parts += [] if value.test is None else [f"test {formats.number(value.test, places)}"]
    return ", ".join(parts)


def difference_rows(facts: CompareFacts, *, all_rows: bool) -> tuple[DifferenceRow, ...]:
    """What differs, in the order of the comparison; with `all_rows` also what is the same."""
    comparison = facts.comparison
    rows = [_readable(row, facts) for row in comparison.differences]
    if all_rows:
        rows += [_readable(row, facts) for row in comparison.same]
    return tuple(rows)


def _readable(row: DifferenceRow, facts: CompareFacts) -> DifferenceRow:
    """Lists of columns as their differences; names without the kind before them."""
    if row.name == "features":
        sets = [[feature.name for feature in run.spec.features] for run in facts.runs]
        first = sets[0]
        words = [formats.plural(len(first), "column")]
        for names in sets[1:]:
            more = [f"+{name}" for name in names if name not in first]
            less = [f"−{name}" for name in first if name not in names]
            words.append(" ".join([*more, *less]) or formats.plural(len(names), "column"))
        return DifferenceRow("Columns", tuple(words))
    name = row.name.removeprefix("param ").removeprefix("package ")
    values = row.values
    if row.name.startswith("param "):
        values = tuple("not set" if value == ABSENT else _param(value) for value in values)
    elif row.name == "estimator":
        values = tuple(map(formats.estimator, values))
    shown = name if row.name != name else name[:1].upper() + name[1:]
    return DifferenceRow(shown, values)


def _param(value: str) -> str:
    return "none" if value == "None" else value


def labels_of(facts: CompareFacts) -> tuple[str, ...]:
    """The classes that have curves in every finished run, for choosing one."""
    found: list[list[str]] = []
    for evaluation in facts.evaluations:
        if evaluation is not None and "roc" in evaluation:
            found.append([str(curve["label"]) for curve in evaluation["roc"]["curves"]])
    if not found:
        return ()
    return tuple(label for label in found[0] if all(label in labels for labels in found))


def curves_of(facts: CompareFacts, kind: str, label: str) -> list[tuple[str, int, Mapping[str, Any]]]:
    """Letter, style and curve of each run that has one for the class."""
    found = []
    for place, evaluation in enumerate(facts.evaluations):
        curves = evaluation[kind]["curves"] if evaluation is not None and kind in evaluation else ()
        for curve in curves:
            if str(curve["label"]) == label:
                found.append((letter(place), place, curve))
    return found


def matrix_note(facts: CompareFacts, place: int) -> str:
    """`recall 0.439` for two classes, `accuracy 0.988` for more."""
    evaluation = facts.evaluations[place]
    if evaluation is None:
        return ""
    key = "recall" if facts.runs[place].spec.task is Task.BINARY else "accuracy"
    counts = evaluation["confusion"]["counts"]
    if key == "recall":
        positive = list(evaluation["confusion"]["labels"]).index(evaluation["positive_label"])
        total, right = sum(counts[positive]), counts[positive][positive]
    else:
        total, right = sum(map(sum, counts)), sum(row[number] for number, row in enumerate(counts))
    return f"{key} {formats.number(right / total, 3)}" if total else key
