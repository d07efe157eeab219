"""Pictures of the import preview: read, odd, refused, under way, and files dropped on the window."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QApplication
from tests.odd_files import next_month, odd_flights, unclosed_quote

from mlops_desktop.domain.datasets import ColumnType
from mlops_desktop.domain.jobs import JobStatus
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.importing import judge
from mlops_desktop.gui.pages.import_preview import ImportPage
from mlops_desktop.gui.shell import Shell
from mlops_desktop.resources import resource
from mlops_desktop.services.workspace import Workspace


def page_of(shell: Shell, path: Path | None) -> ImportPage:
    shell.go(Place("import", str(path) if path else ""))
    page = shell.page
    assert isinstance(page, ImportPage)
    settle()
    return page


def folder_of(workspace: Workspace) -> Path:
    return Path(tempfile.mkdtemp(dir=workspace.folder.parent))


def derive(page: ImportPage, text: str) -> None:
    page.content.derived.rows[-1].show_text(text)
    page.content.derived.flush()
    settle()


def settle() -> None:
    """Lets layouts within layouts find their sizes."""
    for _ in range(5):
        QApplication.processEvents()


def import_flights(shell: Shell, workspace: Workspace) -> None:
    """The full sample, as a new dataset: no recipe knows its name."""
    path = folder_of(workspace) / "flights-2013.csv.zip"
    path.symlink_to(resource("samples", "flights.csv.zip"))
    derive(page_of(shell, path), "late = arr_delay > 15")


def import_odd(shell: Shell, workspace: Workspace) -> None:
    page = page_of(shell, odd_flights(folder_of(workspace)))
    derive(page, "late = arr_delay > 15")


def import_decided(shell: Shell, workspace: Workspace) -> None:
    page = page_of(shell, odd_flights(folder_of(workspace)))
    page.content.findings.radios[1].click()
    derive(page, "late = arr_delay > 15")
    page.content.derived.add.click()
    derive(page, "night = hour < 6 or hour > 21")


def import_types(shell: Shell, workspace: Workspace) -> None:
    page = page_of(shell, odd_flights(folder_of(workspace)))
    page.content.preview.open_menu_of("flight")


def import_by_recipe(shell: Shell, workspace: Workspace) -> None:
    page_of(shell, next_month(folder_of(workspace)))


def import_recipe_refused(shell: Shell, workspace: Workspace) -> None:
    page_of(shell, odd_flights(folder_of(workspace), "flights.csv"))


def import_quote(shell: Shell, workspace: Workspace) -> None:
    page_of(shell, unclosed_quote(folder_of(workspace)))


def import_no_table(shell: Shell, workspace: Workspace) -> None:
    path = folder_of(workspace) / "sales.csv"
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    page_of(shell, path)


def import_nothing(shell: Shell, workspace: Workspace) -> None:
    page_of(shell, None)


def import_loading(shell: Shell, workspace: Workspace) -> None:
    page = page_of(shell, None)
    page.file = Path("flights.csv")
    page.header.show_title(page.title)
    page._show(page.skeleton, "Reading the file…")


def import_running(shell: Shell, workspace: Workspace) -> None:
    page = page_of(shell, next_month(folder_of(workspace)))
    job = dataclasses.replace(
        workspace.jobs.list()[0],
        title="Import flights.csv into flights",
        status=JobStatus.RUNNING,
        progress=0.63,
        note="Describing sched_arr_time",
        cancel_requested_at=None,
    )
    page._show(page.progress, job.title)
    page.progress.show_job(job)


def import_attention(shell: Shell, workspace: Workspace) -> None:
    page = page_of(shell, odd_flights(folder_of(workspace)))
    page.content.goes_to.name_entry.setText("flights")
    page.content.goes_to.new.setChecked(True)
    derive(page, "late = arr_dely > 15")
    page.import_and_set_up()
    settle()


def import_left_out(shell: Shell, workspace: Workspace) -> None:
    page = page_of(shell, odd_flights(folder_of(workspace)))
    page._on_type("year", None)
    page._on_type("arr_delay", ColumnType.INTEGER)
    page.content.findings.radios[2].click()
    settle()


def dropped(shell: Shell, workspace: Workspace) -> None:
    shell.drops.overlay.show_verdict(judge([QUrl.fromLocalFile("/home/ada/flights.csv")]))


def dropped_several(shell: Shell, workspace: Workspace) -> None:
    names = ("flights.csv", "weather.csv")
    shell.drops.overlay.show_verdict(judge([QUrl.fromLocalFile(f"/home/ada/{name}") for name in names]))


SCENES = {
    "import-flights": import_flights,
    "import-odd": import_odd,
    "import-decided": import_decided,
    "import-types": import_types,
    "import-by-recipe": import_by_recipe,
    "import-recipe-refused": import_recipe_refused,
    "import-quote": import_quote,
    "import-no-table": import_no_table,
    "import-nothing": import_nothing,
    "import-loading": import_loading,
    "import-running": import_running,
    "import-attention": import_attention,
    "import-left-out": import_left_out,
    "dropped": dropped,
    "dropped-several": dropped_several,
}
