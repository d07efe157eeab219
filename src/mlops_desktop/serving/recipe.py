"""The declared recipe: how rows become the numbers and texts that a bundle's scikit-learn pipeline takes.

Training and serving run this same code before the pipeline:

- numeric columns become float64 (no/yes: 0/1; beyond ±3e38: that; infinite: missing);
- categories become text as JSON would write it ("true", "7", "7.5", ISO dates), missing stays missing;
- dates become one float64 column per date part, in UTC where a zone is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

FORMAT = 1
TYPES = ("boolean", "integer", "float", "text", "date", "datetime")
ROLES = ("numeric", "category", "date")
DATE_PARTS = ("year", "month", "day", "weekday", "day_of_year")
TIME_PARTS = ("hour", "minute")
LARGEST_NUMBER = 3e38
"""The largest number that fits the 32-bit floats of tree models."""

_YES_NO = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}


class InputError(Exception):
    """A row that cannot be used: which field, and in one sentence why."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


class RecipeError(Exception):
    """A recipe that this program cannot follow."""


@dataclass(frozen=True)
class InputColumn:
    """One column that a row must have; `parts` are the date parts taken from it."""

    name: str
    type: str
    role: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """All that is declared about a model. `classes` are the labels in the order of the pipeline's probabilities."""

    task: str
    target: str
    estimator: str
    inputs: tuple[InputColumn, ...]
    classes: tuple[str, ...] = ()
    positive_label: str | None = None
    threshold: float | None = None

    @property
    def is_classification(self) -> bool:
        return self.task != "regression"


def default_parts(column_type: str) -> tuple[str, ...]:
    """The date parts of a column: days only for dates, also hour and minute where there is a time of day."""
    return DATE_PARTS + TIME_PARTS if column_type == "datetime" else DATE_PARTS


def to_plain(recipe: Recipe) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "task": recipe.task,
        "target": recipe.target,
        "estimator": recipe.estimator,
        "inputs": [
            {"name": column.name, "type": column.type, "role": column.role, "parts": list(column.parts)}
            for column in recipe.inputs
        ],
        "classes": list(recipe.classes),
        "positive_label": recipe.positive_label,
        "threshold": recipe.threshold,
    }


def from_plain(plain: Any) -> Recipe:
    """Raises RecipeError where the declaration is not one of ours."""
    if not isinstance(plain, Mapping) or plain.get("format") != FORMAT:
        raise RecipeError(f"the recipe is not of format {FORMAT}")
    try:
        recipe = Recipe(
            task=_text(plain["task"]),
            target=_text(plain["target"]),
            estimator=_text(plain["estimator"]),
            inputs=tuple(_read_input(column) for column in plain["inputs"]),
            classes=tuple(_text(label) for label in plain["classes"]),
            positive_label=None if plain["positive_label"] is None else _text(plain["positive_label"]),
            threshold=None if plain["threshold"] is None else float(plain["threshold"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RecipeError(f"the recipe cannot be read: {error}") from error
    _check(recipe)
    return recipe


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _read_input(plain: Mapping[str, Any]) -> InputColumn:
    return InputColumn(
        _text(plain["name"]), _text(plain["type"]), _text(plain["role"]), tuple(_text(part) for part in plain["parts"])
    )


def _check(recipe: Recipe) -> None:
    if recipe.task not in ("binary", "multiclass", "regression"):
        raise RecipeError(f"unknown task {recipe.task!r}")
    if recipe.is_classification and len(set(recipe.classes)) < 2:
        raise RecipeError("a classification needs at least two classes")
    if recipe.task == "binary":
        if len(recipe.classes) != 2 or recipe.positive_label not in recipe.classes:
            raise RecipeError("a binary model needs two classes, one of them positive")
        if recipe.threshold is None or not math.isfinite(recipe.threshold):
            raise RecipeError("a binary model needs a threshold")
    names = [column.name for column in recipe.inputs]
    if not names or len(set(names)) != len(names):
        raise RecipeError("the input columns must be there and have different names")
    for column in recipe.inputs:
        if column.type not in TYPES or column.role not in ROLES or set(column.parts) - {*DATE_PARTS, *TIME_PARTS}:
            raise RecipeError(f"column {column.name!r} is declared in a way that this program does not know")


def prepared_names(inputs: Sequence[InputColumn]) -> dict[str, list[str]]:
    """For each input column the names of the columns made from it."""
    taken = {column.name for column in inputs}
    made: dict[str, list[str]] = {}
    for column in inputs:
        if column.role != "date":
            made[column.name] = [column.name]
            continue
        made[column.name] = []
        for part in column.parts:
            name = f"{column.name}:{part}"
            while name in taken:
                name += ":"
            taken.add(name)
            made[column.name].append(name)
    return made


def prepare(inputs: Sequence[InputColumn], frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that the pipeline takes, in the order of `inputs`; further columns of `frame` are passed over.

    Raises InputError naming the column that is missing or holds a value that is not of its type.
    """
    import pandas as pd

    names = prepared_names(inputs)
    made: dict[str, Any] = {}
    for column in inputs:
        if column.name not in frame.columns:
            raise InputError(column.name, f"The column {column.name!r} is missing.")
        series = frame[column.name]
        if column.role == "date":
            parts = _date_parts(series, column)
            made.update(zip(names[column.name], parts, strict=True))
        elif column.role == "numeric":
            made[column.name] = _numbers(series, column)
        else:
            made[column.name] = _categories(series, column)
    return pd.DataFrame(made, index=pd.RangeIndex(len(frame)))


def _numbers(series: pd.Series, column: InputColumn) -> NDArray[np.float64]:
    import numpy as np
    import pandas as pd

    if pd.api.types.is_bool_dtype(series.dtype) or pd.api.types.is_numeric_dtype(series.dtype):
        values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        values = np.array([_number(value, column) for value in series], dtype=np.float64)
    finite: NDArray[np.float64] = np.where(np.isfinite(values), values, np.nan)
    return finite.clip(-LARGEST_NUMBER, LARGEST_NUMBER)


def _number(value: Any, column: InputColumn) -> float:
    if is_missing(value):
        return math.nan
    if isinstance(value, str) and column.type == "boolean" and value.strip().lower() in _YES_NO:
        return _YES_NO[value.strip().lower()]
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(column.name, f"{column.name!r} holds {_shown(value)}, which is no number.") from None


def _categories(series: pd.Series, column: InputColumn) -> NDArray[np.object_]:
    """Each distinct value is turned into text once."""
    import numpy as np
    import pandas as pd

    codes, values = pd.factorize(series, use_na_sentinel=True)
    texts = np.empty(len(values) + 1, dtype=object)
    for position, value in enumerate(values):
        try:
            texts[position] = category_text(value, column.type)
        except ValueError as error:
            raise InputError(column.name, f"{column.name!r} holds {_shown(value)}: {error}.") from error
    texts[len(values)] = np.nan
    return texts[codes]


def category_text(value: Any, column_type: str) -> str:
    """A category as text, the same in training, in JSON requests and in files."""
    plain = value.item() if hasattr(value, "item") and not isinstance(value, str | datetime) else value
    if isinstance(plain, str):
        return plain
    if column_type == "boolean" and plain in (0, 1):
        return "true" if plain else "false"
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, float) and column_type in ("integer", "text") and plain.is_integer():
        return str(int(plain))
    if isinstance(plain, datetime):
        return plain.date().isoformat() if column_type == "date" else in_utc(plain).isoformat()
    if isinstance(plain, date):
        return plain.isoformat()
    return repr(plain) if isinstance(plain, float) else str(plain)


def _date_parts(series: pd.Series, column: InputColumn) -> list[NDArray[np.float64]]:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        moments = series
    else:
        moments = pd.Series([_moment(value, column) for value in series], dtype="datetime64[us]")
    if isinstance(moments.dtype, pd.DatetimeTZDtype):
        moments = moments.dt.tz_convert("UTC").dt.tz_localize(None)
    take: dict[str, Callable[[Any], Any]] = {
        "year": lambda dates: dates.year,
        "month": lambda dates: dates.month,
        "day": lambda dates: dates.day,
        "weekday": lambda dates: dates.day_of_week,
        "day_of_year": lambda dates: dates.day_of_year,
        "hour": lambda dates: dates.hour,
        "minute": lambda dates: dates.minute,
    }
    return [take[part](moments.dt).to_numpy(dtype="float64", na_value=math.nan) for part in column.parts]


def _moment(value: Any, column: InputColumn) -> datetime | None:
    if is_missing(value):
        return None
    try:
        if isinstance(value, datetime):
            return in_utc(value)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day)
        if isinstance(value, str):
            return in_utc(datetime.fromisoformat(value.strip()))
    except ValueError:
        pass
    raise InputError(column.name, f"{column.name!r} holds {_shown(value)}, which is no date like 2024-05-31T17:30.")


def in_utc(moment: datetime) -> datetime:
    """Raises ValueError where that lies before the year 1 or after 9999."""
    if moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise ValueError(f"{moment.isoformat()} is in no year that there is") from error


def is_missing(value: Any) -> bool:
    """None, not-a-number and the missing values of pandas."""
    if value is None:
        return True
    if isinstance(value, str | bool | int):
        return False
    import pandas as pd

    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
