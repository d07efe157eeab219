"""All hosts of a workspace, without processes or engines: each a fake host on a machine of its own."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.host import FakeHost, FakeMachine

from mlops_desktop.domain import hosts
from mlops_desktop.domain.errors import HostKeyChangedError, HostKeyUnknownError, HostUnreachableError, MlopsError
from mlops_desktop.domain.hosts import THIS_COMPUTER, HostFacts, HostKind, HostReport, HostStep, HostStepResult
from mlops_desktop.services.host_ports import OnHostStep, Report
from mlops_desktop.services.host_proofs import key_fingerprints

FACTS = HostFacts("27.3", "amd64", "linux", 16, 64 * 2**30, 0.004, disk_free=312 * 10**9, base="sha256:" + "b" * 64)
KEY = "host ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZha2VLZXlPZkFIb3N0VGhhdElzTm9uZQ==\n"
OTHER_KEY = "host ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEFub3RoZXJLZXlPZkFIb3N0VGhhdElz\n"


class FakeHosts:
    """`machine` is this computer's. `reports` says what a check finds, by the host's name; else all is well, where an
    SSH host was confirmed with the key it has (`keys`, by name, else KEY)."""

    def __init__(self, machine: FakeMachine | None = None, host: FakeHost | None = None) -> None:
        self.host = host or FakeHost(machine)
        self.others: dict[str, FakeHost] = {}
        self.reports: dict[str, HostReport] = {}
        self.keys: dict[str, str] = {}
        self.bases: list[tuple[hosts.Host, Path | None]] = []
        """What was prepared, newest last."""

    def at(self, host: hosts.Host, here: hosts.Host | None = None) -> FakeHost:
        if host.name == THIS_COMPUTER:
            return self.host
        if host.name not in self.others:
            machine = FakeMachine(in_containers=host.kind is not HostKind.PROCESS)
            self.others[host.name] = FakeHost(machine)
        return self.others[host.name]

    def check(self, host: hosts.Host, on_step: OnHostStep | None = None, here: hosts.Host | None = None) -> HostReport:
        steps = (
            HostStepResult(HostStep.REACH, True, "OpenSSH answers", 0.004),
            HostStepResult(HostStep.ENGINE, True, "Docker 27.3", 0.012),
        )
        report = self.reports.get(host.name) or self._proven(host) or HostReport(steps, facts=FACTS)
        for step in report.steps:
            if on_step is not None:
                on_step(step)
        return report

    def _proven(self, host: hosts.Host) -> HostReport | None:
        """Why an SSH host cannot be logged in to yet, or any more."""
        key = self.keys.get(host.name, KEY)
        if host.kind is not HostKind.SSH or host.pinned == key:
            return None
        (fingerprint,) = key_fingerprints(key)
        steps = (
            HostStepResult(HostStep.REACH, True, "OpenSSH answers", 0.004),
            HostStepResult(HostStep.HOST_KEY, False, "another key" if host.pinned else "a new key", 0.001),
        )
        facts = {"offered": key, "fingerprint": fingerprint}
        if not host.pinned:
            return report_of(
                HostKeyUnknownError(f"{host.name} is new: {fingerprint}", hint="Ask.", facts=facts), *steps
            )
        (before,) = key_fingerprints(host.pinned)
        facts["pinned_fingerprint"] = before
        changed = f"{host.name} shows {fingerprint}, not {before}."
        return report_of(HostKeyChangedError(changed, hint="Ask who runs it.", facts=facts), *steps)

    def prepare_base(self, host: hosts.Host, archive: Path | None, report: Report) -> str:
        if self.at(host).machine.is_cut_off:
            raise HostUnreachableError(f"{host.name} does not answer.", hint="See to it.")
        report("pulling", 0, 40_000_000)
        report("pulling", 40_000_000, 40_000_000)
        self.bases.append((host, archive))
        return FACTS.base

    def close(self) -> None:
        for host in (self.host, *self.others.values()):
            host.close()


def report_of(error: MlopsError, *steps: HostStepResult) -> HostReport:
    """A check that ended with this error."""
    facts = {name: str(value) for name, value in error.facts.items()}
    return HostReport(
        steps,
        code=error.code,
        sentence=error.message,
        hint=error.hint,
        offered=facts.get("offered", ""),
        fingerprint=facts.get("fingerprint", ""),
        pinned_fingerprint=facts.get("pinned_fingerprint", ""),
    )
