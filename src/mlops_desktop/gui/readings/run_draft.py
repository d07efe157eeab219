"""What a person has decided about new runs so far: the draft, what it asks for, and the same on the command line."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mlops_desktop.domain.datasets import DatasetVersion
from mlops_desktop.domain.errors import InvalidNameError
from mlops_desktop.domain.experiments import (
    FeatureRole,
    Imputation,
    Preprocessing,
    Run,
    Scaling,
    Task,
    ThresholdRule,
    Validation,
    ValidationKind,
)
from mlops_desktop.domain.names import check_name
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.domain.suggestions import Suggestion
from mlops_desktop.services.run_setup import SUGGESTED_ESTIMATOR, EstimatorChoice, RunRequest

Params = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Draft:
    """None and empty mean: as suggested. Numbers are kept as they were typed; shares in per cent.

    `params` hold, by estimator, those that differ from the estimator's defaults.
    """

    dataset: str = ""
    target: str = ""
    experiment: str | None = None
    question: str = ""
    task: Task | None = None
    positive: str | None = None
    estimators: tuple[str, ...] = (SUGGESTED_ESTIMATOR,)
    params: Params = field(default_factory=dict)
    without: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    roles: Mapping[str, FeatureRole] = field(default_factory=dict)
    imputation: Imputation = Imputation.MEDIAN
    scaling: Scaling = Scaling.STANDARD
    most_categories: str = "50"
    class_weight: bool = False
    validation: ValidationKind | None = None
    folds: str = "5"
    share: str = "20"
    test: str = "0"
    by: str | None = None
    rule: ThresholdRule = ThresholdRule.FIXED
    threshold: str = "0.5"
    seed: str = "0"
    threads: str = "1"
    tags: str = ""
    notes: str = ""
    rerun_of: str = ""
    afresh: bool = False
    """As the rows suggest, also where the experiment has a last run."""

    def with_param(self, estimator: str, name: str, text: str, default: str) -> Draft:
        """A value that equals the default is not kept."""
        mine = {key: value for key, value in self.params.get(estimator, {}).items() if key != name}
        if text != default:
            mine[name] = text
        others = {key: value for key, value in self.params.items() if key != estimator}
        return replace(self, params={**others, estimator: mine} if mine else others)

    def with_estimator(self, name: str, chosen: bool, order: tuple[str, ...]) -> Draft:
        wanted = {*self.estimators, name} if chosen else {*self.estimators} - {name}
        return replace(self, estimators=tuple(each for each in order if each in wanted))


def load_draft(plain: Any) -> Draft | None:
    """A draft as it was remembered; None for one that another program wrote differently."""
    try:
        return from_plain(Draft, plain)
    except (ValueError, TypeError, KeyError):
        return None


def store_draft(draft: Draft) -> Any:
    return to_plain(draft)


def draft_of_run(run: Run, usual: Suggestion, dataset: str) -> Draft:
    """A draft that asks for the same as the run; `usual` is what would be suggested for its dataset and target."""
    spec, validation = run.spec, run.spec.validation
    chosen = {feature.name: feature.role for feature in spec.features}
    offered = {feature.name: feature.role for feature in usual.features}
    params = {name: as_text(value) for name, value in spec.params.items()}
    return Draft(
        dataset=dataset,
        target=spec.target,
        experiment=run.experiment_name,
        task=spec.task,
        positive=spec.positive_label,
        estimators=(spec.estimator,),
        params={spec.estimator: params} if params else {},
        without=tuple(name for name in offered if name not in chosen),
        included=tuple(name for name in chosen if name not in offered),
        roles={name: role for name, role in chosen.items() if name in offered and offered[name] is not role},
        imputation=spec.preprocessing.imputation,
        scaling=spec.preprocessing.scaling,
        most_categories=str(spec.preprocessing.most_categories),
        class_weight=spec.class_weight is not None,
        validation=validation.kind,
        folds=str(validation.folds),
        share=_percent_text(validation.validation_share),
        test=_percent_text(validation.test_share),
        by=validation.column,
        rule=spec.threshold_rule,
        threshold=as_text(spec.threshold),
        seed=str(spec.seed),
        threads=str(spec.threads),
        tags=", ".join(run.tags),
        rerun_of=run.name,
    )


def as_text(value: object) -> str:
    """A parameter as a person types it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return repr(value) if isinstance(value, float) else str(value)


def _percent_text(share: float) -> str:
    return f"{share * 100:.10g}"


# --- the rules of the fields that need no worker ----------------------------------------------------------------------


def problems(draft: Draft) -> dict[str, str]:
    """What keeps the draft from being asked for, by field."""
    found = {name: problem for name, rule in _RULES.items() if (problem := rule(draft))}
    if draft.validation is ValidationKind.GROUPED and not draft.by:
        found["by"] = "Choose the column that names the group"
    return found


def _name(text: str, kind: str) -> str:
    try:
        check_name(text, kind)
    except InvalidNameError as error:
        return error.hint
    return ""


def _whole(text: str, low: int, high: int) -> str:
    fits = re.fullmatch(r"\d{1,12}", text.strip()) and low <= int(text) <= high
    return "" if fits else f"Must be a whole number from {low:,} to {high:,}"


def _number(text: str, low: float, high: float) -> str:
    fits = re.fullmatch(r"\d{0,12}(\.\d{0,12})?", text.strip()) and any(map(str.isdigit, text))
    return "" if fits and low <= float(text) <= high else f"Must be a number from {low:g} to {high:g}"


def _tags(draft: Draft) -> str:
    return next((problem for tag in split_tags(draft.tags) if (problem := _name(tag, "tag"))), "")


def _folds(draft: Draft) -> str:
    return "" if draft.validation is ValidationKind.HOLDOUT else _whole(draft.folds, 2, 100)


def _share(draft: Draft) -> str:
    return _number(draft.share, 1, 90) if draft.validation is ValidationKind.HOLDOUT else ""


def _threshold(draft: Draft) -> str:
    return _number(draft.threshold, 0, 1) if draft.rule is ThresholdRule.FIXED else ""


_RULES: Mapping[str, Callable[[Draft], str]] = {
    "dataset": lambda draft: "" if draft.dataset else "Choose the data to learn from",
    "target": lambda draft: "" if draft.target else "Choose what to predict",
    "experiment": lambda draft: _name(draft.experiment, "experiment") if draft.experiment is not None else "",
    "estimators": lambda draft: "" if draft.estimators else "Choose at least one estimator",
    "folds": _folds,
    "share": _share,
    "test": lambda draft: _number(draft.test, 0, 90),
    "most_categories": lambda draft: _whole(draft.most_categories, 2, 100_000),
    "threshold": _threshold,
    "seed": lambda draft: _whole(draft.seed, 0, 2**32 - 1),
    "threads": lambda draft: _whole(draft.threads, 1, 64),
    "tags": _tags,
}


def split_tags(text: str) -> tuple[str, ...]:
    return tuple(tag.strip() for tag in text.split(",") if tag.strip())


# --- what it asks for -------------------------------------------------------------------------------------------------


def validation_of(draft: Draft) -> Validation | None:
    """None: as suggested. What cannot be read yet counts as its default."""
    if draft.validation is None:
        return None
    usual = Validation()
    folds = int(draft.folds) if not _folds(draft) and draft.folds.strip().isdigit() else usual.folds
    share = float(draft.share) / 100 if not _number(draft.share, 1, 90) else usual.validation_share
    test = float(draft.test) / 100 if not _number(draft.test, 0, 90) else 0.0
    needs_column = draft.validation in (ValidationKind.TIME_ORDERED, ValidationKind.GROUPED)
    return Validation(draft.validation, folds, share, test, draft.by if needs_column else None)


def request(draft: Draft) -> RunRequest:
    """What the draft asks for; numbers that cannot be read yet count as their defaults."""
    good = {name: value for name, value in _numbers(draft).items() if name not in problems(draft)}
    return RunRequest(
        dataset=draft.dataset,
        target=draft.target,
        experiment=(draft.experiment or None) if not _RULES["experiment"](draft) else None,
        question=draft.question.strip(),
        estimators=tuple(EstimatorChoice(name, dict(draft.params.get(name, {}))) for name in draft.estimators),
        without=draft.without,
        included=draft.included,
        roles=draft.roles,
        task=draft.task,
        positive_label=draft.positive,
        class_weight="balanced" if draft.class_weight else None,
        preprocessing=Preprocessing(draft.imputation, draft.scaling, int(good.get("most_categories", 50))),
        validation=validation_of(draft),
        threshold_rule=draft.rule,
        threshold=float(good.get("threshold", 0.5)) if draft.rule is ThresholdRule.FIXED else 0.5,
        seed=int(good.get("seed", 0)),
        threads=int(good.get("threads", 1)),
        tags=split_tags(draft.tags),
        notes=draft.notes.strip(),
        rerun_of=draft.rerun_of or None,
        afresh=draft.afresh,
    )


def _numbers(draft: Draft) -> dict[str, str]:
    return {
        "most_categories": draft.most_categories,
        "threshold": draft.threshold,
        "seed": draft.seed,
        "threads": draft.threads,
    }


def command(draft: Draft) -> str:
    """The line that asks the command line for the same."""
    asked = request(draft)
    words = ["mlops", "experiments", "run"]
    dashed = asked.target.startswith("-")  # else it would be read as an option
    words += [] if dashed else [asked.dataset, asked.target]
    words += [f"--experiment={asked.experiment}"] if asked.experiment else []
    words += [f"--question={asked.question}"] if asked.question else []
    for choice in asked.estimators:
        words += ["-e", choice.name]
        words += [part for name, value in choice.params.items() for part in ("-p", f"{choice.name}.{name}={value}")]
    words += [f"--without={name}" for name in asked.without]
    words += [f"--include={name}" for name in asked.included]
    words += [f"--role={name}={role.value}" for name, role in asked.roles.items()]
    words += [f"--task={asked.task.value}"] if asked.task else []
    words += [f"--positive={asked.positive_label}"] if asked.positive_label else []
    words += [f"--class-weight={asked.class_weight}"] if asked.class_weight else []
    words += _preparation(asked.preprocessing) + _measuring(asked)
    words += [f"--seed={asked.seed}"] if asked.seed else []
    words += [f"--threads={asked.threads}"] if asked.threads != 1 else []
    words += [f"--tag={tag}" for tag in asked.tags]
    words += [f"--notes={asked.notes}"] if asked.notes else []
    words += ["--afresh"] if asked.afresh else []
    words += [f"--rerun-of={asked.rerun_of}"] if asked.rerun_of else []
    words += ["--", asked.dataset, asked.target] if dashed else []
    return shlex.join(words)


def _preparation(chosen: Preprocessing) -> list[str]:
    usual = Preprocessing()
    words = [f"--imputation={chosen.imputation.value}"] if chosen.imputation is not usual.imputation else []
    words += [f"--scaling={chosen.scaling.value}"] if chosen.scaling is not usual.scaling else []
    if chosen.most_categories != usual.most_categories:
        words.append(f"--most-categories={chosen.most_categories}")
    return words


def _measuring(asked: RunRequest) -> list[str]:
    words: list[str] = []
    if (chosen := asked.validation) is not None:
        words = [f"--validation={chosen.kind.value}"]
        if chosen.kind is ValidationKind.HOLDOUT:
            words.append(f"--share={chosen.validation_share:g}")
        else:
            words.append(f"--folds={chosen.folds}")
        words += [f"--by={chosen.column}"] if chosen.column else []
        words += [f"--test={chosen.test_share:g}"] if chosen.test_share else []
    if asked.threshold_rule is not ThresholdRule.FIXED:
        words.append(f"--threshold={asked.threshold_rule.value}")
    elif asked.threshold != 0.5:
        words.append(f"--threshold={asked.threshold!r}")
    return words


# --- words about parameters -------------------------------------------------------------------------------------------


def allowed(kinds: list[Mapping[str, Any]]) -> str:
    """What a parameter may be, in few words: `≥ 1 or none`."""
    words = [word for kind in kinds[:3] for word in _allowed(kind)]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


def _allowed(kind: Mapping[str, Any]) -> list[str]:
    match kind["kind"]:
        case "none":
            return ["none"]
        case "bool":
            return ["true", "false"]
        case "options":
            return list(kind["options"])
        case "int_list":
            return ["a list like 50, 20"]
        case _:
            return [_range(kind)]


def _range(kind: Mapping[str, Any]) -> str:
    low, high, closed = kind["low"], kind["high"], kind["closed"]
    below, above = closed in ("left", "both"), closed in ("right", "both")
    what = "whole number, " if kind["kind"] == "int" and kind.get("beside_float") else ""
    if low is not None and high is not None:
        words = f"{low:g} – {high:g}"
        if not (below and above):
            words = f"{'≥' if below else '>'} {low:g}, {'≤' if above else '<'} {high:g}"
        return what + words
    if low is not None:
        return what + (f"≥ {low:g}" if below else f"> {low:g}")
    if high is not None:
        return what + (f"≤ {high:g}" if above else f"< {high:g}")
    return what + "any number"


def default_text(default: object) -> str:
    return as_text(json.loads(json.dumps(default)))


def suggested_experiment(version: DatasetVersion, target: str) -> str:
    from mlops_desktop.domain.names import usable_name

    return usable_name(f"{version.dataset_name}-{target}", "experiment")
