"""Where the file goes: a new dataset, or the next version of one with what it would lose; and the recipe."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.errors import InvalidNameError
from mlops_desktop.domain.names import check_name
from mlops_desktop.domain.previews import Preview
from mlops_desktop.gui import formats
from mlops_desktop.gui.pages.import_reading import Destinations
from mlops_desktop.gui.readings.dataset_columns import TAGS
from mlops_desktop.gui.readings.import_preview import Differences, differences
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.controls import Box, Choice, LineEntry
from mlops_desktop.gui.widgets.radios import Radio
from mlops_desktop.gui.widgets.text import Text

MOST_NAMES = 4


class GoesTo(QWidget):
    """`name` is the dataset's, checked by `problem`."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._destinations = Destinations()
        self._preview: Preview | None = None
        self.setAccessibleName("Goes to")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 11, 14, 12)
        column.setSpacing(8)
        column.addWidget(Text(theme, "Goes to", "title"))
        group = QButtonGroup(self)
        self.new = Radio(theme, "New dataset", role="table-bold")
        self.name_entry = LineEntry(theme, "Name of the new dataset")
        self.name_entry.setFont(theme.font("table"))
        self._new_note = Text(theme, "", "table", "muted", wrap=True)
        self._new_card = self._card(self.new, self.name_entry, self._new_note)
        column.addWidget(self._new_card)
        self.next = Radio(theme, "Next version of", role="table-bold")
        self.dataset = Choice(theme, "Dataset that gets the next version")
        self.dataset.setFont(theme.font("table"))
        self._lines = Text(theme, "", "table", "muted", wrap=True)
        self._lost = Text(theme, "", "table", "warn", wrap=True)
        self._next_card = self._card(self.next, self.dataset, self._lost, self._lines)
        column.addWidget(self._next_card)
        for radio in (self.new, self.next):
            group.addButton(radio)
            radio.toggled.connect(self._on_changed)
        self.name_entry.textEdited.connect(lambda _: self._choose(self.new))
        self.name_entry.left.connect(self._show)
        self.dataset.chosen.connect(lambda _: self._choose(self.next))

    def start(self, destinations: Destinations, name: str, dataset: str) -> None:
        """A free name for a new dataset; with `dataset` the next version of that one is chosen."""
        self._destinations = destinations
        self.name_entry.show_text(name)
        self.dataset.set_options([(version.dataset_name, version.dataset_name) for version in destinations.versions])
        self._next_card.setVisible(bool(destinations.versions))
        known = [version.dataset_name for version in destinations.versions]
        if known:
            self.dataset.show_value(dataset if dataset in known else known[0])
        (self.next if dataset in known else self.new).setChecked(True)
        self._show()

    def show_preview(self, preview: Preview) -> None:
        self._preview = preview
        self._show()

    @property
    def is_new(self) -> bool:
        return self.new.isChecked()

    @property
    def name(self) -> str:
        return self.name_entry.text().strip() if self.is_new else str(self.dataset.value or "")

    @property
    def problem(self) -> str:
        """Why the name cannot be taken; empty where it can."""
        if not self.is_new:
            return ""
        try:
            name = check_name(self.name_entry.text(), "dataset")
        except InvalidNameError as error:
            return f"{error.message} {error.hint}".strip()
        if name.casefold() in {other.casefold() for other in self._destinations.names}:
            return f"There is a dataset {name} already, or one in the trash. Choose another name."
        return ""

    def _card(self, radio: Radio, control: QWidget, *below: QWidget) -> QFrame:
        card = QFrame()
        column = QVBoxLayout(card)
        column.setContentsMargins(9, 7, 9, 7)
        column.setSpacing(3)
        row = QHBoxLayout()
        row.setSpacing(6)
        radio.setSizePolicy(radio.sizePolicy().Policy.Fixed, radio.sizePolicy().verticalPolicy())
        row.addWidget(radio)
        control.setProperty("small", True)
        row.addWidget(control, 1)
        column.addLayout(row)
        for part in below:
            inner = QHBoxLayout()
            inner.setContentsMargins(23, 0, 0, 0)
            inner.addWidget(part)
            column.addLayout(inner)
        return card

    def _choose(self, radio: Radio) -> None:
        radio.setChecked(True)
        self._on_changed()

    def _on_changed(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        for card, chosen in ((self._new_card, self.is_new), (self._next_card, not self.is_new)):
            kind = "pick" if chosen else "option"
            if card.property("card") != kind:
                card.setProperty("card", kind)
                card.style().unpolish(card)
                card.style().polish(card)
        problem = self.problem
        self._new_note.setText(problem or "Its first version")
        self._new_note.set_tone("error" if problem else "muted")
        self._new_note.setVisible(self.is_new)
        if bool(self.name_entry.property("bad")) is not bool(problem):
            self.name_entry.setProperty("bad", bool(problem))
            self.name_entry.style().unpolish(self.name_entry)
            self.name_entry.style().polish(self.name_entry)
        version = self._destinations.version(str(self.dataset.value or ""))
        if version is None or self._preview is None:
            self._lines.hide()
            self._lost.hide()
            return
        found = differences(self._preview, version)
        lost = lost_words(found)
        self._lost.setText(lost)
        self._lost.setVisible(bool(lost))
        self._lines.setText("\n".join(difference_lines(found, version.number + 1)))
        self._lines.setToolTip("")
        self._lines.show()


class RecipeBox(QWidget):
    """Whether the next file of the dataset is read as this one."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("recipebox")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 9, 14, 11)
        column.setSpacing(1)
        self.box = Box(theme, "Keep these answers as a recipe", role="table-bold")
        self.box.setChecked(True)
        column.addWidget(self.box)
        row = QHBoxLayout()
        row.setContentsMargins(23, 0, 0, 0)
        self._words = Text(theme, "", "table", "muted", wrap=True)
        row.addWidget(self._words)
        column.addLayout(row)
        self.show_origin("")

    @property
    def is_kept(self) -> bool:
        return self.box.isChecked()

    def show_origin(self, reference: str) -> None:
        """The version by whose recipe this file is read; empty where by none."""
        self._words.setText(
            f"Read by the recipe of {reference}. The next file is read as this one."
            if reference
            else "The next file of this dataset is read the same way and checked against these types first."
        )


def lost_words(found: Differences) -> str:
    if not found.lost:
        return ""
    return f"−{formats.plural(len(found.lost), 'column')}: {_some(found.lost)}"


def difference_lines(found: Differences, number: int) -> list[str]:
    """What the next version would be, beside what it loses."""
    rows = found.rows_after - found.rows_before
    change = "as many rows" if not rows else f"{formats.signed(rows, 0)} rows"
    lines = [f"As v{number} · {formats.plural(found.rows_after, 'row')}, {change}"]
    if found.added:
        lines.append(f"+{formats.plural(len(found.added), 'column')}: {_some(found.added)}")
    if found.retyped:
        changes = [f"{name} {TAGS[old]} → {TAGS[new]}" for name, old, new in found.retyped]
        lines.append(f"{formats.plural(len(found.retyped), 'type')} changed: {_some(changes)}")
    if found.is_none:
        lines.append("The same columns with the same types")
    return lines


def _some(names: tuple[str, ...] | list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
