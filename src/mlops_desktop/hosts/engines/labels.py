"""By what we know our own containers, volumes and images again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from mlops_desktop import __version__
from mlops_desktop.domain.deployments import ServeOrder

_PREFIX: Final = "mlops-desktop."
WORKSPACE: Final = f"{_PREFIX}workspace"
ENDPOINT: Final = f"{_PREFIX}endpoint"
DEPLOYMENT: Final = f"{_PREFIX}deployment"
MODEL: Final = f"{_PREFIX}model"
MANIFEST: Final = f"{_PREFIX}manifest"
VERSION: Final = f"{_PREFIX}version"
ROLE: Final = f"{_PREFIX}role"
PUBLISHED_PORT: Final = f"{_PREFIX}port"
PUBLISHED: Final = f"{_PREFIX}published"

HOLDER: Final = "holder"
SERVER: Final = "server"
PROBE: Final = "probe"
RUNTIME: Final = "runtime"

_NOT_A_NAME: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME: Final = 40


def of_image(workspace_id: str, order: ServeOrder) -> Mapping[str, str]:
    return {
        WORKSPACE: workspace_id,
        ENDPOINT: order.endpoint_id,
        MODEL: order.model_reference,
        MANIFEST: order.manifest_hash,
        VERSION: __version__,
    }


def of_server(workspace_id: str, order: ServeOrder) -> Mapping[str, str]:
    return {**of_image(workspace_id, order), ROLE: SERVER, DEPLOYMENT: order.deployment_id}


def of_holder(workspace_id: str, endpoint_id: str, port: int, *, published: bool) -> Mapping[str, str]:
    return {
        WORKSPACE: workspace_id,
        ENDPOINT: endpoint_id,
        ROLE: HOLDER,
        PUBLISHED_PORT: str(port),
        PUBLISHED: "yes" if published else "no",
        VERSION: __version__,
    }


def slug(name: str) -> str:
    """What an engine takes as a name, as close to `name` as that may be; `model` where nothing of it can be kept."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NOT_A_NAME.sub("-", plain).strip("-")[:_LONGEST_NAME].strip("-") or "model"


def filters(**labels: str) -> Mapping[str, list[str]]:
    """For the engine's lists: those that have all of these, by the names of the constants here in lower case."""
    return {"label": [f"{_PREFIX}{name.replace('_', '-')}={value}" for name, value in labels.items()]}
