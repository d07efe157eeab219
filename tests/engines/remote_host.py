"""A remote machine with Docker, for tests: an engine behind sshd and TLS at an address of its own, and its faults."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.engines.base_image import Base
from tests.engines.certificates import LONG_AGO, Authority, Identity
from tests.engines.engine import NETWORKS, Engine, run, wait_for
from tests.engines.machine import EngineError, Machine

PASSPHRASE = "open sesame"
SSHD = """\
ListenAddress {address}
Port 22
HostKey {folder}/served_host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
MaxStartups 100
MaxSessions 100
Subsystem sftp internal-sftp
"""


class RemoteHost(Engine):
    """Reached at `address`, by ssh as `user` with `key` (port 22), and by TLS on `tls_port`.

    Files for ssh: `key` is let in; `locked_key` too, with PASSPHRASE; `stranger_key` is not. `known_hosts` has the
    host key. `agent_socket` is an ssh-agent that holds `key`. On the host the engine's socket is `remote_socket`.
    The account `nobody` is let in by `key` too, and may not use that socket.

    Files for TLS: `authority` signed `certificate` with its key; `expired_client`, `foreign_client` are refused, and
    `foreign_authority` signed neither the client nor the server.

    `socket` and `client()` come to its engine past the network, whatever is wrong there.
    """

    user = "root"
    ssh_port = 22
    tls_port = 2376
    remote_socket = "/var/run/docker.sock"

    def __init__(self, base: Base | None) -> None:
        machine = Machine(own_network=True, hostname="remote")
        try:
            self._connect(machine)
            self._faults: list[Sequence[str]] = []
            self._off = False
            self._make_keys(machine.folder)
            self._make_certificates(machine.folder / "tls")
            super().__init__(machine, base)
            self._start_sshd()
            self._start_agent()
            self.start()
        except BaseException:
            machine.close()
            raise

    # --- how it is made -----------------------------------------------------------------------------------------------

    def _connect(self, machine: Machine) -> None:
        """A cable between the two networks; both ends are gone with the machine's."""
        for number in range(128):
            self.link, self._far = f"mlops-v{number}", f"mlops-w{number}"
            pair = ["type", "veth", "peer", "name", self._far, "netns", str(machine.process_id)]
            with contextlib.suppress(EngineError):
                run("ip", "link", "add", self.link, *pair)
                break
        else:
            raise EngineError("no network cable (veth) can be made")
        self.near_address, self.address = f"{NETWORKS}.{number}.1", f"{NETWORKS}.{number}.2"
        run("ip", "address", "add", f"{self.near_address}/30", "dev", self.link)
        run("ip", "link", "set", self.link, "up")
        machine.run("ip", "address", "add", f"{self.address}/30", "dev", self._far)
        machine.run("ip", "link", "set", "lo", "up")
        machine.run("ip", "link", "set", self._far, "up")

    def _make_keys(self, folder: Path) -> None:
        self.key, self.locked_key, self.stranger_key = (folder / name for name in ("key", "locked_key", "stranger_key"))
        self._host_key, self._other_host_key = folder / "host_key", folder / "other_host_key"
        for key in (self.key, self.stranger_key, self._host_key, self._other_host_key):
            _make_key(key)
        _make_key(self.locked_key, PASSPHRASE)
        folder.chmod(0o755)  # sshd reads the file as the account that asks
        let_in = "".join(_public(key) for key in (self.key, self.locked_key))
        (folder / "authorized_keys").write_text(let_in, encoding="utf-8")
        self.known_hosts = folder / "known_hosts"
        self.known_hosts.write_text(f"{self.address} {_public(self._host_key)}", encoding="utf-8")
        self.agent_socket = folder / "agent.sock"
        self.ssh_config = folder / "ssh_config"
        self.ssh_config.write_text(
            f"Host {self.address}\n  User root\n  IdentityFile {self.key}\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {self.known_hosts}\n  GlobalKnownHostsFile /dev/null\n"
            "  StrictHostKeyChecking yes\n  BatchMode yes\n  ConnectTimeout 5\n",
            encoding="utf-8",
        )

    def _make_certificates(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        own, foreign = Authority(folder, "ca"), Authority(folder, "foreign-ca")
        self.tls_folder = folder  # ca.pem, cert.pem and key.pem: what Docker calls a certificate path
        self.authority, self.foreign_authority = own.certificate, foreign.certificate
        self.certificate = own.client("")
        self.expired_client, self.foreign_client = own.client("expired-", LONG_AGO), foreign.client("foreign-")
        self._good = own.server("server-", self.address)
        self._expired = own.server("server-expired-", self.address, LONG_AGO)
        self._foreign = foreign.server("server-foreign-", self.address)
        self._other_name = own.server("server-other-name-", "198.18.255.254")
        self._served = self._good

    def options(self) -> Sequence[str | Path]:
        # fmt: off
        return [
            "--host", f"unix://{self.remote_socket}", "--host", f"tcp://{self.address}:{self.tls_port}",
            "--tlsverify", "--tlscacert", self.authority,
            "--tlscert", self._served.certificate, "--tlskey", self._served.key,
            "--bip", "172.29.0.1/24",
        ]
        # fmt: on

    def _start_sshd(self) -> None:
        folder = self.machine.folder
        (folder / "sshd_config").write_text(SSHD.format(address=self.address, folder=folder), encoding="utf-8")
        self._serve_host_key(self._host_key)

    def _start_agent(self) -> None:
        self.machine.run("rm", "-f", self.agent_socket)
        self.machine.start("agent", "ssh-agent", "-D", "-a", self.agent_socket)
        wait_for(self.agent_socket.exists, 10, "an ssh-agent")
        self.machine.run("env", f"SSH_AUTH_SOCK={self.agent_socket}", "ssh-add", "-q", self.key)

    @property
    def ssh_log(self) -> str:
        return self.machine.log("sshd")

    # --- the network --------------------------------------------------------------------------------------------------

    def cut(self) -> None:
        """Drops every packet both ways, also of connections that are open: who asks waits."""
        self._fault("iptables", "-w", "-t", "raw", "PREROUTING", "-i", self._far, "-j", "DROP")
        self._fault("iptables", "-w", "-t", "mangle", "POSTROUTING", "-o", self._far, "-j", "DROP")

    def reject(self) -> None:
        """Refuses every connection, as a machine where nothing listens; open ones are broken off."""
        for chain in ("INPUT", "FORWARD"):
            reset = ["-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset"]
            self._fault("iptables", "-w", "-t", "filter", chain, "-i", self._far, *reset)

    def _fault(self, *rule: str) -> None:
        tool, (chain, *rest) = rule[:4], rule[4:]
        self.machine.run(*tool, "-I", chain, *rest)
        self._faults.append([*tool, "-D", chain, *rest])

    def slow(self, rate: str) -> None:
        """At most so much each way, in tc's words: `2mbit`."""
        shape = ["root", "tbf", "rate", rate, "burst", "32kb", "latency", "400ms"]
        run("tc", "qdisc", "replace", "dev", self.link, *shape)
        self.machine.run("tc", "qdisc", "replace", "dev", self._far, *shape)
        self._faults.append(["tc", "qdisc", "delete", "dev", self._far, "root"])

    def heal(self) -> None:
        """Undoes cut, reject and slow."""
        while self._faults:
            undo = self._faults.pop()
            self.machine.run(*undo)
            if undo[0] == "tc":
                run("tc", "qdisc", "delete", "dev", self.link, "root")

    def down(self) -> None:
        """The cable is pulled at the far end: no route to the host."""
        self.machine.run("ip", "link", "set", self._far, "down")

    def up(self) -> None:
        """Returns when the near end has noticed and knows no more that the far end was out of reach."""
        self.machine.run("ip", "link", "set", self._far, "up")
        wait_for(lambda: "state UP" in run("ip", "link", "show", "dev", self.link), 10, "the cable")
        run("ip", "neigh", "flush", "dev", self.link)

    # --- the machine --------------------------------------------------------------------------------------------------

    def crash(self) -> None:
        """The power is gone: every process is killed at once, and nobody answers at the address."""
        self.down()
        self.machine.crash()
        self._runs = self._frozen = False
        self._off = True

    def boot(self) -> None:
        """The power is back: sshd and the engine start, and containers by their restart policy."""
        if self._off:
            self._off = False
            self.up()
            self._serve_host_key(self._served_host_key)
            self._start_agent()
            self.start()

    def freeze_all(self) -> None:
        """Every process stands still, sshd too; the kernel still takes connections."""
        self.machine.signal_all(signal.SIGSTOP)
        self._all_frozen = True

    def thaw_all(self) -> None:
        self.machine.signal_all(signal.SIGCONT)
        self._all_frozen = self._frozen = False

    _all_frozen = False

    # --- who it says it is --------------------------------------------------------------------------------------------

    @property
    def fingerprint(self) -> str:
        """Of the host key that is served now, as ssh shows it."""
        return run("ssh-keygen", "-lf", str(self._served_host_key)).split()[1]

    def new_host_key(self) -> None:
        self._serve_host_key(self._other_host_key)

    def old_host_key(self) -> None:
        self._serve_host_key(self._host_key)

    def _serve_host_key(self, key: Path) -> None:
        """Sessions that are open stay so."""
        folder = self.machine.folder
        with contextlib.suppress(EngineError):
            self.machine.signal("sshd", signal.SIGTERM)
            self.machine.wait("sshd", 10)
        shutil.copy(key, folder / "served_host_key")
        self._served_host_key = key
        self.machine.start("sshd", "/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd_config")
        wait_for(self._sshd_listens, 10, f"an sshd: {self.ssh_log[-1000:]}")

    def _sshd_listens(self) -> bool:
        if self.machine.wait("sshd", 0) is not None:
            raise EngineError(f"sshd ended: {self.ssh_log[-1000:]}")
        return bool(self.machine.run("ss", "-Hltn", "sport", "=", f":{self.ssh_port}").strip())

    def expired_certificate(self) -> None:
        """The engine starts again (containers by their policy) and serves that certificate; so do the next three."""
        self._serve(self._expired)

    def foreign_certificate(self) -> None:
        self._serve(self._foreign)

    def other_name_certificate(self) -> None:
        self._serve(self._other_name)

    def good_certificate(self) -> None:
        self._serve(self._good)

    def _serve(self, identity: Identity) -> None:
        if identity != self._served:
            self._served = identity
            self.kill()  # sooner than in order, and the same to its containers
            self.start()

    def mend(self) -> None:
        """Undoes every fault."""
        if self._all_frozen:
            self.thaw_all()
        self.boot()
        self.heal()
        self.up()
        if self._served_host_key != self._host_key:
            self.old_host_key()
        self.good_certificate()
        super().mend()


def _make_key(path: Path, passphrase: str = "") -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-a", "1", "-N", passphrase, "-C", path.name, "-f", path], check=True
    )


def _public(key: Path) -> str:
    return key.with_name(f"{key.name}.pub").read_text(encoding="utf-8")
