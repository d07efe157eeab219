"""The cards of a model version: signature, drivers, decisions, description, bundle and its files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mlops_desktop.domain.models import BundleContents, Model, ModelVersion
from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.bars import BarChart
from mlops_desktop.gui.charts.card import ChartCard
from mlops_desktop.gui.charts.evaluations import confusion_matrix, importance_axis, importance_bars
from mlops_desktop.gui.charts.matrix import MatrixChart
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.cards import Card, FactList
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.controls import TextEntry
from mlops_desktop.gui.widgets.marks import StatusWord
from mlops_desktop.gui.widgets.small_table import SmallTable
from mlops_desktop.gui.widgets.text import Text

VERIFIED = Sign("circle-check", "ok", "Verified")
REFUSED = Sign("circle-x", "error", "Refused")
CHECKING = Sign("loader-circle", "accent-text", "Checking…")
MOST_BARS = 12
_KEPT = "Kept when you leave the field. Esc leaves it as it was."
_UNSAID = "Nothing is said yet. Say what it predicts, for whom, and what not to use it for."
MOST_CLASSES = 6


class SignatureCard(Card):
    """Outputs first, then the inputs, each with what training saw of it and an example."""

    HEADS = (
        Head("Name", 140, stretch=True),
        Head("Type", 66),
        Head("Seen in training", 142, keep=1),
        Head("Example", 100, keep=2),
    )

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Signature")
        self.copy = CopyButton(theme, "", "Copy JSON", what="of the signature", kind="link")
        self.head.addWidget(self.copy)
        self.table = SmallTable(theme, "Signature", self.HEADS)
        self.table.set_density("compact")
        self.body.addWidget(self.table)
        self.words = Text(theme, "", "table", "muted", wrap=True)
        self.words.setContentsMargins(13, 0, 13, 12)
        self.body.addWidget(self.words)

    def show_contents(self, contents: BundleContents | None, words: str) -> None:
        """Without contents the words say why."""
        self.table.setVisible(contents is not None)
        self.copy.setVisible(contents is not None)
        self.words.setVisible(contents is None)
        self.words.setText(words)
        if contents is None:
            self.sub.setText("")
            return
        inputs, outputs = contents.inputs, contents.outputs
        self.sub.setText(f"{formats.plural(len(inputs), 'input')}, {formats.plural(len(outputs), 'output')}")
        rows = [_field_row(f"→ {field.name}", field.type, field.seen, "output", strong=True) for field in outputs]
        rows += [_field_row(field.name, field.type, field.seen, field.example) for field in inputs]
        self.table.show_rows(rows)
        self.copy.set_text(signature_json(contents))
        self.copy.setToolTip("Copies names, types and examples as JSON")


def _field_row(name: str, kind: str, seen: str, example: str, *, strong: bool = False) -> CellRow:
    cells = (
        Cell(name, strong=strong),
        Cell(kind, "muted"),
        Cell(seen or formats.NOT_SET, "muted", tip=seen),
        Cell(example or formats.NOT_SET, "muted", tip=example),
    )
    return CellRow(name, cells)


def signature_json(contents: BundleContents) -> str:
    """What to send and what comes back, for people who write a client."""
    inputs = [
        {"name": field.name, "type": field.type, **({"example": field.example} if field.example else {})}
        for field in contents.inputs
    ]
    outputs = [{"name": field.name, "type": field.type} for field in contents.outputs]
    return json.dumps({"inputs": inputs, "outputs": outputs}, indent=2, ensure_ascii=False)


class DriversCard(ChartCard):
    """Permutation importance of the run's evaluation."""

    def __init__(self, context: Context) -> None:
        self.bars = BarChart(context.theme, "What drives the model")
        super().__init__(context, "What drives the model", "", self.bars)
        self.words = Text(context.theme, "", "table", "muted", wrap=True)
        self.words.setContentsMargins(5, 2, 5, 4)
        self.body.addWidget(self.words)

    def show_evaluation(self, evaluation: Mapping[str, Any]) -> None:
        importance = evaluation.get("importance")
        self.bars.setVisible(bool(importance))
        self.menu_button.setVisible(bool(importance))
        if not importance:
            self.words.setText("Unknown: the run that measured it is not in this workspace.")
            return
        self.words.setText(str(importance["sentence"]))
        columns = importance["columns"]
        first = ", ".join(str(column["name"]) for column in columns[:3])
        summary = f"{importance['sentence']} Most: {first}."
        bars = importance_bars({**importance, "columns": columns[:MOST_BARS]})
        self.bars.show_bars(bars, importance_axis(importance), summary)


class DecisionsCard(ChartCard):
    """The confusion matrix of the out-of-fold answers at the model's threshold."""

    def __init__(self, context: Context) -> None:
        self.matrix = MatrixChart(context.theme, "Decisions")
        super().__init__(context, "Decisions", "", self.matrix)
        self.words = Text(context.theme, "", "table", "muted", wrap=True)
        self.words.setContentsMargins(5, 4, 5, 4)
        self.body.addWidget(self.words)

    def show_evaluation(self, evaluation: Mapping[str, Any]) -> None:
        confusion = evaluation.get("confusion")
        few = bool(confusion) and len(confusion["labels"]) <= MOST_CLASSES if confusion else False
        self.setVisible(few)
        if not few or confusion is None:
            return
        matrix = confusion_matrix(confusion)
        total = sum(map(sum, matrix.counts))
        right = sum(matrix.counts[place][place] for place in range(len(matrix.labels)))
        self.sub.setText("out of fold")
        said = f"{formats.count(right)} of {formats.plural(total, 'row')} decided rightly."
        self.matrix.setFixedHeight(min(300, 56 + 52 * len(matrix.labels)))
        self.matrix.show_matrix(matrix, f"Confusion matrix of out-of-fold answers. {said}")
        threshold = evaluation.get("threshold")
        parts = [said, *([_threshold_words(evaluation, threshold)] if threshold else [])]
        self.words.setText(" ".join(parts))


def _threshold_words(evaluation: Mapping[str, Any], threshold: Mapping[str, Any]) -> str:
    label = evaluation.get("positive_label")
    how = {"fixed": "as given", "best_f1": "the highest f1", "balanced": "balanced between both kinds of error"}
    value = formats.number(float(threshold["value"]), 4).rstrip("0").rstrip(".")
    return f"Says {label} from a probability of {value} on, {how.get(str(threshold['rule']), 'chosen')}."


class DescriptionCard(Card):
    """What the model is for, changed in place; `changed` carries the new text when the field is left."""

    changed = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "What it is for")
        self._text = ""
        self._cancelled = False
        self.edit = Button(theme, "Edit", kind="link", small=True)
        self.edit.clicked.connect(self.begin)
        self.head.addWidget(self.edit)
        self.words = Text(theme, "", "table", wrap=True)
        self.entry = TextEntry(theme, "What the model is for", "Says whether a flight lands late.", lines=3)
        self.help = Text(theme, _KEPT, "caption", "muted", wrap=True)
        self.body.setContentsMargins(13, 0, 13, 12)
        self.body.setSpacing(4)
        for part in (self.words, self.entry, self.help):
            self.body.addWidget(part)
        self.entry.left.connect(self._on_left)
        self.entry.installEventFilter(self)
        self._show_editing(False)

    def show_model(self, model: Model) -> None:
        self._text = model.description
        self.sub.setText("all versions")
        self.edit.setAccessibleName(f"Edit what {model.name} is for")
        self.words.setText(model.description or _UNSAID)
        self.words.set_tone("text" if model.description else "muted")

    def begin(self) -> None:
        self._cancelled = False
        self.entry.show_text(self._text)
        self._show_editing(True)
        self.entry.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self.entry or not isinstance(event, QKeyEvent):
            return False
        strong = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        keeps = strong and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if not keeps and event.key() != Qt.Key.Key_Escape:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # here these keys are the field's, not the page's
        elif event.type() == QEvent.Type.KeyPress:
            self._cancelled = not keeps
            self._end()
            return True
        return False

    def _on_left(self) -> None:
        if self.entry.isHidden():
            return
        text = self.entry.toPlainText().strip()
        self._show_editing(False)
        if not self._cancelled and text != self._text:
            self.words.setText(text)
            self.changed.emit(text)

    def _end(self) -> None:
        self._on_left()
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_editing(self, editing: bool) -> None:
        self.words.setVisible(not editing)
        self.edit.setVisible(not editing)
        self.entry.setVisible(editing)
        self.help.setVisible(editing)


class BundleCard(Card):
    """Whether every file is as the manifest says, and what the bundle is."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Bundle")
        self.status = StatusWord(theme, CHECKING)
        self.head.addWidget(self.status)
        self.facts = FactList(theme)
        self.pins = FactList(theme)
        self.pins.setAccessibleName("Requirements")
        self.files = Button(theme, "Show files", icon="file-text", small=True)
        self.copy = CopyButton(theme, "", "Copy hash", what="of the manifest")
        self.body.setContentsMargins(13, 0, 13, 12)
        self.body.setSpacing(8)
        self.pins_title = Text(theme, "Requirements", "table-strong")
        for part in (self.facts, self.pins_title, self.pins):
            self.body.addWidget(part)
        for button in (self.files, self.copy):
            self.body.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def show_checking(self, version: ModelVersion) -> None:
        self.status.set_sign(CHECKING)
        self._show_facts(version, None)

    def show_contents(self, version: ModelVersion, contents: BundleContents) -> None:
        self.status.set_sign(VERIFIED)
        self._show_facts(version, contents)

    def show_refused(self, version: ModelVersion) -> None:
        self.status.set_sign(REFUSED)
        self._show_facts(version, None)

    def _show_facts(self, version: ModelVersion, contents: BundleContents | None) -> None:
        facts = [("Manifest", formats.short_hash(version.manifest_hash))]
        if contents is not None:
            facts += [
                ("Format", "skops, no pickle"),
                ("Size", f"{formats.size(contents.size)}, {formats.plural(len(contents.files), 'file')}"),
                *([("Fitted on", formats.plural(contents.rows, "row"))] if contents.rows else []),
            ]
        self.facts.show_facts(facts, {"Manifest": version.manifest_hash})
        pins = [_pin(line) for line in contents.requirements] if contents else []
        self.pins.show_facts(pins)
        for part in (self.pins, self.pins_title):
            part.setVisible(bool(pins))
        self.files.setVisible(contents is not None)
        self.copy.set_text(version.manifest_hash)


def _pin(line: str) -> tuple[str, str]:
    name, _, version = line.partition("==")
    return name, version or "any version"


class FilesCard(Card):
    """Every file of the bundle with its size and hash."""

    HEADS = (Head("File", 280, stretch=True), Head("Size", 90, numeric=True), Head("SHA-256", 480, keep=1))

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Files of the bundle")
        self.table = SmallTable(theme, "Files of the bundle", self.HEADS)
        self.table.set_density("compact")
        self.body.addWidget(self.table)

    def show_contents(self, contents: BundleContents) -> None:
        self.sub.setText(f"{formats.plural(len(contents.files), 'file')}, all as the manifest says")
        self.table.show_rows(
            [
                CellRow(
                    file.name,
                    (
                        Cell(file.name),
                        Cell(formats.size(file.size)),
                        Cell(file.sha256, "muted", tip=file.sha256),
                    ),
                )
                for file in contents.files
            ]
        )


def column_of(parts: Sequence[QWidget]) -> QWidget:
    """Cards below each other, from the top."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(10)
    for part in parts:
        column.addWidget(part)
    column.addStretch(1)
    return holder
