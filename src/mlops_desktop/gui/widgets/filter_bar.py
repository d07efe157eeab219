"""The filter of a list of runs: conditions as chips and free text in one field, both to be written in."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlops_desktop.domain.errors import FilterError
from mlops_desktop.domain.run_columns import RunColumns
from mlops_desktop.domain.run_filters import EVERYTHING, RunFilter, as_text, conjuncts
from mlops_desktop.gui.readings import run_filters as reading
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.theme.zoom import BY_ITSELF
from mlops_desktop.gui.widgets.filter_chip import FilterChip
from mlops_desktop.gui.widgets.filter_field import FilterField, FilterTrouble
from mlops_desktop.gui.widgets.suggestions import Suggestions

_ICON, _GAP, _LINE = 30, 6, 22
_NARROWEST = 150
"""What the free text keeps for itself; chips that leave less stand on lines of their own."""


class FilterBar(QWidget):
    """`changed` carries the filter whenever it is another one; while it cannot be understood the last one holds."""

    changed = Signal(object)
    left = Signal()

    def __init__(self, theme: Theme, runs: Callable[[], RunColumns], over: QWidget) -> None:
        super().__init__()
        self._theme, self._runs = theme, runs
        self.setProperty(BY_ITSELF, True)
        self._filter: RunFilter = EVERYTHING
        self._is_whole = True
        """A word that is being written may become a field's name: until Enter it hides no run."""
        self.chips: list[FilterChip] = []
        self.setAccessibleName("Filter")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.suggestions = Suggestions(theme, over)
        self.trouble = FilterTrouble(theme, over)
        propose = lambda text, caret: reading.proposals(text, caret, self._runs())  # noqa: E731
        self.edit = FilterField(theme, "Filter runs", propose, self.suggestions, reading.text_of_piece)
        self.edit.takes_tab = True
        self.edit.setParent(self)
        self.edit.setProperty("chip", "true")
        self.edit.setFrame(False)
        self.edit.setFont(theme.font("body"))
        self.edit.textChanged.connect(self._on_edited)
        self.edit.entered.connect(self._on_entered)
        self.edit.escaped.connect(self._on_escaped)
        self.edit.down.connect(self.left)
        self.edit.lost.connect(self.update)
        self.setFocusProxy(self.edit)
        self._invite()
        self._place()

    # What the page asks for

    @property
    def filter(self) -> RunFilter:
        return self._filter

    @property
    def text(self) -> str:
        """The whole filter as it is written, understood or not."""
        known = self._runs().known
        written = [*(reading.text_of(chip.written) for chip in self.chips), self.edit.text().strip()]
        written = [text for text in written if text]
        read = [reading.understood(text, known) for text in written]
        if any(error for _, error in read):
            return " and ".join(written)
        return as_text(reading.joined([given for given, _ in read]), known)

    def set_text(self, text: str) -> None:
        """Shows another filter; conditions become chips, words and what cannot be understood stay text."""
        if text == self.text:
            return
        for chip in list(self.chips):
            self._drop(chip)
        self.edit.blockSignals(True)
        self.edit.setText(text)
        self.edit.blockSignals(False)
        self._make_chips()
        self._is_whole = True
        self._read()

    def add(self, given: RunFilter, *, instead_of: str = "") -> None:
        """One more condition; conditions on the field `instead_of` go."""
        known = self._runs().known
        for chip in list(self.chips):
            parsed, _ = reading.understood(reading.text_of(chip.parts), known)
            if instead_of and reading.fields_of(parsed) == {instead_of}:
                self._drop(chip)
        for part in conjuncts(given):
            self._append(part)
        self._place()
        self._read()

    def clear(self) -> None:
        self.set_text("")

    def selectAll(self) -> None:
        self.edit.selectAll()

    def look_again(self) -> None:
        """The runs are others: a filter that could not be understood may be now."""
        self._read()

    # Reading

    def _read(self) -> None:
        known = self._runs().known
        parts, error, where, prefix = [], None, self.edit, ""
        for chip in self.chips:
            given, wrong = reading.understood(reading.text_of(chip.written), known)
            parts.append(given)
            if wrong is not None and error is None:
                error, where = wrong, chip.fields[-1]
        text = self.edit.text() if self._is_whole else reading.so_far(self.edit.text(), self._runs())
        given, wrong = reading.understood(text, known)
        parts.append(given)
        if wrong is not None and error is None:
            error, where, prefix = wrong, self.edit, self.edit.text()
        self._show(error, where, prefix)
        if error is None or (error.unfinished and where is self.edit):
            wanted = reading.joined(parts)
            if wanted != self._filter:
                self._filter = wanted
                self.changed.emit(wanted)

    def _show(self, error: FilterError | None, where: FilterField, text: str, *, at_once: bool = False) -> None:
        if error is None or (error.unfinished and not at_once):
            self.trouble.hide()
            return
        mend = (lambda fix=error.fix: self._mend(fix)) if text and error.fix else None
        self.trouble.show_error(error, where, mend, error.fix)

    def _mend(self, text: str) -> None:
        self.edit.setText(text)
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    # Chips

    def _make_chips(self) -> None:
        """The conditions in the free text as chips; its words stay."""
        known = self._runs().known
        given, error = reading.understood(self.edit.text(), known)
        if error is not None:
            return
        parts = conjuncts(given)
        for part in parts:
            if reading.is_chip(part):
                self._append(part)
        rest = " ".join(as_text(part, known) for part in parts if not reading.is_chip(part))
        if rest != self.edit.text():
            self.edit.setText(rest)
        self._place()

    def _append(self, part: RunFilter) -> None:
        runs, known = self._runs, self._runs().known
        chip = FilterChip(
            self._theme,
            reading.parts_of(part, known),
            self.suggestions,
            (
                lambda prefix: reading.fields(prefix, runs().known),
                lambda prefix: reading.signs(reading.resolved(chip.fields[0].text(), runs().known) or "run"),
                lambda prefix: self._values(chip, prefix),
            ),
        )
        chip.setParent(self)
        chip.edited.connect(self._on_chip_edited)
        chip.entered.connect(lambda: self._on_chip_entered(chip))
        chip.removed.connect(lambda: self._on_chip_removed(chip))
        self.chips.append(chip)
        order: list[QWidget] = [*([self.chips[-2].cross] if len(self.chips) > 1 else []), *chip.fields, chip.cross]
        for before, after in zip(order, order[1:], strict=False):
            QWidget.setTabOrder(before, after)
        QWidget.setTabOrder(chip.cross, self.edit)
        chip.show()
        self._invite()

    def _values(self, chip: FilterChip, prefix: str) -> list[str]:
        field = reading.resolved(chip.fields[0].text(), self._runs().known) if len(chip.fields) == 3 else ""
        return reading.values(field, prefix, self._runs()) if field else []

    def _drop(self, chip: FilterChip) -> None:
        self.chips.remove(chip)
        chip.blockSignals(True)
        for field in chip.fields:
            field.blockSignals(True)
        chip.hide()
        chip.deleteLater()
        self._invite()
        self._place()

    def _on_chip_edited(self) -> None:
        self._place()
        self._read()

    def _on_chip_entered(self, chip: FilterChip) -> None:
        """What was written becomes the condition; a chip that was emptied goes."""
        self.update()
        chip.update()
        if chip not in self.chips:
            return
        if not any(field.text().strip() for field in chip.fields):
            self._on_chip_removed(chip)
            return
        known = self._runs().known
        given, error = reading.understood(reading.text_of(chip.written), known)
        if error is None and reading.parts_of(given, known).field and len(chip.fields) == 3:
            chip.show_parts(reading.parts_of(given, known))
        elif error is None:
            chip.parts = chip.written
        self._show(error, chip.fields[-1], "", at_once=error is not None)

    def _on_chip_removed(self, chip: FilterChip) -> None:
        self._drop(chip)
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self._read()

    # The free text

    def _on_edited(self) -> None:
        self._is_whole = False
        self._place()
        self._read()

    def _on_entered(self) -> None:
        """Enter turns conditions into chips; where there are none, the person is done."""
        text = self.edit.text()
        _, error = reading.understood(text, self._runs().known)
        if error is not None:
            self._show(error, self.edit, text, at_once=True)
            return
        self._make_chips()
        if self.edit.text() == text:
            self.left.emit()
        self._is_whole = True
        self._read()

    def _on_escaped(self) -> None:
        if self.edit.text():
            self.edit.clear()
        else:
            self.trouble.hide()
            self.left.emit()

    # Standing

    def _invite(self) -> None:
        words = "Add a filter, e.g. estimator:forest" if self.chips else "Filter, e.g. roc_auc > 0.7"
        self.edit.setPlaceholderText(words)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(300), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.edit.setFocus(Qt.FocusReason.MouseFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focus = self.edit.hasFocus()
        painter.setPen(QPen(theme.colour("focus" if focus else "control"), 2 if focus else 1))
        painter.setBrush(theme.colour("surface"))
        edge = 1.0 if focus else 0.5
        painter.drawRoundedRect(self.rect().toRectF().adjusted(edge, edge, -edge, -edge), 6, 6)
        size = theme.px(15)
        icon = self.rect().adjusted(theme.px(9), (theme.px(30) - size) // 2, 0, 0)
        icon.setSize(QSize(size, size))
        theme.paint_icon(painter, icon, "list-filter", "muted")
        if not focus and not self.edit.text() and self.edit.width() > theme.px(190):
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour("muted"))
            corner = self.edit.geometry().adjusted(0, 0, -theme.px(6), 0)
            painter.drawText(corner, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), "Ctrl F")

    def _place(self) -> None:
        """Chips from the left, on further lines where there is no room; the free text takes what is left."""
        theme = self._theme
        line, top = theme.px(_LINE), theme.px(4)
        left, room = theme.px(_ICON), self.width() - 6
        for chip in self.chips:
            width = chip.sizeHint().width()
            if left > theme.px(_ICON) and left + width > room:
                left, top = theme.px(_ICON), top + line + 4
            chip.setGeometry(left, top, min(width, max(40, room - left)), line)
            left += width + _GAP
        if self.chips and left + theme.px(_NARROWEST) > room:
            left, top = theme.px(_ICON), top + line + 4
        self.edit.setGeometry(left - 2, top, max(20, room - left), line)
        height = top + line + theme.px(4)
        if height != self.height() or self.minimumHeight() != height:
            self.setFixedHeight(height)
