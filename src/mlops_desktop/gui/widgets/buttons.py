"""Buttons: with a word, or with an icon and its word in the tooltip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QToolButton

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.theme.zoom import ICON_BY_ITSELF
from mlops_desktop.gui.widgets.text import elided, plain_caption, plain_tip

ICON_GAP = 3
"""What Qt leaves between icon and word is too little for this type."""
_ICON_TONES = {"primary": "on-accent", "link": "accent-text", "danger": "error", "destroy": "on-danger"}


class Button(QPushButton):
    """`kind` is normal, primary, ghost, link, danger (red edge) or destroy (red ground); small is 26 px high."""

    def __init__(
        self, theme: Theme, caption: str, *, icon: str = "", kind: str = "normal", small: bool = False, tip: str = ""
    ) -> None:
        super().__init__(plain_caption(caption))
        self._theme, self._icon, self._kind = theme, icon, kind
        self.setProperty("kind", kind)
        self.setProperty("small", small)
        self.setFont(theme.font("table-strong" if small or kind == "link" else "label"))
        self.setAccessibleName(caption)
        self.setToolTip(plain_tip(tip))
        self.setCursor(Qt.CursorShape.PointingHandCursor if kind == "link" else Qt.CursorShape.ArrowCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._picture = 14 if small else 16
        self.setProperty(ICON_BY_ITSELF, True)
        self._tint()
        theme.changed.connect(self._tint)

    def set_caption(self, caption: str) -> None:
        self.setText(plain_caption(caption))
        self.setAccessibleName(caption)

    def set_icon(self, icon: str) -> None:
        """Another icon, or none."""
        self._icon = icon
        self._tint()

    def _tint(self) -> None:
        if not self._icon:
            self.setIcon(QIcon())
        else:
            size = self._theme.px(self._picture)
            gap = 0 if self._kind == "title" else ICON_GAP
            token = _ICON_TONES.get(self._kind, "muted")
            self.setIcon(self._theme.icon(self._icon, token, size, gap=gap))
            self.setIconSize(QSize(size + gap, size))


class ElidedLink(Button):
    """A link that shortens to its room, at the end of its line; the whole words are in the tooltip."""

    def __init__(self, theme: Theme, caption: str) -> None:
        super().__init__(theme, caption, kind="link", small=True)
        self._whole = caption
        self.setProperty("flush", True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 4, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(24, self.sizeHint().width()), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        shown = elided(self.fontMetrics(), self._whole, Qt.TextElideMode.ElideRight, self.width() - 2)
        self.setText(plain_caption(shown))
        self.setToolTip("" if shown == self._whole else plain_tip(self._whole))


class IconButton(QToolButton):
    """An icon alone; its name is the tooltip and what a screen reader says."""

    def __init__(self, theme: Theme, icon: str, name: str, *, size: int = 30, picture: int = 16) -> None:
        super().__init__()
        self._theme, self._icon, self._picture = theme, icon, picture
        self.setFixedSize(size, size)
        self.setAccessibleName(name)
        self.setToolTip(plain_tip(name))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        token = "muted" if self.isEnabled() else "disabled"
        painter = QPainter(self)
        area = self.rect()
        size = self._theme.px(self._picture)
        area.setSize(QSize(size, size))
        area.moveCenter(self.rect().center())
        self._theme.paint_icon(painter, area, self._icon, token)
