"""The look in force: tokens to QPalette and style sheet, fonts and icons; one object handed to every widget."""

from __future__ import annotations

import enum
import re
import weakref
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QObject, QRect, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from mlops_desktop.gui.theme.fonts import Fonts
from mlops_desktop.gui.theme.icons import Icons
from mlops_desktop.gui.theme.tokens import load_tokens
from mlops_desktop.resources import resource

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon


class Look(enum.StrEnum):
    """What the person chose; `system` follows the desktop."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


_TOKEN = re.compile(r"\$([a-z0-9]+(?:-[a-z0-9]+)*)")
_RADIUS = re.compile(r"radius: (\d+)px")
_PIXELS = re.compile(r"\b([2-9]|[1-9]\d+)px")
"""Lines of one pixel stay."""
_ROLES = {
    QPalette.ColorRole.Window: "window",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "surface",
    QPalette.ColorRole.AlternateBase: "subtle",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.Button: "surface",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "on-accent",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on-accent",
    QPalette.ColorRole.Link: "accent-text",
    QPalette.ColorRole.LinkVisited: "accent-text",
    QPalette.ColorRole.PlaceholderText: "muted",
    QPalette.ColorRole.ToolTipBase: "tip",
    QPalette.ColorRole.ToolTipText: "on-tip",
    QPalette.ColorRole.Accent: "accent",
    QPalette.ColorRole.Light: "surface",
    QPalette.ColorRole.Midlight: "hover",
    QPalette.ColorRole.Mid: "border",
    QPalette.ColorRole.Dark: "control",
    QPalette.ColorRole.Shadow: "control",
}


class Theme(QObject):
    """Colours by token, fonts by role, icons by name. `changed` follows every switch between light and dark."""

    changed = Signal()

    def __init__(self, app: QApplication, look: Look) -> None:
        super().__init__(app)
        self._app = app
        self._tokens = load_tokens()
        self._fonts = Fonts()
        self._icons = Icons()
        self._colours: dict[str, QColor] = {}
        self._dressed: weakref.WeakSet[QWidget] = weakref.WeakSet()
        self.look = look
        self.name = ""
        self.zoom = 1.0
        app.setFont(self.font("body"))
        self._apply()
        app.styleHints().colorSchemeChanged.connect(self._on_scheme_changed)

    def choose(self, look: Look) -> None:
        self.look = look
        self._apply()

    def dress(self, window: QWidget) -> None:
        """Gives a window the style sheet, now and after every change.

        Not the application: there Qt styles each part anew at every step of putting a page together, which takes ten
        times as long as once at the end.
        """
        self._dressed.add(window)
        window.setStyleSheet(self._sheet)

    def set_zoom(self, zoom: float) -> None:
        """Makes type, icons, rows and controls larger or smaller, 1 being their size in the design."""
        if zoom == self.zoom:
            return
        from mlops_desktop.gui.theme.zoom import fonts_as_designed, rescale

        fonts = fonts_as_designed(self._app, self.zoom)
        self.zoom = zoom
        self._fonts.set_zoom(zoom)
        self._app.setFont(self.font("body"))
        self._dress_all()
        rescale(self._app, fonts, zoom)
        self.changed.emit()

    def px(self, size: float) -> int:
        """A size of the design, in pixels as zoomed."""
        return round(size * self.zoom)

    def colour(self, token: str) -> QColor:
        colour = self._colours.get(token)
        if colour is None:
            colour = self._colours[token] = QColor(self._tokens[self.name][token])
        return colour

    def font(self, role: str) -> QFont:
        return self._fonts[role]

    def pixmap(self, name: str, token: str, size: int, ratio: float) -> QPixmap:
        return self._icons.pixmap(name, self._tokens[self.name][token], size, ratio)

    def icon(self, name: str, token: str, size: int, *, gap: int = 0) -> QIcon:
        """An icon for Qt's own widgets, with a gap towards the word. Ask again when `changed` is emitted."""
        from PySide6.QtGui import QIcon

        ratio = self._app.devicePixelRatio()
        picture = self.pixmap(name, token, size, ratio)
        if not gap:
            return QIcon(picture)
        wide = QPixmap(round((size + gap) * ratio), round(size * ratio))
        wide.setDevicePixelRatio(ratio)
        wide.fill(Qt.GlobalColor.transparent)
        painter = QPainter(wide)
        painter.drawPixmap(0, 0, picture)
        painter.end()
        return QIcon(wide)

    def paint_icon(self, painter: QPainter, area: QRect, name: str, token: str) -> None:
        """Paints the icon in the middle of `area`, as large as its shorter side."""
        size = min(area.width(), area.height())
        ratio = painter.device().devicePixelRatio()
        place = QRect(0, 0, size, size)
        place.moveCenter(area.center())
        painter.drawPixmap(place.topLeft(), self.pixmap(name, token, size, ratio))

    def _on_scheme_changed(self) -> None:
        if self.look is Look.SYSTEM:
            self._apply()

    def _apply(self) -> None:
        dark = self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        name = ("dark" if dark else "light") if self.look is Look.SYSTEM else self.look.value
        if name == self.name:
            return
        self.name = name
        self._colours.clear()
        self._app.setPalette(self._palette())
        self._dress_all()
        self.changed.emit()

    def _palette(self) -> QPalette:
        palette = QPalette()
        for role, token in _ROLES.items():
            palette.setColor(role, self.colour(token))
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour("disabled"))
        return palette

    def _dress_all(self) -> None:
        self._sheet = self._make_sheet()
        for window in list(self._dressed):
            if shiboken6.isValid(window):
                window.setStyleSheet(self._sheet)

    def _make_sheet(self) -> str:
        tokens = self._tokens[self.name]
        template = resource("style", "window.qss").read_text("utf-8")
        filled = _TOKEN.sub(lambda match: tokens[match[1]], template)
        if self.zoom == 1:
            return filled
        # A radius of more than half the height would make Qt draw no round corners at all.
        filled = _RADIUS.sub(lambda match: f"radius: {int(int(match[1]) * self.zoom)}.px", filled)
        return _PIXELS.sub(lambda match: f"{max(1, self.px(int(match[1])))}px", filled).replace(".px", "px")
