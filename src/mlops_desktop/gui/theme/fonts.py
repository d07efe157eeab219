"""Type: the sizes and weights of the design, from the system's font or the bundled Inter."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from PySide6.QtGui import QFont, QFontDatabase, QFontInfo

from mlops_desktop.resources import font_files

INTER, JETBRAINS = "fontpkg_inter", "fontpkg_jetbrains_mono"


@dataclass(frozen=True)
class Role:
    pixels: int
    weight: int = 400
    tabular: bool = False
    mono: bool = False


ROLES = {
    "figure": Role(22, 600, tabular=True),
    "page": Role(18, 600),
    "section": Role(16, 600),
    "search": Role(16),
    "body": Role(13),
    "label": Role(13, 500),
    "title": Role(13, 600),
    "table": Role(12),
    "table-strong": Role(12, 500),
    "table-bold": Role(12, 600),
    "number": Role(12, tabular=True),
    "number-strong": Role(12, 600, tabular=True),
    "caption": Role(11),
    "caption-number": Role(11, tabular=True),
    "caption-strong": Role(11, 500),
    "caption-bold": Role(11, 600, tabular=True),
    "badge": Role(9, 600, tabular=True),
    "mono": Role(12, mono=True),
    "mono-small": Role(11, mono=True),
    "tag": Role(10, 600, mono=True),
}


class Fonts:
    """Fonts by role. Loading happens once, when the first QApplication is there."""

    def __init__(self) -> None:
        self._text = self._load(INTER) if sys.platform not in ("win32", "darwin") else ""
        self._mono = ""
        self._made: dict[str, QFont] = {}
        self._zoom = 1.0

    def set_zoom(self, zoom: float) -> None:
        """All fonts that are asked for from now on are larger by this."""
        self._zoom = zoom
        self._made.clear()

    def __getitem__(self, role: str) -> QFont:
        font = self._made.get(role)
        if font is None:
            font = self._made[role] = self._make(ROLES[role])
        return font

    def _make(self, role: Role) -> QFont:
        font = QFont(self._mono_family()) if role.mono else QFont(self._text) if self._text else QFont()
        font.setPixelSize(round(role.pixels * self._zoom))
        font.setWeight(QFont.Weight(role.weight))
        if self._text and not role.mono:
            font.setVariableAxis(QFont.Tag("wght"), role.weight)
            font.setVariableAxis(QFont.Tag("opsz"), min(32.0, max(14.0, role.pixels * self._zoom)))
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        if role.tabular:
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def _mono_family(self) -> str:
        if not self._mono:
            system = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
            self._mono = self._load(JETBRAINS) or QFontInfo(system).family()
        return self._mono

    @staticmethod
    def _load(package: str) -> str:
        for path in font_files(package):
            families = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(path)))
            if families:
                return families[0]
        return ""
