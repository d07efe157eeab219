"""What the machine under the tests must have for engines: said where it lacks, installed where that may be."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.engines.machine import EngineError

PACKAGES = {
    "dockerd": "docker.io",
    "debootstrap": "debootstrap",
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "iptables": "iptables",
    "ip": "iproute2",
    "mkfs.ext4": "e2fsprogs",
    "unshare": "util-linux",
    "setsid": "util-linux",
    "mount": "mount",
    "docker-registry": "docker-registry",
    "gnome-keyring-daemon": "gnome-keyring",
    "dbus-run-session": "dbus",
}
"""The command that is needed, and the Debian package it comes in."""

SERVICES = {
    "docker.io": ["docker.service", "docker.socket", "containerd.service"],
    "openssh-server": ["ssh.service"],
    "docker-registry": ["docker-registry.service"],
}
POLICY = Path("/usr/sbin/policy-rc.d")


def say(text: str) -> None:
    """Past pytest's capture: what takes a minute is told while it takes it."""
    sys.__stderr__.write(f"engines: {text}\n")  # type: ignore[union-attr]
    sys.__stderr__.flush()  # type: ignore[union-attr]


def require() -> None:
    """Has every command that the engines need, or raises EngineError with the reason."""
    if not sys.platform.startswith("linux"):
        raise EngineError(f"engines of the tests' own run on Linux only; this is {sys.platform}")
    if os.geteuid() != 0:
        raise EngineError("engines of the tests' own need root: they make namespaces, mounts and a network")
    packages = sorted({package for command, package in PACKAGES.items() if not which(command)})
    if not packages:
        return
    if not Path("/etc/debian_version").exists() or not shutil.which("apt-get"):
        lacking = [command for command in PACKAGES if not which(command)]
        raise EngineError(f"not here, and this is no Debian to install them on: {', '.join(lacking)}")
    _install(packages)


def which(command: str) -> str | None:
    return shutil.which(command, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")


def _install(packages: list[str]) -> None:
    say(f"installing {' '.join(packages)} (their services are neither started nor enabled)")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_services():
        for command in ("update", "install -y --no-install-recommends " + " ".join(packages)):
            done = subprocess.run(
                ["apt-get", "-q", *command.split()], env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode != 0 and command != "update":
                raise EngineError(f"apt-get {command}: {(done.stderr or done.stdout).strip()[-2000:]}")
    services = [service for package in packages for service in SERVICES.get(package, ())]
    if services and shutil.which("systemctl"):
        subprocess.run(["systemctl", "disable", *services], capture_output=True, check=False)


@contextlib.contextmanager
def _no_services() -> Iterator[None]:
    """Debian starts what it installs; its packages ask this file first."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def mirror(suite: str) -> str:
    """Where this machine gets that release from, or the project's own place."""
    asked = ["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)", "Created-By: Packages"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    rows = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    found = [row[2] for row in rows if row[:2] == [suite, "main"] and len(row) == 3]
    return found[0] if found else "http://deb.debian.org/debian"
