"""The lab's certificate authority: server certificates with their names, client certificates, and contexts that use them."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_BEGINS: Final = dt.timedelta(hours=-1)
_VALID: Final = dt.timedelta(days=30)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@attrs.frozen(slots=True)
class Issued:
    """A certificate and its key."""

    certificate: bytes  # PEM
    key: bytes = attrs.field(repr=False)  # PEM
    der: bytes = attrs.field(repr=False)


class Authority:
    """A certificate authority that lives as long as its lab."""

    def __init__(self, name: str = "lyncops lab CA") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())  # one key for all machines: making keys is slow
        self._certificate = self._build(name, name, self._key.public_key(), ca=True)

    @property
    def pem(self) -> bytes:
        """The authority's own certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def _build(
        self,
        subject: str,
        issuer: str,
        key: ec.EllipticCurvePublicKey,
        *,
        ca: bool = False,
        extensions: Iterable[x509.ExtensionType] = (),
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name(issuer))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + _BEGINS)
            .not_valid_after(now + _VALID)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(_usage(ca=ca), critical=True)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def _issue(self, subject: str, extensions: Iterable[x509.ExtensionType]) -> Issued:
        issuer = str(self._certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        certificate = self._build(subject, issuer, self._leaf_key.public_key(), extensions=extensions)
        der = certificate.public_bytes(serialization.Encoding.DER)
        return Issued(certificate.public_bytes(serialization.Encoding.PEM), _key_pem(self._leaf_key), der)

    def server(self, names: Iterable[str]) -> Issued:
        """A server's certificate for these DNS names, and for the loopback address that the lab really has."""
        wanted = tuple(dict.fromkeys(names))
        loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        alternatives = x509.SubjectAlternativeName([*map(x509.DNSName, (*wanted, "localhost")), loopback])
        return self._issue(wanted[0], [alternatives, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])])

    def client(self, user: str) -> Issued:
        """A client certificate for a user of the lab."""
        return self._issue(user, [x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])])


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def server_context(issued: Issued, authority: Authority) -> ssl.SSLContext:
    """A context for a server that asks for, but does not insist on, a client certificate of `authority`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.TemporaryDirectory(prefix="lyncops-lab-") as folder:
        chain = Path(folder) / "server.pem"
        chain.touch(mode=0o600)
        chain.write_bytes(issued.certificate + issued.key)
        context.load_cert_chain(chain)
    context.load_verify_locations(cadata=authority.pem.decode())
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def common_name(der: bytes) -> str | None:
    """The common name of a certificate's subject."""
    found = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else None
