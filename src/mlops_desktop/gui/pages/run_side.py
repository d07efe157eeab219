"""The cards at the right of a run: params, what it was made from, files, notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.experiments import Run
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.readings import run as reading
from mlops_desktop.gui.readings.run import ParamRow, RunFacts
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.cards import Card, FactList
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.fields import Dot
from mlops_desktop.gui.widgets.text import ElidedText, Text

if TYPE_CHECKING:
    from mlops_desktop.domain.models import BundleContents

FEW = 6


class ParamLine(QWidget):
    """A param and its value; a dot beside the name where it differs from the default."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        self.name = ElidedText(theme, "", "table", "muted")
        self.dot = Dot(theme)
        self.value = ElidedText(theme, "", "number")
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight)
        row.addWidget(self.name)
        row.addWidget(self.dot)
        row.addStretch(1)
        row.addWidget(self.value)

    def show_row(self, row: ParamRow) -> None:
        self.name.setText(row.name)
        self.value.setText(row.value)
        self.dot.setVisible(bool(row.differs))
        differs = f", differs from the default {row.default}" if row.differs else ""
        self.value.setAccessibleName(f"{row.name}: {row.value}{differs}")


class ParamList(QWidget):
    """Params below one another; rows are kept and filled again."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(5)
        self.rows: list[ParamLine] = []

    def show_rows(self, rows: Sequence[ParamRow]) -> None:
        while len(self.rows) < len(rows):
            self.rows.append(ParamLine(self._theme))
            self._column.addWidget(self.rows[-1])
        for place, line in enumerate(self.rows):
            line.setVisible(place < len(rows))
            if place < len(rows):
                line.show_row(rows[place])


class SideCard(Card):
    """A card of the right column; `more` leads to the tab with everything."""

    def __init__(self, theme: Theme, title: str, more: str = "", act: Callable[[], object] | None = None) -> None:
        super().__init__(theme, title)
        self.body.setContentsMargins(14, 0, 14, 12)
        self.body.setSpacing(6)
        self.more = Button(theme, more, kind="link") if more else None
        if self.more is not None and act is not None:
            self.more.clicked.connect(act)
            self.head.addWidget(self.more)


class LinkRow(QWidget):
    """A label and a link to where it came from; without a place it is plain text."""

    def __init__(self, theme: Theme, label: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(Text(theme, label, "table", "muted"))
        row.addStretch(1)
        self._label = label
        self.text = ElidedText(theme, "", "table")
        self.link = Button(theme, "", kind="link")
        row.addWidget(self.text)
        row.addWidget(self.link)

    def show_text(self, words: str, *, is_link: bool) -> None:
        self.text.setText(words)
        self.text.setVisible(not is_link)
        self.link.set_caption(words)
        self.link.setAccessibleName(f"{self._label}: {words}")
        self.link.setVisible(is_link)


def name_of_target(run: Run) -> str:
    spec = run.spec
    return spec.target if spec.positive_label is None else f"{spec.target} = {spec.positive_label}"


class RunSide(QWidget):
    """Everything the run was given, in short; `tab_wanted` of the page leads to the whole."""

    def __init__(self, context: Context, go_to_tab: Callable[[str], object]) -> None:
        super().__init__()
        self._context = context
        theme = context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self.params = SideCard(theme, "Params", "All", lambda: go_to_tab("params"))
        self.param_list = ParamList(theme)
        self.params.body.addWidget(self.param_list)
        column.addWidget(self.params)
        column.addWidget(self._make_origin(theme, go_to_tab))
        self.files = SideCard(theme, "Artifacts", "All", lambda: go_to_tab("artifacts"))
        self.file_list = FactList(theme)
        self.files_words = Text(theme, "", "table", "muted", wrap=True)
        self.files.body.addWidget(self.file_list)
        self.files.body.addWidget(self.files_words)
        column.addWidget(self.files)
        self.notes = SideCard(theme, "Notes")
        self.notes_words = Text(theme, "", "table", wrap=True)
        self.tags = ElidedText(theme, "", "table", "muted")
        self.notes.body.addWidget(self.notes_words)
        self.notes.body.addWidget(self.tags)
        column.addWidget(self.notes)
        column.addStretch(1)

    def _make_origin(self, theme: Theme, go_to_tab: Callable[[str], object]) -> SideCard:
        self._dataset = self._origin = ""
        self.origin = SideCard(theme, "Code and environment", "All", lambda: go_to_tab("environment"))
        self.dataset = LinkRow(theme, "Data")
        self.rerun_of = LinkRow(theme, "Repeats")
        self.dataset.link.clicked.connect(lambda: self._go(Place("datasets", self._dataset)))
        self.rerun_of.link.clicked.connect(lambda: self._go(Place("run", self._origin)))
        self.made_list = FactList(theme)
        for part in (self.dataset, self.rerun_of, self.made_list):
            self.origin.body.addWidget(part)
        self.copy = CopyButton(theme, "", "Copy as CLI", what="that repeats this run")
        row = QHBoxLayout()
        row.setContentsMargins(0, 4, 0, 0)
        row.addWidget(self.copy)
        row.addStretch(1)
        self.origin.body.addLayout(row)
        return self.origin

    def show_facts(self, facts: RunFacts) -> None:
        run, made = facts.run, facts.run.environment
        self._dataset, self._origin = run.dataset_reference, facts.context.origin
        self.dataset.show_text(run.dataset_reference, is_link=True)
        self.rerun_of.setVisible(bool(run.rerun_of))
        self.rerun_of.show_text(self._origin or "a run that is gone", is_link=bool(self._origin))
        rows = [("Target", name_of_target(run)), ("Columns", str(len(run.spec.features)))]
        if made is not None:
            if made.git_commit:
                rows.append(("Commit", made.git_commit[:8] + (", changed files" if made.git_dirty else "")))
            learn = made.packages.get("scikit-learn", "")
            rows += [("Python", made.python_version), *([("scikit-learn", learn)] if learn else [])]
        rows.append(("Seed", f"{run.spec.seed} · {formats.plural(run.spec.threads, 'thread')}"))
        self.made_list.show_facts(rows)
        self.copy.set_text(f"mlops experiments rerun {run.name}")
        self.notes.setVisible(bool(run.notes or run.tags))
        self.notes_words.setText(run.notes)
        self.notes_words.setVisible(bool(run.notes))
        self.tags.setText(f"Tags: {', '.join(run.tags)}" if run.tags else "")
        self.tags.setVisible(bool(run.tags))

    def show_params(self, rows: Sequence[ParamRow]) -> None:
        differing = sum(bool(row.differs) for row in rows)
        known = any(row.differs is not None for row in rows)
        words = f"{differing} differs" if differing == 1 else f"{differing} differ"
        self.params.sub.setText(f"{words} from default" if differing else "all default" if known or not rows else "")
        self.param_list.show_rows(rows[:FEW])
        if self.params.more is not None:
            self.params.more.set_caption(f"All {len(rows)}" if rows else "All settings")

    def show_files(self, run: Run, contents: BundleContents | None) -> None:
        rows = reading.file_rows(contents) if contents else ()
        count = len(contents.files) if contents else 0
        total = formats.size(contents.size) if contents else ""
        self.files.sub.setText(f"{count} · {total}" if contents else "")
        self.file_list.setVisible(bool(rows))
        self.file_list.show_facts([(name, formats.size(size)) for name, size in rows[:FEW]])
        self.files.setVisible(bool(rows) or not run.status.is_ended or run.bundle_hash is not None)
        self.files_words.setText("Checked now…" if run.bundle_hash else "Written at the end of the run.")
        self.files_words.setVisible(not rows)
        if self.files.more is not None:
            self.files.more.setVisible(bool(rows))

    def _go(self, place: Place) -> None:
        self._context.shell.go(place)
