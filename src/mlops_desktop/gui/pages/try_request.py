"""The request of Try it: a form by the signature with a real row in it, or the same as JSON; one row or several."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.models import SignatureField
from mlops_desktop.gui import formats
from mlops_desktop.gui.readings import try_it as reading
from mlops_desktop.gui.readings.try_it import Row, Signature
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.code_block import CodeText
from mlops_desktop.gui.widgets.controls import Choice, LineEntry, Segments
from mlops_desktop.gui.widgets.fields import Field
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import Text
from mlops_desktop.gui.widgets.value_entry import ValueEntry

FORM, JSON = "form", "json"
Entry = LineEntry | ValueEntry


class RequestCard(Card):
    """`changed` follows every change of what would be sent."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Inputs", "from the signature")
        self._theme = theme
        self._signature = Signature("")
        self._example = 0
        self._at = 0
        self.rows: list[Row] = [{}]
        self._body_fault = ""
        self.fields: dict[str, Field] = {}
        self._showing = False
        self._small: bool | None = None
        self.mode = Segments(theme, "How the request is shown", [(FORM, "Form"), (JSON, "JSON")])
        self.mode.show_value(FORM)
        self.mode.chosen.connect(self._on_mode)
        self.head.addWidget(self.mode)
        self.body.addLayout(self._make_rows(theme))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_form())
        self._stack.addWidget(self._make_json(theme))
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self._make_foot(theme))

    # Making

    def _make_rows(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(13, 0, 13, 8)
        row.setSpacing(6)
        self.which = Choice(theme, "Which row of the request")
        self.which.chosen.connect(self._on_which)
        self.another = Button(theme, "Another example", icon="rotate-cw", small=True)
        self.another.setToolTip("Fills this row with another real row of the model's own examples")
        self.another.clicked.connect(self.fill_another)
        self.add = IconButton(theme, "plus", "Add a row to the request", size=28)
        self.add.clicked.connect(self.add_row)
        self.remove = IconButton(theme, "x", "Remove this row from the request", size=28)
        self.remove.clicked.connect(self.remove_row)
        row.addWidget(self.which, 1)
        for button in (self.another, self.add, self.remove):
            row.addWidget(button)
        return row

    def _make_form(self) -> QScrollArea:
        holder = QWidget()
        holder.setObjectName("tableground")
        column = QVBoxLayout(holder)
        column.setContentsMargins(13, 4, 13, 12)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        column.addLayout(self._grid)
        column.addStretch(1)
        self.form = QScrollArea()
        self.form.setWidgetResizable(True)
        self.form.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.form.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.form.setAccessibleName("Inputs")
        self.form.setWidget(holder)
        return self.form

    def _make_json(self, theme: Theme) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(10, 2, 10, 10)
        self.text = CodeText(theme, "Request as JSON", editable=True)
        self.text.textChanged.connect(self._on_text)
        column.addWidget(self.text)
        return holder

    def _make_foot(self, theme: Theme) -> QWidget:
        foot = QFrame()
        foot.setProperty("row", True)
        row = QHBoxLayout(foot)
        row.setContentsMargins(13, 8, 13, 9)
        row.setSpacing(6)
        self._sign = Icon(theme, "circle-check", "ok", 14)
        self.note = Text(theme, "", "table", "muted", wrap=True)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.note, 1)
        return foot

    # What the page asks

    def show_signature(self, signature: Signature) -> None:
        """A form for it with its first real row; what was typed stays where the columns are the same."""
        before = [(column.name, column.type) for column in self._signature.inputs]
        same = before == [(column.name, column.type) for column in signature.inputs] and bool(before)
        self._signature = signature
        if same:
            self._show_helps()
            return
        self._example = 0
        self.rows = [self._example_row(0)]
        self._at = 0
        self._build_fields()
        self._show_rows()
        self._show_row()
        self.mode.show_value(FORM)
        self._stack.setCurrentIndex(0)
        self._say()
        self.changed.emit()

    def show_rows(self, rows: list[Row]) -> None:
        """A request that was sent before."""
        self.rows = [dict(row) for row in rows]
        self._at = 0
        self._show_rows()
        self._show_row()
        self._show_body()
        self._say()
        self.changed.emit()

    @property
    def is_json(self) -> bool:
        return self.mode.value == JSON

    @property
    def faults(self) -> list[str]:
        """The columns whose values cannot be sent; in any row."""
        if self.is_json:
            return []
        bad = []
        for column in self._signature.inputs:
            for row in self.rows:
                if reading.value_of(column, reading.text_of(row.get(column.name)))[1]:
                    bad.append(column.name)
                    break
        return bad

    @property
    def body_fault(self) -> str:
        return self._body_fault if self.is_json else ""

    def focus_first_fault(self) -> None:
        """Goes to the first row and field that needs attention."""
        if self.is_json:
            self.text.setFocus()
            return
        for place, row in enumerate(self.rows):
            for column in self._signature.inputs:
                if reading.value_of(column, reading.text_of(row.get(column.name)))[1]:
                    self._go_to_row(place)
                    self.fields[column.name].control.setFocus()
                    return

    def mark(self, name: str, sentence: str) -> None:
        """What the endpoint said of a column."""
        field = self.fields.get(name)
        if field is not None:
            field.show_error(sentence)
            self.form.ensureWidgetVisible(field)

    def clear_marks(self) -> None:
        for column in self._signature.inputs:
            self._check(column)

    def set_small(self, small: bool) -> None:
        if small == self._small:  # a width set anew at every turn would be taken for one that is zoomed
            return
        self._small = small
        self.setFixedWidth(300 if small else 344)
        self.another.setText("Another" if small else "Another example")

    def add_row(self) -> None:
        if self._keeps_text():
            return
        self._example += 1
        self.rows.append(self._example_row(self._example))
        self._show_rows()
        self._go_to_row(len(self.rows) - 1)
        self._changed()

    def remove_row(self) -> None:
        if len(self.rows) > 1 and not self._keeps_text():
            del self.rows[self._at]
            self._show_rows()
            self._go_to_row(min(self._at, len(self.rows) - 1))
            self._changed()

    def fill_another(self) -> None:
        if self._keeps_text():
            return
        self._example += 1
        self.rows[self._at] = self._example_row(self._example)
        self._show_row()
        self._changed()

    def _keeps_text(self) -> bool:
        """JSON that is not finished is not written over; the way on is in it."""
        if self.body_fault:
            self.text.setFocus()
        return bool(self.body_fault)

    # Showing

    def _example_row(self, place: int) -> Row:
        examples = self._signature.examples
        row = dict(examples[place % len(examples)]) if examples else {}
        return {column.name: row.get(column.name) for column in self._signature.inputs}

    def _build_fields(self) -> None:
        clear_layout(self._grid)
        self.fields = {}
        place = 0
        for column in self._signature.inputs:
            entry = self._make_entry(column)
            field = Field(self._theme, column.name, entry, reading.help_of(column))
            self.fields[column.name] = field
            width = 2 if reading.is_long(column) else 1
            place += place % width  # a long one begins at the left
            self._grid.addWidget(field, place // 2, place % 2, 1, width)
            place += width

    def _make_entry(self, column: SignatureField) -> Entry:
        values = ("true", "false") if column.type == "boolean" else column.values
        entry: Entry
        if values:
            entry = ValueEntry(self._theme, column.name, values)
            entry.edited.connect(lambda text, one=column: self._on_edited(one, text))
        else:
            entry = LineEntry(self._theme, column.name, "null")
            entry.textEdited.connect(lambda text, one=column: self._on_edited(one, text))
        return entry

    def _show_helps(self) -> None:
        for column in self._signature.inputs:
            self.fields[column.name].show_help(reading.help_of(column))

    def _show_rows(self) -> None:
        total = formats.count(len(self.rows))
        self.which.set_options([(place, f"Row {place + 1} of {total}") for place in range(len(self.rows))])
        self.which.show_value(self._at)
        self.remove.setEnabled(len(self.rows) > 1)

    def _go_to_row(self, place: int) -> None:
        self._at = place
        self.which.show_value(place)
        self._show_row()

    def _show_row(self) -> None:
        row = self.rows[self._at]
        for column in self._signature.inputs:
            control = self.fields[column.name].control
            if isinstance(control, LineEntry | ValueEntry):
                control.show_text(reading.text_of(row.get(column.name)))
                if isinstance(control, LineEntry) and not control.hasFocus():
                    control.setCursorPosition(0)
            self._check(column)

    def _check(self, column: SignatureField) -> None:
        field = self.fields[column.name]
        fault = reading.value_of(column, reading.text_of(self.rows[self._at].get(column.name)))[1]
        if fault:
            field.show_error(fault)
        elif field.error:
            field.clear_error()

    def _show_body(self) -> None:
        self._showing = True
        self.text.show_code(reading.body_text(self.rows))
        self._showing = False
        self._body_fault = ""

    def _say(self) -> None:
        faults, total = self.faults, len(self._signature.inputs)
        unknown = reading.unknown_columns(self._signature, self.rows)
        bad = bool(faults or self.body_fault or unknown)
        self._sign.set_sign("triangle-alert" if bad else "circle-check", "error" if bad else "ok")
        self.note.set_tone("error" if bad else "muted")
        if self.body_fault:
            self.note.setText(self.body_fault)
        elif faults:
            number = formats.plural(len(faults), "field needs", "fields need")
            self.note.setText(f"{number} attention: {', '.join(faults)}")
        elif unknown:
            self.note.setText(f"The model does not know: {', '.join(unknown)}")
        else:
            rows = f" in each of {formats.count(len(self.rows))} rows" if len(self.rows) > 1 else ""
            self.note.setText(f"{formats.count(total)} of {formats.count(total)} valid{rows}")

    # What happens

    def _changed(self) -> None:
        if self.is_json:
            self._show_body()
        self._say()
        self.changed.emit()

    def _on_edited(self, column: SignatureField, text: str) -> None:
        self.rows[self._at][column.name] = reading.value_of(column, text)[0]
        self._check(column)
        self._changed()

    def _on_which(self, value: object) -> None:
        if isinstance(value, int):
            self._go_to_row(value)

    def _on_mode(self, mode: object) -> None:
        if mode == JSON:
            self._show_body()
            self._stack.setCurrentIndex(1)
        elif self._body_fault:
            self.mode.show_value(JSON)
            self.text.setFocus()
        else:
            self.rows = [reading.typed_row(self._signature, row) for row in self.rows]
            self._stack.setCurrentIndex(0)
            self._show_row()
            self.changed.emit()
        self._say()

    def _on_text(self) -> None:
        if self._showing:
            return
        rows, self._body_fault = reading.parse_body(self.text.toPlainText())
        if not self._body_fault:
            self.rows = rows
            self._at = min(self._at, len(rows) - 1)
            self._show_rows()
        self._say()
        self.changed.emit()
