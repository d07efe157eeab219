"""Models: register runs as immutable versions, move aliases, carry bundles in and out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops_desktop.domain.datasets import DatasetVersion
from mlops_desktop.domain.errors import AlreadyExistsError, DamagedBundleError, InvalidInputError, NotFoundError
from mlops_desktop.domain.experiments import MetricSummary, Run, RunStatus, Task
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.domain.measuring import Ways, doubts
from mlops_desktop.domain.models import AliasMove, BundleContents, Model, ModelVersion
from mlops_desktop.domain.names import check_alias, check_name, usable_name
from mlops_desktop.domain.run_columns import ways_of
from mlops_desktop.domain.suggestions import suggest_validation, time_column
from mlops_desktop.services import lookup
from mlops_desktop.services.bundle_contents import read_contents
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import UnitOfWork
from mlops_desktop.services.trash import referenced


class ModelService:
    """Registered names and their numbered versions."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def register(
        self, run: str, name: str, *, description: str = "", alias: str | None = None, revision: int | None = None
    ) -> ModelVersion:
        """Makes the next version of the model `name` (made if need be) from a finished run, with `alias` on it.

        The version is the run's bundle, refitted on all rows outside the test part. A description becomes the model's;
        an empty one leaves what is there. With the `revision` of the model that a person saw (0 where there was none)
        an empty one clears it, and nothing that somebody else said since is overwritten.

        Raises NotFoundError, InvalidNameError, InvalidInputError (the run has not finished), AlreadyExistsError (that
        run is a version of this model already), DamagedBundleError, ConflictError.
        """
        checked = check_name(name, "model")
        wanted = check_alias(alias) if alias else None
        with self._parts.registry.read() as unit:
            source = lookup.run(unit, run)
        if source.status is not RunStatus.FINISHED or source.bundle_hash is None:
            raise InvalidInputError(
                f"{source.name} is {source.status.value}; only a finished run can be registered.",
                hint="Wait until it has finished, or choose another run.",
            )
        self._parts.bundles.folder(source.bundle_hash)
        with self._parts.registry.write() as unit:
            lookup.run(unit, source.id)  # it may have been erased meanwhile, and its bundle with it
            model = self._model(unit, checked, description, revision)
            same = [v for v in unit.models.versions(model.id) if v.run_id == source.id]
            if same:
                raise AlreadyExistsError(
                    f"{source.name} is {same[0].reference} already.", hint="Use that version, or register another run."
                )
            version = self._add_version(unit, model, _version_of_run(source), source.bundle_hash)
            if wanted:
                self._move_alias(unit, version, wanted)
            unit.commit()
        return self.get(version.reference)

    def suggest_name(self, run: str) -> str:
        """A model name for this run: that of the experiment's last registered run, else the experiment's own."""
        with self._parts.registry.read() as unit:
            source = lookup.run(unit, run)
            made = [v for model in unit.models.list() for v in unit.models.versions(model.id)]
            origins = [unit.runs.get(v.run_id) if v.run_id else None for v in made]
        home = source.experiment_id
        pairs = zip(made, origins, strict=True)
        known = [v for v, mate in pairs if mate and not mate.trashed_at and mate.experiment_id == home]
        newest = max(known, key=lambda version: version.created_at, default=None)
        return newest.model_name if newest else usable_name(source.experiment_name, "model")

    def doubts(self, run: str, name: str, ways: Ways | None = None) -> Sequence[str]:
        """What speaks against comparing the figures of this run, were it the next version of the model `name`: its
        rows have a time and random ones were held out, or the champion, else its neighbours, were validated otherwise.
        `ways` of the neighbours, where they are known, save reading them.

        Raises NotFoundError.
        """
        with self._parts.registry.read() as unit:
            source = lookup.run(unit, run)
            version = unit.datasets.version(source.spec.dataset_version_id)
            champion = _champion(unit, unit.models.find(name.strip()), source)
            others = unit.runs.summaries(experiment_id=source.experiment_id) if ways is None else ()
        beside = ways if ways is not None else ways_of((other.way, other) for other in others)
        return doubts(source, time_column=_times(version) if version else None, champion=champion, ways=beside)

    def import_file(self, path: Path, name: str | None = None) -> ModelVersion:
        """Takes in a bundle that was exported as one file; the bundle is checked and tried before it is registered.

        Raises NotFoundError (no such file), DamagedBundleError, UntrustedBundleError, InvalidNameError,
        AlreadyExistsError (it is a version of this model already, or the model is in the trash).
        """
        source = path.expanduser().absolute()
        if not _is_file(source):
            raise NotFoundError(f"There is no file {str(source)[:300]}.", hint="Check the path.")
        checked = check_name(name, "model") if name else usable_name(source.stem.partition("@")[0], "model")
        manifest_hash = self._parts.bundles.import_file(source)
        try:
            facts = self._inspect(manifest_hash)
            with self._parts.registry.write() as unit:
                if manifest_hash not in self._parts.bundles.hashes():  # the same bundle was erased this very moment
                    self._parts.bundles.import_file(source)
                model = self._model(unit, checked, "")
                same = [v for v in unit.models.versions(model.id) if v.manifest_hash == manifest_hash]
                if same:
                    raise AlreadyExistsError(
                        f"This bundle is {same[0].reference} already.", hint="Nothing was changed."
                    )
                version = self._add_version(unit, model, facts, manifest_hash)
                unit.commit()
        except Exception:
            self._forget_bundle(manifest_hash)
            raise
        return version

    def export(self, reference: str, target: Path) -> Path:
        """Writes the version's bundle as one zip file. Raises NotFoundError, DamagedBundleError, InvalidInputError."""
        version = self.get(reference)
        if not target.parent.is_dir():
            raise InvalidInputError(f"There is no folder {target.parent}.", hint="Make it first.")
        self._parts.bundles.export(version.manifest_hash, target)
        with self._parts.registry.write() as unit:
            unit.audit.append("model.export", version.reference, {"file": target.name})
            unit.commit()
        return target

    def list(self, *, trashed: bool = False) -> Sequence[Model]:
        with self._parts.registry.read() as unit:
            return unit.models.list(trashed=trashed)

    def model(self, name: str) -> Model:
        """Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            return lookup.model(unit, name)

    def describe(self, name: str, description: str, *, revision: int | None = None) -> Model:
        """Says what the model is for, in place of what was said before.

        With the `revision` that a person saw, nothing that somebody else said since is overwritten.
        Raises NotFoundError, ConflictError.
        """
        with self._parts.registry.write() as unit:
            found = lookup.model(unit, name)
            seen = found.revision if revision is None else revision
            unit.models.update(dataclasses.replace(found, description=description.strip(), revision=seen))
            unit.audit.append("model.describe", found.name)
            unit.commit()
        return self.model(found.name)

    def versions(self, name: str) -> Sequence[ModelVersion]:
        """Oldest first. Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            return unit.models.versions(lookup.model(unit, name).id)

    def get(self, reference: str) -> ModelVersion:
        """`flight-late`, `flight-late@v7`, `flight-late@champion`. Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            return lookup.model_version(unit, reference)

    def recipe(self, reference: str) -> dict[str, Any]:
        """What the version's bundle declares: inputs with types, classes, threshold. Raises DamagedBundleError."""
        folder = self._parts.bundles.folder(self.get(reference).manifest_hash)
        return _read_json(folder / "recipe.json")

    def contents(self, reference: str) -> BundleContents:
        """What is in the version's bundle, after every file was checked against its manifest.

        Raises NotFoundError, DamagedBundleError.
        """
        manifest_hash = self.get(reference).manifest_hash
        return read_contents(self._parts.bundles.folder(manifest_hash), manifest_hash)

    def example_rows(self, reference: str) -> Sequence[Mapping[str, object]]:
        """Real rows that travelled in the bundle, to try the model with."""
        folder = self._parts.bundles.folder(self.get(reference).manifest_hash)
        return list(_read_json(folder / "example.json")["rows"])

    def set_alias(self, reference: str, alias: str) -> ModelVersion:
        """Moves the alias to this version; the move is kept. Raises NotFoundError, InvalidNameError."""
        checked = check_alias(alias)
        with self._parts.registry.write() as unit:
            version = lookup.model_version(unit, reference)
            self._move_alias(unit, version, checked)
            unit.commit()
        return self.get(version.reference)

    def remove_alias(self, model: str, alias: str) -> None:
        """Takes the alias away; that is kept as a move too. Raises NotFoundError."""
        with self._parts.registry.write() as unit:
            owner = lookup.model(unit, model)
            alias = alias.strip()
            if alias not in owner.aliases:
                raise NotFoundError(
                    f"{owner.name} has no alias {alias}.", hint=f"Aliases set: {', '.join(owner.aliases) or 'none'}."
                )
            unit.models.set_alias(owner.id, alias, None, self._parts.clock(), self._parts.actor)
            unit.audit.append("model.alias", owner.name, {"alias": alias, "removed": True})
            unit.commit()

    def alias_moves(self, model: str) -> Sequence[AliasMove]:
        """Every move of every alias, oldest first."""
        with self._parts.registry.read() as unit:
            return unit.models.alias_moves(lookup.model(unit, model).id)

    def _model(self, unit: UnitOfWork, name: str, description: str, revision: int | None = None) -> Model:
        found = unit.models.find(name)
        if found is None:
            found = Model(new_identifier(), name, description, self._parts.clock(), 0, {})
            unit.models.add(found)
        elif found.trashed_at:
            raise AlreadyExistsError(f"The model {name} is in the trash.", hint="Restore it, or purge it.")
        elif description != found.description and (description or revision is not None):
            seen = found.revision if revision is None else revision
            found = dataclasses.replace(found, description=description, revision=seen)
            unit.models.update(found)
        return found

    def _move_alias(self, unit: UnitOfWork, version: ModelVersion, alias: str) -> None:
        unit.models.set_alias(version.model_id, alias, version.number, self._parts.clock(), self._parts.actor)
        unit.audit.append("model.alias", version.reference, {"alias": alias})

    def _add_version(
        self, unit: UnitOfWork, model: Model, facts: Mapping[str, Any], manifest_hash: str
    ) -> ModelVersion:
        version = ModelVersion(
            id=new_identifier(),
            model_id=model.id,
            model_name=model.name,
            number=model.latest_number + 1,
            manifest_hash=manifest_hash,
            run_id=facts.get("run_id"),
            run_name=str(facts.get("run_name") or ""),
            dataset_reference=str(facts.get("dataset_reference") or ""),
            task=Task(facts["task"]),
            estimator=str(facts["estimator"]),
            metrics=tuple(facts.get("metrics", ())),
            aliases=(),
            created_at=self._parts.clock(),
            created_by=self._parts.actor,
        )
        unit.models.add_version(version)
        unit.audit.append("model.register", version.reference, {"manifest": manifest_hash, "run": version.run_name})
        return version

    def _inspect(self, manifest_hash: str) -> dict[str, Any]:
        """Loads the bundle in a capped worker and lets it answer its own example."""
        folder = self._parts.bundles.folder(manifest_hash)
        answer = self._parts.workers.call("check_bundle", {"bundle": str(folder), "manifest_hash": manifest_hash})
        if answer.get("differs"):
            raise DamagedBundleError(
                f"The bundle answers its own example wrongly: {answer['differs']}.", hint="Ask for it to be made again."
            )
        recipe = _read_json(folder / "recipe.json")
        if recipe.get("task") not in list(Task) or "estimator" not in recipe:
            raise DamagedBundleError("The bundle does not say what its model is for.", hint="Ask for it again.")
        return {
            "task": recipe["task"],
            "estimator": recipe["estimator"],
            "run_name": recipe.get("run_name"),
            "dataset_reference": recipe.get("dataset_reference"),
        }

    def _forget_bundle(self, manifest_hash: str) -> None:
        """Removes what was taken in, unless some row names it; nobody can name it anew while we hold the lock."""
        with self._parts.registry.write() as unit:
            _, bundles = referenced(unit)
            if manifest_hash not in bundles:
                self._parts.bundles.remove(manifest_hash)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name too long
        return False


def _version_of_run(run: Run) -> dict[str, Any]:
    metrics: tuple[MetricSummary, ...] = run.metrics
    return {
        "run_id": run.id,
        "run_name": run.name,
        "dataset_reference": run.dataset_reference,
        "task": run.spec.task,
        "estimator": run.spec.estimator,
        "metrics": metrics,
    }


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedBundleError(f"{path.name} of the bundle cannot be read.", details=str(error)) from error
    if not isinstance(content, dict):
        raise DamagedBundleError(f"{path.name} of the bundle is not what it should be.")
    return content


def _champion(unit: UnitOfWork, model: Model | None, run: Run) -> tuple[str, Run] | None:
    """`v3` and its run, where there is a champion that was made of another run and that run is known."""
    number = model.aliases.get("champion") if model else None
    version = next((one for one in unit.models.versions(model.id) if one.number == number), None) if model else None
    source = unit.runs.get(version.run_id) if version and version.run_id else None
    return (f"v{number}", source) if source is not None and source.id != run.id else None


def _times(version: DatasetVersion) -> str | None:
    """The column that orders the rows well enough to check a model by time."""
    named = time_column(version.columns, version.profiles)
    return suggest_validation(version.rows, version.profile(named)).column if named else None
