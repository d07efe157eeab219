"""Hosts as a person describes them: whatever can be checked without reaching one is checked here."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.hosts import HostKind, parse_address
from mlops_desktop.services.host_proofs import certificates_in

CERTIFICATE, KEY, AUTHORITY = "cert.pem", "key.pem", "ca.pem"
"""What lies in the folder of a host that is reached over TLS; Docker's own names."""
_UNIX = "unix://"
_LONGEST_USER = 200
_LARGEST_FILE = 256 * 1024
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-/:@]{0,254}")


def usable_address(kind: HostKind, address: str) -> str:
    """As it is stored. Raises InvalidInputError."""
    if kind is HostKind.PROCESS:
        raise InvalidInputError("This computer is a host already.", hint="Add a host of kind docker, ssh or tls.")
    if kind is not HostKind.DOCKER:
        return str(parse_address(address, kind))
    whole = address.strip()
    path = whole.removeprefix(_UNIX)
    if whole and (not path.startswith("/") or not path.isprintable()):
        raise InvalidInputError(
            f"{whole!r} is no socket of this computer.",
            hint="Give a path such as /run/docker.sock, or nothing for the usual one. An engine elsewhere is reached "
            "over ssh or tls.",
        )
    return path


def usable_base_image(reference: str) -> str:
    """Raises InvalidInputError."""
    tidied = reference.strip()
    if not _IMAGE.fullmatch(tidied) or "//" in tidied or tidied.endswith(("/", ":", "@")):
        raise InvalidInputError(
            f"{tidied!r} cannot be an image.", hint="Give a name such as python:3.11-slim, or one with @sha256:..."
        )
    return tidied


def usable_user(user: str) -> str:
    """Who logs in to a registry. Raises InvalidInputError."""
    tidied = user.strip()
    if not tidied.isprintable() or ":" in tidied or len(tidied) > _LONGEST_USER:
        raise InvalidInputError(f"{tidied[:50]!r} cannot be a user.", hint="Give the login alone, without a password.")
    return tidied


def usable_credentials(kind: HostKind, credentials: str, authority: Path | None) -> tuple[str, str]:
    """The path as it is stored, and what the host has to prove itself with as far as that is known already.

    Raises InvalidInputError.
    """
    if kind is HostKind.TLS:
        if not credentials.strip():
            raise InvalidInputError(
                "A host over TLS needs its certificates.",
                hint=f"Give the folder with {CERTIFICATE}, {KEY} and {AUTHORITY}.",
            )
        folder = _absolute(credentials)
        pem = read_authority(authority.expanduser() if authority else folder / AUTHORITY)
        _require_pair(folder)
        return str(folder), pem
    if authority is not None:
        raise InvalidInputError("Only a host over TLS has an authority.", hint="Leave it away.")
    if not credentials.strip():
        return "", ""
    if kind is HostKind.DOCKER:
        raise InvalidInputError("A socket of this computer needs no key.", hint="Leave it away.")
    key = _absolute(credentials)
    _require_key(key)
    return str(key), ""


def read_authority(path: Path) -> str:
    """The certificates in a file, which all others are checked against. Raises InvalidInputError."""
    import ssl

    pem = certificates_in(_read(path, "certificate of the authority"))
    try:
        if not pem:
            raise ValueError("it holds none")
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise InvalidInputError(
            f"{path} holds no certificate that can be used.",
            hint="It has to be the certificate of the engine's authority in PEM (BEGIN CERTIFICATE).",
            details=str(error),
        ) from error
    return pem


def _require_pair(folder: Path) -> None:
    """A certificate of ours and the key that belongs to it."""
    import ssl

    certificate, key = folder / CERTIFICATE, folder / KEY
    _read(certificate, "certificate for you")
    _read(key, "key of your certificate")
    _require_private(key)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password=lambda: "")
    except (ssl.SSLError, ValueError, OSError) as error:
        raise InvalidInputError(
            f"{certificate.name} and {key.name} in {folder} cannot be used together.",
            hint="Both have to be in PEM, the key has to belong to the certificate and have no passphrase.",
            details=str(error),
        ) from error


def _require_key(path: Path) -> None:
    first = _read(path, "SSH key").lstrip()[:100].splitlines()[:1]
    line = first[0] if first else ""
    if not (line.startswith("-----BEGIN") and "PRIVATE KEY" in line):
        hint = "Give the file with BEGIN ... PRIVATE KEY."
        if line.startswith(("ssh-", "ecdsa-", "sk-")):
            hint = "This is the public one; give the private one, or none where the SSH agent has it."
        elif line.startswith("PuTTY"):
            hint = "This is PuTTY's form; write it in OpenSSH's form first, with puttygen."
        raise InvalidInputError(f"{path} is no private SSH key.", hint=hint)
    _require_private(path)


def _require_private(path: Path) -> None:
    if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise InvalidInputError(
            f"Others on this computer may read {path}.", hint=f"Keep it to yourself first: chmod 600 {path}"
        )


def _read(path: Path, what: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise InvalidInputError(
            f"The {what} cannot be read: {path}",
            hint=f"{error.strerror or error}. Name another file.",
            details=str(error),
        ) from error
    if len(content) > _LARGEST_FILE:
        raise InvalidInputError(f"{path} is too large for a {what}.", hint="Name another file.")
    return content.decode("utf-8", errors="replace")


def _absolute(text: str) -> Path:
    """The keeper stands elsewhere, and OpenSSH reads the signs in what it is given."""
    path = Path(text.strip()).expanduser().absolute()
    if not str(path).isprintable():
        raise InvalidInputError(f"{str(path)!r} has signs that no path should have.", hint="Rename it first.")
    return path
