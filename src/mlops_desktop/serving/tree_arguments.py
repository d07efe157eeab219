"""What decision trees are made of, looked at before one is made: compiled code takes it without looking."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mlops_desktop.serving.bundle import BundleError

_MOST_OUTPUTS = 10_000
_MOST_CLASSES = 1_000_000
_MOST_FEATURES = 2**31 - 1

Node = Mapping[str, Any]


def check_tree_arguments(archive: zipfile.ZipFile, nodes: Iterable[Node]) -> None:
    """Raises BundleError where a tree's number of features, classes or outputs do not go together.

    A node may stand for an earlier one of the same id, so all of an id have to be right.
    """
    alike: dict[object, list[Node]] = {}
    trees: list[Node] = []
    for node in nodes:
        alike.setdefault(node.get("__id__"), []).append(node)
        if node.get("__loader__") == "TreeNode":
            trees.append(node)
    for tree in trees:
        _check(archive, alike, tree)


def _check(archive: zipfile.ZipFile, alike: Mapping[object, Sequence[Node]], tree: Node) -> None:
    try:
        arguments = tree["__reduce__"]["args"]
        features, classes, outputs = arguments["content"]
        if any(len(node["content"]) != 3 for node in _standing_for(alike, arguments)):  # noqa: PLR2004 - as unpacked
            raise ValueError("arguments")
        _whole_number(alike, features, 0, _MOST_FEATURES)
        _check_classes(archive, alike, classes, _whole_number(alike, outputs, 1, _MOST_OUTPUTS))
    except Exception as error:  # numpy raises errors of every kind over a hostile array
        raise BundleError(f"the model's trees are damaged: they cannot be made ({type(error).__name__})") from error


def _standing_for(alike: Mapping[object, Sequence[Node]], node: Node) -> list[Node]:
    found = [one for one in alike[node["__id__"]] if one["__loader__"] != "CachedNode"]
    if not found:
        raise ValueError("nothing")
    return found


def _whole_number(alike: Mapping[object, Sequence[Node]], node: Node, least: int, most: int) -> int:
    (content,) = {(one["__loader__"], one["content"]) for one in _standing_for(alike, node)}
    number = json.loads(content[1])
    if content[0] != "JsonNode" or not isinstance(number, int) or not least <= number <= most:
        raise ValueError("number")
    return number


def _check_classes(archive: zipfile.ZipFile, alike: Mapping[object, Sequence[Node]], node: Node, outputs: int) -> None:
    import numpy as np

    for one in _standing_for(alike, node):
        if one["__loader__"] != "NdArrayNode" or one["type"] != "numpy":
            raise ValueError("classes")
        counts = np.load(io.BytesIO(archive.read(one["file"])), allow_pickle=False)
        if counts.shape != (outputs,) or counts.dtype != np.int64:
            raise ValueError("classes")
        if counts.min() < 1 or counts.max() > _MOST_CLASSES:
            raise ValueError("classes")
