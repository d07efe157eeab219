"""The libraries that serving names are those that it imports. That they are enough is shown beside the images."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys

from packaging.utils import canonicalize_name
from tests.serving.small_bundle import SmallBundle

from mlops_desktop.serving.libraries import DISTRIBUTIONS, NOT_IMPORTED

_SERVE = """
import importlib, json, sys
from pathlib import Path
from mlops_desktop.serving import main, server, holder, relay
from mlops_desktop.serving.allowed import TYPE_NAMES
from mlops_desktop.serving.model import load
for name in TYPE_NAMES:
    importlib.import_module(name.rpartition(".")[0])
assert load(Path(sys.argv[1])).check_example() is None
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def _imported(bundle: SmallBundle) -> set[str]:
    """The distributions that a fresh process has imported once it loaded every type of a model, and answered."""
    command = [sys.executable, "-S", "-c", f"import sys; sys.path[1:1] = {sys.path!r}\n{_SERVE}", str(bundle.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    whose = importlib.metadata.packages_distributions()
    tops = set(json.loads(done.stdout)) - {"mlops_desktop"}
    return {canonicalize_name(name) for top in tops for name in whose.get(top, ())}


def test_serving_imports_what_it_names_and_not_what_it_says_it_does_not(small_bundle: SmallBundle) -> None:
    imported = _imported(small_bundle)
    assert set(DISTRIBUTIONS) <= imported, "what is named and not imported only makes images larger"
    assert not set(NOT_IMPORTED) & imported
