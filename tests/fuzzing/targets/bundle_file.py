"""A bundle as it comes from somebody else: the zip file, its manifest, and what is read of it for people.

The first byte says what the rest is: Z the whole file, M the manifest, R its recipe, B its baseline, E its example,
P its requirements; those are sealed by a right manifest.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path

from mlops_desktop.domain.errors import DamagedBundleError
from mlops_desktop.services.bundle_contents import read_contents
from mlops_desktop.serving import bundle
from mlops_desktop.serving.bundle import BundleError
from mlops_desktop.serving.recipe import RecipeError, from_plain, prepared_names, to_plain

WORDS = (
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"../",
    b"/etc/passwd",
    b"\\",
    b'"format":1',
    b'"files":{',
    b'"sha256":',
    b'"size":',
    b'"inputs":[',
    b'"role":"date"',
    b'"parts":["year"]',
    b'"classes":',
    b'"threshold":NaN',
    b'"features":[',
    b'"minimum":',
    b'"top_values":[{"value":',
    b"1e308",
    b"[" * 100,
    b'"\\ud800"',
)
_PARTS = {b"R": "recipe.json", b"B": "baseline.json", b"E": "example.json", b"P": "requirements.txt"}
_RECIPE = {
    "format": 1,
    "task": "binary",
    "target": "late",
    "estimator": "LogisticRegression",
    "inputs": [{"name": "distance", "type": "float", "role": "numeric", "parts": []}],
    "classes": ["no", "yes"],
    "positive_label": "yes",
    "threshold": 0.5,
}


def try_one(data: bytes) -> None:
    folder = Path("bundle")
    try:
        if data[:1] == b"Z":
            Path("a.zip").write_bytes(data[1:])
            manifest_hash = bundle.unpack(Path("a.zip"), folder)
        else:
            manifest_hash = _made(folder, data)
        assert bundle.check(folder, manifest_hash) == manifest_hash
        _read(folder, manifest_hash)
    except BundleError as error:
        assert data[:1] != b"Z" or not folder.exists(), "what is refused leaves nothing"
        raise DamagedBundleError(str(error)) from error
    finally:
        assert {path.name for path in Path.cwd().iterdir()} <= {"a.zip", "bundle"}, "nothing outside"
        shutil.rmtree(folder, ignore_errors=True)


def _made(folder: Path, data: bytes) -> str:
    folder.mkdir()
    (folder / "recipe.json").write_text(json.dumps(_RECIPE))
    if data[:1] == b"M":
        (folder / bundle.MANIFEST).write_bytes(data[1:])
        return bundle.check(folder)
    (folder / _PARTS.get(data[:1], "recipe.json")).write_bytes(data[1:])
    return bundle.write_manifest(folder)


def _read(folder: Path, manifest_hash: str) -> None:
    with contextlib.suppress(DamagedBundleError):
        assert read_contents(folder, manifest_hash).files
    try:
        recipe = from_plain(bundle.read_json(folder / "recipe.json"))
    except RecipeError:
        return
    assert from_plain(to_plain(recipe)) == recipe
    made = [name for names in prepared_names(recipe.inputs).values() for name in names]
    assert len(set(made)) == len(made)
