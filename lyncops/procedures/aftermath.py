"""What stays broken after the loss of pools and Edge pools, according to the topology: each item
once, with the procedure or the step by hand.

In the order in which it is best repaired: the way to partners, media, then what has a lost pool as
its next hop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

import attrs

from lyncops.checks.words import listed
from lyncops.deployment.model import Deployment, EdgePool, Pool
from lyncops.deployment.signs import may_be_dead
from lyncops.plan.conditions import RouteKind
from lyncops.plan.left_broken import LeftBroken
from lyncops.procedures.edge_moves import sites_leading_to
from lyncops.procedures.edges import known_edges
from lyncops.sources import guide, page, reference
from lyncops.values import Fqdn, LyncVersion, SiteName

_ABC: Final = page("Front End pool ABC failover")


@attrs.frozen(slots=True, kw_only=True)
class Loss:
    """The Front End pools and Edge pools that are gone, or will be."""

    deployment: Deployment
    pools: tuple[Pool, ...]
    edges: tuple[EdgePool, ...]

    @property
    def names(self) -> frozenset[Fqdn]:
        """The names of all of them."""
        return frozenset((*(pool.fqdn for pool in self.pools), *(edge.fqdn for edge in self.edges)))

    def left(self, places: Iterable[int]) -> tuple[Pool, ...]:
        """The pools at these places of the topology that are left, each once, by their names."""
        names = self.names
        found = self.deployment.pools_at(sorted(set(places)))
        return tuple(
            sorted((pool for pool in found if pool.fqdn not in names), key=lambda pool: pool.fqdn)
        )

    @property
    def edge_option(self) -> str:
        """The option that names the Edge pool to use instead; a word in capitals where somebody has
        to choose.
        """
        names = self.names
        left = (edge.fqdn for edge in known_edges(self.deployment) if edge.fqdn not in names)
        found = tuple(islice(left, 2))  # of thousands two are enough
        return f"--edge {found[0]}" if len(found) == 1 else "--edge EDGE_POOL"


def of_lost_pool(deployment: Deployment, pool: Pool) -> tuple[LeftBroken, ...]:
    """What is broken where this pool is gone, and with it the Edge pools of which every server is
    silent or down.
    """
    return aftermath(Loss(deployment=deployment, pools=(pool,), edges=_dead_edges(deployment)))


def of_lost_site(
    deployment: Deployment, pools: Iterable[Pool], site: str
) -> tuple[LeftBroken, ...]:
    """What is broken where these pools of the site are gone, and with them its Edge pools but those
    that are seen to run.
    """
    places = deployment.relations.in_site.get(SiteName(site), ())
    lost = (pool.fqdn for pool in deployment.pools_at(places) if not pool.is_alive)
    edges = _edges_named(deployment, lost)
    return aftermath(Loss(deployment=deployment, pools=tuple(pools), edges=edges))


def aftermath(loss: Loss) -> tuple[LeftBroken, ...]:
    """Everything that the topology shows, in the order in which it is best repaired."""
    parts: tuple[Callable[[Loss], Iterator[LeftBroken]], ...] = (
        _federation,
        _xmpp,
        _media,
        _persistent_chat,
        _applications,
        _mediation,
        _gateways,
        _branches,
        _attendant,
        _web_names,
    )
    return tuple(each for part in parts for each in part(loss))


def _dead_edges(deployment: Deployment) -> tuple[EdgePool, ...]:
    signs = deployment.signs
    places = deployment.relations.places_of_edges & (signs.where(may_be_dead) | signs.silent.keys())
    dead = (
        pool.fqdn
        for pool in deployment.pools_at(places)
        if pool.machines
        and all(m.is_down or m.fqdn in signs.silent_machines for m in pool.machines)
    )
    return _edges_named(deployment, dead)


def _edges_named(deployment: Deployment, names: Iterable[Fqdn]) -> tuple[EdgePool, ...]:
    """The Edge pools among pools of these names, each once, in the order of the topology."""
    relations = deployment.relations
    known = [name for name in dict.fromkeys(names) if name in relations.edge_named]
    return tuple(
        relations.edge_named[name]
        for name in sorted(known, key=relations.place_of_edge.__getitem__)
    )


def _federation(loss: Loss) -> Iterator[LeftBroken]:
    for edge in loss.edges:
        sites = sites_leading_to(loss.deployment, edge.fqdn, RouteKind.SIP)
        if sites or edge.has_federation:
            whose = f" of {listed(sites)}" if sites else ""
            yield LeftBroken(
                what=f"Federation{whose} goes through {edge.fqdn}.",
                command=f"lyncops run edge-federation-failover {edge.fqdn} {loss.edge_option}",
                sources=(guide("Failing over the Edge pool used for federation"),),
            )


def _xmpp(loss: Loss) -> Iterator[LeftBroken]:
    if loss.deployment.version is LyncVersion.V2019:
        return
    for edge in loss.edges:
        sites = sites_leading_to(loss.deployment, edge.fqdn, RouteKind.XMPP)
        if sites:
            yield LeftBroken(
                what=f"XMPP federation of {listed(sites)} goes through {edge.fqdn}.",
                command=f"lyncops run xmpp-failover {edge.fqdn} {loss.edge_option} --domain DOMAIN",
                sources=(guide("Failing over the Edge pool used for XMPP federation"),),
            )


def _media(loss: Loss) -> Iterator[LeftBroken]:
    gone = {edge.fqdn for edge in loss.edges}
    using = loss.deployment.relations.using_for_media
    for pool in loss.left(at for edge in gone for at in using.get(edge, ())):
        used = [edge for edge in pool.edges_for_media if edge in gone]
        if pool.kind.is_front_end and used:
            yield LeftBroken(
                what=f"Media of outside users of {pool.fqdn} goes through {listed(used)}.",
                command=f"lyncops run edge-association {pool.fqdn} {loss.edge_option}",
                sources=(guide("Changing the Edge pool associated with a Front End pool"),),
            )


def _leading_to_lost(loss: Loss, role: str) -> Iterator[tuple[Pool, Pool]]:
    """The pools with a service of this role that needs a lost pool, each with that pool."""
    lost_pools = {one.fqdn: one for one in reversed(loss.pools)}
    needing = loss.deployment.relations.needing
    for pool in loss.left(at for lost in lost_pools for at in needing.get(lost, ())):
        for link in pool.links:
            lost = lost_pools.get(link.to.pool) if link.role == role else None
            if lost is not None:
                yield pool, lost
                break


def _unread(loss: Loss, role: str) -> tuple[Fqdn, ...]:
    """The pools with a service of this role whose dependency no answer gives: they may need a
    lost pool.
    """
    without = loss.deployment.relations.without_link
    return tuple(pool.fqdn for pool in loss.left(without.get(role, ())))


def _partner(pool: Pool) -> Fqdn | str:
    return pool.backup_pool if isinstance(pool.backup_pool, Fqdn) else "another pool"


def _persistent_chat(loss: Loss) -> Iterator[LeftBroken]:
    role = "PersistentChatServer"
    way = (
        "In Topology Builder, set {to} as the next hop of {chat}, publish, and run setup on its"
        " servers."
    )
    for chat, lost in _leading_to_lost(loss, role):
        what = f"The next hop of Persistent Chat pool {chat.fqdn} is {lost.fqdn}."
        yield LeftBroken(
            what=what, by_hand=way.format(to=_partner(lost), chat=chat.fqdn), sources=(_ABC,)
        )
    unread = _unread(loss, role) if loss.pools else ()
    if unread:
        what = (
            f"The next hop of {listed(unread)} (Persistent Chat) could not be read; it may be"
            f" {_either(loss)}."
        )
        yield LeftBroken(
            what=what, by_hand=way.format(to="a living pool", chat=listed(unread)), sources=(_ABC,)
        )


def _applications(loss: Loss) -> Iterator[LeftBroken]:
    for pool, lost in _leading_to_lost(loss, "TrustedApplicationPool"):
        yield LeftBroken(
            what=f"The next hop of trusted application pool {pool.fqdn} is {lost.fqdn}.",
            by_hand=(
                f"Set-CsTrustedApplicationPool -Identity TrustedApplicationPool:{pool.fqdn}"
                f" -Registrar {_partner(lost)}; then Enable-CsTopology. Its contacts do not move"
                " with it: use Move-CsApplicationEndpoint."
            ),
            sources=(reference("Set-CsTrustedApplicationPool"),),
        )


def _mediation(loss: Loss) -> Iterator[LeftBroken]:
    for pool, lost in _leading_to_lost(loss, "MediationServer"):
        yield LeftBroken(
            what=f"The next hop of Mediation pool {pool.fqdn} is {lost.fqdn}.",
            by_hand=(
                f"Set-CsMediationServer -Identity MediationServer:{pool.fqdn} -Registrar"
                f" Registrar:{_partner(lost)}."
            ),
            sources=(reference("Set-CsMediationServer"),),
        )


def _gateways(loss: Loss) -> Iterator[LeftBroken]:
    """Trunks cannot be changed by PowerShell (the page of Get-CsTrunk)."""
    role = "PstnGateway"
    way = (
        "In Topology Builder, define a trunk from {gateway} to the Mediation Servers of {to},"
        " publish, and check the voice routes."
    )
    sources = (reference("Get-CsTrunk"), reference("Set-CsPstnGateway"))
    for gateway, lost in _leading_to_lost(loss, role):
        what = (
            f"Calls to and from the PSTN gateway {gateway.fqdn} go through the Mediation Servers of"
            f" {lost.fqdn}."
        )
        yield LeftBroken(
            what=what, by_hand=way.format(gateway=gateway.fqdn, to=_partner(lost)), sources=sources
        )
    mediates = any(
        service.role == "MediationServer" for pool in loss.pools for service in pool.services
    )
    unread = _unread(loss, role) if mediates else ()
    if unread:
        what = (
            f"The Mediation Servers that {listed(unread)} use could not be read; they may be those"
            f" of {_either(loss)}."
        )
        look = (
            "Look at Get-CsTrunk."
            f" {way.format(gateway='each of these gateways', to='another pool')}"
        )
        yield LeftBroken(what=what, by_hand=look, sources=sources)


def _branches(loss: Loss) -> Iterator[LeftBroken]:
    """A branch appliance has a registrar of its own, and the users' data is on the pool that it
    needs.
    """
    for branch, lost in _leading_to_lost(loss, "Registrar"):
        if not branch.kind.is_front_end:
            yield LeftBroken(
                what=(
                    f"Users of the branch appliance {branch.fqdn} depend on {lost.fqdn}, and do not"
                    " fail over with it."
                ),
                by_hand=(
                    "They can still make calls. Contacts, presence and conferences work again"
                    f" when {lost.fqdn} is back. If it is lost for good, move the users to another"
                    " pool (Move-CsUser -Force)."
                ),
                sources=(page("Planning for disaster recovery"), _ABC),
            )


def _attendant(loss: Loss) -> Iterator[LeftBroken]:
    for pool in loss.pools:
        if any(service.role == "ApplicationServer" for service in pool.services):
            yield LeftBroken(
                what=(
                    f"Dial-in access numbers whose contacts are on {pool.fqdn} are not answered."
                ),
                by_hand=(
                    f"Get-CsDialInConferencingAccessNumber lists those of {pool.fqdn}; announce"
                    " numbers of another pool. If the pool is lost for good, move the contacts"
                    " with Move-CsApplicationEndpoint."
                ),
                sources=(_ABC, page("User experience during a pool failure")),
            )


def _web_names(loss: Loss) -> Iterator[LeftBroken]:
    for pool in loss.pools:
        own = [name for name in pool.web_names if name not in loss.names]
        yield LeftBroken(
            what=(
                f"Names that DNS or the reverse proxy sends to the web services of {pool.fqdn} no"
                " longer answer: lyncdiscover, the simple URLs, external web"
                f" services{f' ({listed(own)})' if own else ''}."
            ),
            by_hand=(
                "In DNS and on the reverse proxy, point lyncdiscover, lyncdiscoverinternal and the"
                f" simple URLs to the web services of {_partner(pool)}."
            ),
            sources=(page("User experience during a pool failure"),),
        )


def _either(loss: Loss) -> str:
    return " or ".join(pool.fqdn for pool in loss.pools)
