"""Real clients of a remote host's engine, as tests of the fixtures use them: by an ssh tunnel, and by TLS."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import docker
from tests.engines.certificates import Identity
from tests.engines.engine import wait_for
from tests.engines.remote_host import RemoteHost

VERSION = "1.41"


class TunnelError(Exception):
    """What ssh said when it ended."""


@contextlib.contextmanager
def over_ssh(host: RemoteHost, *options: str, timeout: float = 20) -> Iterator[docker.APIClient]:
    """A client at the near end of `ssh -N -L`."""
    with (
        tempfile.TemporaryDirectory(prefix="mlops-", dir="/tmp") as folder,
        _tunnel(host, Path(folder), options) as near,
    ):
        client = docker.APIClient(base_url=f"unix://{near}", version=VERSION, timeout=timeout)
        with contextlib.closing(client):
            yield client


@contextlib.contextmanager
def _tunnel(host: RemoteHost, folder: Path, options: tuple[str, ...]) -> Iterator[Path]:
    near = folder / "docker.sock"
    forward = f"{near}:{host.remote_socket}"
    command = ["ssh", "-F", str(host.ssh_config), "-N", "-L", forward, "-o", "ConnectTimeout=1", *options, host.address]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as ssh:
        try:
            wait_for(lambda: near.exists() or ssh.poll() is not None, 20, "a tunnel")
            if ssh.poll() is not None and ssh.stderr:
                raise TunnelError(ssh.stderr.read())
            yield near
        finally:
            ssh.kill()  # a SIGTERM that comes while ssh looks away is not seen until something else wakes it


@contextlib.contextmanager
def over_tls(
    host: RemoteHost, *, client: Identity | None = None, authority: Path | None = None, timeout: float = 20
) -> Iterator[docker.APIClient]:
    who = client or host.certificate
    tls = docker.tls.TLSConfig(
        client_cert=(str(who.certificate), str(who.key)), ca_cert=str(authority or host.authority), verify=True
    )
    found = docker.APIClient(
        base_url=f"tcp://{host.address}:{host.tls_port}", version=VERSION, timeout=timeout, tls=tls
    )
    found.trust_env = False
    with contextlib.closing(found):
        yield found
