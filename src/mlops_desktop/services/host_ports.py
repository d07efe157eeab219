"""What the services need from the places where deployments run, as shapes; `bootstrap` fits the real ones in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from mlops_desktop.domain import hosts
from mlops_desktop.domain.deployments import Observation, Placement, PortUse, ServeOrder

Report = Callable[[str, int, int], None]
"""Is told what is being done and how many bytes of how many (0 where nobody knows); what it raises ends the work."""


class Host(Protocol):
    """A place where deployments run. Every method may be repeated, also by another process.

    Where the host does not answer they raise HostUnreachableError, `observe` excepted.
    """

    def prepare(
        self,
        endpoint_id: str,
        port: int,
        serving: Sequence[str],
        *,
        published: bool = False,
        report: Report | None = None,
    ) -> int:
        """Holds the endpoint's port (0: any free one) and returns it; takes it over from the deployments in
        `serving` where they run. Raises PortInUseError."""
        ...

    def port_use(self, port: int) -> PortUse:
        """Who listens at the port right now; port 0 asks for any free one."""
        ...

    def build(self, order: ServeOrder, report: Report) -> str:
        """Has what the order needs on the host and returns the image's identity, empty where none is needed."""
        ...

    def start(self, order: ServeOrder) -> Placement:
        """Starts a server that does not accept requests yet. Raises DeploymentError."""
        ...

    def check(self, order: ServeOrder, *, seconds: float = 60.0) -> Observation:
        """Waits until it is healthy and has answered the bundle's stored example. Raises DeploymentError."""
        ...

    def accept(self, deployment_id: str) -> None: ...
    def drain(self, deployment_id: str) -> None:
        """Stops accepting new connections and lets open ones end; the server stays warm."""
        ...

    def stop(self, deployment_id: str) -> None:
        """Drains, then ends the server and takes it away."""
        ...

    def release(self, endpoint_id: str) -> None:
        """Gives the port back."""
        ...

    def tidy(self, endpoint_id: str, deployments: Sequence[str], images: Sequence[str]) -> None:
        """Takes away what is left there of an endpoint: servers of other deployments, images other than these."""
        ...

    def set_token(self, deployment_id: str, token_sha256: str) -> None: ...
    def split(self, deployment_id: str, to: str, share: float) -> None:
        """Has a server hand this share of its connections to another deployment's; 0 ends it."""
        ...

    def shadow(self, deployment_id: str, to: str, share: float) -> None:
        """Has a server ask another deployment's this share of its requests too; 0 ends it."""
        ...

    def observe(self, deployment_id: str) -> Observation: ...
    def log(self, deployment_id: str, folder: Path, limit: int) -> Sequence[str]:
        """The newest lines of a deployment's log, oldest first; `folder` is the deployment's own."""
        ...

    def predict(self, endpoint_url: str, token: str, rows: Sequence[Mapping[str, object]]) -> dict[str, Any]:
        """Asks the endpoint as any client on the host would. Raises EndpointUnreachableError or the endpoint's own
        refusal."""
        ...

    def close(self) -> None: ...


OnHostStep = Callable[[hosts.HostStepResult], None]


class Hosts(Protocol):
    """All places where deployments may run, reached when they are needed."""

    def at(self, host: hosts.Host, here: hosts.Host | None = None) -> Host:
        """The same one for the same host, until that is changed. Reaches nothing yet.

        `here` is the engine on which images for a registry are put together; None for the usual one.
        """
        ...

    def check(
        self, host: hosts.Host, on_step: OnHostStep | None = None, here: hosts.Host | None = None
    ) -> hosts.HostReport:
        """Tries the host step by step; a failure is in the report, not raised."""
        ...

    def prepare_base(self, host: hosts.Host, archive: Path | None, report: Report) -> str:
        """Has the base image there, pulled or (with an archive) imported; returns its identity. Raises HostError."""
        ...

    def close(self) -> None:
        """Lets go of all connections; what runs goes on."""
        ...
