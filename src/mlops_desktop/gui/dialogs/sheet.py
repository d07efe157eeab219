"""What every dialog is: a head with icon and title, a body, a foot with buttons; Esc closes it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mlops_desktop.gui import tab_order
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.column_area import ColumnArea
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import ElidedText, line

EDGE = 18
LEAST_BODY = 80


def fitting_width(theme: Theme, width: int, parent: QWidget) -> int:
    """As wide as designed at this zoom, but no wider than the window that asks."""
    return min(theme.px(width), max(320, parent.width() - 40))


class Growing(QDialog):
    """Grows with what it holds, up to the window that asks; without that a note that comes later would press the lines
    into each other."""

    def showEvent(self, event: QShowEvent) -> None:
        self.adjustSize()
        super().showEvent(event)

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() != QEvent.Type.LayoutRequest:  # after the event that deletes it nothing may be asked of it
            return handled
        layout = self.layout()
        if self.isVisible() and layout is not None:
            wanted = max(layout.totalHeightForWidth(self.width()), layout.totalMinimumSize().height())
            wanted = max(wanted, min(layout.totalSizeHint().height(), self._most_height()))
            if wanted > self.height():
                self.resize(self.width(), wanted)
        return handled

    def _most_height(self) -> int:
        parent = self.parentWidget()
        return max(320, parent.window().height() - 20) if parent is not None else 0


class Body(ColumnArea):
    """What a dialog asks: as high as it wants to be where there is room, and scrolling where there is not."""

    def __init__(self, content: QWidget, name: str) -> None:
        super().__init__(content, name)
        for ground in (self.viewport(), content):
            ground.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        content = self.widget()
        layout = content.layout() if content is not None else None
        if layout is None:
            return super().sizeHint()
        wide = self.viewport().width()
        high = layout.totalHeightForWidth(wide) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
        return QSize(layout.totalSizeHint().width(), high)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, min(LEAST_BODY, self.sizeHint().height()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        answer = super().eventFilter(watched, event)
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return answer

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()


class Sheet(Growing):
    """`body` takes what is asked, `foot` the buttons, from left to right with the primary one last."""

    def __init__(self, theme: Theme, icon: str, title: str, parent: QWidget, *, width: int = 520) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self.setFixedWidth(fitting_width(theme, width, parent))
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(EDGE, 12, 12, 12)
        head.setSpacing(10)
        self.title = ElidedText(theme, title, "section")
        self.close_button = IconButton(theme, "x", "Close", size=28)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.close_button.clicked.connect(self.reject)
        head.addWidget(Icon(theme, icon, "accent-text", 18))
        head.addWidget(self.title, 1)
        head.addWidget(self.close_button)
        column.addLayout(head)
        column.addWidget(line(theme))
        content = QWidget()
        self.body = QVBoxLayout(content)
        self.body.setContentsMargins(EDGE, 14, EDGE, 14)
        self.body.setSpacing(12)
        column.addWidget(Body(content, title), 1)
        self._ground = QWidget()
        self._ground.setObjectName("dialogfoot")
        self._ground.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._ground.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.foot = QHBoxLayout(self._ground)
        self.foot.setContentsMargins(EDGE, 11, EDGE, 11)
        self.foot.setSpacing(8)
        column.addWidget(self._ground)

    def focusNextPrevChild(self, next: bool) -> bool:
        return tab_order.go(self, forward=next)

    def set_title(self, title: str) -> None:
        self.title.setText(title)
        self.setWindowTitle(title)

    def add_button(self, caption: str, *, kind: str = "normal", icon: str = "") -> Button:
        button = Button(self._theme, caption, kind=kind, icon=icon)
        button.setAutoDefault(False)
        self.foot.addWidget(button)
        return button
