"""Has an image of a model on an engine: made of layers here, of which only those travel that the engine lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mlops_desktop.domain.deployments import ServeOrder
from mlops_desktop.domain.errors import DiskFullError, EngineError
from mlops_desktop.hosts.engines import labels
from mlops_desktop.hosts.engines.base_images import Base, find_base, prepare_base, probe_base
from mlops_desktop.hosts.engines.engine import Client, Engine
from mlops_desktop.hosts.engines.engine_words import NotThereError, read_stream
from mlops_desktop.hosts.images.archives import Image, Settings, archive, archive_size, compose
from mlops_desktop.hosts.images.code import model_layer, serving_layer
from mlops_desktop.hosts.images.layers import Layer
from mlops_desktop.hosts.images.layout import ENVIRONMENT, HOLDER_COMMAND, SERVER_COMMAND, USER
from mlops_desktop.hosts.images.requirements import read_requirements
from mlops_desktop.hosts.images.runtime import runtime_layer
from mlops_desktop.hosts.process_host import Report

_NAMES: Final = "mlops-desktop"
_ROOM: Final = 2
"""An engine needs about so many times the size of what is sent: the tar, and what is unpacked from it."""


class Builder:
    """Images for one engine. `base_image` is what they stand on; finished layers are kept in `cache`."""

    def __init__(self, engine: Engine, base_image: str, workspace_id: str, cache: Path) -> None:
        self._engine = engine
        self._base_image = base_image
        self._workspace_id = workspace_id
        self._cache = cache / "images"
        self._base: Base | None = None

    def model(self, order: ServeOrder, report: Report) -> str:
        """The identity of the order's image, which is on the engine when this returns.

        Raises BaseImageError, DeploymentError, DamagedBundleError, DiskFullError, HostUnreachableError, and what
        `report` raises.
        """
        base = self._known_base(report)
        requirements = read_requirements(order.bundle)
        runtime = runtime_layer(requirements, base.target, self._cache, report)
        report("Putting the model's layer together", 0, 0)
        model = model_layer(order.bundle, order.manifest_hash, base.target, self._cache)
        # The runtime is an image of its own: what was sent of it stays where the model's sending is cut off.
        below = compose(base.image, [runtime], _settings(("python3",), {labels.ROLE: labels.RUNTIME}))
        self._have(below, f"{_NAMES}/runtime:{_short(below)}", base, "Sending the libraries", report)
        whole = compose(
            base.image, [runtime, model], _settings(SERVER_COMMAND, labels.of_image(self._workspace_id, order))
        )
        name = f"{_NAMES}/{labels.slug(order.endpoint_name)}:{_short(whole)}"
        self._have(whole, name, base, "Sending the model", report)
        return whole.id

    def holder(self, report: Report) -> str:
        """The identity of the image of holders: the base image with our serving code alone."""
        base = self._known_base(report)
        image = compose(base.image, [serving_layer(base.target, self._cache)], _settings(HOLDER_COMMAND, {}))
        self._have(image, f"{_NAMES}/holder:{_short(image)}", base, "Sending the holder of the port", report)
        return image.id

    def _known_base(self, report: Report) -> Base:
        """Probed once, and again when the name stands for another image."""
        found = find_base(self._engine, self._base_image)
        if found is None:
            report(f"Preparing the base image {self._base_image}", 0, 0)
            prepare_base(self._engine, self._base_image, None, report)
            found = find_base(self._engine, self._base_image)
        if self._base is None or found is None or self._base.image.id != found.id:
            report("Looking at the base image", 0, 0)
            self._base = probe_base(self._engine, self._base_image)
        return self._base

    def _have(self, image: Image, name: str, base: Base, sentence: str, report: Report) -> None:
        if self._is_there(image):
            return
        missing = self._missing(image)
        size = archive_size(image, name, missing)
        told = _Told(sentence, report)
        if size * _ROOM > base.disk_free:
            raise DiskFullError(
                f"{self._engine.name} has {base.disk_free / 1e6:,.0f} MB free, and about "
                f"{size * _ROOM / 1e6:,.0f} MB are needed for the image.",
                hint="Make room on it (docker system df shows what takes it), then try again.",
            )
        try:
            self._send(image, name, missing, told)
        except EngineError:
            if len(missing) == len(image.own):
                raise
            self._send(image, name, image.own, told)
        if not self._is_there(image):
            raise EngineError(
                f"{self._engine.name} took the image but does not have it.",
                hint="Look into the engine's log; images of another kind of store may be the reason.",
            )

    def _send(self, image: Image, name: str, missing: Sequence[Layer], told: _Told) -> None:
        pieces = told.of(archive(image, name, missing), archive_size(image, name, missing))
        with self._engine.asked(patient=True) as client:
            for event in client.load_image(pieces):
                read_stream(self._engine.name, event)

    def _is_there(self, image: Image) -> bool:
        try:
            with self._engine.asked() as client:
                client.inspect_image(image.id)
        except NotThereError:
            return False
        return True

    def _missing(self, image: Image) -> Sequence[Layer]:
        """Our layers that no image of ours on the engine has in the same place."""
        with self._engine.asked() as client:
            known = [_diff_ids(client, str(one["Id"])) for one in client.images(name=None) if _is_ours(one)]
        base = len(image.diff_ids) - len(image.own)
        return [
            layer
            for place, layer in enumerate(image.own, start=base)
            if not any(there[: place + 1] == image.diff_ids[: place + 1] for there in known)
        ]


def _settings(command: tuple[str, ...], named: Mapping[str, str]) -> Settings:
    return Settings(command=command, user=USER, environment=ENVIRONMENT, labels=named)


def _short(image: Image) -> str:
    return image.id.removeprefix("sha256:")[:12]


def _is_ours(image: Mapping[str, object]) -> bool:
    tags = image.get("RepoTags")
    return isinstance(tags, list) and any(str(tag).startswith(f"{_NAMES}/") for tag in tags)


def _diff_ids(client: Client, identity: str) -> tuple[str, ...]:
    return tuple(client.inspect_image(identity)["RootFS"]["Layers"])


@dataclass(frozen=True)
class _Told:
    """Somebody is told how much of what was sent."""

    sentence: str
    report: Report

    def of(self, pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
        done = 0
        for piece in pieces:
            yield piece
            done += len(piece)
            self.report(self.sentence, done, size)
