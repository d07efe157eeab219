"""What is sent to an engine: an image's configuration, and those of its layers that the engine does not have.

The form is that of `docker save`. An engine puts the image together itself: it looks for each layer by its identity
first and reads only the ones it lacks. The identity of the image is the sha256 of its configuration, so it is known
before anything is sent, and the same on every engine.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_desktop.hosts.images.layers import Layer

_NO_TIME = "1980-01-01T00:00:00Z"
_BLOCK = 256 * 1024
_RECORD = tarfile.BLOCKSIZE


@dataclass(frozen=True)
class BaseImage:
    """What is known of the image that ours stands on, as its engine tells it. `diff_ids` lowest first."""

    id: str
    diff_ids: tuple[str, ...]
    architecture: str
    system: str
    environment: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """How containers of the image start. `user` is `<user>:<group>` in numbers."""

    command: tuple[str, ...]
    user: str
    environment: Mapping[str, str]
    labels: Mapping[str, str]
    working_folder: str = "/"


@dataclass(frozen=True)
class Image:
    """An image that may not be anywhere yet. `id` is what any engine will call it."""

    id: str
    configuration: bytes
    diff_ids: tuple[str, ...]
    own: tuple[Layer, ...]


def compose(base: BaseImage, layers: Sequence[Layer], settings: Settings) -> Image:
    """The image of these layers on that base. The same inputs give the same identity."""
    diff_ids = (*base.diff_ids, *(layer.diff_id for layer in layers))
    content: dict[str, Any] = {
        "architecture": base.architecture,
        "os": base.system,
        "created": _NO_TIME,
        "config": {
            "User": settings.user,
            "Env": [*base.environment, *(f"{name}={value}" for name, value in sorted(settings.environment.items()))],
            "Entrypoint": list(settings.command),
            "Cmd": None,
            "WorkingDir": settings.working_folder,
            "Labels": dict(sorted(settings.labels.items())),
        },
        "rootfs": {"type": "layers", "diff_ids": list(diff_ids)},
        "history": [{"created": _NO_TIME, "created_by": "MLOps Desktop"} for _ in diff_ids],
    }
    configuration = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    return Image(f"sha256:{hashlib.sha256(configuration).hexdigest()}", configuration, diff_ids, tuple(layers))


def archive_size(image: Image, name: str, missing: Sequence[Layer]) -> int:
    """Bytes that `archive` gives."""
    return sum(_RECORD + _padded(size) for _, size in _members(image, name, missing)) + 2 * _RECORD


def archive(image: Image, name: str, missing: Sequence[Layer]) -> Iterator[bytes]:
    """The archive in pieces, with the `missing` layers only.

    Raises OSError, also where a layer is not what it was when it was made: its file is removed then, so that it is made
    anew at the next try.
    """
    small = {f"{image.id.removeprefix('sha256:')}.json": image.configuration, "manifest.json": _manifest(image, name)}
    for path, content in small.items():
        yield from _member(path, len(content), iter((content,)))
    for layer in missing:
        yield from _member(_place(layer.diff_id), layer.size, _pieces(layer))
    yield bytes(2 * _RECORD)


def _members(image: Image, name: str, missing: Sequence[Layer]) -> Iterator[tuple[str, int]]:
    yield "configuration", len(image.configuration)
    yield "manifest", len(_manifest(image, name))
    for layer in missing:
        yield layer.diff_id, layer.size


def _manifest(image: Image, name: str) -> bytes:
    entry = {
        "Config": f"{image.id.removeprefix('sha256:')}.json",
        "RepoTags": [name],
        "Layers": [_place(diff_id) for diff_id in image.diff_ids],
    }
    return json.dumps([entry]).encode()


def _place(diff_id: str) -> str:
    return f"{diff_id.removeprefix('sha256:')}/layer.tar"


def _member(path: str, size: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    entry = tarfile.TarInfo(path)
    entry.size = size
    yield entry.tobuf(tarfile.PAX_FORMAT)
    yield from pieces
    yield bytes(_padded(size) - size)


def _pieces(layer: Layer) -> Iterator[bytes]:
    digest = hashlib.sha256()
    with layer.file.open("rb") as opened:
        while piece := opened.read(_BLOCK):
            digest.update(piece)
            yield piece
    if f"sha256:{digest.hexdigest()}" != layer.diff_id:
        layer.file.unlink(missing_ok=True)
        raise OSError(f"{layer.file.name} is not what it was when it was made")


def _padded(size: int) -> int:
    return -(-size // _RECORD) * _RECORD
