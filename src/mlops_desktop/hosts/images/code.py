"""The layers of our own code: the serving room alone for a holder, or beside a bundle for a model."""

from __future__ import annotations

import hashlib
import platform
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import mlops_desktop
from mlops_desktop.domain.errors import DamagedBundleError
from mlops_desktop.hosts.failures import translated
from mlops_desktop.hosts.images.compiling import compiled
from mlops_desktop.hosts.images.kept import kept_layer, key_of
from mlops_desktop.hosts.images.layers import Content, Folder, Known, Layer, read_layer, write_layer
from mlops_desktop.hosts.images.layout import BUNDLE, CODE, OWNER, SHARED
from mlops_desktop.hosts.images.targets import Target
from mlops_desktop.serving.bundle import MANIFEST, BundleError, check, manifest_files

FORMAT: Final = 1
"""Another one whenever the same code or bundle would give another layer."""
_SHARED_MODE: Final = 0o700


def serving_layer(target: Target, cache: Path) -> Layer:
    """The layer of the code that serves, with the folder that an endpoint's containers share.

    Raises DeploymentError, DiskFullError.
    """
    with translated():
        files = _serving_files()
    return kept_layer(
        cache, f"serving-{_key(files, target)}", lambda file, place: _make_serving(file, place, files, target)
    )


def model_layer(bundle: Path, manifest_hash: str, target: Target, cache: Path) -> Layer:
    """The layer of a bundle with the code that serves it.

    Of the bundle go in the files that its manifest names, each with the hash that stands there, and nothing else: a
    file too many or a link is refused. Raises DamagedBundleError, DeploymentError, DiskFullError.
    """
    with translated():
        files = _bundle_files(bundle, manifest_hash)
        serving = _whole_serving_layer(target, cache)
    name = f"model-{key_of([FORMAT, manifest_hash, serving.diff_id])}"
    return kept_layer(cache, name, lambda file, _: write_layer(file, {**files, **_content(serving)}))


def _serving_files() -> dict[str, Known]:
    source = Path(mlops_desktop.__file__).parent
    files = [source / "__init__.py", *sorted((source / "serving").glob("*.py"))]
    top = CODE.lstrip("/")
    return {f"{top}/mlops_desktop/{file.relative_to(source).as_posix()}": Known(file, _hash(file)) for file in files}


def _key(files: Mapping[str, Known], target: Target) -> str:
    compiler = platform.python_version() if target.compiles else ""
    return key_of([FORMAT, target.version, compiler, {place: file.sha256 for place, file in files.items()}])


def _make_serving(file: Path, place: Path, files: Mapping[str, Known], target: Target) -> Layer:
    shared = {SHARED.lstrip("/"): Folder(OWNER, _SHARED_MODE)}
    return write_layer(file, {**files, **compiled(files, target, place / "compiled", lambda _: None), **shared})


def _bundle_files(bundle: Path, manifest_hash: str) -> dict[str, Content]:
    try:
        check(bundle, manifest_hash)
        listed = manifest_files(bundle)
    except BundleError as error:
        raise DamagedBundleError(
            f"The model's bundle is damaged: {error}.",
            hint="Restore the workspace from a backup, or train and register the model anew.",
        ) from error
    hashes = {name: str(facts["sha256"]) for name, facts in listed.items()} | {MANIFEST: manifest_hash}
    top = BUNDLE.lstrip("/")
    return {f"{top}/{name}": Known(bundle / name, sha256) for name, sha256 in hashes.items()}


def _whole_serving_layer(target: Target, cache: Path) -> Layer:
    """It is small enough to be hashed each time, and goes into other layers."""
    layer = serving_layer(target, cache)
    if read_layer(layer.file) != layer:
        layer.file.unlink()
        layer = serving_layer(target, cache)
    return layer


def _content(layer: Layer) -> dict[str, Content]:
    content: dict[str, Content] = {}
    with tarfile.open(layer.file) as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            content[entry.name] = file.read() if file is not None else Folder(entry.uid, entry.mode)
    return content


def _hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
