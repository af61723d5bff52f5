"""The topology: pools, computers, sites and their routes."""

from __future__ import annotations

from typing import ClassVar, Final

from lyncops.cmdlets.base import EVERY_VERSION, SINCE_2013, Cmdlet, NoOutput, command, parameter
from lyncops.cmdlets.kinds import (
    BOOLEAN,
    FQDN,
    FQDN_STRING,
    GLOBAL_IDENTITY,
    SITE,
    SITE_STRING,
    STRING,
    SWITCH,
    clearable,
    service,
)
from lyncops.cmdlets.reading import as_fqdn, as_site, as_text, service_of, several
from lyncops.cmdlets.result import Result, prop, result
from lyncops.values import Fqdn, RemoteObject, ServiceId, SiteName

EDGE_ROUTE: Final = clearable(service("String", "EdgeServer"))


@result
class PoolInfo(Result):
    """A pool of the topology, its computers in the topology's order.

    SQL servers and file stores are pools too.

    (fact: pool-objects)
    """

    BARE: ClassVar[str] = "Identity"

    identity: Fqdn | None = prop(as_fqdn, "Identity", "Fqdn", default=None)
    fqdn: Fqdn | None = prop(as_fqdn, "Fqdn", "Identity", default=None)
    computers: tuple[Fqdn, ...] = prop(several(as_fqdn), "Computers", "Machines", default=())
    services: tuple[ServiceId, ...] = prop(several(service_of("")), "Services", default=())
    site: SiteName | None = prop(as_site, "Site", "SiteId", default=None)
    backup_pool_fqdn: Fqdn | None = prop(as_fqdn, "BackupPoolFqdn", default=None)


@result
class Computer(Result):
    """A computer of the topology and its pool."""

    BARE: ClassVar[str] = "Identity"

    identity: Fqdn | None = prop(as_fqdn, "Identity", "Fqdn", default=None)
    pool: Fqdn | None = prop(as_fqdn, "Pool", "PoolFqdn", default=None)
    fqdn: Fqdn | None = prop(as_fqdn, "Fqdn", "Identity", default=None)


@result
class SiteInfo(Result):
    """A site. `identity` is its bare name, as Set-CsSite wants it.

    A text is not a site: any text could be the name of one.
    """

    identity: SiteName | None = prop(as_site, "Identity", "SiteId", default=None)
    display_name: str | None = prop(as_text, "DisplayName", default=None)
    description: str | None = prop(as_text, "Description", default=None)
    site_type: str | None = prop(as_text, "SiteType", "Kind", default=None)
    pools: tuple[Fqdn, ...] = prop(several(as_fqdn), "Pools", default=())
    federation_route: ServiceId | None = prop(
        service_of("EdgeServer"), "FederationRoute", default=None
    )
    xmpp_federation_route: ServiceId | None = prop(
        service_of("EdgeServer"), "XmppFederationRoute", default=None
    )


@command("Get-CsPool", EVERY_VERSION, sets=("Filter", "Identity"))
class GetCsPool(Cmdlet[PoolInfo]):
    """Ask for pools. `site` is a site's display name, never `site:...`. It has no `-LocalStore`."""

    filter: str | None = parameter("Filter", STRING, default=None, sets=("Filter",))
    site: str | None = parameter("Site", SITE_STRING, default=None)
    identity: str | None = parameter("Identity", GLOBAL_IDENTITY, default=None, sets=("Identity",))


@command("Get-CsComputer", EVERY_VERSION, sets=("Filter", "Identity"))
class GetCsComputer(Cmdlet[Computer]):
    """Ask for computers.

    The members of a pool: `pool`. The `-PoolFqdn` of other pages does not exist here (fact:
    wrong-parameter-names).
    """

    filter: str | None = parameter("Filter", STRING, default=None, sets=("Filter",))
    pool: str | None = parameter("Pool", FQDN_STRING, default=None)
    local: bool = parameter("Local", SWITCH, default=False, versions=SINCE_2013)
    identity: str | None = parameter("Identity", GLOBAL_IDENTITY, default=None, sets=("Identity",))


@command("Get-CsSite", EVERY_VERSION, sets=("Filter", "Identity"))
class GetCsSite(Cmdlet[SiteInfo]):
    """Ask for sites and their federation routes."""

    filter: str | None = parameter("Filter", STRING, default=None, sets=("Filter",))
    identity: str | None = parameter("Identity", SITE, default=None, sets=("Identity",))


@command("Set-CsSite", EVERY_VERSION)
class SetCsSite(Cmdlet[NoOutput]):
    """Change a site's routes or names.

    `identity` is the bare name: a `site:` as Get-CsService reports it is dropped (fact:
    set-cssite-bare-name). The routes are Edge services; an empty text clears one. The XMPP route is
    `xmpp_federation_route`: the procedure page prints a name that does not exist (1.1).
    """

    identity: str | None = parameter("Identity", SITE, default=None)
    description: str | None = parameter("Description", STRING, default=None)
    display_name: str | None = parameter("DisplayName", STRING, default=None)
    federation_route: str | None = parameter("FederationRoute", EDGE_ROUTE, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    default_persistent_chat_pool: str | None = parameter(
        "DefaultPersistentChatPool", STRING, default=None, versions=SINCE_2013
    )
    xmpp_federation_route: str | None = parameter(
        "XmppFederationRoute", EDGE_ROUTE, default=None, versions=SINCE_2013
    )


@command("Get-CsTopology", EVERY_VERSION)
class GetCsTopology(Cmdlet[RemoteObject]):
    """Read the whole topology; `as_xml` as the document that Publish-CsTopology takes."""

    as_xml: bool = parameter("AsXml", SWITCH, default=False)
    local_store: bool = parameter("LocalStore", SWITCH, default=False)


@command("Enable-CsTopology", EVERY_VERSION)
class EnableCsTopology(Cmdlet[NoOutput]):
    """Activate a published topology. Needs setup permission or a domain administrator."""

    global_catalog: str | None = parameter("GlobalCatalog", FQDN, default=None)
    global_settings_domain_controller: str | None = parameter(
        "GlobalSettingsDomainController", FQDN, default=None
    )
    skip_prepare_check: bool | None = parameter("SkipPrepareCheck", BOOLEAN, default=None)
    report: str | None = parameter("Report", STRING, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)


@command("Publish-CsTopology", EVERY_VERSION, sets=("Filename", "Finalize"))
class PublishCsTopology(Cmdlet[NoOutput]):
    """Publish a topology document, a file of `Get-CsTopology -AsXml`.

    Simple URLs must be set up again afterwards; a .tbxml of Topology Builder is refused (fact:
    topology-document).
    """

    file_name: str | None = parameter(
        "FileName", STRING, default=None, sets=("Filename",), mandatory_in=("Filename",)
    )
    backup_file_name: str | None = parameter("BackupFileName", STRING, default=None)
    global_catalog: str | None = parameter("GlobalCatalog", FQDN, default=None)
    global_settings_domain_controller: str | None = parameter(
        "GlobalSettingsDomainController", FQDN, default=None
    )
    force: bool = parameter("Force", SWITCH, default=False)
    report: str | None = parameter("Report", STRING, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    finalize_uninstall: bool = parameter(
        "FinalizeUninstall", SWITCH, default=False, sets=("Finalize",)
    )


@command("Enable-CsComputer", EVERY_VERSION)
class EnableCsComputer(Cmdlet[NoOutput]):
    """Activate the roles that the topology gives to this computer. Run it on that computer."""

    global_catalog: str | None = parameter("GlobalCatalog", FQDN, default=None)
    report: str | None = parameter("Report", STRING, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    global_settings_domain_controller: str | None = parameter(
        "GlobalSettingsDomainController", FQDN, default=None
    )


@command("Enable-CsReplica", EVERY_VERSION)
class EnableCsReplica(Cmdlet[NoOutput]):
    """Install the replica of the store on this computer. Run it on that computer."""

    global_catalog: str | None = parameter("GlobalCatalog", FQDN, default=None)
    report: str | None = parameter("Report", STRING, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    global_settings_domain_controller: str | None = parameter(
        "GlobalSettingsDomainController", FQDN, default=None
    )
