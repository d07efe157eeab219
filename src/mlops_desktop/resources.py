"""Finds what ships beside the code: icons, style, samples; in the installed package first, else in the checkout."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_ROOTS = (_PACKAGE / "_resources", _PACKAGE.parent.parent / "resources")


def resource(*parts: str) -> Path:
    """The path of a resource, such as `resource("icons", "house.svg")`. Raises FileNotFoundError."""
    for root in _ROOTS:
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"There is no resource {'/'.join(parts)} in {' or '.join(str(root) for root in _ROOTS)}.")


def guide_page(name: str) -> Path:
    """A page of the user guide, such as `guide_page("index.md")`. Raises FileNotFoundError."""
    for root in (_PACKAGE / "_resources" / "guide", _PACKAGE.parent.parent / "docs" / "user-guide"):
        path = root / name
        if path.is_file():
            return path
    raise FileNotFoundError(f"There is no page {name} in the user guide.")


def font_files(package: str) -> list[Path]:
    """The upright font files of an installed font package such as `fontpkg_inter`; none where it is not installed."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return []
    folders = [Path(place) / "files" for place in found.submodule_search_locations]
    return sorted(path for folder in folders for path in folder.glob("*.ttf") if "Italic" not in path.name)
