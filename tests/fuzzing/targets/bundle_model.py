"""The model inside a bundle that is sealed as it is: its file, its schema, its arrays; loaded, and asked its example.

The first byte says what the rest takes the place of: F the whole file, S the schema, and a digit an array, of one model
or, with the letter small, of another.
"""

from __future__ import annotations

import functools
import io
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier
from tests.serving.small_bundle import make_bundle

from mlops_desktop.domain.errors import DamagedBundleError
from mlops_desktop.serving import bundle
from mlops_desktop.serving.bundle import BundleError
from mlops_desktop.serving.model import InputError, load

WORDS = (
    b'"__class__": "',
    b'"__module__": "',
    b'"__loader__": "ObjectNode"',
    b'"__loader__": "CachedNode"',
    b'"__loader__": "FunctionNode"',
    b'"__loader__": "PartialNode"',
    b'"__id__": ',
    b'"content": {',
    b'"type": "numpy"',
    b'"file": "',
    b'"protocol": 0',
    b'"builtins"',
    b'"os"',
    b'"sklearn.pipeline"',
    b"\x93NUMPY\x01\x00",
    b"'descr': '|O'",
    b"'shape': (99999999999,)",
    b"'fortran_order': True",
    b"PK\x03\x04",
)


LOADED = (LogisticRegression, DecisionTreeClassifier)
"""Loading the libraries is not the first input's time."""


@dataclass(frozen=True)
class _Known:
    """The files of a right bundle; `members` are those of its model."""

    files: dict[str, bytes]
    members: dict[str, bytes]


@functools.cache
def _known(kind: str) -> _Known:
    folder = Path(f"known-{kind}")
    made = make_bundle(folder)
    if kind == "tree":
        values = pd.DataFrame(made.rows)
        labels = np.array([answer["prediction"] for answer in made.answers], dtype=object)
        model = DecisionTreeClassifier(max_depth=2).fit(values, labels)
        skops.io.dump(Pipeline([("model", model)]), folder / "model.skops")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    shutil.rmtree(folder)
    with zipfile.ZipFile(io.BytesIO(files["model.skops"])) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = members.pop("schema.json")
    found: dict[str, bytes] = {}
    for place, (name, content) in enumerate(sorted(members.items(), key=lambda item: schema.index(item[0].encode()))):
        found[f"{place}.npy"] = content  # named by place: what skops calls them is another in every process
        schema = schema.replace(f'"{name}"'.encode(), f'"{place}.npy"'.encode())
    return _Known(files, {**found, "schema.json": schema})


def try_one(data: bytes) -> None:
    known = _known("tree" if data[:1].islower() or data[:1] in b"56789" else "linear")
    folder = Path("bundle")
    folder.mkdir()
    try:
        for name, content in known.files.items():
            (folder / name).write_bytes(content)
        (folder / "model.skops").write_bytes(_model(known, data[:1], data[1:]))
        try:
            model = load(folder, bundle.write_manifest(folder))
            model.check_example()
            model.predict_rows([])
        except BundleError as error:
            raise DamagedBundleError(str(error)) from error
        except InputError as error:
            raise DamagedBundleError(error.sentence) from error
        assert not Path("canary").exists()
    finally:
        shutil.rmtree(folder)


def _model(known: _Known, kind: bytes, content: bytes) -> bytes:
    if kind in (b"F", b"f"):
        return content
    arrays = [name for name in known.members if name.endswith(".npy")]
    place = int(kind) % 5 if kind.isdigit() else 0
    name = arrays[place % len(arrays)] if kind.isdigit() else "schema.json"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for other, kept in known.members.items():
            archive.writestr(other, content if other == name else kept)
    return made.getvalue()
