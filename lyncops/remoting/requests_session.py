"""The session of requests for one endpoint: its certificates, proxy and connections."""

from __future__ import annotations

import os
from pathlib import Path

import requests

from lyncops.errors import ConfigurationError
from lyncops.remoting.connections import Adapter, tls_context
from lyncops.remoting.endpoint import Endpoint, TcpAddress
from lyncops.remoting.line import Line
from lyncops.remoting.parts import logger

log = logger("lyncops.remoting")


def new_session(endpoint: Endpoint, line: Line) -> requests.Session:
    """A session that reaches this endpoint and nothing else.

    Raises:
        ConfigurationError: a certificate's file cannot be read.
    """
    session = requests.Session()
    session.trust_env = False  # no password from a .netrc, no proxy from the environment
    session.headers.update(
        {
            "User-Agent": "lyncops",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "Keep-Alive",
        }
    )
    session.proxies = (
        {} if endpoint.proxy is None else {"http": endpoint.proxy, "https": endpoint.proxy}
    )
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    session.verify = _file(endpoint, "ca", endpoint.ca) or bundle
    certificate, key = (
        _file(endpoint, field, path)
        for field, path in (
            ("certificate", endpoint.certificate),
            ("certificate_key", endpoint.certificate_key),
        )
    )
    if certificate is not None and key is not None:
        session.cert = (certificate, key)
    if endpoint.tls_minimum is not None and endpoint.tls_minimum.is_obsolete:
        log.warning(
            "%s: tls_minimum = %s lets broken versions of TLS in (RFC 8996)",
            endpoint.url,
            endpoint.tls_minimum.value,
        )
    netloc = str(TcpAddress(endpoint.host, endpoint.port))
    adapter = Adapter(
        endpoint.host, netloc, endpoint.connect_to, line, tls_context(endpoint.tls_minimum)
    )
    for scheme in ("http://", "https://"):
        session.get_adapter(f"{scheme}{endpoint.host}").close()
        session.mount(scheme, adapter)
    return session


def _file(endpoint: Endpoint, field: str, path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        with path.open("rb"):
            return str(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(
            f"{field} of {endpoint.url}: the file {path} cannot be read: {reason}.",
            remedy="Write the path of a PEM file.",
        ) from None
