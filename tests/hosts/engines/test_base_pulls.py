"""A base image is pulled by the host's engine from wherever its name says, and a registry's refusal is a reason."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tests.engines.engine import LocalEngine
from tests.engines.hosts import local_host, places
from tests.engines.image_registry import ImageRegistry

from mlops_desktop.domain.errors import BaseImageError

pytestmark = pytest.mark.engines


def test_a_base_image_is_pulled_with_progress(
    local_engine: LocalEngine, image_registry: ImageRegistry, tmp_path: Path
) -> None:
    reference = f"{image_registry.machine}/base:1"
    image_registry.let_everybody_in()
    with local_engine.client(timeout=120) as client:
        wanted = client.inspect_image(local_engine.base_image)["Id"]
        client.tag(wanted, f"{image_registry.machine}/base", "1")
        said = client.push(f"{image_registry.machine}/base", tag="1", stream=True, decode=True, auth_config={})
        assert not [event for event in said if "error" in event]
        client.remove_image(reference)
    told: list[str] = []
    hosts = places(tmp_path)
    try:
        host = dataclasses.replace(local_host(local_engine), base_image=reference)
        assert hosts.prepare_base(host, None, lambda sentence, done, total: told.append(sentence)) == wanted
    finally:
        hosts.close()
        with local_engine.client() as client:
            client.remove_image(reference)
    assert [sentence for sentence in told if sentence.startswith(f"Pulling {reference}: ")]


def test_a_base_image_that_its_registry_does_not_give(
    local_engine: LocalEngine, image_registry: ImageRegistry, tmp_path: Path
) -> None:
    host = dataclasses.replace(local_host(local_engine), base_image=f"{image_registry.machine}/base:2")
    hosts = places(tmp_path)
    try:
        with pytest.raises(BaseImageError, match=r"cannot be pulled to docker: .*no basic auth") as refused:
            hosts.prepare_base(host, None, lambda sentence, done, total: None)
    finally:
        hosts.close()
    assert "--import" in refused.value.hint
