"""How a run was measured, in words, and whose figures can stand beside each other.

Figures can be compared where the question, the dataset (in any version) and the way of validation are the same. A
random part that is held out and a part that comes later give different figures of the same model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from mlops_desktop.domain.experiments import Run, Task, Validation, ValidationKind

RANDOM = frozenset({ValidationKind.HOLDOUT, ValidationKind.K_FOLD})
"""What is held out are rows taken at random, whenever they come."""
_ALSO_CALLED = {
    ValidationKind.HOLDOUT: ("hold-out",),
    ValidationKind.K_FOLD: ("k-fold", "folds"),
    ValidationKind.TIME_ORDERED: ("by time", "time"),
    ValidationKind.GROUPED: ("group",),
}


def short_words(plan: Validation) -> str:
    """`Hold-out 20 %`, `5 folds`, `By time, 5 folds`, `By carrier, 5 folds`; `+ test` where a part is kept for it."""
    words = {
        ValidationKind.HOLDOUT: f"Hold-out {_percent(plan.validation_share)}",
        ValidationKind.K_FOLD: f"{plan.folds} folds",
        ValidationKind.TIME_ORDERED: f"By time, {plan.folds} folds",
        ValidationKind.GROUPED: f"By {plan.column}, {plan.folds} folds",
    }[plan.kind]
    return f"{words} + test" if plan.test_share else words


def full_words(plan: Validation) -> str:
    """`5 growing windows by time_hour, 20 % test`."""
    return f"{plan.words}, {_percent(plan.test_share)} test" if plan.test_share else plan.words


def names_of(plan: Validation) -> tuple[str, ...]:
    """Every way to name it in a filter."""
    return (short_words(plan), plan.kind.value, *_ALSO_CALLED[plan.kind])


def way_of(dataset_reference: str, target: str, positive_label: str | None, task: Task, plan: Validation) -> str:
    """The same text for all runs whose figures can be compared."""
    question = repr((_dataset(dataset_reference), target, positive_label, task.value))
    return f"{question}\n{full_words(plan)}"


def way_of_run(run: Run) -> str:
    spec = run.spec
    return way_of(run.dataset_reference, spec.target, spec.positive_label, spec.task, spec.validation)


def are_comparable(runs: Iterable[Run]) -> bool:
    return len({way_of_run(run) for run in runs}) <= 1


def why_not_comparable(runs: Sequence[Run]) -> str:
    """`they were validated in different ways`; nothing where their figures can be compared."""
    if are_comparable(runs):
        return ""
    return next((words for words, say in _REASONS if len({say(run) for run in runs}) > 1), "")


Ways = Mapping[str, tuple[int, Validation]]
"""How many finished runs were measured in each way, and how that validates."""


def doubts(run: Run, *, time_column: str | None, champion: tuple[str, Run] | None, ways: Ways) -> tuple[str, ...]:
    """What speaks against taking the figures of the run for what they look like, worst first.

    `time_column` orders its rows, if anything does; `champion` is what the run may follow, `v3` and its run; `ways` are
    those of finished runs, itself among them; those that answer its question count as its neighbours.
    """
    found = []
    plan = run.spec.validation
    if time_column is not None and plan.kind in RANDOM:
        found.append(
            f"Its figures come from rows taken at random, though {time_column} orders the rows: it may have looked "
            "ahead, and do worse on rows to come."
        )
    unlike = why_not_comparable((run, champion[1])) if champion else ""
    if champion and unlike:
        found.append(f"It cannot be compared with the champion, {champion[0]}: {_unlike(run, champion[1], unlike)}.")
        return tuple(found)
    own = way_of_run(run)
    question = own.partition("\n")[0]
    apart = {way: known for way, known in ways.items() if way != own and way.partition("\n")[0] == question}
    count = sum(number for number, _ in apart.values())
    others = count + max(ways.get(own, (0, plan))[0] - 1, 0)
    if 0 < others < 2 * count:
        words = dict.fromkeys(full_words(other) for _, other in apart.values() if other != plan)
        how = f" ({', '.join(words)})" if words else ""
        runs = f"{count} of the {others} other finished runs" if count < others else f"the {others} other finished runs"
        runs = "the other finished run" if others == 1 else runs
        found.append(f"It cannot be compared with {runs} for {run.spec.target}, measured otherwise{how}.")
    return tuple(found)


def _unlike(run: Run, other: Run, reason: str) -> str:
    here, there = full_words(run.spec.validation), full_words(other.spec.validation)
    return f"{reason}, this one on {here}, that one on {there}" if here != there else reason


def target_words(run: Run) -> str:
    spec = run.spec
    return spec.target if spec.positive_label is None else f"{spec.target} = {spec.positive_label}"


def _dataset(reference: str) -> str:
    return reference.rpartition("@")[0] or reference


def _percent(share: float) -> str:
    return f"{share * 100:.4g} %"


_REASONS: tuple[tuple[str, Callable[[Run], str]], ...] = (
    ("they answer different questions", lambda run: run.spec.task.value),
    ("they predict different targets", target_words),
    ("they were measured on different datasets", lambda run: _dataset(run.dataset_reference)),
    ("they were validated in different ways", way_of_run),
)
