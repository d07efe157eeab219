"""A new token for an endpoint: what that does, then the token, shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.dialogs.sheet import Growing, fitting_width
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.text import Text
from mlops_desktop.gui.widgets.token_box import TokenBox

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

WIDTH = 520


class TokenDialog(Growing):
    """Nothing is changed before the red button."""

    def __init__(self, context: Context, workspace: Workspace, endpoint: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._context, self._workspace, self._endpoint = context, workspace, endpoint
        theme = context.theme
        self.setWindowTitle(f"New token for {endpoint}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(fitting_width(theme, WIDTH, parent))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        body = QVBoxLayout()
        body.setContentsMargins(20, 16, 20, 16)
        body.setSpacing(10)
        self._title = Text(theme, f"Make a new token for {endpoint}?", "section", wrap=True)
        self._words = Text(
            theme,
            "The old token is refused from that moment. Every program that uses it needs the new one. "
            "The endpoint goes on answering, and this computer learns the new token by itself.",
            wrap=True,
        )
        self.error = ErrorBox(theme)
        self.error.hide()
        self.box = TokenBox(theme)
        self.box.hide()
        for part in (self._title, self._words, self.error, self.box):
            body.addWidget(part)
        column.addLayout(body)
        foot = QWidget()
        foot.setObjectName("dialogfoot")
        foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(foot)
        row.setContentsMargins(16, 10, 16, 11)
        row.setSpacing(8)
        row.addStretch(1)
        self.keep = Button(theme, "Keep the old token")
        self.make = Button(theme, "Replace token", kind="destroy")
        self.done_button = Button(theme, "Done", kind="primary")
        self.done_button.hide()
        self.make.setAutoDefault(False)
        self.keep.clicked.connect(self.reject)
        self.make.clicked.connect(self._on_make)
        self.done_button.clicked.connect(self.accept)
        for button in (self.keep, self.make, self.done_button):
            row.addWidget(button)
        column.addWidget(foot)
        self.keep.setDefault(True)
        self.keep.setFocus()

    def _on_make(self) -> None:
        self.make.setEnabled(False)
        self.error.hide()
        self._context.lanes.run(
            lambda: self._workspace.deployments.rotate_token(self._endpoint), self._on_made, self._on_failed, owner=self
        )

    def _on_made(self, token: str) -> None:
        self._title.setText(f"New token for {self._endpoint}")
        self._words.hide()
        self.box.show_token(self._endpoint, token)
        self.box.show()
        self.keep.hide()
        self.make.hide()
        self.done_button.show()
        self.done_button.setDefault(True)
        self.box.copy.setFocus()
        self.adjustSize()

    def _on_failed(self, error: BaseException) -> None:
        self.make.setEnabled(True)
        self.error.show_error(error)
        self.error.show()
        self.adjustSize()
