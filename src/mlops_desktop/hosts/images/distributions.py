"""Python distributions by their own lists: which of their files serving needs, and what they need themselves.

A distribution that is installed and the wheel that it came from give the same files under the same names.
"""

from __future__ import annotations

import base64
import binascii
import csv
import email.parser
import importlib.metadata
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import parse_tag
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.images.targets import Target, rank_of_tags

_MOST_FILES: Final = 20_000
_SOURCES: Final = (".pyi", ".pyx", ".pxd", ".pxi", ".tp", ".h", ".hpp", ".c", ".cc", ".cpp", ".f", ".f90", ".a", ".lib")
_BUILDING: Final = (".build", ".in", ".src", ".template", ".pc", ".pth", ".pyc", ".typed", ".rst", ".md")
_FOLDERS: Final = frozenset({"tests", "test", "__pycache__", "_precompute", "_examples", "include"})
"""Tests, and what makes tables and examples of them; no module that is used imports from there."""
_UNUSED: Final = (
    "numpy/distutils/",
    "scipy/cluster/",
    "scipy/datasets/",
    "scipy/io/_fast_matrix_market/_fmm_core.",
    "scipy/odr/",
    "scipy/signal/",
    "sklearn/datasets/data/",
    "sklearn/datasets/descr/",
    "sklearn/datasets/images/",
)
"""Large parts that neither serving nor a type that a model may have imports, each loaded by name only."""
_FORBIDDEN: Final = re.compile(r'[\\:*?"<>|\x00-\x1f\x7f]')
_NOWHERE: Final = frozenset({"", ".", ".."})
_DEEPEST: Final = 30
_LONGEST: Final = 255
_LEGAL: Final = re.compile(r"(licen[cs]e|copying|notice|authors)", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """A file of a distribution: what it is called at its source, and its hash in hexadecimal digits."""

    origin: str
    sha256: str


@dataclass(frozen=True)
class Distribution:
    """`files` are those that serving needs, by their places below the folder for libraries.

    `source` is the folder or the wheel that they are in.
    """

    name: str
    version: str
    source: Path
    files: Mapping[str, Entry] = field(repr=False)
    requires: tuple[Requirement, ...] = field(repr=False)

    @property
    def is_wheel(self) -> bool:
        return self.source.suffix == ".whl"

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def installed_distribution(name: str, target: Target) -> Distribution | None:
    """The one that this interpreter would import, if it has a list of its files and runs on the target."""
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    record, wheel = found.read_text("RECORD"), found.read_text("WHEEL")
    if record is None or wheel is None or _is_elsewhere(found.read_text("direct_url.json")):
        return None
    tags = [line.partition(":")[2].strip() for line in wheel.splitlines() if line.startswith("Tag:")]
    if not any(tag in rank_of_tags(target) for text in tags for tag in parse_tag(text)):
        return None
    root = Path(str(found.locate_file("")))
    requires = read_requires(found.requires or (), name)
    return Distribution(canonicalize_name(name), found.version, root, _needed_files(record, name), requires)


@lru_cache(maxsize=64)
def _needed_files(record: str, whose: str) -> Mapping[str, Entry]:
    """Kept, for every deployment asks again: the same text names the same files."""
    # Commands lie elsewhere (../../bin), and no server starts them.
    return MappingProxyType(
        {
            place: Entry(place, sha256_of(text, place))
            for place, text in read_record(record, whose).items()
            if is_plain(place) and is_needed(place)
        }
    )


def read_record(text: str, whose: str) -> Mapping[str, str]:
    """The hash, as it is written there, of each file that a RECORD lists. Raises DeploymentError."""
    rows = [row for row in csv.reader(text.splitlines()) if len(row) >= 2]
    if len(rows) > _MOST_FILES:
        raise DeploymentError(f"{whose} has more than {_MOST_FILES} files.")
    return {row[0]: row[1] for row in rows}


def is_plain(name: str) -> bool:
    """Whether it is a relative name that stays below its folder, on every system."""
    parts = name.split("/")
    return (
        not _FORBIDDEN.search(name)
        and not _NOWHERE.intersection(parts)
        and len(parts) <= _DEEPEST
        and len(name.encode("utf-8", "replace")) <= _LONGEST
    )


def is_needed(place: str) -> bool:
    """Whether a file has a part in answering. Licences stay, as they ask for it themselves."""
    *folders, name = place.split("/")
    if folders and folders[0].endswith(".dist-info"):
        return name == "METADATA" or folders[1:2] == ["licenses"] or bool(_LEGAL.match(name))
    if (folders and folders[0].endswith(".data")) or name == "conftest.py":
        return False
    if name.endswith(_SOURCES + _BUILDING) or place.startswith(_UNUSED):
        return bool(_LEGAL.match(name))
    return not _FOLDERS.intersection(folders)


def read_requires(lines: Sequence[str], whose: str) -> tuple[Requirement, ...]:
    """What a distribution's metadata asks for. Raises DeploymentError."""
    try:
        return tuple(Requirement(line) for line in lines)
    except InvalidRequirement as error:
        raise DeploymentError(f"{whose} does not say in a readable way what it needs.", details=str(error)) from error


def read_metadata(text: str, whose: str) -> tuple[str, str, tuple[Requirement, ...]]:
    """Name, version and requirements. Raises DeploymentError."""
    message = email.parser.HeaderParser().parsestr(text)
    try:
        name, version = canonicalize_name(str(message["Name"])), str(Version(str(message["Version"])))
    except InvalidVersion as error:
        raise DeploymentError(f"{whose} does not say its version.", details=str(error)) from error
    return name, version, read_requires([str(line) for line in message.get_all("Requires-Dist", [])], whose)


def _is_elsewhere(text: str | None) -> bool:
    """Whether its code lies in a checkout, so that the list says nothing of it."""
    if text is None:
        return False
    try:
        return bool(json.loads(text).get("dir_info", {}).get("editable", False))
    except (ValueError, AttributeError):
        return True


def sha256_of(text: str, name: str) -> str:
    """In hexadecimal digits what a RECORD says of a file. Raises DeploymentError."""
    kind, _, value = text.partition("=")
    try:
        digest = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (ValueError, binascii.Error):
        digest = b""
    if kind != "sha256" or len(digest) != 32:
        raise DeploymentError(f"{name} is listed without its sha256, so nobody can say whether it is the right one.")
    return digest.hex()
