"""Settings: known by key, checked by a rule, with a default where none was set."""

from __future__ import annotations

import pytest
from tests.services.world import World

from mlops_desktop.domain.errors import InvalidInputError, NotFoundError
from mlops_desktop.services.settings import CONCURRENT_JOBS


def test_a_setting_has_its_default_until_it_is_set(world: World) -> None:
    settings = world.workspace.settings
    assert 2 <= settings.get(CONCURRENT_JOBS) <= 4
    assert settings.set(CONCURRENT_JOBS, 7) == 7
    assert settings.get(CONCURRENT_JOBS) == 7
    assert "setting.change" in world.actions()
    assert settings.known[CONCURRENT_JOBS].meaning


@pytest.mark.parametrize("value", [0, 65, -1, "4", 4.0, True, None])
def test_a_value_against_the_rule_is_refused_with_the_rule(world: World, value: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        world.workspace.settings.set(CONCURRENT_JOBS, value)
    assert "1 to 64" in caught.value.hint
    assert "setting.change" not in world.actions()


def test_a_value_that_was_written_by_another_program_and_is_wrong_counts_as_none(world: World) -> None:
    with world.parts.registry.write() as unit:
        unit.settings.set(CONCURRENT_JOBS, "many")
        unit.commit()
    assert 2 <= world.workspace.settings.get(CONCURRENT_JOBS) <= 4


def test_an_unknown_setting_is_told_with_the_known_ones(world: World) -> None:
    with pytest.raises(NotFoundError) as caught:
        world.workspace.settings.get("color")
    assert CONCURRENT_JOBS in caught.value.hint
    with pytest.raises(NotFoundError):
        world.workspace.settings.set("color", 1)
