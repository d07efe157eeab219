"""Whether a loaded model's trees are sound: compiled code follows their indices without looking where they lead."""

from __future__ import annotations

from typing import Any

from mlops_desktop.serving.bundle import BundleError


def check_trees(root: Any) -> None:
    """Raises BundleError where a decision tree or search tree points outside itself, or back (an endless walk)."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        item = waiting.pop()
        if item is None or isinstance(item, str | bytes | int | float) or id(item) in seen:
            continue
        seen.add(id(item))
        kind = type(item).__name__
        if kind == "Tree":
            _check_tree(item)
        elif kind == "TreePredictor":
            _check_predictor(item)
        elif kind in ("KDTree", "BallTree"):
            _check_search_tree(item)
        else:
            waiting.extend(_parts(item))


def _parts(item: Any) -> list[Any]:
    if isinstance(item, dict):
        return list(item.values())
    if isinstance(item, list | tuple):
        return list(item)
    if getattr(getattr(item, "dtype", None), "kind", "") == "O" and hasattr(item, "ravel"):
        return list(item.ravel())
    return list(vars(item).values()) if hasattr(item, "__dict__") else []


def _require(condition: bool) -> None:
    if not condition:
        raise BundleError("the model's trees are damaged: a node points outside its tree")


def _check_tree(tree: Any) -> None:
    import numpy as np

    left, right = tree.children_left, tree.children_right
    count = len(left)
    _require(count > 0 and tree.node_count == count and len(tree.value) == count)
    inner = np.flatnonzero(left != -1)
    for children in (left[inner], right[inner]):
        _require(bool(np.all(children > inner)) and bool(np.all(children < count)))
    features = tree.feature[inner]
    _require(bool(np.all(features >= 0)) and bool(np.all(features < tree.n_features)))


def _check_predictor(predictor: Any) -> None:
    import numpy as np

    nodes = predictor.nodes
    count = len(nodes)
    _require(count > 0)
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    for side in ("left", "right"):
        children = nodes[side][inner].astype(np.int64)
        _require(bool(np.all(children > inner)) and bool(np.all(children < count)))
    _require(bool(np.all(nodes["feature_idx"][inner] >= 0)))
    categorical = inner[nodes["is_categorical"][inner] != 0]
    bitsets = predictor.raw_left_cat_bitsets
    _require(bool(np.all(nodes["bitset_idx"][categorical] < len(bitsets))))
    _require(len(bitsets) == 0 or (bitsets.ndim == 2 and bitsets.shape[1] == 8))


def check_predictor_features(estimator: Any) -> None:
    """The same for the features that a histogram gradient boosting model's nodes name."""
    predictors = getattr(estimator, "_predictors", None)
    features = getattr(estimator, "_n_features", None)
    for stage in predictors if isinstance(predictors, list) else ():
        for predictor in stage:
            nodes = predictor.nodes
            _require(isinstance(features, int) and bool((nodes["feature_idx"][nodes["is_leaf"] == 0] < features).all()))


def _check_search_tree(tree: Any) -> None:
    import numpy as np

    data, order, nodes, bounds = (np.asarray(part) for part in tree.get_arrays())
    count = len(data)
    _require(len(order) == count and bool(np.all(order >= 0)) and bool(np.all(order < count)))
    for key in ("idx_start", "idx_end"):
        _require(bool(np.all(nodes[key] >= 0)) and bool(np.all(nodes[key] <= count)))
    levels = int(np.log2(len(nodes) + 1)) if len(nodes) else 0
    _require(len(nodes) == 2**levels - 1 and bounds.shape[1] == len(nodes) and bounds.shape[2] == data.shape[1])
    below = np.arange(len(nodes)) >= (len(nodes) - 1) // 2
    _require(bool(np.all(nodes["is_leaf"][below] != 0)))
