"""Mirrored databases of a pool: which belong to a type, and which have lost their principal while
the mirror lives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from lyncops.checks.words import listed
from lyncops.cmdlets.enums import DatabaseNameType
from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.model import Pool
from lyncops.values import Unread

_DATABASES: Final = {
    DatabaseNameType.USER: ("rtcab", "rtcshared", "rtcxds"),
    DatabaseNameType.APPLICATION: ("rgsconfig", "rgsdyn", "cpsdyn"),
    DatabaseNameType.CENTRAL_MGMT: ("xds", "lis"),
    DatabaseNameType.MONITORING: ("lcscdr", "qoemetrics"),
}


def mirrors_of(pool: Pool, database_type: DatabaseNameType) -> tuple[DatabaseMirror, ...]:
    """The databases of a type: by the type that the server gave, else by the documented names of
    that type.
    """
    wanted, named = database_type.casefold(), _DATABASES.get(database_type, ())
    mirrors = () if isinstance(pool.mirrors, Unread) else pool.mirrors
    return tuple(
        mirror
        for mirror in mirrors
        if (
            mirror.database_type.casefold() == wanted
            if mirror.database_type
            else mirror.database.casefold() in named
        )
    )


def orphaned(mirrors: Iterable[DatabaseMirror]) -> tuple[DatabaseMirror, ...]:
    """Those that answer as mirrors while their principals are out of reach: the only copy that is
    left.
    """
    return tuple(mirror for mirror in mirrors if mirror.survivor is not None)


def rescue(pool: Pool | None, database_type: DatabaseNameType) -> tuple[str, ...]:
    """The command line that serves these databases again from their mirrors; none where that would
    not help.

    It helps a pool whose Front Ends run, while only the SQL Server of the principal is gone.
    """
    if pool is None or not pool.is_alive or not orphaned(mirrors_of(pool, database_type)):
        return ()
    return (
        (
            f"lyncops run database-failover {pool.fqdn} --database-type {database_type.value}"
            " --accept-data-loss"
        ),
    )


def only_copies(pool: Pool) -> Iterator[str]:
    """What is said of databases that run, and of which there is only one current copy."""
    mirrors = () if isinstance(pool.mirrors, Unread) else pool.mirrors
    alone = [mirror.database for mirror in mirrors if mirror.is_alone]
    if alone:
        yield (
            f"{listed(alone)} of {pool.fqdn} run without a mirror: the other SQL Server does not"
            " answer, and there is only one copy."
        )
    suspended = [mirror.database for mirror in mirrors if mirror.is_suspended]
    if suspended:
        yield (
            f"The mirroring of {listed(suspended)} of {pool.fqdn} is suspended: there is only one"
            " current copy until somebody resumes it in SQL Server."
        )
