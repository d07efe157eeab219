"""What tracking costs: a train job's folds (journal, progress, figures) against the same fits in a plain loop.

Run as a script. Each pair is measured one right after the other, in turns, in this one process; the plain loop makes
the same splits, fits the same pipelines and computes the same figures with scikit-learn's functions. The whole job
(also evaluation, permutation importance, bundle) is shown beside it, because a person waits for that too.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import threadpoolctl
from sklearn import metrics
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from mlops_desktop.domain.datasets import Column
from mlops_desktop.domain.experiments import Feature, FeatureRole, RunSpec, Task, Validation, ValidationKind
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.workers.jobs import train
from mlops_desktop.workers.report import Report
from mlops_desktop.workers.tables.frames import columns_of, read_table, to_pandas
from mlops_desktop.workers.training.fitting import run_folds
from mlops_desktop.workers.training.material import read_material

GOAL = 1.15


def make_table(path: Path, rows: int, columns: int) -> list[str]:
    values, target = make_classification(rows, columns, n_informative=columns // 2, random_state=1)
    names = [f"x{number}" for number in range(columns)]
    pl.DataFrame({name: values[:, place] for place, name in enumerate(names)} | {"y": target == 1}).write_parquet(path)
    return names


def job(path: Path, names: list[str], folds: int) -> dict[str, Any]:
    spec = RunSpec(
        dataset_version_id="v",
        target="y",
        task=Task.BINARY,
        features=tuple(Feature(name, FeatureRole.NUMERIC) for name in names),
        estimator="LogisticRegression",
        validation=Validation(ValidationKind.K_FOLD, folds=folds),
    )
    return {
        "run_id": "0" * 32,
        "run_name": "bench",
        "experiment": "bench",
        "spec": to_plain(spec),
        "table": str(path),
        "dataset_hash": "",
        "dataset_reference": "bench@v1",
        "columns": to_plain(columns_of(read_table(path))),
        "folder_of_program_git": None,
    }


def plain_loop(path: Path, names: list[str], folds: int) -> float:
    """What somebody would write by hand, with the job's own last fit on all rows."""
    frame = to_pandas(read_table(path))
    x, y = frame[names], frame["y"].to_numpy()
    found: list[dict[str, float]] = []

    def fitted(rows: Any) -> Pipeline:
        numbers = Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())])
        prepare = ColumnTransformer([("numbers", numbers, names)])
        pipeline = Pipeline([("prepare", prepare), ("estimator", LogisticRegression(max_iter=1000))])
        return pipeline.fit(x.iloc[rows], y[rows])

    with threadpoolctl.threadpool_limits(limits=1):
        for learn, held in StratifiedKFold(folds, shuffle=True, random_state=0).split(x, y):
            scores = fitted(learn).predict_proba(x.iloc[held])[:, 1]
            truth, said = y[held], scores >= 0.5
            found.append(
                {
                    "roc_auc": metrics.roc_auc_score(truth, scores),
                    "average_precision": metrics.average_precision_score(truth, scores),
                    "log_loss": metrics.log_loss(truth, scores),
                    "brier": metrics.brier_score_loss(truth, scores),
                    "accuracy": metrics.accuracy_score(truth, said),
                    "balanced_accuracy": metrics.balanced_accuracy_score(truth, said),
                    "f1": metrics.f1_score(truth, said),
                    "precision": metrics.precision_score(truth, said),
                    "recall": metrics.recall_score(truth, said),
                }
            )
        fitted(np.arange(len(y)))
    return float(np.mean([figures["roc_auc"] for figures in found]))


def tracked_folds(spec: dict[str, Any]) -> float:
    """All fits of the job with everything said and written while they go on."""
    with tempfile.TemporaryDirectory() as folder, Report(Path(folder)) as report:
        run_spec = from_plain(RunSpec, spec["spec"])
        with threadpoolctl.threadpool_limits(limits=1):
            columns = from_plain(tuple[Column, ...], spec["columns"])
            material = read_material(run_spec, Path(spec["table"]), columns, report.log)
            outcome = run_folds(material, report, begin=0.0, end=1.0)
    return float(np.mean([figures["roc_auc"] for figures in outcome.figures]))


def whole_job(spec: dict[str, Any]) -> float:
    with tempfile.TemporaryDirectory() as folder, Report(Path(folder)) as report:
        result = train.run(spec, Path(folder), report)
    return float(result["metrics"][0]["mean"])


def timed(work: Callable[[], float]) -> tuple[float, float, float]:
    """Seconds on the clock, seconds of this process's own computing, and the answer."""
    started, computed = time.perf_counter(), time.process_time()
    answer = work()
    return time.perf_counter() - started, time.process_time() - computed, answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--folds", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        names = make_table(path, asked.rows, asked.columns)
        spec = job(path, names, asked.folds)
        contenders: dict[str, Callable[[], float]] = {
            "plain loop": lambda: plain_loop(path, names, asked.folds),
            "tracked": lambda: tracked_folds(spec),
            "whole job": lambda: whole_job(spec),
        }
        for work in contenders.values():
            work()
        rounds: list[dict[str, tuple[float, float]]] = []
        for number in range(asked.pairs):
            order = list(contenders.items())
            took: dict[str, tuple[float, float]] = {}
            answers = set()
            for name, work in order if number % 2 == 0 else reversed(order):
                clock, computing, answer = timed(work)
                took[name] = (clock, computing)
                answers.add(answer)
            assert len(answers) == 1, f"not the same figures: {answers}"
            rounds.append(took)
    fits = asked.folds + 1
    print(f"{fits} fits of LogisticRegression on {asked.rows} x {asked.columns}, {asked.pairs} rounds in turns")
    for kind, place in (("clock", 0), ("computing", 1)):
        for name in contenders:
            median = statistics.median(took[name][place] for took in rounds) / fits * 1000
            print(f"  {kind}: {name}: median {median:.2f} ms a fit")
        for name in ("tracked", "whole job"):
            ratios = [took[name][place] / took["plain loop"][place] for took in rounds]
            spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
            goal = f" (goal {GOAL})" if name == "tracked" else ""
            print(f"  {kind}: {name} / plain loop: median {statistics.median(ratios):.3f}, {spread}{goal}")


if __name__ == "__main__":
    main()
