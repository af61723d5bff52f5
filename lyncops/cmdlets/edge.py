"""Edge services: next hop, federation, XMPP."""

from __future__ import annotations

from typing import ClassVar, Final

from lyncops.cmdlets.base import (
    EVERY_VERSION,
    SINCE_2013,
    SINCE_2015,
    UNTIL_2015,
    Cmdlet,
    NoOutput,
    command,
    parameter,
)
from lyncops.cmdlets.kinds import GLOBAL_IDENTITY, IDENTITY, STRING, SWITCH, UINT16, service
from lyncops.cmdlets.reading import as_bool, as_fqdn, as_text
from lyncops.cmdlets.result import Result, prop, result
from lyncops.values import Fqdn, RemoteObject

EDGE_IDENTITY: Final = service("XdsGlobalRelativeIdentity", "EdgeServer")
NEXT_HOP: Final = service("String", "Registrar", "Director")


@result
class AccessEdgeConfiguration(Result):
    """The global settings of the Access Edge."""

    identity: str | None = prop(as_text, "Identity", default=None)
    allow_federated_users: bool | None = prop(as_bool, "AllowFederatedUsers", default=None)
    allow_outside_users: bool | None = prop(as_bool, "AllowOutsideUsers", default=None)
    allow_anonymous_users: bool | None = prop(as_bool, "AllowAnonymousUsers", default=None)
    routing_method: str | None = prop(as_text, "RoutingMethod", default=None)


@result
class XmppAllowedPartner(Result):
    """A domain whose XMPP users may talk to Lync's."""

    BARE: ClassVar[str] = "Identity"

    identity: str | None = prop(as_text, "Identity", "Domain", default=None)
    partner_type: str | None = prop(as_text, "PartnerType", default=None)
    proxy_fqdn: Fqdn | None = prop(as_fqdn, "ProxyFqdn", default=None)


@command("Set-CsEdgeServer", EVERY_VERSION)
class SetCsEdgeServer(Cmdlet[NoOutput]):
    """Change an Edge service: `registrar` is the next hop.

    `identity` is the *Edge* pool's service; Microsoft's page once printed the Front End pool (fact:
    edge-identity). The change reaches the Edge by replication: wait for it. Whether
    `access_edge_external_sip_port` can switch federation on is not established (fact:
    federation-port).
    """

    identity: str | None = parameter("Identity", EDGE_IDENTITY, default=None)
    access_edge_client_sip_port: int | None = parameter(
        "AccessEdgeClientSipPort", UINT16, default=None
    )
    access_edge_external_sip_port: int | None = parameter(
        "AccessEdgeExternalSipPort", UINT16, default=None
    )
    access_edge_internal_sip_port: int | None = parameter(
        "AccessEdgeInternalSipPort", UINT16, default=None
    )
    data_psom_client_port: int | None = parameter("DataPsomClientPort", UINT16, default=None)
    data_psom_server_port: int | None = parameter("DataPsomServerPort", UINT16, default=None)
    media_communication_port_count: int | None = parameter(
        "MediaCommunicationPortCount", UINT16, default=None
    )
    media_communication_port_start: int | None = parameter(
        "MediaCommunicationPortStart", UINT16, default=None
    )
    media_relay_auth_edge_port: int | None = parameter(
        "MediaRelayAuthEdgePort", UINT16, default=None
    )
    media_relay_external_turn_tcp_port: int | None = parameter(
        "MediaRelayExternalTurnTcpPort", UINT16, default=None
    )
    media_relay_external_turn_udp_port: int | None = parameter(
        "MediaRelayExternalTurnUdpPort", UINT16, default=None
    )
    media_relay_internal_turn_tcp_port: int | None = parameter(
        "MediaRelayInternalTurnTcpPort", UINT16, default=None
    )
    media_relay_internal_turn_udp_port: int | None = parameter(
        "MediaRelayInternalTurnUdpPort", UINT16, default=None
    )
    registrar: str | None = parameter("Registrar", NEXT_HOP, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    xmpp_internal_port: int | None = parameter(
        "XmppInternalPort", UINT16, default=None, versions=SINCE_2013
    )
    xmpp_listening_port: int | None = parameter(
        "XmppListeningPort", UINT16, default=None, versions=SINCE_2013
    )
    skype_search_proxy_port: int | None = parameter(
        "SkypeSearchProxyPort", UINT16, default=None, versions=SINCE_2015
    )


@command("Get-CsAccessEdgeConfiguration", EVERY_VERSION, sets=("Filter", "Identity"))
class GetCsAccessEdgeConfiguration(Cmdlet[AccessEdgeConfiguration]):
    """Ask for the Access Edge's global settings."""

    filter: str | None = parameter("Filter", STRING, default=None, sets=("Filter",))
    local_store: bool = parameter("LocalStore", SWITCH, default=False)
    identity: str | None = parameter("Identity", IDENTITY, default=None, sets=("Identity",))


@command("Get-CsXmppAllowedPartner", SINCE_2013, sets=("Filter", "Identity"))
class GetCsXmppAllowedPartner(Cmdlet[XmppAllowedPartner]):
    """Ask for the domains that XMPP federation is open to. Not in 2019."""

    filter: str | None = parameter(
        "Filter", STRING, default=None, sets=("Filter",), versions=UNTIL_2015
    )
    local_store: bool = parameter("LocalStore", SWITCH, default=False, versions=UNTIL_2015)
    identity: str | None = parameter(
        "Identity", GLOBAL_IDENTITY, default=None, sets=("Identity",), versions=UNTIL_2015
    )


@command("Get-CsXmppGatewayConfiguration", SINCE_2013, sets=("Filter", "Identity"))
class GetCsXmppGatewayConfiguration(Cmdlet[RemoteObject]):
    """Ask for the XMPP gateway's settings. Not in 2019."""

    filter: str | None = parameter(
        "Filter", STRING, default=None, sets=("Filter",), versions=UNTIL_2015
    )
    local_store: bool = parameter("LocalStore", SWITCH, default=False, versions=UNTIL_2015)
    identity: str | None = parameter(
        "Identity", IDENTITY, default=None, sets=("Identity",), versions=UNTIL_2015
    )
