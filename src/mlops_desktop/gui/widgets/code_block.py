"""Code to read and copy, with its words coloured; and several ways of the same behind tabs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QSyntaxHighlighter, QTextCharFormat, QTextDocument, QTextOption
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import IconButton
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.tabs import Tabs
from mlops_desktop.gui.widgets.text import line

_STRING = r'"(?:\\.|[^"\\\n])*"?|\'(?:\\.|[^\'\\\n])*\'?|`[^`\n]*`?'
_NUMBER = r"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])"
_WORDS = {
    "json": r"\b(?:true|false|null)\b",
    "python": r"\b(?:import|with|as|from|def|return|print|True|False|None)\b",
    "javascript": r"\b(?:const|await|new|true|false|null|fetch)\b",
    "shell": r"^\s*(?:curl|mlops)\b|(?<=\s)-{1,2}[A-Za-z][\w-]*",
}
_COMMENTS = {"python": r"#.*$", "javascript": r"(?<!:)//.*$"}


class CodeHighlighter(QSyntaxHighlighter):
    """Colours line by line: comments, texts, numbers and the words of the language."""

    def __init__(self, theme: Theme, document: QTextDocument) -> None:
        super().__init__(document)
        self._theme = theme
        self.language = "json"
        theme.changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        rules = [(_WORDS.get(self.language, ""), "sx-key"), (_NUMBER, "sx-num"), (_STRING, "sx-str")]
        if self.language in _COMMENTS:
            rules.append((_COMMENTS[self.language], "sx-com"))
        for pattern, token in rules:
            if not pattern:
                continue
            look = QTextCharFormat()
            look.setForeground(self._theme.colour(token))
            for found in re.finditer(pattern, text):
                self.setFormat(found.start(), found.end() - found.start(), look)


class CodeText(QPlainTextEdit):
    """Plain text in mono; long lines wrap, Tab leaves it. Read only unless it is made to be written in."""

    def __init__(self, theme: Theme, name: str, language: str = "json", *, editable: bool = False) -> None:
        super().__init__()
        self.setProperty("code", "true")
        self.setFont(theme.font("mono"))
        self.setAccessibleName(name)
        self.setReadOnly(not editable)
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setFrameShape(QFrame.Shape.NoFrame)
        if not editable:
            self.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        self._colours = CodeHighlighter(theme, self.document())
        self._colours.language = language

    def show_code(self, code: str, language: str = "") -> None:
        """Stays where it is scrolled to while the code stays about the same."""
        if language and language != self._colours.language:
            self._colours.language = language
        if code == self.toPlainText():
            self._colours.rehighlight()
            return
        down = self.verticalScrollBar().value()
        self.setPlainText(code)
        self.verticalScrollBar().setValue(down)


class CodeCard(Card):
    """The same in several languages; copy takes what is shown."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__(theme)
        self.setAccessibleName(name)
        self._codes: list[tuple[str, str, str]] = []
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 0)
        self.tabs = Tabs(theme, name)
        self.tabs.currentChanged.connect(lambda _: self._show())
        row.addWidget(self.tabs)
        row.addStretch(1)
        self.copy = IconButton(theme, "copy", "Copy code")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.code))
        row.addWidget(self.copy)
        self.body.addLayout(row)
        self.body.addWidget(line(theme))
        holder = QVBoxLayout()
        holder.setContentsMargins(10, 10, 10, 10)
        self.text = CodeText(theme, "Code")
        holder.addWidget(self.text)
        self.body.addLayout(holder, 1)

    def show_codes(self, codes: Sequence[tuple[str, str, str]]) -> None:
        """(tab, language, code)"""
        titles = [title for title, _, _ in codes]
        if titles != [title for title, _, _ in self._codes]:
            while self.tabs.count():
                self.tabs.removeTab(0)
            self._codes = list(codes)
            for title in titles:
                self.tabs.addTab(title)
        self._codes = list(codes)
        self._show()

    @property
    def code(self) -> str:
        place = self.tabs.currentIndex()
        return self._codes[place][2] if 0 <= place < len(self._codes) else ""

    def _show(self) -> None:
        place = self.tabs.currentIndex()
        if 0 <= place < len(self._codes):
            title, language, code = self._codes[place]
            self.text.setAccessibleName(f"Code, {title}")
            self.text.show_code(code, language)
