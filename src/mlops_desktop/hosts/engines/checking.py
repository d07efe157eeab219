"""Tries a host from the first step to the last, and says of each what was found and how long it took."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable
from typing import Final

import psutil

from mlops_desktop.domain.errors import (
    HostError,
    HostKeyChangedError,
    HostKeyUnknownError,
    HostUnreachableError,
    UserError,
)
from mlops_desktop.domain.hosts import (
    Host,
    HostFacts,
    HostKind,
    HostReport,
    HostStep,
    HostStepResult,
    parse_address,
)
from mlops_desktop.hosts.engines import labels, routes, ssh_keys
from mlops_desktop.hosts.engines.base_images import Probes
from mlops_desktop.hosts.engines.engine import Engine
from mlops_desktop.hosts.engines.machine_use import use_here, use_seen_from

_REACH_SECONDS: Final = 5.0
OnStep = Callable[[HostStepResult], None]


def check_host(
    host: Host,
    engine: Engine | None,
    on_step: OnStep | None = None,
    try_registry: Callable[[Engine], str] | None = None,
    probes: Probes | None = None,
) -> HostReport:
    """The report of a check; what fails is in it. `engine` is None for this computer; `probes` remembers base images.

    `try_registry` logs in to the host's registry from here and from there, and says so.
    """
    check = _Check(host, engine, on_step, try_registry, probes or Probes())
    try:
        check.run()
    except UserError as error:
        return _failed(check, error)
    return HostReport(tuple(check.steps), facts=check.facts)


def _failed(check: _Check, error: UserError) -> HostReport:
    told = {name: str(value) for name, value in error.facts.items()}
    return HostReport(
        tuple(check.steps),
        facts=check.facts,
        code=error.code,
        sentence=error.message,
        hint=error.hint,
        offered=told.get("offered", ""),
        fingerprint=told.get("fingerprint", ""),
        pinned_fingerprint=told.get("pinned_fingerprint", ""),
    )


class _Check:
    def __init__(
        self,
        host: Host,
        engine: Engine | None,
        on_step: OnStep | None,
        try_registry: Callable[[Engine], str] | None,
        probes: Probes,
    ) -> None:
        self._host = host
        self._probes = probes
        self._try_registry = try_registry
        self._engine = engine
        self._on_step = on_step
        self.steps: list[HostStepResult] = []
        self.facts: HostFacts | None = None

    def run(self) -> None:
        """Raises UserError where a step fails; that one is noted too."""
        if self._engine is None:
            self._step(HostStep.MACHINE, self._this_computer)
            return
        if self._host.kind is HostKind.TLS:
            self._step(HostStep.FIND, self._find)
            self._step(HostStep.REACH, self._reach)
        if self._host.kind is HostKind.SSH:
            self._step(HostStep.HOST_KEY, self._host_key)
            self._step(HostStep.LOG_IN, self._log_in)
        self._step(HostStep.ENGINE, self._ask_engine)
        self._step(HostStep.MACHINE, self._ask_machine)
        self._step(HostStep.BASE, self._look_for_base)
        if self._host.registry:
            self._step(HostStep.REGISTRY, self._log_in_to_registry)

    def _step(self, step: HostStep, deed: Callable[[], str]) -> None:
        begun = time.monotonic()
        try:
            sentence, failure = deed(), None
        except UserError as error:
            sentence, failure = error.message, error
        result = HostStepResult(step, failure is None, sentence, time.monotonic() - begun)
        self.steps.append(result)
        if self._on_step is not None:
            self._on_step(result)
        if failure is not None:
            raise failure

    def _this_computer(self) -> str:
        memory, disk = psutil.virtual_memory().total, shutil.disk_usage("/").free
        cores = psutil.cpu_count() or 1
        use = use_here()
        self.facts = HostFacts("", "", "", cores, memory, 0.0, disk_free=disk, cpu_used=use.cpu, memory_used=use.memory)
        return f"{cores} processors, {memory / 2**30:.0f} GB memory"

    def _find(self) -> str:
        address = parse_address(self._host.address, self._host.kind)
        try:
            found = socket.getaddrinfo(address.machine, address.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise HostUnreachableError(
                f"No machine is called {address.machine}: {error.strerror or error}.", hint="Check the address."
            ) from error
        return str(found[0][4][0])

    def _reach(self) -> str:
        address = parse_address(self._host.address, self._host.kind)
        try:
            socket.create_connection((address.machine, address.port), timeout=_REACH_SECONDS).close()
        except OSError as error:
            raise HostUnreachableError(
                f"{address} does not answer: {error.strerror or error}.",
                hint="Check that it is on, that its engine listens there, and that no firewall is in between.",
            ) from error
        return f"port {address.port} answers"

    def _host_key(self) -> str:
        """Compared by us with what is pinned, so that both fingerprints can be shown; so does who connects."""
        offered = routes.offered_key(self._host)
        shown = ssh_keys.fingerprint(offered)
        pinned = ssh_keys.pinned_keys(self._host.pinned)
        facts = {"offered": offered, "fingerprint": shown}
        if not pinned:
            raise HostKeyUnknownError(
                f"{self._host.name} is new here: its key was not confirmed yet.",
                hint="Compare the fingerprint with what its administrator tells you, then confirm it.",
                facts=facts,
            )
        if offered not in pinned:
            before = ", ".join(ssh_keys.fingerprint(key) for key in pinned)
            raise HostKeyChangedError(
                f"{self._host.name} shows another key than the one that was confirmed.",
                hint="Somebody may be in between, or it was set up anew. Ask who runs it before you trust the new key.",
                facts={**facts, "pinned_fingerprint": before},
            )
        return f"{offered.split()[0]} {shown}"

    def _log_in(self) -> str:
        assert self._engine is not None
        self._engine.connect()
        return "let in"

    def _ask_engine(self) -> str:
        assert self._engine is not None
        with self._engine.asked() as client:
            begun = time.monotonic()
            client.ping()
            trip = time.monotonic() - begun
            version = client.version()
            self.facts = HostFacts(
                engine=str(version.get("Version", "unknown")),
                architecture=str(version.get("Arch", "")),
                system=str(version.get("Os", "")),
                cpus=0,
                memory=0,
                round_trip=trip,
            )
        if self.facts.system != "linux":
            raise HostError(
                f"The Docker on {self._host.name} runs {self.facts.system} containers.",
                hint="Switch it to Linux containers.",
            )
        return f"Docker {self.facts.engine}"

    def _ask_machine(self) -> str:
        assert self._engine is not None
        assert self.facts is not None
        with self._engine.asked() as client:
            said = client.info()
            ours = client.containers(filters=dict(labels.filters(role=labels.SERVER)))
            use = use_seen_from(client, ours[0]["Id"]) if ours else None
        disk = None
        if self._host.kind is HostKind.DOCKER:
            disk = _free(str(said.get("DockerRootDir", "/")))
        self.facts = HostFacts(
            engine=self.facts.engine,
            architecture=self.facts.architecture,
            system=self.facts.system,
            cpus=int(said.get("NCPU", 0)),
            memory=int(said.get("MemTotal", 0)),
            round_trip=self.facts.round_trip,
            disk_free=disk,
            containers=len(ours),
            cpu_used=use.cpu if use else None,
            memory_used=use.memory if use else None,
        )
        return f"{self.facts.architecture}, {self.facts.cpus} processors, {self.facts.memory / 2**30:.0f} GB memory"

    def _look_for_base(self) -> str:
        """A base image that is not there yet is no failure: it is prepared with the first deployment, or before."""
        assert self._engine is not None
        assert self.facts is not None
        base = self._probes.of(self._engine, self._host.base_image)
        if base is None:
            return f"{self._host.base_image} is not there yet"
        self.facts = HostFacts(
            **{**vars(self.facts), "disk_free": base.disk_free, "base": base.image.id},
        )
        return f"{self._host.base_image}, {base.target}"

    def _log_in_to_registry(self) -> str:
        assert self._engine is not None
        if self._try_registry is None:
            return f"{self._host.registry} was not asked"
        return self._try_registry(self._engine)


def _free(folder: str) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
