"""What Deployments says of a server, judged from values alone."""

from __future__ import annotations

import pytest

from mlops_desktop.domain.deployments import Observation, Sighting
from mlops_desktop.gui.readings.endpoint_tables import request_facts

LOST = "Lost for its log"


@pytest.mark.parametrize(("lost", "shown"), [(0, None), (3, "3"), (12_345, "12,345")])
def test_v_04_records_that_a_server_could_not_log_are_counted_on_the_page(lost: int, shown: str | None) -> None:
    seen = Observation(running=True, accepting=True, healthy=True, requests=7, log_lost=lost)
    facts = dict(request_facts(Sighting("1", 1, seen)))
    assert facts["Requests"] == "7"
    assert facts.get(LOST) == shown


def test_of_a_server_that_does_not_run_nothing_is_counted() -> None:
    assert request_facts(None) == []
    assert request_facts(Sighting("1", 1, Observation(running=False, log_lost=3))) == []
