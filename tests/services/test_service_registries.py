"""A host's registry: its address in the workspace, its password in the keyring and nowhere else."""

from __future__ import annotations

import pytest
from tests.fakes.hosts import FakeHosts
from tests.services.test_service_hosts import added, details
from tests.services.world import World

from mlops_desktop.domain.errors import InvalidInputError, KeyringUnavailableError, NotFoundError
from mlops_desktop.domain.hosts import THIS_COMPUTER, Host, HostKind, HostReport
from mlops_desktop.services import lookup
from mlops_desktop.services.host_ports import OnHostStep

ADDRESS = "registry.example:5000/team"
CANARY = "canary-77ab-password"


def test_the_address_is_stored_and_the_password_lies_in_the_keyring_alone(world: World) -> None:
    added(world)
    host = world.workspace.hosts.set_registry("gpu-box", f" {ADDRESS} ", " ada ", CANARY)
    assert (host.registry, host.registry_user, host.revision) == (ADDRESS, "ada", 2)
    assert world.workspace.hosts.get("gpu-box") == host
    assert world.credentials.kept == {"registry-gpu-box": CANARY}
    assert details(world, "host.registry") == {"before": "", "now": ADDRESS, "user": "ada"}
    world.parts.registry.checkpoint()
    for folder in (world.folder, world.state):
        assert not [path for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def test_taking_it_away_takes_the_password_away(world: World) -> None:
    added(world)
    world.workspace.hosts.set_registry("gpu-box", ADDRESS, "ada", CANARY)
    host = world.workspace.hosts.remove_registry("gpu-box")
    assert (host.registry, host.registry_user, world.credentials.kept) == ("", "", {})
    world.workspace.hosts.set_registry("gpu-box", ADDRESS, "ada", CANARY)
    world.workspace.hosts.remove("gpu-box")
    assert world.credentials.kept == {}


def test_a_registry_for_anybody_asks_no_keyring(world: World) -> None:
    added(world)
    world.credentials.is_there = False
    world.workspace.hosts.set_registry("gpu-box", ADDRESS)
    assert world.workspace.hosts.remove_registry("gpu-box").registry == ""


def test_without_a_keyring_the_password_is_refused_or_kept_for_the_session(world: World) -> None:
    added(world)
    world.credentials.is_there = False
    with pytest.raises(KeyringUnavailableError):
        world.workspace.hosts.set_registry("gpu-box", ADDRESS, "ada", CANARY)
    assert world.workspace.hosts.get("gpu-box").registry == ""
    world.workspace.hosts.set_registry("gpu-box", ADDRESS, "ada", CANARY, session_only=True)
    assert world.credentials.session == {"registry-gpu-box": CANARY}


def test_a_keyring_that_is_away_stops_nobody_from_taking_the_registry_away(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    added(world)
    world.workspace.hosts.set_registry("gpu-box", ADDRESS, "ada", CANARY)
    world.credentials.is_there = False
    assert world.workspace.hosts.remove_registry("gpu-box").registry == ""
    assert "stays in the keyring" in caplog.text
    assert CANARY not in caplog.text


def test_a_password_that_is_known_need_not_be_given_again(world: World) -> None:
    added(world)
    with pytest.raises(InvalidInputError, match="not known") as unknown:
        world.workspace.hosts.set_registry("gpu-box", ADDRESS, "ada")
    assert "MLOPS_SECRET_REGISTRY_GPU_BOX" in unknown.value.hint
    world.workspace.hosts.set_registry("gpu-box", ADDRESS, "ada", CANARY)
    assert world.workspace.hosts.set_registry("gpu-box", "other.example", "ada").registry == "other.example"
    assert world.credentials.kept == {"registry-gpu-box": CANARY}


@pytest.mark.parametrize(
    ("address", "user", "password"),
    [
        ("https://registry.example", "ada", CANARY),
        (ADDRESS, "", CANARY),
        (ADDRESS, "ada", ""),
        (ADDRESS, "ada:secret", CANARY),
        (ADDRESS, "a\nda", CANARY),
        (ADDRESS, "a" * 300, CANARY),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_kept(world: World, address: str, user: str, password: str) -> None:
    added(world)
    with pytest.raises(InvalidInputError) as refused:
        world.workspace.hosts.set_registry("gpu-box", address, user, password)
    assert CANARY not in f"{refused.value}{refused.value.hint}"
    assert world.credentials.kept == {}
    assert world.workspace.hosts.get("gpu-box").registry == ""


def test_only_a_host_elsewhere_has_a_registry(world: World) -> None:
    added(world, "docker", HostKind.DOCKER)
    for name in ("docker", THIS_COMPUTER):
        with pytest.raises(InvalidInputError):
            world.workspace.hosts.set_registry(name, ADDRESS)
    with pytest.raises(NotFoundError):
        world.workspace.hosts.set_registry("gpu-bux", ADDRESS)


def test_images_are_put_together_by_the_engine_that_was_added_here(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str | None]] = []
    real = FakeHosts.check

    def check(self: FakeHosts, host: Host, on_step: OnHostStep | None = None, here: Host | None = None) -> HostReport:
        asked.append((host.name, here.name if here else None))
        return real(self, host, on_step, here)

    monkeypatch.setattr(FakeHosts, "check", check)
    added(world)
    world.workspace.hosts.set_registry("gpu-box", ADDRESS)
    asked.clear()
    world.workspace.hosts.check("gpu-box")
    added(world, "docker", HostKind.DOCKER)
    world.workspace.hosts.check("gpu-box")
    world.workspace.hosts.check("docker")
    assert asked == [("gpu-box", None), ("docker", None), ("gpu-box", "docker"), ("docker", None)]
    with world.parts.registry.read() as unit:
        known = unit.hosts.find("gpu-box")
        assert known is not None
        here = lookup.engine_here(unit, known)
    assert here is not None
    assert here.name == "docker"


def test_the_variable_is_named_after_the_host(world: World) -> None:
    assert world.workspace.hosts.registry_variable("gpu-box") == "MLOPS_SECRET_REGISTRY_GPU_BOX"
