"""The user guide beside the window: pages that come with the program, with links between them."""

from __future__ import annotations

import re

from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextCursor, QTextDocument, QTextFormat, QTextFrameFormat, QTextTable
from PySide6.QtWidgets import QDialog, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.text import Text
from mlops_desktop.resources import guide_page

ABOVE = 12
"""How much stays visible above a heading that was gone to."""

MARGIN = 22

PAGE_OF = {
    "home": "window.md",
    "datasets": "datasets.md",
    "import": "datasets.md#import-a-file",
    "experiments": "experiments.md",
    "new-run": "experiments.md#start-runs",
    "run": "experiments.md#one-run-closely",
    "compare": "experiments.md#compare",
    "models": "models.md",
    "model-version": "models.md#look-at-models",
    "deployments": "deployments.md",
    "try-it": "deployments.md#try-it-in-the-window",
    "settings": "settings.md",
    "general": "settings.md",
    "workspace": "settings.md",
    "keys": "window.md#keys",
    "about": "backup-and-verify.md#a-bug-report",
    "hosts": "hosts.md",
    "trash": "backup-and-verify.md#trash",
    "record": "backup-and-verify.md#the-record-of-decisions",
    "welcome": "index.md",
}
"""By the name of a page, or of a section of Settings; with the heading that it is about."""


def slug(heading: str) -> str:
    """A heading as links write it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class GuideDialog(QDialog):
    """Stays open beside the work. Shows only files of the guide; a link to anywhere else does nothing."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("User guide — MLOps Desktop")
        self.setModal(False)
        self.resize(min(theme.px(760), parent.width()), min(theme.px(640), parent.height()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(10, 8, 14, 8)
        head.setSpacing(8)
        self.back = IconButton(theme, "arrow-left", "Back in the guide")
        self.contents = Button(theme, "Contents", icon="book-open", small=True)
        self.title = Text(theme, "User guide", "title")
        head.addWidget(self.back)
        head.addWidget(self.contents)
        head.addSpacing(6)
        head.addWidget(self.title, 1)
        column.addLayout(head)
        self.text = _Browser(theme)
        self.text.setFont(theme.font("body"))
        self.text.setAccessibleName("User guide")
        column.addWidget(self.text, 1)
        self.back.clicked.connect(self.text.backward)
        self.contents.clicked.connect(lambda: self.show_page("index.md"))
        self.text.backwardAvailable.connect(self.back.setEnabled)
        self.text.sourceChanged.connect(self._on_source)
        self.back.setEnabled(False)

    def show_page(self, name: str) -> None:
        """A page such as `errors.md`, at a heading if one is named: `experiments.md#compare`."""
        page, _, heading = name.partition("#")
        self.text.setSource(QUrl.fromLocalFile(str(guide_page(page))), QTextDocument.ResourceType.MarkdownResource)
        self.text.go_to(heading)

    def _on_source(self, source: QUrl) -> None:
        self.text.give_air()
        first = self.text.document().firstBlock().text()
        self.title.setText(first or "User guide")


class _Browser(QTextBrowser):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("guide")
        self.setOpenExternalLinks(False)
        self.setOpenLinks(False)
        self.document().setDocumentMargin(MARGIN)
        self.anchorClicked.connect(self._on_link)
        theme.changed.connect(self._draw_tables)

    def give_air(self) -> None:
        """Markdown comes without space between its paragraphs."""
        block = self.document().begin()
        while block.isValid():
            cursor = QTextCursor(block)
            shape = block.blockFormat()
            in_list = cursor.currentList() is not None
            if in_list and block.next().textList() is None:
                shape.setBottomMargin(8)
                cursor.setBlockFormat(shape)
            elif cursor.currentTable() is None and not in_list:
                is_code = shape.hasProperty(QTextFormat.Property.BlockCodeFence)
                shape.setTopMargin(12 if shape.headingLevel() > 1 else 0)
                more = block.next().blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence)
                shape.setBottomMargin(0 if is_code and more else 8)
                shape.setNonBreakableLines(False)  # code that is too wide is broken, nothing scrolls sideways
                cursor.setBlockFormat(shape)
            block = block.next()
        self._draw_tables()

    def _draw_tables(self) -> None:
        for frame in self.document().rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                shape = frame.format()
                shape.setBorder(1)
                shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
                shape.setBorderBrush(self._theme.colour("border"))
                shape.setBorderCollapse(True)
                shape.setCellPadding(5)
                shape.setTopMargin(2)
                shape.setBottomMargin(12)
                frame.setFormat(shape)

    def go_to(self, heading: str) -> None:
        """Brings a heading to the top; without one, the beginning."""
        block = self.document().begin()
        while block.isValid() and not (block.blockFormat().headingLevel() and slug(block.text()) == heading):
            block = block.next()
        self._end_with(MARGIN)
        layout = self.document().documentLayout()
        top = layout.blockBoundingRect(block).top() - ABOVE if block.isValid() else 0.0
        lacks = top + self.viewport().height() - layout.documentSize().height()
        if top > 0 and lacks > 0:  # the end of a page can stand on top too
            self._end_with(MARGIN + lacks)
        self.verticalScrollBar().setValue(max(0, round(top)))

    def _end_with(self, room: float) -> None:
        frame = self.document().rootFrame()
        shape = frame.frameFormat()
        if shape.bottomMargin() != room:
            shape.setBottomMargin(room)
            frame.setFrameFormat(shape)

    def _on_link(self, link: QUrl) -> None:
        aim = self.source().resolved(link)
        heading = aim.fragment()
        here = guide_page("index.md").parent
        path = aim.toLocalFile()
        if path and path.endswith(".md") and (here / path.rsplit("/", 1)[-1]).is_file():
            aim.setFragment("")
            self.setSource(aim, QTextDocument.ResourceType.MarkdownResource)
            self.go_to(heading)
