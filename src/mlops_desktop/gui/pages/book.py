"""Which pages there are: the sections of the sidebar, and how each page is made."""

from __future__ import annotations

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.pages.page import Page
from mlops_desktop.gui.widgets.sidebar import Entry

SECTIONS = (
    Entry("home", "Home", "house", "Ctrl+1"),
    Entry("experiments", "Experiments", "flask-conical", "Ctrl+3"),
)

PAGES = ("home", "experiments")
"""Every page that `make_page` makes; nothing leads to a page that is not here."""


def make_page(name: str, context: Context) -> Page:
    """The page of that name; its module is loaded when it is first asked for."""
    match name:
        case "home":
            from mlops_desktop.gui.pages.home import HomePage

            return HomePage(context)
        case "experiments":
            from mlops_desktop.gui.pages.experiments import ExperimentsPage

            return ExperimentsPage(context)
    raise ValueError(f"there is no page {name}")
