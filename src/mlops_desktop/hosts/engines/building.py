"""Has an image of a model on an engine: made of layers here, of which only those travel that the engine lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

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
HOLDERS: Final = f"{_NAMES}/holder"
_ROOM: Final = 2
"""An engine needs about so many times the size of what is sent: the tar, and what is unpacked from it."""


@dataclass(frozen=True)
class Planned:
    """An image that may not be anywhere yet, its name on engines, and what is said while it is sent."""

    image: Image
    name: str
    sentence: str
    architecture: str


class Images(Protocol):
    """Has images of ours on one engine, whatever way they come there."""

    def model(self, order: ServeOrder, report: Report) -> str: ...
    def holder(self, report: Report) -> str: ...
    def close(self) -> None: ...


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
        planned = self.planned_model(order, report)
        for one in planned:
            self.put_together(one, report)
        return planned[-1].image.id

    def holder(self, report: Report) -> str:
        """The identity of the image of holders: the base image with our serving code alone."""
        planned = self.planned_holder(report)
        self.put_together(planned, report)
        return planned.image.id

    def planned_model(self, order: ServeOrder, report: Report) -> Sequence[Planned]:
        """The order's image last, and before it what it stands on; the layers are made, nothing is sent."""
        base = self._known_base(report)
        requirements = read_requirements(order.bundle)
        runtime = runtime_layer(requirements, base.target, self._cache, report)
        report("Putting the model's layer together", 0, 0)
        model = model_layer(order.bundle, order.manifest_hash, base.target, self._cache)
        # The runtime is an image of its own: what was sent of it stays where the model's sending is cut off.
        below = compose(base.image, [runtime], _settings(("python3",), {labels.ROLE: labels.RUNTIME}))
        whole = compose(
            base.image, [runtime, model], _settings(SERVER_COMMAND, labels.of_image(self._workspace_id, order))
        )
        name = f"{_NAMES}/{labels.slug(order.endpoint_name)}:{_short(whole)}"
        return [
            Planned(below, f"{_NAMES}/runtime:{_short(below)}", "Sending the libraries", base.image.architecture),
            Planned(whole, name, "Sending the model", base.image.architecture),
        ]

    def planned_holder(self, report: Report) -> Planned:
        base = self._known_base(report)
        image = compose(base.image, [serving_layer(base.target, self._cache)], _settings(HOLDER_COMMAND, {}))
        name = f"{HOLDERS}:{_short(image)}"
        return Planned(image, name, "Sending the holder of the port", base.image.architecture)

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

    def close(self) -> None:
        """Nothing is held."""

    def put_together(self, planned: Planned, report: Report) -> None:
        """Has the image on the engine; what it lacks of it is sent. Raises HostError, DiskFullError."""
        image, name = planned.image, planned.name
        if has_image(self._engine, image.id):
            return
        missing = self._missing(image)
        size = archive_size(image, name, missing)
        told = _Told(planned.sentence, report)
        self._require_room(size * _ROOM)
        try:
            self._send(image, name, missing, told)
        except EngineError:
            if len(missing) == len(image.own):
                raise
            self._send(image, name, image.own, told)
        if not has_image(self._engine, image.id):
            raise EngineError(
                f"{self._engine.name} took the image but does not have it.",
                hint="Look into the engine's log; images of another kind of store may be the reason.",
            )

    def _require_room(self, needed: int) -> None:
        """Where too little was free when the base image was looked at, it is looked at again."""
        if self._base is not None and needed <= self._base.disk_free:
            return
        self._base = now = probe_base(self._engine, self._base_image)
        if needed > now.disk_free:
            raise DiskFullError(
                f"{self._engine.name} has {now.disk_free / 1e6:,.0f} MB free, and about "
                f"{needed / 1e6:,.0f} MB are needed for the image.",
                hint="Make room on it (docker system df shows what takes it), then try again.",
            )

    def _send(self, image: Image, name: str, missing: Sequence[Layer], told: _Told) -> None:
        pieces = told.of(archive(image, name, missing), archive_size(image, name, missing))
        with self._engine.asked(patient=True) as client:
            for event in client.load_image(pieces):
                read_stream(self._engine.name, event)

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


def has_image(engine: Engine, identity: str) -> bool:
    try:
        with engine.asked() as client:
            client.inspect_image(identity)
    except NotThereError:
        return False
    return True


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
