"""The bars of the window: path, search and running work above, state below."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.keys import sequence
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.key_cap import paint_key, spoken_keys
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon, StatusWord
from mlops_desktop.gui.widgets.text import Text, elided

_TURN_SECONDS, _STEPS = 1.2, 20


class Arc(QWidget):
    """Turns while something runs; stands still where the desktop wants no motion."""

    def __init__(self, theme: Theme, size: int = 15) -> None:
        super().__init__()
        self._theme = theme
        self._step = 0
        self.setFixedSize(size, size)
        self._clock = QTimer(self, interval=round(_TURN_SECONDS * 1000 / _STEPS))
        self._clock.timeout.connect(self._on_time)

    def showEvent(self, event: QShowEvent) -> None:
        if QApplication.isEffectEnabled(Qt.UIEffect.UI_General):
            self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        middle = self.width() / 2
        painter.translate(middle, middle)
        painter.rotate(self._step * 360 / _STEPS)
        painter.translate(-middle, -middle)
        self._theme.paint_icon(painter, self.rect(), "loader-circle", "accent-text")

    def _on_time(self) -> None:
        self._step = (self._step + 1) % _STEPS
        self.update()


class SearchButton(QPushButton):
    """Looks like a field and opens the palette."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setProperty("kind", "search")
        self.setAccessibleName("Search or run a command (Ctrl+K)")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(150)
        self.setMaximumWidth(320)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(320), self._theme.px(30))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme, area, painter = self._theme, self.rect(), QPainter(self)
        theme.paint_icon(painter, QRect(10, 0, theme.px(15), area.height()), "search", "muted")
        left = paint_key(painter, theme, area.right() - 7, area.center().y() + 0.5, spoken_keys(sequence("palette")))
        painter.setFont(theme.font("body"))
        painter.setPen(theme.colour("muted"))
        words = QRect(theme.px(32), 0, round(left) - theme.px(38), area.height())
        shown = elided(painter.fontMetrics(), "Search or run a command", Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)


class RunningButton(Button):
    """How much is in progress; opens Activity."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "", kind="running", small=True)
        self._arc = Arc(theme)
        self._arc.setParent(self)
        self.hide()

    def show_count(self, count: int) -> None:
        self.set_caption(f"{formats.count(count)} running")
        self.setAccessibleName(f"{formats.count(count)} running, show or hide Activity")
        self.setVisible(count > 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arc.move(6, (self.height() - self._arc.height()) // 2)


class BellButton(IconButton):
    """Opens Activity; a dot says that something was said that nobody has seen."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "bell", "Activity (Ctrl+J)", picture=17)
        self._news = False

    def show_news(self, news: bool) -> None:
        self._news = news
        self.setAccessibleName("Activity (Ctrl+J)" + (", something new was said" if news else ""))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._news:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._theme.colour("window"), 1.5))
            painter.setBrush(self._theme.colour("accent-text"))
            middle = self.rect().center()
            painter.drawEllipse(QPointF(middle.x() + self._theme.px(6), middle.y() - self._theme.px(6)), 4, 4)


class TopBar(QWidget):
    """Back, forward, the path with each part clickable, search, what runs, help."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("topbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(44)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 12, 1)
        row.setSpacing(8)
        self.back = IconButton(theme, "arrow-left", "Back (Alt+Left)")
        self.forward = IconButton(theme, "arrow-right", "Forward (Alt+Right)")
        row.addWidget(self.back)
        row.addWidget(self.forward)
        self._path = QHBoxLayout()
        self._path.setSpacing(6)
        row.addLayout(self._path)
        row.addStretch(1)
        self.search = SearchButton(theme)
        row.addWidget(self.search, 4)
        row.addStretch(1)
        self.running = RunningButton(theme)
        row.addWidget(self.running)
        self.bell = BellButton(theme)
        row.addWidget(self.bell)
        self.help = IconButton(theme, "circle-question-mark", "Help for this page (F1)", picture=17)
        row.addWidget(self.help)
        self.parts: Sequence[str] = ()
        self._ways: list[tuple[QWidget, QWidget]] = []

    def show_path(self, parts: Sequence[tuple[str, Callable[[], None]]]) -> None:
        """The last part is where we are, the others lead back."""
        names = [name for name, _ in parts]
        if names == list(self.parts):
            return
        self.parts = names
        clear_layout(self._path)
        self._ways.clear()
        for name, act in parts[:-1]:
            button = Button(self._theme, name, kind="crumb")
            button.clicked.connect(act)
            way = (button, Icon(self._theme, "chevron-right", "muted", 12))
            for part in way:
                self._path.addWidget(part)
            self._ways.append(way)
        if names:
            self._path.addWidget(Text(self._theme, names[-1], "label"))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where there is no room for the whole path, its far parts go first; Back leads there too."""
        row = self.layout()
        if row is None:
            return
        margins = row.contentsMargins()
        here = self._path.itemAt(self._path.count() - 1) if self._path.count() else None
        others = [self.back, self.forward, self.search, self.bell, self.help]
        others += [self.running] if self.running.isVisibleTo(self) else []
        room = self.width() - margins.left() - margins.right() - (len(others) + 2) * row.spacing()
        room -= sum(other.minimumSizeHint().width() for other in others)
        room -= here.sizeHint().width() if here is not None else 0
        for way in reversed(self._ways):
            room -= sum(part.sizeHint().width() + self._path.spacing() for part in way)
            for part in way:
                part.setVisible(room >= 0)


class StatusBar(QWidget):
    """How the workspace is, what runs, the disk and the version."""

    def __init__(self, theme: Theme, version: str) -> None:
        super().__init__()
        self.setObjectName("statusbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(26)
        self.setAccessibleName("Status")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 1, 12, 0)
        row.setSpacing(16)
        self.workspace = StatusWord(theme, role="table")
        self.deployments = StatusWord(theme, role="table")
        self.hosts = StatusWord(theme, role="table")
        self.job = StatusWord(theme, role="table")
        self.disk = StatusWord(theme, role="table")
        self.record = StatusWord(theme, role="table")
        self.version = Text(theme, version, "number", "muted")
        self.version.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for part in (self.workspace, self.hosts, self.deployments, self.job):
            row.addWidget(part)
        row.addStretch(1)
        for other in (self.disk, self.record, self.version):
            row.addWidget(other)
        self._row = row
        self._said = {part: part is self.workspace for part in self._parts}
        self._fit()

    @property
    def _parts(self) -> tuple[StatusWord, ...]:
        """What says most first."""
        return (self.workspace, self.job, self.deployments, self.hosts, self.disk, self.record)

    def show_part(self, part: StatusWord, sign: Sign | None) -> None:
        """A part that has nothing to say is not there."""
        self._said[part] = sign is not None
        if sign is not None:
            part.set_sign(sign)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where there is no room for all, what says least goes first; no word is cut."""
        margins = self._row.contentsMargins()
        room = self.width() - margins.left() - margins.right() - self.version.sizeHint().width()
        for part in self._parts:
            room -= part.sizeHint().width() + self._row.spacing() if self._said[part] else 0
            part.setVisible(self._said[part] and room >= 0)
