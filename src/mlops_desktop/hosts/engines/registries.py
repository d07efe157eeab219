"""Images by way of a registry: put together by an engine of this computer, pushed, and pulled by the host by digest."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from mlops_desktop.domain.deployments import ServeOrder
from mlops_desktop.domain.errors import DiskFullError, EngineError, HostError, HostUnreachableError, RegistryError
from mlops_desktop.domain.hosts import RegistryLogin
from mlops_desktop.hosts.engines import labels
from mlops_desktop.hosts.engines.building import HOLDERS, Builder, Planned, has_image
from mlops_desktop.hosts.engines.engine import Engine, Events
from mlops_desktop.hosts.engines.engine_words import NotThereError, read_stream
from mlops_desktop.hosts.engines.registry_words import registry_error
from mlops_desktop.hosts.process_host import Report

_REPOSITORY: Final = "mlops-desktop"
_LOGIN_DEEDS: Final = "log in to"


class ForwardedImages:
    """Images for the engine `there`, in the place of its `Builder`: that of the engine `here` makes them.

    Who we are at the registry is asked when it is needed. It goes with each call, and no engine keeps it.
    """

    def __init__(
        self, builder: Builder, here: Engine, there: Engine, workspace_id: str, login: Callable[[], RegistryLogin]
    ) -> None:
        self._builder = builder
        self._here = here
        self._there = there
        self._workspace_id = workspace_id
        self._login = login

    def model(self, order: ServeOrder, report: Report) -> str:
        """The identity of the order's image, which is on the engine there when this returns.

        Raises RegistryError, HostError, DeploymentError, DamagedBundleError, DiskFullError, and what `report` raises.
        """
        try:
            planned = self._builder.planned_model(order, report)
        except HostError:
            known = self._known(filters={"label": _words(labels.of_image(self._workspace_id, order))})
            if known is None:
                raise
            return known  # what is there can be started also while there is no engine here
        return self._bring(planned, report)

    def holder(self, report: Report) -> str:
        """The same of the image of holders."""
        try:
            planned = self._builder.planned_holder(report)
        except HostError:
            known = self._known(name=HOLDERS)
            if known is None:
                raise
            return known
        return self._bring([planned], report)

    def close(self) -> None:
        self._here.close()

    def _known(self, **wanted: Any) -> str | None:
        """An image that the engine there has already."""
        with self._there.asked() as client:
            found = client.images(**wanted)
        return str(found[0]["Id"]) if found else None

    def _bring(self, planned: Sequence[Planned], report: Report) -> str:
        last = planned[-1]
        if has_image(self._there, last.image.id):
            return last.image.id
        self._require_same_machines(last)
        login = self._login()
        for one in planned:
            self._builder.put_together(one, report)
        repository, tag = f"{login.address}/{_REPOSITORY}", last.name.rpartition("/")[2].replace(":", "-")
        digest = self._push(last, repository, tag, login, report)
        self._drop_here(f"{repository}:{tag}", last.name)
        self._pull(last, repository, digest, login, report)
        return last.image.id

    def _require_same_machines(self, planned: Planned) -> None:
        with self._there.asked() as client:
            wanted = str(client.version().get("Arch", ""))
        if wanted and wanted != planned.architecture:
            raise EngineError(
                f"{self._there.name} is {wanted}, and the Docker on {self._here.name} has the base image for "
                f"{planned.architecture}.",
                hint=f"Let {self._there.name} put its images together itself: mlops hosts registry --none",
            )

    def _push(self, planned: Planned, repository: str, tag: str, login: RegistryLogin, report: Report) -> str:
        with self._here.asked() as client:
            client.tag(planned.image.id, repository, tag, force=True)
        digest = ""
        with _told(self._here, login, "push to"), self._here.asked(patient=True) as client:
            events = client.push_events(repository, tag, _credentials(login))
            for event in _followed(events, self._here.name, f"Pushing to {login.address}", report):
                digest = str((event.get("aux") or {}).get("Digest") or digest)
        if not digest.startswith("sha256:"):
            raise RegistryError(
                f"The registry {login.address} did not say that it has the image.",
                hint="Look into its log and that of the Docker here, then try again.",
            )
        return digest

    def _drop_here(self, *names: str) -> None:
        """What was made to be pushed; the libraries' image stays, for the next one."""
        for name in names:
            with contextlib.suppress(NotThereError), self._here.asked() as client:
                client.remove_image(name)

    def _pull(self, planned: Planned, repository: str, digest: str, login: RegistryLogin, report: Report) -> None:
        with _told(self._there, login, "pull from"), self._there.asked(patient=True) as client:
            events = client.pull_events(repository, digest, _credentials(login))
            for _ in _followed(events, self._there.name, f"Pulling from {login.address}", report):
                pass
        with self._there.asked() as client:
            try:
                got = str(client.inspect_image(f"{repository}@{digest}")["Id"])
            except NotThereError:
                got = ""
            if got != planned.image.id:
                raise RegistryError(
                    f"{self._there.name} did not get from {login.address} the image that was pushed.",
                    hint="Somebody or something may be changing what goes through it. What answered still answers.",
                    details=f"{planned.image.id} was pushed, {got or 'nothing'} came",
                )
            name, _, tag = planned.name.partition(":")
            client.tag(got, name, tag, force=True)


def try_login(here: Engine, there: Engine, login: RegistryLogin) -> str:
    """Logs in to the registry from both engines, and says so. Raises RegistryError, HostError."""
    for engine in (here, there):
        with _told(engine, login, _LOGIN_DEEDS), engine.asked(patient=True) as client:
            client.log_in(login.user, login.password, login.address.partition("/")[0])
    who = login.user or "anybody"
    return f"{login.address} lets {who} in, from here and from {there.name}"


def _words(named: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in named.items()]


def _credentials(login: RegistryLogin) -> Mapping[str, str]:
    if not login.user:
        return {}
    return {
        "username": login.user,
        "password": login.password,
        "serveraddress": login.address.partition("/")[0],
    }


@contextmanager
def _told(engine: Engine, login: RegistryLogin, deed: str) -> Iterator[None]:
    """What the engine says inside is about the registry, unless it is the engine itself that went away or is full."""
    try:
        yield
    except HostUnreachableError as error:
        if not _answers(engine):
            raise
        raise registry_error(login, engine.name, deed, f"timeout: {error.details or error.message}") from error
    except DiskFullError as error:
        if deed == "pull from":
            raise
        raise registry_error(login, engine.name, deed, error.details or error.message) from error
    except EngineError as error:
        raise registry_error(login, engine.name, deed, error.details or error.message) from error


def _answers(engine: Engine) -> bool:
    engine.try_at_once()
    try:
        with engine.asked() as client:
            client.ping()
    except HostError:
        return False
    return True


def _followed(events: Events, engine: str, sentence: str, report: Report) -> Iterator[Mapping[str, Any]]:
    """The events one by one; an error among them is raised, and bytes of all layers together are told."""
    done: dict[str, int] = {}
    size: dict[str, int] = {}
    with contextlib.closing(events):
        for event in events:
            said = read_stream(engine, event)
            detail, layer = event.get("progressDetail") or {}, str(event.get("id", ""))
            if detail.get("total"):
                size[layer] = int(detail["total"])
            if detail.get("current"):
                done[layer] = min(int(detail["current"]), size.get(layer, int(detail["current"])))
            waits = f": {said}"[:200] if "retrying" in said.lower() else ""
            report(f"{sentence}{waits}", sum(done.values()), sum(size.values()))
            yield event
