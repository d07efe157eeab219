"""How a file is read: every guess as a field with its evidence, changeable at once."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from mlops_desktop.domain.datasets import ReadAnswers
from mlops_desktop.domain.previews import Preview
from mlops_desktop.gui.readings import import_preview as reading
from mlops_desktop.gui.readings.import_preview import with_answer
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.controls import Choice
from mlops_desktop.gui.widgets.fields import Field
from mlops_desktop.gui.widgets.text import plain_tip
from mlops_desktop.gui.widgets.word_field import NOTHING, WordField

_CHOICES: tuple[tuple[str, str, Sequence[tuple[object, str]]], ...] = (
    ("delimiter", "Delimiter", reading.DELIMITERS),
    ("encoding", "Encoding", reading.ENCODINGS),
    ("header", "Column names", reading.HEADERS),
    ("decimal", "Decimal sign", reading.DECIMALS),
    ("quote", "Quotes", reading.QUOTES),
)


class AnswersBar(QWidget):
    """`changed` carries the answers as they are asked for now; what was never touched stays to be detected."""

    changed = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("answersbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("How the file is read")
        self._asked = ReadAnswers()
        self._guessed = ReadAnswers()
        self._recipe = ""
        self.choices: dict[str, Choice] = {}
        self.fields: dict[str, Field] = {}
        self._row = QHBoxLayout(self)
        self._row.setSpacing(12)
        for name, title, options in _CHOICES:
            choice = self.choices[name] = Choice(theme, title)
            choice.set_options(options)
            choice.chosen.connect(lambda value, key=name: self._set(key, value))
            self._add(theme, name, title, choice, 10)
        self.empty = WordField(theme, "Counts as empty")
        self.empty.changed.connect(lambda words: self._set("empty_values", words))
        self._add(theme, "empty_values", "Counts as empty", self.empty, 15)
        self.set_small(False)

    def show_preview(self, preview: Preview, asked: ReadAnswers, guessed: ReadAnswers, recipe: str) -> None:
        """What was read, what was asked of it, and what was found at first: nothing was asked, or as a recipe says."""
        self._asked, self._guessed, self._recipe = asked, guessed, recipe
        for name, choice in self.choices.items():
            value = getattr(preview.answers, name)
            known = [option for option, _ in choice.options]
            if value not in known:
                choice.set_options([*choice.options, (value, repr(value) if value else "None")])
            choice.show_value(value)
            self._show_field(name, value, preview)
        words = preview.answers.empty_values or ()
        self.empty.show_words(words)
        self._show_field("empty_values", words, preview)

    def set_small(self, small: bool) -> None:
        edge = 14 if small else 20
        self._row.setContentsMargins(edge, 10, 14, 9)
        self._row.setSpacing(8 if small else 12)

    def _add(self, theme: Theme, name: str, title: str, control: QWidget, share: int) -> None:
        field = self.fields[name] = Field(theme, title, control)
        field.reset_asked.connect(lambda: self._set(name, getattr(self._guessed, name)))
        self._row.addWidget(field, share)

    def _show_field(self, name: str, value: object, preview: Preview) -> None:
        field, guess = self.fields[name], getattr(self._guessed, name)
        differs = getattr(self._asked, name) is not None and value != guess
        field.set_changed(differs, "Differs from what was detected")
        was = "detected" if not self._recipe else "in the recipe"
        said = reading.evidence(preview, name)
        if self._recipe and name != "delimiter":
            said = f"as {self._recipe} was read"
        field.show_help(f"{was}: {self._words(name, guess)}" if differs else said)
        field.label.setToolTip(plain_tip(preview.evidence.get(name, "")))

    def _words(self, name: str, value: object) -> str:
        if isinstance(value, tuple):
            return ", ".join(word or NOTHING for word in value) or "none"
        return next((words for known, words in self.choices[name].options if known == value), str(value))

    def _set(self, name: str, value: object) -> None:
        """A value as detected need not be asked for."""
        asked = None if value == getattr(self._guessed, name) and not self._recipe else value
        self._asked = with_answer(self._asked, name, asked)
        self.changed.emit(self._asked)
