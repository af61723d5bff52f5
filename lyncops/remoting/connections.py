"""How requests reach the server: over one connection at a time, to the address that is configured,
and nowhere else.
"""

from __future__ import annotations

import ssl
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.response import BaseHTTPResponse

from lyncops.remoting.endpoint import TcpAddress, TlsVersion
from lyncops.remoting.line import Line, tell

_Verify = bool | str


class RedirectedError(requests.RequestException):
    """The server sends its client elsewhere; lyncops follows to no other server, which would see
    what is sent to this one.
    """

    def __init__(self, location: str) -> None:
        super().__init__(f"it redirects to {location}, which is not followed")
        self.location = location


def tls_context(minimum: TlsVersion | None) -> ssl.SSLContext | None:
    """A context that takes older versions of TLS than Python does by itself; None: as
    Python does.
    """
    if minimum is None:
        return None
    context = ssl.create_default_context()
    context.minimum_version = minimum.version
    if minimum.is_obsolete:
        # OpenSSL 3 has the signatures of TLS 1.0 and 1.1 at no higher level
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


class Adapter(HTTPAdapter):
    """Sends over one connection, to another TCP address where one is given; names stay those of the
    url.

    Redirections are the channel's: requests would turn a POST into a GET, and show another server
    what is meant for this one.
    """

    def __init__(
        self,
        host: str,
        netloc: str,
        address: TcpAddress | None,
        line: Line,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._host = host
        self._netloc = netloc
        self._address = address
        self._line = line
        self._last: requests.Response | None = None
        self._pool: HTTPConnectionPool | None = None
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        if tls is not None:
            self.init_poolmanager(1, 1, ssl_context=tls)

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: _Verify,
        proxies: dict[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> HTTPConnectionPool:
        """The pool for a request, which is the same for all: at the url's address, or at the other
        one.
        """
        if self._pool is None:
            if self._address is None:
                pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            else:
                pool = self._pool_at(self._address, request, verify, cert)
            self._pool = tell(pool, self._line)
        return self._pool

    def _pool_at(
        self,
        address: TcpAddress,
        request: requests.PreparedRequest,
        verify: _Verify,
        cert: tuple[str, str] | str | None,
    ) -> HTTPConnectionPool:
        target, tls = self.build_connection_pool_key_attributes(request, verify, cert)
        names = {"server_hostname": self._host} if target["scheme"] == "https" else {}
        return self.poolmanager.connection_from_host(
            address.host, address.port, target["scheme"], pool_kwargs={**tls, **names}
        )

    def build_response(
        self, req: requests.PreparedRequest, resp: BaseHTTPResponse
    ) -> requests.Response:
        """The answer, unless it sends the client elsewhere."""
        self._last = super().build_response(req, resp)
        if self._last.is_redirect:
            raise RedirectedError(urljoin(req.url or "", self._last.headers["location"]))
        return self._last

    def close(self) -> None:
        """Let the connections go."""
        if self._last is not None:
            self._last.close()  # an answer that nobody read keeps its connection out of the pool
        self._pool = None
        super().close()

    def add_headers(self, request: requests.PreparedRequest, **_kwargs: object) -> None:
        """Name the host of the url, whatever address is used."""
        if self._address is not None:
            request.headers["Host"] = self._netloc
