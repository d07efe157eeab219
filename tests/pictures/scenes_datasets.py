"""Pictures of Datasets: rows, columns, changes, and what stands there when there is nothing or it goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QLabel

from mlops_desktop.domain.errors import BusyRegistryError, CallError
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.datasets import DatasetsPage
from mlops_desktop.gui.shell import Shell
from mlops_desktop.services.trash import Kind
from mlops_desktop.services.workspace import Workspace


def flights(shell: Shell, tab: int = 0, column: str = "") -> DatasetsPage:
    shell.go(Place("datasets", "flights", {"tab": tab, "column": column}))
    QApplication.processEvents()
    page = shell.page
    assert isinstance(page, DatasetsPage)
    return page


def datasets(shell: Shell, workspace: Workspace) -> None:
    flights(shell, column="arr_delay")


def datasets_text(shell: Shell, workspace: Workspace) -> None:
    page = flights(shell)
    page.choose("penguins")
    page.view.rows.table.choose_column("island")


def datasets_date(shell: Shell, workspace: Workspace) -> None:
    flights(shell, column="time_hour")


def datasets_columns(shell: Shell, workspace: Workspace) -> None:
    flights(shell, 1).view.columns.choose("dep_delay")


def datasets_changes(shell: Shell, workspace: Workspace) -> None:
    flights(shell, 2)


def datasets_changes_none(shell: Shell, workspace: Workspace) -> None:
    flights(shell, 2).choose("penguins")


def datasets_filtered(shell: Shell, workspace: Workspace) -> None:
    flights(shell).view.rows.set_where("origin == 'JFK' and dep_delay > 60")


def datasets_no_row(shell: Shell, workspace: Workspace) -> None:
    flights(shell).view.rows.set_where("distance > 99999")


def datasets_refused(shell: Shell, workspace: Workspace) -> None:
    page = flights(shell)
    page.view.rows.tools.where.setText("origin = 'JFK'")
    page.view.rows.set_where("origin = 'JFK'")


def datasets_no_column(shell: Shell, workspace: Workspace) -> None:
    flights(shell).view.rows.tools.search.setText("delai")


def datasets_no_match(shell: Shell, workspace: Workspace) -> None:
    flights(shell).list.search.setText("weather")


def datasets_bottom(shell: Shell, workspace: Workspace) -> None:
    page = flights(shell)
    page.view.rows.go_to_row(3000)
    bar = page.panel.scroll_area.verticalScrollBar()
    bar.setValue(bar.maximum())


def datasets_loading(shell: Shell, workspace: Workspace) -> None:
    page = flights(shell)
    rows = page.view.rows.rows
    rows._forget()
    rows.is_slow = True
    rows._changed()


def datasets_page_failed(shell: Shell, workspace: Workspace) -> None:
    page = flights(shell)

    def fail(*_: Any, **__: Any) -> None:
        raise CallError("The worker did not answer in 60 s.", hint="Try again in a moment.")

    workspace.datasets.page = fail  # type: ignore[method-assign, assignment]
    page.view.rows.rows._forget()
    page.view.rows.table.ask_for_view()


def datasets_unreadable(shell: Shell, workspace: Workspace) -> None:
    def fail() -> None:
        raise BusyRegistryError("Another process has held the registry for 30 s.", hint="Wait a moment and try again.")

    workspace.datasets.list = fail  # type: ignore[method-assign, assignment]
    shell.go_to("datasets")


def datasets_none(shell: Shell, workspace: Workspace) -> None:
    workspace.trash.put(Kind.DATASET, ["flights", "penguins"])
    shell.go_to("datasets")


def datasets_score(shell: Shell, workspace: Workspace) -> None:
    flights(shell).view.head.score.click()
    show_inside(shell)


def datasets_rename(shell: Shell, workspace: Workspace) -> None:
    page = flights(shell)
    page.acts.rename("flights", ["flights", "penguins"])
    show_inside(shell)


def show_inside(shell: Shell) -> None:
    """A picture of the window holds no other windows: the open dialog is painted over its middle."""
    window = shell.window
    QApplication.processEvents()
    dialog = next(found for found in window.findChildren(QDialog) if found.isVisible())
    picture = dialog.grab()
    label = QLabel(window)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setPixmap(picture)
    label.setAccessibleName(dialog.windowTitle())
    label.resize(dialog.size())
    label.move((window.width() - label.width()) // 2, (window.height() - label.height()) // 3)
    label.show()
    dialog.close()


SCENES: dict[str, Callable[[Shell, Workspace], None]] = {
    "datasets": datasets,
    "datasets-text": datasets_text,
    "datasets-date": datasets_date,
    "datasets-columns": datasets_columns,
    "datasets-changes": datasets_changes,
    "datasets-changes-none": datasets_changes_none,
    "datasets-filtered": datasets_filtered,
    "datasets-no-row": datasets_no_row,
    "datasets-refused": datasets_refused,
    "datasets-no-column": datasets_no_column,
    "datasets-no-match": datasets_no_match,
    "datasets-bottom": datasets_bottom,
    "datasets-loading": datasets_loading,
    "datasets-page-failed": datasets_page_failed,
    "datasets-unreadable": datasets_unreadable,
    "datasets-none": datasets_none,
    "datasets-score": datasets_score,
    "datasets-rename": datasets_rename,
}
