"""What one serving process is told at its start, and the file it reads that from."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path


class SpecificationError(Exception):
    """The file that tells the server what to serve cannot be used."""


@dataclass(frozen=True)
class Specification:
    """`bundle` and `log` are paths. The token itself is never in here."""

    endpoint_id: str
    endpoint_name: str
    deployment_id: str
    model_reference: str
    bundle: str
    manifest_hash: str
    token_sha256: str
    log: str


def read_specification(path: Path) -> Specification:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SpecificationError(f"{path} cannot be read: {error}") from error
    names = {field.name for field in fields(Specification)}
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise SpecificationError(f"{path} is not an object of texts")
    wrong = sorted(names - content.keys()) + sorted(content.keys() - names)
    if wrong:
        raise SpecificationError(f"{path} has missing or unknown fields: {', '.join(wrong)}")
    return Specification(**content)
