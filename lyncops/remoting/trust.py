"""Why a server's certificate is not trusted, by OpenSSL's number, and what to do about each
reason.
"""

from __future__ import annotations

from typing import Final

NOT_YET_VALID: Final = 9
EXPIRED: Final = 10
REVOKED: Final = 23
OTHER_NAME: Final = frozenset({62, 64})
UNKNOWN_AUTHORITY: Final = frozenset({18, 19, 20, 21})
"""OpenSSL's numbers (openssl-verification-options(1), X509_V_ERR_*)."""

REASONS: Final = {
    NOT_YET_VALID: "it is not valid yet",
    EXPIRED: "it has expired",
    **dict.fromkeys(UNKNOWN_AUTHORITY, "its authority is not trusted"),
    REVOKED: "it was revoked",
    62: "it is for another name",
    64: "it is for another address",
}
_ANOTHER: Final = (
    "Give the server another certificate (its WinRM listener, or Set-CsCertificate for"
    " OcsPowershell), or add another [[endpoint]] to lyncops.toml."
)
_CA: Final = "Name the certificate of its authority as `ca` of this endpoint in lyncops.toml."
_REMEDIES: Final = {
    NOT_YET_VALID: "Check the clock of this computer; then the certificate of the server.",
    EXPIRED: f"Check the clock of this computer. {_ANOTHER}",
    REVOKED: _ANOTHER,
    **dict.fromkeys(
        OTHER_NAME,
        "Write a name of the certificate into the url, with connect_to if that name resolves to"
        " another address.",
    ),
}


def remedy_for(number: int | None) -> str:
    """What to do about a certificate that was refused for the reason of that number."""
    return _CA if number is None else _REMEDIES.get(number, _CA)
