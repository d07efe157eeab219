"""What a name may look like, and how a version is referred to: `flights@v3`, `flight-late@champion`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from mlops_desktop.domain.errors import InvalidNameError

LONGEST_NAME = 100
_NAME = re.compile(r"[^\W_](?:[\w .\-]*\w)?")
_UNUSABLE = re.compile(r"[^\w .\-]+")
_VERSION = re.compile(r"v?([1-9][0-9]{0,8})")
_LIKE_VERSION = re.compile(r"v?[0-9]+")
_ALIAS = re.compile(r"[a-z][a-z0-9_\-]{0,49}")


def check_name(name: str, kind: str) -> str:
    """The name, trimmed and in Unicode NFC.

    Letters with their marks, digits, space, dot, hyphen and underscore; starts with a letter or digit, does not end
    with a space, dot or hyphen; 100 characters at most. A name is never a path: it is shown and looked up, never joined
    to a folder.

    Raises InvalidNameError.
    """
    checked = tidy(name)
    if not checked:
        raise InvalidNameError(f"A {kind} needs a name.", hint="Use letters, digits, spaces, dots, hyphens.")
    if len(checked) > LONGEST_NAME:
        raise InvalidNameError(f"The {kind} name has {len(checked)} characters.", hint=f"Use at most {LONGEST_NAME}.")
    if not _NAME.fullmatch(bare(checked)):
        raise InvalidNameError(
            f"{checked!r} cannot be a {kind} name.",
            hint="Use letters, digits, spaces, dots, hyphens and underscores; start and end with a letter or digit.",
        )
    return checked


def tidy(name: str) -> str:
    """The name as it is stored and looked up: trimmed, in Unicode NFC."""
    return composed(name).strip()


def composed(text: str) -> str:
    """One way to write each letter: an e with a mark behind it becomes an é."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def bare(text: str) -> str:
    """As long as the text, with a plain letter for each mark behind one: vowels of Hindi, tones of Thai.

    Such marks belong to the letter, but for a regular expression they are none.
    """
    if text.isascii():
        return text
    signs = list(text)
    for place, sign in enumerate(text):
        before = signs[place - 1] if place else ""
        if unicodedata.category(sign).startswith("M") and before.isalnum():
            signs[place] = "a"
    return "".join(signs)


def usable_name(text: str, kind: str) -> str:
    """A name as close to the text as names may be; `kind` itself where nothing of the text can be kept."""
    tidied = tidy(text)
    wrong = [found.span() for found in _UNUSABLE.finditer(bare(tidied))]
    for start, end in reversed(wrong):
        tidied = f"{tidied[:start]}-{tidied[end:]}"
    kept = tidied.lstrip(" .-_")[:LONGEST_NAME].rstrip(" .-")
    return kept if _NAME.fullmatch(bare(kept)) else kind


def name_of_file(file_name: str) -> str:
    """What a dataset may be called that comes from a file: its name without the endings of packed text tables."""
    name = file_name
    for ending in (".zip", ".gz", ".csv", ".tsv", ".txt"):
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
    return usable_name(name, "dataset")


def check_alias(alias: str) -> str:
    """The alias; lower case, such as `champion`. Raises InvalidNameError; `v3` and `latest` are taken by numbers."""
    checked = alias.strip()
    if not _ALIAS.fullmatch(checked) or _LIKE_VERSION.fullmatch(checked) or checked == "latest":
        raise InvalidNameError(
            f"{alias!r} cannot be an alias.",
            hint="Use lower-case letters, digits, hyphens; start with a letter; not v1, v2 or latest.",
        )
    return checked


@dataclass(frozen=True)
class Reference:
    """A name with a version number or an alias; neither means the latest version."""

    name: str
    number: int | None = None
    alias: str | None = None

    def __str__(self) -> str:
        if self.number is not None:
            return f"{self.name}@v{self.number}"
        return f"{self.name}@{self.alias}" if self.alias else self.name


def parse_reference(text: str, kind: str) -> Reference:
    """`flights`, `flights@v3`, `flights@3`, `flights@latest`, `flight-late@champion`. Raises InvalidNameError."""
    name, mark, selector = text.partition("@")
    checked = check_name(name, kind)
    if not mark or selector == "latest":
        return Reference(checked)
    version = _VERSION.fullmatch(selector)
    if version:
        return Reference(checked, number=int(version[1]))
    return Reference(checked, alias=check_alias(selector))
