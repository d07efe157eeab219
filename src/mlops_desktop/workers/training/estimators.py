"""The catalogue of scikit-learn estimators: what each is called, what it is for, and how we set it up."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import Task

DEFAULT = "HistGradientBoosting"


@dataclass(frozen=True)
class Entry:
    """One estimator. `classifier` and `regressor` are its scikit-learn classes as "module:class"; None: not for it.

    `first` are the parameters worth showing first, `defaults` differ from scikit-learn's, `options` narrows a
    parameter's words (all classifiers here must give probabilities), `hidden` are never shown.
    """

    name: str
    title: str
    family: str
    sentence: str
    classifier: str | None = None
    regressor: str | None = None
    first: tuple[str, ...] = ()
    defaults: Mapping[str, object] = field(default_factory=dict)
    classifier_defaults: Mapping[str, object] = field(default_factory=dict)
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    scale_free: bool = False
    """Splits on order only, so that numbers are not scaled for it."""
    native_categories: bool = False
    """Takes categories and missing numbers as they are: no one-hot, no imputing, no scaling."""
    dense: bool = False
    """Cannot take a sparse matrix."""
    cost: str = "low"
    """What a fit costs on many rows: low, medium or high."""

    @property
    def brief(self) -> str:
        """What it is, in the room of two short lines."""
        return _BRIEF.get(self.name, self.sentence.rstrip("."))

    def path(self, task: Task) -> str | None:
        return self.classifier if task.is_classification else self.regressor


_BRIEF = {
    "HistGradientBoosting": "Strong and fast, takes empty cells as they are",
    "LogisticRegression": "A weighted sum: quick and easy to explain",
    "LinearRegression": "The plainest weighted sum of the inputs",
    "Ridge": "Small weights: steady when inputs are alike",
    "Lasso": "Sets the weights of needless inputs to zero",
    "ElasticNet": "Between ridge and lasso",
    "BayesianRidge": "Ridge that finds its own regularisation",
    "SGD": "A linear model for very many rows",
    "RandomForest": "Many deep trees: strong without tuning",
    "ExtraTrees": "A forest that is quicker and smoother",
    "GradientBoosting": "Strong on small tables, slow on large ones",
    "DecisionTree": "One tree: easy to read, weak alone",
    "AdaBoost": "Small trees that mend each other's errors",
    "KNeighbors": "Answers like the most similar rows",
    "MLP": "A neural network: wants rows and patience",
    "GaussianNB": "Instant, with rough probabilities",
    "LinearDiscriminant": "Straight borders between the classes",
    "QuadraticDiscriminant": "Curved borders between the classes",
    "Dummy": "The baseline that every other must beat",
}

CATALOGUE: tuple[Entry, ...] = (
    Entry(
        "HistGradientBoosting",
        "Histogram gradient boosting",
        "trees",
        "Boosted trees on binned values: strong and fast on large tables, takes missing values and categories as they "
        "are.",
        "sklearn.ensemble:HistGradientBoostingClassifier",
        "sklearn.ensemble:HistGradientBoostingRegressor",
        first=("learning_rate", "max_iter", "max_leaf_nodes", "min_samples_leaf", "l2_regularization"),
        options={"loss": ("log_loss", "squared_error", "absolute_error", "gamma", "poisson", "quantile")},
        hidden=("categorical_features", "scoring"),
        scale_free=True,
        native_categories=True,
        dense=True,
    ),
    Entry(
        "LogisticRegression",
        "Logistic regression",
        "linear",
        "A weighted sum of the inputs turned into probabilities: simple, quick and easy to explain.",
        "sklearn.linear_model:LogisticRegression",
        first=("C", "l1_ratio", "solver", "max_iter"),
        defaults={"max_iter": 1000},
    ),
    Entry(
        "LinearRegression",
        "Linear regression",
        "linear",
        "Ordinary least squares: the plainest weighted sum of the inputs.",
        None,
        "sklearn.linear_model:LinearRegression",
        first=("fit_intercept", "positive"),
    ),
    Entry(
        "Ridge",
        "Ridge regression",
        "linear",
        "Least squares with small weights preferred: steady when inputs are alike.",
        None,
        "sklearn.linear_model:Ridge",
        first=("alpha", "solver"),
    ),
    Entry(
        "Lasso",
        "Lasso",
        "linear",
        "Least squares that sets the weights of needless inputs to zero.",
        None,
        "sklearn.linear_model:Lasso",
        first=("alpha", "max_iter"),
    ),
    Entry(
        "ElasticNet",
        "Elastic net",
        "linear",
        "Between ridge and lasso: small weights, and some of them zero.",
        None,
        "sklearn.linear_model:ElasticNet",
        first=("alpha", "l1_ratio", "max_iter"),
    ),
    Entry(
        "BayesianRidge",
        "Bayesian ridge",
        "linear",
        "Ridge regression that finds its own amount of regularisation.",
        None,
        "sklearn.linear_model:BayesianRidge",
        first=("max_iter", "tol"),
        dense=True,
        cost="medium",
    ),
    Entry(
        "Huber",
        "Huber regression",
        "linear",
        "A linear model that outliers pull less.",
        None,
        "sklearn.linear_model:HuberRegressor",
        first=("epsilon", "alpha", "max_iter"),
        defaults={"max_iter": 1000},
        cost="medium",
    ),
    Entry(
        "SGD",
        "Stochastic gradient descent",
        "linear",
        "A linear model learnt row by row: for very many rows.",
        "sklearn.linear_model:SGDClassifier",
        "sklearn.linear_model:SGDRegressor",
        first=("loss", "alpha", "penalty", "learning_rate", "max_iter"),
        classifier_defaults={"loss": "log_loss"},
        options={
            "loss": ("log_loss", "modified_huber", "squared_error", "huber", "epsilon_insensitive"),
        },
    ),
    Entry(
        "LinearSVR",
        "Linear support vector regression",
        "linear",
        "A linear model that ignores small errors.",
        None,
        "sklearn.svm:LinearSVR",
        first=("C", "epsilon", "max_iter"),
        defaults={"max_iter": 10000},
        cost="medium",
    ),
    Entry(
        "RandomForest",
        "Random forest",
        "trees",
        "Many deep trees on random parts of the rows and columns, averaged: strong without much tuning.",
        "sklearn.ensemble:RandomForestClassifier",
        "sklearn.ensemble:RandomForestRegressor",
        first=("n_estimators", "max_depth", "min_samples_leaf", "max_features"),
        hidden=("oob_score",),
        scale_free=True,
        cost="high",
    ),
    Entry(
        "ExtraTrees",
        "Extremely randomised trees",
        "trees",
        "A forest whose trees also split at random places: quicker and smoother than a random forest.",
        "sklearn.ensemble:ExtraTreesClassifier",
        "sklearn.ensemble:ExtraTreesRegressor",
        first=("n_estimators", "max_depth", "min_samples_leaf", "max_features"),
        hidden=("oob_score",),
        scale_free=True,
        cost="high",
    ),
    Entry(
        "GradientBoosting",
        "Gradient boosting",
        "trees",
        "Trees that each correct the ones before: strong on small tables, slow on large ones.",
        "sklearn.ensemble:GradientBoostingClassifier",
        "sklearn.ensemble:GradientBoostingRegressor",
        first=("learning_rate", "n_estimators", "max_depth", "subsample"),
        hidden=("init",),
        scale_free=True,
        cost="high",
    ),
    Entry(
        "DecisionTree",
        "Decision tree",
        "trees",
        "One tree of yes/no questions: easy to read, weak alone.",
        "sklearn.tree:DecisionTreeClassifier",
        "sklearn.tree:DecisionTreeRegressor",
        first=("max_depth", "min_samples_leaf", "criterion"),
        scale_free=True,
    ),
    Entry(
        "AdaBoost",
        "AdaBoost",
        "trees",
        "Small trees in a row, each minding what the ones before got wrong.",
        "sklearn.ensemble:AdaBoostClassifier",
        "sklearn.ensemble:AdaBoostRegressor",
        first=("n_estimators", "learning_rate"),
        hidden=("estimator",),
        scale_free=True,
        cost="medium",
    ),
    Entry(
        "Bagging",
        "Bagged trees",
        "trees",
        "Trees on random samples of the rows, averaged.",
        "sklearn.ensemble:BaggingClassifier",
        "sklearn.ensemble:BaggingRegressor",
        first=("n_estimators", "max_samples", "max_features"),
        hidden=("estimator", "oob_score"),
        scale_free=True,
        cost="medium",
    ),
    Entry(
        "KNeighbors",
        "Nearest neighbours",
        "neighbours",
        "Answers like the most similar known rows; keeps all of them, so that large tables make it slow.",
        "sklearn.neighbors:KNeighborsClassifier",
        "sklearn.neighbors:KNeighborsRegressor",
        first=("n_neighbors", "weights", "p"),
        hidden=("metric", "metric_params"),
        cost="high",
    ),
    Entry(
        "MLP",
        "Neural network",
        "neural network",
        "Layers of connected units: finds curved relations, wants many rows and patience.",
        "sklearn.neural_network:MLPClassifier",
        "sklearn.neural_network:MLPRegressor",
        first=("hidden_layer_sizes", "alpha", "learning_rate_init", "max_iter", "early_stopping"),
        cost="high",
    ),
    Entry(
        "GaussianNB",
        "Gaussian naive Bayes",
        "probabilistic",
        "Takes each input as normal and independent: instant, rough probabilities.",
        "sklearn.naive_bayes:GaussianNB",
        first=("var_smoothing",),
        hidden=("priors",),
        dense=True,
    ),
    Entry(
        "LinearDiscriminant",
        "Linear discriminant analysis",
        "probabilistic",
        "Normal classes of one common shape: straight borders between them.",
        "sklearn.discriminant_analysis:LinearDiscriminantAnalysis",
        first=("solver", "shrinkage"),
        hidden=("priors", "covariance_estimator"),
        dense=True,
    ),
    Entry(
        "QuadraticDiscriminant",
        "Quadratic discriminant analysis",
        "probabilistic",
        "Normal classes of different shapes: curved borders between them.",
        "sklearn.discriminant_analysis:QuadraticDiscriminantAnalysis",
        first=("reg_param",),
        classifier_defaults={"reg_param": 0.1},
        hidden=("priors", "covariance_estimator"),
        dense=True,
    ),
    Entry(
        "Dummy",
        "Baseline",
        "baseline",
        "Answers without looking at the inputs: what every other estimator must beat.",
        "sklearn.dummy:DummyClassifier",
        "sklearn.dummy:DummyRegressor",
        first=("strategy",),
        options={"strategy": ("prior", "most_frequent", "stratified", "uniform", "mean", "median", "quantile")},
        hidden=("constant",),
    ),
)


def for_task(task: Task) -> tuple[Entry, ...]:
    return tuple(entry for entry in CATALOGUE if entry.path(task) is not None)


def find(name: str, task: Task) -> Entry:
    """Raises InvalidInputError with the nearest names where the task has no such estimator."""
    known = {entry.name: entry for entry in for_task(task)}
    folded = {key.lower(): entry for key, entry in known.items()}
    if name.lower() in folded:
        return folded[name.lower()]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    raise InvalidInputError(
        f"There is no estimator {name!r} for {task.value}.",
        hint=f"Did you mean {' or '.join(near)}?" if near else f"Choose one of {', '.join(known)}.",
    )


def load_class(entry: Entry, task: Task) -> type[Any]:
    """The scikit-learn class; only paths written in this module are imported."""
    path = entry.path(task)
    if path is None:
        raise InvalidInputError(f"{entry.title} is not for {task.value}.", hint="Choose another estimator.")
    module, _, name = path.partition(":")
    found: type[Any] = getattr(importlib.import_module(module), name)
    return found


def our_defaults(entry: Entry, task: Task) -> dict[str, object]:
    """Where we start from another value than scikit-learn."""
    return {**entry.defaults, **(entry.classifier_defaults if task.is_classification else {})}


def takes(entry: Entry, task: Task, parameter: str) -> bool:
    return parameter in inspect.signature(load_class(entry, task)).parameters


def build(entry: Entry, task: Task, params: Mapping[str, object], *, seed: int, class_weight: str | None = None) -> Any:
    """A fresh estimator: our defaults, then `params` (checked before), the seed, one thread of Python.

    Raises InvalidInputError where `class_weight` is asked of an estimator that has none.
    """
    settings = {**our_defaults(entry, task), **params}
    if takes(entry, task, "random_state"):
        settings["random_state"] = seed
    if class_weight is not None:
        check_class_weight(entry, task, class_weight)
        settings["class_weight"] = class_weight
    return load_class(entry, task)(**settings)


def check_class_weight(entry: Entry, task: Task, class_weight: str) -> None:
    """Raises InvalidInputError where the estimator has none, or none of that name."""
    if class_weight != "balanced":
        raise InvalidInputError(f"Unknown class weight {class_weight!r}.", hint="Use balanced, or none.")
    if not task.is_classification or not takes(entry, task, "class_weight"):
        raise InvalidInputError(
            f"{entry.title} cannot weight classes.",
            hint="Leave the class weight out, or choose LogisticRegression, RandomForest, HistGradientBoosting ...",
        )
