"""What one serving process is told at its start, and the file it reads that from."""

from __future__ import annotations

import json
from dataclasses import MISSING, dataclass, fields
from pathlib import Path


class SpecificationError(Exception):
    """The file that tells the server what to serve cannot be used."""


@dataclass(frozen=True)
class Specification:
    """`bundle` and `log` are paths, `-` for the log being the standard output. The token itself is never in here.

    In a container `folder` is shared with the holder of the endpoint's port and with the other servers: the control
    sockets lie there, and what this server was told last. `published` is empty unless it answers on all networks.
    """

    endpoint_id: str
    endpoint_name: str
    deployment_id: str
    model_reference: str
    bundle: str
    manifest_hash: str
    token_sha256: str
    log: str
    folder: str = ""
    published: str = ""


def read_specification(path: Path) -> Specification:
    """Raises SpecificationError."""
    try:
        return parse_specification(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeError) as error:
        raise SpecificationError(f"{path} cannot be read: {error}") from error


def parse_specification(text: str, source: str) -> Specification:
    """Raises SpecificationError, which names the `source`."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise SpecificationError(f"{source} cannot be read: {error}") from error
    names = {field.name for field in fields(Specification)}
    needed = {field.name for field in fields(Specification) if field.default is MISSING}
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise SpecificationError(f"{source} is not an object of texts")
    wrong = sorted(needed - content.keys()) + sorted(content.keys() - names)
    if wrong:
        raise SpecificationError(f"{source} has missing or unknown fields: {', '.join(wrong)}")
    return Specification(**content)
