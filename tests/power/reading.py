"""Reads a workspace on a disk that cannot give one page, or one file, back. Prints what was met.

Arguments: the folder that is watched, and every how many pages one is tried.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.power.disk import Calls, Disk
from tests.services.world import World

from mlops_desktop.domain.errors import DamagedArtifactError, DamagedBundleError, DamagedRegistryError, UserError
from mlops_desktop.services.workspace import Workspace
from mlops_desktop.storage.registry import open_registry

PAGE = 4096
LISTS: Mapping[str, Callable[[Workspace], int]] = {
    "datasets": lambda workspace: len(workspace.datasets.list()),
    "runs": lambda workspace: len(workspace.experiments.runs()),
    "models": lambda workspace: len(workspace.models.list()),
    "jobs": lambda workspace: len(workspace.jobs.list()),
    "decisions": lambda workspace: len(workspace.audit()),
}


def main() -> None:
    root = Path(sys.argv[1])
    disk = Disk.of_this_process()
    (root / "template").mkdir()
    open_registry(root / "template", state_folder=root, actor="", machine="", program_version="1.0").close()
    world = World(root / "workspace", root / "state", root / "template" / "registry.db")
    world.model("late")
    for number in range(3):
        world.dataset(f"table {number}", content=f"content {number}")
    world.parts.registry.checkpoint()
    met = {"pages": _pages(world, disk, int(sys.argv[2])), "files": _files(world, disk)}
    world.verify()  # on a disk that is well again all is there
    world.close()
    sys.stdout.write(json.dumps(met))


def _pages(world: World, disk: Disk, step: int) -> list[list[str]]:
    """Of each page that cannot be read: which lists cannot be seen. The others are as they were."""
    expected = {name: count(world.workspace) for name, count in LISTS.items()}
    path = world.folder / "registry.db"
    found = []
    for page in range(1, path.stat().st_size // PAGE, step):
        reader = Workspace(world.make_parts("grace"))
        bad = []
        with disk.failing(Calls.READ, match="registry.db", forever=True, between=(page * PAGE, (page + 1) * PAGE)):
            for name, count in LISTS.items():
                error = _error_of(partial(count, reader))
                if error is None:
                    assert count(reader) == expected[name]
                    continue
                assert isinstance(error, DamagedRegistryError), error
                assert str(path) in error.message, error.message
                assert error.hint
                bad.append(name)
            problems = reader._parts.registry.problems()
            fired = disk.fired
        assert bool(problems) == bool(fired), (page, problems)
        found.append(bad)
    return found


def _files(world: World, disk: Disk) -> list[str]:
    """Each artifact and bundle in turn cannot be read: it alone is named, and the others are well."""
    parts = world.parts
    names = []
    for sha256 in parts.artifacts.hashes():
        with disk.failing(Calls.READ, match=sha256[2:], forever=True):
            names.append(_refused(partial(parts.artifacts.path, sha256), DamagedArtifactError, sha256))
            _alone(world.workspace, sha256)
    for manifest_hash in parts.bundles.hashes():
        with disk.failing(Calls.READ, match=f"{manifest_hash}/recipe.json", forever=True):
            names.append(_refused(partial(parts.bundles.folder, manifest_hash), DamagedBundleError, manifest_hash))
            _alone(world.workspace, manifest_hash)
    return names


def _error_of(use: Callable[[], object]) -> UserError | None:
    try:
        use()
    except UserError as error:
        return error
    return None


def _refused(use: Callable[[], object], kind: type[UserError], name: str) -> str:
    error = _error_of(use)
    assert isinstance(error, kind), f"{name} was handed out"
    assert name[:12] in error.message, error.message
    return error.message


def _alone(workspace: Workspace, name: str) -> None:
    assert [problem.subject for problem in workspace.verify().problems] == [name]


if __name__ == "__main__":
    main()
