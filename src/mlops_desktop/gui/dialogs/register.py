"""Makes a finished run the next version of a model."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QHBoxLayout, QWidget

from mlops_desktop.domain.errors import AlreadyExistsError, ConflictError, InvalidNameError, UserError
from mlops_desktop.domain.experiments import Run
from mlops_desktop.domain.models import ModelVersion
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.dialogs.sheet import Sheet
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.readings import registering as reading
from mlops_desktop.gui.readings.models import CHALLENGER, CHAMPION
from mlops_desktop.gui.readings.registering import RegisterFacts
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.controls import Choice, Segments, TextEntry
from mlops_desktop.gui.widgets.fields import Field
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.text import ElidedText, Text
from mlops_desktop.gui.widgets.warnings import Warnings

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

DESCRIPTION_HELP = "Shown with every version of the model."
ALIASES = (("", "None"), (CHALLENGER, "Challenger"), (CHAMPION, "Champion"))


class NameEntry(QComboBox):
    """A name that may be new or one of those there are; `typed` follows every change by a person."""

    typed = Signal()

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setFont(theme.font("body"))
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        line = self.lineEdit()
        assert line is not None
        self.line = line
        line.setAccessibleName(name)
        line.setFont(theme.font("body"))
        line.textEdited.connect(lambda _: self.typed.emit())
        self.activated.connect(lambda _: self.typed.emit())
        completer = self.completer()
        if completer is not None:
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)

    def show_names(self, names: list[str], text: str) -> None:
        self.clear()
        self.addItems(names)
        self.setEditText(text)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        place = QRect(self.width() - 23, (self.height() - 14) // 2, 14, 14)
        self._theme.paint_icon(QPainter(self), place, "chevron-down", "muted")


class RegisterDialog(Sheet):
    """Without a run it asks for one. What was typed stays until it is registered, also when it is closed before."""

    def __init__(self, context: Context, workspace: Workspace, run_name: str, parent: QWidget) -> None:
        title = f"Register {run_name}" if run_name else "Register model version"
        super().__init__(context.theme, "box", title, parent, width=540)
        self._context, self._workspace, self._run_name = context, workspace, run_name
        self._facts: RegisterFacts | None = None
        self._touched: set[str] = set()
        self._busy = False
        self._build()
        context.lanes.run(
            lambda: reading.read_registering(workspace, run_name), self._on_read, self._on_unreadable, owner=self
        )

    # Making

    def _build(self) -> None:
        theme = self._context.theme
        self.error = ErrorBox(theme)
        self.error.hide()
        self.body.addWidget(self.error)
        self.run = Choice(theme, "Run")
        self.run.chosen.connect(self._on_run)
        self.run_field = Field(theme, "Run", self.run)
        self.body.addWidget(self.run_field)
        self.run_field.setVisible(not self._run_name)
        self._run_words = ElidedText(theme, "Reading…", "table", "muted")
        self.body.addWidget(self._run_words)
        self._run_words.setVisible(bool(self._run_name))
        self.body.addLayout(self._make_refit())
        self.doubts = Warnings(theme)
        self.body.addWidget(self.doubts)
        self.name = NameEntry(theme, "Model name")
        self.name.typed.connect(partial(self._on_typed, "name"))
        self.name_field = Field(theme, "Model name", self.name)
        self.body.addWidget(self.name_field)
        self.description = TextEntry(theme, "What the model is for, optional", "Says whether a flight lands late.")
        self.description.textChanged.connect(self._on_described)
        self.description_field = Field(theme, "What it is for, optional", self.description, DESCRIPTION_HELP)
        self.body.addWidget(self.description_field)
        self.alias = Segments(theme, "Alias of the new version", ALIASES)
        self.alias.chosen.connect(partial(self._on_typed, "alias"))
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.alias)
        row.addStretch(1)
        self.alias_field = Field(theme, "Alias of the new version", holder)
        self.body.addWidget(self.alias_field)
        self._make_buttons()
        self._enable(False)

    def _make_refit(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Icon(self._context.theme, "info", "muted", 14), 0, Qt.AlignmentFlag.AlignTop)
        self._refit = Text(self._context.theme, "", "table", "muted", wrap=True)
        row.addWidget(self._refit, 1)
        return row

    def _make_buttons(self) -> None:
        self._attention = ElidedText(self._context.theme, "", "table", "error")
        self.foot.addWidget(self._attention, 1)
        self.cancel = self.add_button("Cancel")
        self.deploy = self.add_button("Register and deploy…", icon="rocket")
        self.primary = self.add_button("Register", kind="primary", icon="box")
        self.cancel.clicked.connect(self.reject)
        self.deploy.clicked.connect(lambda: self.register(then_deploy=True))
        self.primary.clicked.connect(self._on_primary)
        self.primary.setDefault(True)

    # Reading and showing

    def _on_read(self, facts: RegisterFacts) -> None:
        first = self._facts is None
        self._facts = facts
        run = facts.run
        if run is None:
            self._run_words.setText("")
            self.run_field.show_error("No run has finished yet. Start one, then register it.")
            return
        if first and not self._run_name:
            self.run.set_options([(one.name, reading.choice_words(one)) for one in facts.runs])
        self.run.show_value(run.name)
        self._run_words.setText(reading.run_words(run))
        self._refit.setText(facts.refit)
        if first:
            self._restore(facts)
        elif "name" not in self._touched:
            self.name.setEditText(facts.suggested)
        self._enable(True)
        self._judge()
        if first:
            self.name.setFocus()
            self.name.line.selectAll()

    def _restore(self, facts: RegisterFacts) -> None:
        """The draft of this run, where one was left; else what is suggested."""
        draft = self._context.shell.state.drafts.get(self._draft_key, {})
        self._touched = set(draft)
        self.name.show_names([model.name for model in facts.models], draft.get("name", facts.suggested))
        if "description" in draft:
            self.description.show_text(draft["description"])
        self.alias.show_value(draft.get("alias", "" if facts.models else CHAMPION))

    def _on_unreadable(self, error: BaseException) -> None:
        self._run_words.setText("")
        self._say_error(error)

    def _judge(self) -> None:
        """Help and error of each field, as of what stands in it."""
        facts = self._facts
        if facts is None or facts.run is None:
            return
        name = self.name.currentText()
        problem = reading.name_problem(facts, name)
        if problem is None:
            self.name_field.clear_error()
            self.name_field.show_help(reading.name_effect(facts, name))
        else:
            self._show_name_error(problem)
        if "description" not in self._touched:
            model = facts.find(name.strip())
            self._show_description(model.description if model else "")
        self._say_what_is_replaced()
        self.doubts.show_lines(facts.doubts_of(name))
        self.alias_field.show_help(reading.alias_words(facts, name, str(self.alias.value or "")))
        self._attention.setText("1 field needs attention" if problem else "")
        self.adjustSize()

    def _show_description(self, text: str) -> None:
        self.description.blockSignals(True)
        self.description.show_text(text)
        self.description.blockSignals(False)

    def _say_what_is_replaced(self) -> None:
        """What the model says now, where the text in the field would take its place."""
        said = self._said()
        is_new = said and self._description() != said
        self.description_field.show_help(
            f"Takes the place of: {' '.join(said.split())}" if is_new else DESCRIPTION_HELP
        )

    def _said(self) -> str:
        """What the named model was said to be for when the dialog read it."""
        model = self._facts.find(self.name.currentText().strip()) if self._facts else None
        return model.description if model else ""

    def _description(self) -> str:
        return self.description.toPlainText().strip()

    def _show_name_error(self, problem: UserError) -> None:
        facts = self._facts
        number = None
        if facts and facts.run and isinstance(problem, AlreadyExistsError):
            number = facts.registered.get((self.name.currentText().strip(), facts.run.id))
        words = problem.hint if isinstance(problem, InvalidNameError) and self.name.currentText().strip() else ""
        reference = f"{self.name.currentText().strip()}@v{number}"
        self.name_field.show_error(
            words or problem.message,
            f"Open v{number}" if number else "",
            (lambda: self._go(reference)) if number else None,
        )

    def _enable(self, enabled: bool) -> None:
        for part in (self.name, self.description, self.alias, self.deploy, self.primary):
            part.setEnabled(enabled)

    # What happens

    def _on_run(self, value: object) -> None:
        facts = self._facts
        run = next((one for one in facts.runs if one.name == value), None) if facts else None
        if facts is not None and run is not None:
            workspace, chosen, known = self._workspace, run, facts
            self._context.lanes.run(
                lambda: reading.read_choice(workspace, known, chosen), self._on_read, self._on_unreadable, owner=self
            )

    def _on_typed(self, field: str, *_: object) -> None:
        self._touched.add(field)
        self.error.hide()
        self._judge()

    def _on_described(self) -> None:
        self._touched.add("description")
        self._say_what_is_replaced()

    def _on_primary(self) -> None:
        self.register()

    def register(self, *, then_deploy: bool = False) -> None:
        """Registers what stands in the fields, or takes the focus to what is wrong."""
        facts = self._facts
        if facts is None or facts.run is None or self._busy:
            return
        self._judge()
        if self.name_field.error:
            self.name.setFocus()
            return
        run: Run = facts.run
        name, alias = self.name.currentText(), str(self.alias.value or "")
        description, revision = "", None
        if "description" in self._touched and self._description() != self._said():
            model = facts.find(name.strip())
            description, revision = self._description(), model.revision if model else 0
        workspace = self._workspace
        self._set_busy(True)
        self._context.lanes.run(
            lambda: workspace.models.register(
                run.name, name, description=description, alias=alias or None, revision=revision
            ),
            partial(self._on_registered, then_deploy),
            self._on_refused,
            owner=self,
        )

    def _on_registered(self, then_deploy: bool, version: ModelVersion) -> None:
        self._set_busy(False)
        self._forget()
        shell, context, workspace, window = self._context.shell, self._context, self._workspace, self.parentWidget()
        super().accept()
        shown = version.reference.replace("@v", " v")
        words = f" as {', '.join(version.aliases)}" if version.aliases else ""
        shell.say(f"{shown} registered{words}", "box")
        shell.go(Place("model-version", version.reference))
        if then_deploy and window is not None:
            from mlops_desktop.gui.dialogs.deploy import DeployDialog

            DeployDialog(context, workspace, version.reference, window).open()

    def _on_refused(self, error: BaseException) -> None:
        self._set_busy(False)
        if isinstance(error, AlreadyExistsError | InvalidNameError):
            self.name_field.show_error(f"{error.message} {error.hint}".strip())
            self._attention.setText("1 field needs attention")
            self.name.setFocus()
        else:
            self._say_error(error)
        if isinstance(error, ConflictError):
            self._read_again()

    def _read_again(self) -> None:
        """Shows what somebody else said meanwhile; what was typed stays."""
        facts, workspace = self._facts, self._workspace
        if facts is not None and facts.run is not None:
            run = facts.run.name
            self._context.lanes.run(
                lambda: dataclasses.replace(reading.read_registering(workspace, run), runs=facts.runs),
                self._on_read_again,
                self._on_unreadable,
                owner=self,
            )

    def _on_read_again(self, facts: RegisterFacts) -> None:
        self._facts = facts
        self._judge()

    def _say_error(self, error: BaseException) -> None:
        if not isinstance(error, UserError):
            self._context.shell.show_failure(error)
            return
        self.error.show_error(error)
        self.error.show()
        self.adjustSize()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.primary.set_caption("Registering…" if busy else "Register")
        self._enable(not busy)

    def _go(self, reference: str) -> None:
        self.reject()
        self._context.shell.go(Place("model-version", reference))

    # The draft

    @property
    def _draft_key(self) -> str:
        return f"register {self._run_name}"

    def reject(self) -> None:
        """Closes; what was typed is there again when the dialog is opened for the same run."""
        if self._busy:
            return
        self._keep()
        super().reject()

    def _keep(self) -> None:
        values = {
            "name": self.name.currentText(),
            "description": self.description.toPlainText(),
            "alias": str(self.alias.value or ""),
        }
        shell = self._context.shell
        if self._touched:
            shell.remember(shell.state.with_draft(self._draft_key, {key: values[key] for key in self._touched}))

    def _forget(self) -> None:
        shell = self._context.shell
        if self._draft_key in shell.state.drafts:
            shell.remember(shell.state.with_draft(self._draft_key, {}))
