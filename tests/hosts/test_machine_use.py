"""How busy a machine is, from what its kernel says."""

from __future__ import annotations

import pytest

from mlops_desktop.hosts.engines.machine_use import MachineUse, read_use, use_here

BEFORE = "cpu  100 0 100 800 0 0 0 0 0 0"
AFTER = "cpu  115 0 110 860 15 0 0 0 0 0"
MEMORY = "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    400 kB\nHugePages_Total:       0"


def test_the_share_of_the_time_that_was_not_idle_and_the_memory_that_is_not_available() -> None:
    assert read_use(f"{BEFORE}\n{AFTER}\n{MEMORY}\n") == MachineUse(0.25, 600 * 1024)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "sh: not found",
        f"{BEFORE}\n{AFTER}",
        f"{BEFORE}\n{BEFORE}\n{MEMORY}",
        f"cpu a b c\n{AFTER}\n{MEMORY}",
        f"{BEFORE}\ncpu 1 2\n{MEMORY}",
        f"{BEFORE}\n{AFTER}\nMemTotal: kB",
    ],
)
def test_what_cannot_be_read_is_not_known(said: str) -> None:
    assert read_use(said) is None


def test_this_computer_is_in_use_and_not_more_than_whole() -> None:
    use = use_here()
    assert 0 <= use.cpu <= 1
    assert use.memory > 0
