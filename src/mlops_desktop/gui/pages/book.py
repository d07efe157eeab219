"""Which pages there are: the sections of the sidebar, and how each page is made."""

from __future__ import annotations

import importlib

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.pages.page import Page
from mlops_desktop.gui.widgets.sidebar import Entry

SECTIONS = (
    Entry("home", "Home", "house", "Ctrl+1"),
    Entry("datasets", "Datasets", "database", "Ctrl+2"),
    Entry("experiments", "Experiments", "flask-conical", "Ctrl+3"),
    Entry("models", "Models", "box", "Ctrl+4"),
    Entry("deployments", "Deployments", "rocket", "Ctrl+5"),
    Entry("settings", "Settings", "settings", "Ctrl+,"),
)

PAGES = {
    "home": ("home", "HomePage"),
    "datasets": ("datasets", "DatasetsPage"),
    "import": ("import_preview", "ImportPage"),
    "experiments": ("experiments", "ExperimentsPage"),
    "new-run": ("new_run", "NewRunPage"),
    "run": ("run", "RunPage"),
    "compare": ("compare", "ComparePage"),
    "models": ("models", "ModelsPage"),
    "model-version": ("model_version", "ModelVersionPage"),
    "deployments": ("deployments", "DeploymentsPage"),
    "try-it": ("try_it", "TryItPage"),
    "settings": ("settings", "SettingsPage"),
}
"""Every page that `make_page` makes, with its module and class; nothing leads to a page that is not here."""


def module_of(name: str) -> str:
    """The module that the page is in."""
    return f"mlops_desktop.gui.pages.{PAGES[name][0]}"


def make_page(name: str, context: Context) -> Page:
    """The page of that name; its module is loaded when it is first asked for."""
    page: Page = getattr(importlib.import_module(module_of(name)), PAGES[name][1])(context)
    return page
