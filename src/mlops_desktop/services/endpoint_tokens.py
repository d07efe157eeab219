"""The tokens of endpoints on this computer, found by the digest that the registry knows of them.

There is room for two: a new token is kept before the row that names its digest, beside the one that counts until then,
so whatever comes in between, the one that counts is there.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Sequence

from mlops_desktop.domain.deployments import Deployment, Endpoint, Observation
from mlops_desktop.domain.errors import DeploymentError, HostUnreachableError, UserError
from mlops_desktop.services.host_ports import Host
from mlops_desktop.services.ports import SecretStore

log = logging.getLogger(__name__)


def sha256_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def token_of(secrets: SecretStore, endpoint: Endpoint) -> str | None:
    """The token that its servers take, or None where it is not on this computer."""
    kept = (secrets.get(name) for name in _places(endpoint.id))
    return next((token for token in kept if token is not None and sha256_of(token) == endpoint.token_sha256), None)


def keep_token(secrets: SecretStore, endpoint: Endpoint, token: str) -> None:
    """Keeps a token that the endpoint's row is about to name; to be called in the transaction that writes the row."""
    place, beside = _places(endpoint.id)
    counts = token_of(secrets, endpoint)
    if counts is not None and counts != secrets.get(place):
        secrets.set(place, counts)
    secrets.set(place if counts is None else beside, token)


def digests_of(secrets: SecretStore, endpoint_id: str) -> list[str]:
    """Of all that is kept for the endpoint, whether it counts or not."""
    kept = (secrets.get(place) for place in _places(endpoint_id))
    return [sha256_of(token) for token in kept if token is not None]


def require_answers(endpoint: Endpoint, seen: Sequence[Observation]) -> None:
    """A token that only we believe to be changed would be worse than the old one."""
    silent = next((one for one in seen if not one.known), None)
    if silent is not None:
        raise HostUnreachableError(
            f"{endpoint.host} does not answer, so the token was not changed.", hint=silent.sentence
        )
    if any(one.silent for one in seen):
        raise DeploymentError(
            f"The server of {endpoint.name} does not answer, so the token was not changed.",
            hint=f"Restart it: mlops deployments restart {endpoint.name}",
        )


def tell_token(host: Host, placed: Sequence[Deployment], endpoint: Endpoint) -> bool:
    """Tells the servers which token counts; says whether all know. The keeper tells those that do not."""
    untold = []
    for deployment in placed:
        try:
            host.set_token(deployment.id, endpoint.token_sha256)
        except UserError as error:
            log.warning("endpoint %s: a server was not told of the new token: %s", endpoint.name, error.message)
            untold.append(deployment.id)
    return not untold


def forget_tokens(secrets: SecretStore, endpoint_id: str, *, only: Collection[str] | None = None) -> None:
    """Forgets all, or those with one of these digests."""
    for place in _places(endpoint_id):
        token = secrets.get(place)
        if token is not None and (only is None or sha256_of(token) in only):
            secrets.remove(place)


def _places(endpoint_id: str) -> tuple[str, str]:
    return f"endpoint.{endpoint_id}", f"endpoint.{endpoint_id}.next"
