"""Pictures of Deployments, of Try it, and of what is asked on the way. The servers are played."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication
from tests.fakes.played_host import PlayedEndpoints
from tests.pictures.scenes_models import _dialog

from mlops_desktop.domain.errors import BusyRegistryError, RequestRefusedError
from mlops_desktop.gui.dialogs.confirm import ConfirmDialog
from mlops_desktop.gui.dialogs.deploy import DeployDialog
from mlops_desktop.gui.dialogs.token import TokenDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.deployments import DeploymentsPage
from mlops_desktop.gui.pages.try_it import TryItPage
from mlops_desktop.gui.shell import Shell
from mlops_desktop.services.workspace import Workspace

BUSY = BusyRegistryError(
    "Another process has held the registry for 30 s.", hint="Wait a moment and try again. Nothing was changed."
)


def deployments_page(shell: Shell, endpoint: str = "") -> DeploymentsPage:
    shell.go(Place("deployments", endpoint))
    QApplication.processEvents()
    assert isinstance(shell.page, DeploymentsPage)
    return shell.page


def try_page(shell: Shell, endpoint: str = "flight-late") -> TryItPage:
    shell.go(Place("try-it", endpoint))
    QApplication.processEvents()
    assert isinstance(shell.page, TryItPage)
    return shell.page


# --- what there is ----------------------------------------------------------------------------------------------------


def one_endpoint(workspace: Workspace) -> PlayedEndpoints:
    """v3 took over from v2, which is kept warm."""
    played = PlayedEndpoints(workspace)
    played.deploy("flight-late@v2", hours_ago=50, port=8080)
    played.deploy("flight-late@v3", hours_ago=3)
    played.look()
    played.count("flight-late", 1284)
    _log(played)
    return played


def several_endpoints(workspace: Workspace) -> PlayedEndpoints:
    """Of each condition one."""
    played = PlayedEndpoints(workspace)
    played.deploy("flight-late@v1", hours_ago=120, port=8080)
    for reference, hours in (("flight-late@v2", 50.0), ("flight-late@v3", 3.0)):
        played.deploy(reference, hours_ago=hours)
    played.deploy("flight-late@v1", hours_ago=28, endpoint="flight-late-old", port=8081)
    played.do(lambda service: service.stop("flight-late-old"), hours_ago=20)
    played.deploy("penguin-species@v1", hours_ago=8, port=8083)
    played.deploy("flight-late@v2", hours_ago=6, endpoint="gate-board", port=8084)
    played.machine.servers[played.answering("gate-board").id].is_ready = False
    played.look()
    played.count("flight-late", 48_913)
    _log(played)
    return played


def _log(played: PlayedEndpoints) -> None:
    answering = played.answering("flight-late")
    refused = {"event": "refused", "level": "warning", "method": "POST", "path": "/predict"}
    played.log(
        answering,
        {"event": "start", "pid": 48213, "model": answering.model_reference},
        {"event": "ready", "message": "the stored example is answered as it was when trained"},
        {"event": "accept", "port": 8080},
        {**refused, "status": 401, "message": "The token is missing or wrong."},
        {**refused, "status": 422, "message": "Row 1: distance is missing."},
        {
            "event": "library",
            "level": "warning",
            "logger": "uvicorn.error",
            "message": "Invalid HTTP request received.",
        },
    )


# --- Deployments ------------------------------------------------------------------------------------------------------


def deployments_none(shell: Shell, workspace: Workspace) -> None:
    deployments_page(shell)


def deployments_one(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    deployments_page(shell)


def deployments_several(shell: Shell, workspace: Workspace) -> None:
    several_endpoints(workspace)
    deployments_page(shell, "flight-late")


def deployments_degraded(shell: Shell, workspace: Workspace) -> None:
    several_endpoints(workspace)
    deployments_page(shell, "gate-board")


def deployments_unknown(shell: Shell, workspace: Workspace) -> None:
    """The keeper has not looked for a while."""
    played = PlayedEndpoints(workspace)
    played.deploy("flight-late@v3", hours_ago=3, port=8080)
    deployments_page(shell)


def deployments_failed(shell: Shell, workspace: Workspace) -> None:
    """The process that answers ended, and cannot be started again."""
    played = one_endpoint(workspace)
    answering = played.answering("flight-late")
    played.machine.start_failures[answering.manifest_hash] = "cannot open bundle/model.skops"
    played.machine.crash(answering.id)
    played.look()
    deployments_page(shell)


def deployments_failed_attempt(shell: Shell, workspace: Workspace) -> None:
    """The old one kept answering."""
    played = one_endpoint(workspace)
    version = workspace.models.get("flight-late@v1")
    played.machine.wrong_examples[version.manifest_hash] = "0.52 instead of 0.71 for row 3"
    played.deploy("flight-late@v1", hours_ago=0.5)
    played.look()
    deployments_page(shell)


def deployments_stopped(shell: Shell, workspace: Workspace) -> None:
    several_endpoints(workspace)
    deployments_page(shell, "flight-late-old")


def deployments_under_way(shell: Shell, workspace: Workspace) -> None:
    played = one_endpoint(workspace)
    workspace.deployments.deploy("flight-late@v1")
    played.look()
    deployments_page(shell)


def deployments_history(shell: Shell, workspace: Workspace) -> None:
    played = several_endpoints(workspace)
    played.do(lambda service: service.rollback("flight-late"), hours_ago=1)
    played.look()
    deployments_page(shell, "flight-late").view.tabs.setCurrentIndex(1)


def deployments_log(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    page = deployments_page(shell)
    page.view.log.view.search.setText("refused")
    page.view.log.view.step(1)
    QApplication.processEvents()
    page.view.ensureWidgetVisible(page.view.log)


def deployments_error(shell: Shell, workspace: Workspace) -> None:
    page = deployments_page(shell)
    page.facts = None
    page._on_failed(BUSY)


def deployments_roll_back(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    deployments_page(shell).view.head.back.click()
    _dialog(shell, ConfirmDialog)


def deployments_stop(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    page = deployments_page(shell)
    next(action for action in page.view.head.menu.actions() if action.data() == "stop").trigger()
    _dialog(shell, ConfirmDialog)


def token(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    page = deployments_page(shell)
    assert page.one is not None
    page.actions_of_endpoint.new_token(page.one)
    _dialog(shell, TokenDialog)


def token_made(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    page = deployments_page(shell)
    assert page.one is not None
    page.actions_of_endpoint.new_token(page.one)
    QApplication.processEvents()
    dialog = shell.window.findChild(TokenDialog)
    assert dialog is not None
    dialog.make.click()
    _dialog(shell, TokenDialog)


# --- Deploy -----------------------------------------------------------------------------------------------------------


def _deploy(shell: Shell, workspace: Workspace, reference: str = "") -> DeployDialog:
    dialog = DeployDialog(shell.context, workspace, reference, shell.window)
    dialog.open()
    QApplication.processEvents()
    return dialog


def deploy_choice(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    deployments_page(shell)
    _deploy(shell, workspace)
    _dialog(shell, DeployDialog)


def deploy_first(shell: Shell, workspace: Workspace) -> None:
    PlayedEndpoints(workspace)
    deployments_page(shell)
    _deploy(shell, workspace, "flight-late@v2")
    _dialog(shell, DeployDialog)


def deploy_switch(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    deployments_page(shell)
    _deploy(shell, workspace, "flight-late@v1")
    _dialog(shell, DeployDialog)


def deploy_bad_port(shell: Shell, workspace: Workspace) -> None:
    played = PlayedEndpoints(workspace)
    played.machine.foreign_ports.add(9090)
    deployments_page(shell)
    form = _deploy(shell, workspace, "flight-late@v2").form
    form.port.setText("9090")
    form.port.textEdited.emit("9090")
    _dialog(shell, DeployDialog)


def deploy_progress(shell: Shell, workspace: Workspace) -> None:
    PlayedEndpoints(workspace)
    deployments_page(shell)
    _deploy(shell, workspace, "flight-late@v2").primary.click()
    _dialog(shell, DeployDialog)


def deploy_done(shell: Shell, workspace: Workspace) -> None:
    played = PlayedEndpoints(workspace)
    deployments_page(shell)
    dialog = _deploy(shell, workspace, "flight-late@v2")
    dialog.primary.click()
    played.roll_out()
    dialog.running._query.ask()
    _dialog(shell, DeployDialog)


def deploy_failed(shell: Shell, workspace: Workspace) -> None:
    played = one_endpoint(workspace)
    version = workspace.models.get("flight-late@v1")
    played.machine.wrong_examples[version.manifest_hash] = "0.52 instead of 0.71 for row 3"
    deployments_page(shell)
    dialog = _deploy(shell, workspace, "flight-late@v1")
    dialog.primary.click()
    played.roll_out()
    dialog.running._query.ask()
    _dialog(shell, DeployDialog)


# --- Try it -----------------------------------------------------------------------------------------------------------


def try_none(shell: Shell, workspace: Workspace) -> None:
    try_page(shell)


def try_form(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    try_page(shell)


def try_json(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    try_page(shell).request.mode.buttons[1].click()


def try_json_wrong(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    page = try_page(shell)
    page.request.mode.buttons[1].click()
    page.request.text.setPlainText(page.request.text.toPlainText().replace(": ", " ", 1))


def try_answer(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    page = try_page(shell)
    for _ in range(3):
        page.send.click()
        page.request.fill_another()
    page.send.click()
    page.code.tabs.setCurrentIndex(1)


def try_changed(shell: Shell, workspace: Workspace) -> None:
    """The answer is for the values before."""
    try_answer(shell, workspace)
    assert isinstance(shell.page, TryItPage)
    _type(shell.page, "distance", "2475")


def try_several_rows(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    page = try_page(shell)
    page.send.click()
    for _ in range(4):
        page.request.add.click()
    page.send.click()
    page.code.tabs.setCurrentIndex(3)


def try_three_classes(shell: Shell, workspace: Workspace) -> None:
    several_endpoints(workspace)
    page = try_page(shell, "penguin-species")
    page.send.click()
    page.code.tabs.setCurrentIndex(2)


def try_bad_value(shell: Shell, workspace: Workspace) -> None:
    one_endpoint(workspace)
    page = try_page(shell)
    _type(page, "distance", "far")
    page.send.click()


def try_refused(shell: Shell, workspace: Workspace) -> None:
    played = one_endpoint(workspace)
    page = try_page(shell)
    page.send.click()
    played.host.refusal = RequestRefusedError(
        "Row 1: distance must be a number, not true.", hint="Change the row.", status=422, field="distance"
    )
    page.send.click()


def try_token_refused(shell: Shell, workspace: Workspace) -> None:
    played = one_endpoint(workspace)
    played.host.refusal = RequestRefusedError(
        "The endpoint refuses the token.", hint="Make a new one: mlops deployments token flight-late", status=401
    )
    try_page(shell).send.click()


def try_stopped(shell: Shell, workspace: Workspace) -> None:
    several_endpoints(workspace)
    try_page(shell, "flight-late-old")


def try_stopped_meanwhile(shell: Shell, workspace: Workspace) -> None:
    played = one_endpoint(workspace)
    page = try_page(shell)
    page.send.click()
    played.do(lambda service: service.stop("flight-late"))
    page.refresh()
    page.send.click()


def try_error(shell: Shell, workspace: Workspace) -> None:
    page = try_page(shell)
    page.facts = None
    page._on_failed(BUSY)


def _type(page: TryItPage, column: str, text: str) -> None:
    control = page.request.fields[column].control
    control.setFocus()
    control.setText(text)  # type: ignore[attr-defined]
    control.textEdited.emit(text)  # type: ignore[attr-defined]


SCENES: dict[str, Callable[[Shell, Workspace], None]] = {
    "deployments-none": deployments_none,
    "deployments-one": deployments_one,
    "deployments-several": deployments_several,
    "deployments-degraded": deployments_degraded,
    "deployments-unknown": deployments_unknown,
    "deployments-failed": deployments_failed,
    "deployments-failed-attempt": deployments_failed_attempt,
    "deployments-stopped": deployments_stopped,
    "deployments-under-way": deployments_under_way,
    "deployments-history": deployments_history,
    "deployments-log": deployments_log,
    "deployments-error": deployments_error,
    "deployments-roll-back": deployments_roll_back,
    "deployments-stop": deployments_stop,
    "deployments-token": token,
    "deployments-token-made": token_made,
    "deploy-choice": deploy_choice,
    "deploy-first": deploy_first,
    "deploy-switch": deploy_switch,
    "deploy-bad-port": deploy_bad_port,
    "deploy-progress": deploy_progress,
    "deploy-done": deploy_done,
    "deploy-failed": deploy_failed,
    "try-none": try_none,
    "try-form": try_form,
    "try-json": try_json,
    "try-json-wrong": try_json_wrong,
    "try-answer": try_answer,
    "try-changed": try_changed,
    "try-several-rows": try_several_rows,
    "try-three-classes": try_three_classes,
    "try-bad-value": try_bad_value,
    "try-refused": try_refused,
    "try-token-refused": try_token_refused,
    "try-stopped": try_stopped,
    "try-stopped-meanwhile": try_stopped_meanwhile,
    "try-error": try_error,
}
