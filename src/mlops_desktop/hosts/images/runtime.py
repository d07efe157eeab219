"""The runtime layer: the libraries that serving imports, in a bundle's versions, without what answers nothing."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.failures import translated
from mlops_desktop.hosts.images.compiling import compiled
from mlops_desktop.hosts.images.distributions import Distribution
from mlops_desktop.hosts.images.fetching import Report
from mlops_desktop.hosts.images.kept import kept_layer, key_of
from mlops_desktop.hosts.images.layers import Content, Known, Layer, write_layer
from mlops_desktop.hosts.images.layout import RUNTIME
from mlops_desktop.hosts.images.requirements import parse_requirements, require_served
from mlops_desktop.hosts.images.resolving import resolve
from mlops_desktop.hosts.images.targets import Target
from mlops_desktop.hosts.images.wheels import take_out
from mlops_desktop.serving.libraries import DISTRIBUTIONS

FORMAT: Final = 1
"""Another one whenever the same libraries would give another layer: a layer that is kept is then made anew."""
_PLACE: Final = RUNTIME.lstrip("/")


def _tell_nobody(_sentence: str, _done: int, _total: int) -> None:
    pass


def wheels_folder(cache: Path) -> Path:
    """Where wheels are kept, and where a person may put some."""
    return cache / "wheels"


def runtime_layer(requirements: Sequence[str], target: Target, cache: Path, report: Report = _tell_nobody) -> Layer:
    """The layer of the libraries that serving imports, with what these need, made or taken from `cache`.

    `requirements` are the lines of a bundle's. The libraries of this computer are taken where they fit the target and
    are the very versions, else wheels: kept ones, put there by hand, or fetched. The same files give the same bytes.
    What `report` raises ends the work, and leaves nothing half done. Raises DeploymentError, DiskFullError.
    """
    pins = parse_requirements(requirements)
    require_served(pins)
    with translated():
        report("Looking for the libraries", 0, 0)
        found = resolve(DISTRIBUTIONS, pins, target, wheels_folder(cache), report)
    layer = kept_layer(
        cache, f"runtime-{_key(found, target)}", lambda file, place: _make(file, place, found, target, report)
    )
    report("The libraries are ready", layer.size, layer.size)
    return layer


def _key(found: Sequence[Distribution], target: Target) -> str:
    """Stands for the bytes of every file that goes in, and for the Python that compiles them."""
    hashes = {place: entry.sha256 for each in found for place, entry in each.files.items()}
    compiler = platform.python_version() if target.compiles else ""
    return key_of([FORMAT, str(target), compiler, hashes])


def _make(file: Path, place: Path, found: Sequence[Distribution], target: Target, report: Report) -> Layer:
    files = _collect(found, place, report)
    sources = sum(file.file.stat().st_size for name, file in files.items() if name.endswith(".py"))
    compiling = _Count("Compiling the libraries", sources, report)
    made = compiled(files, target, place / "compiled", compiling.add)
    content: dict[str, Content] = {**files, **made}
    total = sum(file.stat().st_size for file in (*made.values(), *(known.file for known in files.values())))
    return write_layer(
        file, content, lambda done: report("Writing the layer of the libraries", min(done, total), total)
    )


def _collect(found: Sequence[Distribution], place: Path, report: Report) -> dict[str, Known]:
    """Every file by its place in the layer. Raises DeploymentError where two libraries have one place."""
    files: dict[str, Known] = {}
    count = _Count("Unpacking the libraries", 0, report)
    for number, each in enumerate(found):
        if each.is_wheel:
            taken = take_out(each, place / str(number), count.add)
        else:
            taken = {name: Known(each.source / entry.origin, entry.sha256) for name, entry in each.files.items()}
        for name, file in taken.items():
            if files.setdefault(f"{_PLACE}/{name}", file).sha256 != file.sha256:
                raise DeploymentError(f"{each} and another library both have a file {name}, and not the same.")
    return files


class _Count:
    """Reports what has been done so far."""

    def __init__(self, sentence: str, total: int, report: Callable[[str, int, int], None]) -> None:
        self._sentence, self._total, self._report = sentence, total, report
        self._done = 0

    def add(self, amount: int) -> None:
        self._done += amount
        self._report(self._sentence, self._done, self._total)
