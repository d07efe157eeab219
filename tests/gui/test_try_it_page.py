"""Try it as a person uses it, against a server that really answers: form, JSON, rows, refusals, and the code."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from tests import needs
from tests.fakes.played_host import PlayedEndpoints
from tests.gui.conftest import MakeWindow
from tests.gui.hands import click, click_cell, press, write
from tests.gui.live_endpoint import NAME, LiveEndpoint, live_endpoint
from tests.real_workspace import real_workspace

from mlops_desktop.domain.errors import BusyRegistryError
from mlops_desktop.gui.dialogs.token import TokenDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.try_answer import ERROR, MANY, NOTHING, ONE, STOPPED
from mlops_desktop.gui.pages.try_it import TryItPage
from mlops_desktop.gui.readings.snippets import TOKEN
from mlops_desktop.gui.widgets.controls import LineEntry
from mlops_desktop.gui.widgets.value_entry import ValueEntry
from mlops_desktop.services.workspace import Workspace

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
SECONDS = 60
HOSTILE = 'O\'Hare "ü" $(id) `x` \\ %PATH%'
"""A text that each language has to quote."""


@pytest.fixture(scope="module")
def live() -> Iterator[LiveEndpoint]:
    with live_endpoint("flight-late@v2") as made:
        yield made


@pytest.fixture
def _state(live: LiveEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_STATE_FOLDER", str(live.state))


@pytest.fixture
def workspace_of_window(live: LiveEndpoint, _state: None) -> Workspace:
    """The window closes it."""
    return live.open()


@pytest.fixture
def page(make_window: MakeWindow, workspace_of_window: Workspace) -> TryItPage:
    return opened(make_window, workspace_of_window)


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Workspace]:
    with real_workspace(tmp_path / "workspace") as workspace:
        yield workspace


def opened(make_window: MakeWindow, workspace: Workspace, size: tuple[int, int] = (1440, 900)) -> TryItPage:
    window = make_window(None, open_folder=lambda folder: workspace, size=size)
    window.shell.begin(workspace.folder)
    window.shell.open(workspace.folder)
    window.shell.go(Place("try-it", NAME))
    QApplication.processEvents()
    found = window.shell.page
    assert isinstance(found, TryItPage)
    return found


def window_of(page: TryItPage) -> MainWindow:
    window = page.window()
    assert isinstance(window, MainWindow)
    return window


def entry(page: TryItPage, column: str) -> LineEntry | ValueEntry:
    control = page.request.fields[column].control
    assert isinstance(control, LineEntry | ValueEntry)
    return control


def retype(page: TryItPage, column: str, text: str) -> None:
    control = entry(page, column)
    control.setFocus()
    line = control if isinstance(control, LineEntry) else control.lineEdit()
    assert line is not None
    line.selectAll()
    if text and text.isascii():
        write(line, text)
    elif text:
        paste(line, text)
    else:
        press(line, Qt.Key.Key_Delete)


def paste(widget: QWidget, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    press(widget, Qt.Key.Key_V, CONTROL)


def shown(page: TryItPage) -> dict[str, str]:
    return {column: entry(page, column).text() for column in page.request.fields}


def face(page: TryItPage) -> int:
    return next(place for place, each in enumerate(page.answer._faces) if each.isVisible())


def to_json(page: TryItPage) -> None:
    click(page.request.mode.buttons[1])


def to_form(page: TryItPage) -> None:
    click(page.request.mode.buttons[0])


def rewrite(page: TryItPage, rows: list[dict[str, Any]]) -> None:
    """Types the whole request anew as JSON."""
    press(page.request.text, Qt.Key.Key_A, CONTROL)
    paste(page.request.text, json.dumps({"rows": rows}))


def code(page: TryItPage, tab: str) -> str:
    """Shows the tab by click and takes its code with the copy button."""
    tabs = page.code.tabs
    place = next(place for place in range(tabs.count()) if tabs.tabText(place) == tab)
    click(tabs, tabs.tabRect(place).center())
    click(page.code.copy)
    assert page.code.text.toPlainText() == QGuiApplication.clipboard().text()
    return QGuiApplication.clipboard().text()


def cells(page: TryItPage) -> list[list[str]]:
    """The list of requests: by, rows, answer."""
    model = page.history.cells
    return [[model.cell(row, column).text for column in (1, 2, 3)] for row in range(model.rowCount())]


# --- the form ---------------------------------------------------------------------------------------------------------


def test_it_begins_with_a_real_row_and_says_what_will_happen(page: TryItPage, workspace_of_window: Workspace) -> None:
    example = workspace_of_window.models.example_rows("flight-late@v2")[0]
    assert page.request.rows == [dict(example)]
    assert shown(page)["carrier"] == example["carrier"]
    assert page.request.note.text() == f"{len(example)} of {len(example)} valid"
    assert page.header.sentence.startswith("flight-late v2 answers. Sent through the real endpoint")
    assert face(page) == NOTHING
    assert not page.history_card.isVisible()
    assert page.request.fields["month"].control.accessibleDescription() == "1 to 10"
    assert page.path()[1] == (NAME, Place("deployments", NAME))


def test_a_click_sends_it_and_the_answer_is_the_endpoints_own(page: TryItPage, workspace_of_window: Workspace) -> None:
    click(page.send)
    answer = workspace_of_window.deployments.predict(NAME, page.request.rows)
    (said,) = answer["predictions"]
    assert face(page) == ONE
    assert page.answer.status.accessibleName() == "200 OK"
    assert page.answer.figure.text() == said["prediction"]
    assert {one.label: one.share for one in page.answer.bars.chances} == said["probabilities"]
    assert page.answer._one.accessibleName().startswith(f"v2 predicts {said['prediction']}, probability 0.")
    assert "from 0.50 on it says true" in page.answer._threshold.text()
    assert json.loads(page.response.toPlainText()) == answer
    click(page.copy_response)
    assert json.loads(QGuiApplication.clipboard().text()) == answer
    assert cells(page) == [["v2", "1", said["prediction"]]]


def test_everything_by_keyboard_alone(page: TryItPage) -> None:
    window = window_of(page)
    reached: list[QWidget | None] = []
    for _ in range(6):
        press(window, Qt.Key.Key_F6)
        reached.append(window.focusWidget())
    assert {page.send, entry(page, "month"), page.code.tabs} <= set(reached)
    entry(page, "month").setFocus()
    for column in list(page.request.fields)[1:]:
        press(window.focusWidget() or window, Qt.Key.Key_Tab)
        assert window.focusWidget() is entry(page, column), column
    retype(page, "hour", "22")
    press(entry(page, "hour"), Qt.Key.Key_Return, CONTROL)
    assert page.sent[-1].rows[0]["hour"] == 22
    assert face(page) == ONE
    page.request.mode.buttons[0].setFocus()
    press(page.request.mode.buttons[0], Qt.Key.Key_Right)
    assert page.request.is_json
    page.code.tabs.setFocus()
    press(page.code.tabs, Qt.Key.Key_Right)
    assert page.code.code.startswith("import json")
    page.request.text.setFocus()
    press(page.request.text, Qt.Key.Key_Return, CONTROL)
    assert len(page.sent) == 2
    page.history.setFocus()
    press(page.history, Qt.Key.Key_Return)
    assert page.answer.sent is page.sent[-1]


def test_values_are_typed_chosen_and_left_empty(page: TryItPage) -> None:
    retype(page, "distance", "−733")
    retype(page, "dest", "")
    carrier = entry(page, "carrier")
    carrier.setFocus()
    press(carrier, Qt.Key.Key_Down)
    (row,) = page.request.rows
    assert row["distance"] == -733
    assert row["dest"] is None
    assert row["carrier"] == carrier.text()
    click(page.send)
    assert face(page) == ONE
    assert page.sent[-1].rows == (row,)


def test_a_value_that_cannot_be_sent_gets_the_focus_in_whichever_row(page: TryItPage) -> None:
    click(page.request.add)
    retype(page, "distance", "far")
    retype(page, "time_hour", "noon")
    assert page.request.fields["distance"].error == "a whole number, or empty for null"
    assert page.request.note.text() == "2 fields need attention: distance, time_hour"
    page.request.which.setFocus()
    press(page.request.which, Qt.Key.Key_Up)
    assert not page.request.fields["distance"].error
    click(page.send)
    assert page.sent == []
    assert page.request.which.value == 1
    assert window_of(page).focusWidget() is entry(page, "distance")
    retype(page, "distance", "1e400")
    assert page.request.fields["distance"].error
    retype(page, "distance", "1400")
    retype(page, "time_hour", "2013-05-31T17:00")
    click(page.send)
    assert [len(sent.rows) for sent in page.sent] == [2]
    assert face(page) == MANY


def test_rows_are_added_filled_anew_and_removed(page: TryItPage, workspace_of_window: Workspace) -> None:
    examples = [dict(row) for row in workspace_of_window.models.example_rows("flight-late@v2")]
    assert not page.request.remove.isEnabled()
    click(page.request.another)
    assert page.request.rows == [examples[1]]
    for _ in range(2):
        click(page.request.add)
    assert page.request.rows == examples[1:4]
    assert page.request.which.currentText() == "Row 3 of 3"
    assert page.request.note.text().endswith("valid in each of 3 rows")
    click(page.send)
    answers = workspace_of_window.deployments.predict(NAME, examples[1:4])["predictions"]
    model = page.answer.table.cells
    assert [model.cell(row, 1).text for row in range(3)] == [one["prediction"] for one in answers]
    assert page.answer._summary.text() == "v2 answered 3 rows"
    assert cells(page) == [["v2", "3", "3 answers"]]
    click(page.request.remove)
    assert page.request.rows == examples[1:3]
    assert page.request.which.currentText() == "Row 2 of 2"
    click(page.request.remove)
    assert shown(page)["dest"] == examples[1]["dest"]
    assert not page.request.remove.isEnabled()


# --- JSON -------------------------------------------------------------------------------------------------------------


def test_json_and_form_are_the_same_request(page: TryItPage) -> None:
    (row,) = page.request.rows
    to_json(page)
    assert json.loads(page.request.text.toPlainText()) == {"rows": [row]}
    rewrite(page, [{**row, "dest": HOSTILE}, {**row, "month": "7"}])
    assert page.request.which.currentText() == "Row 1 of 2"
    to_form(page)
    assert shown(page)["dest"] == HOSTILE
    assert page.request.rows[1]["month"] == 7
    click(page.send)
    assert face(page) == MANY


def test_what_is_no_json_says_where_and_is_never_written_over(page: TryItPage) -> None:
    to_json(page)
    rewrite(page, [{}])
    press(page.request.text, Qt.Key.Key_Backspace)
    typed = page.request.text.toPlainText()
    assert page.request.note.text().startswith("Not JSON. Line 1, column")
    click(page.send)
    assert page.sent == []
    to_form(page)
    assert page.request.is_json
    for button in (page.request.add, page.request.another):
        click(button)
        assert page.request.text.toPlainText() == typed
        assert window_of(page).focusWidget() is page.request.text
    write(page.request.text, "}")
    assert not page.request.body_fault


@pytest.mark.parametrize(
    ("change", "sentence", "marked"),
    [
        ({"distance": "far"}, "distance", "distance"),
        ({"colour": "red"}, "colour", ""),
        ({"carrier": 7}, "carrier", "carrier"),
    ],
)
def test_what_the_endpoint_refuses_is_said_in_its_words(
    page: TryItPage, change: dict[str, object], sentence: str, marked: str
) -> None:
    (row,) = page.request.rows
    to_json(page)
    rewrite(page, [{**row, **change}])
    press(page.request.text, Qt.Key.Key_Return, CONTROL)
    assert face(page) == ERROR
    assert page.answer.status.accessibleName() == "422 Refused"
    assert sentence in page.answer.error.accessibleName()
    said = json.loads(page.response.toPlainText())["error"]
    assert sentence in said["message"]
    assert cells(page) == [["—", "1", "422 Refused"]]
    assert not page.answer.token.isVisible()
    if marked:
        assert said["field"] == marked
        assert page.request.fields[marked].error


def test_a_column_that_the_model_does_not_know_is_said_before_it_is_sent(page: TryItPage) -> None:
    (row,) = page.request.rows
    to_json(page)
    rewrite(page, [{**row, "colour": "red"}])
    assert page.request.note.text() == "The model does not know: colour"


def test_a_wrong_token_offers_a_new_one(
    page: TryItPage, workspace_of_window: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace_of_window._parts.secrets, "get", lambda name: "wrong")
    click(page.send)
    assert page.answer.status.accessibleName() == "401 Token refused"
    click(page.answer.token)
    dialog = next(child for child in page.window().findChildren(TokenDialog) if child.isVisible())
    assert dialog.focusWidget() is dialog.keep
    press(dialog, Qt.Key.Key_Escape)


# --- the list of requests ---------------------------------------------------------------------------------------------


def test_a_click_in_the_list_brings_request_and_answer_back(page: TryItPage) -> None:
    click(page.send)
    first = page.sent[0]
    click(page.request.another)
    click(page.send)
    retype(page, "hour", "")
    assert [row[2] for row in cells(page)] == [sent.predictions[0].label for sent in reversed(page.sent)]
    click_cell(page.history, 1, 3)
    assert page.request.rows == [dict(row) for row in first.rows]
    assert shown(page)["hour"] == str(first.rows[0]["hour"])
    assert page.answer.sent is first
    assert json.loads(page.response.toPlainText()) == first.answer
    click(page.send)
    assert page.sent[-1].answer == first.answer


def test_an_answer_is_dimmed_while_the_request_is_another_one(page: TryItPage) -> None:
    retype(page, "hour", "21")
    assert not page.answer.is_stale  # nothing was answered yet
    click(page.send)
    answer, response = page.answer, page.response
    assert (answer.is_stale, answer.sub.text()) == (False, "")
    retype(page, "hour", "22")
    assert (answer.is_stale, answer.sub.text()) == (True, "for the values before")
    assert answer._one.graphicsEffect() is not None
    assert response.graphicsEffect() is not None
    page.refresh()
    assert answer.is_stale
    retype(page, "hour", "21")
    assert (answer.is_stale, answer.sub.text()) == (False, "")
    assert answer._one.graphicsEffect() is None
    assert response.graphicsEffect() is None
    click(page.request.another)
    assert answer.is_stale
    click(page.send)
    assert not answer.is_stale
    click(page.request.mode.buttons[1])
    page.request.text.setFocus()
    press(page.request.text, Qt.Key.Key_End, CONTROL)
    write(page.request.text, ",")
    assert answer.is_stale
    press(page.request.text, Qt.Key.Key_Backspace)
    assert not answer.is_stale


def test_what_was_refused_for_a_value_is_dimmed_when_that_is_changed(page: TryItPage) -> None:
    click(page.send)
    click(page.request.mode.buttons[1])
    page.request.text.setPlainText('{"rows": [{"month": 7}]}')
    click(page.send)
    assert face(page) == ERROR
    assert not page.answer.is_stale
    page.request.text.setPlainText('{"rows": [{"month": 8}]}')
    assert page.answer.is_stale


def test_another_endpoint_begins_anew_and_the_same_one_stands_as_it_was_left(page: TryItPage) -> None:
    click(page.send)
    window_of(page).shell.go(Place("deployments", NAME))
    window_of(page).shell.go(Place("try-it", NAME))
    assert len(page.sent) == 1
    assert face(page) == ONE
    late = page.sent[0]
    page.go(Place("try-it", "another"))
    assert page.sent == []
    assert not page.history_card.isVisible()
    page._on_answered("another", late)
    assert page.sent == []


# --- the code ---------------------------------------------------------------------------------------------------------


def run(live: LiveEndpoint, words: list[str], *, with_token: bool = True) -> str:
    """As a person would who pasted it: in the workspace's folder, with the token in its variable."""
    environment = {**live.environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    if with_token:
        environment[TOKEN] = live.token
    done = subprocess.run(
        words, capture_output=True, text=True, encoding="utf-8", cwd=live.folder, env=environment, timeout=SECONDS,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def need(program: str) -> str:
    return str(needs.tool(program, {"node": "nodejs"}.get(program, program)))


@pytest.fixture
def answered(page: TryItPage) -> TryItPage:
    """Two rows were answered, with a text in them that has to be quoted and a value that is missing."""
    retype(page, "dest", HOSTILE)
    click(page.request.add)
    retype(page, "hour", "")
    click(page.send)
    assert face(page) == MANY
    return page


def test_curl_gets_the_same_answer(answered: TryItPage, live: LiveEndpoint) -> None:
    need("curl")
    text = code(answered, "curl")
    assert live.token not in text
    assert json.loads(run(live, [need("bash"), "-c", text])) == answered.sent[-1].answer


def test_python_gets_the_same_answer(answered: TryItPage, live: LiveEndpoint, tmp_path: Path) -> None:
    script = tmp_path / "ask.py"
    script.write_text(code(answered, "Python"), encoding="utf-8")
    assert ast.literal_eval(run(live, [sys.executable, str(script)])) == answered.sent[-1].answer


def test_javascript_gets_the_same_answer(answered: TryItPage, live: LiveEndpoint, tmp_path: Path) -> None:
    node = need("node")
    script = tmp_path / "ask.mjs"
    text = code(answered, "JavaScript")
    assert "console.log(await response.json());" in text
    # Node prints objects its own way and shortens deep ones; what was received is asked for as JSON.
    script.write_text(text.replace("await response.json()", "JSON.stringify(await response.json())"), encoding="utf-8")
    assert json.loads(run(live, [node, str(script)])) == answered.sent[-1].answer


def test_the_command_line_gets_the_same_answer_with_the_kept_token(answered: TryItPage, live: LiveEndpoint) -> None:
    first, *lines = run(live, [need("bash"), "-c", code(answered, "CLI")], with_token=False).splitlines()
    sent = answered.sent[-1]
    assert first == f"{sent.reference}:"
    assert lines == [
        f"  {one['prediction']}  " + ", ".join(f"{label} {share:.4f}" for label, share in one["probabilities"].items())
        for one in sent.answer["predictions"]
    ]


def test_the_code_follows_what_is_typed(page: TryItPage) -> None:
    retype(page, "distance", "4321")
    for tab in ("curl", "Python", "JavaScript", "CLI"):
        assert "4321" in code(page, tab)
    to_json(page)
    rewrite(page, [{"distance": 9876}])
    assert "9876" in code(page, "Python")


# --- where nothing answers --------------------------------------------------------------------------------------------


def test_a_stopped_endpoint_is_no_error_and_is_started_from_here(make_window: MakeWindow, real: Workspace) -> None:
    played = PlayedEndpoints(real)
    played.deploy("flight-late@v2")
    played.do(lambda service: service.stop(NAME))
    page = opened(make_window, real)
    assert page.header.sentence == "Stopped; flight-late v2 answered last."
    assert face(page) == STOPPED
    retype(page, "distance", "4321")
    click(page.send)
    assert face(page) == STOPPED
    assert cells(page) == [["—", "1", "No answer"]]
    click(page.answer.start)
    assert page.answer.status.accessibleName() == "Starting"
    assert not page.answer.start.isVisible()
    played.roll_out()
    press(page.window(), Qt.Key.Key_F5)
    assert entry(page, "distance").text() == "4321"
    click(page.send)
    assert face(page) == ONE
    assert page.answer._chip.isVisible()


def test_another_version_behind_it_keeps_what_is_typed(make_window: MakeWindow, real: Workspace) -> None:
    played = PlayedEndpoints(real)
    played.deploy("flight-late@v2")
    page = opened(make_window, real)
    retype(page, "distance", "4321")
    click(page.send)
    played.deploy("flight-late@v3")
    press(page.window(), Qt.Key.Key_F5)
    assert page.header.sentence.startswith("flight-late v3 answers.")
    assert entry(page, "distance").text() == "4321"
    click(page.send)
    assert [row[0] for row in cells(page)] == ["v3", "v2"]


def test_without_an_endpoint_it_says_what_one_is_for(make_window: MakeWindow, real: Workspace) -> None:
    page = opened(make_window, real)
    assert page.header.sentence == "Nothing is deployed"
    assert not page.send.isVisible()
    assert page.commands() == []
    assert page.panes() == []


def test_a_registry_that_cannot_be_read_is_said_in_words(make_window: MakeWindow, real: Workspace) -> None:
    def fail() -> None:
        raise BusyRegistryError("Another process holds the registry.", hint="Try again.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(real.deployments, "list", fail)
        page = opened(make_window, real)
        assert page.error.isVisible()
        assert page.header.sentence == "The endpoint could not be read."
    click(page.error.retry)
    assert page.header.sentence == "Nothing is deployed"


def test_a_narrow_window_puts_the_code_below_and_cuts_nothing(
    make_window: MakeWindow, workspace_of_window: Workspace
) -> None:
    page = opened(make_window, workspace_of_window, (1100, 700))
    click(page.send)
    QApplication.processEvents()
    assert page.code.mapTo(page, page.code.rect().topLeft()).y() > page.answer.geometry().bottom()
    for area in (page._scroll, page.request.form):
        content = area.widget()
        assert content is not None
        assert content.width() <= area.viewport().width()
