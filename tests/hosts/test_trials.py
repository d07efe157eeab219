"""A second version on trial, with real servers: its share of the connections, and what it would have answered."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.hosts.conftest import ENDPOINT, TOKEN, Place

from mlops_desktop.domain.deployments import ServeOrder, Shadowing
from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.process_host import ProcessHost

Serve = Callable[[ProcessHost, int], ServeOrder]


class Two:
    """Version 1 answers, version 2 is ready beside it."""

    def __init__(self, place: Place, serve: Serve) -> None:
        self.place = place
        self.host = place.host()
        self.port = self.host.prepare(ENDPOINT, 0, [])
        self.first, self.second = serve(self.host, 1).deployment_id, serve(self.host, 2).deployment_id
        self.host.accept(self.first)

    def ask(self, times: int) -> Counter[str]:
        """Each on a connection of its own; who answered how often."""
        rows = self.place.versions[0].rows[:2]
        url = f"http://127.0.0.1:{self.port}"
        return Counter(str(self.host.predict(url, TOKEN, rows)["model"]) for _ in range(times))

    def shadowing(self) -> Shadowing:
        seen = self.host.observe(self.first).shadowing
        assert seen is not None
        return seen


@pytest.fixture
def two(place: Place, serve: Serve) -> Two:
    return Two(place, serve)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20.0
    while not condition():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.01)


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.usefixtures("instant")
def test_a_canary_answers_its_share_of_the_connections(two: Two) -> None:
    two.host.split(two.first, two.second, 0.25)
    assert two.ask(20) == {"iris@v1": 15, "iris@v2": 5}
    seen = two.host.observe(two.first).splitting
    assert seen is not None
    assert (seen.share, seen.handed, seen.kept) == (0.25, 5, 0)
    assert not two.host.observe(two.second).accepting
    two.host.split(two.first, "", 0.0)
    assert two.ask(8) == {"iris@v1": 8}
    assert two.host.observe(two.first).splitting is None


@pytest.mark.usefixtures("instant")
def test_a_canary_that_is_frozen_or_gone_costs_no_request(two: Two) -> None:
    two.host.split(two.first, two.second, 0.5)
    process = two.host.observe(two.second).process
    assert process is not None
    with frozen(process.pid):
        assert two.ask(6) == {"iris@v1": 6}
    # What waited in its queue came too late for it: nobody is answered twice, and it goes on.
    until(lambda: not two.host.observe(two.second).silent)
    assert two.host.observe(two.second).requests == 0
    os.kill(process.pid, signal.SIGKILL)
    assert two.ask(6) == {"iris@v1": 6}
    seen = two.host.observe(two.first).splitting
    assert seen is not None
    assert (seen.handed, seen.kept) == (0, 6)


@pytest.mark.usefixtures("instant")
def test_a_canary_takes_over_and_hands_nothing_on(two: Two) -> None:
    two.host.split(two.first, two.second, 0.5)
    assert two.ask(4) == {"iris@v1": 2, "iris@v2": 2}
    two.host.accept(two.second)
    two.host.drain(two.first)
    assert two.ask(4) == {"iris@v2": 4}


def test_a_shadow_is_asked_too_and_its_answers_are_compared_and_recorded(two: Two) -> None:
    two.host.shadow(two.first, two.second, 1.0)
    assert two.ask(10) == {"iris@v1": 10}
    until(lambda: two.shadowing().asked == 10 and two.shadowing().rows == 20)
    seen = two.shadowing()
    assert (seen.failed, seen.skipped) == (0, 0)
    mine, other = (version.answers[:2] for version in two.place.versions)
    gaps = [
        max(abs(one["probabilities"][name] - two_["probabilities"][name]) for name in one["probabilities"])
        for one, two_ in zip(mine, other, strict=True)
    ]
    assert seen.largest_difference == pytest.approx(max(gaps), abs=1e-6)
    assert seen.mean_difference == pytest.approx(sum(gaps) / len(gaps), abs=1e-6)
    assert two.host.observe(two.second).requests == 0  # it answered no client
    order = two.place.orders[0]
    lines = two.host.log(two.first, order.folder, 100)
    assert sum('"event": "shadow"' in line for line in lines) == 10
    two.host.shadow(two.first, "", 0.0)
    assert two.host.observe(two.first).shadowing is None


def test_what_was_answered_is_tallied(two: Two) -> None:
    two.ask(3)
    answers = two.host.observe(two.first).answers
    assert answers is not None
    assert answers.classes == {"setosa": 6}
    assert answers.mean is None


@pytest.mark.usefixtures("instant")
def test_a_server_that_is_not_there_cannot_try_anything(two: Two) -> None:
    for deed in (two.host.split, two.host.shadow):
        with pytest.raises(DeploymentError, match="second version") as caught:
            deed("f" * 32, two.second, 0.5)
        assert caught.value.hint
        with pytest.raises(DeploymentError, match="0 to 1"):
            deed(two.first, two.second, 1.5)
