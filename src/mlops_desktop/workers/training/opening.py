"""Opens bundles for calls and jobs, with the serving room's errors turned into ours."""

from __future__ import annotations

from pathlib import Path

from mlops_desktop.domain.errors import DamagedBundleError, UntrustedBundleError
from mlops_desktop.serving.bundle import BundleError, UntrustedError
from mlops_desktop.serving.model import Model, load


def open_bundle(folder: Path, manifest_hash: str | None) -> Model:
    """Raises UntrustedBundleError or DamagedBundleError; nothing of a refused bundle was built."""
    try:
        return load(folder, manifest_hash)
    except UntrustedError as error:
        raise UntrustedBundleError(
            "The bundle's model is refused: it holds parts that are not on our list.",
            hint="Ask who made it for a bundle of a model trained with MLOps Desktop.",
            details=str(error),
        ) from error
    except BundleError as error:
        raise DamagedBundleError(
            f"The bundle is not what its manifest says, or cannot be used: {error}.",
            hint="Get the bundle again from where it came from.",
            details=str(error),
        ) from error
