"""From a snapshot to a deployment of the lab that answers as the real one did."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Final

import attrs

from lyncops.deployment.model import Deployment, Pool, PoolKind, Site
from lyncops.drill.copying_pools import KINDS, PoolCopying
from lyncops.drill.fitting import fitted
from lyncops.drill.notes import Notes
from lyncops.errors import InvalidValueError
from lyncops.lab.scenarios.scenario import (
    Product,
    Role,
    Scenario,
    ServiceSpec,
    SiteSpec,
    StoreSpec,
)
from lyncops.values import Fqdn, LyncVersion, ServiceId, Unread

_ROLES: Final = {
    "pstngateway": Role.GATEWAY,
    "persistentchatserver": Role.PERSISTENT_CHAT,
    "trustedapplicationpool": Role.APPLICATION,
    "externalserver": Role.APPLICATION,
    "survivablebranchappliance": Role.BRANCH,
}
_SQL: Final = ("userdatabase", "applicationdatabase", "centralmanagementdatabase", "filestore")
_COPIES: Final = 2
"""The store has so many copies at most (fact: store-copies)."""
_NEVER: Final = (
    "Response groups and dial plans are not in a snapshot: the copy has none.",
    "External names and ports of Edge servers and DNS are the lab's own.",
    "Certificates, updates and the operator's rights are the lab's own.",
    "Groups and limits of the Backup Service are the lab's own.",
)
_NO_WITNESS: Final = (
    "Whether a mirror has a witness is not in a snapshot: in the copy none takes over by itself."
)


@attrs.frozen(slots=True, kw_only=True)
class Copy:
    """A deployment of the lab, with what it does not have of the real one."""

    scenario: Scenario
    assumed: tuple[str, ...] = ()
    """What the snapshot leaves open, and what the copy has in its place: sentences."""
    missing: tuple[str, ...] = ()
    """What the lab cannot simulate of this deployment: sentences."""


def copy_of(deployment: Deployment) -> Copy:
    """A deployment of the lab in the state of the snapshot.

    Raises:
        InvalidValueError: the snapshot has no topology, or no Front End pool.
    """
    if isinstance(deployment.pools, Unread):
        raise InvalidValueError(
            f"The snapshot of {deployment.name} has no topology, so that nothing can be copied.",
            remedy="Take another snapshot when a server answers: lyncops snapshot --out FILE.",
        )
    if not deployment.front_end_pools:
        raise InvalidValueError(
            f"The snapshot of {deployment.name} has no Front End pool.",
            remedy="Take a snapshot of a deployment with Front End pools.",
        )
    return _Copying(deployment, deployment.pools).copied()


class _Copying:
    """One copy in the making."""

    def __init__(self, deployment: Deployment, pools: tuple[Pool, ...]) -> None:
        self._deployment, self._pools = deployment, pools
        self._sites = () if isinstance(deployment.sites, Unread) else deployment.sites
        self._notes = Notes()
        self._version = self._main_version()

    def copied(self) -> Copy:
        pools = PoolCopying(self._deployment, self._pools, self._version, self._notes)
        scenario = Scenario(
            name=self._deployment.name,
            version=self._version,
            domain=self._domain(),
            description=f"a copy of {self._deployment.name}",
            start=self._deployment.read_at,
            sync_interval=self._sync_interval(),
            sites=tuple(map(self._site, self._sites)),
            pools=pools.copied(),
            central_management=self._store(),
            services=tuple(filter(None, map(self._service, self._pools))),
            shapes={"subscription_edition": bool(self._deployment.own_product)},
        )
        scenario = fitted(scenario, self._notes)
        mirrored = any(pool.mirror_server is not None for pool in scenario.pools)
        for sentence in (*_NEVER, *((_NO_WITNESS,) if mirrored else ())):
            self._notes.miss(sentence)
        return Copy(
            scenario=scenario,
            assumed=self._notes.assumed,
            missing=self._notes.missing,
        )

    def _domain(self) -> str:
        known = self._deployment.test_users
        names = [user for one in (() if isinstance(known, Unread) else known) for user in one.users]
        domains = [name.rpartition("@")[2] for name in names if "@" in name]
        return domains[0] if domains else "contoso.com"

    def _main_version(self) -> Product:
        version = self._deployment.version
        if isinstance(version, LyncVersion):
            return Product(version.value)
        known = Counter(
            pool.version for pool in self._pools if isinstance(pool.version, LyncVersion)
        )
        found = known.most_common(1)[0][0] if known else LyncVersion.V2013
        self._notes.assume(f"The servers' version was not read: {found.product} is assumed.")
        return Product(found.value)

    def _sync_interval(self) -> timedelta:
        settings = self._deployment.backup_service
        if isinstance(settings, Unread):
            self._notes.assume(
                "The Backup Service's interval was not read: two minutes are assumed."
            )
            return timedelta(minutes=2)
        return settings.sync_interval

    def _site(self, site: Site) -> SiteSpec:
        return SiteSpec(
            name=str(site.name),
            display_name=site.display_name,
            federation_route=self._route(site, "federation", site.federation_route),
            xmpp_federation_route=self._route(site, "XMPP", site.xmpp_federation_route),
        )

    def _route(self, site: Site, kind: str, route: ServiceId | None) -> Fqdn | None:
        known = {pool.fqdn for pool in self._pools if pool.kind is PoolKind.EDGE}
        if route is None or (kind == "XMPP" and not self._version.has_xmpp):
            return None
        if route.pool not in known:
            self._notes.miss(
                f"The {kind} route of site {site.name} goes to {route.pool}, which is no Edge pool"
                " of the copy: the site has none there."
            )
            return None
        return route.pool

    def _store(self) -> StoreSpec:
        store = self._deployment.central_management
        pools = {pool.fqdn for pool in self._deployment.front_end_pools}
        copies = [
            copy
            for copy in (() if isinstance(store.copies, Unread) else store.copies)
            if copy.pool in pools
        ]
        for copy in () if isinstance(store.copies, Unread) else store.copies:
            if copy.pool not in pools:
                self._notes.miss(
                    f"{copy.pool} holds a copy of the Central Management store, but is no Front"
                    " End pool: the lab does not have that copy."
                )
        if not copies:
            first = self._deployment.front_end_pools[0].fqdn
            self._notes.assume(
                f"The copies of the Central Management store were not read: one on {first} is"
                " assumed."
            )
            return StoreSpec(copies=(first,), active=(first,))
        active = tuple(copy.pool for copy in copies if copy.active is True)
        if any(isinstance(copy.active, Unread) for copy in copies) and not active:
            active = (copies[0].pool,)
            self._notes.assume(
                f"The active Central Management store was not read: {active[0]} is assumed."
            )
        names = sorted((copy.pool for copy in copies), key=lambda name: name not in active)
        broken = {0: "none active", 1: "", 2: "both active"}.get(len(active), "both active")
        for name in names[_COPIES:]:
            self._notes.miss(f"The lab does not have the third copy of the store, on {name}.")
        return StoreSpec(copies=tuple(names[:_COPIES]), active=active[:_COPIES], broken=broken)

    def _service(self, pool: Pool) -> ServiceSpec | None:
        """The servers beside the pools, where the lab knows their kind."""
        if pool.kind in KINDS or all(s.role.casefold() in _SQL for s in pool.services):
            return None
        role = next(filter(None, (_ROLES.get(s.role.casefold()) for s in pool.services)), None)
        homes = {one.fqdn for one in self._deployment.front_end_pools}
        needs = next((link.to.pool for link in pool.links if link.to.pool in homes), None)
        if role is None or needs is None or isinstance(pool.site, Unread):
            roles = ", ".join(service.role for service in pool.services) or "no known service"
            self._notes.miss(f"The lab does not simulate {pool.fqdn} ({roles}).")
            return None
        return ServiceSpec(fqdn=pool.fqdn, role=role, site=str(pool.site), leads_to=needs)
