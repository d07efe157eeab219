"""Files dropped anywhere on the window: an overlay says what will happen, and what cannot be is refused in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, QUrl, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QApplication, QWidget

from mlops_desktop.gui.importing import Verdict, folder, judge, looking
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import elided

_WIDTH, _HEIGHT = 460, 150


class DropOverlay(QWidget):
    """Lies over the window while something is dragged over it."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._theme = theme
        self.verdict = Verdict("", "")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def show_verdict(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.setAccessibleName(f"{verdict.title}. {verdict.sentence}")
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter, verdict = self._theme, QPainter(self), self.verdict
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = theme.colour("window")
        veil.setAlphaF(0.82)
        painter.fillRect(self.rect(), veil)
        token = "accent" if verdict.path else "error"
        card = QRect(0, 0, min(theme.px(_WIDTH), self.width() - 40), theme.px(_HEIGHT))
        card.moveCenter(self.rect().center())
        pen = QPen(theme.colour(token), 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(QRectF(card), 10, 10)
        size = theme.px(28)
        icon = QRect(card.center().x() - size // 2, card.top() + theme.px(22), size, size)
        theme.paint_icon(
            painter, icon, "download" if verdict.path else "circle-x", f"{token}-text" if verdict.path else token
        )
        centre = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        words = card.adjusted(theme.px(16), theme.px(62), -theme.px(16), -theme.px(8))
        painter.setFont(theme.font("section"))
        painter.setPen(theme.colour("text"))
        title = elided(painter.fontMetrics(), verdict.title, Qt.TextElideMode.ElideMiddle, words.width())
        painter.drawText(words, centre, title)
        words.setTop(words.top() + theme.px(28))
        painter.setFont(theme.font("body"))
        painter.setPen(theme.colour("muted"))
        painter.drawText(words, centre | int(Qt.TextFlag.TextWordWrap), verdict.sentence)


class DropTarget(QObject):
    """Sees what is dragged over the window before any widget in it does; while `is_ready` says no, nothing is taken.

    `dropped` carries the path of a file, `refused` the verdict on anything else.
    """

    dropped = Signal(Path)
    refused = Signal(object)

    def __init__(self, theme: Theme, window: QWidget, lanes: Lanes, is_ready: Callable[[], bool]) -> None:
        super().__init__(window)
        self._window, self._lanes, self._is_ready = window, lanes, is_ready
        self.overlay = DropOverlay(theme, window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        self._attach()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._window:
            if kind == QEvent.Type.Show:
                self._attach()
            elif kind == QEvent.Type.Resize and self.overlay.isVisible():
                self.overlay.setGeometry(self._window.rect())
            return False
        if kind == QEvent.Type.DragEnter and isinstance(event, QDragEnterEvent):
            return self._on_enter(event)
        if kind == QEvent.Type.DragMove and isinstance(event, QDragMoveEvent) and self.overlay.isVisible():
            event.acceptProposedAction()
            return True
        if kind == QEvent.Type.DragLeave and self.overlay.isVisible():
            self.overlay.hide()
            return True
        if kind == QEvent.Type.Drop and isinstance(event, QDropEvent) and self.overlay.isVisible():
            return self._on_drop(event)
        return False

    def _attach(self) -> None:
        handle = self._window.windowHandle()
        if handle is not None:
            handle.removeEventFilter(self)
            handle.installEventFilter(self)

    def _on_enter(self, event: QDragEnterEvent) -> bool:
        urls = event.mimeData().urls()
        if not urls or not self._is_ready() or QApplication.activeModalWidget() is not None:
            return False
        event.acceptProposedAction()
        verdict = judge(urls)
        self.overlay.show_verdict(verdict)
        if verdict.path is not None:
            path = verdict.path
            self._lanes.call(path.is_dir, lambda is_folder: self._on_known(path, is_folder), owner=self)
        return True

    def _on_known(self, path: Path, is_folder: bool) -> None:
        if is_folder and self.overlay.isVisible() and self.overlay.verdict.path == path:
            self.overlay.show_verdict(folder(path))

    def _on_drop(self, event: QDropEvent) -> bool:
        urls: Sequence[QUrl] = event.mimeData().urls()
        event.acceptProposedAction()
        verdict = judge(urls)
        if verdict.path is None:
            self.overlay.hide()
            self.refused.emit(verdict)
            return True
        path = verdict.path
        self.overlay.show_verdict(looking(path))
        self._lanes.call(
            path.is_dir,
            lambda is_folder: self._end(path, is_folder),
            lambda _: self._end(path, False),  # the preview says better why it cannot be read
            owner=self,
        )
        return True

    def _end(self, path: Path, is_folder: bool) -> None:
        self.overlay.hide()
        if is_folder:
            self.refused.emit(folder(path))
        else:
            self.dropped.emit(path)
