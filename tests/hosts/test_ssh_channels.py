"""Where a host is and who we are there, where the person's ssh_config is read without OpenSSH."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlops_desktop.domain.errors import EngineError, HostKeyUnknownError, HostUnreachableError
from mlops_desktop.domain.hosts import Host, HostKind
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.hosts.engines import ssh_channels
from mlops_desktop.hosts.engines.ssh_channels import SshChannels, _Target


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".ssh"
    folder.mkdir(mode=0o700)
    return folder / "config"


def host(address: str, credentials: str = "") -> Host:
    return Host(new_identifier(), "box", HostKind.SSH, datetime.now(UTC), "ada", address, credentials, "")


def test_name_port_user_and_key_are_those_of_the_persons_configuration(config: Path) -> None:
    config.write_text("Host box\n  HostName 192.0.2.7\n  Port 2222\n  User grace\n  IdentityFile ~/.ssh/work\n")
    found = _Target.of(host("box"))
    assert (found.machine, found.port, found.user) == ("192.0.2.7", 2222, "grace")
    assert [path.name for path in found.keys] == ["work", "id_ed25519", "id_ecdsa", "id_rsa"]
    assert all(path.parent == config.parent for path in found.keys)


def test_what_the_address_says_counts_more_and_a_named_key_is_the_only_one(config: Path) -> None:
    config.write_text("Host *\n  Port 2222\n  User grace\n")
    found = _Target.of(host("ada@192.0.2.7:2200", "~/keys/mine"))
    assert (found.machine, found.port, found.user) == ("192.0.2.7", 2200, "ada")
    assert found.keys == [config.parents[1] / "keys/mine"]


def test_without_a_configuration_it_is_the_usual_port(config: Path) -> None:
    assert not config.exists()
    assert _Target.of(host("ada@192.0.2.7")).port == 22


@pytest.mark.parametrize("line", ["ProxyJump gate", "ProxyCommand nc %h %p"])
def test_a_host_behind_another_machine_is_said_to_need_openssh(config: Path, line: str) -> None:
    config.write_text(f"Host box\n  {line}\n")
    with pytest.raises(EngineError, match="over another machine, which needs OpenSSH"):
        _Target.of(host("box"))


def test_a_configuration_that_is_none_is_named(config: Path) -> None:
    config.write_text("Host box\n  this is no line\nMatch nonsense\n")
    with pytest.raises(EngineError, match="cannot be read") as caught:
        _Target.of(host("box"))
    assert str(config) in caught.value.message


def test_nothing_is_said_to_a_machine_whose_key_was_not_confirmed(config: Path) -> None:
    channels = SshChannels(host("ada@192.0.2.7"), "/var/run/docker.sock")
    with pytest.raises(HostKeyUnknownError):
        channels.open()
    with pytest.raises(ConnectionError, match="is closed"):
        channels.dial(1.0)
    assert channels.broken() == ""
    channels.interrupt()
    channels.close()


def test_a_machine_that_is_none_is_said_so(config: Path) -> None:
    with pytest.raises(HostUnreachableError, match=r"No machine is called nobody\.invalid"):
        ssh_channels.offered_key(host("nobody.invalid"))
