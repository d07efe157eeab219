"""Loads a bundle under the worker's memory cap and lets it answer its own example."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_desktop.domain.errors import DamagedBundleError, UntrustedBundleError


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """`bundle`, `manifest_hash` -> `differs`: empty where the example is answered rightly.

    Raises DamagedBundleError, UntrustedBundleError.
    """
    from mlops_desktop.serving import bundle, model

    try:
        loaded = model.load(Path(request["bundle"]), str(request["manifest_hash"]))
        return {"differs": loaded.check_example() or ""}
    except bundle.UntrustedError as error:
        raise UntrustedBundleError(
            f"The bundle holds things this program does not load: {error}.",
            hint="Only stock scikit-learn models are taken in; nothing of it was run.",
        ) from error
    except bundle.BundleError as error:
        raise DamagedBundleError(f"The bundle cannot be used: {error}.", hint="Ask for it to be made again.") from error
