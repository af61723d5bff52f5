"""What makes connections one session's: the id that they name, and cookies behind a balanced
address.
"""

from __future__ import annotations

import re
from http.cookiejar import Cookie
from typing import Final, Self
from uuid import uuid4

from requests.cookies import RequestsCookieJar, remove_cookie_by_name

from lyncops.remoting.execution import CommandAddress

_NAME: Final = "MS-WSMAN"
"""The cookie of remote PowerShell's own front ends (https://github.com/microsoft/omi/issues/523).
It names a server and gives no access; the purpose of other cookies is not known."""
_VALUE: Final = re.compile(r"[!#-+\--:<-\[\]-~]{1,4000}")
"""What a cookie's value may consist of (RFC 6265, section 4.1.1)."""


class _Jar(RequestsCookieJar):
    def set_cookie(self, cookie: Cookie, *args: object, **kwargs: object) -> None:
        """Add a cookie; one that was restored gives way to what the server says now, whatever path
        that is for.
        """
        if cookie.name == _NAME:
            remove_cookie_by_name(self, _NAME)
        super().set_cookie(cookie, *args, **kwargs)


class SessionKey:
    """The WSMan session that a connection belongs to: its id, and its cookies.

    Safe from every thread.

    Cookies outlive each connection, and not the session: another one may be opened on another
    server.
    """

    def __init__(self, session_id: str = "", affinity: str = "") -> None:
        self.id: Final = session_id or str(uuid4())
        self.cookies: Final = _Jar()
        if _VALUE.fullmatch(affinity):
            self.cookies.set(_NAME, affinity)

    @classmethod
    def of(cls, address: CommandAddress) -> Self:
        """The key of the session to which this or another process sent a command."""
        return cls(address.session_id, address.affinity)

    @property
    def affinity(self) -> str:
        """What another process needs to reach the same server; empty if the server sends
        nothing.
        """
        return next((each.value or "" for each in self.cookies if each.name == _NAME), "")

    def forget_affinity(self) -> None:
        """Use any server behind the address."""
        self.cookies.clear()
