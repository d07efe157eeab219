"""Estimator parameters: the form's fields from scikit-learn's own constraints, and the check of given values."""

from __future__ import annotations

import ast
import difflib
import inspect
import math
import re
from collections.abc import Mapping
from typing import Any

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import Task
from mlops_desktop.domain.plain import to_plain
from mlops_desktop.workers.training import estimators
from mlops_desktop.workers.training.estimators import Entry

_NEVER_SHOWN = frozenset(
    {
        "random_state",  # the run's seed
        "n_jobs",  # runs use one Python thread; results must not depend on it
        "class_weight",  # part of the run's set-up
        "verbose",
        "warm_start",
        "copy_X",
        "monotonic_cst",
        "interaction_cst",
        "precompute",
        "store_covariance",
        "compute_score",
    }
)


def fields(entry: Entry, task: Task) -> list[dict[str, Any]]:
    """One field a parameter: name, kinds (each one form that a value may take), default, doc, first.

    A kind is {"kind": "float"|"int", "low", "high", "closed"}, {"kind": "options", "options"}, {"kind": "bool"},
    {"kind": "none"} or {"kind": "int_list"}; bounds that are None are open.
    """
    cls = estimators.load_class(entry, task)
    signature = inspect.signature(cls).parameters
    docs = _docs(cls)
    ours = estimators.our_defaults(entry, task)
    made = []
    for name, constraints in cls._parameter_constraints.items():
        if name in _NEVER_SHOWN or name in entry.hidden or name not in signature:
            continue
        default = ours.get(name, signature[name].default)
        kinds = _kinds(name, constraints, entry)
        if not kinds or default == "deprecated":
            continue
        made.append(
            {
                "name": name,
                "kinds": kinds,
                "default": to_plain(_plain_default(default)),
                "doc": docs.get(name, ""),
                "first": name in entry.first,
            }
        )
    order = {name: place for place, name in enumerate(entry.first)}
    return sorted(made, key=lambda field: order.get(str(field["name"]), len(order)))


def check(entry: Entry, task: Task, params: Mapping[str, object]) -> dict[str, Any]:
    """The params as plain values that the estimator takes; texts ("0.1", "none", "[50, 20]") are read.

    Raises InvalidInputError naming the parameter and its rule.
    """
    known = {str(field["name"]): field for field in fields(entry, task)}
    return {name: _check_one(entry, known, name, value) for name, value in params.items()}


def problems(entry: Entry, task: Task, params: Mapping[str, object]) -> dict[str, InvalidInputError]:
    """What is wrong with each of the params that cannot be taken."""
    known = {str(field["name"]): field for field in fields(entry, task)}
    found = {}
    for name, value in params.items():
        try:
            _check_one(entry, known, name, value)
        except InvalidInputError as error:
            found[name] = error
    return found


def for_estimator(params: Mapping[str, object]) -> dict[str, object]:
    """Checked plain params as scikit-learn wants them."""
    return {
        name: tuple(value) if isinstance(value, list) else math.inf if value == "Infinity" else value
        for name, value in params.items()
    }


def _check_one(entry: Entry, known: Mapping[str, Mapping[str, Any]], name: str, value: object) -> Any:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        raise InvalidInputError(
            f"{entry.title} has no parameter {name!r}.",
            hint=f"Did you mean {' or '.join(near)}?" if near else f"It has {', '.join(known)}.",
        )
    kinds = known[name]["kinds"]
    for candidate in _readings(value):
        for kind in kinds:
            fits, read = _fit(kind, candidate)
            if fits:
                return read
    raise InvalidInputError(
        f"{name} must be {' or '.join(_rule(kind) for kind in kinds)}, not {_shown(value)}.",
        hint=f"scikit-learn's rule for {name} of {entry.title}; its default is {known[name]['default']!r}.",
    )


def _readings(value: object) -> list[object]:
    """The value itself, and what a text may stand for."""
    if not isinstance(value, str):
        return [value]
    text = value.strip()
    readings: list[object] = [text]
    words: dict[str, object] = {"none": None, "null": None, "true": True, "yes": True, "false": False, "no": False}
    if text.lower() in words:
        readings.append(words[text.lower()])
    if re.fullmatch(r"[+-]?\d{1,18}", text):
        readings.append(int(text))
    elif re.fullmatch(r"[+-]?(\d{1,300}\.?\d{0,300}|\.\d{1,300})([eE][+-]?\d{1,4})?", text):
        readings.append(float(text))
    elif text.lower() in ("inf", "infinity"):
        readings.append(math.inf)
    elif re.fullmatch(r"[\[(]?\s*\d{1,9}(\s*,\s*\d{1,9})*\s*,?\s*[\])]?", text) and len(text) < 1000:
        readings.append(_read_list(text))
    return readings


def _read_list(text: str) -> object:
    inner = text.strip("[]() ").rstrip(",")
    return list(ast.literal_eval(f"({inner},)"))


def _fit(kind: Mapping[str, Any], value: object) -> tuple[bool, Any]:
    match kind["kind"]:
        case "none":
            return value is None, None
        case "bool":
            return isinstance(value, bool), value
        case "options":
            return isinstance(value, str) and value in kind["options"], value
        case "int_list":
            return _fit_list(value)
        case "int":
            return _fit_number(kind, value, whole=True)
        case _:
            return _fit_number(kind, value, whole=False)


def _fit_list(value: object) -> tuple[bool, Any]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= 20:
        return False, None
    fits = all(isinstance(item, int) and not isinstance(item, bool) and 1 <= item <= 100_000 for item in value)
    return fits, list(value)


def _fit_number(kind: Mapping[str, Any], value: object, *, whole: bool) -> tuple[bool, Any]:
    if value == "Infinity":
        value = math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return False, None
    if whole and not (isinstance(value, int) or (not kind["beside_float"] and value.is_integer())):
        return False, None
    if not whole and isinstance(value, int) and kind["only_fractions"]:
        return False, None
    low = -math.inf if kind["low"] is None else kind["low"]
    high = math.inf if kind["high"] is None else kind["high"]
    above = value >= low if kind["closed"] in ("left", "both") else value > low
    below = value <= high if kind["closed"] in ("right", "both") else value < high
    if not (above and below):
        return False, None
    return True, int(value) if whole else to_plain(float(value))


def _kinds(name: str, constraints: Any, entry: Entry) -> list[dict[str, Any]]:
    from sklearn.utils._param_validation import Hidden, Interval, Options

    if not isinstance(constraints, list):
        return []
    has_float = any(isinstance(item, Interval) and _is_float(item) for item in constraints)
    kinds: list[dict[str, Any]] = []
    for item in constraints:
        if isinstance(item, Hidden):
            continue
        if item is None:
            kinds.append({"kind": "none"})
        elif isinstance(item, str) and item == "boolean":
            kinds.append({"kind": "bool"})
        elif isinstance(item, str) and item == "array-like" and name == "hidden_layer_sizes":
            kinds.append({"kind": "int_list"})
        elif isinstance(item, Interval):
            kinds.append(_interval(item, has_float=has_float, has_int=_has_int(constraints)))
        elif isinstance(item, Options) and item.type is str:
            allowed = entry.options.get(name)
            words = sorted(word for word in item.options - item.deprecated if not allowed or word in allowed)
            kinds.append({"kind": "options", "options": words})
    if not kinds and name == "epsilon":  # declared by LinearSVR as any real number
        kinds.append(_bounds("float", 0.0, None, "left", has_int=False, has_float=True))
    return kinds


def _is_float(interval: Any) -> bool:
    from numbers import Integral

    return interval.type is not Integral


def _has_int(constraints: list[Any]) -> bool:
    from sklearn.utils._param_validation import Interval

    return any(isinstance(item, Interval) and not _is_float(item) for item in constraints)


def _interval(interval: Any, *, has_float: bool, has_int: bool) -> dict[str, Any]:
    kind = "float" if _is_float(interval) else "int"
    low, high = (None if bound is None or math.isinf(bound) else bound for bound in (interval.left, interval.right))
    return _bounds(kind, low, high, interval.closed, has_int=has_int, has_float=has_float)


def _bounds(
    kind: str, low: float | None, high: float | None, closed: str, *, has_int: bool, has_float: bool
) -> dict[str, Any]:
    made: dict[str, Any] = {"kind": kind, "low": low, "high": high, "closed": closed}
    if kind == "int":
        made["beside_float"] = has_float
    else:
        made["only_fractions"] = has_int
    return made


def _rule(kind: Mapping[str, Any]) -> str:
    match kind["kind"]:
        case "none":
            return "none"
        case "bool":
            return "true or false"
        case "options":
            return f"one of {', '.join(kind['options'])}"
        case "int_list":
            return "a list of whole numbers like [50, 20]"
        case _:
            return _rule_of_number(kind)


def _rule_of_number(kind: Mapping[str, Any]) -> str:
    what = "a whole number" if kind["kind"] == "int" else "a fraction" if kind["only_fractions"] else "a number"
    limits = []
    if kind["low"] is not None:
        limits.append(f"{'at least' if kind['closed'] in ('left', 'both') else 'above'} {kind['low']}")
    if kind["high"] is not None:
        limits.append(f"{'at most' if kind['closed'] in ('right', 'both') else 'below'} {kind['high']}")
    return f"{what} {' and '.join(limits)}".strip()


def _plain_default(default: object) -> object:
    return list(default) if isinstance(default, tuple) else default


def _docs(cls: type[Any]) -> dict[str, str]:
    """The first sentence on each parameter, from the numpydoc docstring."""
    lines = inspect.getdoc(cls) or ""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[^\n]*\n-{3,}\n|\Z)", lines, flags=re.S | re.M)
    found: dict[str, str] = {}
    if section is None:
        return found
    for block in re.finditer(r"^(\w+) *:[^\n]*\n((?:[ \t]+[^\n]*\n|\n)*)", section[1] + "\n", flags=re.M):
        paragraph = re.split(r"\n\s*\n", block[2].strip("\n"))[0]
        text = " ".join(paragraph.split())
        sentence = re.split(r"(?<=[.:])\s(?=[A-Z\-])", text)[0]
        found[block[1]] = re.sub(r":\w+:`~?\.?([^`<]*?)\s*(?:<[^`]*>)?`|``([^`]*)``|`([^`]*)`", _unquoted, sentence)
    return found


def _unquoted(match: re.Match[str]) -> str:
    return match[1] or match[2] or match[3] or ""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
