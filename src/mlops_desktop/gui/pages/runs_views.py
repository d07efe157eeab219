"""Views of the runs as tabs: those that are always there, and the saved ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from mlops_desktop.domain.run_filters import EVERYTHING, Condition, Either, RunFilter
from mlops_desktop.domain.run_views import BUILT_IN, RunView
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.notices import announce
from mlops_desktop.gui.widgets.tabs import Tabs
from mlops_desktop.gui.widgets.text import plain_caption

ALL_RUNS, BEST, RUNNING, MINE = BUILT_IN


def base_of(view: str, actor: str) -> tuple[RunFilter, bool]:
    """What a view holds before the filter narrows it, and whether it is the best run of each estimator."""
    if view == RUNNING:
        return Either((Condition("status", "=", "running"), Condition("status", "=", "queued"))), False
    if view == MINE:
        return Condition("by", "=", actor), False
    return EVERYTHING, view == BEST


class RunsViews(QWidget):
    """`chosen` carries the name of the view; `save_asked` the button to put a panel under; `remove_asked` a name."""

    chosen = Signal(str)
    save_asked = Signal(QWidget)
    remove_asked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("tabline")
        self.saved: tuple[RunView, ...] = ()
        self._current = ALL_RUNS
        row = self._row = QHBoxLayout(self)
        row.setSpacing(2)
        self.tabs = Tabs(theme, "Views")
        self.tabs.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tabs.customContextMenuRequested.connect(self._on_menu)
        self.tabs.currentChanged.connect(self._on_tab)
        self.more = Button(theme, "More views", icon="chevron-down", kind="ghost", small=True)
        self.more_menu = QMenu(self)
        self.more_menu.aboutToShow.connect(self._fill_more)
        self.more.setMenu(self.more_menu)
        self.save = Button(theme, "Save view", icon="plus", kind="link", small=True)
        self.save.clicked.connect(lambda: self.save_asked.emit(self.save))
        for part in (self.tabs, self.more, self.save):
            row.addWidget(part)
        row.addStretch(1)
        self.news = Button(theme, "", icon="arrow-up", kind="link", small=True)
        self.news.setToolTip("They wait while the pointer is over the table or runs are selected")
        self.news.hide()
        row.addWidget(self.news)
        self.set_small(False)
        self._fill()

    @property
    def current(self) -> str:
        return self._current

    @property
    def names(self) -> tuple[str, ...]:
        return (*BUILT_IN, *(view.name for view in self.saved))

    def view(self, name: str) -> RunView | None:
        return next((view for view in self.saved if view.name == name), None)

    def show_saved(self, saved: Sequence[RunView]) -> None:
        if tuple(saved) != self.saved:
            self.saved = tuple(saved)
            self._fill()

    def show_current(self, name: str) -> None:
        """Shows the view as chosen, without saying so."""
        self._current = name if name in self.names else ALL_RUNS
        self._fill()

    def show_news(self, words: str) -> None:
        """What waits to be shown in the table; nothing for an empty text."""
        before = "" if self.news.isHidden() else self.news.text()
        self.news.set_caption(words)
        self.news.setVisible(bool(words))
        if words and words != before:
            announce(self.news, words)
        self._fill()

    def set_count(self, name: str, number: int) -> None:
        place = self._place(name)
        if place >= 0:
            self.tabs.set_count(place, number)

    def set_small(self, small: bool) -> None:
        self._row.setContentsMargins(14 if small else 20, 0, 14, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fill()

    def _place(self, name: str) -> int:
        return next((place for place in range(self.tabs.count()) if self.tabs.tabData(place) == name), -1)

    def _fill(self) -> None:
        """The views that there is room for; the current one is always among them."""
        measure = self.tabs.fontMetrics()
        px = self._theme.px
        room = self.width() - px(34) - self.save.sizeHint().width() - self.more.sizeHint().width()
        room -= 0 if self.news.isHidden() else self.news.sizeHint().width()
        shown: list[str] = []
        for name in self.names:
            room -= measure.horizontalAdvance(name) + px(20) + (px(34) if name in (ALL_RUNS, RUNNING) else 0)
            if room > 0 or len(shown) < 2:
                shown.append(name)
        if self._current not in shown:
            shown[-1] = self._current
        if [self.tabs.tabData(place) for place in range(self.tabs.count())] != shown:
            self.tabs.blockSignals(True)
            counts = {self.tabs.tabData(place): self.tabs.count_of(place) for place in range(self.tabs.count())}
            while self.tabs.count():
                self.tabs.removeTab(0)
            self.tabs.forget_counts()
            for place, name in enumerate(shown):
                self.tabs.addTab(name)
                self.tabs.setTabData(place, name)
                if (count := counts.get(name)) is not None:
                    self.tabs.set_count(place, count)
            self.tabs.blockSignals(False)
        self.tabs.blockSignals(True)
        self.tabs.setCurrentIndex(shown.index(self._current))
        self.tabs.blockSignals(False)
        self.more.setVisible(len(shown) < len(self.names))

    def _on_tab(self, place: int) -> None:
        name = self.tabs.tabData(place)
        if name and name != self._current:
            self.choose(str(name))

    def choose(self, name: str) -> None:
        self._current = name
        self._fill()
        self.chosen.emit(name)

    def _fill_more(self) -> None:
        self.more_menu.clear()
        shown = [self.tabs.tabData(place) for place in range(self.tabs.count())]
        for name in self.names:
            if name not in shown:
                self.more_menu.addAction(plain_caption(name), partial(self.choose, name))

    def _on_menu(self, at: QPoint) -> None:
        name = str(self.tabs.tabData(self.tabs.tabAt(at)) or "")
        if self.view(name) is not None:
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.addAction(f"Remove the view {plain_caption(name)}", lambda: self.remove_asked.emit(name))
            menu.popup(self.tabs.mapToGlobal(at))
