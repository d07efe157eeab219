"""The certificates of a remote engine: a CA of its own, what is right, and everything that is wrong in one way."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime.now(datetime.UTC)
TODAY = (NOW - datetime.timedelta(days=1), NOW + datetime.timedelta(days=30))
LONG_AGO = (NOW - datetime.timedelta(days=300), NOW - datetime.timedelta(days=200))


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


class Authority:
    """A CA that signs for servers and clients. `certificate` is its own, as a file."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._key, self._name = folder, ec.generate_private_key(ec.SECP256R1()), _name(name)
        builder = _builder(self._name, self._name, self._key, TODAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.certificate = folder / f"{name}.pem"
        _write(self.certificate, builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def server(self, file: str, address: str, dates: tuple[datetime.datetime, datetime.datetime] = TODAY) -> Identity:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        return self._sign(file, address, dates, ExtendedKeyUsageOID.SERVER_AUTH, names)

    def client(self, file: str, dates: tuple[datetime.datetime, datetime.datetime] = TODAY) -> Identity:
        return self._sign(file, "client", dates, ExtendedKeyUsageOID.CLIENT_AUTH)

    def _sign(
        self,
        file: str,
        subject: str,
        dates: tuple[datetime.datetime, datetime.datetime],
        usage: x509.ObjectIdentifier,
        names: x509.SubjectAlternativeName | None = None,
    ) -> Identity:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(subject), self._name, key, dates)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if names:
            builder = builder.add_extension(names, critical=False)
        made = Identity(self._folder / f"{file}cert.pem", self._folder / f"{file}key.pem")
        certificate = builder.sign(self._key, hashes.SHA256())
        _write(made.certificate, certificate.public_bytes(serialization.Encoding.PEM))
        pem, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        _write(made.key, key.private_bytes(pem, plain, serialization.NoEncryption()))
        return made


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    dates: tuple[datetime.datetime, datetime.datetime],
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dates[0])
        .not_valid_after(dates[1])
    )


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
