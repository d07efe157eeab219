"""Loading refuses what is not ours, and rows are answered exactly or refused by field."""

from __future__ import annotations

import io
import json
import math
import pickle
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from tests.serving.small_bundle import SmallBundle
from tests.workers.training_runs import mixed_table, run_spec, train_run

from mlops_desktop.domain.experiments import Feature, FeatureRole, Task
from mlops_desktop.serving import recipe
from mlops_desktop.serving.allowed import ALLOWED, TYPE_NAMES, _nodes
from mlops_desktop.serving.bundle import BundleError, UntrustedError, write_manifest
from mlops_desktop.serving.model import InputError, Model, compare_answers, load

ROW: dict[str, Any] = {
    "size": 10.5,
    "heat": 0.25,
    "count": 4,
    "fresh": True,
    "kind": "oak",
    "day": "2020-05-17",
    "at": "2021-02-03T04:05:06Z",
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A binary model of all column types."""
    spec = run_spec(Task.BINARY, "LogisticRegression", threshold=0.4)
    return train_run(tmp_path_factory.mktemp("mixed"), mixed_table(), spec).model()


@pytest.fixture
def copy(small_bundle: SmallBundle, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_bundle.folder, tmp_path / "copy"))


def sealed(folder: Path) -> Path:
    write_manifest(folder)
    return folder


# --- answering --------------------------------------------------------------------------------------------------------


def test_answers_equal_scikit_learns(small_bundle: SmallBundle) -> None:
    model = load(small_bundle.folder, small_bundle.manifest_hash)
    assert model.check_example() is None
    assert model.manifest_hash == small_bundle.manifest_hash
    assert model.predict_rows(small_bundle.rows) == small_bundle.answers
    frame = model.predict_frame(pd.DataFrame(small_bundle.rows, index=range(100, 115)))
    assert frame["prediction"].tolist() == [answer["prediction"] for answer in small_bundle.answers]
    assert frame.index.tolist() == list(range(100, 115))
    assert list(frame.columns) == ["prediction", *(f"probability_{label}" for label in model.classes)]
    assert [column.name for column in model.input_columns] == list(small_bundle.rows[0])
    assert model.threshold is None
    assert model.predict_rows([]) == []
    assert model.predict_frame(pd.DataFrame(columns=list(small_bundle.rows[0]), dtype=float)).empty


def test_threshold_decides_and_is_itself_on_the_positive_side(mixed: Model) -> None:
    (answer,) = mixed.predict_rows([ROW])
    chance = answer["probabilities"]["true"]
    for threshold, wanted in ((chance, "true"), (math.nextafter(chance, 2), "false"), (0.0, "true")):
        changed = recipe.from_plain({**recipe.to_plain(mixed.recipe), "threshold": threshold})
        (decided,) = Model(changed, mixed.pipeline, mixed.example, "").predict_rows([ROW])
        assert decided["prediction"] == wanted
        assert decided["probabilities"] == answer["probabilities"]


def test_rows_and_frames_are_answered_alike(mixed: Model) -> None:
    table = mixed_table()
    names = [column.name for column in mixed.input_columns]
    rows = [
        {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
        for row in table.select(names).iter_rows(named=True)
    ]
    from mlops_desktop.workers.tables.frames import features_frame, to_pandas

    by_rows = [answer["probabilities"]["true"] for answer in mixed.predict_rows(rows)]
    for frame in (to_pandas(table, names), features_frame(table, names), pd.DataFrame(rows)):
        assert mixed.predict_frame(frame)["probability_true"].tolist() == pytest.approx(by_rows, abs=1e-12)


EQUAL: list[tuple[str, Any, Any]] = [
    ("size", 10, 10.0),
    ("size", True, 1),
    ("count", 4.0, 4),
    ("fresh", 1, True),
    ("fresh", 0.0, False),
    ("kind", "never seen", "elsewhere"),
    ("day", "2020-05-17", "2020-05-17T00:00:00"),
    ("at", "2021-02-03T04:05:06Z", "2021-02-03T05:05:06+01:00"),
    ("at", "2021-02-03T04:05:06", "2021-02-03T04:05:06.000+00:00"),
    ("at", "2021-02-03 04:05:06", " 2021-02-03T04:05:06 "),
    ("size", 1e308, 3e38),
    ("size", -1e308, -3e38),
]


@pytest.mark.parametrize(("field", "one", "other"), EQUAL)
def test_the_same_said_differently_is_answered_the_same(mixed: Model, field: str, one: Any, other: Any) -> None:
    first, second = mixed.predict_rows([ROW | {field: one}, ROW | {field: other}])
    assert first == second


@pytest.mark.parametrize("field", list(ROW))
def test_any_value_may_be_unknown(mixed: Model, field: str) -> None:
    (answer,) = mixed.predict_rows([ROW | {field: None}])
    assert answer["prediction"] in ("true", "false")
    (nothing,) = mixed.predict_rows([dict.fromkeys(ROW)])
    assert sum(nothing["probabilities"].values()) == pytest.approx(1)


WRONG: list[tuple[str, Any]] = [
    ("size", "10"),
    ("size", ""),
    ("size", math.nan),
    ("size", math.inf),
    ("size", 10**400),
    ("size", [1]),
    ("size", {"a": 1}),
    ("count", "four"),
    ("fresh", "yes"),
    ("kind", 5),
    ("kind", True),
    ("kind", ["oak"]),
    ("day", 20200517),
    ("day", "17 May"),
    ("day", ""),
    ("at", "2021-13-01"),
    ("at", 0),
    ("at", "9999-12-31T23:59:59-23:59"),
    ("day", "0001-01-01T00:00:00+23:59"),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_v_01_wrong_value_is_refused_naming_field_and_row(mixed: Model, field: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        mixed.predict_rows([ROW, ROW | {field: value}])
    assert caught.value.field == field
    assert caught.value.sentence.startswith("Row 2:")
    assert len(caught.value.sentence) < 300


def test_missing_and_unknown_fields_are_refused_by_name(mixed: Model) -> None:
    with pytest.raises(InputError) as caught:
        mixed.predict_rows([{name: value for name, value in ROW.items() if name != "heat"}])
    assert caught.value.field == "heat"
    assert "send null" in caught.value.sentence
    with pytest.raises(InputError) as caught:
        mixed.predict_rows([ROW | {"Heat": 1}])
    assert caught.value.field == "Heat"
    not_a_row: Any = [1]
    with pytest.raises(InputError, match="no object"):
        mixed.predict_rows([not_a_row])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(row=st.fixed_dictionaries({name: st.just(value) | JSON for name, value in ROW.items()}))
def test_any_json_is_answered_with_numbers_or_refused(mixed: Model, row: dict[str, Any]) -> None:
    refused = ""
    try:
        (answer,) = mixed.predict_rows([row])
    except InputError as error:
        answer, refused = {"probabilities": {}}, error.field
    assert refused in ("", *ROW)
    assert all(math.isfinite(value) for value in answer["probabilities"].values())


def test_frame_with_a_wrong_or_missing_column_is_refused(mixed: Model) -> None:
    frame = pd.DataFrame([ROW])
    with pytest.raises(InputError, match="'heat' is missing"):
        mixed.predict_frame(frame.drop(columns="heat"))
    with pytest.raises(InputError, match="no number"):
        mixed.predict_frame(frame.assign(size=["tall"]))
    with pytest.raises(InputError, match="no date"):
        mixed.predict_frame(frame.assign(day=["tomorrow"]))
    assert len(mixed.predict_frame(frame.assign(more=[1]))) == 1


def test_answer_that_is_no_number_is_refused_instead_of_sent(small_bundle: SmallBundle) -> None:
    model = load(small_bundle.folder)
    model.pipeline.named_steps["model"].coef_[:] = np.inf
    with pytest.raises(InputError, match="no finite answer for row 1"), np.errstate(all="ignore"):
        model.predict_rows(small_bundle.rows)


def test_regression_answers_numbers(tmp_path: Path) -> None:
    model = train_run(tmp_path, mixed_table(), run_spec(Task.REGRESSION, "Ridge")).model()
    (answer,) = model.predict_rows([ROW])
    assert isinstance(answer["prediction"], float)
    assert list(model.predict_frame(pd.DataFrame([ROW])).columns) == ["prediction"]


def test_values_of_every_type_may_be_categories(tmp_path: Path) -> None:
    kinds = tuple(Feature(name, FeatureRole.CATEGORY) for name in ("count", "fresh", "kind", "day", "heat"))
    model = train_run(tmp_path, mixed_table(), run_spec(Task.BINARY, "LogisticRegression", features=kinds)).model()
    row: dict[str, Any] = {"count": 4, "fresh": True, "kind": "oak", "day": "2020-05-17", "heat": 0.5}
    one = model.predict_rows([row])
    for same in ({"count": 4.0}, {"fresh": "TRUE"}, {"fresh": 1}, {"day": "2020-05-17T00:00:00Z"}):
        assert model.predict_rows([row | same]) == one
    assert model.predict_rows([row | {"fresh": False}]) != one
    for field, value in (("count", "4"), ("fresh", "on"), ("fresh", 2), ("fresh", []), ("day", "soon"), ("heat", "x")):
        with pytest.raises(InputError) as caught:
            model.predict_rows([row | {field: value}])
        assert caught.value.field == field


def test_answers_are_compared_within_the_tolerance() -> None:
    one = [{"prediction": "a", "probabilities": {"a": 0.75}}]
    assert compare_answers(one, [{"prediction": "a", "probabilities": {"a": 0.75 + 1e-12}}], 1e-9) is None
    assert "row 1" in str(compare_answers(one, [{"prediction": "a", "probabilities": {"a": 0.7}}], 1e-9))
    assert "row 1" in str(compare_answers(one, [{"prediction": "b", "probabilities": {"a": 0.75}}], 1e-9))
    assert "row 1" in str(compare_answers(one, [{"prediction": "a"}], 1e-9))
    assert "0 answers" in str(compare_answers([], one, 1e-9))


def test_wrong_example_is_noticed(copy: Path) -> None:
    example = json.loads((copy / "example.json").read_text())
    example["expected"].reverse()
    (copy / "example.json").write_text(json.dumps(example))
    assert "row 1" in str(load(sealed(copy)).check_example())
    example["rows"][0]["more"] = 1
    (copy / "example.json").write_text(json.dumps(example))
    assert "refused" in str(load(sealed(copy)).check_example())


# --- loading ----------------------------------------------------------------------------------------------------------


def test_changed_byte_of_the_model_is_refused_before_it_is_read(copy: Path) -> None:
    content = bytearray((copy / "model.skops").read_bytes())
    content[len(content) // 2] ^= 1
    (copy / "model.skops").write_bytes(content)
    with pytest.raises(BundleError, match=r"changed: model\.skops"):
        load(copy)


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "canary"
    yield path
    assert not path.exists(), "code of a hostile file was run"


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.path,)


def test_r_08_pickle_named_as_a_model_never_runs(copy: Path, canary: Path) -> None:
    (copy / "model.skops").write_bytes(pickle.dumps(Bomb(canary)))
    with pytest.raises(BundleError, match="no skops file"):
        load(sealed(copy))


def test_r_08_pickle_inside_an_array_never_runs(copy: Path, canary: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([Bomb(canary)], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(copy / "model.skops") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    first = next(name for name in members if name.endswith(".npy"))
    members[first] = buffer.getvalue()
    with zipfile.ZipFile(copy / "model.skops", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(BundleError, match="cannot be loaded"):
        load(sealed(copy))


def replace_model(folder: Path, steps: list[tuple[str, Any]]) -> Path:
    pipeline = Pipeline(steps)
    skops.io.dump(pipeline, folder / "model.skops")
    return sealed(folder)


@pytest.mark.parametrize(
    "step",
    [
        FunctionTransformer(np.exp),
        FunctionTransformer(shutil.rmtree),
        FunctionTransformer(print),
        SelectKBest(),
        {"a": pd.Timestamp},
        math.sqrt,
    ],
    ids=["ufunc", "rmtree", "print", "another estimator", "a type", "a function"],
)
def test_r_08_types_outside_the_list_are_refused_although_skops_may_trust_them(copy: Path, step: Any) -> None:
    with pytest.raises(UntrustedError, match="not allowed"):
        load(replace_model(copy, [("a", StandardScaler()), ("b", step)]))


def rewrite_schema(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    with zipfile.ZipFile(folder / "model.skops") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members["schema.json"])
    change(schema)
    members["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(folder / "model.skops", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sealed(folder)


@pytest.mark.parametrize(
    ("loader", "module", "name"),
    [
        ("ObjectNode", "os", "system"),
        ("FunctionNode", "os", "system"),
        ("TypeNode", "subprocess", "Popen"),
        ("MethodNode", "builtins", "str"),
        ("OperatorFuncNode", "operator", "methodcaller"),
        ("ConstructorFromReduceNode", "sklearn.pipeline", "Pipeline"),
        ("PartialNode", "functools", "partial"),
        ("ObjectNode", "mlops_desktop.serving.model", "Model"),
        ("FunctionNode", "sklearn.pipeline", "Pipeline"),
    ],
)
def test_r_08_smuggled_node_is_refused_wherever_it_hides(copy: Path, loader: str, module: str, name: str) -> None:
    node = {"__class__": name, "__module__": module, "__loader__": loader, "content": {"func": "touch"}}
    for place in ("content", "anything"):

        def hide(schema: dict[str, Any], place: str = place) -> None:
            schema[place] = [schema.get(place), node]

        folder = Path(shutil.copytree(copy, copy.with_name(f"hides-in-{place}")))
        with pytest.raises(UntrustedError):
            load(rewrite_schema(folder, hide))


@pytest.mark.parametrize("content", [b"[" * 100_000, b"{", b"[]", b"7", b'{"__class__":1}'])
def test_schema_that_is_none_is_refused(copy: Path, content: bytes) -> None:
    with zipfile.ZipFile(copy / "model.skops", "w") as archive:
        archive.writestr("schema.json", content)
    with pytest.raises(BundleError):
        load(sealed(copy))


def with_member(folder: Path, ending: str, content: bytes) -> Path:
    """The first member of the model whose name ends so holds something else."""
    with zipfile.ZipFile(folder / "model.skops") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[next(name for name in members if name.endswith(ending))] = content
    with zipfile.ZipFile(folder / "model.skops", "w") as archive:
        for name, kept in members.items():
            archive.writestr(name, kept)
    return sealed(folder)


def test_whatever_the_libraries_raise_over_a_hostile_array_the_model_cannot_be_loaded(copy: Path) -> None:
    """Found by fuzzing: numpy reads an array's head with Python's tokenizer, which has errors of its own."""
    head = b"{'descr': '<i8', 'shape': ("
    with pytest.raises(BundleError, match="cannot be loaded: TokenError"):
        load(with_member(copy, ".npy", b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head))


TREES: dict[str, Any] = {
    "too few classes": np.array([], dtype=np.int64),
    "no class": np.array([0]),
    "very many classes": np.array([2**62]),
    "less than no class": np.array([-1]),
    "classes of another kind": np.array([3], dtype=np.int8),
    "objects": np.array([3], dtype=object),
}


@pytest.mark.parametrize("name", [*TREES, "many outputs", "no number", "nothing there", "good"])
def test_a_tree_whose_making_would_crash_is_refused_before_it_is_made(
    small_bundle: SmallBundle, copy: Path, name: str
) -> None:
    """Found by fuzzing: compiled code reads as many numbers of classes as there are said to be outputs."""
    values = pd.DataFrame(small_bundle.rows)
    labels = [answer["prediction"] for answer in small_bundle.answers]
    skops.io.dump(Pipeline([("model", DecisionTreeClassifier(max_depth=2).fit(values, labels))]), copy / "model.skops")
    with zipfile.ZipFile(copy / "model.skops") as archive:
        schema = json.loads(archive.read("schema.json"))
    (tree,) = [node for node in _nodes(schema) if node["__loader__"] == "TreeNode"]
    _, classes, outputs = tree["__reduce__"]["args"]["content"]
    if name in TREES:
        content = io.BytesIO()
        np.save(content, TREES[name], allow_pickle=True)
        with_member(copy, classes["file"], content.getvalue())
    elif name != "good":
        outputs["content"] = {"many outputs": "9999999", "no number": '"1"', "nothing there": "1"}[name]
        if name == "nothing there":
            classes["__loader__"] = "CachedNode"
        with_member(copy, "schema.json", json.dumps(schema).encode())
    if name == "good":
        assert load(sealed(copy)).predict_rows(small_bundle.rows[:1])
        return
    with pytest.raises(BundleError, match="trees are damaged: they cannot be made"):
        load(sealed(copy))


def test_a_model_whose_answer_has_another_shape_is_not_served(small_bundle: SmallBundle) -> None:
    """Found by fuzzing: a model of no class at all."""
    model = load(small_bundle.folder)
    model.pipeline.predict_proba = lambda prepared: np.empty((len(prepared), 0))
    with pytest.raises(InputError, match=r"shape \(1, 0\) instead of \(1, 3\)"):
        model.predict_rows(small_bundle.rows[:1])
    assert "is refused" in str(model.check_example())


def test_model_that_grows_like_a_bomb_is_refused(copy: Path) -> None:
    with zipfile.ZipFile(copy / "model.skops", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("more.npy", bytes(80 * 1024 * 1024))
    with pytest.raises(BundleError, match="no model shrinks that far"):
        load(sealed(copy))


def test_model_without_schema_or_zip_is_refused(copy: Path) -> None:
    with zipfile.ZipFile(copy / "model.skops", "w") as archive:
        archive.writestr("other", b"")
    with pytest.raises(BundleError, match="no skops file"):
        load(sealed(copy))
    (copy / "model.skops").unlink()
    with pytest.raises(BundleError):
        load(sealed(copy))


def irises() -> tuple[pd.DataFrame, Any]:
    from sklearn.datasets import load_iris

    data = load_iris(as_frame=True)
    frame: pd.DataFrame = data.data
    frame.columns = pd.Index(["sepal_length", "sepal_width", "petal_length", "petal_width"])
    return frame, np.array(["setosa", "versicolor", "virginica"], dtype=object)[data.target]


def test_tree_that_points_outside_itself_is_refused(copy: Path) -> None:
    model = Pipeline([("e", RandomForestClassifier(n_estimators=2, random_state=0))]).fit(*irises())
    skops.io.dump(model, copy / "model.skops")
    assert load(sealed(copy)).predict_rows(load(copy).example.rows)
    for field, value in (("left_child", 10_000), ("left_child", 0), ("right_child", -5), ("feature", 77)):
        model = Pipeline([("e", RandomForestClassifier(n_estimators=2, random_state=0))]).fit(*irises())
        tree = model.named_steps["e"].estimators_[1].tree_
        state = tree.__getstate__()
        nodes = state["nodes"].copy()
        nodes[field][0] = value
        tree.__setstate__({**state, "nodes": nodes})
        skops.io.dump(model, copy / "model.skops")
        with pytest.raises(BundleError, match="points outside"):
            load(sealed(copy))


def test_boosted_tree_that_points_outside_itself_is_refused(copy: Path) -> None:
    for field, value in (("left", 10_000), ("right", 0), ("feature_idx", 77), ("bitset_idx", 9)):
        model = Pipeline([("e", HistGradientBoostingClassifier(max_iter=2))]).fit(*irises())
        skops.io.dump(model, copy / "model.skops")
        assert load(sealed(copy))
        nodes = model.named_steps["e"]._predictors[0][0].nodes
        nodes[field][0] = value
        nodes["is_categorical"][0] = field == "bitset_idx"
        skops.io.dump(model, copy / "model.skops")
        with pytest.raises(BundleError, match="points outside"):
            load(sealed(copy))


@pytest.mark.parametrize("algorithm", ["kd_tree", "ball_tree"])
def test_search_tree_that_points_outside_itself_is_refused(copy: Path, algorithm: str) -> None:
    model = Pipeline([("e", KNeighborsClassifier(algorithm=algorithm, leaf_size=3))]).fit(*irises())
    skops.io.dump(model, copy / "model.skops")
    assert load(sealed(copy))
    tree = model.named_steps["e"]._tree
    state = list(tree.__getstate__())
    indices = np.array(state[1])
    indices[3] = 1_000_000
    state[1] = indices
    tree.__setstate__(tuple(state))
    skops.io.dump(model, copy / "model.skops")
    with pytest.raises(BundleError, match="points outside"):
        load(sealed(copy))


def test_allow_list_is_short_and_names_no_way_out() -> None:
    assert len(ALLOWED) < 150
    for name in TYPE_NAMES:
        assert name.split(".")[0] in ("builtins", "numpy", "scipy", "sklearn", "functools"), name
    calls = {name for loader, name in ALLOWED if loader == "FunctionNode"}
    assert calls == {"sklearn.utils.validation.check_array"}


def edit(folder: Path, file: str, **changes: Any) -> Path:
    plain = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps({**plain, **changes}))
    return sealed(folder)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 2}, "format"),
        ({"task": "clustering"}, "unknown task"),
        ({"task": 5}, "cannot be read"),
        ({"classes": ["a"]}, "two classes"),
        ({"classes": ["a", "b"]}, "same classes"),
        ({"classes": None}, "cannot be read"),
        ({"inputs": []}, "input columns"),
        ({"inputs": [{"name": "a"}]}, "cannot be read"),
        ({"inputs": [{"name": "a", "type": "picture", "role": "numeric", "parts": []}]}, "does not know"),
        ({"inputs": [{"name": "a", "type": "float", "role": "numeric", "parts": []}] * 2}, "different names"),
        ({"task": "binary", "classes": ["a", "b"], "positive_label": "c", "threshold": 0.5}, "one of them positive"),
        ({"task": "binary", "classes": ["a", "b"], "positive_label": "a"}, "needs a threshold"),
    ],
)
def test_recipe_that_cannot_be_followed_is_refused(copy: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BundleError, match=sentence):
        load(edit(copy, "recipe.json", **changes))


@pytest.mark.parametrize("changes", [{"rows": 5}, {"rows": [1], "expected": [2]}, {"tolerance": "x"}])
def test_damaged_example_is_refused(copy: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(BundleError, match=r"example\.json"):
        load(edit(copy, "example.json", **changes))


def test_model_that_cannot_do_its_task_is_refused(copy: Path) -> None:
    with pytest.raises(BundleError, match="cannot predict_proba"):
        load(replace_model(copy, [("a", StandardScaler())]))
    skops.io.dump(StandardScaler(), copy / "model.skops")
    with pytest.raises(BundleError, match="no scikit-learn pipeline"):
        load(sealed(copy))


def test_pipeline_that_names_unknown_columns_is_refused_in_a_sentence(copy: Path) -> None:
    inner = ColumnTransformer([("n", "passthrough", ["other"])])
    frame, target = irises()
    model = Pipeline([("p", inner), ("e", RandomForestClassifier(n_estimators=1))])
    model.fit(frame.rename(columns={"sepal_length": "other"}), target)
    skops.io.dump(model, copy / "model.skops")
    assert "cannot answer" in str(load(sealed(copy)).check_example())


# --- the recipe -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("oak", "text", "oak"),
        (True, "boolean", "true"),
        (np.True_, "boolean", "true"),
        (0.0, "boolean", "false"),
        (True, "text", "true"),
        (7, "integer", "7"),
        (np.int64(7), "integer", "7"),
        (7.0, "integer", "7"),
        (7.5, "float", "7.5"),
        (7.0, "float", "7.0"),
        (pd.Timestamp("2020-01-02", tz="UTC"), "date", "2020-01-02"),
        (pd.Timestamp("2020-01-02 03:04", tz="UTC"), "datetime", "2020-01-02T03:04:00"),
        (pd.Timestamp("2020-01-02").date(), "date", "2020-01-02"),
    ],
)
def test_category_has_one_text_wherever_it_comes_from(value: Any, kind: str, text: str) -> None:
    assert recipe.category_text(value, kind) == text


def test_made_columns_never_take_the_name_of_another() -> None:
    inputs = (
        recipe.InputColumn("day", "date", "date", ("year",)),
        recipe.InputColumn("day:year", "integer", "numeric"),
    )
    assert recipe.prepared_names(inputs) == {"day": ["day:year:"], "day:year": ["day:year"]}


def test_missing_values_of_every_kind_are_missing() -> None:
    for value in (None, math.nan, np.nan, pd.NaT, pd.NA, np.float32("nan")):
        assert recipe.is_missing(value)
    present: tuple[Any, ...] = ("", 0, False, [], "nan")
    assert not any(recipe.is_missing(value) for value in present)
