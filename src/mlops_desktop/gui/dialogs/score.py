"""Asks which model version predicts every row of a dataset version, and where the result goes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from mlops_desktop.gui.dialogs.sheet import Sheet
from mlops_desktop.gui.readings.home import quoted
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.controls import Choice, LineEntry
from mlops_desktop.gui.widgets.fields import Field
from mlops_desktop.gui.widgets.text import Text

ENDINGS = (".csv", ".parquet")
LONGEST = 255
"""Bytes of a file's name; no common file system takes more."""
_HELP = "A .csv or .parquet file. It is written when every row has its prediction."


class ScoreDialog(Sheet):
    """`chosen` carries the model version's reference and the file."""

    chosen = Signal(str, Path)

    def __init__(
        self, theme: Theme, dataset: str, models: Sequence[tuple[str, str]], folder: Path, parent: QWidget
    ) -> None:
        """`models` are references with their words, the likeliest first."""
        shown = dataset.replace("@", " ")
        super().__init__(theme, "play", f"Score {shown} with a model", parent, width=500)
        self._dataset = dataset
        about = f"The model predicts every row of {shown}. The dataset itself stays as it is."
        self.body.addWidget(Text(theme, about, "body", "muted", wrap=True))
        self.model = Choice(theme, "Model version")
        self.model.set_options(list(models))
        self.model.show_value(models[0][0])
        self.model.chosen.connect(lambda _: self._show_line())
        self.body.addWidget(Field(theme, "Model version", self.model))
        self.file = LineEntry(theme, "Result file")
        self.file.setText(str(folder / f"{dataset.replace('@', '-')}-scored.csv"))
        self.file.textChanged.connect(lambda _: self._on_typed())
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        holder = QWidget()
        holder.setLayout(row)
        self.browse = Button(theme, "Browse…")
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._on_browse)
        row.addWidget(self.file, 1)
        row.addWidget(self.browse)
        self.field = Field(theme, "Result file", holder, _HELP)
        self.body.addWidget(self.field)
        self.cli = CopyButton(theme, "", "Copy as CLI", what="for this scoring", kind="ghost")
        self.cli.setAutoDefault(False)
        self.foot.addWidget(self.cli)
        self.foot.addStretch(1)
        self.cancel = self.add_button("Cancel")
        self.primary = self.add_button("Score rows", kind="primary", icon="play")
        self.primary.setDefault(True)
        self.cancel.clicked.connect(self.reject)
        self.primary.clicked.connect(self._on_score)
        self._on_typed()
        self.model.setFocus()

    @property
    def target(self) -> Path:
        return Path(os.path.expanduser(self.file.text().strip()))  # that of Path fails for ~nobody

    @property
    def reference(self) -> str:
        return str(self.model.value)

    def _problem(self) -> str:
        text, target = self.file.text().strip(), self.target
        if not text:
            return "Name the file that is to be written"
        if target.suffix.lower() not in ENDINGS:
            return "The name ends in .csv or .parquet"
        if len(os.fsencode(target.name)) > LONGEST:
            return "The name of the file is too long"
        if not target.parent.is_dir():
            return f"There is no folder {target.parent}"
        return f"{target} is a folder" if target.is_dir() else ""

    def _on_typed(self) -> None:
        self.field.clear_error()
        replaced = not self._problem() and self.target.exists()
        self.field.show_help("This file is there already and is replaced." if replaced else _HELP)
        self._show_line()

    def _show_line(self) -> None:
        words = (
            "mlops datasets score",
            quoted(self.reference),
            quoted(self._dataset),
            "--to",
            quoted(str(self.target)),
        )
        self.cli.set_text(" ".join(words))

    def _on_browse(self) -> None:
        dialog = QFileDialog(self, "Result file", str(self.target), "CSV (*.csv);;Parquet (*.parquet)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(self.file.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_score(self) -> None:
        problem = self._problem()
        if problem:
            self.field.show_error(problem)
            self.file.setFocus()
            return
        self.chosen.emit(self.reference, self.target.absolute())
        self.accept()
