"""Finished layers kept in a folder, each under a name that stands for all that went into it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from mlops_desktop.hosts.failures import translated
from mlops_desktop.hosts.images.layers import Layer, read_layer

_DRAFT: Final = ".making-"
_OLD: Final = 86_400.0
_UNUSED: Final = 60 * _OLD
_DIFF_ID: Final = re.compile(r"sha256:[0-9a-f]{64}")


def key_of(content: object) -> str:
    """A short name for anything that JSON can carry."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def kept_layer(folder: Path, name: str, make: Callable[[Path, Path], Layer]) -> Layer:
    """The layer of that name, made if it is not there: `make` gets the file to write and a folder for what it needs.

    A layer whose file is as long and as old as it was when it was written is taken for whole: the engine compares its
    hash when it reads it, and so does `archive` while sending. Any other is hashed anew, and made again if it is
    another. Raises DeploymentError, DiskFullError, and what `make` raises.
    """
    with translated():
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}.tar"
        layer = _read(file) or _make(file, make)
        _note(file).touch()
        return layer


def _read(file: Path) -> Layer | None:
    try:
        noted = json.loads(_note(file).read_text("ascii"))
        state = file.stat()
        layer = Layer(file, str(noted["diff_id"]), int(noted["size"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    if not _DIFF_ID.fullmatch(layer.diff_id) or state.st_size != layer.size:
        return None
    if state.st_mtime_ns == noted.get("written"):
        return layer
    if read_layer(file) != layer:
        return None
    _write_note(layer)
    return layer


def _make(file: Path, make: Callable[[Path, Path], Layer]) -> Layer:
    remove_abandoned(file.parent, _DRAFT)
    _remove_unused(file.parent)
    with _workshop(file.parent) as place:
        made = make(place / "layer.tar", place)
        _note(file).unlink(missing_ok=True)
        made.file.replace(file)
    layer = Layer(file, made.diff_id, made.size)
    _write_note(layer)
    return layer


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=folder))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def remove_abandoned(folder: Path, prefix: str) -> None:
    """Removes the working folders that somebody left who was killed a day ago or more."""
    for place in folder.glob(f"{prefix}*"):
        try:
            if time.time() - place.stat().st_mtime > _OLD:
                shutil.rmtree(place, ignore_errors=True)
        except FileNotFoundError:
            continue


def _remove_unused(folder: Path) -> None:
    """Layers that nobody has used for long: a set of libraries takes a quarter of a gigabyte."""
    for file in folder.glob("*.tar"):
        used = _note(file) if _note(file).exists() else file
        with contextlib.suppress(FileNotFoundError):
            if time.time() - used.stat().st_mtime > _UNUSED:
                file.unlink()
                _note(file).unlink(missing_ok=True)


def _note(file: Path) -> Path:
    return file.with_suffix(".json")


def _write_note(layer: Layer) -> None:
    note: dict[str, Any] = {"diff_id": layer.diff_id, "size": layer.size, "written": layer.file.stat().st_mtime_ns}
    draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=layer.file.parent)) / "note"
    try:
        draft.write_text(json.dumps(note), "ascii")
        draft.replace(_note(layer.file))
    finally:
        shutil.rmtree(draft.parent, ignore_errors=True)
