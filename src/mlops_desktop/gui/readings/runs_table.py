"""What the Experiments page shows, read in the lane: everything once, then only what changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.experiments import RunStatus, main_metric
from mlops_desktop.domain.measuring import Ways, short_words
from mlops_desktop.domain.run_columns import RunColumns
from mlops_desktop.domain.run_summaries import Registered, RunSummary, summary_of
from mlops_desktop.domain.run_views import RunView
from mlops_desktop.gui import formats
from mlops_desktop.gui.garbage import reading_many

if TYPE_CHECKING:
    from mlops_desktop.domain.experiments import Experiment, Run
    from mlops_desktop.services.workspace import Workspace

CONCERN = frozenset({ChangeKind.RUN, ChangeKind.EXPERIMENT, ChangeKind.MODEL, ChangeKind.SETTING})
MOST_PIECES = 2_000
"""With more changed runs than that, all are read again."""


@dataclass(frozen=True)
class ExperimentFacts:
    """The experiments, newest first, the chosen one (None: all), saved views, and the model versions made of runs.

    `asked` is the name that was asked for. `whole` has the runs where all were read; else `fresh` and `gone` say what
    changed.
    """

    asked: str
    experiments: tuple[Experiment, ...]
    chosen: Experiment | None
    views: tuple[RunView, ...]
    registered: Mapping[str, tuple[Registered, ...]]
    actor: str
    whole: RunColumns | None = None
    fresh: tuple[RunSummary, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunDetails:
    """The run that is looked at; `doubts` says what speaks against comparing its figures, `is_cancelling` that it was
    asked to stop."""

    run: Run
    doubts: tuple[str, ...] = ()
    is_cancelling: bool = False


def read_details(workspace: Workspace, run_id: str, ways: Ways) -> RunDetails:
    """`ways` are those of the runs beside it. Raises NotFoundError."""
    run = workspace.experiments.run(run_id)
    doubts: Sequence[str] = ()
    if run.status is RunStatus.FINISHED:
        doubts = workspace.models.doubts(run.name, workspace.models.suggest_name(run.name), ways)
    return RunDetails(run, tuple(doubts), workspace.experiments.is_cancelling(run))


def sentence(facts: ExperimentFacts, runs: RunColumns, active: int) -> str:
    """The question, how many runs, and the best of them; of how it was checked where not all were checked alike."""
    parts = [facts.chosen.question] if facts.chosen and facts.chosen.question else []
    parts.append(formats.plural(len(runs.rows), "run") if runs.rows else "No runs yet")
    if active:
        parts.append(f"{active} in progress")
    key = main_metric(runs.task)
    best = runs.best(key)
    metric = best.metric(key) if best else None
    if best and metric:
        figure = formats.number(metric.mean, formats.decimals([metric.mean]))
        how = f" ({short_words(best.validation)})" if len(runs.ways) > 1 else ""
        parts.append(f"best {key} {figure} by {best.name}{how}")
    return " · ".join(parts)


def best_means(runs: RunColumns, run: Run) -> dict[str, float]:
    """Each metric's best mean among the runs that can be compared with this one."""
    beside, means = summary_of(run), {}
    for key in runs.largest:
        best = runs.best(key, beside)
        metric = best.metric(key) if best else None
        if metric:
            means[key] = metric.mean
    return means


def news_words(count: int) -> str:
    """What waits while the rows are held."""
    return f"Show {formats.plural(count, 'new run')}" if count else "Show the new order"


class RunsReading:
    """Keeps which runs changed since the last reading; filled by the GUI thread, emptied by the lane."""

    def __init__(self) -> None:
        self._changed: deque[str] = deque()
        self._shown: str | None = None
        self._wish = 0
        self._met = -1

    def note(self, changes: Sequence[Change]) -> None:
        self._changed.extend(change.object_id for change in changes if change.kind is ChangeKind.RUN)
        if any(change.kind is ChangeKind.EXPERIMENT for change in changes):
            self.forget()  # with an experiment come and go runs that did not change themselves

    def note_ids(self, ids: Iterable[str]) -> None:
        self._changed.extend(ids)

    def forget(self) -> None:
        """The next reading is of everything, also where one is under way: that may have looked before."""
        self._wish += 1

    def read(self, workspace: Workspace, name: str | None, now: datetime) -> ExperimentFacts:
        """A chosen experiment that is gone by now means all."""
        experiments = tuple(sorted(workspace.experiments.list(), key=lambda one: one.created_at, reverse=True))
        chosen = next((one for one in experiments if one.name == name), None)
        lists = workspace.experiments.lists
        wanted = chosen.id if chosen else ""
        wish = self._wish
        in_pieces = self._met == wish and wanted == self._shown and len(self._changed) <= MOST_PIECES
        changed = self._taken()
        self._met = -1  # until it is done: one that fails has taken what changed
        whole: RunColumns | None = None
        fresh: Sequence[RunSummary] = ()
        if in_pieces:
            fresh = lists.summaries(chosen.name if chosen else None, ids=changed) if changed else ()
        else:
            with reading_many():
                whole = RunColumns(lists.summaries(chosen.name if chosen else None), now)
                _make_ready(whole)
        there = {run.id for run in fresh}
        facts = ExperimentFacts(
            name or "",
            experiments,
            chosen,
            tuple(lists.views()),
            lists.registered(),
            lists.actor,
            whole,
            tuple(fresh),
            tuple(run_id for run_id in changed if run_id not in there) if in_pieces else (),
        )
        self._met, self._shown = wish, wanted
        return facts

    def _taken(self) -> list[str]:
        taken: dict[str, None] = {}
        while self._changed:
            taken[self._changed.popleft()] = None
        return list(taken)


def _make_ready(runs: RunColumns) -> None:
    """The columns that the first look and the first typed word ask for, made here and not on the GUI thread."""
    for name in ("anything", "run", "status", "estimator", "dataset", "tag", "way"):
        runs.texts(name)
    for name in ("status", "started", "duration", *(f"metric:{key}" for key in runs.largest)):
        runs.numbers(name)
    for key in runs.largest:
        runs.best(key)
