"""Loads a bundle under the worker's memory cap and lets it answer its own example."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """`bundle`, `manifest_hash` -> `differs`: empty where the example is answered rightly.

    Raises DamagedBundleError, UntrustedBundleError.
    """
    from mlops_desktop.workers.training.opening import open_bundle

    loaded = open_bundle(Path(request["bundle"]), str(request["manifest_hash"]))
    return {"differs": loaded.check_example() or ""}
