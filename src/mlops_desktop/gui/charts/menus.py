"""A chart's menu: which series are shown, the values as a table, copying and saving."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QSize
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtWidgets import QFileDialog, QMenu

from mlops_desktop.gui.charts.values import Table
from mlops_desktop.gui.widgets.text import plain_caption

if TYPE_CHECKING:
    from mlops_desktop.gui.charts.chart import Chart

EXPORT = QSize(960, 600)
RATIO = 2
KINDS = ("png", "svg", "csv")


def chart_menu(chart: Chart) -> QMenu:
    menu = QMenu(chart)
    menu.setAccessibleName("Chart")
    names = chart.names()
    if len(names) > 1:
        for name in names:
            entry = menu.addAction(plain_caption(name))
            entry.setCheckable(True)
            entry.setChecked(name not in chart.hidden)
            entry.triggered.connect(lambda _=False, chosen=name: chart.toggle(chosen))
        menu.addSeparator()
    menu.addAction("Show as table").triggered.connect(lambda: show_table(chart))
    menu.addAction("Copy data").triggered.connect(lambda: copy_data(chart))
    if chart.can_save:
        for kind in KINDS:
            action = menu.addAction(f"Save as {kind.upper()}…")
            action.triggered.connect(lambda _=False, chosen=kind: ask_for_file(chart, chosen))
    return menu


def copy_data(chart: Chart) -> None:
    """The values into the clipboard, as cells between tabs."""
    table = chart.table()
    QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in (table.heads, *table.rows)))


def show_table(chart: Chart) -> None:
    from mlops_desktop.gui.charts.table import TableDialog

    TableDialog(chart.theme, chart.title, chart.summary, chart.table(), chart.window()).open()


def ask_for_file(chart: Chart, kind: str) -> None:
    """Asks where to save; the content follows by `file_made`."""
    name = "".join(sign if sign.isalnum() else "-" for sign in chart.title.lower()).strip("-") or "chart"
    dialog = QFileDialog(chart.window(), f"Save chart as {kind.upper()}", f"{name}.{kind}")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(f"{kind.upper()} (*.{kind})")
    dialog.setDefaultSuffix(kind)
    dialog.fileSelected.connect(lambda path: chart.file_made.emit(path, content(chart, kind)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def content(chart: Chart, kind: str) -> bytes:
    """The chart as the bytes of a PNG, SVG or CSV file."""
    if kind == "csv":
        return csv_text(chart.table()).encode("utf-8")
    size = chart.size().expandedTo(EXPORT) if chart.width() > chart.height() else EXPORT
    return _png(chart, size) if kind == "png" else _svg(chart, size)


def csv_text(table: Table) -> str:
    """Numbers with a plain minus, as programs read them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.heads)
    writer.writerows([_plain(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def _plain(cell: str) -> str:
    number = cell.replace("−", "-").replace(",", "")
    try:
        float(number)
    except ValueError:
        return cell
    return number


def _png(chart: Chart, size: QSize) -> bytes:
    image = QImage(size * RATIO, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(RATIO)
    painter = QPainter(image)
    chart.render_to(painter, size, title=chart.title)
    painter.end()
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(held.data())


def _svg(chart: Chart, size: QSize) -> bytes:
    from PySide6.QtSvg import QSvgGenerator

    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    drawing = QSvgGenerator()
    drawing.setOutputDevice(buffer)
    drawing.setSize(size)
    drawing.setViewBox(QRect(0, 0, size.width(), size.height()))
    drawing.setTitle(chart.title)
    drawing.setDescription(chart.summary)
    painter = QPainter(drawing)
    chart.render_to(painter, size, title=chart.title)
    painter.end()
    return bytes(held.data())
