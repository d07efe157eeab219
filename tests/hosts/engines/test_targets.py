"""K-06, K-14, K-15 and K-17: ports that are taken, names, what is sent to an engine, and two who want one target."""

from __future__ import annotations

import io
import json
import socket
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.engines.engine import wait_for
from tests.engines.hosts import places
from tests.engines.remote_host import RemoteHost
from tests.hosts.engines.conftest import Team
from tests.hosts.engines.seeing import containers, remove_images, require_nothing_there, tags

from mlops_desktop import bootstrap
from mlops_desktop.domain.errors import ConflictError, DamagedBundleError, PortInUseError
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.hosts.engines import building
from mlops_desktop.hosts.images import archives

pytestmark = pytest.mark.engines
PORT = 8765


def test_k_06_a_port_that_a_container_or_a_program_has_is_named_and_nothing_is_started(team: Team) -> None:
    with team.engine.client() as client:
        published = client.create_host_config(port_bindings={PORT: ("127.0.0.1", PORT)}, init=True)
        squatter = client.create_container(
            team.engine.base_image, ["sleep", "600"], name="squatter", ports=[PORT], host_config=published
        )
        client.start(squatter)
        assert team.workspace.deployments.port_use(PORT, host="docker").holder == "the container squatter"
        with pytest.raises(PortInUseError, match=f"Port {PORT} of docker is in use by the container squatter"):
            team.deploy("flight-late@v1", port=PORT)
        client.remove_container(squatter["Id"], force=True)
    require_nothing_there(team)
    with socket.create_server(("127.0.0.1", 0)) as program:
        port = program.getsockname()[1]
        use = team.workspace.deployments.port_use(port, host="docker")
        assert use.holder
        assert use.next_free != port
        with pytest.raises(PortInUseError, match=f"Port {port} of docker is in use"):
            team.deploy("flight-late@v1", port=port)
    require_nothing_there(team)


@pytest.mark.parametrize("team", ["ssh"], indirect=True)
def test_k_06_a_port_that_a_program_of_a_remote_host_has_is_told_when_it_is_tried(
    team: Team, remote_host: RemoteHost
) -> None:
    """Who listens there cannot be seen from here, but for containers."""
    remote_host.machine.start("squatter", "/usr/bin/python3", "-m", "http.server", str(PORT))
    wait_for(lambda: remote_host.machine.run("ss", "-Hltn", "sport", "=", f":{PORT}").strip(), 20, "a squatter")
    with pytest.raises(PortInUseError, match=f"Port {PORT} of box is in use by another program"):
        team.deploy("flight-late@v1", port=PORT)
    require_nothing_there(team)
    remote_host.machine.signal("squatter", 9)
    remote_host.machine.wait("squatter", 10)


class Sent:
    """The tars on their way to an engine."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.tars: list[bytes] = []
        self._whole = archives.archive
        patch.setattr(building, "archive", self._kept)

    def _kept(self, *arguments: Any) -> Iterator[bytes]:
        pieces = []
        for piece in self._whole(*arguments):
            pieces.append(piece)
            yield piece
        self.tars.append(b"".join(pieces))

    def layers(self) -> Iterator[tuple[Mapping[str, Any], list[tarfile.TarInfo]]]:
        """The configuration of each image that was sent, and what its layers hold."""
        for sent in self.tars:
            with tarfile.open(fileobj=io.BytesIO(sent)) as outer:
                (image,) = json.load(_file(outer, "manifest.json"))
                config = json.load(_file(outer, image["Config"]))
                held: list[tarfile.TarInfo] = []
                layers = [name for name in image["Layers"] if name in outer.getnames()]
                assert set(outer.getnames()) == {"manifest.json", image["Config"], *layers}
                for name in layers:
                    with tarfile.open(fileobj=_file(outer, name)) as layer:
                        held += layer.getmembers()
                yield config, held


def _file(archive: tarfile.TarFile, name: str) -> Any:
    return archive.extractfile(name)


NAME = "Späte Flüge 東京.v2"


def test_k_14_k_15_a_name_that_is_none_for_docker_is_kept_and_what_is_sent_is_what_the_manifest_names(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a bundle lie secrets and links of all kinds: they are refused in it, and do not travel from around it."""
    for slug in {tag.partition("/")[2].partition(":")[0] for tag in tags(team)} - {"runtime", "holder"}:
        remove_images(team, slug)  # what an engine has is not sent
    sent = Sent(monkeypatch)
    (team.workspace.folder / ".env").write_text("TOKEN=canary")
    manifest = deploy_to(team, NAME)
    endpoint = team.workspace.deployments.endpoint(NAME)
    (server,) = containers(team)
    assert endpoint.name == NAME
    deployment = team.workspace.deployments.history(NAME)[0]
    assert server["Name"] == f"/mlops-spate-fluge-v2-{deployment.id[:12]}"
    specification = json.loads(
        next(one for one in server["Config"]["Env"] if one.startswith("MLOPS_SERVE=")).partition("=")[2]
    )
    assert specification["endpoint_name"] == NAME
    row = dict(team.workspace.models.example_rows("flight-late@v1")[0])
    assert team.workspace.deployments.predict(NAME, [row])["model"] == "flight-late@v1"

    bundled = [
        entry.name for _, held in sent.layers() for entry in held if entry.isfile() and "mlops/bundle/" in entry.name
    ]
    assert sorted(bundled) == sorted(f"opt/mlops/bundle/{name}" for name in [*manifest["files"], "manifest.json"])
    for _, held in sent.layers():
        assert all(entry.isfile() or entry.isdir() for entry in held)
        assert all(entry.name.startswith(("opt/mlops/", "run/mlops")) for entry in held if not is_above(entry))


def is_above(entry: tarfile.TarInfo) -> bool:
    return entry.isdir() and entry.name.rstrip("/") in ("opt", "opt/mlops", "run")


def deploy_to(team: Team, name: str) -> Mapping[str, Any]:
    """The manifest of what was deployed."""
    order = team.workspace.deployments.deploy("flight-late@v1", endpoint=name, host=team.host.name)
    team.settle(order.rollout)
    (deployment,) = team.workspace.deployments.history(name)
    folder = team.workspace.folder / "bundles" / deployment.manifest_hash
    manifest: Mapping[str, Any] = json.loads((folder / "manifest.json").read_text())
    return manifest


@pytest.mark.parametrize("what", [".env", ".git/config", "id_ed25519", "link"])
def test_k_15_a_bundle_with_a_file_too_many_goes_to_no_engine(
    team: Team, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str
) -> None:
    sent = Sent(monkeypatch)
    deployed = team.workspace.models.get("flight-late@v1")
    folder = team.workspace.folder / "bundles" / deployed.manifest_hash
    folder.chmod(0o755)
    (folder / what).parent.mkdir(exist_ok=True)
    if what == "link":
        (folder / what).symlink_to(tmp_path)
    else:
        (folder / what).write_text("TOKEN=canary")
    with pytest.raises(DamagedBundleError):
        team.deploy("flight-late@v1")
    assert not any(b"canary" in tar for tar in sent.tars)
    require_nothing_there(team)


def test_k_17_the_second_who_deploys_to_a_target_is_told_who_holds_it(team: Team, tmp_path: Path) -> None:
    """In one workspace by name; from another one by the container that has the port."""
    first = team.workspace.deployments.deploy("flight-late@v1", endpoint="late", host=team.host.name)
    with bootstrap.open_workspace(team.workspace.folder, actor="ben") as second:
        with pytest.raises(ConflictError, match="ada started a deploy of late that is still under way"):
            second.deployments.deploy("flight-late@v2", endpoint="late", host=team.host.name)
        with pytest.raises(ConflictError, match="ada started a deploy of late"):
            second.deployments.stop("late")
    team.settle(first.rollout)
    endpoint = team.workspace.deployments.endpoint("late")
    strangers = places(tmp_path)
    try:
        with pytest.raises(PortInUseError, match=f"in use by the container mlops-holder-{endpoint.id[:12]}"):
            strangers.at(team.host).prepare(new_identifier(), endpoint.port, [])
    finally:
        strangers.close()
    assert team.answering() == "flight-late@v1"
    assert len(containers(team, "holder")) == 1
