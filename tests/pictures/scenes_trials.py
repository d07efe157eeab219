"""Pictures of a version on trial: as a canary, as a shadow, and what is asked before."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication
from tests.fakes.played_host import PlayedEndpoints
from tests.pictures.scenes_deployments import deployments_page
from tests.pictures.scenes_hosts import hosts
from tests.pictures.scenes_models import _dialog

from mlops_desktop.domain.deployments import Answers, Shadowing, TrialKind
from mlops_desktop.gui.dialogs.try_version import TryVersionDialog
from mlops_desktop.gui.shell import Shell
from mlops_desktop.services.workspace import Workspace


def on_trial(workspace: Workspace, kind: TrialKind, share: float, requests: int) -> PlayedEndpoints:
    """v1 beside v3 on gpu-box, for half an hour."""
    played = hosts(workspace)
    played.go_back(0.5)
    workspace.trials.start("flight-late@v1", "flight-late", kind=kind, share=share)
    played.roll_out()
    played.look()
    endpoint = workspace.deployments.endpoint("flight-late")
    assert endpoint.trial is not None
    servers = played.machine_of("gpu-box").servers
    stable, tried = servers[str(endpoint.wanted_deployment_id)], servers[endpoint.trial.deployment_id]
    stable.requests, stable.errors, stable.answers = 48_913, 3, Answers({"false": 37_000, "true": 11_913})
    if kind is TrialKind.CANARY:
        tried.requests, tried.answers = requests, Answers({"false": requests * 7 // 10, "true": requests * 3 // 10})
    else:
        stable.shadowing = Shadowing(
            tried.order.deployment_id, share, requests, 2, 14, 5 * requests, 5 * requests - 61, 0.0213, 0.4127, 4.18
        )
    return played


def canary(shell: Shell, workspace: Workspace) -> None:
    on_trial(workspace, TrialKind.CANARY, 0.1, 5421)
    deployments_page(shell, "flight-late")


def young_canary(shell: Shell, workspace: Workspace) -> None:
    """Its figures say little yet."""
    on_trial(workspace, TrialKind.CANARY, 0.05, 12)
    deployments_page(shell, "flight-late")


def shadow(shell: Shell, workspace: Workspace) -> None:
    on_trial(workspace, TrialKind.SHADOW, 1.0, 2210)
    deployments_page(shell, "flight-late")


def asking(shell: Shell, workspace: Workspace) -> None:
    hosts(workspace)
    page = deployments_page(shell, "flight-late")
    page.view.asked.emit("try-version")
    QApplication.processEvents()
    _dialog(shell, TryVersionDialog)


SCENES: dict[str, Callable[[Shell, Workspace], None]] = {
    "trial-canary": canary,
    "trial-young": young_canary,
    "trial-shadow": shadow,
    "trial-asking": asking,
}
