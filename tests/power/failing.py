"""Does the program's deeds on a disk that fails at its Nth call, for N = 1, 2, 3 ... until a deed passes.

After each failure: it was said with the folder and what to do, reading goes on while the disk still fails, the state is
the old or the new one or the reason of the failure is kept, and once the disk is well again the deed can be done.
Workers and host are played, registry and stores are real. Arguments: folder, and `some` or `all`.
"""

from __future__ import annotations

import dataclasses
import errno
import itertools
import json
import shutil
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from tests.power.disk import Calls, Disk
from tests.services.world import World, import_result, train_result

from mlops_desktop.domain.deployments import Endpoint, RolloutStep
from mlops_desktop.domain.errors import AlreadyExistsError, ConflictError, NotFoundError, UserError
from mlops_desktop.domain.jobs import JobKind, JobStatus
from mlops_desktop.services.endpoint_tokens import sha256_of, token_of
from mlops_desktop.services.trash import Kind
from mlops_desktop.services.workspace import Workspace
from mlops_desktop.storage.registry import open_registry

Deed = Callable[[World], object]
State = Mapping[str, Any]
ALWAYS = ("fsync EIO", "write EIO", "ENOSPC from then on")
FAULTS: Mapping[str, Mapping[str, Any]] = {
    "fsync EIO": {"calls": Calls.SYNC},
    "write EIO": {"calls": Calls.WRITE},
    "rename EIO": {"calls": Calls.RENAME},
    "truncate EIO": {"calls": Calls.RESIZE},
    "create EIO": {"calls": Calls.CREATE | Calls.FOLDER},
    "ENOSPC from then on": {"calls": Calls.GROWS, "error": errno.ENOSPC, "forever": True},
    "ENOSPC after half a write": {"calls": Calls.WRITE, "error": errno.ENOSPC, "forever": True, "half": True},
}


@dataclasses.dataclass(frozen=True)
class Story:
    """A deed, what comes before it, whether it is one transaction or several steps, and whether it is told always."""

    deed: Deed
    before: Deed = lambda world: None
    is_whole: bool = True
    always: bool = True


def _queue_import(world: World) -> None:
    source = world.folder.parent / "flights.csv"
    world.workspace.datasets.import_file(source if source.exists() else world.file(), "birds")


def _train(world: World) -> None:
    world.runs()


def _started(queue: Deed, kind: JobKind) -> Deed:
    """A job whose worker is done, and whose keeper has not looked yet."""

    def before(world: World) -> None:
        queue(world)
        world.keeper().turn()
        fake = next(fake for fake in world.workers.jobs if fake.kind is kind)
        make = train_result if kind is JobKind.TRAIN else import_result
        fake.finish(make(fake.folder, "something new"))

    return before


def _turn(world: World) -> None:
    world.keeper().turn()


def _register(world: World) -> None:
    (run, *_) = world.workspace.experiments.runs()
    world.workspace.models.register(run.name, "other", alias="champion")


def _deploy(world: World) -> None:
    world.workspace.deployments.deploy("late")


def _deployed(world: World) -> None:
    _deploy(world)
    world.roll_out()


def _throw_away(world: World) -> None:
    world.workspace.trash.put(Kind.RUN, [world.finished_run("to be erased").name])


def _purge(world: World) -> None:
    world.workspace.trash.purge()


STORIES = {
    "import queued": Story(_queue_import, World.file, always=False),
    "import taken in": Story(_turn, _started(_queue_import, JobKind.IMPORT_DATASET), always=False),
    "runs queued": Story(_train, always=False),
    "run taken in": Story(_turn, _started(_train, JobKind.TRAIN)),
    "registered": Story(_register),
    "alias moved": Story(lambda world: world.workspace.models.set_alias("late@v1", "champion"), always=False),
    "deployment queued": Story(_deploy, always=False),
    "deployment recorded": Story(lambda world: world.roll_out(), _deploy, is_whole=False, always=False),
    "token changed": Story(lambda world: world.workspace.deployments.rotate_token("late"), _deployed, always=False),
    "erased": Story(_purge, _throw_away, is_whole=False),
}


def main() -> None:
    root, everything = Path(sys.argv[1]), sys.argv[2] == "all"
    base = _base(root)
    disk = Disk.of_this_process()
    counts: dict[str, dict[str, int]] = {}
    for name, story in STORIES.items():
        if not everything and not story.always:
            continue
        old, new = _both_states(base, root, story)
        counts[name] = {
            fault: _every_failure(base, root, disk, story, options, old, new, all_of_them=everything)
            for fault, options in FAULTS.items()
            if everything or fault in ALWAYS
        }
    sys.stdout.write(json.dumps(counts))


def _base(root: Path) -> World:
    (root / "template").mkdir(parents=True)
    state = root / "template state"
    open_registry(root / "template", state_folder=state, actor="", machine="", program_version="1.0").close()
    world = World(root / "base" / "workspace", root / "base" / "state", root / "template" / "registry.db")
    world.model("late")
    return world


def _copy(base: World, root: Path, story: Story) -> World:
    shutil.rmtree(root / "copy", ignore_errors=True)
    world = base.copy(root / "copy")
    story.before(world)
    return world


def _both_states(base: World, root: Path, story: Story) -> tuple[State, State]:
    """Without a fault: what is seen before the deed, and after it."""
    world = _copy(base, root, story)
    tokens = _digests(world.workspace)
    old = _state(world.workspace, tokens)
    story.deed(world)
    new = _state(world.workspace, tokens)
    world.close()
    return old, new


def _every_failure(
    base: World,
    root: Path,
    disk: Disk,
    story: Story,
    options: Mapping[str, Any],
    old: State,
    new: State,
    *,
    all_of_them: bool,
) -> int:
    """How often it failed until it passed."""
    for failures, nth in enumerate(itertools.count(1) if all_of_them else (4**power for power in itertools.count())):
        world = _copy(base, root, story)
        world.workspace.audit(1)  # in use, as a workspace is
        tokens = _digests(world.workspace)
        error: UserError | None = None
        with disk.failing(nth=nth, **options):
            try:
                story.deed(world)
            except UserError as failed:
                error = failed
            now = _state(world.workspace, tokens)
            fired = disk.fired
        if not fired:
            world.close()
            return failures
        _judge(world, story, error, tokens, old=old, now=now, new=new)
        world.close()
    raise AssertionError("it never passed")


def _judge(
    world: World,
    story: Story,
    error: UserError | None,
    tokens: Collection[str],
    *,
    old: State,
    now: State,
    new: State,
) -> None:
    reasons = _reasons(world.workspace)
    if error is not None:
        assert error.hint, error.message
        assert str(world.folder.parent) in error.message, error.message
    elif now not in (new, old) and story.is_whole:
        assert reasons, f"nothing was said, and it is neither done nor failed: {now}"
    elif now == old and story.is_whole:  # a keeper that goes on by itself
        assert any(job.status is JobStatus.RUNNING for job in world.workspace.jobs.list())
    if story.is_whole and not reasons:
        assert now in (old, new), (old, now, new)
    if not story.is_whole or now == old:
        _finish(world, story)
    world.workspace = Workspace(world.make_parts("grace"))  # as somebody else opens it
    world.verify()
    if not reasons:
        then = _state(world.workspace, tokens)
        assert _without_decisions(then) == _without_decisions(new), then


def _finish(world: World, story: Story) -> None:
    """Does it again on a disk that is well."""
    try:
        story.deed(world)
    except (AlreadyExistsError, ConflictError, NotFoundError):
        return


def _without_decisions(state: State) -> State:
    return {name: value for name, value in state.items() if name != "decisions"}


def _digests(workspace: Workspace) -> set[str]:
    """Of the tokens that count."""
    return {endpoint.token_sha256 for endpoint, _ in workspace.deployments.list()}


def _state(workspace: Workspace, tokens: Collection[str]) -> State:
    """All that a person sees, without what is different each time. `tokens` are the digests of those that counted."""
    return {
        "jobs": sorted(job.status.value for job in workspace.jobs.list()),
        "tables": [
            (table.reference, table.content_hash)
            for dataset in workspace.datasets.list()
            for table in workspace.datasets.versions(dataset.name)
        ],
        "runs": sorted((run.status.value, run.bundle_hash or "") for run in workspace.experiments.runs()),
        "models": [
            (version.reference, version.manifest_hash, version.aliases)
            for model in workspace.models.list()
            for version in workspace.models.versions(model.name)
        ],
        "rollouts": [
            rollout.step.value
            for endpoint, _ in workspace.deployments.list()
            for rollout in workspace.deployments.rollouts(endpoint.name)
        ],
        "tokens": [_token(workspace, endpoint, tokens) for endpoint, _ in workspace.deployments.list()],
        "trash": [item.kind.value for item in workspace.trash.list()],
        "decisions": [entry.action for entry in workspace.audit()],
    }


def _token(workspace: Workspace, endpoint: Endpoint, before: Collection[str]) -> str:
    """Which token the endpoint's row names, `old` or `new`, where it is the one that this computer gives for it."""
    given = token_of(workspace._parts.secrets, endpoint)
    if given is None or sha256_of(given) != endpoint.token_sha256:
        return "lost"
    return "old" if endpoint.token_sha256 in before else "new"


def _reasons(workspace: Workspace) -> list[str]:
    """What is kept of jobs and rollouts that failed."""
    jobs = [job.failure for job in workspace.jobs.list() if job.status is JobStatus.FAILED]
    rollouts = [
        rollout.failure
        for endpoint, _ in workspace.deployments.list()
        for rollout in workspace.deployments.rollouts(endpoint.name)
        if rollout.step is RolloutStep.FAILED
    ]
    found = [failure for failure in (*jobs, *rollouts) if failure is not None]
    assert all(failure.message and failure.hint for failure in found), found
    return [failure.message for failure in found]


if __name__ == "__main__":
    main()
