"""What a tar of `docker save` says of itself."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

_LARGEST = 1024 * 1024


def saved_identities(archive: Path) -> list[str]:
    """The identities of the images in it, as engines will call them."""
    with tarfile.open(archive) as opened:
        try:
            member = opened.extractfile("manifest.json")
            entries = json.loads(member.read(_LARGEST)) if member is not None else []
        except (KeyError, ValueError):
            return []
    found = []
    for entry in entries if isinstance(entries, list) else []:
        name = str(entry.get("Config", "")).rpartition("/")[2].removesuffix(".json")
        found.append(f"sha256:{name}")
    return found
