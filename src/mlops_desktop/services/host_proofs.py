"""What hosts prove themselves with, as a person compares it: fingerprints of SSH keys and of authorities."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\s+[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_KEY = re.compile(r"(?:[^#@\s]\S*\s+)?(?:ssh|ecdsa|sk)-\S+\s+(\S+)")
_MARK = "SHA256:"


def key_fingerprints(known_hosts: str) -> tuple[str, ...]:
    """Of every key in lines of a known_hosts file, with or without the machine's name, as OpenSSH shows them."""
    found = []
    for line in known_hosts.splitlines():
        key = _KEY.match(line)
        if key is None:
            continue
        try:
            blob = base64.b64decode(key[1], validate=True)
        except (binascii.Error, ValueError):
            continue
        found.append(_MARK + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("="))
    return tuple(found)


def certificates_in(text: str) -> str:
    """The certificates of a PEM file and nothing else of it: a private key that lies there too stays there."""
    return "".join(f"{block}\n" for block in _CERTIFICATE.findall(text))


def authority_fingerprint(pem: str) -> str:
    """Of the first certificate, as `openssl x509 -fingerprint -sha256` shows it; empty where there is none."""
    block = _CERTIFICATE.search(pem)
    if block is None:
        return ""
    lines = [line.strip() for line in block[0].splitlines()[1:-1]]
    try:
        digest = hashlib.sha256(base64.b64decode("".join(lines), validate=True)).digest()
    except (binascii.Error, ValueError):
        return ""
    return digest.hex(":").upper()


def is_same(given: str, shown: str) -> bool:
    """Whether a person gave the fingerprint that is shown; spaces and the word before the colon do not matter."""
    return bool(shown) and hmac.compare_digest(_bare(given).encode(), _bare(shown).encode())


def _bare(fingerprint: str) -> str:
    """Groups of hexadecimal digits come in any case; what OpenSSH shows does not."""
    joined = "".join(fingerprint.split()).removeprefix("sha256Fingerprint=").removeprefix(_MARK)
    return joined.upper() if re.fullmatch(r"(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}", joined) else joined
