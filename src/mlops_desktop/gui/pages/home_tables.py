"""The tables of Home: deployments with what answers, and the newest runs."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtWidgets import QHBoxLayout, QWidget

from mlops_desktop.domain.deployments import Deployment, DeploymentStatus, Endpoint
from mlops_desktop.domain.experiments import Run, main_metric
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.item_models.columns import dataset_text
from mlops_desktop.gui.readings.home import HomeFacts, is_wanted, room_for_runs, seen_health
from mlops_desktop.gui.statuses import deployment_sign, health_sign, run_sign
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.small_table import SmallTable
from mlops_desktop.gui.widgets.text import Text


class DeploymentsCard(Card):
    """Every endpoint with what answers behind it."""

    HEADS = (
        Head("Endpoint", 150, stretch=True),
        Head("Model version", 190, keep=1),
        Head("Host", 120, keep=2),
        Head("Status", 100),
        Head("Health", 110),
        Head("Port", 70, numeric=True),
        Head("Since", 96, numeric=True, keep=3),
    )

    def __init__(self, context: Context) -> None:
        theme = context.theme
        super().__init__(theme, "Deployments")
        self._context = context
        self._champion = ""
        self.open = Button(theme, "Open Deployments", kind="link")
        self.open.setProperty("flush", True)
        self.open.clicked.connect(lambda: context.shell.go(Place("deployments")))
        self.head.addWidget(self.open)
        self.table = SmallTable(theme, "Deployments", self.HEADS)
        self.table.activated.connect(self._on_opened)
        self.table.pointed.connect(self._on_opened)
        self.body.addWidget(self.table)
        self._none = QWidget()
        row = QHBoxLayout(self._none)
        row.setContentsMargins(13, 0, 13, 12)
        row.setSpacing(12)
        sentence = "Nothing is deployed. An endpoint answers predictions of one model version on this computer."
        row.addWidget(Text(theme, sentence, "table", "muted", wrap=True), 1)
        self.deploy = Button(theme, "Deploy…", icon="rocket", small=True)
        self.deploy.clicked.connect(lambda: context.shell.deploy(self._champion))
        row.addWidget(self.deploy)
        self.body.addWidget(self._none)

    def show_facts(self, facts: HomeFacts) -> None:
        rows = [_deployment_row(facts, endpoint, deployment) for endpoint, deployment in facts.served]
        self.table.setVisible(bool(rows))
        self._none.setVisible(not rows)
        self.open.setVisible(bool(rows))
        self._champion = _to_deploy(facts)
        self.deploy.set_caption(f"Deploy {self._champion.replace('@v', ' v')}…")
        self.deploy.setVisible(bool(self._champion))
        self.table.show_rows(rows)

    def _on_opened(self) -> None:
        row = self.table.currentIndex().row()
        rows = self.table.cells.rows
        if 0 <= row < len(rows):
            self._context.shell.go(Place("deployments", rows[row].cells[0].text))


def _to_deploy(facts: HomeFacts) -> str:
    """A champion, else the newest version there is; empty without a model."""
    models = sorted(facts.models, key=lambda model: "champion" not in model.aliases)
    for model in models:
        number = model.aliases.get("champion") or model.latest_number
        if number:
            return f"{model.name}@v{number}"
    return ""


def _deployment_row(facts: HomeFacts, endpoint: Endpoint, deployment: Deployment | None) -> CellRow:
    if deployment is None:
        nothing = Cell(formats.NOT_SET, "muted")
        return CellRow(
            endpoint.id,
            (
                Cell(endpoint.name, strong=True),
                nothing,
                Cell(endpoint.host),
                nothing,
                nothing,
                _port(endpoint),
                nothing,
            ),
        )
    running = is_wanted(endpoint) and deployment.status is DeploymentStatus.RUNNING
    stopped = deployment.stopped_at is not None and not running
    at = deployment.stopped_at if stopped and deployment.stopped_at else deployment.created_at
    why = deployment.failure.message if deployment.failure else ""
    return CellRow(
        endpoint.id,
        (
            Cell(endpoint.name, strong=True, after=f"#{deployment.number}", tip=endpoint.url),
            Cell(deployment.model_reference.replace("@v", " v"), chip=_champion(facts, deployment.model_reference)),
            Cell(endpoint.host.capitalize(), "muted"),
            Cell(sign=deployment_sign(deployment.status), tip=why),
            Cell(sign=health_sign(seen_health(facts, deployment))) if running else Cell(formats.NOT_SET, "muted"),
            _port(endpoint),
            Cell(formats.moment(at, facts.read_at), "muted", tip=formats.full_moment(at)),
        ),
    )


def _champion(facts: HomeFacts, reference: str) -> str:
    name, _, number = reference.rpartition("@v")
    champion = next((model.aliases.get("champion") for model in facts.models if model.name == name), None)
    return "champion" if champion is not None and str(champion) == number else ""


def _port(endpoint: Endpoint) -> Cell:
    return Cell(str(endpoint.port) if endpoint.port else formats.NOT_SET, tip=endpoint.url)


class LatestRunsCard(Card):
    """The newest runs with the metric they are compared by; a click opens one."""

    HEADS = (
        Head("Run", 150, stretch=True),
        Head("Status", 94),
        Head("Experiment", 126, keep=4),
        Head("Estimator", 146, keep=1),
        Head("Dataset", 84, keep=3),
        Head("Metric", 76, keep=2),
        Head("Mean", 66, numeric=True),
        Head("Started", 96, numeric=True, keep=5),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, "Latest runs")
        self._context = context
        self._runs: tuple[Run, ...] = ()
        self.open = Button(context.theme, "Open Experiments", kind="link")
        self.open.setProperty("flush", True)
        self.open.clicked.connect(lambda: context.shell.go(Place("experiments")))
        self.head.addWidget(self.open)
        self.table = SmallTable(context.theme, "Latest runs", self.HEADS)
        self.table.activated.connect(self._on_opened)
        self.table.pointed.connect(self._on_opened)
        self.body.addWidget(self.table)
        self._none = QWidget()
        row = QHBoxLayout(self._none)
        row.setContentsMargins(13, 0, 13, 12)
        row.setSpacing(12)
        sentence = "No runs yet. A run trains one estimator on a dataset version and keeps what it measured."
        row.addWidget(Text(context.theme, sentence, "table", "muted", wrap=True), 1)
        self.new = Button(context.theme, "New run", icon="plus", small=True)
        self.new.clicked.connect(lambda: context.shell.go(Place("new-run")))
        row.addWidget(self.new)
        self.body.addWidget(self._none)

    def show_runs(self, facts: HomeFacts) -> None:
        self._runs = facts.runs[: room_for_runs(facts)]
        self.table.setVisible(bool(self._runs))
        self._none.setVisible(not self._runs)
        self.open.setVisible(bool(self._runs))
        self.table.show_rows([_run_row(run, facts.read_at) for run in self._runs])

    def _on_opened(self) -> None:
        row = self.table.currentIndex().row()
        if 0 <= row < len(self._runs):
            self._context.shell.go(Place("run", self._runs[row].name))


def _run_row(run: Run, now: datetime) -> CellRow:
    key = main_metric(run.spec.task)
    metric = run.metric(key)
    mean = formats.number(metric.mean, formats.decimals([metric.mean])) if metric else formats.NOT_SET
    at = run.started_at or run.created_at
    cells = (
        Cell(run.name, strong=True),
        Cell(sign=run_sign(run.status), tip=run.failure.message if run.failure else ""),
        Cell(run.experiment_name, "muted"),
        Cell(formats.estimator(run.spec.estimator), "muted"),
        Cell(dataset_text(run.dataset_reference), "muted"),
        Cell(key, "muted"),
        Cell(mean, "text" if metric else "muted"),
        Cell(formats.moment(at, now), "muted", tip=formats.full_moment(at)),
    )
    return CellRow(run.id, cells)
