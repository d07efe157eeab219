"""The image that ours stand on: there, pulled, or imported from a tar; and which Python it has."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mlops_desktop.domain.errors import BaseImageError, EngineError
from mlops_desktop.hosts.engines import labels
from mlops_desktop.hosts.engines.engine import Client, Engine
from mlops_desktop.hosts.engines.engine_words import NotThereError, read_stream
from mlops_desktop.hosts.engines.profile import probe_settings
from mlops_desktop.hosts.images.archives import BaseImage
from mlops_desktop.hosts.images.layout import USER
from mlops_desktop.hosts.images.targets import Target
from mlops_desktop.hosts.process_host import Report

_BLOCK: Final = 1024 * 1024
_PROBE_SECONDS: Final = 30
_FRESH_SECONDS: Final = 600.0
LEFT_SECONDS: Final = 600
_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-/:@]{0,254}")
_QUESTION: Final = (
    "import json, os, platform, shutil, sys, sysconfig; print(json.dumps({"
    "'python': sys.version_info[:2], 'libc': platform.libc_ver()[0] or 'musl', "
    "'implementation': sys.implementation.name, 'free': shutil.disk_usage('/').free}))"
)


@dataclass(frozen=True)
class Base:
    """A base image on an engine, and what a container of it said: `disk_free` in bytes."""

    image: BaseImage
    target: Target
    disk_free: int


def find_base(engine: Engine, reference: str) -> BaseImage | None:
    """The base image as the engine has it, or None."""
    try:
        with engine.asked() as client:
            found = client.inspect_image(_checked(reference))
    except NotThereError:
        return None
    return BaseImage(
        id=str(found["Id"]),
        diff_ids=tuple(found["RootFS"]["Layers"]),
        architecture=str(found["Architecture"]),
        system=str(found["Os"]),
        environment=tuple(found["Config"].get("Env") or ()),
    )


def probe_base(engine: Engine, reference: str) -> Base:
    """Starts a container of the base image that says which Python it has. Raises BaseImageError, HostError."""
    image = find_base(engine, reference)
    if image is None:
        raise BaseImageError(
            f"The base image {reference} is not on {engine.name}.", hint=f"Prepare it: mlops hosts base {engine.name}"
        )
    said = _ask(engine, image)
    try:
        python = (int(said["python"][0]), int(said["python"][1]))
        free = int(said["free"])
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise _unusable(reference, f"its Python answered {said}") from error
    if said.get("implementation") != "cpython":
        raise _unusable(reference, f"its Python is {said.get('implementation')}, and CPython is needed")
    return Base(image, Target(python, image.architecture, str(said.get("libc", "glibc"))), free)


class Probes:
    """What base images said of themselves, remembered for some minutes: who looks at a host again and again starts no
    container each time. Free space is as old as the answer."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[float, Base]] = {}

    def of(self, engine: Engine, reference: str) -> Base | None:
        """None where the image is not there. Raises BaseImageError, HostError."""
        image = find_base(engine, reference)
        if image is None:
            return None
        key = (engine.name, image.id)
        at, known = self._known.get(key, (0.0, None))
        if known is None or time.monotonic() - at > _FRESH_SECONDS:
            known = probe_base(engine, reference)
            self._known[key] = (time.monotonic(), known)
        return known


def _ask(engine: Engine, image: BaseImage) -> Mapping[str, Any]:
    with engine.asked(patient=True) as client:
        _sweep(client)
        made = client.create_container(
            image.id,
            ["python3", "-I", "-c", _QUESTION],
            user=USER,
            labels={labels.ROLE: labels.PROBE},
            host_config=probe_settings(client),
            network_disabled=True,
            use_config_proxy=False,
        )
        try:
            words = _run(client, made["Id"])
        except EngineError as error:
            raise _unusable(image.id, f"it has no python3 that starts: {error.details or error.message}") from error
        finally:
            client.remove_container(made["Id"], force=True, v=True)
    try:
        said = json.loads(words)
    except ValueError as error:
        told = " ".join(words.split())[:300].rstrip(".")
        raise _unusable(image.id, f"its python3 did not answer, but said: {told or 'nothing'}") from error
    return said if isinstance(said, dict) else {}


def _sweep(client: Client) -> None:
    """Takes away what a probe left that was cut off; one that is younger may be somebody else's at work."""
    for one in client.containers(all=True, filters=dict(labels.filters(role=labels.PROBE))):
        if time.time() - int(one["Created"]) >= LEFT_SECONDS:
            client.remove_container(one["Id"], force=True, v=True)


def _run(client: Client, container: str) -> str:
    client.start(container)
    client.wait(container, timeout=_PROBE_SECONDS)
    output: bytes = client.logs(container, stdout=True, stderr=True, tail=20)
    return output.decode("utf-8", errors="replace")


def prepare_base(engine: Engine, reference: str, archive: Path | None, report: Report) -> str:
    """Has the base image on the engine, pulled or (with an archive) imported, and tried; returns its identity.

    The archive is a tar of `docker save`, or one of a whole file system, as `debootstrap` leaves it.
    Raises BaseImageError, HostError, DiskFullError.
    """
    if archive is not None:
        _import(engine, reference, archive, report)
    elif find_base(engine, reference) is None:
        _pull(engine, reference, report)
    report("Trying its Python", 0, 0)
    return probe_base(engine, reference).image.id


def _pull(engine: Engine, reference: str, report: Report) -> None:
    name, _, tag = reference.partition("@") if "@" in reference else _split_tag(reference)
    try:
        with engine.asked(patient=True) as client:
            for event in client.pull_events(name, tag or "latest", {}):
                detail = event.get("progressDetail") or {}
                sentence = read_stream(engine.name, event)
                report(
                    f"Pulling {reference}: {sentence}"[:200], int(detail.get("current", 0)), int(detail.get("total", 0))
                )
    except EngineError as error:
        raise BaseImageError(
            f"The base image {reference} cannot be pulled to {engine.name}: {error.details or error.message}",
            hint=f"Where it has no way to a registry, import a tar: mlops hosts base {engine.name} --import FILE",
            details=error.details,
        ) from error


def _import(engine: Engine, reference: str, archive: Path, report: Report) -> None:
    size = archive.stat().st_size
    sentence = f"Importing {archive.name}"
    with engine.asked(patient=True) as client:
        if _is_saved(archive):
            before = set(_ids(client))
            for event in client.load_image(_pieces(archive, size, sentence, report)):
                read_stream(engine.name, event)
            _name_loaded(client, archive, before, reference)
            return
        repository, _, tag = _split_tag(reference)
        answer = client.import_image_from_data(
            _Reading(archive, size, sentence, report), repository=repository, tag=tag or "latest"
        )
        for line in str(answer).splitlines():
            read_stream(engine.name, _event(line))


def _is_saved(archive: Path) -> bool:
    """Whether it is a tar of `docker save` and not of a file system."""
    import tarfile

    try:
        with tarfile.open(archive) as opened:
            for number, member in enumerate(opened):
                if member.name in ("manifest.json", "index.json", "oci-layout"):
                    return True
                if number > 2000:
                    return False
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BaseImageError(
            f"{archive.name} is no tar that can be read: {error}.", hint="Choose another file."
        ) from error
    return False


def _name_loaded(client: Client, archive: Path, before: set[str], reference: str) -> None:
    from mlops_desktop.hosts.images.saved import saved_identities

    new = [identity for identity in _ids(client) if identity not in before]
    known = new or [identity for identity in saved_identities(archive) if identity in before]
    if len(known) != 1:
        raise BaseImageError(
            f"{archive.name} holds {len(known)} images that were not there yet, and one is needed.",
            hint="Save the one image alone: docker save -o base.tar <image>",
        )
    repository, _, tag = _split_tag(reference)
    client.tag(known[0], repository, tag or "latest", force=True)


def _ids(client: Client) -> list[str]:
    return [str(image["Id"]) for image in client.images(all=True)]


def _pieces(archive: Path, size: int, sentence: str, report: Report) -> Iterator[bytes]:
    done = 0
    with archive.open("rb") as opened:
        while piece := opened.read(_BLOCK):
            yield piece
            done += len(piece)
            report(sentence, done, size)


class _Reading:
    """The archive as a file that reports how far it was read."""

    def __init__(self, archive: Path, size: int, sentence: str, report: Report) -> None:
        self._pieces = _pieces(archive, size, sentence, report)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces


def _event(line: str) -> Mapping[str, object]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _split_tag(reference: str) -> tuple[str, str, str]:
    """Name, colon and tag; a colon before the last slash belongs to a registry's port."""
    name, colon, tag = reference.rpartition(":")
    return (name, colon, tag) if colon and "/" not in tag else (reference, "", "")


def _checked(reference: str) -> str:
    if not _REFERENCE.fullmatch(reference):
        raise BaseImageError(
            f"{reference!r} cannot be the name of an image.", hint="Give a name such as python:3.11-slim, or a digest."
        )
    return reference


def _unusable(reference: str, reason: str) -> BaseImageError:
    return BaseImageError(
        f"The base image {reference} cannot be used: {reason}.",
        hint="Use one with Python 3.11 or newer as python3, such as python:3.11-slim.",
    )
