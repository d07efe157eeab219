"""K-08 and K-10: a host over TLS that is away, and certificates that are expired, foreign, of another name or none."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.engines.certificates import Identity
from tests.engines.hosts import tls_host
from tests.engines.remote_host import RemoteHost
from tests.hosts.engines.reaching import KEY_CHANGED, REFUSED, UNREACHABLE, failed_at, tried, trying

from mlops_desktop.domain.errors import HostKeyChangedError
from mlops_desktop.domain.hosts import Host, HostStep

pytestmark = pytest.mark.engines


def shown(remote: RemoteHost, folder: Path, identity: Identity | None) -> Host:
    """The host, to whom this certificate is shown."""
    folder.mkdir(mode=0o700)
    if identity is not None:
        shutil.copy(identity.certificate, folder / "cert.pem")
        shutil.copy(identity.key, folder / "key.pem")
    return dataclasses.replace(tls_host(remote), credentials=str(folder))


@pytest.mark.parametrize(
    ("fault", "step", "reason"),
    [
        pytest.param("cut", HostStep.REACH, "timed out", marks=pytest.mark.long),
        ("reject", HostStep.REACH, "Connection refused"),
        pytest.param("down", HostStep.REACH, "No route to host", marks=pytest.mark.long),
        pytest.param("freeze", HostStep.ENGINE, "no answer in time", marks=pytest.mark.long),
        ("kill", HostStep.REACH, "Connection refused"),
    ],
)
def test_k_08_a_host_that_is_away_is_told_with_the_systems_own_reason(
    remote_host: RemoteHost, tmp_path: Path, fault: str, step: HostStep, reason: str
) -> None:
    getattr(remote_host, fault)()
    report = tried(tmp_path, tls_host(remote_host))
    assert (report.code, failed_at(report)) == (UNREACHABLE, step)
    assert reason in report.sentence
    assert report.hint.startswith("Check that it is on")


@pytest.mark.parametrize(
    ("fault", "code", "sentence"),
    [
        ("expired_certificate", REFUSED, "The certificate of sealed has expired or is not valid yet."),
        ("other_name_certificate", REFUSED, "The certificate of sealed is for another name."),
        (
            "foreign_certificate",
            KEY_CHANGED,
            "sealed shows a certificate of another authority than the one that was pinned.",
        ),
    ],
)
def test_k_10_a_host_whose_certificate_is_wrong_is_refused_with_that_reason(
    remote_host: RemoteHost, tmp_path: Path, fault: str, code: str, sentence: str
) -> None:
    getattr(remote_host, fault)()
    report = tried(tmp_path, tls_host(remote_host))
    assert (report.code, failed_at(report)) == (code, HostStep.ENGINE)
    assert report.sentence == sentence
    assert report.hint


@pytest.mark.parametrize("who", ["expired_client", "foreign_client"])
def test_k_10_a_certificate_of_ours_that_the_host_refuses_is_said_to_be_ours(
    remote_host: RemoteHost, tmp_path: Path, who: str
) -> None:
    report = tried(tmp_path, shown(remote_host, tmp_path / "own", getattr(remote_host, who)))
    assert (report.code, failed_at(report)) == (REFUSED, HostStep.ENGINE)
    assert report.sentence == "sealed does not accept our certificate."
    assert "that the engine's authority has issued" in report.hint


def test_k_10_without_a_certificate_of_ours_nobody_is_asked(remote_host: RemoteHost, tmp_path: Path) -> None:
    report = tried(tmp_path, shown(remote_host, tmp_path / "own", None))
    assert (report.code, failed_at(report)) == (REFUSED, HostStep.ENGINE)
    assert report.sentence == f"{tmp_path}/own/cert.pem is not there, so sealed would not let us in."


def test_k_10_a_key_of_another_certificate_or_with_a_passphrase_cannot_be_used(
    remote_host: RemoteHost, tmp_path: Path
) -> None:
    """The program never asks for the passphrase on a terminal."""
    mixed = shown(remote_host, tmp_path / "own", remote_host.certificate)
    shutil.copy(remote_host.foreign_client.key, tmp_path / "own" / "key.pem")
    report = tried(tmp_path, mixed)
    assert (report.code, failed_at(report)) == (REFUSED, HostStep.ENGINE)
    assert "have to belong together" in report.hint
    locked = tmp_path / "own" / "key.pem"
    lock: list[str | Path] = [
        "openssl",
        "ec",
        "-aes256",
        "-passout",
        "pass:canary",
        "-in",
        remote_host.certificate.key,
        "-out",
        locked,
    ]
    subprocess.run(lock, check=True, capture_output=True)
    report = tried(tmp_path, mixed)
    assert report.code == REFUSED
    assert "passphrase" in report.sentence
    assert "canary" not in str(report)


@pytest.fixture(params=["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def company_bundle(request: pytest.FixtureRequest, remote_host: RemoteHost, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A company has its own authority in the environment of all its programs; here it is the foreign one."""
    monkeypatch.setenv(request.param, str(remote_host.foreign_authority))
    return remote_host.foreign_authority


@pytest.mark.usefixtures("company_bundle")
def test_k_10_an_authority_in_the_environment_takes_nobodys_place(remote_host: RemoteHost, tmp_path: Path) -> None:
    """Neither is the right host refused for it, nor one taken that the company's authority signed."""
    host = tls_host(remote_host)
    assert tried(tmp_path, host).code == ""
    remote_host.foreign_certificate()
    assert tried(tmp_path, host).code == KEY_CHANGED
    with pytest.raises(HostKeyChangedError), trying(tmp_path) as opened:
        opened.at(host).port_use(0)


def test_k_10_a_proxy_in_the_environment_is_not_on_the_way(
    remote_host: RemoteHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    monkeypatch.setenv("DOCKER_CERT_PATH", os.devnull)
    assert tried(tmp_path, tls_host(remote_host)).code == ""
