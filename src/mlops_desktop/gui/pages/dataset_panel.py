"""The inspector of Datasets: what was found, the versions, what used this one, and where it came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.domain.datasets import DatasetVersion
from mlops_desktop.gui import formats
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.readings.datasets import (
    DatasetFacts,
    FindingGroup,
    all_findings,
    change_words,
    grouped,
    provenance,
    uses_sentence,
)
from mlops_desktop.gui.statuses import run_sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.cards import FactList
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon, StatusWord
from mlops_desktop.gui.widgets.text import ElidedText, Text, line
from mlops_desktop.gui.widgets.version_row import VersionRow
from mlops_desktop.services.dataset_uses import DatasetUses

WIDTH, SMALL_WIDTH = 292, 250
NARROWEST, WIDEST = 220, 520
MOST_RUNS, MOST_VERSIONS = 6, 12


class DatasetPanel(QWidget):
    """`version_chosen` carries a number, `column_asked` a column and a row (0: none), `place_asked` a Place,
    `copy_asked` a text and what it is."""

    version_chosen = Signal(int)
    compare_asked = Signal()
    column_asked = Signal(str, int)
    place_asked = Signal(object)
    copy_asked = Signal(str, str)

    def __init__(self, theme: Theme, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._theme, self._clock = theme, clock
        self._shown: tuple[object, ...] = ()
        self.setObjectName("inspector")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Inspector")
        self.setMinimumWidth(NARROWEST)
        self.setMaximumWidth(WIDEST)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        body = QWidget()
        body.setObjectName("inspectorbody")
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 10, 0, 12)
        column.setSpacing(8)
        self._found = _Section(theme, "Quality")
        self._versions = _Section(theme, "Versions", "Compare", edge=8)
        self._uses = _Section(theme, "Used by")
        self._source = _Section(theme, "Where it came from")
        self._versions.link.clicked.connect(self.compare_asked)
        for place, section in enumerate((self._found, self._versions, self._uses, self._source)):
            if place:
                column.addWidget(line(theme))
            column.addWidget(section)
        column.addStretch(1)
        self.scroll_area = QScrollArea()
        self.scroll_area.setWidgetResizable(True)
        self.scroll_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll_area.setAccessibleName("Facts of the version")
        self.scroll_area.setWidget(body)
        outer.addWidget(self.scroll_area)

    def show_facts(self, facts: DatasetFacts, uses: DatasetUses) -> None:
        """What is the same as before stays untouched, and keeps the focus."""
        version = facts.chosen
        if version is None:
            return
        shown = (facts, uses)
        if shown == self._shown:
            return
        self._shown = shown
        self._show_found(version, uses)
        self._show_versions(facts, version)
        self._show_uses(version, uses)
        self._show_source(version)

    def _show_found(self, version: DatasetVersion, uses: DatasetUses) -> None:
        groups = grouped(all_findings(version, uses))
        section = self._found
        section.empty()
        section.show_badge(sum(group.is_warning for group in groups))
        notes = [group for group in groups if not group.is_warning]
        for group in groups:
            if group.is_warning or len(notes) == len(groups):
                section.body.addWidget(_FindingRow(self._theme, group, self.column_asked.emit))
        if 0 < len(notes) < len(groups):
            section.body.addWidget(self._make_notes(notes))
        if not groups:
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addWidget(Icon(self._theme, "circle-check", "ok", 15))
            row.addWidget(Text(self._theme, "Nothing odd was found in any row", "table", "muted"), 1)
            section.body.addLayout(row)

    def _make_notes(self, notes: Sequence[FindingGroup]) -> QWidget:
        """Behind a link: they ask for nothing."""
        holder, inner = QWidget(), QWidget()
        column, rows = QVBoxLayout(holder), QVBoxLayout(inner)
        for layout in (column, rows):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(6)
        shown = f"Show {formats.plural(len(notes), 'note')} that ask for nothing"
        link = Button(self._theme, shown, kind="link", small=True)
        for group in notes:
            rows.addWidget(_FindingRow(self._theme, group, self.column_asked.emit))
        inner.hide()

        def switch() -> None:
            inner.setHidden(not inner.isHidden())
            link.set_caption(shown if inner.isHidden() else "Hide the notes")

        link.clicked.connect(switch)
        column.addLayout(_beside(link, None))
        column.addWidget(inner)
        return holder

    def _show_versions(self, facts: DatasetFacts, chosen: DatasetVersion) -> None:
        section = self._versions
        section.empty()
        section.link.setVisible(len(facts.versions) > 1)
        section.body.setSpacing(2)
        now = self._clock()
        for note in facts.versions[:MOST_VERSIONS]:
            said = f"{formats.moment(note.created_at, now)} · {note.created_by} · {formats.plural(note.rows, 'row')}"
            row = VersionRow(
                self._theme, f"v{note.number}", _sentence_case(change_words(note)), said,
                chosen=note.number == chosen.number,
            )  # fmt: skip
            row.clicked.connect(lambda _=False, number=note.number: self.version_chosen.emit(number))
            section.body.addWidget(row)
        if len(facts.versions) > MOST_VERSIONS:
            words = f"and {formats.plural(len(facts.versions) - MOST_VERSIONS, 'older version')}, in the menu above"
            section.body.addWidget(Text(self._theme, words, "table", "muted"))

    def _show_uses(self, version: DatasetVersion, uses: DatasetUses) -> None:
        theme, section = self._theme, self._uses
        section.empty()
        section.body.addWidget(Text(theme, uses_sentence(uses), "table", "muted", wrap=True))
        for made in uses.model_versions:
            link = self._link(made.reference.replace("@", " "), Place("model-version", made.reference))
            section.body.addLayout(_beside(link, ElidedText(theme, ", ".join(made.aliases), "table", "muted")))
        for run in uses.runs[:MOST_RUNS]:
            link = self._link(run.name, Place("run", run.name))
            section.body.addLayout(_beside(link, StatusWord(theme, run_sign(run.status), "table")))
        if len(uses.runs) > MOST_RUNS:
            place = Place("experiments", "", {"filter": version.reference})
            section.body.addLayout(_beside(self._link(f"All {formats.plural(len(uses.runs), 'run')}", place), None))

    def _show_source(self, version: DatasetVersion) -> None:
        theme, section = self._theme, self._source
        section.empty()
        facts = FactList(theme)
        known = provenance(version, self._clock())
        facts.show_facts(known, {"Imported": formats.full_moment(version.created_at), **dict(known[-1:])})
        section.body.addWidget(facts)
        for name, value in (("File sha256", version.source.sha256), ("Table sha256", version.content_hash)):
            row = QHBoxLayout()
            row.setSpacing(6)
            row.addWidget(Text(theme, name, "table", "muted"))
            row.addStretch(1)
            shown = Text(theme, formats.short_hash(value), "mono")
            shown.setAccessibleName(f"{name}: {value}")
            row.addWidget(shown)
            copy = IconButton(theme, "copy", f"Copy {name}", size=24, picture=14)
            copy.clicked.connect(lambda _=False, what=name, text=value: self.copy_asked.emit(text, what))
            row.addWidget(copy)
            section.body.addLayout(row)

    def _link(self, words: str, place: Place) -> Button:
        link = Button(self._theme, words, kind="link", small=True)
        link.clicked.connect(lambda: self.place_asked.emit(place))
        return link


class _Section(QWidget):
    """A title with a badge or a link, and rows that are made anew."""

    def __init__(self, theme: Theme, title: str, link: str = "", *, edge: int = 14) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(edge, 0, edge, 0)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.setContentsMargins(14 - edge, 0, 14 - edge, 0)
        head.setSpacing(8)
        head.addWidget(Text(theme, title, "title"))
        self._badge = Text(theme, "", "caption-bold")
        self._badge.setProperty("chip", "warn")
        self._badge.setFixedHeight(18)
        self._badge.hide()
        head.addWidget(self._badge)
        head.addStretch(1)
        self.link = Button(theme, link, kind="link", small=True)
        if not link:
            self.link.hide()
        head.addWidget(self.link)
        column.addLayout(head)
        self.body = QVBoxLayout()
        self.body.setSpacing(6)
        column.addLayout(self.body)

    def empty(self) -> None:
        clear_layout(self.body)

    def show_badge(self, number: int) -> None:
        self._badge.setVisible(number > 0)
        self._badge.setText(str(number))
        self._badge.setAccessibleName(f"{formats.plural(number, 'finding')} to look at")


class _FindingRow(QWidget):
    """What was seen, in how many places, and the way to them."""

    def __init__(self, theme: Theme, group: FindingGroup, look: Callable[[str, int], object]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 4)
        row.setSpacing(9)
        icon, token = ("triangle-alert", "warn") if group.is_warning else ("info", "muted")
        row.addWidget(Icon(theme, icon, token, 15), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(1)
        column.addWidget(Text(theme, group.title, "table-strong", wrap=True))
        column.addWidget(Text(theme, group.words, "table", "muted", wrap=True))
        words = f"Show row {formats.count(group.first_row)}" if group.first_row else f"Show {group.column}"
        if group.column or group.first_row:
            link = Button(theme, words, kind="link", small=True)
            link.clicked.connect(lambda: look(group.column, group.first_row or 0))
            column.addLayout(_beside(link, None))
        row.addLayout(column, 1)
        self.setAccessibleName(f"{'Warning' if group.is_warning else 'Note'}: {group.title}. {group.words}")


def _beside(link: Button, after: QWidget | None) -> QHBoxLayout:
    """A link with its left edge where text begins, and what stands after it."""
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    link.setProperty("flush", True)
    row.addWidget(link)
    if after is not None:
        row.addWidget(after)
    row.addStretch(1)
    return row


def _sentence_case(words: str) -> str:
    return words[:1].upper() + words[1:]
