"""U-01: a text from elsewhere is shown as it is, whatever it holds, and never more of it than somebody could read."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QLabel, QListView, QWidget
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import FakeWorkspace
from tests.real_workspace import real_workspace

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import Failure, RunStatus
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.dataset_view import COLUMNS, ROWS
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.desktop_notice import LONGEST, without_markup
from mlops_desktop.gui.widgets.text import LONGEST_LINE, LONGEST_SHOWN, LONGEST_TIP, ElidedText, Text, plain_tip
from mlops_desktop.services.workspace import Workspace

GUI = Path(__file__).resolve().parents[2] / "src" / "mlops_desktop" / "gui"
MARKUP = '<b>bold</b> & <img src="file:///etc/passwd"> <a href="https://evil.example">x</a>'
NESTED = "<table><tr><td>" * 4_000
LONG = "ab <b>c" * 700_000
HOSTILE = {"markup": MARKUP, "nested": NESTED, "long": LONG, "signs": "\x1b[31m\u202eevil\u2028line\x00&&amp;\t\r\n"}


def calls(name: str) -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted(GUI.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
                yield path, node


def is_plain(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str(text)):
            return "<" not in text
        case ast.Call(func=ast.Name(id="plain_tip")):
            return True
        case ast.IfExp(body=body, orelse=other):
            return is_plain(body) and is_plain(other)
    return False


def test_u_01_every_tooltip_is_a_word_of_ours_or_made_plain() -> None:
    """Qt takes a tooltip for markup where it looks like some."""
    found = list(calls("setToolTip"))
    assert len(found) > 40
    assert [f"{path.name}:{call.lineno}" for path, call in found if not is_plain(call.args[0])] == []


def test_u_01_labels_and_shortened_lines_are_made_in_one_place() -> None:
    """Where markup is off, and no more is measured than a line could show."""
    assert {path.name for path, _ in calls("elidedText")} == {"text.py"}
    made = [
        path.name
        for path in GUI.rglob("*.py")
        if "QLabel(" in path.read_text("utf-8").replace("class Text(QLabel)", "")
    ]
    assert made == []


@pytest.mark.parametrize("name", HOSTILE)
def test_u_01_a_tooltip_says_what_was_given_and_nothing_else(name: str, qapp: QApplication) -> None:
    text = HOSTILE[name]
    shown = QTextDocument()
    shown.setHtml(plain_tip(text))
    said = shown.toPlainText()
    if name in ("markup", "nested", "long"):
        assert said.rstrip("…") == text[:LONGEST_TIP].strip()
    assert len(said) <= LONGEST_TIP + 1
    assert not [block for block in shown.toHtml().split("<") if block.startswith(("img", "a href", "table"))]


@pytest.mark.parametrize("name", HOSTILE)
def test_u_01_a_label_shows_the_text_itself_and_no_more_than_can_be_read(name: str, theme: Theme) -> None:
    for label, longest in (
        (Text(theme, HOSTILE[name], wrap=True), LONGEST_SHOWN),
        (ElidedText(theme, ""), LONGEST_LINE),
    ):
        label.setText(HOSTILE[name])
        assert label.textFormat() == Qt.TextFormat.PlainText
        assert label.text().rstrip("…") == HOSTILE[name][:longest]
        label.grab()
        label.deleteLater()


def test_u_01_what_is_told_to_the_desktop_has_no_markup() -> None:
    assert without_markup("a<b>c &lt;") == "a‹b>c &lt;"
    assert len(without_markup(LONG)) == LONGEST


def spoilt(text: str) -> FakeWorkspace:
    """All that is text in runs, questions and the record is this text."""
    workspace = FakeWorkspace()
    for run in list(workspace.all_runs):
        failure = Failure(text, text, text, text) if run.failure else None
        spec = dataclasses.replace(run.spec, params={text[:50]: text}, target=text[:50])
        workspace.change_run(
            run.name, notes=text, tags=(text[:80], text), failure=failure, created_by=text, spec=spec,
            experiment_name=text[:100],
        )  # fmt: skip
    workspace.questions = {text[:100]: text}
    workspace.served = [
        (dataclasses.replace(endpoint, name=text[:100]), dataclasses.replace(deployment, created_by=text))
        for endpoint, deployment in workspace.served
    ]
    return workspace


def tips_of(view: QAbstractItemView) -> Iterator[str]:
    model = view.model()
    if model is None:
        return
    for row in range(min(model.rowCount(QModelIndex()), 12)):
        for column in range(1 if isinstance(view, QListView) else model.columnCount(QModelIndex())):
            yield str(model.index(row, column).data(Qt.ItemDataRole.ToolTipRole) or "")


def shows_as_it_is(window: QWidget) -> None:
    """Every label, button, view and tooltip of it: nothing is taken for markup, and nothing is without bounds."""
    window.grab()
    for widget in [window, *window.findChildren(QWidget)]:
        if isinstance(widget, QLabel):
            assert widget.textFormat() == Qt.TextFormat.PlainText
            assert len(widget.text()) <= LONGEST_SHOWN + 1
        if isinstance(widget, QAbstractItemView):
            assert not [tip for tip in tips_of(widget) if "<img" in tip or "<table" in tip]
        assert "<img" not in widget.toolTip()
        assert len(widget.toolTip()) <= 8 * LONGEST_TIP
        if isinstance(widget, QAbstractButton):
            assert len(widget.text()) <= 2 * LONGEST_LINE + 2, widget


@pytest.mark.parametrize("name", HOSTILE)
def test_u_01_a_window_full_of_foreign_texts_shows_them_as_they_are(make_window: MakeWindow, name: str) -> None:
    text = HOSTILE[name]
    workspace = spoilt(text)
    window = make_window(workspace)
    shell = window.shell
    failed = next(run for run in workspace.all_runs if run.failure)
    shell.go(Place("experiments", failed.experiment_name, {"run": failed.id}))
    shell.show_activity()
    shell.say(text)
    shell.show_failure(InvalidInputError(text, hint=text))
    shell.home.refresh()
    for place in ("experiments", "home", "deployments"):
        shell.go_to(place)
        shows_as_it_is(window)
    labels = {label.text().rstrip("…") for label in window.findChildren(QLabel)}
    assert any(len(said) > 40 and said in text[: LONGEST_SHOWN + 1] for said in labels if said) or name == "signs"


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("MLOPS_KEEPER_IDLE_SECONDS", "0.5")
    with real_workspace(tmp_path / "nyc-delays") as opened:
        yield opened


def hostile_table(path: Path) -> Path:
    """Markup in the name of the file, in those of columns and in cells; one column has a misfit of it."""
    quoted = '"' + MARKUP.replace('"', '""') + '"'
    rows = "".join(f"{quoted},<i>{row % 7}</i>,{'<u>none</u>' if row == 150 else row}\n" for row in range(200))
    path.write_text(f"{quoted},<img src=x> b,<h1>n\n{rows}")
    return path


def test_u_01_foreign_texts_of_files_runs_and_models_are_shown_as_they_are(
    make_window: MakeWindow, real: Workspace, tmp_path: Path
) -> None:
    path = hostile_table(tmp_path / "<b>bold<img src=x>.csv")
    real.jobs.wait(real.datasets.import_file(path, "hostile").id)
    run = next(run.name for run in real.experiments.runs("late-at-arrival") if run.status is RunStatus.FINISHED)
    real.experiments.annotate(run, notes=MARKUP)
    real.models.describe("flight-late", MARKUP)
    window = make_window(open_folder=lambda folder: real)
    window.shell.open(real.folder)
    seen: dict[str, set[str]] = {}
    for place in (
        *(Place("datasets", "hostile@v1", {"tab": tab}) for tab in (COLUMNS, ROWS)),
        Place("import", str(path)),
        Place("models", "flight-late"),
        Place("models", "flight-late@v1"),
        Place("run", run),
    ):
        window.shell.go(place)
        QApplication.processEvents()
        shows_as_it_is(window)
        page = window.shell.page
        assert page
        seen[f"{place}"] = {text for text in words_of(page) if "<" in text}
    assert all(seen.values()), seen


def words_of(page: QWidget) -> Iterator[str]:
    for label in page.findChildren(QLabel):
        yield label.text()
    for view in page.findChildren(QAbstractItemView):
        model = view.model()
        for row in range(min(model.rowCount(), 12) if model else 0):
            for column in range(1 if isinstance(view, QListView) else model.columnCount()):
                yield str(model.index(row, column).data() or "")
