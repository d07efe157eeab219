"""Lists of runs: read as small values, filtered, kept as views, tagged, written to a file."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlops_desktop.domain.errors import AlreadyExistsError, FilterError, NotFoundError, WorkspaceError
from mlops_desktop.domain.measuring import full_words
from mlops_desktop.domain.names import check_name
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.domain.run_columns import RunColumns
from mlops_desktop.domain.run_filters import RunFilter, parse
from mlops_desktop.domain.run_selection import SortKey, arrange, select
from mlops_desktop.domain.run_summaries import Registered, RunSummary, run_seconds
from mlops_desktop.domain.run_views import BUILT_IN, RunView
from mlops_desktop.services import lookup
from mlops_desktop.services.parts import Parts

_VIEWS = "experiments.views"
_MEASURED = ("mean", "sd")


class RunListService:
    """What a list of runs needs, and nothing that only one run's own page needs."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @property
    def actor(self) -> str:
        """Who is using the workspace; the runs of this person are theirs."""
        return self._parts.actor

    def summaries(self, experiment: str | None = None, *, ids: Sequence[str] | None = None) -> Sequence[RunSummary]:
        """Newest first, without those in the trash; with `ids` only these. Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            owner = lookup.experiment(unit, experiment).id if experiment else None
            return unit.runs.summaries(experiment_id=owner, ids=ids)

    def registered(self) -> Mapping[str, tuple[Registered, ...]]:
        """The model versions made of each run, by the run's id."""
        with self._parts.registry.read() as unit:
            return unit.runs.registered()

    def find(
        self,
        experiment: str | None = None,
        *,
        where: str = "",
        sort: Sequence[SortKey] = (),
        limit: int | None = None,
    ) -> Sequence[RunSummary]:
        """The runs that a filter leaves, in order. Raises NotFoundError, FilterError (a caret shows the place)."""
        columns = RunColumns(self.summaries(experiment), self._parts.clock())
        chosen = select(columns, _understood(where, columns), range(len(columns.rows)))
        if sort:
            chosen = arrange(columns, chosen, [_known_key(key, columns) for key in sort])
        return [columns.rows[place] for place in chosen[:limit]]

    def best(self, experiment: str | None = None) -> Mapping[str, frozenset[str]]:
        """The ids of the best runs by metric: one for each way of measuring in which there are at least two.

        Raises NotFoundError.
        """
        columns = RunColumns(self.summaries(experiment), self._parts.clock())
        return {key: columns.best_ids(key) for key in columns.largest}

    def tag(self, names: Sequence[str], *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Sequence[str]:
        """Adds tags to runs and takes tags away, in all of them or none; gives the names of those that changed.

        Raises NotFoundError, InvalidNameError, ConflictError.
        """
        added = [check_name(tag, "tag") for tag in add]
        changed = []
        with self._parts.registry.write() as unit:
            for name in names:
                run = lookup.run(unit, name)
                tags = tuple(tag for tag in dict.fromkeys((*run.tags, *added)) if tag not in remove)
                if tags != run.tags:
                    unit.runs.update(dataclasses.replace(run, tags=tags))
                    unit.audit.append("run.annotate", run.name, {"tags": list(tags), "notes": False})
                    changed.append(run.name)
            unit.commit()
        return changed

    def export(self, target: Path, names: Sequence[str]) -> int:
        """Writes these runs, in this order, as CSV: settings, params, metrics with their spread; gives their number.

        An existing file is replaced when the new one is whole. Raises NotFoundError, WorkspaceError.
        """
        by_name = {run.name: run for run in self.summaries()}
        for name in names:
            if name not in by_name:
                raise NotFoundError(f"There is no run called {name}.", hint="It may be in the trash.")
        runs = [by_name[name] for name in names]
        fresh = target.with_name(f"{target.name}.part")
        try:
            with fresh.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(_lines(runs))
            fresh.replace(target)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise WorkspaceError(
                f"{target} cannot be written.", hint="Choose another folder. Nothing was changed.", details=str(error)
            ) from error
        return len(runs)

    # Views

    def views(self) -> Sequence[RunView]:
        """The saved views, in the order they were saved."""
        with self._parts.registry.read() as unit:
            stored = unit.settings.get(_VIEWS)
        return from_plain(tuple[RunView, ...], stored) if stored else ()

    def view(self, name: str) -> RunView:
        """Raises NotFoundError."""
        views = self.views()
        for view in views:
            if view.name == name:
                return view
        there = ", ".join(view.name for view in views) or "none yet"
        raise NotFoundError(f"There is no view called {name}.", hint=f"Saved views: {there}.")

    def save_view(self, view: RunView, *, replace: bool = True) -> RunView:
        """Keeps the view, in place of one of the same name. Raises InvalidNameError, AlreadyExistsError."""
        name = check_name(view.name, "view")
        view = dataclasses.replace(view, name=name)
        if name.casefold() in {one.casefold() for one in BUILT_IN}:
            raise AlreadyExistsError(f"{name} is always there and cannot be saved.", hint="Choose another name.")
        views = list(self.views())
        known = [one.name for one in views]
        if name in known and not replace:
            raise AlreadyExistsError(f"There is a view called {name}.", hint="Choose another name.")
        if name in known:
            views[known.index(name)] = view
        else:
            views.append(view)
        self._store(views, "view.save", name)
        return view

    def remove_view(self, name: str) -> RunView:
        """Raises NotFoundError. The view is given back, to be saved again if that was a mistake."""
        gone = self.view(name)
        self._store([view for view in self.views() if view.name != name], "view.remove", name)
        return gone

    def _store(self, views: Sequence[RunView], action: str, name: str) -> None:
        with self._parts.registry.write() as unit:
            unit.settings.set(_VIEWS, to_plain(tuple(views)))
            unit.audit.append(action, name)
            unit.commit()


def _understood(where: str, columns: RunColumns) -> RunFilter:
    """Raises FilterError that shows the text with a caret."""
    try:
        return parse(where, columns.known)
    except FilterError as error:
        shown = "".join(sign if sign.isprintable() else " " for sign in where)
        hint = f"Perhaps: {error.fix}" if error.fix else "For example: roc_auc > 0.7 and estimator:forest"
        raise FilterError(
            f"{error.message}\n  {shown}\n  {' ' * error.at}^", at=error.at, fix=error.fix, hint=hint
        ) from error


def _known_key(key: SortKey, columns: RunColumns) -> SortKey:
    """`roc_auc` as `metric:roc_auc`. Raises FilterError for a field that is not there."""
    from mlops_desktop.domain.run_filters import Missing

    meant = _understood(f"{key.field} is missing", columns)
    return SortKey(meant.field, key.descending) if isinstance(meant, Missing) else key


def _lines(runs: Sequence[RunSummary]) -> list[list[object]]:
    params = sorted({name for run in runs for name in run.params})
    metrics = list(dict.fromkeys(key for run in runs for key in run.metrics))
    head = ["run", "status", "experiment", "estimator", "dataset", "target", "task", "validation", "tags", "notes",
            "by", "created", "started", "finished", "seconds", *(f"param:{name}" for name in params),
            *(f"{key} {part}" for key in metrics for part in _MEASURED)]  # fmt: skip
    return [list(head), *(_line(run, params, metrics) for run in runs)]


def _line(run: RunSummary, params: Sequence[str], metrics: Sequence[str]) -> list[object]:
    seconds = run_seconds(run, run.created_at) if run.finished_at else None
    times = [at.isoformat() if at else "" for at in (run.created_at, run.started_at, run.finished_at)]
    measured = [(one.mean, one.std) if (one := run.metric(key)) else (None, None) for key in metrics]
    return [
        run.name, run.status.value, run.experiment_name, run.estimator, run.dataset_reference, run.target,
        run.task.value, full_words(run.validation), " ".join(run.tags), run.notes, run.created_by, *times,
        "" if seconds is None else seconds,
        *(run.params.get(name, "") for name in params),
        *("" if value is None else value for pair in measured for value in pair),
    ]  # fmt: skip
