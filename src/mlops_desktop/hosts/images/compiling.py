"""Compiled files beside the Python files of a layer: a container's root is read-only, so none can be written later.

They are of the kind that is never compared with its source (PEP 552), so they hold no times.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.images import compile_child
from mlops_desktop.hosts.images.layers import Known
from mlops_desktop.hosts.images.targets import Target

_COMMAND: Final = (sys.executable, "-S", "-s", "-P", "-B", "-X", "utf8", "-W", "ignore", compile_child.__file__)


def compiled(files: Mapping[str, Known], target: Target, folder: Path, done: Callable[[int], None]) -> dict[str, Path]:
    """The compiled files in `folder` by their places in the layer, if this Python compiles for the target, else none.

    `done` is told the bytes of each source that is compiled. Raises DeploymentError, and what `done` raises.
    """
    if not target.compiles:
        return {}
    folder.mkdir()
    places = [place for place in sorted(files) if place.endswith(".py")]
    made = {_compiled_place(place): folder / str(number) for number, place in enumerate(places)}
    orders = [[str(files[place].file), str(made[_compiled_place(place)]), f"/{place}"] for place in places]
    sizes = [files[place].file.stat().st_size for place in places]
    _run(json.dumps(orders), sizes, done)
    return {place: file for place, file in made.items() if file.exists()}


def _compiled_place(place: str) -> str:
    path = PurePosixPath(place)
    return str(path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc")


def _run(orders: str, sizes: Sequence[int], done: Callable[[int], None]) -> None:
    environment = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    process = subprocess.Popen(
        _COMMAND,
        env={**environment, "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(orders.encode())
            process.stdin.close()
            for size, _ in zip(sizes, process.stdout, strict=False):  # it may end before
                done(size)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise DeploymentError("The libraries of the image could not be compiled.", hint="Try again.")
