"""Which pages there are: the sections of the sidebar, and how each page is made."""

from __future__ import annotations

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

PAGES = (
    "home",
    "datasets",
    "import",
    "experiments",
    "new-run",
    "models",
    "model-version",
    "run",
    "settings",
    "deployments",
    "try-it",
)
"""Every page that `make_page` makes; nothing leads to a page that is not here."""


def make_page(name: str, context: Context) -> Page:
    """The page of that name; its module is loaded when it is first asked for."""
    match name:
        case "home":
            from mlops_desktop.gui.pages.home import HomePage

            return HomePage(context)
        case "datasets":
            from mlops_desktop.gui.pages.datasets import DatasetsPage

            return DatasetsPage(context)
        case "experiments":
            from mlops_desktop.gui.pages.experiments import ExperimentsPage

            return ExperimentsPage(context)
        case "models":
            from mlops_desktop.gui.pages.models import ModelsPage

            return ModelsPage(context)
        case "model-version":
            from mlops_desktop.gui.pages.model_version import ModelVersionPage

            return ModelVersionPage(context)
        case "run":
            from mlops_desktop.gui.pages.run import RunPage

            return RunPage(context)
        case "deployments":
            from mlops_desktop.gui.pages.deployments import DeploymentsPage

            return DeploymentsPage(context)
        case "try-it":
            from mlops_desktop.gui.pages.try_it import TryItPage

            return TryItPage(context)
        case "new-run":
            from mlops_desktop.gui.pages.new_run import NewRunPage

            return NewRunPage(context)
        case "import":
            from mlops_desktop.gui.pages.import_preview import ImportPage

            return ImportPage(context)
        case "settings":
            from mlops_desktop.gui.pages.settings import SettingsPage

            return SettingsPage(context)
    raise ValueError(f"there is no page {name}")
