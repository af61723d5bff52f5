"""Procedures as values: what an operator can ask for, one class each.

`lyncops.procedures` makes their plans.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lyncops.errors import InvalidValueError
from lyncops.plan.procedures.base import Asked, Option, Procedure
from lyncops.plan.procedures.data import BackupServiceSet, BackupServiceSync, DatabaseFailover
from lyncops.plan.procedures.edge import (
    EdgeAssociation,
    EdgeFederationFailback,
    EdgeFederationFailover,
    EdgeNextHop,
    MovesRoutes,
    MovesXmpp,
    XmppFailback,
    XmppFailover,
)
from lyncops.plan.procedures.pools import (
    ConferenceRestore,
    Evacuate,
    ManagementStoreFailover,
    MovesPool,
    MovesStore,
    MovesUsers,
    PoolFailback,
    PoolFailover,
    TwoModes,
)
from lyncops.plan.procedures.sites import MovesSite, SiteFailback, SiteFailover

__all__ = [
    "PROCEDURES",
    "Asked",
    "BackupServiceSet",
    "BackupServiceSync",
    "ConferenceRestore",
    "DatabaseFailover",
    "EdgeAssociation",
    "EdgeFederationFailback",
    "EdgeFederationFailover",
    "EdgeNextHop",
    "Evacuate",
    "ManagementStoreFailover",
    "MovesPool",
    "MovesRoutes",
    "MovesSite",
    "MovesStore",
    "MovesUsers",
    "MovesXmpp",
    "Option",
    "PoolFailback",
    "PoolFailover",
    "Procedure",
    "SiteFailback",
    "SiteFailover",
    "TwoModes",
    "XmppFailback",
    "XmppFailover",
    "procedure_named",
]

_ALL: Final[tuple[type[Procedure], ...]] = (
    PoolFailover,
    PoolFailback,
    Evacuate,
    SiteFailover,
    SiteFailback,
    ManagementStoreFailover,
    ConferenceRestore,
    EdgeNextHop,
    EdgeAssociation,
    EdgeFederationFailover,
    EdgeFederationFailback,
    XmppFailover,
    XmppFailback,
    BackupServiceSet,
    BackupServiceSync,
    DatabaseFailover,
)

PROCEDURES: Final[Mapping[str, type[Procedure]]] = MappingProxyType(
    {each.NAME: each for each in _ALL}
)
"""Every procedure by its name on the command line."""


def procedure_named(name: str) -> type[Procedure]:
    """The procedure of that name.

    Raises:
        InvalidValueError: there is none; the remedy lists them.
    """
    if name not in PROCEDURES:
        near = difflib.get_close_matches(name, PROCEDURES, n=1)
        known = f"The procedures are: {', '.join(PROCEDURES)}."
        raise InvalidValueError(
            f"There is no procedure {name!r}.",
            remedy=f"Did you mean {near[0]}? {known}" if near else known,
        )
    return PROCEDURES[name]
