"""`mlops demo`: the whole path on the sample that ships with the program, each step with its time."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_desktop.cli.output import count, emit, json_option, number, progress, say
from mlops_desktop.cli.session import Session, pass_session
from mlops_desktop.cli.transfers import telling
from mlops_desktop.domain.experiments import Run, Validation, ValidationKind, main_metric
from mlops_desktop.domain.hosts import THIS_COMPUTER

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

SAMPLE = "flights.csv.zip"
ESTIMATORS: Mapping[str, Mapping[str, object]] = {
    "LogisticRegression": {},
    "HistGradientBoosting": {},
    "DecisionTree": {"max_depth": 10},
}
MODEL = "flight-late"


class Steps:
    """Says each step with its time, and keeps the times."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """What the block puts into the list is said behind the step's name and time."""
        words: list[str] = []
        begun = time.monotonic()
        yield words
        self.seconds[name] = round(time.monotonic() - begun, 2)
        if not self._quiet:
            say(f"{self.seconds[name]:6.1f} s  {name}" + (f": {' '.join(words)}" if words else ""))


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=Path("mlops-demo"), show_default=True)
@click.option("--host", default=THIS_COMPUTER, help="Where the model answers; docker is the engine of this computer.")
@click.option("--keep/--stop", default=False, help="Leave the endpoint running at the end.")
@json_option
@pass_session
def demo(session: Session, folder: Path, host: str, keep: bool, as_json: bool) -> None:
    """Take the New York flights of 2013 from the CSV to a model that answers, in the workspace FOLDER."""
    from mlops_desktop import bootstrap
    from mlops_desktop.resources import resource

    steps = Steps(quiet=as_json)
    begun = time.monotonic()
    with steps.step("workspace") as words:
        known = (folder / "workspace.json").is_file()
        opened = (
            bootstrap.open_workspace(folder, actor=session.actor)
            if known
            else bootstrap.create_workspace(folder, "flights-demo", actor=session.actor)
        )
        words.append(str(opened.folder))
    with opened as workspace:
        _prepare_host(workspace, steps, host)
        answer = _path(workspace, steps, resource("samples", SAMPLE), host=host, keep=keep)
        answer |= {"seconds": steps.seconds, "total": round(time.monotonic() - begun, 1)}
    if as_json:
        emit(answer)
        return
    say(f"{answer['total']:6.1f} s  in all")
    if keep:
        where = "" if host == THIS_COMPUTER else f" on {host}"
        say(f"{answer['endpoint']} goes on answering at {answer['url']}/predict{where}")
        say(f"End it with: mlops -w {folder} deployments stop {shlex.quote(answer['endpoint'])}")


def _prepare_host(workspace: Workspace, steps: Steps, name: str) -> None:
    """Before the work of minutes: that the host can be used, and has what images stand on."""
    from mlops_desktop.cli.hosts import usable_host

    if name == THIS_COMPUTER:
        return
    with steps.step("host") as words:
        report = usable_host(workspace, name)
        words.append(f"{name}, {report.facts.engine}" if report.facts else name)
    if report.facts is not None and not report.facts.base:
        with steps.step("base image") as words, telling(name) as tell:
            workspace.hosts.prepare_base(name, report=tell.report)
            words.append(workspace.hosts.get(name).base_image)


def _path(workspace: Workspace, steps: Steps, sample: Path, *, host: str, keep: bool) -> dict[str, Any]:
    with steps.step("import") as words, progress("import") as show:
        job = workspace.datasets.import_file(sample, "flights", derived=["late = arr_delay > 15"])
        job = workspace.jobs.wait(job.id, show)
        version = workspace.datasets.get(str(job.result["reference"]))
        words.append(f"{version.reference}, {count(version.rows)} rows, {len(version.columns)} columns")
    runs = _train(workspace, steps, version.reference)
    best = _best(workspace, steps, runs)
    with steps.step("register") as words:
        registered = workspace.models.register(best.name, MODEL)
        registered = workspace.models.set_alias(registered.reference, "champion")
        words.append(f"{registered.reference} is champion")
    with steps.step("deploy") as words, telling(MODEL) as tell:
        order = workspace.deployments.deploy(f"{MODEL}@champion", host=host)
        workspace.deployments.wait(order.rollout.id, on_note=lambda n: tell.report(n.message, n.done, n.total))
        endpoint = workspace.deployments.endpoint(order.endpoint.name)
        words.append(f"{endpoint.name} answers at {endpoint.url}/predict on {endpoint.host}")
    with steps.step("predict") as words:
        rows = [dict(row) for row in workspace.models.example_rows(registered.reference)][:1]
        prediction = workspace.deployments.predict(endpoint.name, rows)["predictions"][0]
        words.append(f"late: {prediction['prediction']}, {prediction['probabilities']}")
    with steps.step("score") as words, progress("score") as show:
        job = workspace.datasets.score(f"{MODEL}@champion", dataset=version.reference, parquet=True)
        job = workspace.jobs.wait(job.id, show)
        saved = workspace.datasets.save_scores(job, workspace.folder / "flights-scored.parquet")
        words.append(f"{count(int(str(job.result['rows'])))} rows into {saved.name}")
    with steps.step("verify") as words:
        verification = workspace.verify()
        words.append("clean" if verification.is_clean else f"{len(verification.problems)} problems")
    if not keep:
        with steps.step("stop"):
            workspace.deployments.wait(workspace.deployments.stop(endpoint.name).rollout.id)
    return {
        "version": version.reference,
        "runs": [run.name for run in runs],
        "best": best.name,
        "model": registered.reference,
        "host": endpoint.host,
        "endpoint": endpoint.name,
        "url": endpoint.url,
        "prediction": prediction,
        "clean": verification.is_clean,
    }


def _train(workspace: Workspace, steps: Steps, reference: str) -> list[Run]:
    from mlops_desktop.services.run_setup import EstimatorChoice, RunRequest

    with steps.step("set up runs") as words:
        runs = workspace.experiments.start_runs(
            RunRequest(
                dataset=reference,
                target="late",
                experiment="late-at-arrival",
                question="Will a flight from New York land more than 15 minutes late?",
                estimators=tuple(EstimatorChoice(name, params) for name, params in ESTIMATORS.items()),
                validation=Validation(ValidationKind.TIME_ORDERED, folds=3, test_share=0.2),
            )
        )
        spec = runs[0].spec
        words.append(f"{len(spec.features)} features; left out {', '.join(item.name for item in spec.left_out)}")
    for run in runs:
        with steps.step(f"train {run.spec.estimator}") as words, progress(run.name) as show:
            workspace.jobs.wait(run.job_id, show)
            words.append(run.name)
    return [workspace.experiments.run(run.name) for run in runs]


def _best(workspace: Workspace, steps: Steps, runs: list[Run]) -> Run:
    key = main_metric(runs[0].spec.task)
    with steps.step("compare") as words:
        comparison = workspace.experiments.compare([run.name for run in runs])
        row = next(row for row in comparison.metrics if row.key == key)
        best = comparison.runs[row.best or 0]
        charts = workspace.folder / "charts"
        charts.mkdir(exist_ok=True)
        for kind in ("metrics", "roc"):
            workspace.experiments.chart(kind, [run.name for run in runs], charts)
        scores = ", ".join(
            f"{run.spec.estimator} {number(value.mean)} ± {number(value.std)}"
            for run, value in zip(comparison.runs, row.values, strict=True)
            if value
        )
        words.append(f"{key}: {scores}; best {best.name}; charts in {charts.name}/")
    return best
