"""How each view of the runs stands: its filter, order and columns; views are kept and removed here."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from mlops_desktop.domain.run_filters import as_text
from mlops_desktop.domain.run_selection import SortKey
from mlops_desktop.domain.run_views import RunView
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.runs import NEWEST, RunItemModel
from mlops_desktop.gui.pages.run_actions import RunActions
from mlops_desktop.gui.pages.runs_pane import RunsPane
from mlops_desktop.gui.pages.runs_views import ALL_RUNS, RunsViews, base_of

Stand = tuple[str, tuple[SortKey, ...]]


class RunsStanding(QObject):
    """`changed` follows every other standing. A filter waits until the runs are read: its words mean something then."""

    changed = Signal()

    def __init__(
        self,
        context: Context,
        views: RunsViews,
        runs: RunsPane,
        model: RunItemModel,
        actions: RunActions,
        *,
        actor: Callable[[], str],
    ) -> None:
        super().__init__(views)
        self._context, self._views, self._runs, self._model = context, views, runs, model
        self._actions, self._actor = actions, actor
        self._stands: dict[str, Stand] = {}
        self._waiting: str | None = None
        views.chosen.connect(self._on_view)
        views.save_asked.connect(self._on_save)
        views.remove_asked.connect(self._on_remove)
        runs.stood.connect(self._on_stood)

    @property
    def how(self) -> dict[str, object]:
        """For the way back."""
        return {
            "view": self._views.current,
            "filter": self._runs.filter.text if self._waiting is None else self._waiting,
            "order": [(key.field, key.descending) for key in self._model.order],
        }

    def go(self, view: str, text: str, order: tuple[SortKey, ...]) -> None:
        if view in self._views.names:
            self._views.show_current(view)
        self._stands[self._views.current] = (text, order or NEWEST)
        self._stand(reads=True)

    def read(self) -> None:
        """The runs were read: the view holds what belongs to it now."""
        self._model.set_base(*base_of(self._views.current, self._actor()))
        if self._waiting is not None:
            text, self._waiting = self._waiting, None
            self._runs.filter.set_text(text)
        else:
            self._runs.filter.look_again()

    def _stand(self, *, reads: bool = False) -> None:
        name = self._views.current
        saved = self._views.view(name)
        usual: Stand = (saved.where, saved.sort or NEWEST) if saved else ("", NEWEST)
        text, order = self._stands.get(name, usual)
        self._runs.only_some = base_of(name, "") != base_of(ALL_RUNS, "")
        self._runs.columns.show_view(name, saved.columns if saved else ())
        self._model.set_base(*base_of(name, self._actor()))
        self._model.sort_by(*order)
        if reads and self._model.total == 0:
            self._waiting = text
        else:
            self._runs.filter.set_text(text)
        self._runs.show_rows()

    def _on_view(self, name: str) -> None:
        self._stand()
        self.changed.emit()

    def _on_stood(self) -> None:
        self._stands[self._views.current] = (self._runs.filter.text, self._model.order)
        self.changed.emit()

    def _on_save(self, anchor: QWidget) -> None:
        from mlops_desktop.gui.widgets.name_panel import NamePanel

        name = self._views.current
        is_saved = self._views.view(name) is not None
        panel = NamePanel(
            self._context.theme, anchor, title="Save view", verb="Save view",
            help="Keeps filter, order and columns in the workspace. The same name replaces.",
            name=name if is_saved else "", act=self._save,
        )  # fmt: skip
        if is_saved:
            panel.add_button("Remove view", lambda: self._on_remove(name), kind="link")
        panel.open_below(anchor)

    def _save(self, name: str) -> None:
        where = as_text(self._model.filter, self._model.runs.known)
        view = RunView(name, where, tuple(self._runs.columns.chosen), self._model.order)
        self._actions.save_view(view, lambda: self._on_saved(view))

    def _on_saved(self, view: RunView) -> None:
        self._stands.pop(view.name, None)
        others = [one for one in self._views.saved if one.name != view.name]
        self._views.show_saved((*others, view))
        self._views.choose(view.name)

    def _on_remove(self, name: str) -> None:
        view = self._views.view(name)
        if view is not None:
            if self._views.current == name:
                self._views.choose(ALL_RUNS)
            self._actions.remove_view(view)
