"""Procedures that move everybody of a site, pair by pair: the guide has the parts of them."""

from __future__ import annotations

import shlex
from typing import ClassVar, Final

import attrs

from lyncops.plan.procedures.base import asks, fqdns, is_target, optional_fqdns
from lyncops.plan.procedures.pools import MovesUsers
from lyncops.values import Fqdn, SiteName

_GUIDE: Final = "Failing over a pool; Failing back a pool"


@attrs.frozen(slots=True, kw_only=True)
class MovesSite(MovesUsers):
    """A procedure that moves the users of every pool of a site that has a backup pool.

    `without` names pools of the site that are left as they are.
    """

    site: SiteName = attrs.field(
        converter=SiteName,
        metadata=is_target("SITE", "The site whose pools first homed the users."),
    )
    without: tuple[Fqdn, ...] = attrs.field(
        default=(),
        converter=fqdns,
        metadata=asks("--without", "A pool of the site to leave out.", example="POOL"),
    )


@attrs.frozen(slots=True, kw_only=True)
class SiteFailover(MovesSite):
    """Serve everybody of a site from the backup pools of its pools: store, next hops, users."""

    NAME: ClassVar[str] = "site-failover"
    SUMMARY: ClassVar[str] = "Move the users of all pools of a site to their backup pools."
    GUIDE: ClassVar[str] = _GUIDE

    @property
    def way_back(self) -> str:
        """The failback, once the site is up again."""
        return f"site-failback {shlex.quote(self.site)} --mode planned"


@attrs.frozen(slots=True, kw_only=True)
class SiteFailback(MovesSite):
    """Serve everybody of a site at home again, in the reverse order.

    `edges` names the Edge pools that get a pool of the site as their next hop again; None means
    those that a failback of each pool brings home.
    """

    NAME: ClassVar[str] = "site-failback"
    SUMMARY: ClassVar[str] = "Move the users of all pools of a site back home."
    GUIDE: ClassVar[str] = _GUIDE

    edges: tuple[Fqdn, ...] | None = attrs.field(
        default=None,
        converter=optional_fqdns,
        metadata=asks(
            "--edge",
            "Make a pool of the site the next hop of this Edge pool again; write none for none.",
            example="EDGE_POOL",
        ),
    )
