"""Small wheels of the test's own, right and wrong."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

NATIVE = "cp311-cp311-manylinux_2_28_aarch64"


def record_line(name: str, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}"


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    files: Mapping[str, bytes],
    *,
    requires: Sequence[str] = (),
    tag: str = "py3-none-any",
    unlisted: Mapping[str, bytes] | None = None,
    lies: Sequence[str] = (),
) -> Path:
    """The RECORD names all `files`, with wrong hashes for those in `lies`; `unlisted` are in the archive only."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
    wheel = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"
    whole = {**files, f"{info}/METADATA": metadata.encode(), f"{info}/WHEEL": wheel.encode()}
    lines = [record_line(place, data if place not in lies else data + b"!") for place, data in whole.items()]
    record = "\n".join([*lines, f"{info}/RECORD,,"]) + "\n"
    file = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, data in {**whole, f"{info}/RECORD": record.encode(), **(unlisted or {})}.items():
            archive.writestr(place, data)
    return file
