"""The lab's certificate authority: server certificates with their names, client certificates, and
contexts that use them.
"""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterable
from typing import Final

import attrs
import trustme
from cryptography import x509
from cryptography.x509.oid import NameOID

_BEGINS: Final = dt.timedelta(hours=-1)
_VALID: Final = dt.timedelta(days=30)
_LONGEST_NAME: Final = 64  # of a common name (X.520, ub-common-name)


@attrs.frozen(slots=True)
class Issued:
    """A certificate and its key."""

    leaf: trustme.LeafCert = attrs.field(repr=False)

    @property
    def certificate(self) -> bytes:
        """The certificate, PEM."""
        return self.leaf.cert_chain_pems[0].bytes()

    @property
    def key(self) -> bytes:
        """Its key, PEM."""
        return self.leaf.private_key_pem.bytes()

    @property
    def der(self) -> bytes:
        """The certificate, DER."""
        return ssl.PEM_cert_to_DER_cert(self.certificate.decode())


class Authority:
    """A certificate authority that lives as long as its lab."""

    def __init__(self, name: str = "lyncops lab CA") -> None:
        self._ca = trustme.CA(organization_name=name)

    @property
    def pem(self) -> bytes:
        """The authority's own certificate."""
        return self._ca.cert_pem.bytes()

    def server(self, names: Iterable[str]) -> Issued:
        """A server's certificate for these DNS names, and for the loopback address that the lab
        really has.
        """
        wanted = tuple(dict.fromkeys(names))
        return self._issue(wanted[0], (*wanted, "localhost", "127.0.0.1"))

    def client(self, user: str) -> Issued:
        """A client certificate for a user of the lab."""
        return self._issue(user)

    def _issue(self, common_name: str, names: Iterable[str] = ()) -> Issued:
        now = dt.datetime.now(dt.UTC)
        leaf = self._ca.issue_cert(
            *names,
            common_name=common_name[:_LONGEST_NAME],
            not_before=now + _BEGINS,
            not_after=now + _VALID,
        )
        return Issued(leaf)


def server_context(issued: Issued, authority: Authority) -> ssl.SSLContext:
    """A context for a server that asks for, but does not insist on, a client certificate of
    `authority`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with issued.leaf.private_key_and_cert_chain_pem.tempfile() as chain:
        context.load_cert_chain(chain)
    context.load_verify_locations(cadata=authority.pem.decode())
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def common_name(der: bytes) -> str | None:
    """The common name of a certificate's subject."""
    found = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else None
