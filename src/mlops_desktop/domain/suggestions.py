"""What to suggest for a run: task, features with roles, validation, judged from profiles alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlops_desktop.domain.datasets import Column, ColumnProfile, ColumnType, Finding
from mlops_desktop.domain.errors import InvalidInputError, UnusableTargetError
from mlops_desktop.domain.experiments import Feature, FeatureRole, LeftOut, Task, Validation, ValidationKind

MOST_CLASSES = 100
FEW_INTEGER_CLASSES = 20
MOST_TEXT_CATEGORIES = 1000
TARGET_NAMES = frozenset({"target", "label", "class", "outcome", "y", "species"})
LARGE = 50_000
"""Of more rows one part is enough to measure well, and three windows in time."""
FEWEST_TIMES = 24
"""So many different moments order rows: each part of five windows then spans four of them; two years of months do."""
FEWEST_IN_A_WINDOW = 5
LEAKING = frozenset({"decides_target", "known_after"})
"""Codes of findings that keep a column out unless the person names it."""


@dataclass(frozen=True)
class Suggestion:
    """A run's set-up as the program would choose it, each choice changeable."""

    target: str
    task: Task
    positive_label: str | None
    features: tuple[Feature, ...]
    left_out: tuple[LeftOut, ...]
    validation: Validation
    time_column: str | None
    findings: tuple[Finding, ...] = ()
    last_run: str = ""
    """The experiment's last run with this target, where it has one."""
    is_as_last_run: bool = False
    """What nobody decided is as in `last_run`, so that the runs can be compared."""


def detect_task(column: Column, profile: ColumnProfile) -> Task:
    """binary for two values, multiclass for other text and for few whole numbers, else regression.

    Raises UnusableTargetError where there is nothing to learn: no value, one value, or hardly two rows.
    """
    present = profile.rows - profile.missing
    if present == 0:
        raise UnusableTargetError(f"{column.name} is empty in every row.", hint="Choose another target.")
    if profile.distinct < 2:
        raise UnusableTargetError(
            f"{column.name} has the same value in all {present:,} rows.",
            hint="A model cannot learn to tell apart what never differs; choose another target.",
        )
    if present < 10:
        raise UnusableTargetError(f"{column.name} has a value in {present} rows only.", hint="Import more rows.")
    if column.type is ColumnType.BOOLEAN or profile.distinct == 2:
        return Task.BINARY
    if column.type is ColumnType.TEXT:
        if profile.distinct > MOST_CLASSES:
            raise UnusableTargetError(
                f"{column.name} has {profile.distinct:,} different texts.",
                hint=f"A target has at most {MOST_CLASSES} classes; derive a coarser column.",
            )
        return Task.MULTICLASS
    if column.type is ColumnType.INTEGER and profile.distinct <= FEW_INTEGER_CLASSES:
        return Task.MULTICLASS
    if column.type.is_temporal:
        raise UnusableTargetError(f"{column.name} is a date.", hint="Derive a number or a yes/no column from it.")
    return Task.REGRESSION


def suggest_positive_label(column: Column, profile: ColumnProfile) -> str:
    """`true` for yes/no columns, the greater of two numbers, else the rarer of two texts."""
    if column.type is ColumnType.BOOLEAN:
        return "true"
    if column.type.is_numeric:
        return str(max((item.value for item in profile.top_values), key=float))
    return min(profile.top_values, key=lambda item: (item.count, item.value)).value


def choose_features(
    columns: Sequence[Column],
    profiles: Sequence[ColumnProfile],
    target: str,
    *,
    findings: Sequence[Finding] = (),
    named: Sequence[str] | None = None,
    without: Sequence[str] = (),
    included: Sequence[str] = (),
    roles: Mapping[str, FeatureRole] | None = None,
    avoided: Mapping[str, str] | None = None,
) -> tuple[tuple[Feature, ...], tuple[LeftOut, ...]]:
    """The columns to learn from with their roles, and the others with the reason they are left out.

    `named` are the columns the person asked for: nothing is left out of them but the target. `included` are those taken
    back in although they would be left out, `roles` those that are used otherwise than their type says. `avoided` are
    left out for these reasons where there is none else.
    Raises InvalidInputError for a name that is no column, a role that does not fit, or when nothing is left.
    """
    known = {column.name for column in columns}
    wanted = dict(roles or {})
    for name in (*(named or ()), *without, *included, *wanted):
        if name not in known:
            raise InvalidInputError(f"There is no column {name}.", hint=f"Columns: {', '.join(sorted(known))}.")
    by_name = {profile.name: profile for profile in profiles}
    leaks = {item.columns[0]: item.sentence for item in findings if item.code in LEAKING and item.columns}
    features: list[Feature] = []
    left_out: list[LeftOut] = []
    for column in columns:
        if column.name == target:
            continue
        reason = _reason_to_leave_out(column, by_name[column.name], leaks, named, without)
        reason = reason or (avoided or {}).get(column.name, "")
        if reason and (column.name not in included or column.name in without):
            left_out.append(LeftOut(column.name, reason))
        else:
            features.append(Feature(column.name, _role(column, wanted.get(column.name))))
    if not features:
        raise InvalidInputError("No column is left to learn from.", hint="Name the features yourself.")
    return tuple(features), tuple(left_out)


def _reason_to_leave_out(
    column: Column,
    profile: ColumnProfile,
    leaks: Mapping[str, str],
    named: Sequence[str] | None,
    without: Sequence[str],
) -> str:
    if named is not None:
        return "" if column.name in named else "not chosen"
    if column.name in without:
        return "left out by you"
    if column.name in leaks:
        return leaks[column.name]
    present = profile.rows - profile.missing
    if present == 0:
        return "empty in every row"
    if profile.distinct < 2:
        return "the same value in every row"
    if column.type is ColumnType.TEXT and profile.distinct > MOST_TEXT_CATEGORIES:
        return f"{profile.distinct:,} different texts, too many for categories"
    if column.type is ColumnType.TEXT and present > 20 and profile.distinct == present:
        return "every text is different, like an identifier"
    return ""


def feature_role(column: Column) -> FeatureRole:
    if column.type.is_temporal:
        return FeatureRole.DATE
    return FeatureRole.CATEGORY if column.type is ColumnType.TEXT else FeatureRole.NUMERIC


def possible_roles(column: Column) -> tuple[FeatureRole, ...]:
    """What a column may be used as, the usual way first."""
    usual = feature_role(column)
    numeric = column.type.is_numeric or column.type is ColumnType.BOOLEAN
    return (usual, FeatureRole.CATEGORY) if numeric or usual is FeatureRole.DATE else (usual,)


def _role(column: Column, wanted: FeatureRole | None) -> FeatureRole:
    possible = possible_roles(column)
    if wanted is not None and wanted not in possible:
        raise InvalidInputError(
            f"{column.name} cannot be used as {wanted.value}.",
            hint=f"It can be used as {' or '.join(role.value for role in possible)}.",
        )
    return wanted or possible[0]


def suggest_target(
    columns: Sequence[Column], profiles: Sequence[ColumnProfile], derived: Sequence[str], used: Sequence[str]
) -> tuple[str, str] | None:
    """The column that is likely to be predicted, and why: what was predicted before, derived last, or named so.

    None where no column can be learnt.
    """
    by_name = {profile.name: profile for profile in profiles}
    usable = [column.name for column in columns if _can_be_learnt(column, by_name[column.name])]
    for name in used:
        if name in usable:
            return name, "predicted by the last run on this dataset"
    for name in reversed(derived):
        if name in usable:
            return name, "derived in the import"
    for name in usable:
        if name.lower() in TARGET_NAMES:
            return name, "its name says so"
    yes_or_no = [column.name for column in columns if column.type is ColumnType.BOOLEAN and column.name in usable]
    if yes_or_no:
        return yes_or_no[-1], "the last yes/no column"
    return (usable[-1], "the last column that can be learnt") if usable else None


def _can_be_learnt(column: Column, profile: ColumnProfile) -> bool:
    try:
        detect_task(column, profile)
    except UnusableTargetError:
        return False
    return True


def time_column(columns: Sequence[Column], profiles: Sequence[ColumnProfile]) -> str | None:
    """The date column that orders the rows best: the one with most different values and none missing."""
    by_name = {profile.name: profile for profile in profiles}
    dates = [c.name for c in columns if c.type.is_temporal and by_name[c.name].missing == 0]
    return max(dates, key=lambda name: by_name[name].distinct, default=None)


def suggest_validation(
    rows: int, times: ColumnProfile | None = None, target: ColumnProfile | None = None
) -> Validation:
    """How a model for rows to come is measured truly, and its time kept within bounds.

    Where the rows have a time: growing windows in its order, so that no model is checked on rows older than those it
    learnt from. Else five random folds; one random part where the table is large enough for it to measure well.
    `target` is the profile of classes to be told apart: too rare ones might be missing in the first window.
    """
    large = rows > LARGE
    folds = 3 if large else 5
    if times is not None and times.distinct >= FEWEST_TIMES and _in_every_window(target, folds):
        return Validation(ValidationKind.TIME_ORDERED, folds=folds, column=times.name)
    return Validation(ValidationKind.HOLDOUT) if large else Validation(ValidationKind.K_FOLD, folds=5)


def _in_every_window(target: ColumnProfile | None, folds: int) -> bool:
    """Whether each class is frequent enough to be expected in each of the windows' parts."""
    counts = [item.count for item in target.top_values] if target is not None else []
    return all(count >= FEWEST_IN_A_WINDOW * (folds + 1) for count in counts)
