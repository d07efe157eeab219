"""Datasets: import and version tables, look at them, compare versions, score them with a model."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_desktop.domain.datasets import Dataset, DatasetVersion, Finding, ReadAnswers, VersionDifference
from mlops_desktop.domain.errors import AlreadyExistsError, InvalidInputError, UnreadableTableError, WorkspaceError
from mlops_desktop.domain.expressions import parse_derived
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.domain.jobs import Job, JobKind
from mlops_desktop.domain.names import check_name
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.domain.previews import Obstacle, Preview, Recipe
from mlops_desktop.services import lookup, recipes
from mlops_desktop.services.dataset_uses import DatasetUses, findings_of, uses_of
from mlops_desktop.services.jobs import queue_job
from mlops_desktop.services.parts import Parts


@dataclass(frozen=True)
class Page:
    """Some rows of a stored table, as plain values. Of filtered rows `row_numbers` says which they are, from 1."""

    columns: Sequence[Mapping[str, str]]
    rows: Sequence[Sequence[Any]]
    total: int
    row_numbers: Sequence[int] = ()


class DatasetService:
    """Named collections of immutable, hashed table contents."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._checked: dict[str, tuple[Path, int, int]] = {}

    def import_file(
        self,
        path: Path,
        name: str,
        answers: ReadAnswers | None = None,
        derived: Sequence[str] = (),
        target: str | None = None,
        *,
        keep_recipe: bool = True,
    ) -> Job:
        """Queues the import of a delimited text file as the next version of the dataset `name` (made if need be).

        `derived` are columns such as `late = arr_delay > 15`. `target` lets the findings speak of leakage. With
        `keep_recipe` the dataset's `recipe` will be to read the next file as this one.
        The finished job's result names `dataset_version_id` and whether the content was `unchanged`.

        Raises InvalidNameError, ExpressionError, UnreadableTableError (no such file).
        """
        checked = check_name(name, "dataset")
        columns = tuple(parse_derived(text) for text in derived)
        source = path.expanduser().absolute()
        _require_file(source)
        with self._parts.registry.write() as unit:
            dataset = unit.datasets.find(checked)
            if dataset is None:
                dataset = Dataset(new_identifier(), checked, "", self._parts.clock(), 0)
                unit.datasets.add(dataset)
                unit.audit.append("dataset.create", checked)
            elif dataset.trashed_at:
                raise AlreadyExistsError(f"The dataset {checked} is in the trash.", hint="Restore it, or purge it.")
            job = queue_job(
                unit,
                self._parts,
                JobKind.IMPORT_DATASET,
                title=f"Import {source.name} into {checked}",
                spec={
                    "path": str(source),
                    "answers": to_plain(answers or ReadAnswers()),
                    "derived": to_plain(columns),
                    "target": target,
                },
                object_id=dataset.id,
            )
            recipes.remember(unit, dataset, is_kept=keep_recipe, target=target)
            unit.audit.append("dataset.import", checked, {"file": source.name, "job": job.id})
            unit.commit()
        self._parts.start_keeper()
        return job

    def list(self, *, trashed: bool = False) -> Sequence[Dataset]:
        with self._parts.registry.read() as unit:
            return unit.datasets.list(trashed=trashed)

    def get(self, reference: str) -> DatasetVersion:
        """`flights` (the latest version) or `flights@v3`. Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            return lookup.dataset_version(unit, reference)

    def version(self, version_id: str) -> DatasetVersion | None:
        with self._parts.registry.read() as unit:
            return unit.datasets.version(version_id)

    def versions(self, name: str) -> Sequence[DatasetVersion]:
        with self._parts.registry.read() as unit:
            return unit.datasets.versions(lookup.dataset(unit, name).id)

    def diff(self, before: str, after: str) -> VersionDifference:
        """What changed between two versions, of one dataset or of two. Raises NotFoundError."""
        old, new = self.get(before), self.get(after)
        answer = self._parts.workers.call(
            "difference",
            {
                "before": _table(self._parts, old),
                "after": _table(self._parts, new),
                "number": old.number,
                "columns_before": to_plain(old.columns),
                "columns_after": to_plain(new.columns),
            },
            seconds=600,
        )
        return from_plain(VersionDifference, answer["difference"])

    def preview(self, path: Path, answers: ReadAnswers | None = None, derived: Sequence[str] = ()) -> Preview:
        """How the file would be read; nothing is stored. Raises UnreadableTableError, ExpressionError."""
        answer = self._parts.workers.call(
            "preview",
            {
                "path": str(path.expanduser().absolute()),
                "answers": to_plain(answers or ReadAnswers()),
                "derived": to_plain(tuple(parse_derived(text) for text in derived)),
            },
            seconds=600,
        )
        return from_plain(Preview, answer)

    def obstacle(self, path: Path, answers: ReadAnswers | None = None) -> Obstacle | None:
        """Why the file cannot be read so, and the ways out that work; None where it can be read."""
        request = {"path": str(path.expanduser().absolute()), "answers": to_plain(answers or ReadAnswers())}
        answer = self._parts.workers.call("obstacle", request, seconds=600)
        return from_plain(Obstacle, answer["obstacle"]) if answer["obstacle"] else None

    def recipe(self, name: str) -> Recipe | None:
        """How the next file of the dataset is read, from its latest version; None where that was not kept.

        Raises NotFoundError.
        """
        with self._parts.registry.read() as unit:
            return recipes.recipe_of(unit, lookup.dataset_version(unit, name))

    def page(
        self,
        reference: str | DatasetVersion,
        offset: int = 0,
        limit: int = 100,
        *,
        where: str = "",
        columns: Sequence[str] | None = None,
    ) -> Page:
        """Rows `offset` to `offset + limit` of a stored version, of those for which `where` holds.

        `where` is a condition as in derived columns: `origin == 'JFK' and temp < 32`. Raises NotFoundError,
        ExpressionError.
        """
        version = self.get(reference) if isinstance(reference, str) else reference
        request: dict[str, Any] = {"table": self._checked_table(version), "offset": offset, "limit": limit}
        request |= {"where": where} if where else {}
        request |= {"columns": list(columns)} if columns is not None else {}
        return from_plain(Page, self._parts.workers.call("page", request))

    def _checked_table(self, version: DatasetVersion) -> str:
        """The table's path. Its content is checked the first time, and again where the file was touched since."""
        known = self._checked.get(version.content_hash)
        if known is not None:
            path, size, touched = known
            with contextlib.suppress(OSError):
                now = path.stat()
                if (now.st_size, now.st_mtime_ns) == (size, touched):
                    return str(path)
        path = self._parts.artifacts.path(version.content_hash)
        now = path.stat()
        self._checked[version.content_hash] = (path, now.st_size, now.st_mtime_ns)
        return str(path)

    def uses(self, reference: str) -> DatasetUses:
        """Which runs learnt from a version, what was registered of them, and what is known of leakage.

        Raises NotFoundError.
        """
        with self._parts.registry.read() as unit:
            return uses_of(unit, lookup.dataset_version(unit, reference))

    def findings(self, reference: str) -> Sequence[Finding]:
        """What the import of a version found, and what is known of leakage since. Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            return findings_of(unit, lookup.dataset_version(unit, reference))

    def score(self, model: str, *, dataset: str | None = None, file: Path | None = None, parquet: bool = False) -> Job:
        """Queues predictions for every row of a dataset version or a file. Save the result with `save_scores`.

        Raises NotFoundError, InvalidInputError (neither or both of dataset and file), UnreadableTableError (no such
        file).
        """
        if (dataset is None) == (file is None):
            raise InvalidInputError("Score either a dataset version or a file.", hint="Name one of the two.")
        if file is not None:
            file = file.expanduser().absolute()
            _require_file(file)
        with self._parts.registry.write() as unit:
            version = lookup.model_version(unit, model)
            table = lookup.dataset_version(unit, dataset) if dataset else None
            what = table.reference if table else file.name if file else ""
            job = queue_job(
                unit,
                self._parts,
                JobKind.SCORE,
                title=f"Score {what} with {version.reference}",
                spec={
                    "manifest_hash": version.manifest_hash,
                    "content_hash": table.content_hash if table else None,
                    "file": str(file) if file else None,
                    "format": "parquet" if parquet else "csv",
                },
                object_id=version.id,
            )
            unit.audit.append("model.score", version.reference, {"table": what, "job": job.id})
            unit.commit()
        self._parts.start_keeper()
        return job

    def save_scores(self, job: Job, target: Path) -> Path:
        """Writes a finished scoring job's table to `target`, wholly or not at all.

        Raises InvalidInputError where the folder is missing or the job has no table, WorkspaceError where it cannot be
        written.
        """
        if "file_hash" not in job.result:
            raise InvalidInputError(
                f"{job.title}: there are no scores of this job.", hint="Wait until it has finished."
            )
        if not target.parent.is_dir():
            raise InvalidInputError(f"There is no folder {target.parent}.", hint="Make it first.")
        partial = target.with_name(f".{target.name}.part")
        table = self._parts.artifacts.path(str(job.result["file_hash"]))
        try:
            shutil.copyfile(table, partial)
            partial.chmod(0o644)
            partial.replace(target)
        except OSError as error:
            raise WorkspaceError(
                f"{target} cannot be written: {error.strerror or error}.",
                hint="Make room, or choose another folder. An older file there is as it was.",
                details=str(error),
            ) from error
        finally:
            partial.unlink(missing_ok=True)
        return target

    def rename(self, name: str, new_name: str) -> Dataset:
        """Raises NotFoundError, InvalidNameError, AlreadyExistsError."""
        checked = check_name(new_name, "dataset")
        with self._parts.registry.write() as unit:
            dataset = lookup.dataset(unit, name)
            if unit.datasets.find(checked):
                raise AlreadyExistsError(f"There is a dataset {checked} already.", hint="Choose another name.")
            dataset = dataclasses.replace(dataset, name=checked)
            unit.datasets.update(dataset)
            unit.audit.append("dataset.rename", checked, {"from": name})
            unit.commit()
        return dataset


def _require_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise UnreadableTableError(f"There is no file {path}.", hint="Check the path.") from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreadableTableError(f"{str(path)[:300]!r} cannot be read: {why}.", hint="Check the path.") from error
    if stat.S_ISDIR(mode):
        raise UnreadableTableError(f"{path} is a folder.", hint="Name one file.")
    if not stat.S_ISREG(mode):
        raise UnreadableTableError(f"{path} is no plain file.", hint="Pipes, sockets and devices are not read.")


def _table(parts: Parts, version: DatasetVersion) -> str:
    return str(parts.artifacts.path(version.content_hash))
