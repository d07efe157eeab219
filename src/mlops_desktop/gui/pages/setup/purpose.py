"""What the runs are for: their experiment and its question, tags and a note."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.readings.run_draft import suggested_experiment
from mlops_desktop.gui.readings.run_setup import Setup
from mlops_desktop.gui.widgets.controls import LineEntry, TextEntry
from mlops_desktop.gui.widgets.fields import Field


class Purpose(QWidget):
    """`changed` carries what the person changed, as the draft's fields by name."""

    changed = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        theme = context.theme
        self._setup: Setup | None = None
        self.experiment = LineEntry(theme, "Experiment")
        self.question = LineEntry(theme, "Question")
        self.tags = LineEntry(theme, "Tags", "night, first")
        self.notes = TextEntry(theme, "Note", "What do you expect to learn?")
        self._known = QStringListModel(self)
        completer = QCompleter(self._known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.experiment.setCompleter(completer)
        self.fields = {
            "experiment": Field(theme, "Experiment", self.experiment),
            "question": Field(theme, "Question, optional", self.question),
            "tags": Field(theme, "Tags, optional", self.tags, "separated by commas"),
            "notes": Field(theme, "Note, optional", self.notes, "kept with each run"),
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 12, 13, 8)
        column.setSpacing(8)
        for name, field in self.fields.items():
            column.addWidget(field)
            field.reset_asked.connect(lambda name=name: self._on_reset(name))
        self.experiment.left.connect(self._on_experiment)
        self.question.left.connect(lambda: self.changed.emit({"question": self.question.text()}))
        self.tags.left.connect(lambda: self.changed.emit({"tags": self.tags.text()}))
        self.notes.left.connect(lambda: self.changed.emit({"notes": self.notes.toPlainText()}))

    def show_setup(self, setup: Setup) -> None:
        self._setup = setup
        draft, base = setup.draft, setup.base
        self._show_experiment(setup)
        self.tags.show_text(draft.tags)
        self.notes.show_text(draft.notes)
        self.fields["tags"].set_changed(
            bool(base.rerun_of) and draft.tags != base.tags, f"Differs from {base.rerun_of}"
        )

    def show_problems(self, problems: Mapping[str, str]) -> None:
        for name, field in self.fields.items():
            if name in problems:
                field.show_error(problems[name])
            elif field.error:
                field.clear_error()

    def first_problem(self) -> QWidget | None:
        return next((field.control for field in self.fields.values() if field.error), None)

    def _show_experiment(self, setup: Setup) -> None:
        draft, known = setup.draft, {one.name: one for one in setup.experiments}
        self._known.setStringList(list(known))
        name = draft.experiment or self._suggested_name()
        self.experiment.show_text(name)
        found = known.get(name)
        words = f"has {formats.plural(found.run_count, 'run')}" if found else "new"
        self.fields["experiment"].show_help(words if draft.experiment else f"{words}, named after data and target")
        base = setup.base.experiment or self._suggested_name()
        changed = bool(setup.base.rerun_of) and name != base
        self.fields["experiment"].set_changed(changed, f"Differs from {setup.base.rerun_of}")
        self.question.show_text(draft.question)
        asked = found.question if found else ""
        self.question.setPlaceholderText(asked or "What do you want to find out?")
        self.fields["question"].show_help("asked already; write to change it" if asked else "kept with the experiment")

    def _on_experiment(self) -> None:
        """An empty field, or the suggested name, means: as suggested."""
        text = self.experiment.text().strip()
        self.changed.emit({"experiment": None if text in ("", self._suggested_name()) else text})

    def _suggested_name(self) -> str:
        setup = self._setup
        return suggested_experiment(setup.version, setup.draft.target) if setup and setup.version else ""

    def _on_reset(self, name: str) -> None:
        if self._setup is not None:
            self.changed.emit({name: getattr(self._setup.base, name)})
