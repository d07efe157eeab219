"""What the Models page shows: models with their versions, aliases, what answers, and what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mlops_desktop.domain.deployments import Deployment, DeploymentStatus, Endpoint, Health
from mlops_desktop.domain.experiments import RunStatus, main_metric
from mlops_desktop.domain.models import AliasMove, Model, ModelVersion
from mlops_desktop.gui import formats

if TYPE_CHECKING:
    from mlops_desktop.services.trash import TrashItem
    from mlops_desktop.services.workspace import Workspace

CHAMPION, CHALLENGER = "champion", "challenger"
_KEYS = ("model", "alias", "dataset", "run", "estimator", "endpoint")


@dataclass(frozen=True)
class Answering:
    """An endpoint that should answer with a version, and how that is known to go."""

    endpoint: Endpoint
    deployment: Deployment
    health: Health

    @property
    def number(self) -> int:
        return int(self.deployment.model_reference.rpartition("@v")[2])


@dataclass(frozen=True)
class ModelFacts:
    """Versions and moves newest first."""

    model: Model
    versions: tuple[ModelVersion, ...]
    moves: tuple[AliasMove, ...] = ()
    answering: tuple[Answering, ...] = ()

    def version(self, number: int) -> ModelVersion | None:
        return next((version for version in self.versions if version.number == number), None)

    def behind(self, number: int) -> tuple[Answering, ...]:
        """The endpoints that answer with this version."""
        return tuple(one for one in self.answering if one.number == number)

    def reference(self, number: int) -> str:
        """That version's; for 0 the champion's, else the newest one's."""
        champion = self.champion.number if self.champion else self.model.latest_number
        return f"{self.model.name}@v{number or champion}"

    @property
    def champion(self) -> ModelVersion | None:
        return self.version(self.model.aliases.get(CHAMPION, 0))


@dataclass(frozen=True)
class ModelsFacts:
    """Models by name. `can_register` says whether there is a finished run at all."""

    read_at: datetime
    models: tuple[ModelFacts, ...]
    can_register: bool
    trash: tuple[TrashItem, ...] = ()

    def find(self, name: str) -> ModelFacts | None:
        return next((facts for facts in self.models if facts.model.name == name), None)


@dataclass(frozen=True)
class Change:
    """One line of the changes: who did what when."""

    at: datetime
    who: str
    what: str


def read_models(workspace: Workspace, now: datetime) -> ModelsFacts:
    """Everything in one go, in the lane."""
    from mlops_desktop.services.trash import Kind

    answering = read_answering(workspace)
    models = []
    for model in sorted(workspace.models.list(), key=lambda one: one.name.casefold()):
        versions = tuple(reversed(workspace.models.versions(model.name)))
        moves = tuple(reversed(workspace.models.alias_moves(model.name)))
        numbers = {version.id for version in versions}
        behind = tuple(one for one in answering if one.deployment.model_version_id in numbers)
        models.append(ModelFacts(model, versions, moves, behind))
    finished = workspace.experiments.runs(statuses=(RunStatus.FINISHED,), limit=1)
    trash = tuple(item for item in workspace.trash.list() if item.kind is Kind.MODEL)
    return ModelsFacts(now, tuple(models), bool(finished), trash)


def read_answering(workspace: Workspace) -> tuple[Answering, ...]:
    """Every endpoint that should answer; what nobody looked at lately counts as unknown."""
    pairs = workspace.deployments.list()
    found = []
    for endpoint, deployment in pairs:
        if deployment is None or endpoint.wanted_deployment_id != deployment.id:
            continue
        running = deployment.status is DeploymentStatus.RUNNING
        known = running and workspace.deployments.is_fresh([(endpoint, deployment)])
        found.append(Answering(endpoint, deployment, deployment.health if known else Health.UNKNOWN))
    return tuple(found)


def sentence(facts: ModelsFacts) -> str:
    """How things are, in one line."""
    if not facts.models:
        return "No model is registered yet"
    versions = sum(len(model.versions) for model in facts.models)
    parts = [f"{formats.plural(len(facts.models), 'model')}, {formats.plural(versions, 'version')}"]
    with_champion = [model for model in facts.models if model.champion]
    without = len(facts.models) - len(with_champion)
    silent = [model for model in with_champion if model.champion and not model.behind(model.champion.number)]
    if not with_champion:
        parts.append("no champion is chosen")
    elif not silent:
        parts.append("every champion answers somewhere")
    elif len(silent) == 1 and silent[0].champion:
        parts.append(f"champion {silent[0].model.name} v{silent[0].champion.number} is not deployed")
    else:
        parts.append(f"{len(silent)} champions are not deployed")
    if with_champion and without:
        parts.append(f"{formats.plural(without, 'model')} without a champion")
    return " · ".join(parts)


def task_words(version: ModelVersion) -> str:
    """`Binary classification by HistGradientBoosting`."""
    task = f"{version.task.value.capitalize()} classification" if version.task.is_classification else "Regression"
    return f"{task} by {formats.estimator(version.estimator)}"


def figure(version: ModelVersion) -> tuple[str, float | None, bool]:
    """The main metric's name, its value on the test part (else its mean), and whether it is of the test part."""
    key = main_metric(version.task)
    metric = next((one for one in version.metrics if one.key == key), None)
    if metric is None:
        return key, None, False
    return (key, metric.test, True) if metric.test is not None else (key, metric.mean, False)


def last_change(facts: ModelFacts, version: ModelVersion, now: datetime) -> str:
    """What happened to this version last: `champion since 12:03`, `registered Mon 16:20`."""
    found = [(version.created_at, f"registered {formats.moment(version.created_at, now)}")]
    for move in facts.moves:
        when = formats.moment(move.moved_at, now)
        if move.to_number == version.number:
            found.append((move.moved_at, f"{move.alias} since {when}"))
        elif move.from_number == version.number:
            found.append((move.moved_at, f"{move.alias} until {when}"))
    for one in facts.behind(version.number):
        since = one.deployment.created_at
        found.append((since, f"serving since {formats.moment(since, now)}"))
    return max(found)[1]


def changes(facts: ModelFacts) -> list[Change]:
    """Registrations, alias moves and deployments of what answers now, newest first."""
    found = [
        Change(version.created_at, version.created_by, f"registered v{version.number}") for version in facts.versions
    ]
    found += [Change(move.moved_at, move.moved_by, move_words(move)) for move in facts.moves]
    found += [
        Change(one.deployment.created_at, one.deployment.created_by, f"deployed v{one.number} to {one.endpoint.name}")
        for one in facts.answering
    ]
    return sorted(found, key=lambda change: change.at, reverse=True)


def move_words(move: AliasMove) -> str:
    if move.to_number is None:
        return f"took {move.alias} away from v{move.from_number}"
    if move.from_number is None:
        return f"made v{move.to_number} {move.alias}"
    return f"moved {move.alias} from v{move.from_number} to v{move.to_number}"


def latest_move(facts: ModelFacts, alias: str) -> AliasMove | None:
    return next((move for move in facts.moves if move.alias == alias), None)


def alias_order(aliases: Iterable[str]) -> list[str]:
    """Champion first, then challenger, then by name."""
    first = {CHAMPION: 0, CHALLENGER: 1}
    return sorted(aliases, key=lambda alias: (first.get(alias, 2), alias))


def alias_effect(model: Model, alias: str, number: int) -> str:
    """What setting the alias on this version does, before it is done."""
    here = model.aliases.get(alias)
    if here == number:
        return f"{alias} is on v{number} already"
    return f"moves from v{here} to v{number}" if here else f"set on v{number}; no version has it now"


# Filtering


def matches(facts: ModelFacts, version: ModelVersion, text: str) -> bool:
    """Whether every word of the filter is in the version; `alias:champion` looks in one place only."""
    places = _places(facts, version)
    for word in text.casefold().split():
        key, mark, wanted = word.partition(":")
        if mark and key in _KEYS:
            if wanted not in places[key]:
                return False
        elif not any(word in place for place in places.values()):
            return False
    return True


def _places(facts: ModelFacts, version: ModelVersion) -> dict[str, str]:
    number = f"v{version.number}"
    values = (
        f"{facts.model.name} {number} {version.reference}",
        " ".join(version.aliases),
        version.dataset_reference,
        version.run_name,
        version.estimator,
        " ".join(one.endpoint.name for one in facts.behind(version.number)),
    )
    return {key: value.casefold() for key, value in zip(_KEYS, values, strict=True)}


def nearest(facts: ModelsFacts, text: str) -> str:
    """The known word that is most like what was looked for, or ""."""
    import difflib

    words = {facts_.model.name for facts_ in facts.models}
    for model in facts.models:
        words |= {version.run_name for version in model.versions} | set(model.model.aliases)
    wanted = text.casefold().rpartition(":")[2].strip()
    return next(iter(difflib.get_close_matches(wanted, sorted(words - {""}), n=1, cutoff=0.5)), "")


def by_version(facts: ModelFacts) -> tuple[str, Sequence[tuple[int, float]], bool]:
    """The main metric over the versions, oldest first, of the newest version's task; test part or means, not both."""
    newest = facts.versions[0]
    same = [version for version in reversed(facts.versions) if version.task is newest.task]
    figures = [(version.number, *figure(version)[1:]) for version in same]
    on_test = bool(figures) and all(of_test for _, value, of_test in figures if value is not None)
    key = main_metric(newest.task)
    if on_test:
        return key, [(number, value) for number, value, _ in figures if value is not None], True
    means = [(version.number, metric.mean) for version in same for metric in version.metrics if metric.key == key]
    return key, means, False
