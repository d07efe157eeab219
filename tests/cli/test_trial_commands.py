"""What the commands on trials say to people and to machines."""

from __future__ import annotations

import dataclasses

import pytest
from tests.cli.test_cli_commands import registered
from tests.cli.typing_room import DiligentWorld, Typist

from mlops_desktop.cli import main as entry
from mlops_desktop.domain.deployments import Answers, Shadowing
from mlops_desktop.domain.hosts import THIS_COMPUTER


@pytest.fixture
def answering(mlops: Typist, world: DiligentWorld) -> DiligentWorld:
    """Version 1 answers, version 2 is there."""
    registered(mlops)
    registered(mlops)
    mlops("deployments", "deploy", "late-flights@v1", "--endpoint", "late")
    return world


def test_a_version_is_tried_compared_and_promoted(mlops: Typist, answering: DiligentWorld) -> None:
    said = mlops("trials", "start", "late-flights@v2", "late", "--share", "0.25")
    assert "late-flights@v2 answers 25% of the connections of late" in said
    host = answering.parts.host(THIS_COMPUTER)
    before = host.observe
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            host,
            "observe",
            lambda identifier: dataclasses.replace(
                before(identifier), requests=200, answers=Answers({"yes": 3, "no": 1})
            ),
        )
        shown = mlops("trials", "show", "late")
        found = mlops.json("trials", "show", "late")
    assert "says yes" in shown
    assert "75.0%" in shown
    assert found["enough"] is True
    assert found["tried"]["reference"] == "late-flights@v2"
    assert "answers on late now" in mlops("trials", "promote", "late")
    assert answering.answering() == ["late-flights@v2"]


def test_a_shadow_says_how_often_it_agrees(mlops: Typist, answering: DiligentWorld) -> None:
    assert "is asked too for 100% of the requests" in mlops("trials", "start", "late-flights@v2", "late", "--shadow")
    host = answering.parts.host(THIS_COMPUTER)
    before = host.observe
    seen = Shadowing("x", 1.0, asked=40, rows=40, same=39, largest_difference=0.125)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(host, "observe", lambda identifier: dataclasses.replace(before(identifier), shadowing=seen))
        shown = mlops("trials", "show", "late")
    assert "The same answer for 97.5% of 40 rows; largest difference 0.125" in shown
    assert "Too few requests" in mlops.notes
    assert mlops.json("trials", "end", "late")["kind"] == "end trial"
    mlops("trials", "show", "late", code=entry.USER_ERROR)
    assert "No version is on trial" in mlops.notes


def test_a_trial_may_be_left_to_itself(mlops: Typist, answering: DiligentWorld) -> None:
    assert "Queued: try of late" in mlops("trials", "start", "late-flights@v2", "late", "--no-wait")
    mlops("trials", "start", "late-flights@v2", "late", "--share", "0.9", code=entry.USER_ERROR)
    assert "cannot be the share" in mlops.notes
