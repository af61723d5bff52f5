"""A scenario: the starting state of a lab as immutable values.

`scenario_reader` reads it, `scenario_checks` judges it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from lyncops.values import Fqdn

DEFAULT_START: Final = datetime(2014, 3, 3, 3, 0, tzinfo=UTC)


class Product(enum.Enum):
    """A product generation with what its servers say of themselves (fact: versions; builds of 2010
    to 2015 inferred).
    """

    V2010 = "2010"
    V2013 = "2013"
    V2015 = "2015"
    V2019 = "2019"

    @property
    def module(self) -> str:
        """The PowerShell module's name (fact: module-name)."""
        return "Lync" if self.is_lync else "SkypeForBusiness"

    @property
    def service_version(self) -> int:
        """`Version` of Get-CsService: 5 (inferred), 6, 7, 8 (fact: service-objects)."""
        return {"2010": 5, "2013": 6, "2015": 7, "2019": 8}[self.value]

    @property
    def build(self) -> str:
        """`ProductVersion` of a replica."""
        builds = {
            Product.V2010: "4.0.7577.0",
            Product.V2013: "5.0.8308.0",
            Product.V2015: "6.0.9319.0",
            Product.V2019: "7.0.2046.0",
        }
        return builds[self]

    @property
    def title(self) -> str:
        """The product's name without the year."""
        return "Lync Server" if self.is_lync else "Skype for Business Server"

    @property
    def is_lync(self) -> bool:
        """Whether it is called Lync."""
        return self in (Product.V2010, Product.V2013)

    @property
    def has_pairs(self) -> bool:
        """Pool pairs came with 2013 (fact: versions)."""
        return self is not Product.V2010

    @property
    def has_mirroring(self) -> bool:
        """SQL mirroring is not supported in 2019 (fact: version-differences)."""
        return self is not Product.V2019

    @property
    def has_xmpp(self) -> bool:
        """The XMPP gateway is gone in 2019 (fact: version-differences)."""
        return self is not Product.V2019


class Kind(enum.Enum):
    """What a pool of the topology is."""

    ENTERPRISE = "enterprise"
    STANDARD = "standard"
    DIRECTOR = "director"
    EDGE = "edge"

    @property
    def homes_users(self) -> bool:
        """Whether it is a Front End pool."""
        return self in (Kind.ENTERPRISE, Kind.STANDARD)


@attrs.frozen(slots=True, kw_only=True)
class SiteSpec:
    """A central site. Routes name Edge pools."""

    name: str
    display_name: str = ""
    description: str = ""
    federation_route: Fqdn | None = None
    xmpp_federation_route: Fqdn | None = None


@attrs.frozen(slots=True, kw_only=True)
class PoolSpec:
    """A pool with its machines in the order of the topology.

    A Standard Edition pool is its one machine.
    """

    fqdn: Fqdn
    kind: Kind
    site: str
    machines: tuple[Fqdn, ...]
    version: Product | None = None  # default: the scenario's
    # Front End pools:
    users: int = 0
    named_users: tuple[str, ...] = ()
    # Two of them, configured for synthetic transactions (fact: test-users)
    test_users: tuple[str, ...] = ()
    backup_pool: Fqdn | None = None
    sql_server: Fqdn | None = None  # default for Standard Edition: the machine itself
    sql_instance: str = "rtc"
    mirror_server: Fqdn | None = None
    mirror_instance: str = "rtc"
    witness: Fqdn | None = None  # with one, a mirror takes over by itself
    principal_on_mirror: tuple[str, ...] = ()  # databases whose principal is on the mirror side
    unsynchronized: tuple[str, ...] = ()  # databases whose mirror is not synchronized
    media_edge: Fqdn | None = None
    conference_directories: tuple[int, ...] = ()
    response_groups: tuple[str, ...] = ()
    failed_over: bool = False
    backup_initialized: bool = True
    # How far the copy of its data on the backup pool lags at the start
    backup_backlog: timedelta = timedelta()
    # Edge pools:
    next_hop: Fqdn | None = None
    federation: bool = False
    # machines that do not run at the start:
    down: tuple[Fqdn, ...] = ()


class Role(enum.Enum):
    """What else in a topology depends on a Front End pool."""

    GATEWAY = "PSTN gateway"
    PERSISTENT_CHAT = "Persistent Chat"
    APPLICATION = "trusted application"
    BRANCH = "branch appliance"


@attrs.frozen(slots=True, kw_only=True)
class ServiceSpec:
    """A service beside the pools, which the lab has in the topology only: no machine of it runs.

    `leads_to` is the Front End pool that it needs; `told` says whether Get-CsService tells that.
    """

    fqdn: Fqdn
    role: Role
    site: str
    leads_to: Fqdn
    told: bool = True


@attrs.frozen(slots=True, kw_only=True)
class StoreSpec:
    """The Central Management store: the pools that hold a copy, and the active one.

    `active` has one pool, unless `broken` says `both active` or `none active` (the bad ends of
    fact: store-bad-ends).
    """

    copies: tuple[Fqdn, ...]
    active: tuple[Fqdn, ...]
    broken: str = ""
    lis_entries: int = 40


@attrs.frozen(slots=True, kw_only=True)
class Scenario:
    """A whole deployment at the start."""

    name: str
    version: Product = Product.V2013
    description: str = ""
    domain: str = "contoso.com"
    start: datetime = DEFAULT_START
    sync_interval: timedelta = timedelta(minutes=2)
    sites: tuple[SiteSpec, ...]
    pools: tuple[PoolSpec, ...]
    central_management: StoreSpec
    services: tuple[ServiceSpec, ...] = ()
    faults: Mapping[str, object] = attrs.field(factory=dict[str, object])
    shapes: Mapping[str, object] = attrs.field(factory=dict[str, object])
