"""Who calls the independent server: Basic, and NTLM with message encryption through pyspnego's
acceptor; its certificate.
"""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import os
import re
import ssl
import struct
from pathlib import Path
from typing import Final

import spnego
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from spnego.exceptions import SpnegoError

NAMES: Final = ("fe1.contoso.com", "fe2.contoso.com", "edge1.contoso.com", "localhost")
_MIME: Final = b"--Encrypted Boundary"


class Logon:
    """The one account of a server."""

    def __init__(self, user: str, password: str, folder: Path) -> None:
        self.user, self.password = user, password
        self._folder = folder
        domain, _, name = user.rpartition("\\")
        users = folder / "ntlm-users"
        users.write_text(f"{domain}:{name}:{password}\n", encoding="utf-8")
        self._before = os.environ.get("NTLM_USER_FILE")
        os.environ["NTLM_USER_FILE"] = str(users)

    def forget(self) -> None:
        """Put the process's environment back."""
        if self._before is None:
            os.environ.pop("NTLM_USER_FILE", None)
        else:
            os.environ["NTLM_USER_FILE"] = self._before

    def connection(self) -> Talk:
        """The authentication of one connection."""
        return Talk(self)

    def tls(self, ca: Path) -> ssl.SSLContext:
        """A self-signed certificate, which is written to `ca` for the client."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAMES[0])])
        today = dt.datetime.now(dt.UTC)
        names: list[x509.GeneralName] = [x509.DNSName(each) for each in NAMES]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - dt.timedelta(days=1))
            .not_valid_after(today + dt.timedelta(days=2))
            .add_extension(
                x509.SubjectAlternativeName(
                    [*names, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
                ),
                critical=False,
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        both = self._folder / "server.pem"
        both.write_bytes(private + ca.read_bytes())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        return context


class Talk:
    """One connection."""

    def __init__(self, logon: Logon) -> None:
        self._logon = logon
        self._context: spnego.ContextProxy | None = None

    def judge(self, header: str) -> tuple[bool, str]:
        """Whether the caller is known now, and the header that goes with the answer."""
        scheme, _, rest = header.partition(" ")
        if scheme == "Basic":
            expected = (  # RFC 7617 leaves the encoding open
                f"{self._logon.user}:{self._logon.password}"
            )
            return (
                base64.b64decode(rest)
                in {
                    expected.encode(),
                    expected.encode("latin-1", "replace"),
                },
                "",
            )
        if scheme in {"Negotiate", "NTLM"}:
            return self._step(scheme, base64.b64decode(rest))
        return self._context is not None and self._context.complete, ""

    def _step(self, scheme: str, token: bytes) -> tuple[bool, str]:
        if self._context is None or self._context.complete:
            self._context = spnego.server(
                protocol="negotiate", options=spnego.NegotiateOptions.use_negotiate
            )
        try:
            answer = self._context.step(token)
        except SpnegoError:
            self._context = None
            return False, ""
        return (
            self._context.complete,
            f"{scheme} {base64.b64encode(answer).decode()}" if answer else "",
        )

    def open(self, body: bytes) -> bytes:
        """Decrypt."""
        assert self._context is not None
        payload = body.split(_MIME)[2].split(b"octet-stream\r\n", 1)[1]
        (size,) = struct.unpack("<i", payload[:4])
        wanted = re.search(rb"Length=(\d+)", body)
        assert wanted is not None
        sealed = body[
            body.index(b"octet-stream\r\n") + len(b"octet-stream\r\n") : -len(_MIME + b"--\r\n")
        ]
        return self._context.unwrap_winrm(sealed[4 : 4 + size], sealed[4 + size :])

    def seal(self, body: bytes) -> tuple[str, bytes]:
        """Encrypt."""
        assert self._context is not None
        wrapped = self._context.wrap_winrm(body)
        kind = "application/HTTP-SPNEGO-session-encrypted"
        length = len(body) + wrapped.padding_length
        head = (
            f"--Encrypted Boundary\r\n\tContent-Type: {kind}\r\n\tOriginalContent:"
            f" type=application/soap+xml;charset=UTF-8;Length={length}\r\n--Encrypted"
            " Boundary\r\n\tContent-Type: application/octet-stream\r\n"
        )
        sealed = (
            head.encode() + struct.pack("<i", len(wrapped.header)) + wrapped.header + wrapped.data
        )
        return (
            f'multipart/encrypted;protocol="{kind}";boundary="Encrypted Boundary"',
            sealed + _MIME + b"--\r\n",
        )
