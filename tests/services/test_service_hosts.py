"""Hosts as a person adds, checks, trusts and removes them."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests import needs
from tests.fakes.hosts import FACTS, KEY, OTHER_KEY, FakeHosts, report_of
from tests.services.world import World

from mlops_desktop.domain.errors import (
    AlreadyExistsError,
    ConflictError,
    EngineError,
    HostKeyUnknownError,
    HostUnreachableError,
    InvalidInputError,
    InvalidNameError,
    NotFoundError,
)
from mlops_desktop.domain.hosts import DEFAULT_BASE_IMAGE, THIS_COMPUTER, Host, HostKind, HostReport, this_computer
from mlops_desktop.services.host_proofs import authority_fingerprint, certificates_in, is_same, key_fingerprints
from mlops_desktop.services.hosts import HostService, reason_of
from mlops_desktop.services.trash import Kind

PRIVATE_KEY = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\n-----END OPENSSH PRIVATE KEY-----\n"
)


def fakes(world: World) -> FakeHosts:
    assert isinstance(world.parts.hosts, FakeHosts)
    return world.parts.hosts


def added(world: World, name: str = "gpu-box", kind: HostKind = HostKind.SSH, **options: Any) -> Host:
    """A host whose key somebody confirmed."""
    service = world.workspace.hosts
    host = service.draft(name, kind, "mlops@gpu-box" if kind is HostKind.SSH else "", **options)
    report = service.try_out(host)
    return service.add(service.confirmed(host, report) if report.offered else host)


def details(world: World, action: str) -> dict[str, Any]:
    return dict(next(entry for entry in reversed(world.workspace.audit()) if entry.action == action).details)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "id_ed25519"
    path.write_text(PRIVATE_KEY)
    path.chmod(0o600)
    return path


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    pytest.importorskip("cryptography")
    from tests.engines.certificates import Authority

    folder = tmp_path / "certificates"
    folder.mkdir()
    Authority(folder, "ca").client("")
    return folder


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_a_draft_is_checked_and_stores_nothing(world: World, key: Path) -> None:
    service = world.workspace.hosts
    host = service.draft("  gpu-box ", HostKind.SSH, " mlops@gpu-box:2222 ", str(key), base_image="python:3.12-slim")
    assert (host.name, host.address, host.credentials) == ("gpu-box", "mlops@gpu-box:2222", str(key))
    assert (host.base_image, host.pinned, host.created_by) == ("python:3.12-slim", "", "ada")
    assert service.draft("gpu-box", HostKind.SSH, "gpu-box").credentials == ""
    assert [state.host.name for state in service.list()] == [THIS_COMPUTER]


@pytest.mark.parametrize(
    ("address", "stored"),
    [("", ""), ("/run/docker.sock", "/run/docker.sock"), ("unix:///run/docker.sock", "/run/docker.sock")],
)
def test_an_engine_here_is_a_socket(world: World, address: str, stored: str) -> None:
    host = world.workspace.hosts.draft("docker", HostKind.DOCKER, address)
    assert (host.address, host.base_image) == (stored, DEFAULT_BASE_IMAGE)


@pytest.mark.parametrize(
    ("name", "kind", "options", "error"),
    [
        ("a/b", HostKind.DOCKER, {}, InvalidNameError),
        (THIS_COMPUTER, HostKind.DOCKER, {}, AlreadyExistsError),
        ("gpu-box", HostKind.DOCKER, {}, AlreadyExistsError),
        ("new", HostKind.PROCESS, {}, InvalidInputError),
        ("new", HostKind.DOCKER, {"address": "tcp://gpu-box:2375"}, InvalidInputError),
        ("new", HostKind.DOCKER, {"address": "docker.sock"}, InvalidInputError),
        ("new", HostKind.DOCKER, {"address": "unix://"}, InvalidInputError),
        ("new", HostKind.DOCKER, {"credentials": "/somewhere"}, InvalidInputError),
        ("new", HostKind.DOCKER, {"base_image": "--privileged"}, InvalidInputError),
        ("new", HostKind.DOCKER, {"base_image": "python 3"}, InvalidInputError),
        ("new", HostKind.DOCKER, {"base_image": "python:"}, InvalidInputError),
        ("new", HostKind.DOCKER, {"base_image": ""}, InvalidInputError),
        ("new", HostKind.SSH, {"address": ""}, InvalidInputError),
        ("new", HostKind.SSH, {"address": "-oProxyCommand=x"}, InvalidInputError),
        ("new", HostKind.SSH, {"address": "gpu-box", "authority": Path("ca.pem")}, InvalidInputError),
        ("new", HostKind.SSH, {"address": "gpu-box", "credentials": "/no/such/key"}, InvalidInputError),
        ("new", HostKind.TLS, {"address": "gpu-box"}, InvalidInputError),
        ("new", HostKind.TLS, {"address": "gpu-box", "credentials": "/no/such/folder"}, InvalidInputError),
    ],
)
def test_what_cannot_be_a_host_is_refused_with_a_way_out(
    world: World, name: str, kind: HostKind, options: dict[str, Any], error: type[Exception]
) -> None:
    added(world)
    with pytest.raises(error) as caught:
        world.workspace.hosts.draft(name, kind, **options)
    assert getattr(caught.value, "hint", "")


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("ssh-ed25519 AAAA ada@desk\n", "the public one"),
        ("PuTTY-User-Key-File-3: ssh-ed25519\n", "puttygen"),
        ("nothing\n", "PRIVATE KEY"),
        ("", "PRIVATE KEY"),
        ("-----BEGIN" + "x" * 300_000, "another file"),
    ],
)
def test_what_is_no_private_key_is_refused(world: World, key: Path, content: str, hint: str) -> None:
    key.write_text(content)
    with pytest.raises(InvalidInputError) as caught:
        world.workspace.hosts.draft("gpu-box", HostKind.SSH, "gpu-box", str(key))
    assert hint in caught.value.hint


@pytest.mark.skipif(os.name == "nt", reason="files have no modes there")
def test_a_key_that_others_may_read_is_refused(world: World, key: Path, certificates: Path) -> None:
    key.chmod(0o640)
    with pytest.raises(InvalidInputError, match="may read") as caught:
        world.workspace.hosts.draft("gpu-box", HostKind.SSH, "gpu-box", str(key))
    assert f"chmod 600 {key}" in caught.value.hint
    (certificates / "key.pem").chmod(0o644)
    with pytest.raises(InvalidInputError, match="may read"):
        world.workspace.hosts.draft("lab", HostKind.TLS, "lab", str(certificates))


def test_a_folder_of_certificates_pins_its_authority_and_no_key_with_it(world: World, certificates: Path) -> None:
    authority = certificates / "ca.pem"
    pem = authority.read_text()
    authority.write_text((certificates / "key.pem").read_text() + pem)
    host = world.workspace.hosts.draft("lab", HostKind.TLS, "lab", str(certificates))
    assert (host.address, host.credentials, host.pinned) == ("lab:2376", str(certificates), pem)
    assert "PRIVATE" not in host.pinned
    elsewhere = certificates.parent / "company.pem"
    authority.rename(elsewhere)
    named = world.workspace.hosts.draft("lab", HostKind.TLS, "lab", str(certificates), authority=elsewhere)
    assert named.pinned == pem


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("ca.pem", "nothing", "no certificate"),
        ("ca.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificate"),
        ("ca.pem", None, "cannot be read"),
        ("cert.pem", None, "cannot be read"),
        ("key.pem", None, "cannot be read"),
        ("cert.pem", "nothing", "cannot be used together"),
        ("key.pem", "foreign", "cannot be used together"),
        ("key.pem", "locked", "cannot be used together"),
    ],
)
def test_certificates_that_cannot_be_used_are_refused(
    world: World, certificates: Path, file: str, content: str | None, message: str
) -> None:
    path = certificates / file
    if content is None:
        path.unlink()
    elif content in ("foreign", "locked"):
        path.write_bytes(another_key(locked=content == "locked"))
    else:
        path.write_text(content)
    with pytest.raises(InvalidInputError, match=message) as caught:
        world.workspace.hosts.draft("lab", HostKind.TLS, "lab", str(certificates))
    assert caught.value.hint


def another_key(*, locked: bool) -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    lock = serialization.BestAvailableEncryption(b"secret") if locked else serialization.NoEncryption()
    pem, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(pem, plain, lock)


# --- adding -----------------------------------------------------------------------------------------------------------


def test_an_ssh_host_is_added_after_somebody_confirmed_its_key(world: World) -> None:
    service = world.workspace.hosts
    host = service.draft("gpu-box", HostKind.SSH, "mlops@gpu-box")
    with pytest.raises(HostKeyUnknownError):
        service.add(host)
    first = service.try_out(host)
    assert (first.code, first.offered, first.fingerprint) == ("MD-HST-004", KEY, *key_fingerprints(KEY))
    host = service.confirmed(host, first)
    steps: list[str] = []
    assert service.try_out(host, lambda step: steps.append(step.step.value)).ok
    assert steps == ["reach", "engine"]
    assert service.list()[1:] == []
    service.add(host)
    assert service.get("gpu-box") == host
    assert details(world, "host.add") == {
        "kind": "ssh",
        "address": "mlops@gpu-box",
        "proof": list(key_fingerprints(KEY)),
    }
    with pytest.raises(ConflictError):
        service.confirmed(host, first)


def test_there_is_nothing_to_confirm_where_no_key_was_offered(world: World) -> None:
    service = world.workspace.hosts
    docker = service.draft("docker", HostKind.DOCKER)
    for host in (docker, service.draft("gpu-box", HostKind.SSH, "gpu-box")):
        with pytest.raises(InvalidInputError):
            service.confirmed(host, HostReport((), facts=FACTS))


def test_a_name_is_taken_by_who_adds_it_first(world: World) -> None:
    service = world.workspace.hosts
    first, second = service.draft("docker", HostKind.DOCKER), service.draft("docker", HostKind.DOCKER)
    service.add(first)
    with pytest.raises(AlreadyExistsError):
        service.add(second)
    with pytest.raises(InvalidInputError):
        service.add(this_computer())
    assert world.actions().count("host.add") == 1


# --- what is there ----------------------------------------------------------------------------------------------------


def test_hosts_are_listed_with_what_is_there_and_how_they_were_seen_last(two: World) -> None:
    service = two.workspace.hosts
    added(two, "docker", HostKind.DOCKER)
    two.deployed("late@v1")
    two.deployed("late@v2", endpoint="far", host="docker")
    two.deployed("late@v2", endpoint="stopped", host="docker")
    two.workspace.deployments.stop("stopped")
    two.roll_out()
    here, docker = service.list()
    assert (here.host.name, here.endpoints, here.answering, here.report) == (THIS_COMPUTER, 1, 1, None)
    assert (docker.host.name, docker.endpoints, docker.answering) == ("docker", 2, 1)
    seen_at = two.clock.now
    report = service.check("docker")
    two.clock.advance(60)
    assert service.list()[1] == dataclasses.replace(docker, report=report, checked_at=seen_at)
    assert HostService(two.parts).list()[1].report is None


def test_an_endpoint_in_trouble_does_not_answer(two: World) -> None:
    added(two, "docker", HostKind.DOCKER)
    two.deployed("late@v1", host="docker")
    fakes(two).others["docker"].machine.is_cut_off = True
    two.clock.advance(60)
    two.see_to_endpoints()
    state = two.workspace.hosts.list()[1]
    assert (state.endpoints, state.answering) == (1, 0)


def test_what_a_check_finds_wrong_is_in_its_report(world: World) -> None:
    added(world, "docker", HostKind.DOCKER)
    fakes(world).reports["docker"] = report_of(EngineError("Docker is not running.", hint="Start it."))
    report = world.workspace.hosts.check("docker")
    assert not report.ok
    error = reason_of(report)
    assert isinstance(error, EngineError)
    assert (error.message, error.hint) == ("Docker is not running.", "Start it.")
    with pytest.raises(NotFoundError, match="called doker"):
        world.workspace.hosts.check("doker")


def test_a_host_with_endpoints_stays_even_if_they_are_in_the_trash(two: World) -> None:
    service = two.workspace.hosts
    added(two, "docker", HostKind.DOCKER)
    two.deployed("late@v1", host="docker")
    with pytest.raises(ConflictError, match="docker still has late"):
        service.remove("docker")
    two.workspace.deployments.stop("late")
    two.roll_out()
    two.workspace.trash.put(Kind.ENDPOINT, ["late"])
    with pytest.raises(ConflictError, match="docker still has late"):
        service.remove("docker")
    two.workspace.trash.purge()
    service.remove("docker")
    assert [state.host.name for state in service.list()] == [THIS_COMPUTER]
    assert "host.remove" in two.actions()
    with pytest.raises(NotFoundError):
        two.workspace.deployments.deploy("late@v1", host="docker")


def test_this_computer_stays_as_it_is(world: World) -> None:
    service = world.workspace.hosts
    for wish in (
        lambda: service.remove(THIS_COMPUTER),
        lambda: service.trust(THIS_COMPUTER, "SHA256:x"),
        lambda: service.set_base_image(THIS_COMPUTER, "python:3.12"),
        lambda: service.prepare_base(THIS_COMPUTER),
    ):
        with pytest.raises(InvalidInputError, match="always there"):
            wish()
    assert service.check(THIS_COMPUTER).ok


# --- trust ------------------------------------------------------------------------------------------------------------


def test_a_changed_key_is_trusted_by_its_new_fingerprint_only(world: World) -> None:
    service = world.workspace.hosts
    added(world)
    (before,), (now,) = key_fingerprints(KEY), key_fingerprints(OTHER_KEY)
    with pytest.raises(InvalidInputError, match="has not changed"):
        service.trust("gpu-box", before)
    fakes(world).keys["gpu-box"] = OTHER_KEY
    assert service.check("gpu-box").code == "MD-HST-005"
    for wrong in (before, now[:-1], now.lower(), ""):
        with pytest.raises(InvalidInputError, match="not "):
            service.trust("gpu-box", wrong)
    assert service.get("gpu-box").pinned == KEY
    host = service.trust("gpu-box", f" {now}\n")
    assert (host.pinned, host.revision) == (OTHER_KEY, 2)
    assert service.get("gpu-box") == host
    assert details(world, "host.trust") == {"before": [before], "now": now}
    report = service.list()[1].report
    assert report is not None
    assert report.ok


def test_trust_says_why_a_host_cannot_be_reached(world: World) -> None:
    added(world)
    added(world, "docker", HostKind.DOCKER)
    fakes(world).reports["gpu-box"] = report_of(HostUnreachableError("No answer.", hint="Is it on?"))
    with pytest.raises(HostUnreachableError, match="No answer"):
        world.workspace.hosts.trust("gpu-box", "SHA256:x")
    with pytest.raises(InvalidInputError, match="socket of this computer"):
        world.workspace.hosts.trust("docker", "SHA256:x")


def test_a_new_authority_is_trusted_where_the_host_is_well_with_it(world: World, certificates: Path) -> None:
    from tests.engines.certificates import Authority

    service = world.workspace.hosts
    host = service.add(service.draft("lab", HostKind.TLS, "lab", str(certificates)))
    with pytest.raises(InvalidInputError, match="has not changed"):
        service.trust("lab", authority_fingerprint(host.pinned))
    (certificates / "ca.pem").unlink()
    pem = Authority(certificates, "ca").certificate.read_text()
    fakes(world).reports["lab"] = report_of(HostUnreachableError("No answer.", hint="Is it on?"))
    with pytest.raises(InvalidInputError, match="not AB:CD"):
        service.trust("lab", "AB:CD")
    with pytest.raises(HostUnreachableError):
        service.trust("lab", authority_fingerprint(pem))
    assert service.get("lab") == host
    fakes(world).reports.clear()
    assert service.trust("lab", authority_fingerprint(pem).lower()).pinned == pem
    assert details(world, "host.trust")["before"] == [authority_fingerprint(host.pinned)]


# --- base images ------------------------------------------------------------------------------------------------------


def test_another_base_image_is_for_what_is_built_from_now_on(world: World) -> None:
    added(world, "docker", HostKind.DOCKER)
    host = world.workspace.hosts.set_base_image("docker", "python:3.12-slim")
    assert (host.base_image, host.revision) == ("python:3.12-slim", 2)
    assert details(world, "host.base_image") == {"before": DEFAULT_BASE_IMAGE, "now": "python:3.12-slim"}
    with pytest.raises(InvalidInputError):
        world.workspace.hosts.set_base_image("docker", "-v /:/host")


def test_a_base_image_is_prepared_with_progress(world: World, tmp_path: Path) -> None:
    service = world.workspace.hosts
    added(world, "docker", HostKind.DOCKER)
    told: list[tuple[str, int, int]] = []
    assert service.prepare_base("docker", report=lambda *words: told.append(words)) == FACTS.base
    assert told == [("pulling", 0, 40_000_000), ("pulling", 40_000_000, 40_000_000)]
    archive = tmp_path / "python.tar"
    with pytest.raises(InvalidInputError, match=r"no file .*python\.tar"):
        service.prepare_base("docker", archive)
    archive.write_bytes(b"tar")
    service.prepare_base("docker", archive)
    assert [there for _, there in fakes(world).bases] == [None, archive]
    assert details(world, "host.prepare_base") == {"image": DEFAULT_BASE_IMAGE, "identity": FACTS.base}


def test_a_base_image_that_could_not_be_prepared_is_not_the_hosts(world: World) -> None:
    service = world.workspace.hosts
    host = added(world, "docker", HostKind.DOCKER)
    machine = fakes(world).at(host).machine
    machine.is_cut_off = True
    with pytest.raises(HostUnreachableError):
        service.prepare_base("docker", reference="python:3.13-slim")
    assert service.get("docker").base_image == DEFAULT_BASE_IMAGE
    machine.is_cut_off = False
    service.prepare_base("docker", reference="python:3.13-slim")
    assert service.get("docker").base_image == "python:3.13-slim"
    assert fakes(world).bases[-1][0].base_image == "python:3.13-slim"


# --- proofs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def host_key(tmp_path: Path) -> tuple[str, str]:
    """A public key, and its fingerprint as OpenSSH shows it."""
    needs.tool("ssh-keygen", "openssh-client")
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "host")]
    subprocess.run(make, check=True, capture_output=True)
    shown = subprocess.run(["ssh-keygen", "-lf", tmp_path / "host"], check=True, capture_output=True, text=True)
    return (tmp_path / "host.pub").read_text(), shown.stdout.split()[1]


def test_fingerprints_are_those_that_openssh_shows(host_key: tuple[str, str]) -> None:
    key, fingerprint = host_key
    lines = f"# a remark\ngpu-box {key}\n@cert-authority gpu-box {key}\nbroken ssh-rsa !!\n\n"
    assert key_fingerprints(lines) == (fingerprint,)
    kind, blob = key.split()[:2]
    assert key_fingerprints(f"{kind} {blob}") == (fingerprint,)


def test_an_authoritys_fingerprint_is_the_one_that_openssl_shows(certificates: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    pem = (certificates / "ca.pem").read_text()
    digest = x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256())
    assert authority_fingerprint(pem) == digest.hex(":").upper()
    assert is_same(f"sha256 Fingerprint={digest.hex(':')}", authority_fingerprint(pem))
    assert certificates_in(f"before\n{pem}between\n{pem}") == pem * 2
    assert authority_fingerprint("nothing") == ""


def test_an_empty_fingerprint_is_never_the_same() -> None:
    assert not is_same("", "")
    assert not is_same("SHA256:", "")
    assert is_same("q7Xv 2mRk", "SHA256:q7Xv2mRk")


def test_a_host_that_is_gone_for_good_is_forgotten_with_its_endpoints(two: World) -> None:
    hosts = two.parts.hosts
    assert isinstance(hosts, FakeHosts)
    two.workspace.hosts.add(two.workspace.hosts.draft("box", HostKind.DOCKER))
    two.workspace.deployments.deploy("late@v1", host="box")
    two.roll_out()
    with pytest.raises(ConflictError, match="box answers"):
        two.workspace.hosts.remove("box", with_endpoints=True)
    hosts.reports["box"] = report_of(HostUnreachableError("box does not answer.", hint="See to it."))
    two.workspace.hosts.remove("box", with_endpoints=True)
    assert [state.host.name for state in two.workspace.hosts.list()] == ["this computer"]
    assert two.workspace.deployments.list() == []
    assert "endpoint.forget" in two.actions()
    two.see_to_endpoints().turn()
