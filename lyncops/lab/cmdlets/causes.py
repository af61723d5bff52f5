"""What lies beneath the errors of cmdlets: the exceptions of SQL Server's client and of Windows,
with their numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lyncops.lab.interface import Thrown

ACCESS_DENIED: Final = 5
NO_NETWORK_PATH: Final = 53
RPC_UNAVAILABLE: Final = 1722
CONNECTION_REFUSED: Final = 10061
_TEXTS: Final[Mapping[int, str]] = {
    ACCESS_DENIED: "Access is denied",
    NO_NETWORK_PATH: "The network path was not found",
    RPC_UNAVAILABLE: "The RPC server is unavailable",
    CONNECTION_REFUSED: (
        "No connection could be made because the target machine actively refused it"
    ),
}
"""Windows' own words (https://learn.microsoft.com/windows/win32/debug/system-error-codes)."""
_FIRST_OF_SOCKETS: Final = 10_000
_SQL_CLIENT: Final = ".Net SqlClient Data Provider"


def windows_error(code: int) -> Thrown:
    """A Win32Exception: the number says what no translated text does.

    That of a socket is a class of its own.
    """
    kind = (
        "System.Net.Sockets.SocketException"
        if code >= _FIRST_OF_SOCKETS
        else "System.ComponentModel.Win32Exception"
    )
    return Thrown(type_name=kind, message=_TEXTS[code], native_code=code)


def no_sql_server() -> Thrown:
    """What the SQL client says when nothing answers
    (https://learn.microsoft.com/sql/relational-databases/errors-events).
    """
    return Thrown(
        type_name="System.Data.SqlClient.SqlException",
        message=(
            "A network-related or instance-specific error occurred while establishing a connection"
            " to SQL Server. The server was not found or was not accessible. Verify that the"
            " instance name is correct and that SQL Server is configured to allow remote"
            " connections. (provider: Named Pipes Provider, error: 40 - Could not open a connection"
            " to SQL Server)"
        ),
        inner=windows_error(NO_NETWORK_PATH),
        source=_SQL_CLIENT,
    )


def anonymous_logon() -> Thrown:
    """What SQL Server says to a token that may not go on to a second machine."""
    return Thrown(
        type_name="System.Data.SqlClient.SqlException",
        message="Login failed for user 'NT AUTHORITY\\ANONYMOUS LOGON'.",
        source=_SQL_CLIENT,
    )
