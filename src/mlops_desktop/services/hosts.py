"""Hosts: add a place where deployments may run, see whether it can be used, confirm what it proves itself with."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from mlops_desktop.domain.deployments import DeploymentStatus, Endpoint, Health
from mlops_desktop.domain.errors import (
    AlreadyExistsError,
    ConflictError,
    HostError,
    HostKeyUnknownError,
    InvalidInputError,
    KeyringUnavailableError,
    MlopsError,
)
from mlops_desktop.domain.experiments import Failure
from mlops_desktop.domain.hosts import (
    DEFAULT_BASE_IMAGE,
    THIS_COMPUTER,
    Host,
    HostKind,
    HostReport,
    HostState,
    parse_registry,
    registry_secret,
    this_computer,
)
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.domain.names import check_name
from mlops_desktop.services import host_drafts as drafts
from mlops_desktop.services import host_proofs as proofs
from mlops_desktop.services import lookup
from mlops_desktop.services.endpoint_tokens import forget_tokens
from mlops_desktop.services.host_ports import OnHostStep, Report
from mlops_desktop.services.jobs import error_of
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import UnitOfWork

log = logging.getLogger(__name__)


class HostService:
    """This computer and the Docker hosts of the workspace. `check`, `try_out` and `prepare_base` may take long."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._seen: dict[str, tuple[HostReport, datetime]] = {}
        """By the host's id: how it was found the last time we looked."""

    def list(self) -> Sequence[HostState]:
        """This computer first, the others in the order in which they were added. Reaches none of them."""
        with self._parts.registry.read() as unit:
            known = [this_computer(), *unit.hosts.list()]
            endpoints = unit.deployments.endpoints()
            answering = [endpoint.host for endpoint in endpoints if _answers(unit, endpoint)]
        there = [endpoint.host for endpoint in endpoints]
        return [
            HostState(host, there.count(host.name), answering.count(host.name), *self._seen.get(host.id, (None, None)))
            for host in known
        ]

    def get(self, name: str) -> Host:
        """Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            return lookup.host(unit, name)

    # --- a new one --------------------------------------------------------------------------------------------------

    def draft(
        self,
        name: str,
        kind: HostKind,
        address: str = "",
        credentials: str = "",
        *,
        authority: Path | None = None,
        base_image: str | None = None,
    ) -> Host:
        """A host that was checked as far as that goes without reaching it; nothing is stored.

        `credentials` is an SSH key (none: as OpenSSH chooses) or the folder with `cert.pem`, `key.pem` and `ca.pem`;
        `authority` a certificate in place of that `ca.pem`. An SSH host is not pinned yet: see `confirmed`.

        Raises InvalidNameError, AlreadyExistsError, InvalidInputError.
        """
        checked = check_name(name, "host")
        with self._parts.registry.read() as unit:
            _require_free(unit, checked)
        stored_address = drafts.usable_address(kind, address)
        path, pinned = drafts.usable_credentials(kind, credentials, authority)
        return Host(
            id=new_identifier(),
            name=checked,
            kind=kind,
            created_at=self._parts.clock(),
            created_by=self._parts.actor,
            address=stored_address,
            credentials=path,
            pinned=pinned,
            base_image=drafts.usable_base_image(DEFAULT_BASE_IMAGE if base_image is None else base_image),
        )

    def try_out(self, host: Host, on_step: OnHostStep | None = None) -> HostReport:
        """Tries a host step by step, one that was added or not. A failure is in the report; nothing is stored."""
        report = self._tried(host, on_step)
        self._seen[host.id] = (report, self._parts.clock())
        return report

    def _tried(self, host: Host, on_step: OnHostStep | None = None) -> HostReport:
        with self._parts.registry.read() as unit:
            here = lookup.engine_here(unit, host)
        return self._parts.hosts.check(host, on_step, here)

    def confirmed(self, host: Host, report: HostReport) -> Host:
        """The host with the key that it offered, after a person confirmed its fingerprint. Nothing is stored.

        Raises InvalidInputError where it offered none, ConflictError where another key is pinned already.
        """
        if host.kind is not HostKind.SSH or not report.offered or not report.fingerprint:
            raise InvalidInputError(f"{host.name} offered no key to confirm.", hint="Check it again.")
        if host.pinned:
            raise ConflictError(
                f"{host.name} has a confirmed key already.",
                hint=f"Where it changed: mlops hosts trust {host.name} --fingerprint SHA256:...",
            )
        return dataclasses.replace(host, pinned=report.offered)

    def add(self, host: Host) -> Host:
        """Stores a host. Raises AlreadyExistsError, InvalidInputError, HostKeyUnknownError (no confirmed key)."""
        if host.kind is HostKind.PROCESS:
            raise InvalidInputError("This computer is a host already.", hint="Add a host of kind docker, ssh or tls.")
        if host.is_remote and not host.pinned:
            raise HostKeyUnknownError(
                f"Nobody has confirmed yet how {host.name} proves itself.",
                hint="Check it, compare the fingerprint with one from who runs it, and confirm.",
            )
        with self._parts.registry.write() as unit:
            _require_free(unit, host.name)
            unit.hosts.add(host)
            details = {"kind": host.kind.value, "address": host.address, "proof": list(_proofs_of(host))}
            unit.audit.append("host.add", host.name, details)
            unit.commit()
        return host

    # --- one that is there ------------------------------------------------------------------------------------------

    def check(self, name: str, on_step: OnHostStep | None = None) -> HostReport:
        """Tries the host step by step; a failure is in the report. Raises NotFoundError."""
        return self.try_out(self.get(name), on_step)

    def remove(self, name: str, *, with_endpoints: bool = False) -> None:
        """Forgets a host; `with_endpoints` also those on it, where it is gone for good and cannot be told to stop them.

        Raises NotFoundError, InvalidInputError, ConflictError (it has endpoints, trashed or not, or it answers).
        """
        if with_endpoints and self.check(name).ok:
            raise ConflictError(f"{name} answers.", hint="Stop its endpoints and erase them, then remove it.")
        with self._parts.registry.write() as unit:
            host = _added(unit, name)
            known = (*unit.deployments.endpoints(), *unit.deployments.endpoints(trashed=True))
            there = [endpoint for endpoint in known if endpoint.host == host.name]
            if there and not with_endpoints:
                raise ConflictError(
                    f"{host.name} still has {', '.join(sorted(endpoint.name for endpoint in there))}.",
                    hint="Stop these endpoints, move them to the trash and erase them first. "
                    f"If the host is gone for good: mlops hosts remove {host.name} --with-endpoints",
                )
            for endpoint in there:
                unit.deployments.remove_endpoint(endpoint.id)
                unit.audit.append("endpoint.forget", endpoint.name, {"host": host.name})
            unit.hosts.remove(host.id)
            unit.audit.append("host.remove", host.name, {"kind": host.kind.value, "address": host.address})
            unit.commit()
        for endpoint in there:
            forget_tokens(self._parts.secrets, endpoint.id)
        self._seen.pop(host.id, None)
        self._forget_password(host)

    def trust(self, name: str, fingerprint: str) -> Host:
        """Lets a host prove itself anew, where `fingerprint` is the one of what it has now.

        That is the key that an SSH host shows, or the authority in `ca.pem` of a TLS host's folder, with which the
        host must be found well. Raises NotFoundError, InvalidInputError (another fingerprint, or nothing has changed),
        HostError (it cannot be reached).
        """
        with self._parts.registry.read() as unit:
            host = _added(unit, name)
        if host.kind is HostKind.DOCKER:
            raise InvalidInputError(f"{host.name} is a socket of this computer.", hint="It has no key to confirm.")
        before = _proofs_of(host)
        renewed, shown = self._renewed_key(host) if host.kind is HostKind.SSH else self._renewed_authority(host)
        if not proofs.is_same(fingerprint, shown):
            raise InvalidInputError(
                f"{host.name} has {shown}, not {fingerprint.strip()}.",
                hint="Leave it blocked and ask who runs it: another machine may be answering in its place.",
            )
        report = self._tried(renewed)
        if host.kind is HostKind.TLS and not report.ok:
            raise reason_of(report)
        with self._parts.registry.write() as unit:
            unit.hosts.update(renewed)
            unit.audit.append("host.trust", host.name, {"before": list(before), "now": shown})
            stored = lookup.host(unit, host.name)
            unit.commit()
        self._seen[host.id] = (report, self._parts.clock())
        return stored

    def _renewed_key(self, host: Host) -> tuple[Host, str]:
        report = self.try_out(host)
        if not report.offered or not report.fingerprint:
            if not report.ok:
                raise reason_of(report)
            raise InvalidInputError(f"The key of {host.name} has not changed.", hint="There is nothing to confirm.")
        return dataclasses.replace(host, pinned=report.offered), report.fingerprint

    def _renewed_authority(self, host: Host) -> tuple[Host, str]:
        pem = drafts.read_authority(Path(host.credentials) / drafts.AUTHORITY)
        if pem == host.pinned:
            raise InvalidInputError(
                f"The authority of {host.name} has not changed.",
                hint=f"Put the new certificate into {host.credentials} as {drafts.AUTHORITY} first.",
            )
        return dataclasses.replace(host, pinned=pem), proofs.authority_fingerprint(pem)

    # --- its registry -----------------------------------------------------------------------------------------------

    def set_registry(
        self, name: str, address: str, user: str = "", password: str | None = None, *, session_only: bool = False
    ) -> Host:
        """Lets images for the host go by way of a registry from now on; reaches nothing.

        Without a `user` nobody logs in there. The password goes to the keyring, or with `session_only` no further than
        the memory of this process; None stands for the one that is known already.

        Raises NotFoundError, InvalidInputError, KeyringUnavailableError.
        """
        checked = parse_registry(address)
        with self._parts.registry.read() as unit:
            host = _added(unit, name)
        if host.kind is HostKind.DOCKER:
            raise InvalidInputError(
                f"{host.name} is an engine of this computer: images are put together on it at once.",
                hint="A registry is for a host that is elsewhere.",
            )
        self._remember(host, drafts.usable_user(user), password, session_only)
        return self._store_registry(host, checked, user.strip())

    def remove_registry(self, name: str) -> Host:
        """Images are put together by the host again. What is in the registry stays. Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            host = _added(unit, name)
        stored = self._store_registry(host, "", "")
        self._forget_password(host)
        return stored

    def registry_variable(self, name: str) -> str:
        """The variable of the environment that may have the password of the host's registry."""
        return self._parts.credentials.variable(registry_secret(name))

    def _remember(self, host: Host, user: str, password: str | None, session_only: bool) -> None:
        secret = registry_secret(host.name)
        if not user:
            if password:
                raise InvalidInputError("A password needs a user.", hint="Say who logs in, with --user.")
            return
        if password is None:
            if self._parts.credentials.get(secret) is None:
                raise InvalidInputError(
                    f"The password of {user} is not known.",
                    hint=f"Give it, or set {self.registry_variable(host.name)} in the environment.",
                )
        elif not password:
            raise InvalidInputError("The password is empty.", hint="Give it again.")
        elif session_only:
            self._parts.credentials.keep_for_session(secret, password)
        else:
            self._parts.credentials.set(secret, password)

    def _store_registry(self, host: Host, address: str, user: str) -> Host:
        with self._parts.registry.write() as unit:
            unit.hosts.update(dataclasses.replace(host, registry=address, registry_user=user))
            unit.audit.append("host.registry", host.name, {"before": host.registry, "now": address, "user": user})
            stored = lookup.host(unit, host.name)
            unit.commit()
        return stored

    def _forget_password(self, host: Host) -> None:
        if not host.registry_user:
            return
        try:
            self._parts.credentials.remove(registry_secret(host.name))
        except KeyringUnavailableError as error:
            log.warning("the password of %s stays in the keyring: %s", host.name, error.message)

    # --- its base image ---------------------------------------------------------------------------------------------

    def set_base_image(self, name: str, reference: str) -> Host:
        """What model images on the host stand on from now on. Raises NotFoundError, InvalidInputError."""
        with self._parts.registry.write() as unit:
            host = _added(unit, name)
            changed = dataclasses.replace(host, base_image=drafts.usable_base_image(reference))
            unit.hosts.update(changed)
            unit.audit.append("host.base_image", host.name, {"before": host.base_image, "now": changed.base_image})
            stored = lookup.host(unit, host.name)
            unit.commit()
        return stored

    def prepare_base(
        self,
        name: str,
        archive: Path | None = None,
        report: Report = lambda sentence, done, total: None,
        *,
        reference: str | None = None,
    ) -> str:
        """Has the base image on the host, pulled there or (with a tar) imported, and returns its identity.

        Another `reference` is the host's base image from then on. Raises NotFoundError, InvalidInputError, HostError.
        """
        with self._parts.registry.read() as unit:
            host = _added(unit, name)
        if archive is not None and not archive.expanduser().is_file():
            raise InvalidInputError(f"There is no file {archive}.", hint="Name a tar, as docker save writes it.")
        wanted = host.base_image if reference is None else drafts.usable_base_image(reference)
        there = archive.expanduser().absolute() if archive is not None else None
        identity = self._parts.hosts.prepare_base(dataclasses.replace(host, base_image=wanted), there, report)
        if wanted != host.base_image:
            self.set_base_image(host.name, wanted)
        with self._parts.registry.write() as unit:
            unit.audit.append("host.prepare_base", host.name, {"image": wanted, "identity": identity})
            unit.commit()
        return identity


def reason_of(report: HostReport) -> MlopsError:
    """Why a check failed, as an error to raise."""
    return error_of(Failure(report.code, report.sentence, report.hint), HostError)


def _answers(unit: UnitOfWork, endpoint: Endpoint) -> bool:
    wanted = unit.deployments.get(endpoint.wanted_deployment_id) if endpoint.wanted_deployment_id else None
    return wanted is not None and wanted.status is DeploymentStatus.RUNNING and wanted.health is Health.HEALTHY


def _proofs_of(host: Host) -> tuple[str, ...]:
    """The fingerprints of what is pinned."""
    if host.kind is HostKind.TLS:
        return tuple(filter(None, (proofs.authority_fingerprint(host.pinned),)))
    return proofs.key_fingerprints(host.pinned)


def _require_free(unit: UnitOfWork, name: str) -> None:
    if name == THIS_COMPUTER or unit.hosts.find(name) is not None:
        raise AlreadyExistsError(f"There is a host called {name} already.", hint="Use another name.")


def _added(unit: UnitOfWork, name: str) -> Host:
    """A host that people added. Raises NotFoundError, InvalidInputError."""
    host = lookup.host(unit, name)
    if host.kind is HostKind.PROCESS:
        raise InvalidInputError("This computer is always there as it is.", hint="Name a host that was added.")
    return host
