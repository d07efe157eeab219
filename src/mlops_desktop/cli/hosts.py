"""`mlops hosts`: add, check, trust and remove the places where deployments run."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_desktop.cli.output import NOTHING, emit, json_option, note, printable, say, size, table
from mlops_desktop.cli.session import Session, pass_session
from mlops_desktop.cli.transfers import telling
from mlops_desktop.domain.errors import HostKeyUnknownError, UserError
from mlops_desktop.domain.hosts import Host, HostKind, HostReport, HostState, HostStepResult

if TYPE_CHECKING:
    from mlops_desktop.services.hosts import HostService
    from mlops_desktop.services.workspace import Workspace

_CHECK_SECONDS = 30.0
"""How long all hosts together are waited for; each step of a check has a shorter time of its own."""
_SHORT = 12


@click.group()
def hosts() -> None:
    """Where deployments run: this computer, and Docker engines here or elsewhere."""


# --- adding -----------------------------------------------------------------------------------------------------------


@hosts.command()
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in HostKind if kind is not HostKind.PROCESS]),
    required=True,
    help="docker: an engine on this computer; ssh or tls: one elsewhere.",
)
@click.option("--address", default="", help="user@machine[:port] (ssh), machine[:port] (tls); else the usual socket.")
@click.option("--key", type=click.Path(path_type=Path), help="The private SSH key; else as OpenSSH chooses.")
@click.option(
    "--certificates", type=click.Path(path_type=Path), help="The folder with cert.pem, key.pem and ca.pem (tls)."
)
@click.option("--base-image", help="What model images stand on there; else python:3.11-slim.")
@click.option("--fingerprint", help="SHA256:...: the key that the SSH host has to show.")
@click.option("--yes", is_flag=True, help="Take whatever key the SSH host shows, without comparing.")
@json_option
@pass_session
def add(
    session: Session,
    name: str,
    kind: str,
    address: str,
    key: Path | None,
    certificates: Path | None,
    base_image: str | None,
    fingerprint: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Try the host NAME step by step, and add it where all is well."""
    chosen = HostKind(kind)
    _require_fitting(chosen, key, certificates, confirms=bool(fingerprint or yes))
    service = session.workspace.hosts
    host = service.draft(name, chosen, address, str(key or certificates or ""), base_image=base_image)
    report = _tried(service, host, as_json)
    if not report.ok and report.offered:
        _confirm(host, report, fingerprint, yes=yes, may_ask=not as_json)
        host = service.confirmed(host, report)
        report = _tried(service, host, as_json)
    _require_well(report)
    host = service.add(host)
    if as_json:
        emit({"host": host, "report": report})
        return
    say(f"{host.name} is added. Deploy to it: mlops deployments deploy MODEL --host {_word(host.name)}")
    if report.facts is not None and not report.facts.base:
        note(f"{host.base_image} is not there yet: the first deployment fetches it, or: {_base_command(host)}")


def _require_fitting(kind: HostKind, key: Path | None, certificates: Path | None, *, confirms: bool) -> None:
    if key is not None and kind is not HostKind.SSH:
        raise click.UsageError("--key is for hosts of kind ssh.")
    if certificates is not None and kind is not HostKind.TLS:
        raise click.UsageError("--certificates is for hosts of kind tls.")
    if confirms and kind is not HostKind.SSH:
        raise click.UsageError("--fingerprint and --yes are for hosts of kind ssh.")


def _tried(service: HostService, host: Host, as_json: bool) -> HostReport:
    return service.try_out(host, None if as_json else _say_step)


def _say_step(step: HostStepResult) -> None:
    sign = "ok" if step.ok else "--"
    say(f"{step.seconds * 1000:6.0f} ms  {sign}  {step.step.value.replace('_', ' ')}: {printable(step.sentence)}")


def _require_well(report: HostReport) -> None:
    """Raises why the check failed."""
    from mlops_desktop.services.hosts import reason_of

    if not report.ok:
        raise reason_of(report)


def _confirm(host: Host, report: HostReport, fingerprint: str | None, *, yes: bool, may_ask: bool) -> None:
    """Raises HostKeyUnknownError unless somebody confirms the key that the host shows."""
    from mlops_desktop.services.host_proofs import is_same

    if fingerprint is not None:
        if not is_same(fingerprint, report.fingerprint):
            raise HostKeyUnknownError(
                f"{host.name} shows the key {report.fingerprint}, not {fingerprint.strip()}.",
                hint="Nothing was stored. Ask who runs it: another machine may be answering in its place.",
            )
        return
    if yes:
        note(f"The key {report.fingerprint} was taken without comparing it.")
        return
    where = "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
    if not may_ask or not sys.stdin.isatty():
        raise HostKeyUnknownError(
            f"{host.name} is new and shows the key {report.fingerprint}.",
            hint=f"Compare it with what {where} says there, then add: --fingerprint {report.fingerprint}",
        )
    note(f"{host.name} is new. Its key is {report.fingerprint}")
    note(f"Ask who runs it, or read it there: {where}")
    answer = click.prompt("Is this its key? yes, no, or the fingerprint you were given", err=True)
    if answer.strip().lower() not in ("y", "yes") and not is_same(answer, report.fingerprint):
        raise HostKeyUnknownError(
            f"The key of {host.name} was not confirmed.",
            hint="Nothing was stored. Ask who runs it for its fingerprint.",
        )


# --- looking ----------------------------------------------------------------------------------------------------------


@hosts.command(name="list")
@click.option("--check", "reach", is_flag=True, help="Reach each of them now, all at once.")
@json_option
@pass_session
def list_hosts(session: Session, reach: bool, as_json: bool) -> None:
    """Every host, and how many endpoints are there and answer."""
    service = session.workspace.hosts
    known = service.list()
    if reach:
        _check_all(service, [state.host.name for state in known])
        known = service.list()
    if as_json:
        emit(known)
        return
    head = ["Host", "Kind", "Address", "Endpoints", "Answering", "Base image", "Registry"]
    seen = ["State", "Engine", "Machine", "Free"] if reach else []
    rows = [[*_row(state), *(_seen(state) if reach else [])] for state in known]
    table([*head, *seen], rows, right=["Endpoints", "Answering", "Free"])


def _check_all(service: HostService, names: Sequence[str]) -> None:
    """One that does not answer keeps neither the others nor us: who is not done in time is told as not seen."""
    deadline = time.monotonic() + _CHECK_SECONDS
    threads = [threading.Thread(target=_check_one, args=(service, name), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _check_one(service: HostService, name: str) -> None:
    try:
        service.check(name)
    except UserError as error:
        note(f"{name}: {error.message}")


def _row(state: HostState) -> list[str]:
    host = state.host
    is_here = host.kind is HostKind.PROCESS
    return [
        host.name,
        host.kind.value,
        host.address or NOTHING,
        str(state.endpoints),
        str(state.answering),
        NOTHING if is_here else host.base_image,
        host.registry or NOTHING,
    ]


def _seen(state: HostState) -> list[str]:
    report = state.report
    if report is None:
        return [f"did not answer within {_CHECK_SECONDS:.0f} s", NOTHING, NOTHING, NOTHING]
    facts = report.facts
    if facts is None:
        return ["ok" if report.ok else report.sentence, NOTHING, NOTHING, NOTHING]
    machine = ", ".join(filter(None, (facts.architecture, f"{facts.cpus} processors", size(facts.memory))))
    free = size(facts.disk_free) if facts.disk_free is not None else NOTHING
    return ["ok" if report.ok else report.sentence, facts.engine or NOTHING, machine, free]


@hosts.command()
@click.argument("name")
@json_option
@pass_session
def check(session: Session, name: str, as_json: bool) -> None:
    """Try the host NAME step by step; exit code 1 where it cannot be used."""
    report = session.workspace.hosts.check(name, None if as_json else _say_step)
    if as_json:
        emit(report)
    elif report.ok:
        say(f"{name} can be used.")
    elif report.pinned_fingerprint:
        say(f"confirmed:  {report.pinned_fingerprint}")
        say(f"shown now:  {report.fingerprint}")
        say(f"Where it was replaced on purpose: mlops hosts trust {_word(name)} --fingerprint THE-NEW-ONE")
    _require_well(report)


# --- changing ---------------------------------------------------------------------------------------------------------


@hosts.command()
@click.argument("name")
@click.option("--with-endpoints", is_flag=True, help="Forget its endpoints too, where it is gone for good.")
@json_option
@pass_session
def remove(session: Session, name: str, with_endpoints: bool, as_json: bool) -> None:
    """Forget the host NAME; refused while endpoints are there."""
    session.workspace.hosts.remove(name, with_endpoints=with_endpoints)
    if as_json:
        emit({"removed": name})
    else:
        say(f"{name} is removed. What was sent there stays there.")


@hosts.command()
@click.argument("name")
@click.option("--fingerprint", required=True, help="The new one, as who runs the host gave it to you.")
@json_option
@pass_session
def trust(session: Session, name: str, fingerprint: str, as_json: bool) -> None:
    """Let the host NAME prove itself anew, after its SSH key (or the ca.pem of its folder) was replaced on purpose."""
    host = session.workspace.hosts.trust(name, fingerprint)
    if as_json:
        emit(host)
    else:
        say(f"{host.name} is known by its new key. Check it: mlops hosts check {_word(host.name)}")


@hosts.command()
@click.argument("name")
@click.option("--import", "archive", type=click.Path(path_type=Path), help="From this tar, as docker save writes it.")
@click.option("--image", help="Another base image, which is the host's from then on.")
@json_option
@pass_session
def base(session: Session, name: str, archive: Path | None, image: str | None, as_json: bool) -> None:
    """Have the base image on the host NAME: pulled there, or sent from a file."""
    with telling(name) as tell:
        identity = session.workspace.hosts.prepare_base(name, archive, tell.report, reference=image)
    host = session.workspace.hosts.get(name)
    if as_json:
        emit({"host": host.name, "image": host.base_image, "identity": identity})
    else:
        say(f"{host.base_image} is on {host.name}: {short(identity)}")


@hosts.command()
@click.argument("name")
@click.argument("address", required=False)
@click.option("--user", default="", help="Who logs in there; nobody without it.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--none", "away", is_flag=True, help="Take the registry away: the host puts its images together again.")
@json_option
@pass_session
def registry(
    session: Session, name: str, address: str | None, user: str, password_stdin: bool, away: bool, as_json: bool
) -> None:
    """Let images for the host NAME go by way of the registry at ADDRESS, such as registry.example:5000/team."""
    if away == bool(address):
        raise click.UsageError("Give either an ADDRESS or --none.")
    service = session.workspace.hosts
    if away or address is None:
        host = service.remove_registry(name)
    else:
        password = _password(service.registry_variable(name), user, password_stdin) if user else None
        host = service.set_registry(name, address, user, password)
    if as_json:
        emit(host)
    elif host.registry:
        say(f"Images for {host.name} go by way of {host.registry}. Try it: mlops hosts check {_word(host.name)}")
    else:
        say(f"{host.name} puts its images together itself.")


def _password(variable: str, user: str, from_input: bool) -> str | None:
    """As it is given; None where it is in the environment, or where nobody can be asked and it may be known already."""
    import os

    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if os.environ.get(variable) or not sys.stdin.isatty():
        return None
    return str(click.prompt(f"Password of {user}", hide_input=True, err=True))


def short(identity: str) -> str:
    """As Docker shows identities of images and containers."""
    return identity.removeprefix("sha256:")[:_SHORT]


def _base_command(host: Host) -> str:
    return f"mlops hosts base {_word(host.name)}"


def _word(text: str) -> str:
    """As it is typed."""
    import shlex

    return shlex.quote(text)


# --- for the demo -----------------------------------------------------------------------------------------------------


def usable_host(workspace: Workspace, name: str) -> HostReport:
    """Sees that the host can be used; the engine of this computer is added where it is wished for by the name `docker`.

    Raises NotFoundError, HostError.
    """
    service = workspace.hosts
    if name != HostKind.DOCKER.value or name in (state.host.name for state in service.list()):
        report = service.check(name)
        _require_well(report)
        return report
    host = service.draft(name, HostKind.DOCKER)
    report = service.try_out(host)
    _require_well(report)
    service.add(host)
    return report
