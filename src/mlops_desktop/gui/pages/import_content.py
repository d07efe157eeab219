"""What the import preview shows of a file that can be read: answers, rows, derived columns, target, findings."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

from mlops_desktop.gui.pages.import_answers import AnswersBar
from mlops_desktop.gui.pages.import_derived import DerivedEditor
from mlops_desktop.gui.pages.import_findings import FindingsPane
from mlops_desktop.gui.pages.import_goes_to import GoesTo, RecipeBox
from mlops_desktop.gui.pages.import_table import PreviewPane
from mlops_desktop.gui.pages.import_target import TargetChooser
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.text import Text

ASIDE, SMALL_ASIDE = 324, 286


class ImportHeader(PageHeader):
    """The title with every button there is; the page shows those that fit what it stands at."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Import data")
        self.attention = Text(theme, "", "table-strong", "error")
        self.cancel = Button(theme, "Cancel", kind="ghost")
        self.choose = Button(theme, "Choose another file…")
        self.again = Button(theme, "Read again", icon="rotate-cw", tip="As the file is on the disk now")
        self.import_button = Button(theme, "Import", icon="download")
        self.run_button = Button(theme, "Import and set up run", kind="primary", tip="Ctrl+Enter")
        for part in (self.attention, self.cancel, self.choose, self.again, self.import_button, self.run_button):
            self.add_action(part)
        self.attention.hide()


class ImportContent(QSplitter):
    """Left what is read and how, right what is odd and where it goes."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._theme = theme
        self.setObjectName("importcontent")
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self.answers = AnswersBar(theme)
        self.preview = PreviewPane(theme)
        self.derived = DerivedEditor(theme)
        self.target = TargetChooser(theme)
        self.findings = FindingsPane(theme)
        self.goes_to = GoesTo(theme)
        self.recipe = RecipeBox(theme)
        self.addWidget(self._make_left())
        self.addWidget(self._make_right())
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 0)

    def panes(self) -> list[QWidget]:
        """In reading order."""
        radios = self.findings.radios
        parts: list[QWidget] = [
            self.answers.choices["delimiter"],
            self.preview.table,
            self.derived.rows[0].name,
            self.target.choice,
        ]
        if radios:
            parts.append(next((radio for radio in radios if radio.isChecked()), radios[0]))
        return [*parts, self.goes_to.new if self.goes_to.is_new else self.goes_to.next, self.recipe.box]

    def problems(self) -> list[QWidget]:
        """Where something needs attention before it can be imported."""
        wrong = self.derived.first_error
        found: list[QWidget] = [wrong.expression] if wrong is not None else []
        return [*found, self.goes_to.name_entry] if self.goes_to.problem else found

    def set_small(self, small: bool) -> None:
        width = self._theme.px(SMALL_ASIDE if small else ASIDE)
        self.setSizes([max(1, self.width() - width - 1), width])
        self.answers.set_small(small)
        self.preview.set_small(small)
        self.derived.set_small(small)

    def _make_left(self) -> QWidget:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.answers)
        column.addWidget(self.preview, 1)
        bottom = QWidget()
        bottom.setObjectName("importbottom")
        bottom.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(bottom)
        row.setContentsMargins(0, 1, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.derived, 15)
        upright = QFrame()
        upright.setProperty("line", True)
        upright.setFixedWidth(1)
        row.addWidget(upright)
        row.addWidget(self.target, 10)
        column.addWidget(bottom)
        return left

    def _make_right(self) -> QWidget:
        right = QWidget()
        right.setObjectName("inspector")
        right.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        right.setMinimumWidth(240)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setAccessibleName("Findings and where the file goes")
        body = QWidget()
        body.setObjectName("inspectorbody")
        inner = QVBoxLayout(body)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.findings)
        line = QFrame()
        line.setProperty("line", True)
        line.setFixedHeight(1)
        inner.addWidget(line)
        inner.addWidget(self.goes_to)
        inner.addStretch(1)
        scroll.setWidget(body)
        column.addWidget(scroll, 1)
        column.addWidget(self.recipe)
        return right

    def minimumSizeHint(self) -> QSize:
        return QSize(600, 300)
