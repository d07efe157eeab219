"""Pictures of hosts in every state, of adding one, and of deployments to containers. Engines and servers are played."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta

from PySide6.QtWidgets import QApplication
from tests.fakes.hosts import KEY, OTHER_KEY
from tests.fakes.played_host import PlayedEndpoints
from tests.pictures.scenes_deployments import deployments_page
from tests.pictures.scenes_models import _dialog

from mlops_desktop.domain.errors import BaseImageError, DeploymentError, InvalidInputError
from mlops_desktop.domain.hosts import HostFacts, HostKind, HostReport, HostStep, HostStepResult
from mlops_desktop.gui.dialogs.add_host import AddHostDialog, Stand
from mlops_desktop.gui.dialogs.base_image import BaseImageDialog
from mlops_desktop.gui.dialogs.confirm import ConfirmDialog
from mlops_desktop.gui.dialogs.deploy import DeployDialog
from mlops_desktop.gui.dialogs.host_key_changed import HostKeyChangedDialog
from mlops_desktop.gui.dialogs.host_registry import HostRegistryDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.deployments import DeploymentsPage
from mlops_desktop.gui.shell import Shell
from mlops_desktop.services.host_proofs import key_fingerprints
from mlops_desktop.services.workspace import Workspace

_BASE = "sha256:71fa3c5b" + "0" * 56
DOCKER = HostFacts("27.3.1", "amd64", "linux", 8, 32 * 2**30, 0.0006, 41 * 10**9, 2, _BASE, 0.12, 8 * 2**30)
GPU = HostFacts("27.3.1", "amd64", "linux", 16, 64 * 2**30, 0.0042, 312 * 10**9, 2, _BASE, 0.22, 26 * 2**30)
EDGE = HostFacts("26.1.4", "arm64", "linux", 4, 8 * 2**30, 0.018, 21 * 10**9, 1, "")


def _steps(*results: tuple[HostStep, str, float], failed: str = "") -> tuple[HostStepResult, ...]:
    """The last of them failed with these words, if any are given."""
    made = [HostStepResult(step, True, sentence, seconds) for step, sentence, seconds in results]
    if failed:
        made[-1] = dataclasses.replace(made[-1], ok=False, sentence=failed)
    return tuple(made)


def _well(facts: HostFacts, kind: HostKind) -> HostReport:
    first = {
        HostKind.SSH: [(HostStep.HOST_KEY, "ssh-ed25519, as confirmed", 0.031), (HostStep.LOG_IN, "let in", 0.21)],
        HostKind.TLS: [(HostStep.FIND, "192.0.2.31", 0.002), (HostStep.REACH, "port 2376 answers", 0.004)],
    }.get(kind, [])
    base = "python:3.11-slim, Python 3.11.9" if facts.base else "python:3.11-slim is not there yet"
    rest = [
        (HostStep.ENGINE, f"Docker {facts.engine}", 0.012),
        (HostStep.MACHINE, f"{facts.architecture}, {facts.cpus} processors, {facts.memory // 2**30} GB memory", 0.02),
        (HostStep.BASE, base, 0.6),
    ]
    return HostReport(_steps(*first, *rest), facts=facts)


NO_ANSWER = HostReport(
    _steps((HostStep.FIND, "192.0.2.31", 0.002), (HostStep.REACH, "", 5.0), failed="timed out after 5 s"),
    code="MD-HST-002",
    sentence="edge-01.lan:2376 does not answer: timed out.",
    hint="Check that it is on, that its engine listens there, and that no firewall is in between.",
)
NO_DOCKER = HostReport(
    _steps(
        (HostStep.HOST_KEY, "ssh-ed25519, as confirmed", 0.03),
        (HostStep.LOG_IN, "let in", 0.2),
        (HostStep.ENGINE, "", 0.05),
        failed="mlops may not use Docker on lab-02.",
    ),
    code="MD-HST-006",
    sentence="mlops may not use Docker on lab-02.",
    hint="Its socket belongs to the group docker: sudo usermod -aG docker mlops on lab-02, then log in anew.",
)
CHANGED = HostReport(
    _steps((HostStep.HOST_KEY, "", 0.03), failed="gpu-box shows another key than the one that was confirmed."),
    code="MD-HST-005",
    sentence="gpu-box shows another key than the one that was confirmed.",
    hint="Somebody may be in between, or it was set up anew. Ask who runs it before you trust the new key.",
    offered=OTHER_KEY,
    fingerprint=key_fingerprints(OTHER_KEY)[0],
    pinned_fingerprint=key_fingerprints(KEY)[0],
)
UNKNOWN = HostReport(
    _steps((HostStep.HOST_KEY, "", 0.031), failed="lab-02 is new here: its key was not confirmed yet."),
    code="MD-HST-004",
    sentence="lab-02 is new here: its key was not confirmed yet.",
    hint="Compare the fingerprint with what its administrator tells you, then confirm it.",
    offered=KEY,
    fingerprint=key_fingerprints(KEY)[0],
)


def hosts(workspace: Workspace) -> PlayedEndpoints:
    """A local engine, one over SSH, one over TLS; on them endpoints that answer."""
    played = PlayedEndpoints(workspace)
    played.add_host("docker", HostKind.DOCKER, report=_well(DOCKER, HostKind.DOCKER))
    played.add_host("gpu-box", HostKind.SSH, "mlops@gpu-box", report=_well(GPU, HostKind.SSH))
    played.add_host("edge-01", HostKind.TLS, "edge-01.lan:2376", report=_well(EDGE, HostKind.TLS))
    played.deploy("flight-late@v2", hours_ago=50, host="gpu-box", port=8080)
    played.deploy("flight-late@v3", hours_ago=3)
    played.deploy("penguin-species@v1", hours_ago=20, host="gpu-box", port=8081)
    played.deploy("flight-late@v1", hours_ago=30, endpoint="flight-late-try", host="docker", port=8080)
    played.deploy("flight-late@v1", hours_ago=9, endpoint="gate-board", host="edge-01", port=8080)
    played.look()
    played.count("flight-late", 48_913)
    return played


def _at_host(shell: Shell, name: str) -> DeploymentsPage:
    shell.go(Place("deployments", "", {"host": name}))
    QApplication.processEvents()
    assert isinstance(shell.page, DeploymentsPage)
    return shell.page


def _answered(shell: Shell, played: PlayedEndpoints, name: str, minutes: float) -> None:
    """It was found well for the last time so long ago."""
    host = played.workspace.hosts.get(name)
    shell.host_watch._answered[host.id] = shell.context.clock() - timedelta(minutes=minutes)


# --- Deployments ------------------------------------------------------------------------------------------------------


def running(shell: Shell, workspace: Workspace) -> None:
    played = hosts(workspace)
    played.hosts.reports["edge-01"] = NO_ANSWER
    _answered(shell, played, "edge-01", 14)
    deployments_page(shell, "flight-late")


def cut_off(shell: Shell, workspace: Workspace) -> None:
    """Its host does not answer; what runs there is unknown, not stopped."""
    played = hosts(workspace)
    played.machine_of("edge-01").is_cut_off = True
    played.hosts.reports["edge-01"] = NO_ANSWER
    played.look()
    _answered(shell, played, "edge-01", 14)
    deployments_page(shell, "gate-board")


def drift(shell: Shell, workspace: Workspace) -> None:
    """Somebody removed its container by hand."""
    played = hosts(workspace)
    answering = played.answering("flight-late")
    played.machine_of("gpu-box").servers.pop(answering.id)
    played.look()
    deployments_page(shell, "flight-late")


def failed(shell: Shell, workspace: Workspace) -> None:
    played = hosts(workspace)
    answering = played.answering("flight-late")
    machine = played.machine_of("gpu-box")
    machine.start_failures[answering.manifest_hash] = "cannot open bundle/model.skops"
    machine.crash(answering.id)
    played.look()
    deployments_page(shell, "flight-late")


def under_way(shell: Shell, workspace: Workspace) -> None:
    played = hosts(workspace)
    workspace.deployments.deploy("flight-late@v1", endpoint="flight-late")
    played.build("flight-late", ("Sending the runtime layer", 38_000_000, 84_200_000))
    deployments_page(shell, "flight-late")


def host(shell: Shell, workspace: Workspace) -> None:
    hosts(workspace)
    _at_host(shell, "gpu-box")


def host_no_answer(shell: Shell, workspace: Workspace) -> None:
    played = hosts(workspace)
    played.hosts.reports["edge-01"] = NO_ANSWER
    _answered(shell, played, "edge-01", 14)
    _at_host(shell, "edge-01")


def host_changed(shell: Shell, workspace: Workspace) -> None:
    played = hosts(workspace)
    played.hosts.reports["gpu-box"] = CHANGED
    _at_host(shell, "gpu-box")


def host_empty(shell: Shell, workspace: Workspace) -> None:
    played = PlayedEndpoints(workspace)
    played.add_host("gpu-box", HostKind.SSH, "mlops@gpu-box", report=_well(EDGE, HostKind.SSH))
    _at_host(shell, "gpu-box")


def this_computer(shell: Shell, workspace: Workspace) -> None:
    hosts(workspace)
    _at_host(shell, "this computer")


def host_remove(shell: Shell, workspace: Workspace) -> None:
    hosts(workspace)
    page = _at_host(shell, "gpu-box")
    state = page.watch.facts.state("gpu-box")
    assert state is not None
    page.actions_of_host.remove(state)
    _dialog(shell, ConfirmDialog)


# --- add, key, base image ---------------------------------------------------------------------------------------------


def _adding(shell: Shell, workspace: Workspace, kind: HostKind = HostKind.SSH, address: str = "") -> AddHostDialog:
    hosts(workspace)
    deployments_page(shell)
    dialog = AddHostDialog(shell.context, workspace, shell.window)
    dialog.form.kind.show_value(kind)
    dialog.form._on_kind()
    dialog.form.address.setText(address)
    dialog.open()
    QApplication.processEvents()
    return dialog


def add_asking(shell: Shell, workspace: Workspace) -> None:
    _adding(shell, workspace)
    _dialog(shell, AddHostDialog)


def add_local(shell: Shell, workspace: Workspace) -> None:
    _adding(shell, workspace, HostKind.DOCKER)
    _dialog(shell, AddHostDialog)


def add_tls(shell: Shell, workspace: Workspace) -> None:
    _adding(shell, workspace, HostKind.TLS, "gpu-2.lan:2376")
    _dialog(shell, AddHostDialog)


def add_fault(shell: Shell, workspace: Workspace) -> None:
    dialog = _adding(shell, workspace, HostKind.SSH, "mlops@gpu-box")
    dialog.primary.click()
    _dialog(shell, AddHostDialog)


def add_testing(shell: Shell, workspace: Workspace) -> None:
    dialog = _adding(shell, workspace, HostKind.SSH, "mlops@lab-02")
    dialog._stand = Stand.TESTING
    dialog._steps = list(_well(GPU, HostKind.SSH).steps[:2])
    dialog._show()
    _dialog(shell, AddHostDialog)


def add_key(shell: Shell, workspace: Workspace, given: str = "") -> None:
    dialog = _adding(shell, workspace, HostKind.SSH, "mlops@lab-02")
    dialog.primary.click()
    dialog.key.given.entry.setText(given)
    _dialog(shell, AddHostDialog)


def add_same(shell: Shell, workspace: Workspace) -> None:
    add_key(shell, workspace, key_fingerprints(KEY)[0])


def add_differs(shell: Shell, workspace: Workspace) -> None:
    add_key(shell, workspace, key_fingerprints(OTHER_KEY)[0])


def add_refused(shell: Shell, workspace: Workspace) -> None:
    dialog = _adding(shell, workspace, HostKind.SSH, "mlops@lab-02")
    dialog.primary.click()
    dialog._host = dataclasses.replace(dialog._host, pinned=KEY) if dialog._host else None
    trial = dialog._trial
    assert trial is not None
    assert dialog._host is not None
    dialog.show_report(trial, dialog._host, NO_DOCKER)
    _dialog(shell, AddHostDialog)


def add_well(shell: Shell, workspace: Workspace) -> None:
    dialog = _adding(shell, workspace, HostKind.SSH, "mlops@lab-02")
    dialog.primary.click()
    trial = dialog._trial
    assert trial is not None
    assert dialog._host is not None
    dialog.show_report(trial, dialog._host, _well(EDGE, HostKind.SSH))
    _dialog(shell, AddHostDialog)


def key_changed(shell: Shell, workspace: Workspace, given: str = "") -> None:
    played = hosts(workspace)
    played.hosts.reports["gpu-box"] = CHANGED
    page = _at_host(shell, "gpu-box")
    page.host_view.way_on.click()
    QApplication.processEvents()
    dialog = shell.window.findChild(HostKeyChangedDialog)
    assert dialog is not None
    dialog.entry.entry.setText(given)
    _dialog(shell, HostKeyChangedDialog)


def key_changed_same(shell: Shell, workspace: Workspace) -> None:
    key_changed(shell, workspace, key_fingerprints(OTHER_KEY)[0])


def new_authority(shell: Shell, workspace: Workspace) -> None:
    hosts(workspace)
    page = _at_host(shell, "edge-01")
    state = page.watch.facts.state("edge-01")
    assert state is not None
    page.actions_of_host.trust(state)
    _dialog(shell, HostKeyChangedDialog)


def _base(shell: Shell, workspace: Workspace) -> BaseImageDialog:
    hosts(workspace)
    page = _at_host(shell, "edge-01")
    page.host_view.prepare.click()
    QApplication.processEvents()
    dialog = shell.window.findChild(BaseImageDialog)
    assert dialog is not None
    return dialog


def base_image(shell: Shell, workspace: Workspace) -> None:
    _base(shell, workspace)
    _dialog(shell, BaseImageDialog)


def base_progress(shell: Shell, workspace: Workspace) -> None:
    dialog = _base(shell, workspace)
    dialog._set_busy(True)
    dialog._progress.show()
    dialog.show_progress("Pulling python:3.11-slim: Downloading", 17_300_000, 45_100_000)
    _dialog(shell, BaseImageDialog)


def base_failed(shell: Shell, workspace: Workspace) -> None:
    dialog = _base(shell, workspace)
    dialog.show_failed(
        BaseImageError(
            "edge-01 could not pull python:3.11-slim: its registry does not answer.",
            hint="Import a tar, which docker save writes on a machine that has it.",
        )
    )
    _dialog(shell, BaseImageDialog)


def _registry(shell: Shell, workspace: Workspace) -> HostRegistryDialog:
    hosts(workspace)
    page = _at_host(shell, "edge-01")
    state = page.watch.facts.state("edge-01")
    assert state is not None
    page.actions_of_host.choose_registry(state)
    QApplication.processEvents()
    dialog = shell.window.findChild(HostRegistryDialog)
    assert dialog is not None
    return dialog


def registry(shell: Shell, workspace: Workspace) -> None:
    dialog = _registry(shell, workspace)
    dialog.address.setText("registry.example:5000/team")
    dialog.user.setText("ada")
    dialog.password.setText("a password")
    _dialog(shell, HostRegistryDialog)


def registry_fault(shell: Shell, workspace: Workspace) -> None:
    dialog = _registry(shell, workspace)
    dialog.address.setText("https://registry.example")
    dialog.use.click()
    dialog._on_failed(
        InvalidInputError(
            "The password of ada is not known.", hint="Give it, or set MLOPS_REGISTRY_EDGE_01 in the environment."
        )
    )
    _dialog(shell, HostRegistryDialog)


# --- Deploy -----------------------------------------------------------------------------------------------------------


def _deploying(shell: Shell, workspace: Workspace, reference: str = "flight-late@v1", host: str = "") -> DeployDialog:
    dialog = DeployDialog(shell.context, workspace, reference, shell.window, host=host)
    dialog.open()
    QApplication.processEvents()
    return dialog


def deploy_hosts(shell: Shell, workspace: Workspace) -> None:
    played = hosts(workspace)
    played.hosts.reports["edge-01"] = NO_ANSWER
    _answered(shell, played, "edge-01", 14)
    deployments_page(shell)
    _deploying(shell, workspace)
    _dialog(shell, DeployDialog)


def deploy_publish(shell: Shell, workspace: Workspace) -> None:
    hosts(workspace)
    deployments_page(shell)
    dialog = _deploying(shell, workspace, "penguin-species@v1", "docker")
    dialog.form.publish.click()
    _dialog(shell, DeployDialog)


def _sent(shell: Shell, workspace: Workspace) -> tuple[PlayedEndpoints, DeployDialog]:
    played = hosts(workspace)
    deployments_page(shell, "flight-late")
    dialog = _deploying(shell, workspace)
    dialog.primary.click()
    return played, dialog


def deploy_build(shell: Shell, workspace: Workspace) -> None:
    played, dialog = _sent(shell, workspace)
    played.build(
        "flight-late",
        ("Looking which layers gpu-box has", 0, 0),
        ("The base image is there, 46.2 MB", 0, 0),
        ("Resolving the libraries for amd64, Python 3.11", 0, 0),
        ("Sending the runtime layer", 38_000_000, 84_200_000),
    )
    dialog.running._query.ask()
    _dialog(shell, DeployDialog)


def deploy_cancelling(shell: Shell, workspace: Workspace) -> None:
    played, dialog = _sent(shell, workspace)
    played.build("flight-late", ("Sending the runtime layer", 38_000_000, 84_200_000))
    dialog.running._query.ask()
    dialog.cancel.click()
    _dialog(shell, DeployDialog)


def deploy_cancelled(shell: Shell, workspace: Workspace) -> None:
    played, dialog = _sent(shell, workspace)
    played.build("flight-late", ("Sending the runtime layer", 38_000_000, 84_200_000))
    dialog.running._query.ask()
    dialog.cancel.click()
    played.roll_out()
    dialog.running._query.ask()
    _dialog(shell, DeployDialog)


def deploy_done(shell: Shell, workspace: Workspace) -> None:
    played = hosts(workspace)
    deployments_page(shell)
    dialog = _deploying(shell, workspace, "penguin-species@v1", "docker")
    dialog.form.new.button.setChecked(True)
    dialog.primary.click()
    played.roll_out()
    dialog.running._query.ask()
    _dialog(shell, DeployDialog)


def deploy_failed(shell: Shell, workspace: Workspace) -> None:
    played, dialog = _sent(shell, workspace)
    version = workspace.models.get("flight-late@v1")
    played.machine_of("gpu-box").build_failures[version.manifest_hash] = DeploymentError(
        "gpu-box has 1.1 GB free, and the image needs 1.4 GB.",
        hint="Free some space there, such as with docker image prune.",
    )
    played.roll_out()
    dialog.running._query.ask()
    _dialog(shell, DeployDialog)


def try_remote(shell: Shell, workspace: Workspace) -> None:
    hosts(workspace)
    shell.go(Place("try-it", "flight-late"))
    QApplication.processEvents()


def settings(shell: Shell, workspace: Workspace) -> None:
    played = hosts(workspace)
    played.hosts.reports["edge-01"] = NO_ANSWER
    _answered(shell, played, "edge-01", 14)
    shell.go(Place("settings", "hosts"))
    QApplication.processEvents()


SCENES: dict[str, Callable[[Shell, Workspace], None]] = {
    "hosts-running": running,
    "hosts-cut-off": cut_off,
    "hosts-drift": drift,
    "hosts-failed": failed,
    "hosts-under-way": under_way,
    "hosts-one": host,
    "hosts-no-answer": host_no_answer,
    "hosts-changed": host_changed,
    "hosts-empty": host_empty,
    "hosts-this-computer": this_computer,
    "hosts-remove": host_remove,
    "add-host-asking": add_asking,
    "add-host-local": add_local,
    "add-host-tls": add_tls,
    "add-host-fault": add_fault,
    "add-host-testing": add_testing,
    "add-host-key": add_key,
    "add-host-same": add_same,
    "add-host-differs": add_differs,
    "add-host-refused": add_refused,
    "add-host-well": add_well,
    "host-key-changed": key_changed,
    "host-key-same": key_changed_same,
    "host-authority": new_authority,
    "base-image-ask": base_image,
    "base-image-progress": base_progress,
    "base-image-failed": base_failed,
    "host-registry": registry,
    "host-registry-fault": registry_fault,
    "container-deploy-hosts": deploy_hosts,
    "container-deploy-publish": deploy_publish,
    "container-deploy-build": deploy_build,
    "container-deploy-cancelling": deploy_cancelling,
    "container-deploy-cancelled": deploy_cancelled,
    "container-deploy-done": deploy_done,
    "container-deploy-failed": deploy_failed,
    "container-try": try_remote,
    "settings-hosts": settings,
}
