"""Finds what a person names, and says what there is instead when it is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from mlops_desktop.domain.datasets import Dataset, DatasetVersion
from mlops_desktop.domain.deployments import Endpoint
from mlops_desktop.domain.errors import NotFoundError
from mlops_desktop.domain.experiments import Experiment, Run
from mlops_desktop.domain.hosts import THIS_COMPUTER, Host, HostKind, this_computer
from mlops_desktop.domain.models import Model, ModelVersion
from mlops_desktop.domain.names import Reference, parse_reference, tidy
from mlops_desktop.services.ports import UnitOfWork


def _missing(kind: str, name: str, known: Iterable[str], in_trash: bool = False) -> NotFoundError:
    names = sorted(known)
    if in_trash:
        return NotFoundError(f"The {kind} {name} is in the trash.", hint="Restore it first.")
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        hint = f"Did you mean {' or '.join(near)}?"
    elif names:
        hint = f"There is: {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}."
    else:
        hint = f"This workspace has no {kind} yet."
    return NotFoundError(f"There is no {kind} called {name}.", hint=hint)


def dataset(unit: UnitOfWork, name: str) -> Dataset:
    """Raises NotFoundError, naming near ones."""
    found = unit.datasets.find(tidy(name))
    if found is None or found.trashed_at:
        raise _missing("dataset", name, (d.name for d in unit.datasets.list()), in_trash=found is not None)
    return found


def dataset_version(unit: UnitOfWork, text: str) -> DatasetVersion:
    """`flights`, `flights@v3`. Raises NotFoundError, InvalidNameError."""
    reference = parse_reference(text, "dataset")
    owner = dataset(unit, reference.name)
    if reference.alias:
        raise NotFoundError(
            f"Datasets have numbers, not aliases: {text}.",
            hint=f"Versions of {owner.name}: 1 to {owner.latest_number}.",
        )
    found = unit.datasets.find_version(owner.id, reference.number or owner.latest_number)
    if found is None:
        raise _no_version(reference, owner.latest_number)
    return found


def experiment(unit: UnitOfWork, name: str) -> Experiment:
    found = unit.experiments.find(tidy(name))
    if found is None or found.trashed_at:
        raise _missing("experiment", name, (e.name for e in unit.experiments.list()), in_trash=found is not None)
    return found


def run(unit: UnitOfWork, name: str, *, trashed: bool = False) -> Run:
    """By name or id. Raises NotFoundError."""
    found = unit.runs.find(tidy(name)) or unit.runs.get(tidy(name))
    if found is None or (found.trashed_at and not trashed):
        raise _missing("run", name, unit.runs.names(), in_trash=found is not None)
    return found


def model(unit: UnitOfWork, name: str) -> Model:
    found = unit.models.find(tidy(name))
    if found is None or found.trashed_at:
        raise _missing("model", name, (m.name for m in unit.models.list()), in_trash=found is not None)
    return found


def model_version(unit: UnitOfWork, text: str) -> ModelVersion:
    """`flight-late`, `flight-late@v7`, `flight-late@champion`. Raises NotFoundError, InvalidNameError."""
    reference = parse_reference(text, "model")
    owner = model(unit, reference.name)
    number = reference.number or owner.latest_number
    if reference.alias:
        if reference.alias not in owner.aliases:
            raise NotFoundError(
                f"No version of {owner.name} has the alias {reference.alias}.",
                hint=f"Aliases set: {', '.join(sorted(owner.aliases)) or 'none'}.",
            )
        number = owner.aliases[reference.alias]
    found = unit.models.find_version(owner.id, number)
    if found is None:
        raise _no_version(reference, owner.latest_number)
    return found


def endpoint(unit: UnitOfWork, name: str) -> Endpoint:
    found = unit.deployments.find_endpoint(tidy(name))
    if found is None or found.trashed_at:
        known = (e.name for e in unit.deployments.endpoints())
        raise _missing("endpoint", name, known, in_trash=found is not None)
    return found


def host(unit: UnitOfWork, name: str) -> Host:
    """By name; this computer is always there."""
    wanted = tidy(name)
    if wanted == THIS_COMPUTER:
        return this_computer()
    found = unit.hosts.find(wanted)
    if found is None:
        raise _missing("host", wanted, (THIS_COMPUTER, *(known.name for known in unit.hosts.list())))
    return found


def engine_here(unit: UnitOfWork, host: Host) -> Host | None:
    """The engine of this computer that puts images together for a host with a registry, where one was added."""
    if not host.registry:
        return None
    return next((known for known in unit.hosts.list() if known.kind is HostKind.DOCKER), None)


def _no_version(reference: Reference, latest: int) -> NotFoundError:
    there = f"Versions of {reference.name}: 1 to {latest}." if latest else f"{reference.name} has no version yet."
    return NotFoundError(f"There is no {reference}.", hint=there)
