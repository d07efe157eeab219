"""Everything the palette offers now: the page's commands, the window's, and what can be done with each object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from mlops_desktop.gui import formats
from mlops_desktop.gui.commands import window_commands
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.keys import KEYS
from mlops_desktop.gui.pages.page import Command
from mlops_desktop.gui.palette.entries import Entry, Kind
from mlops_desktop.gui.palette.ranking import Stock
from mlops_desktop.gui.readings.home import quoted
from mlops_desktop.gui.statuses import deployment_sign, run_sign

if TYPE_CHECKING:
    from mlops_desktop.gui.readings.palette import Findable
    from mlops_desktop.gui.shell import Shell

MOST_ACTED_ON = 100
"""Of so many objects of one kind the palette offers what can be done with them; all of them can be opened."""


class StockRoom:
    """Makes the entries from what was read and from where the window stands."""

    def __init__(self, shell: Shell, findable: Findable) -> None:
        self._shell, self._findable = shell, findable

    def stock(self) -> Stock:
        here = self._page_actions()
        titles = {action.title for action in here}
        anywhere = [action for action in self._window_actions() if action.title not in titles]
        actions = [*here, *self._object_actions(), *anywhere]
        objects = [*self._models(), *self._datasets(), *self._endpoints()]
        return Stock(tuple(actions), tuple(objects), self._findable.run_names, self._recent(actions, objects))

    def run(self, place: int) -> Entry:
        run = self._findable.runs[place]
        sign = run_sign(run.status.value)
        note = f"run · {sign.word.lower()} · {run.experiment_name}"
        line = f"mlops experiments show {quoted(run.name)}"
        return Entry(
            f"run:{run.name}",
            Kind.RUN,
            sign.icon,
            run.name,
            note,
            "",
            line,
            sign.token,
            self._goer(Place("run", run.name)),
        )

    def _goer(self, place: Place) -> Callable[[], object]:
        return partial(self._shell.go, place)

    def _page_actions(self) -> list[Entry]:
        page = self._shell.page
        return [] if page is None else _actions(page.commands(), page.name)

    def _window_actions(self) -> list[Entry]:
        return _actions(window_commands(self._shell), "window")

    def _object_actions(self) -> list[Entry]:
        return [*self._deploying(), *self._trying(), *self._running()]

    def _running(self) -> list[Entry]:
        entries = []
        for dataset in self._findable.datasets[:MOST_ACTED_ON]:
            if dataset.latest_number:
                reference = f"{dataset.name}@v{dataset.latest_number}"
                line = f"mlops experiments run {quoted(reference)} TARGET"
                go = self._goer(Place("new-run", reference))
                title = f"New run on {_spoken(reference)}"
                entries.append(Entry(f"new-run:{dataset.name}", Kind.ACTION, "play", title, "", "", line, act=go))
        return entries

    def _trying(self) -> list[Entry]:
        entries = []
        for endpoint, deployment in self._findable.served[:MOST_ACTED_ON]:
            if deployment is not None and endpoint.wanted_deployment_id:
                note = f"{_spoken(deployment.model_reference)} on {endpoint.host}"
                line = f"mlops deployments predict {quoted(endpoint.name)}"
                go = self._goer(Place("try-it", endpoint.name))
                title = f"Try {endpoint.name}"
                entries.append(Entry(f"try:{endpoint.name}", Kind.ACTION, "send", title, note, "", line, act=go))
        return entries

    def _deploying(self) -> list[Entry]:
        entries = []
        for model in self._findable.models[:MOST_ACTED_ON]:
            number = model.aliases.get("champion") or model.latest_number
            if number:
                reference = f"{model.name}@v{number}"
                note = "champion, asks for the endpoint" if "champion" in model.aliases else "newest version"
                line = f"mlops deployments deploy {quoted(reference)}"
                act = partial(self._shell.deploy, reference)
                title = f"Deploy {_spoken(reference)}…"
                entries.append(Entry(f"deploy:{model.name}", Kind.ACTION, "rocket", title, note, "", line, act=act))
                entries += self._deploying_to(reference, line)
        return entries

    def _deploying_to(self, reference: str, line: str) -> list[Entry]:
        """The same for every host that was added."""
        return [
            Entry(
                f"deploy:{reference.partition('@')[0]}:{state.host.name}", Kind.ACTION, "rocket",
                f"Deploy {_spoken(reference)} to {state.host.name}…", "asks for the endpoint", "",
                f"{line} --host {quoted(state.host.name)}",
                act=partial(self._shell.deploy, reference, state.host.name),
            )
            for state in self._shell.host_watch.facts.added
        ]  # fmt: skip

    def _models(self) -> list[Entry]:
        entries = []
        for model in self._findable.models:
            champion = model.aliases.get("champion")
            more = f", champion v{champion}" if champion else ""
            note = f"model · {formats.plural(model.latest_number, 'version')}{more}"
            line = f"mlops models show {quoted(model.name)}"
            go = self._goer(Place("models", model.name))
            entries.append(Entry(f"model:{model.name}", Kind.MODEL, "box", model.name, note, "", line, act=go))
        return entries

    def _datasets(self) -> list[Entry]:
        return [
            Entry(
                f"dataset:{dataset.name}", Kind.DATASET, "database", dataset.name,
                f"dataset · v{dataset.latest_number}" if dataset.latest_number else "dataset",
                "", f"mlops datasets show {quoted(dataset.name)}", act=self._goer(Place("datasets", dataset.name)),
            )
            for dataset in self._findable.datasets
        ]  # fmt: skip

    def _endpoints(self) -> list[Entry]:
        entries = []
        for endpoint, deployment in self._findable.served:
            status = deployment_sign(deployment.status.value).word.lower() if deployment else "never deployed"
            behind = f" · {_spoken(deployment.model_reference)}" if deployment else ""
            note = f"endpoint · {status}{behind}"
            go = self._goer(Place("deployments", endpoint.name))
            line = f"mlops deployments log {quoted(endpoint.name)}"
            key = f"endpoint:{endpoint.name}"
            entries.append(Entry(key, Kind.ENDPOINT, "server", endpoint.name, note, "", line, act=go))
        return entries

    def _recent(self, *known: Sequence[Entry]) -> tuple[Entry, ...]:
        by_key = {entry.key: entry for entries in known for entry in entries}
        found = []
        for key in self._shell.state.chosen:
            entry = by_key.get(key)
            name = key.removeprefix("run:")
            if entry is None and name != key and name in self._findable.run_names:
                entry = self.run(self._findable.run_names.index(name))
            if entry is not None:
                found.append(entry)
        return tuple(found)


def _actions(commands: Sequence[Command], context: str) -> list[Entry]:
    contexts = (context,) if context == "window" else (context, "page")
    keys = {key.name: key.sequence for key in KEYS if key.context in contexts}
    return [
        Entry(
            f"{context}:{command.name}", Kind.ACTION, command.icon, command.title,
            keys=keys.get(command.name, ""), line=command.line, act=command.act,
        )
        for command in commands
    ]  # fmt: skip


def _spoken(reference: str) -> str:
    return reference.replace("@v", " v")
