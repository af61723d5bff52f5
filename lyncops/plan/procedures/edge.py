"""Procedures that change the next hop, the federation, the XMPP or the media of Edge pools."""

from __future__ import annotations

from typing import ClassVar, Final

import attrs

from lyncops.errors import InvalidValueError
from lyncops.plan.procedures.base import (
    ENABLE_TOPOLOGY,
    Procedure,
    asks,
    fqdns,
    is_target,
    optional_fqdn,
    optional_sites,
)
from lyncops.values import Fqdn, SiteName

_BACK: Final = "Failing back the Edge pool used for Lync Server federation or XMPP federation"


@attrs.frozen(slots=True, kw_only=True)
class ChangesServices(Procedure):
    """A procedure that changes services or sites in the topology."""

    enable_topology: bool = attrs.field(
        default=False,
        metadata=ENABLE_TOPOLOGY,
    )


@attrs.frozen(slots=True, kw_only=True)
class EdgeNextHop(ChangesServices):
    """Set another Front End pool as the next hop of an Edge pool."""

    NAME: ClassVar[str] = "edge-next-hop"
    SUMMARY: ClassVar[str] = "Set another Front End pool as the next hop of an Edge pool."
    GUIDE: ClassVar[str] = "Failing over a pool, step 1"

    edge_pool: Fqdn = attrs.field(converter=Fqdn, metadata=is_target("EDGE_POOL", "The Edge pool."))
    next_hop: Fqdn = attrs.field(
        converter=Fqdn,
        metadata=asks("--next-hop", "The pool that is its next hop afterwards.", example="POOL"),
    )


@attrs.frozen(slots=True, kw_only=True)
class EdgeAssociation(ChangesServices):
    """Change the Edge pool that a Front End pool uses for media."""

    NAME: ClassVar[str] = "edge-association"
    SUMMARY: ClassVar[str] = "Change the Edge pool that a Front End pool uses for media."
    GUIDE: ClassVar[str] = "Changing the Edge pool associated with a Front End pool"

    pool: Fqdn = attrs.field(converter=Fqdn, metadata=is_target("POOL", "The Front End pool."))
    edge_pool: Fqdn = attrs.field(
        converter=Fqdn,
        metadata=asks("--edge", "The Edge pool that it uses afterwards.", example="EDGE_POOL"),
    )


@attrs.frozen(slots=True, kw_only=True)
class MovesRoutes(ChangesServices):
    """A procedure that moves federation or XMPP between two Edge pools, with the sites' routes.

    `edge_pool` is the Edge pool that first had it, in both directions, as the guide names pools.
    `other_edge` need not be named where only one other Edge pool is possible; `sites` None means
    the sites whose route goes through the Edge pool that is left.
    """

    edge_pool: Fqdn = attrs.field(
        converter=Fqdn,
        metadata=is_target(
            "EDGE_POOL", "The Edge pool that originally had it, for failover and failback alike."
        ),
    )
    other_edge: Fqdn | None = attrs.field(
        default=None,
        converter=optional_fqdn,
        metadata=asks(
            "--edge",
            "The other Edge pool, if there are several.",
            example="EDGE_POOL",
        ),
    )
    sites: tuple[SiteName, ...] | None = attrs.field(
        default=None,
        converter=optional_sites,
        metadata=asks(
            "--site",
            "A site whose route changes (default: every site whose route uses the Edge pool being "
            "left).",
            example="SITE",
        ),
    )


@attrs.frozen(slots=True, kw_only=True)
class EdgeFederationFailover(MovesRoutes):
    """Move federation to another Edge pool."""

    NAME: ClassVar[str] = "edge-federation-failover"
    SUMMARY: ClassVar[str] = "Move federation to another Edge pool."
    GUIDE: ClassVar[str] = "Failing over the Edge pool used for Lync Server federation"


@attrs.frozen(slots=True, kw_only=True)
class EdgeFederationFailback(MovesRoutes):
    """Move federation back to the Edge pool that originally had it."""

    NAME: ClassVar[str] = "edge-federation-failback"
    SUMMARY: ClassVar[str] = "Move federation back to the Edge pool that originally had it."
    GUIDE: ClassVar[str] = _BACK


@attrs.frozen(slots=True, kw_only=True)
class MovesXmpp(MovesRoutes):
    """A procedure that moves XMPP federation.

    `domains` are those whose partners use XMPP; `xmpp_host` is the external name of the gateway
    (None: `xmpp.` before the first domain).
    """

    domains: tuple[Fqdn, ...] = attrs.field(
        converter=fqdns,
        metadata=asks("--domain", "A domain whose partners use XMPP.", example="DOMAIN"),
    )
    xmpp_host: Fqdn | None = attrs.field(
        default=None,
        converter=optional_fqdn,
        metadata=asks(
            "--xmpp-host",
            "The external name of the XMPP gateway (default: xmpp.FIRST-DOMAIN).",
            example="HOST",
        ),
    )

    def __attrs_post_init__(self) -> None:
        if not self.domains:
            raise InvalidValueError(
                f"{self.NAME} needs at least one domain.", remedy="Add --domain."
            )


@attrs.frozen(slots=True, kw_only=True)
class XmppFailover(MovesXmpp):
    """Move XMPP federation to another Edge pool."""

    NAME: ClassVar[str] = "xmpp-failover"
    SUMMARY: ClassVar[str] = "Move XMPP federation to another Edge pool."
    GUIDE: ClassVar[str] = "Failing over the Edge pool used for XMPP federation"


@attrs.frozen(slots=True, kw_only=True)
class XmppFailback(MovesXmpp):
    """Move XMPP federation back to the Edge pool that originally had it."""

    NAME: ClassVar[str] = "xmpp-failback"
    SUMMARY: ClassVar[str] = "Move XMPP federation back to the Edge pool that originally had it."
    GUIDE: ClassVar[str] = _BACK
