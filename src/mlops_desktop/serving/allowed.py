"""The allow-list: every type that a model file may name. It lives here, in code, and is never read from a file.

A `.skops` file is a zip of a `schema.json`, whose nodes name the types to build, and of arrays. skops trusts all of
scikit-learn by default; we allow just what our catalogue's pipelines consist of, each with the loader that builds it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlops_desktop.serving.bundle import BundleError, UntrustedError
from mlops_desktop.serving.tree_arguments import check_tree_arguments

_LARGEST_SCHEMA = 512 * 1024**2
_HIGHEST_RATIO = 200

_PLAIN = {
    "DTypeNode": ("numpy.dtype",),
    "DictNode": ("builtins.dict",),
    "JsonNode": ("builtins.str",),
    "ListNode": ("builtins.list",),
    "TupleNode": ("builtins.tuple",),
    "SliceNode": ("builtins.slice",),
    "TypeNode": (
        "builtins.int",
        "builtins.str",
        "builtins.float",
        "builtins.bool",
        "numpy.float64",
        "numpy.float32",
        "numpy.int64",
        "numpy.object_",
    ),
    "NdArrayNode": (
        "numpy.ndarray",
        "numpy.float64",
        "numpy.float32",
        "numpy.int64",
        "numpy.int32",
        "numpy.uint64",
        "numpy.uint32",
        "numpy.uint8",
        "numpy.bool",
        "numpy.str_",
    ),
    "SparseMatrixNode": ("scipy.sparse._csr.csr_matrix", "scipy.sparse._csr.csr_array"),
    "RandomGeneratorNode": ("numpy.random._generator.Generator",),
    "RandomStateNode": ("numpy.random.mtrand.RandomState",),
    "TreeNode": ("sklearn.tree._tree.Tree",),
    # Only HistGradientBoosting's own column check; see `_check_partial`.
    "FunctionNode": ("sklearn.utils.validation.check_array",),
    "PartialNode": ("functools.partial",),
}

_LOSSES = (
    "sklearn._loss._loss.CyAbsoluteError",
    "sklearn._loss._loss.CyExponentialLoss",
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn._loss._loss.CyHalfGammaLoss",
    "sklearn._loss._loss.CyHalfMultinomialLoss",
    "sklearn._loss._loss.CyHalfPoissonLoss",
    "sklearn._loss._loss.CyHalfSquaredError",
    "sklearn._loss._loss.CyHuberLoss",
    "sklearn._loss._loss.CyPinballLoss",
    "sklearn.linear_model._sgd_fast.EpsilonInsensitive",
    "sklearn.linear_model._sgd_fast.ModifiedHuber",
    "sklearn.linear_model._sgd_fast.SquaredEpsilonInsensitive",
)

_OBJECTS = (
    "sklearn._loss.link.HalfLogitLink",
    "sklearn._loss.link.IdentityLink",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogLink",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.loss.AbsoluteError",
    "sklearn._loss.loss.ExponentialLoss",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfGammaLoss",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn._loss.loss.HalfPoissonLoss",
    "sklearn._loss.loss.HalfSquaredError",
    "sklearn._loss.loss.HuberLoss",
    "sklearn._loss.loss.PinballLoss",
    "sklearn.compose._column_transformer.ColumnTransformer",
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
    "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis",
    "sklearn.dummy.DummyClassifier",
    "sklearn.dummy.DummyRegressor",
    "sklearn.ensemble._bagging.BaggingClassifier",
    "sklearn.ensemble._bagging.BaggingRegressor",
    "sklearn.ensemble._forest.ExtraTreesClassifier",
    "sklearn.ensemble._forest.ExtraTreesRegressor",
    "sklearn.ensemble._forest.RandomForestClassifier",
    "sklearn.ensemble._forest.RandomForestRegressor",
    "sklearn.ensemble._gb.GradientBoostingClassifier",
    "sklearn.ensemble._gb.GradientBoostingRegressor",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.ensemble._weight_boosting.AdaBoostClassifier",
    "sklearn.ensemble._weight_boosting.AdaBoostRegressor",
    "sklearn.impute._base.SimpleImputer",
    "sklearn.linear_model._base.LinearRegression",
    "sklearn.linear_model._bayes.BayesianRidge",
    "sklearn.linear_model._coordinate_descent.ElasticNet",
    "sklearn.linear_model._coordinate_descent.Lasso",
    "sklearn.linear_model._huber.HuberRegressor",
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.linear_model._ridge.Ridge",
    "sklearn.linear_model._stochastic_gradient.SGDClassifier",
    "sklearn.linear_model._stochastic_gradient.SGDRegressor",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.metrics._dist_metrics.ManhattanDistance64",
    "sklearn.metrics._dist_metrics.MinkowskiDistance64",
    "sklearn.naive_bayes.GaussianNB",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._classification.KNeighborsClassifier",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neighbors._regression.KNeighborsRegressor",
    "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
    "sklearn.neural_network._multilayer_perceptron.MLPRegressor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.preprocessing._encoders.OneHotEncoder",
    "sklearn.preprocessing._encoders.OrdinalEncoder",
    "sklearn.preprocessing._function_transformer.FunctionTransformer",
    "sklearn.preprocessing._label.LabelBinarizer",
    "sklearn.preprocessing._label.LabelEncoder",
    "sklearn.svm._classes.LinearSVR",
    "sklearn.tree._classes.DecisionTreeClassifier",
    "sklearn.tree._classes.DecisionTreeRegressor",
    "sklearn.tree._classes.ExtraTreeClassifier",
    "sklearn.tree._classes.ExtraTreeRegressor",
)

ALLOWED = frozenset(
    (loader, name)
    for loader, names in {**_PLAIN, "LossNode": _LOSSES, "ObjectNode": _OBJECTS}.items()
    for name in names
)
TYPE_NAMES = sorted({name for _, name in ALLOWED})


def check_types(path: Path) -> list[str]:
    """Reads what the model file names, builds nothing, and returns the names. Raises UntrustedError or BundleError."""
    named: set[tuple[str, str]] = set()
    nodes = list(_nodes(_read_schema(path)))
    for node in nodes:
        loader, module, name = (str(node.get(key)) for key in ("__loader__", "__module__", "__class__"))
        if loader == "CachedNode":  # refers to a node that is checked where it stands
            continue
        named.add((loader, f"{module}.{name}"))
        if loader == "PartialNode":
            _check_partial(node)
    if strangers := sorted(f"{name} (by {loader})" for loader, name in named - ALLOWED):
        raise UntrustedError(f"the model names types that are not allowed: {', '.join(strangers[:20])}")
    with zipfile.ZipFile(path) as archive:
        check_tree_arguments(archive, nodes)
    return sorted({name for _, name in named})


def _check_partial(node: dict[str, Any]) -> None:
    content = node.get("content")
    function = content.get("func") if isinstance(content, dict) else None
    if not isinstance(function, dict) or function.get("__loader__") != "FunctionNode":
        raise UntrustedError("the model holds a call of something that is no allowed function")


def _read_schema(path: Path) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            total = sum(member.file_size for member in members)
            if total > 64 * 1024**2 and total > _HIGHEST_RATIO * path.stat().st_size:
                raise BundleError(f"the model file would grow to {total} bytes: no model shrinks that far")
            if archive.getinfo("schema.json").file_size > _LARGEST_SCHEMA:
                raise BundleError("the model's schema is larger than any model's")
            return json.loads(archive.read("schema.json"))
    except (KeyError, OSError, ValueError, RecursionError, zipfile.BadZipFile, NotImplementedError) as error:
        raise BundleError(f"{path.name} is no skops file: {error}") from error


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    waiting = [schema]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if "__loader__" in item or "__class__" in item:
                yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
