"""The head of a run: name, status, model versions made of it, one sentence, and its actions."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.experiments import Run, RunStatus
from mlops_desktop.domain.run_summaries import Registered
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.readings.run import RunFacts, run_sentence
from mlops_desktop.gui.readings.runs import time_left
from mlops_desktop.gui.statuses import run_sign
from mlops_desktop.gui.widgets.bars import Arc
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.chips import Chip, ChipButton
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import StatusWord
from mlops_desktop.gui.widgets.page_header import PageHeader

MOST_CHIPS = 3


class RunHead(QWidget):
    """Register is the primary action; while the run goes on, Cancel run stands in its place."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        theme = context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.header = PageHeader(theme, "Run")
        self.header.show_sentence("Reading…")
        column.addWidget(self.header)
        self._arc = Arc(theme, 14)
        self._status = StatusWord(theme)
        self._chips = QWidget()
        self._chip_row = QHBoxLayout(self._chips)
        self._chip_row.setContentsMargins(0, 0, 0, 0)
        self._chip_row.setSpacing(6)
        for part in (self._arc, self._status, self._chips):
            self.header.add_beside_title(part)
            part.hide()
        self.more = IconButton(theme, "ellipsis", "More actions")
        self.rerun = Button(theme, "Re-run", icon="rotate-cw")
        self.change = Button(theme, "Re-run with changes…", icon="sliders-horizontal")
        self.register = Button(theme, "Register…", icon="box", kind="primary")
        self.cancel = Button(theme, "Cancel run", icon="square", kind="danger")
        for button in (self.more, self.rerun, self.change, self.register, self.cancel):
            self.header.add_action(button)
            button.hide()
        self._shown: tuple[Registered, ...] = ()

    @property
    def primary_words(self) -> str:
        return "Cancel run" if self.cancel.isVisibleTo(self) else "Register…"

    def press_primary(self) -> None:
        for button in (self.register, self.cancel):
            if button.isVisibleTo(self):
                button.click()
                return

    def show_name(self, name: str) -> None:
        self.header.show_title(name)
        self.header.show_sentence("Reading…")
        for part in (
            self._arc,
            self._status,
            self._chips,
            self.more,
            self.rerun,
            self.change,
            self.register,
            self.cancel,
        ):
            part.hide()

    def show_unreadable(self, name: str) -> None:
        self.header.show_title(name)
        self.header.show_sentence("The run could not be read.")

    def show_facts(self, facts: RunFacts, *, cancelling: bool) -> None:
        run, now = facts.run, self._context.clock()
        self.header.show_title(run.name)
        self.header.show_sentence(run_sentence(facts, now))
        running = run.status is RunStatus.RUNNING
        sign = run_sign(run.status, cancelling=cancelling)
        share = f" · {formats.percent(run.progress)}" if running and run.progress is not None else ""
        left = time_left(run, now) if running and not cancelling else ""
        words = f"{sign.word}{share}{f', {left}' if left else ''}"
        self._status.set_sign(type(sign)("" if running else sign.icon, sign.token, sign.word if cancelling else words))
        self._arc.setVisible(running)
        self._status.show()
        self._show_chips(facts.context.registered)
        self._show_buttons(run, cancelling)

    def _show_buttons(self, run: Run, cancelling: bool) -> None:
        ended = run.status.is_ended
        self.more.show()
        self.rerun.setVisible(ended)
        self.change.show()
        self.register.setVisible(run.status is RunStatus.FINISHED)
        self.cancel.setVisible(not ended)
        self.cancel.setEnabled(not cancelling)
        self.cancel.set_caption("Cancelling…" if cancelling else "Cancel run")

    def _show_chips(self, registered: tuple[Registered, ...]) -> None:
        self._chips.setVisible(bool(registered))
        if registered == self._shown:
            return
        self._shown = registered
        clear_layout(self._chip_row)
        for version in registered[:MOST_CHIPS]:
            alias = version.aliases[0] if version.aliases else ""
            chip = ChipButton(self._context.theme, Chip(alias, version.reference), "Open the model version")
            chip.setAccessibleName(f"Model version {version.reference}{f', {alias}' if alias else ''}")
            chip.clicked.connect(lambda _=False, reference=version.reference: self._go(reference))
            self._chip_row.addWidget(chip)

    def _go(self, reference: str) -> None:
        self._context.shell.go(Place("model-version", reference))

    def set_small(self, small: bool) -> None:
        self.header.set_small(small)
