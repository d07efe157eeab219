"""Charts under mouse and keyboard: read-out, legend, zoom, menu, table, files; and what they say of themselves."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import FakeWorkspace
from tests.gui.hands import click, kept, press

from mlops_desktop.gui.charts.bars import BarChart
from mlops_desktop.gui.charts.bins import BinsChart
from mlops_desktop.gui.charts.card import ChartCard
from mlops_desktop.gui.charts.chart import Chart
from mlops_desktop.gui.charts.folds import FoldChart
from mlops_desktop.gui.charts.lines import LineChart
from mlops_desktop.gui.charts.matrix import MatrixChart
from mlops_desktop.gui.charts.menus import content
from mlops_desktop.gui.charts.scales import Scale, span, tick_words, ticks
from mlops_desktop.gui.charts.table import TableDialog
from mlops_desktop.gui.charts.values import Axis, Bar, Bins, Limit, Lines, Matrix, Series, short_number, thinned
from mlops_desktop.gui.theme.theme import Theme

XS = tuple(map(float, range(11)))
Show = Callable[[Chart], None]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def shown(chart: Chart) -> None:
        qtbot.addWidget(chart)
        chart.resize(420, 300)
        chart.show()
        QApplication.processEvents()

    return shown


@pytest.fixture
def lines(theme: Theme, show: Show) -> LineChart:
    chart = LineChart(theme, "Loss")
    chart.show_lines(
        Lines(
            (
                Series("train", XS, tuple(1 - x / 20 for x in XS), 1),
                Series("validation", XS[:6], tuple(1 - x / 40 for x in XS[:6]), 0, notes=("",) * 5 + ("last",)),
            ),
            Axis("Iteration"),
            limits=(Limit(0.7, "goal", low=0.65, high=0.75), Limit(4, "best", vertical=True)),
        ),
        "Loss falls from 1 to 0.5.",
    )
    show(chart)
    return chart


def at(chart: LineChart, x: float) -> QPoint:
    frame = chart._frame  # noqa: SLF001 - where the person would point
    assert frame is not None
    return QPoint(round(frame.across.pixel(x)), round(frame.plot.center().y()))


def wheel(chart: LineChart, where: QPoint, turned: int) -> None:
    event = QWheelEvent(
        QPointF(where), QPointF(chart.mapToGlobal(where)), QPoint(), QPoint(0, turned), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(chart, event)


def spot(chart: Chart, name: str) -> QPoint:
    """Where a name of the legend stands."""
    assert chart.legend is not None
    places = ((x, y) for y in range(2, 60, 2) for x in range(2, chart.width(), 2))
    return next(QPoint(x, y) for x, y in places if chart.legend.name_at(QPointF(x, y)) == name)


def test_the_pointer_reads_every_series_out(lines: LineChart) -> None:
    QTest.mouseMove(lines, at(lines, 3.2))
    assert lines.read_out(lines.stop).sentence == "Iteration 3, train 0.85, validation 0.925"
    assert lines.accessibleDescription() == "Iteration 3, train 0.85, validation 0.925"
    QTest.mouseMove(lines, at(lines, 8))
    assert "validation" not in lines.read_out(lines.stop).sentence, "it is not known there"


def test_arrow_keys_read_out_and_esc_ends_it(lines: LineChart) -> None:
    lines.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Left):
        press(lines, key)
    assert lines.read_out(lines.stop).title == "Iteration 9"
    press(lines, Qt.Key.Key_Home)
    press(lines, Qt.Key.Key_PageDown)
    assert lines.stop == 10
    press(lines, Qt.Key.Key_Escape)
    assert lines.stop == -1
    assert lines.accessibleDescription() == ""


def test_a_note_stands_behind_its_value(lines: LineChart) -> None:
    lines.point_at(5)
    assert "validation 0.875  last" in lines.read_out(5).sentence


def test_a_click_in_the_legend_hides_and_a_double_click_isolates(lines: LineChart) -> None:
    where = spot(lines, "train")
    click(lines, where)
    assert lines.hidden == {"train"}
    assert lines.stops() == 6, "only where the other is known"
    click(lines, where)
    assert not lines.hidden
    lines.isolate("validation")
    assert lines.hidden == {"train"}
    lines.toggle("validation")
    assert lines.hidden == {"train"}, "the last one stays"
    lines.isolate("validation")
    assert not lines.hidden


def test_a_double_click_on_a_name_isolates(lines: LineChart) -> None:
    where = spot(lines, "validation")
    QTest.mouseDClick(lines, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
    assert lines.hidden == {"train"}


def test_wheel_keys_and_drag_zoom_and_a_double_click_resets(lines: LineChart) -> None:
    wheel(lines, at(lines, 5), 120)
    assert lines.view == pytest.approx((1.0, 9.0), abs=0.2)
    QTest.mouseDClick(lines, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at(lines, 5))
    assert lines.view is None
    start, end = at(lines, 2), at(lines, 6)
    QTest.mousePress(lines, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(lines, end)
    lines.grab()
    QTest.mouseRelease(lines, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
    lines.zoom_to((2.0, 6.0))
    assert lines.stops() == 5
    press(lines, Qt.Key.Key_Escape)
    assert lines.view is None
    press(lines, Qt.Key.Key_Plus)
    assert lines.view is not None
    press(lines, Qt.Key.Key_Minus)
    assert lines.view is None
    lines.zoom(0.5)
    press(lines, Qt.Key.Key_0)
    assert lines.view is None


def test_the_menu_copies_shows_a_table_and_hides(lines: LineChart, qtbot: QtBot) -> None:
    menu = lines.make_menu()
    entries = {action.text(): action for action in menu.actions() if action.text()}
    assert list(entries) == ["train", "validation", "Show as table", "Copy data"], "nothing to save where nobody saves"
    entries["Copy data"].trigger()
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[0].split("\t") == ["Iteration", "train", "validation"]
    assert copied[7].split("\t") == ["6", "0.7", ""]
    entries["train"].trigger()
    assert lines.hidden == {"train"}
    entries["Show as table"].trigger()
    dialog = next(top for top in QApplication.topLevelWidgets() if isinstance(top, TableDialog))
    assert dialog.table.model().rowCount() == 11
    assert dialog.windowTitle() == "Loss"
    press(dialog.table, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    QApplication.processEvents()


def test_enter_opens_the_menu(lines: LineChart) -> None:
    press(lines, Qt.Key.Key_Return)
    menu = next(child for child in lines.findChildren(QMenu) if child.isVisible())
    menu.close()
    QApplication.processEvents()


def test_files_hold_the_chart(lines: LineChart) -> None:
    svg = content(lines, "svg").decode()
    assert "<svg" in svg
    assert "Loss falls from 1 to 0.5." in svg
    assert "train" in svg
    image = QImage.fromData(content(lines, "png"))
    assert (image.width(), image.height()) == (1920, 1200)
    assert content(lines, "csv").decode().splitlines()[1] == "0,1,1"


def test_a_saved_chart_is_written_and_said(
    make_window: MakeWindow, workspace: FakeWorkspace, lines: LineChart, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    context = make_window(workspace).shell.context
    card = ChartCard(context, "Loss curve", "", lines)
    opened: list[QFileDialog] = []
    monkeypatch.setattr(QFileDialog, "open", kept(opened))
    action = next(action for action in lines.make_menu().actions() if action.text() == "Save as CSV…")
    action.trigger()
    opened[0].fileSelected.emit(str(tmp_path / "loss.csv"))
    assert (tmp_path / "loss.csv").read_text("utf-8").startswith("Iteration,train")
    failures: list[BaseException] = []
    monkeypatch.setattr(type(context.shell), "show_failure", lambda _, error: failures.append(error))
    lines.file_made.emit(str(tmp_path / "nowhere" / "loss.csv"), b"")
    assert "could not be written" in str(failures[0])
    card.deleteLater()


def test_redraws_wait_for_their_quarter_second(lines: LineChart) -> None:
    painted: list[int] = []
    body = lines.paint_body

    def paint_body(painter: QPainter) -> None:
        painted.append(1)
        body(painter)

    lines.paint_body = paint_body  # type: ignore[method-assign]
    for round_ in range(20):
        made = Lines((Series("live", XS, tuple(x + round_ for x in XS)),))
        lines.show_lines(made)
        QApplication.processEvents()
    assert len(painted) <= 2
    assert lines.lines.series[0].ys[0] == 19, "the newest values are what comes next"


def test_a_theme_change_paints_anew(lines: LineChart, theme: Theme) -> None:
    from mlops_desktop.gui.theme.theme import Look

    before = lines.grab().toImage()
    theme.choose(Look.DARK)
    dark = lines.grab().toImage()
    theme.choose(Look.LIGHT)
    assert dark != before


def test_an_empty_chart_says_so_and_is_not_pointed_at(theme: Theme, show: Show) -> None:
    chart = LineChart(theme, "Nothing yet")
    show(chart)
    assert chart.is_empty
    press(chart, Qt.Key.Key_Right)
    assert chart.stop == -1
    assert not chart.grab().isNull()


def test_folds_tell_mean_spread_and_test(theme: Theme, show: Show) -> None:
    chart = FoldChart(theme)
    chart.show_folds("roc_auc", (0.71, 0.69, 0.70), std=0.01, test=0.72)
    show(chart)
    assert chart.summary == "roc_auc over 3 folds: mean 0.7000 ± 0.0100, test 0.7200."
    assert chart.table().rows[-1] == ("Test", "", "0.7200")
    chart.point_at(3)
    assert chart.read_out(3).sentence == "Test, test 0.7200"
    chart.show_folds("roc_auc", ())
    assert chart.summary == "roc_auc: no fold is measured yet."


def test_bars_start_at_zero_or_are_points(theme: Theme, show: Show) -> None:
    chart = BarChart(theme, "Importance")
    bars = [Bar(f"column {place}", 1 - place / 10, 0.1, note="rows" if place == 0 else "") for place in range(30)]
    chart.show_bars(bars, summary="column 0 matters most.")
    show(chart)
    assert not chart.are_points
    assert chart.table().heads == ("Name", "Value", "sd")
    QTest.mouseMove(chart, QPoint(200, 20))
    assert chart.stop == 0
    assert chart.read_out(0).sentence == "column 0, value 1, sd ± 0.1, rows"
    chart.show_bars([Bar("A", 0.7, 0.01, 0.72, 0), Bar("B", 0.6, None, None, 1)], Axis("roc_auc"))
    assert chart.are_points
    assert chart.table().rows == (("A", "0.7", "0.01", "0.72"), ("B", "0.6", "", ""))
    chart.grab()


def test_a_matrix_is_walked_in_both_ways(theme: Theme, show: Show) -> None:
    chart = MatrixChart(theme, "Confusion")
    chart.show_matrix(Matrix(("on time", "late"), ((12417, 2598), (2598, 2387))), "20,000 rows.")
    show(chart)
    press(chart, Qt.Key.Key_Right)
    press(chart, Qt.Key.Key_Down)
    assert chart.read_out(chart.stop).sentence == "2,598, actual late, predicted on time, of the row 52.1 %"
    press(chart, Qt.Key.Key_Down)
    assert chart.stop == 2, "there is no row below"
    assert chart.table().rows[1] == ("late", "2,598", "2,387")
    assert content(chart, "csv").decode().splitlines()[2] == "late,2598,2387"
    QTest.mouseMove(chart, QPoint(5, 5))
    assert chart.stop == -1


def test_bins_alone_and_beside_others(theme: Theme, show: Show) -> None:
    chart = BinsChart(theme, "Residuals")
    chart.show_bins(Bins((1, 5, 2), (0.0, 1.0, 2.0, 3.0), across=Axis("minutes")), "Mostly 1 to 2.")
    show(chart)
    assert chart.read_out(1).sentence == "1 to 2, count 5  62.5 %"
    chart.show_bins(Bins((1, 3), names=("EWR", "JFK"), others=(2, 2), legend=("now", "baseline")))
    chart.grab()
    assert chart.read_out(1).sentence == "JFK, now 3  75.0 %, baseline 2  50.0 %"
    assert chart.table().rows == (("EWR", "1", "2"), ("JFK", "3", "2"))
    QTest.mouseMove(chart, QPoint(330, 150))
    assert chart.stop == 1
    chart.toggle("now")
    chart.grab()


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (0.36, 0.56, [0.4, 0.45, 0.5, 0.55]), (0, 300, [0, 100, 200, 300])],
)
def test_ticks_are_round_and_few(low: float, high: float, found: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(found)


def test_ticks_of_what_has_no_span_are_none() -> None:
    assert ticks(1, 1) == []
    assert ticks(math.nan, 1) == []


def test_ticks_share_their_decimals() -> None:
    assert tick_words([0.0, 0.25, 0.5], Axis()) == ["0.00", "0.25", "0.50"]
    assert tick_words([-50.0, 0.0, 50.0], Axis()) == ["−50", "0", "50"]
    assert tick_words([0.0, 1.0], Axis(names=("a", "b"))) == ["a", "b"]
    assert tick_words([0.5], Axis(ticks=lambda value: f"{value:.0%}")) == ["50%"]


def test_an_axis_reaches_around_its_values() -> None:
    assert span([], Axis()) == pytest.approx((-0.06, 1.06))
    assert span([5, 5], Axis(low=0)) == pytest.approx((0, 5.28))
    assert span([2, 8], Axis(from_zero=True))[0] == 0
    assert span([], Axis(names=("a", "b"))) == (-0.5, 1.5)


def test_a_scale_goes_both_ways() -> None:
    scale = Scale(0, 10, 100, 200)
    assert scale.pixel(5) == 150
    assert scale.value(150) == 5


def test_thinning_keeps_ends_and_peaks() -> None:
    xs = tuple(map(float, range(10_000)))
    ys = tuple(100.0 if x == 5_003 else math.nan if x < 50 else 0.0 for x in range(10_000))
    thin_xs, thin_ys = thinned(xs, ys, 400)
    assert len(thin_xs) <= 410
    assert max(value for value in thin_ys if not math.isnan(value)) == 100
    assert (thin_xs[0], thin_xs[-1]) == (0, 9_999)


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0"), (12.0, "12"), (0.12345, "0.1235"), (-3.5, "−3.5"), (1234.5678, "1,234.6")]
)
def test_short_numbers(value: float, words: str) -> None:
    assert short_number(value) == words
