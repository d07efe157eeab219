"""A loaded bundle that answers: rows or frames in, predictions out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_desktop.serving.allowed import TYPE_NAMES, check_types
from mlops_desktop.serving.bundle import BundleError, check, read_json
from mlops_desktop.serving.recipe import InputColumn, InputError, Recipe, RecipeError, from_plain, prepare
from mlops_desktop.serving.rows import to_frame
from mlops_desktop.serving.soundness import check_predictor_features, check_trees

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Example", "InputError", "Model", "load"]

MODEL_FILE = "model.skops"
RECIPE_FILE = "recipe.json"
EXAMPLE_FILE = "example.json"
_LONGEST_REASON = 500


@dataclass(frozen=True)
class Example:
    """Rows with the answers that the model gave when it was made; numbers may differ by `tolerance`."""

    rows: tuple[Mapping[str, Any], ...]
    expected: tuple[Mapping[str, Any], ...]
    tolerance: float


class Model:
    """One bundle's recipe and pipeline. Safe to use from several threads."""

    def __init__(self, recipe: Recipe, pipeline: Any, example: Example, manifest_hash: str) -> None:
        self.recipe = recipe
        self.pipeline = pipeline
        self.example = example
        self.manifest_hash = manifest_hash

    @property
    def task(self) -> str:
        return self.recipe.task

    @property
    def classes(self) -> tuple[str, ...]:
        return self.recipe.classes

    @property
    def threshold(self) -> float | None:
        return self.recipe.threshold

    @property
    def input_columns(self) -> tuple[InputColumn, ...]:
        return self.recipe.inputs

    def predict_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A column `prediction`, for classes also one `probability_<label>` each; the index is the frame's.

        Further columns of `frame` are passed over. Raises InputError naming a missing or unreadable column.
        """
        import pandas as pd

        labels, probabilities = self._answer(prepare(self.recipe.inputs, frame))
        columns: dict[str, Any] = {"prediction": labels}
        if probabilities is not None:
            columns |= {f"probability_{label}": probabilities[:, place] for place, label in enumerate(self.classes)}
        return pd.DataFrame(columns, index=frame.index)

    def predict_rows(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """One answer a row: `prediction`, for classes also `probabilities` by label.

        Every field of the model must be there, null where unknown, and no other. Raises InputError.
        """
        if not rows:
            return []
        labels, probabilities = self._answer(prepare(self.recipe.inputs, to_frame(self.recipe.inputs, rows)))
        if probabilities is None:
            return [{"prediction": value} for value in labels]
        return [
            {"prediction": label, "probabilities": dict(zip(self.classes, row, strict=True))}
            for label, row in zip(labels, probabilities.tolist(), strict=True)
        ]

    def check_example(self) -> str | None:
        """None where the stored example is answered as it was when the model was made, else what differs."""
        try:
            answers = self.predict_rows(self.example.rows)
        except InputError as error:
            return f"the stored example is refused: {error}"
        return compare_answers(answers, self.example.expected, self.example.tolerance)

    def _answer(self, prepared: pd.DataFrame) -> tuple[list[Any], NDArray[np.float64] | None]:
        import numpy as np

        if len(prepared) == 0:
            return [], np.empty((0, len(self.classes))) if self.recipe.is_classification else None
        values = self._ask(prepared)
        wanted = (len(prepared), len(self.classes)) if self.recipe.is_classification else (len(prepared),)
        if values.shape != wanted:
            raise InputError("", f"The model answers with numbers of shape {values.shape} instead of {wanted}.")
        _refuse_no_number(values)
        if not self.recipe.is_classification:
            return values.tolist(), None
        probabilities = values
        if self.recipe.task == "binary":
            positive = self.classes.index(self.recipe.positive_label or "")
            chosen = np.where(probabilities[:, positive] >= (self.threshold or 0.0), positive, 1 - positive)
        else:
            chosen = probabilities.argmax(axis=1)
        return [self.classes[place] for place in chosen], probabilities

    def _ask(self, prepared: pd.DataFrame) -> NDArray[np.float64]:
        import numpy as np

        ask = self.pipeline.predict_proba if self.recipe.is_classification else self.pipeline.predict
        try:
            return np.asarray(ask(prepared), dtype=np.float64)
        except MemoryError:
            raise
        except Exception as error:  # whatever the rows are to the model's own code, they are not answered
            reason = str(error).strip().partition("\n")[0][:200] or type(error).__name__
            raise InputError("", f"The model cannot answer these rows: {reason}") from error


def load(folder: Path, expected: str | None = None, *, compiled: bool = False) -> Model:
    """The model of a bundle whose every file was checked against its manifest (and that against `expected`).

    `compiled` as for `bundle.check`. Raises UntrustedError where the model names a type outside the allow-list,
    BundleError for anything else wrong.
    """
    manifest_hash = check(folder, expected, compiled=compiled)
    try:
        recipe = from_plain(read_json(folder / RECIPE_FILE))
    except RecipeError as error:
        raise BundleError(str(error)) from error
    example = _read_example(read_json(folder / EXAMPLE_FILE))
    check_types(folder / MODEL_FILE)
    try:
        pipeline = _load_pipeline(folder / MODEL_FILE)
        _check_pipeline(pipeline, recipe)
    except BundleError:
        raise
    except Exception as error:  # a hostile file makes the libraries that read it raise errors of every kind
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
        raise BundleError(f"the model cannot be loaded: {reason}") from error
    return Model(recipe, pipeline, example, manifest_hash)


def compare_answers(
    answers: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]], tolerance: float
) -> str | None:
    """None where both say the same, else the first difference in a sentence."""
    if len(answers) != len(expected):
        return f"{len(answers)} answers instead of {len(expected)}"
    for number, (answer, wanted) in enumerate(zip(answers, expected, strict=True), start=1):
        if not _same(answer, wanted, tolerance):
            return f"row {number} of the stored example is answered with {answer} instead of {wanted}"
    return None


def _same(one: Any, other: Any, tolerance: float) -> bool:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key], tolerance) for key in one)
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
    return bool(one == other)


def _read_example(plain: Any) -> Example:
    try:
        example = Example(tuple(plain["rows"]), tuple(plain["expected"]), float(plain["tolerance"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{EXAMPLE_FILE} cannot be read: {error}") from error
    if not all(isinstance(row, dict) for row in (*example.rows, *example.expected)):
        raise BundleError(f"{EXAMPLE_FILE} does not hold rows")
    return example


def _load_pipeline(path: Path) -> Any:
    import skops.io

    pipeline = skops.io.load(path, trusted=TYPE_NAMES)
    check_trees(pipeline)
    return pipeline


def _check_pipeline(pipeline: Any, recipe: Recipe) -> None:
    from sklearn.pipeline import Pipeline

    if not isinstance(pipeline, Pipeline):
        raise BundleError("the model is no scikit-learn pipeline")
    check_predictor_features(pipeline.steps[-1][1])
    wanted = "predict_proba" if recipe.is_classification else "predict"
    if not hasattr(pipeline, wanted):
        raise BundleError(f"the model cannot {wanted}")
    if recipe.is_classification and len(pipeline.classes_) != len(recipe.classes):
        raise BundleError("the model and its recipe do not have the same classes")


def _refuse_no_number(values: NDArray[np.float64]) -> None:
    import numpy as np

    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))[0])
        raise InputError("", f"The model has no finite answer for row {row + 1}: its numbers are too extreme.")
