"""Hosts in words: what each is, how it was found the last time, and what that means for a person."""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mlops_desktop.domain.errors import (
    BaseImageError,
    EngineError,
    HostKeyChangedError,
    HostKeyUnknownError,
    HostRefusedError,
    HostUnreachableError,
)
from mlops_desktop.domain.hosts import THIS_COMPUTER, Host, HostKind, HostReport, HostState, HostStep, HostStepResult
from mlops_desktop.gui import formats
from mlops_desktop.gui.readings.rollouts import Stage, StageState
from mlops_desktop.gui.statuses import Sign

AGES_AFTER = timedelta(seconds=90)
"""An answer that is older than this is said with its age."""
GROUP = 8
_WHOLE_FROM = 10
CHECKING = Sign("loader-circle", "accent-text", "Checking…")
_FAILED = {
    HostUnreachableError.code: Sign("triangle-alert", "error", "No answer"),
    HostRefusedError.code: Sign("circle-x", "error", "Not let in"),
    HostKeyUnknownError.code: Sign("hand", "note", "Key not confirmed"),
    HostKeyChangedError.code: Sign("circle-x", "error", "Key changed, blocked"),
    EngineError.code: Sign("circle-x", "error", "No usable Docker"),
    BaseImageError.code: Sign("triangle-alert", "warn", "Base image unusable"),
}
KIND_WORDS = {
    HostKind.PROCESS: "process, no Docker",
    HostKind.DOCKER: "Docker on this computer",
    HostKind.SSH: "SSH",
    HostKind.TLS: "TLS",
}
_WAYS = {
    HostKind.DOCKER: (HostStep.ENGINE, HostStep.MACHINE, HostStep.BASE),
    HostKind.SSH: (HostStep.HOST_KEY, HostStep.LOG_IN, HostStep.ENGINE, HostStep.MACHINE, HostStep.BASE),
    HostKind.TLS: (HostStep.FIND, HostStep.REACH, HostStep.ENGINE, HostStep.MACHINE, HostStep.BASE),
    HostKind.PROCESS: (HostStep.MACHINE,),
}
_STEPS = {
    HostStep.FIND: ("Find the machine", "its address by its name"),
    HostStep.REACH: ("Reach it", "something answers at the port"),
    HostStep.HOST_KEY: ("Check the host key", "is it the machine you mean?"),
    HostStep.LOG_IN: ("Log in", "with your key"),
    HostStep.ENGINE: ("Find Docker", "it answers and is new enough"),
    HostStep.MACHINE: ("Machine and memory", "architecture and processors"),
    HostStep.BASE: ("Base image", "what model images stand on"),
    HostStep.REGISTRY: ("Registry", "it lets us in, from here and from there"),
}


@dataclass(frozen=True)
class HostsFacts:
    """Every host, this computer first; `checking` are those that are asked right now, and `answered` maps the id of a
    host to when it was last found well by this program."""

    states: tuple[HostState, ...] = ()
    checking: Collection[str] = ()
    answered: Mapping[str, datetime] = field(default_factory=dict)

    def state(self, name: str) -> HostState | None:
        return next((one for one in self.states if one.host.name == name), None)

    @property
    def added(self) -> Sequence[HostState]:
        return [one for one in self.states if one.host.kind is not HostKind.PROCESS]

    def sign(self, state: HostState, now: datetime) -> Sign:
        return state_sign(state, now, checking=state.host.name in self.checking, answered=self.answered)


# --- what it is -------------------------------------------------------------------------------------------------------


def title(name: str) -> str:
    """As a heading, or at the begin of a sentence."""
    return "This computer" if name == THIS_COMPUTER else name


def icon(state: HostState) -> str:
    facts = state.report.facts if state.report else None
    if state.host.kind is HostKind.PROCESS:
        return "laptop"
    if state.host.kind is HostKind.DOCKER:
        return "container"
    return "cpu" if facts is not None and facts.architecture in ("arm64", "aarch64") else "server"


def kind_words(state: HostState) -> str:
    """`SSH · amd64`, `Docker 27.3`; without an answer only what is known."""
    host, facts = state.host, state.report.facts if state.report else None
    if host.kind is HostKind.PROCESS:
        return f"process, {platform.machine() or 'no Docker'}"
    engine = f"Docker {_version(facts.engine)}" if facts is not None and facts.engine else ""
    if host.kind is HostKind.DOCKER:
        return " · ".join(filter(None, (engine or "local Docker", facts.architecture if facts else "")))
    return " · ".join(filter(None, (KIND_WORDS[host.kind], facts.architecture if facts else "", engine)))


def _version(engine: str) -> str:
    """Without what a distribution added: `20.10.24` for `20.10.24+dfsg1`."""
    return engine.partition("+")[0]


def count_words(state: HostState) -> str:
    """How many endpoints are there: `2 live`, `1 of 2 live`; nothing where none is."""
    if not state.endpoints:
        return "none"
    if state.answering == state.endpoints:
        return f"{state.answering} live"
    return f"{state.answering} of {state.endpoints} live"


def use_of(state: HostState) -> tuple[float, float] | None:
    """Shares of processors and memory that are taken on the machine, as it was found the last time."""
    facts = state.report.facts if state.report is not None and state.report.ok else None
    if facts is None or facts.cpu_used is None or facts.memory_used is None or not facts.memory:
        return None
    return facts.cpu_used, facts.memory_used / facts.memory


def address_words(host: Host) -> str:
    if host.kind is HostKind.PROCESS:
        return formats.NOT_SET
    return host.address or ("the usual socket" if host.kind is HostKind.DOCKER else formats.NOT_SET)


# --- how it is --------------------------------------------------------------------------------------------------------


def state_sign(
    state: HostState, now: datetime, *, checking: bool = False, answered: Mapping[str, datetime] | None = None
) -> Sign:
    """What was found the last time; the first look at a host says that it is under way."""
    if state.host.kind is HostKind.PROCESS:
        return Sign("circle-check", "ok", "Ready")
    report = state.report
    if report is None:
        return CHECKING if checking else Sign("clock", "muted", "Not checked yet")
    if report.ok:
        return Sign("circle-check", "ok", "Connected")
    known = _FAILED.get(report.code, Sign("triangle-alert", "error", "Cannot be used"))
    last = (answered or {}).get(state.host.id)
    if report.code == HostUnreachableError.code and last is not None:
        return Sign(known.icon, known.token, f"No answer for {formats.age(last, now)}".replace("for now", "now"))
    return known


def age_words(state: HostState, now: datetime, *, checking: bool = False) -> str:
    """When it was last asked, where that is not just now."""
    if state.checked_at is None or state.host.kind is HostKind.PROCESS:
        return ""
    if checking and state.report is not None and not state.report.ok:
        return "asking again…"
    old = now - state.checked_at > AGES_AFTER
    return f"{formats.age(state.checked_at, now)} ago" if old else ""


def can_serve(state: HostState) -> bool:
    """Whether nothing is known that speaks against deploying there."""
    return state.host.kind is HostKind.PROCESS or state.report is None or state.report.ok


def key_changed(state: HostState) -> bool:
    return state.report is not None and state.report.code == HostKeyChangedError.code


def hosts_sign(facts: HostsFacts) -> Sign | None:
    """For the foot of the window; only from what was looked at already."""
    looked = [one for one in facts.added if one.report is not None]
    if not looked:
        return None
    well = sum(one.report is not None and one.report.ok for one in looked)
    words = f"{well} of {formats.plural(len(looked), 'host')} reachable"
    return Sign("server", "muted", words) if well == len(looked) else Sign("triangle-alert", "warn", words)


# --- in full ----------------------------------------------------------------------------------------------------------


def host_facts(state: HostState, now: datetime, *, brief: bool = False) -> list[tuple[str, str]]:
    """For a card: label and value; `brief` for one beside others."""
    host, report = state.host, state.report
    facts = report.facts if report else None
    rows: list[tuple[str, str]] = []
    if host.kind is not HostKind.PROCESS:
        rows.append(("Reached by", KIND_WORDS[host.kind]))
        rows.append(("Address", address_words(host)))
    if facts is not None and facts.engine and host.kind is not HostKind.PROCESS:
        trip = max(0.1, facts.round_trip * 1000)
        rows.append(("Engine", f"Docker {_version(facts.engine)}"))
        rows.append(("Round trip", f"{trip:.1f} ms" if trip < _WHOLE_FROM else f"{trip:.0f} ms"))
    if facts is not None and facts.cpus:
        parts = [facts.architecture, formats.plural(facts.cpus, "core")]
        rows.append(("Machine", " · ".join(filter(None, parts))))
        use = use_of(state)
        rows.append(("Memory", f"{facts.memory / 2**30:.0f} GB" + (f", {formats.percent(use[1])} used" if use else "")))
        if use and not brief:
            rows.append(("CPU", f"{formats.percent(use[0])} used"))
    if facts is not None and facts.disk_free is not None:
        rows.append(("Disk free", formats.size(facts.disk_free)))
    if facts is not None and host.kind is not HostKind.PROCESS and not brief:
        rows.append(("Our containers", formats.count(facts.containers)))
    if state.checked_at is not None and not brief:
        rows.append(("Last asked", formats.moment(state.checked_at, now)))
    return rows


def proof_facts(host: Host) -> list[tuple[str, str]]:
    """What it proves itself with, and with what we log in."""
    from mlops_desktop.services.host_proofs import authority_fingerprint, key_fingerprints

    rows = []
    if host.kind is HostKind.SSH:
        rows.append(("Log in with", host.credentials or "as OpenSSH chooses"))
        rows += [("Host key", shown) for shown in key_fingerprints(host.pinned)[:1]]
    if host.kind is HostKind.TLS:
        rows.append(("Certificates", host.credentials))
        rows.append(("Authority", authority_fingerprint(host.pinned)))
    if host.registry:
        rows.append(("Registry", f"{host.registry}, as {host.registry_user}" if host.registry_user else host.registry))
    return rows


def base_words(state: HostState) -> tuple[str, str]:
    """Whether the base image is there, as (sentence, tone)."""
    facts = state.report.facts if state.report else None
    if facts is None or not (state.report and state.report.ok):
        return f"{state.host.base_image}; whether it is there is not known", "muted"
    if facts.base:
        return f"{state.host.base_image} is there, {formats.short_hash(facts.base.removeprefix('sha256:'))}", "ok"
    return f"{state.host.base_image} is not there yet; the first deployment fetches it", "warn"


def steps(host: Host, done: Sequence[HostStepResult], *, running: bool, waits: bool = False) -> list[Stage]:
    """Every step of a check of this kind of host: those that were done, and those to come. `waits`: for a person."""
    known = {result.step: result for result in done}
    made = []
    ways = (*_WAYS[host.kind], HostStep.REGISTRY) if host.registry else _WAYS[host.kind]
    for step in (step for step in HostStep if step in ways or step in known):
        name, sentence = _STEPS[step]
        result = known.get(step)
        if result is not None:
            state = StageState.DONE if result.ok else StageState.WAITS if waits else StageState.FAILED
            shown = "unknown: waits for you" if state is StageState.WAITS else result.sentence
            made.append(Stage(name, shown, state, _milliseconds(result.seconds)))
            continue
        is_next = running and len(made) == len(known)
        waiting = running or not done or waits
        state = StageState.RUNNING if is_next else StageState.WAITING if waiting else StageState.SKIPPED
        made.append(Stage(name, sentence, state))
    return made


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


def grouped(fingerprint: str) -> str:
    """`SHA256 q7Xv2mRk T9cW4uJp …`: easier to compare by eye. Those of certificates have groups of their own."""
    mark, colon, rest = fingerprint.partition(":")
    if mark != "SHA256" or not colon:
        return fingerprint
    return " ".join([mark, *(rest[place : place + GROUP] for place in range(0, len(rest), GROUP))])


def key_kind(offered: str) -> str:
    """`ED25519` of a line of a known_hosts file."""
    words = offered.split()
    named = next((word for word in words if word.startswith(("ssh-", "ecdsa-", "sk-"))), "")
    return named.removeprefix("ssh-").removeprefix("ecdsa-sha2-").upper()


def failed_report(report: HostReport | None) -> HostReport | None:
    return report if report is not None and not report.ok else None
