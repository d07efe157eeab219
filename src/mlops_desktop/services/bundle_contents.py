"""Reads a checked bundle for people: its files, its requirements, and what its model takes and gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mlops_desktop.domain.errors import DamagedBundleError
from mlops_desktop.domain.models import BundleContents, BundleFile, SignatureField
from mlops_desktop.domain.years import are_years
from mlops_desktop.serving import bundle

_FEW_VALUES = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_contents(folder: Path, manifest_hash: str) -> BundleContents:
    """The folder was checked before. Raises DamagedBundleError where a part of it cannot be understood."""
    try:
        return _read(folder, manifest_hash)
    except (bundle.BundleError, OSError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DamagedBundleError(
            f"The bundle {manifest_hash[:12]}… cannot be understood.",
            hint="Register the run again or import the bundle file again.",
            details=f"{type(error).__name__}: {error}",
        ) from error


def _read(folder: Path, manifest_hash: str) -> BundleContents:
    recipe = bundle.read_json(folder / "recipe.json")
    baseline = _optional(folder / "baseline.json")
    rows = _optional(folder / "example.json").get("rows") or [{}]
    seen = {str(feature["name"]): feature for feature in baseline.get("features", ())}
    inputs = tuple(
        SignatureField(
            str(column["name"]),
            str(column["type"]),
            str(column.get("role", "")),
            seen_in_training(seen.get(str(column["name"]), {})),
            _example(rows, str(column["name"])),
            _values(seen.get(str(column["name"]), {})),
        )
        for column in recipe.get("inputs", ())
    )
    return BundleContents(
        manifest_hash=manifest_hash,
        files=tuple(
            BundleFile(name, int(facts["size"]), str(facts["sha256"]))
            for name, facts in sorted(bundle.manifest_files(folder).items())
        ),
        requirements=_lines(folder / "requirements.txt"),
        inputs=inputs,
        outputs=_outputs(recipe, baseline.get("prediction", {})),
        target=str(recipe.get("target") or ""),
        positive_label=recipe.get("positive_label"),
        threshold=recipe.get("threshold"),
        rows=baseline.get("rows"),
    )


def _outputs(recipe: Mapping[str, Any], prediction: Mapping[str, Any]) -> tuple[SignatureField, ...]:
    """As the endpoint answers: the prediction, and for classes a probability each."""
    classes = [str(label) for label in recipe.get("classes", ())]
    if not classes:
        return (SignatureField("prediction", "float", "output", seen_in_training(prediction)),)
    words = " or ".join(classes) if len(classes) <= _FEW_VALUES else f"{len(classes)} classes"
    each = (SignatureField(f"probability of {label}", "float", "output", "0 to 1") for label in classes)
    return (SignatureField("prediction", "text", "output", words), *each)


def seen_in_training(feature: Mapping[str, Any]) -> str:
    """`5 to 23`, `EWR, JFK, LGA`, `105 values`, with what was empty; "" where nothing is known."""
    if feature.get("role") == "category":
        top: Sequence[Mapping[str, Any]] = feature.get("top_values", ())
        distinct = int(feature.get("distinct", len(top)))
        few = distinct <= _FEW_VALUES and distinct == len(top)
        words = ", ".join(str(item["value"]) for item in top) if few else f"{distinct:,} values"
    elif feature.get("minimum") is None:
        words = ""
    else:
        low, high = float(feature["minimum"]), float(feature["maximum"])
        whole = low.is_integer() and high.is_integer()
        is_year = are_years(str(feature.get("name", "")), low, high, whole=whole)
        shown = _day if feature.get("role") == "date" else _year if is_year else _number
        words = f"{shown(low)} to {shown(high)}"
    missing = int(feature.get("missing", 0))
    return f"{words}, {missing:,} empty".removeprefix(", ") if missing else words


def _values(feature: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(item["value"]) for item in feature.get("top_values", ()) if item.get("value") is not None)


def _number(value: float) -> str:
    return f"{value:,.6g}".replace("-", "−")


def _year(value: float) -> str:
    return str(round(value))


def _day(seconds: float) -> str:
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%d}"


def _example(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    """The first row's value; a later row's where the first has none."""
    value = next((row[name] for row in rows if row.get(name) is not None), None)
    return "" if value is None else str(value)


def _optional(path: Path) -> Mapping[str, Any]:
    content = bundle.read_json(path) if path.is_file() else {}
    return content if isinstance(content, dict) else {}


def _lines(path: Path) -> tuple[str, ...]:
    text = path.read_text("utf-8") if path.is_file() else ""
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
