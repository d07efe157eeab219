"""Real bundles, made once, and an application that answers with one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.serving.raw_client import LiveApp, live_app
from tests.serving.small_bundle import SmallBundle, make_bundle

from mlops_desktop.serving.model import Model, load


@pytest.fixture(scope="session")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> SmallBundle:
    return make_bundle(tmp_path_factory.mktemp("bundles") / "one")


@pytest.fixture(scope="session")
def small_model(small_bundle: SmallBundle) -> Model:
    return load(small_bundle.folder, small_bundle.manifest_hash)


@pytest.fixture
def live(small_model: Model, tmp_path: Path) -> Iterator[LiveApp]:
    with live_app(small_model, tmp_path) as app:
        yield app
