"""From a run's features to a scikit-learn pipeline: stock classes only, so that any scikit-learn can load it.

`serving.recipe.prepare` gives float64 columns (numbers, yes/no, date parts) and text columns (categories) first. Then:

- numbers: SimpleImputer(strategy=`imputation`, keep_empty_features=True), then StandardScaler() where scaling is asked
  for and the estimator is not made of trees;
- categories: SimpleImputer(strategy="constant", fill_value="missing", keep_empty_features=True), then
  OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=`most_categories`);
- estimators made of trees take categories by OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1,
  encoded_missing_value=-1, max_categories=`most_categories`) instead: one column each, which trees split many times
  faster than the hundreds of one-hot columns of an airport table;
- HistGradientBoosting alone takes both as they are: numbers untouched, categories by
  OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=nan, encoded_missing_value=nan, max_categories=...)
  and named to it as `categorical_features`; an unseen category counts as missing; a column that is empty in all rows
  to fit on is dropped.

The steps are called "prepare" (a ColumnTransformer of "numbers" and "categories") and "estimator".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from mlops_desktop.domain.datasets import Column
from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import Feature, FeatureRole, Preprocessing, RunSpec, Scaling
from mlops_desktop.serving.recipe import InputColumn, default_parts, prepared_names
from mlops_desktop.workers.training import estimators, parameters
from mlops_desktop.workers.training.estimators import Entry


def input_columns(features: Sequence[Feature], columns: Sequence[Column], target: str) -> tuple[InputColumn, ...]:
    """What the model takes in. Raises InvalidInputError naming a feature that cannot be used in its role."""
    if not features:
        raise InvalidInputError("No column is left to learn from.", hint="Choose at least one feature.")
    types = {column.name: column.type for column in columns}
    made: dict[str, InputColumn] = {}
    for feature in features:
        kind = types.get(feature.name)
        if kind is None:
            raise InvalidInputError(
                f"The feature {feature.name!r} is no column of this dataset version.", hint="Choose the features again."
            )
        if feature.name == target or feature.name in made:
            raise InvalidInputError(f"{feature.name!r} cannot be a feature here.", hint="Leave it out.")
        if feature.role is FeatureRole.DATE and not kind.is_temporal:
            raise InvalidInputError(f"{feature.name!r} holds no dates.", hint="Use it as a category or a number.")
        if feature.role is FeatureRole.NUMERIC and not (kind.is_numeric or kind == "boolean"):
            raise InvalidInputError(f"{feature.name!r} holds no numbers.", hint="Use it as a category.")
        parts = default_parts(kind.value) if feature.role is FeatureRole.DATE else ()
        made[feature.name] = InputColumn(feature.name, kind.value, feature.role.value, parts)
    return tuple(made.values())


def build_pipeline(spec: RunSpec, inputs: Sequence[InputColumn], empty: Collection[str] = ()) -> Any:
    """A fresh pipeline for the run. Raises InvalidInputError where its parameters do not fit the estimator.

    `empty` are the made columns without any value in the rows to fit on: HistGradientBoosting does not get them.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    entry = estimators.find(spec.estimator, spec.task)
    params = parameters.for_estimator(parameters.check(entry, spec.task, spec.params))
    estimator = estimators.build(entry, spec.task, params, seed=spec.seed, class_weight=spec.class_weight)
    made = prepared_names(inputs)
    numbers = [name for column in inputs if column.role != "category" for name in made[column.name]]
    categories = [column.name for column in inputs if column.role == "category"]
    if entry.native_categories and empty:
        numbers, categories = ([name for name in names if name not in empty] for names in (numbers, categories))
        if not numbers and not categories:
            raise InvalidInputError("No column has a value in the rows to learn from.", hint="Choose other features.")
    blocks: list[tuple[str, Any, list[str]]] = []
    if numbers:
        blocks.append(("numbers", _numbers(entry, spec.preprocessing), numbers))
    if categories:
        blocks.append(("categories", _categories(entry, spec, params), categories))
    if entry.native_categories:
        places = list(range(len(numbers), len(numbers) + len(categories)))
        estimator.set_params(categorical_features=places or None)
    prepare = ColumnTransformer(blocks, sparse_threshold=0.0 if entry.dense else 0.3)
    return Pipeline([("prepare", prepare), ("estimator", estimator)])


def _numbers(entry: Entry, preprocessing: Preprocessing) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    if entry.native_categories:
        return "passthrough"
    impute = SimpleImputer(strategy=preprocessing.imputation.value, keep_empty_features=True)
    if entry.scale_free or preprocessing.scaling is Scaling.NONE:
        return Pipeline([("impute", impute)])
    return Pipeline([("impute", impute), ("scale", StandardScaler())])


def _categories(entry: Entry, spec: RunSpec, params: dict[str, object]) -> Any:
    import numpy as np
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    most = spec.preprocessing.most_categories
    if most < 2:
        raise InvalidInputError("most_categories must be at least 2.", hint="50 is a good start.")
    if entry.native_categories:
        bins = params.get("max_bins", 255)
        return OrdinalEncoder(
            handle_unknown="use_encoded_value",
            unknown_value=np.nan,
            encoded_missing_value=np.nan,
            max_categories=min(most, bins if isinstance(bins, int) else 255),
        )
    if entry.scale_free:
        return OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1, max_categories=most
        )
    return Pipeline(
        [
            ("impute", SimpleImputer(strategy="constant", fill_value="missing", keep_empty_features=True)),
            ("encode", OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=most)),
        ]
    )
