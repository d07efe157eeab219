"""The head of a page: its title, perhaps a menu of its siblings, and one sentence of how things are."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.text import ElidedText, Text, plain_tip


class PageHeader(QWidget):
    """56 px high; `menu` is what its menu chooses, where the title has siblings: `another experiment`."""

    def __init__(self, theme: Theme, title: str, *, menu: str = "") -> None:
        super().__init__()
        self.setMinimumHeight(56)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(20, 8, 20, 8)
        self._row.setSpacing(12)
        column = QVBoxLayout()
        column.setSpacing(1)
        self.menu_button: Button | None = None
        self._title: Text | None = None
        self._title_row = QHBoxLayout()
        self._title_row.setSpacing(8)
        self._chooses = menu
        if menu:
            self.menu_button = Button(theme, title, icon="chevron-down", kind="title")
            self.menu_button.setFont(theme.font("page"))
            self.menu_button.setToolTip(plain_tip(f"Choose {menu}"))
            self.menu_button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
            side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute
            self._title_row.addWidget(self.menu_button, 0, side)
        else:
            self._title = Text(theme, title, "page")
            self._title_row.addWidget(self._title)
        self._title_row.addStretch(1)
        column.addLayout(self._title_row)
        self._sentence = ElidedText(theme, "", "table", "muted")
        column.addWidget(self._sentence)
        self._row.addLayout(column, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def sentence(self) -> str:
        return self._sentence.text()

    def show_title(self, title: str) -> None:
        if self.menu_button is not None:
            self.menu_button.set_caption(title)
            self.menu_button.setAccessibleName(f"{title}, choose {self._chooses}")
        elif self._title is not None:
            self._title.setText(title)

    def add_action(self, button: QWidget) -> None:
        """Adds a button at the right; the primary one comes last."""
        self._row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)

    def add_beside_title(self, widget: QWidget) -> None:
        self._title_row.insertWidget(self._title_row.count() - 1, widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_sentence(self, sentence: str) -> None:
        self._sentence.setText(sentence)

    def set_small(self, small: bool) -> None:
        edge = 14 if small else 20
        self._row.setContentsMargins(edge, 8, edge, 8)
