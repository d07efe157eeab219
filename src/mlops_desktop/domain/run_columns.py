"""Many runs column by column: what sorting and filtering look at, made once a column and kept beside the rows."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from mlops_desktop.domain.experiments import RunStatus, Task, Validation, is_lower_better
from mlops_desktop.domain.measuring import Ways, names_of, short_words
from mlops_desktop.domain.run_filters import FieldKind, Known, kind_of, number
from mlops_desktop.domain.run_summaries import RunSummary, run_seconds, short_estimator

STATUS_ORDER = ("running", "queued", "failed", "lost", "cancelled", "finished")
_RANKS = {status: float(rank) for rank, status in enumerate(STATUS_ORDER)}
_NONE = math.nan


class RunColumns:
    """Rows, newest first, and their columns. A column is made when it is first asked for, and follows every change.

    Besides the filter's fields there are `spread:x` (a metric's spread over the folds), `anything` (every word of a
    run) and `way` (the same for runs whose figures can be compared).
    """

    def __init__(self, rows: Iterable[RunSummary], now: datetime) -> None:
        self.rows: list[RunSummary] = list(rows)
        self.now = now
        self._numbers: dict[str, array[float]] = {}
        self._texts: dict[str, list[str]] = {}
        self._places = {row.id: place for place, row in enumerate(self.rows)}
        self._best: dict[str, dict[str, str]] = {}
        self._ways: Ways | None = None
        self.params: dict[str, set[str]] = {}
        self.largest: dict[str, float] = {}
        self.datasets: set[str] = set()
        self.experiments: set[str] = set()
        self.tasks: Counter[Task] = Counter()
        for row in self.rows:
            self._survey(row)

    @property
    def known(self) -> Known:
        return Known(frozenset(self.largest), frozenset(self.params))

    @property
    def task(self) -> Task:
        """The task most of the runs have."""
        return max(self.tasks, key=lambda task: self.tasks[task], default=Task.BINARY)

    def place(self, run_id: str) -> int | None:
        return self._places.get(run_id)

    def put(self, fresh: Sequence[RunSummary], gone: Iterable[str]) -> bool:
        """Takes these states of runs, and away those that are gone; says whether there are others than before."""
        self._best.clear()
        self._ways = None
        added = [row for row in fresh if row.id not in self._places]
        for row in fresh:
            place = self._places.get(row.id)
            if place is not None and self.rows[place] != row:
                self._replace(place, row)
        lost = sorted((self._places[run_id] for run_id in set(gone) if run_id in self._places), reverse=True)
        for place in lost:
            self._remove(place)
        for row in sorted(added, key=lambda one: one.created_at):
            self._insert(row)
        if added or lost:
            self._places = {row.id: place for place, row in enumerate(self.rows)}
        return bool(added or lost)

    def numbers(self, name: str) -> Sequence[float]:
        """Not-a-number stands for no value."""
        column = self._numbers.get(name)
        if column is None:
            column = self._numbers[name] = array("d", self._all_numbers(name))
        return column

    def texts(self, name: str) -> Sequence[str]:
        """What the field can be called, in small letters, each between line ends: a part of it or the whole is found
        in the same way."""
        column = self._texts.get(name)
        if column is None:
            column = self._texts[name] = [text_of(name, row) for row in self.rows]
        return column

    def values(self, name: str, places: Iterable[int]) -> Counter[str]:
        """The distinct values of a text or param field and how often each comes, "" for none."""
        counts: Counter[str] = Counter()
        for place in places:
            counts.update(_values(name, self.rows[place]) or ("",))
        return counts

    def is_best(self, run: RunSummary, metric: str) -> bool:
        """Whether it has the best mean of the finished runs that can be compared with it."""
        return run.status is RunStatus.FINISHED and run.id in self._bests(metric).values()

    def best_ids(self, metric: str) -> frozenset[str]:
        """The best run of each way of measuring in which there are at least two."""
        return frozenset(self._bests(metric).values())

    def best(self, metric: str, beside: RunSummary | None = None) -> RunSummary | None:
        """The finished run with the best mean among at least two that can be compared with `beside`; without that,
        of the newest runs that can be compared with each other."""
        bests = self._bests(metric)
        if beside is not None:
            found = bests.get(beside.way, "")
        else:
            found = next((bests[way] for way in self.texts("way") if way in bests), "") if bests else ""
        place = self._places.get(found)
        return None if place is None else self.rows[place]

    @property
    def ways(self) -> Ways:
        """The ways in which the finished runs were measured; with more than one, not all can be compared."""
        if self._ways is None:
            self._ways = ways_of(zip(self.texts("way"), self.rows, strict=True))
        return self._ways

    def _bests(self, metric: str) -> dict[str, str]:
        """The id of the best run by the way it was measured, where at least two were."""
        found = self._best.get(metric)
        if found is None:
            found = self._best[metric] = self._find_bests(metric)
        return found

    def _find_bests(self, metric: str) -> dict[str, str]:
        column, ways, lowest = self.numbers(f"metric:{metric}"), self.texts("way"), is_lower_better(metric)
        finished = RunStatus.FINISHED
        counts: Counter[str] = Counter()
        best: dict[str, int] = {}
        for place, value in enumerate(column):
            if math.isnan(value) or self.rows[place].status is not finished:
                continue
            way = ways[place]
            counts[way] += 1
            other = best.get(way)
            if other is None or (value < column[other] if lowest else value > column[other]):
                best[way] = place
        return {way: self.rows[place].id for way, place in best.items() if counts[way] > 1}

    # How the columns follow

    def _survey(self, row: RunSummary) -> None:
        self.tasks[row.task] += 1
        self.experiments.add(row.experiment_name)
        self.datasets.add(row.dataset_reference)
        for name, given in row.params.items():
            seen = self.params.setdefault(name, set())
            if len(seen) < 2:
                seen.add(repr(given))
        for key, figures in row.metrics.items():
            size = abs(figures[0])
            if not size <= self.largest.get(key, -1.0):
                self.largest[key] = size if math.isfinite(size) else max(self.largest.get(key, 0.0), 0.0)

    def _replace(self, place: int, row: RunSummary) -> None:
        self.tasks[self.rows[place].task] -= 1
        self._survey(row)
        self.rows[place] = row
        for name, numbers in self._numbers.items():
            numbers[place] = self._number(name, row)
        for name, texts in self._texts.items():
            texts[place] = text_of(name, row)

    def _insert(self, row: RunSummary) -> None:
        place = next((at for at, other in enumerate(self.rows) if other.created_at <= row.created_at), len(self.rows))
        self._survey(row)
        self.rows.insert(place, row)
        for name, numbers in self._numbers.items():
            numbers.insert(place, self._number(name, row))
        for name, texts in self._texts.items():
            texts.insert(place, text_of(name, row))

    def _remove(self, place: int) -> None:
        self.tasks[self.rows[place].task] -= 1
        for column in (self.rows, *self._numbers.values(), *self._texts.values()):
            del column[place]  # type: ignore[attr-defined]

    def _all_numbers(self, name: str) -> list[float]:
        group, _, bare = name.partition(":")
        if group == "metric":
            nothing = (_NONE, None, ())
            return [row.metrics.get(bare, nothing)[0] for row in self.rows]
        return [self._number(name, row) for row in self.rows]

    def _number(self, name: str, row: RunSummary) -> float:
        group, mark, bare = name.partition(":")
        if mark:
            if group == "param":
                given = row.params.get(bare)
                return float(given) if isinstance(given, int | float) else _NONE
            figures = row.metrics.get(bare)
            if figures is None:
                return _NONE
            value = figures[0] if group == "metric" else figures[1]
            return _NONE if value is None else value
        if name == "status":
            return _RANKS[row.status]
        if name == "duration":
            seconds = run_seconds(row, self.now)
            return _NONE if seconds is None else seconds
        at = row.started_at if name == "started" else row.finished_at
        return _NONE if at is None else at.timestamp()


def ways_of(runs: Iterable[tuple[str, RunSummary]]) -> Ways:
    """Of runs and the way of each, those that have finished."""
    counts: Counter[str] = Counter()
    plans: dict[str, Validation] = {}
    for way, row in runs:
        if row.status is RunStatus.FINISHED:
            counts[way] += 1
            plans.setdefault(way, row.validation)
    return {way: (count, plans[way]) for way, count in counts.items()}


def text_of(name: str, row: RunSummary) -> str:
    """As RunColumns.texts has it."""
    if name == "way":
        return row.way
    if name == "anything":
        parts: tuple[str, ...] = (
            row.name, row.estimator, row.dataset_reference, row.status, row.experiment_name, row.notes, row.target,
            *row.tags,
        )  # fmt: skip
    else:
        parts = _names(name, row)
    return "\n" + "\n".join(parts).casefold() + "\n" if parts else ""


def _names(name: str, row: RunSummary) -> tuple[str, ...]:
    """Every way to name the value: `flights` and `flights@v3` for the dataset."""
    if name == "dataset":
        return (row.dataset_reference, row.dataset_reference.rpartition("@")[0])
    if name == "estimator":
        return (row.estimator, short_estimator(row.estimator))
    if name == "validation":
        return names_of(row.validation)
    if name.startswith("param:"):
        given = row.params.get(name.partition(":")[2])
        return () if given is None else (str(given), *(("yes" if given else "no",) if isinstance(given, bool) else ()))
    return _values(name, row)


def _values(name: str, row: RunSummary) -> tuple[str, ...]:
    """The values of a text field as a person sees them; none where there is none."""
    if name.startswith("param:"):
        given = row.params.get(name.partition(":")[2])
        return () if given is None else (str(given),)
    if name == "tag":
        return row.tags
    if name == "estimator":
        return (short_estimator(row.estimator),)
    given_text = {
        "status": row.status,
        "run": row.name,
        "experiment": row.experiment_name,
        "dataset": row.dataset_reference,
        "target": row.target,
        "task": row.task,
        "notes": row.notes,
        "by": row.created_by,
        "validation": short_words(row.validation),
    }[name]
    return (str(given_text),) if given_text else ()


def is_number(columns: RunColumns, name: str) -> bool:
    """Whether the field holds numbers here; a param does where no run has a text."""
    kind = kind_of(name)
    if kind is not FieldKind.PARAM:
        return kind in (FieldKind.NUMBER, FieldKind.TIME)
    return all(not text or number(text.strip("\n")) is not None for text in columns.texts(name))
