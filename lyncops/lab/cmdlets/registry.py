"""How a function becomes the semantics of a cmdlet, and what a cmdlet needs before it runs
at all.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable

import attrs

from lyncops.lab.cmdlets.call import Call

Reader = Callable[[Call], Iterable[object]]
Changer = Callable[[Call], None]


class Store(enum.Enum):
    """What a cmdlet needs of the Central Management store."""

    NONE = "none"
    READ = "read"  # readable, or -LocalStore
    WRITE = "write"


class Opens(enum.Enum):
    """What a cmdlet opens with the caller's token (fact: double-hop)."""

    NOTHING = "nothing"
    STORE = "the Central Management store's SQL Server"  # -LocalStore does without
    DATABASES = "the pool's SQL Server"
    DIRECTORY = "Active Directory"


@attrs.frozen(slots=True, kw_only=True)
class Handler:
    """How a cmdlet is simulated: a `reader` yields its output while the lock is held; a `changer`
    takes the lock itself.
    """

    name: str
    reader: Reader | None = None
    changer: Changer | None = None
    store: Store = Store.READ
    locally: bool = (
        False  # must be run locally: not over OcsPowershell (fact: server-cannot-be-asked-remotely)
    )
    on_edge: bool = False  # useful on an Edge server, which cannot reach the store
    admins: bool = False  # needs RTCUniversalServerAdmins (fact: groups)
    opens: Opens = Opens.NOTHING


def reads(
    name: str,
    *,
    store: Store = Store.READ,
    locally: bool = False,
    on_edge: bool = False,
    opens: Opens | None = None,
) -> Callable[[Reader], Handler]:
    """Make a function the semantics of a cmdlet that only reads: what needs the store opens it,
    where nothing else is said.
    """
    default = Opens.NOTHING if store is Store.NONE else Opens.STORE

    def handler(function: Reader) -> Handler:
        return Handler(
            name=name,
            reader=function,
            store=store,
            locally=locally,
            on_edge=on_edge,
            opens=default if opens is None else opens,
        )

    return handler


def changes(
    name: str, *, store: Store = Store.WRITE, on_edge: bool = False, admins: bool = True
) -> Callable[[Changer], Handler]:
    """Make a function the semantics of a cmdlet that changes something."""

    def handler(function: Changer) -> Handler:
        return Handler(
            name=name,
            changer=function,
            store=store,
            on_edge=on_edge,
            admins=admins,
            opens=Opens.STORE if admins else Opens.NOTHING,
        )

    return handler
