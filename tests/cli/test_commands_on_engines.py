"""The commands on hosts against real engines: on this computer, over SSH and over TLS, well and with faults."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mlops_desktop import bootstrap
from mlops_desktop.cli import main as entry

if TYPE_CHECKING:
    from tests.engines.engine import LocalEngine
    from tests.engines.remote_host import RemoteHost

WRONG = "SHA256:" + "A" * 43


class Typist:
    """Types commands in a workspace of its own, with nobody at the terminal."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capture = capture
        self.notes = ""

    def __call__(self, *words: object, code: int = entry.DONE) -> str:
        self._capture.readouterr()
        ended = entry.main(["-w", str(self._folder), "hosts", *map(str, words)])
        said = self._capture.readouterr()
        self.notes = said.err
        assert ended == code, f"{words}: exit {ended}\n{said.out}{said.err}"
        return said.out

    def refused(self, *words: object) -> tuple[str, str]:
        """The code and the whole text of a user error."""
        said = self(*words, code=entry.USER_ERROR)
        return self.notes.rstrip().rpartition("(")[2].rstrip(")"), said + self.notes

    def json(self, *words: object) -> Any:
        return json.loads(self(*words, "--json"))


@pytest.fixture
def hosts(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typist:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    bootstrap.create_workspace(tmp_path / "workspace").close()
    return Typist(tmp_path / "workspace", capsys)


def over_ssh(remote: RemoteHost, name: str = "box", *, key: Path | None = None) -> list[object]:
    address = f"{remote.user}@{remote.address}"
    base = ("--base-image", remote.base_image)
    return ["add", name, "--kind", "ssh", "--address", address, "--key", key or remote.key, *base]


def over_tls(remote: RemoteHost, folder: Path, name: str = "sealed") -> list[object]:
    base = ("--base-image", remote.base_image)
    address = f"{remote.address}:{remote.tls_port}"
    return ["add", name, "--kind", "tls", "--address", address, "--certificates", folder, *base]


@pytest.fixture
def own_certificates(remote_host: RemoteHost, tmp_path: Path) -> Path:
    """A copy of the folder with certificates, to be changed."""
    folder = tmp_path / "certificates"
    folder.mkdir(mode=0o700)
    for name in ("ca.pem", "cert.pem", "key.pem"):
        shutil.copy(remote_host.tls_folder / name, folder / name)
    return folder


def test_the_engine_of_this_computer_is_added_and_listed(hosts: Typist, local_engine: LocalEngine) -> None:
    base = ("--base-image", local_engine.base_image)
    said = hosts("add", "docker", "--kind", "docker", "--address", f"unix://{local_engine.socket}", *base)
    assert "ok  engine: Docker" in said
    (_, state) = hosts.json("list", "--check")
    assert state["report"]["code"] == ""
    assert state["report"]["facts"]["base"] == hosts.json("base", "docker")["identity"]


def test_k_09_a_host_key_is_confirmed_once_and_a_changed_one_is_blocked_until_it_is_trusted(
    hosts: Typist, remote_host: RemoteHost
) -> None:
    before = remote_host.fingerprint
    code, said = hosts.refused(*over_ssh(remote_host))
    assert code == "MD-HST-004"
    assert f"--fingerprint {before}" in said
    code, said = hosts.refused(*over_ssh(remote_host), "--fingerprint", WRONG)
    assert code == "MD-HST-004"
    assert before in said
    assert len(hosts.json("list")) == 1
    hosts(*over_ssh(remote_host), "--fingerprint", before)
    remote_host.new_host_key()
    now = remote_host.fingerprint
    code, said = hosts.refused("check", "box")
    assert code == "MD-HST-005"
    assert f"confirmed:  {before}\nshown now:  {now}\n" in said
    assert hosts.refused("trust", "box", "--fingerprint", before)[0] == "MD-INP-001"
    assert hosts.refused("check", "box")[0] == "MD-HST-005"
    hosts("trust", "box", "--fingerprint", now)
    assert "box can be used." in hosts("check", "box")


def test_k_09_a_wrong_key_and_one_with_a_passphrase_are_refused_with_the_way_out(
    hosts: Typist, remote_host: RemoteHost
) -> None:
    for name, key, advice in (
        ("stranger", remote_host.stranger_key, "authorized_keys"),
        ("locked", remote_host.locked_key, "ssh-add"),
    ):
        code, said = hosts.refused(*over_ssh(remote_host, name, key=key), "--yes")
        assert code == "MD-HST-003", said
        assert advice in said
    assert len(hosts.json("list")) == 1


def test_k_10_a_certificate_that_is_wrong_in_one_way_is_refused_with_that_reason(
    hosts: Typist, remote_host: RemoteHost
) -> None:
    assert "ok  engine: Docker" in hosts(*over_tls(remote_host, remote_host.tls_folder))
    for fault, code, reason in (
        (remote_host.expired_certificate, "MD-HST-003", "expired"),
        (remote_host.foreign_certificate, "MD-HST-005", "another authority"),
        (remote_host.other_name_certificate, "MD-HST-003", "another name"),
    ):
        fault()
        found, said = hosts.refused("check", "sealed")
        assert (found, reason in said) == (code, True), said
    remote_host.good_certificate()
    assert "can be used" in hosts("check", "sealed")


def test_a_new_authority_is_trusted_by_the_fingerprint_that_openssl_shows(
    hosts: Typist, remote_host: RemoteHost, own_certificates: Path
) -> None:
    hosts(*over_tls(remote_host, own_certificates))
    remote_host.foreign_certificate()
    assert hosts.refused("check", "sealed")[0] == "MD-HST-005"
    shutil.copy(remote_host.foreign_authority, own_certificates / "ca.pem")
    assert hosts.refused("check", "sealed")[0] == "MD-HST-005"
    asked = ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", str(own_certificates / "ca.pem")]
    fingerprint = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    assert hosts.refused("trust", "sealed", "--fingerprint", WRONG)[0] == "MD-INP-001"
    hosts("trust", "sealed", "--fingerprint", fingerprint.partition("=")[2])
    assert "can be used" in hosts("check", "sealed")


def test_a_host_that_is_away_keeps_the_others_from_nothing(
    hosts: Typist, remote_host: RemoteHost, local_engine: LocalEngine
) -> None:
    hosts(*over_ssh(remote_host), "--yes")
    hosts(*over_tls(remote_host, remote_host.tls_folder))
    base = ("--base-image", local_engine.base_image)
    hosts("add", "docker", "--kind", "docker", "--address", local_engine.socket, *base)
    remote_host.cut()
    found = {state["host"]["name"]: state["report"] for state in hosts.json("list", "--check")}
    assert found["docker"]["code"] == ""
    assert (found["box"]["code"], found["sealed"]["code"]) == ("MD-HST-002", "MD-HST-002")
