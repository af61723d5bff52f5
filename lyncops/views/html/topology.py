"""The topology as a picture: sites, pools, pairs, who serves whom, the store, hops and routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lyncops.checks.life import Life, life, seems_dead
from lyncops.checks.overview import last_known
from lyncops.checks.words import counted, is_told
from lyncops.deployment.model import Deployment, EdgePool, Pool, PoolKind, Site
from lyncops.values import Fqdn, ServiceId, SiteName, Unread
from lyncops.views.blocks import Tone
from lyncops.views.html.drawing import Card, Column, Line, LineKind, Words, draw
from lyncops.views.html.markup import NOTHING, Markup, element, joined, unfolding

_ORDER: Final = {PoolKind.DIRECTOR: 1, PoolKind.EDGE: 2}
_NOWHERE: Final = SiteName("site not read")
_SITE: Final = "site "  # no pool's name has a blank
_ACTIVE_STORE: Final = Words("\N{BLACK STAR} active Central Management store", Tone.STRONG)
_STANDBY_STORE: Final = Words("\N{WHITE STAR} standby copy of the store")
_STORE_UNREAD: Final = Words("copy of the store, active or not is not read", Tone.CAREFUL)


def topology_html(deployment: Deployment, *, folded: bool = True) -> Markup:
    """The picture, and the same in words (to unfold, unless it is printed); nothing where the pools
    could not be read.
    """
    columns = tuple(_columns(deployment))
    if not columns:
        return NOTHING
    lines = tuple(_lines(deployment))
    said = [line.says for line in lines]
    picture = draw(columns, lines, about=" ".join((f"Topology of {deployment.name}.", *said)))
    listed = element("ul", *(element("li", each) for each in said))
    words = unfolding("the lines in words", listed) if folded else listed
    return joined((element("div", picture, class_="lo-wide"), words if said else NOTHING))


def _columns(deployment: Deployment) -> Iterator[Column]:
    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    sites = () if isinstance(deployment.sites, Unread) else deployment.sites
    edges = (
        {}
        if isinstance(deployment.edges, Unread)
        else {edge.fqdn: edge for edge in deployment.edges}
    )
    names = dict.fromkeys((*(site.name for site in sites), *map(_site_of, pools)))
    known = {site.name: site for site in sites}
    for name in names:
        here = [pool for pool in pools if _site_of(pool) == name]
        yield Column(
            key=f"{_SITE}{name}",
            title=f"Site {name}" if name != _NOWHERE else name,
            lines=tuple(_about_site(known.get(name), here)),
            cards=tuple(_card(deployment, pool, edges.get(pool.fqdn)) for pool in _shown(here)),
        )


def _site_of(pool: Pool) -> SiteName:
    return _NOWHERE if isinstance(pool.site, Unread) else pool.site


def _shown(pools: list[Pool]) -> list[Pool]:
    """Front End pools, Directors, Edge pools, in this order; what else a site has is counted."""
    shown = (pool for pool in pools if pool.kind.is_asked)
    return sorted(shown, key=lambda pool: (_ORDER.get(pool.kind, 0), pool.fqdn))


def _about_site(site: Site | None, pools: list[Pool]) -> Iterator[Words]:
    for what, route in (
        ("federation", site and site.federation_route),
        ("XMPP", site and site.xmpp_federation_route),
    ):
        if route:
            yield Words(f"{what} route: {route.pool}", Tone.FAINT)
    others = len(pools) - len(_shown(pools))
    if others:
        yield Words(f"not shown: {counted(others, 'other pool')}", Tone.FAINT)


def _card(deployment: Deployment, pool: Pool, edge: EdgePool | None) -> Card:
    active = any(copy.pool == pool.fqdn for copy in deployment.central_management.active_copies)
    lines = (*_kind(pool, edge), *_state(pool), *_machines(pool), *_store(deployment, pool))
    faded = pool.kind.is_asked and seems_dead(pool)
    return Card(key=pool.fqdn, title=pool.fqdn, lines=lines, faded=faded, marked=active)


def _kind(pool: Pool, edge: EdgePool | None) -> Iterator[Words]:
    version = "" if isinstance(pool.version, Unread) else f" {pool.version.value}"
    federation = ", federation" if edge is not None and edge.has_federation else ""
    yield Words(f"{pool.kind.value}{version}{federation}")


def _state(pool: Pool) -> Iterator[Words]:
    if not pool.kind.is_front_end:
        return
    if isinstance(pool.state, Unread):
        yield Words("state not read", Tone.CAREFUL)
    elif last_known(pool):
        yield Words(f"{pool.state.value} (last known)", Tone.CAREFUL)
    else:
        yield Words(pool.state.value, Tone.GOOD if pool.state.is_home else Tone.BAD)


def _machines(pool: Pool) -> Iterator[Words]:
    if not pool.machines or not pool.kind.is_asked or life(pool) is Life.NOT_ASKED:
        return
    up, known = len(pool.machines_up), len(pool.machines)
    if not any(is_told(machine) for machine in pool.machines):
        yield Words(f"{counted(known, 'machine')}, not read", Tone.CAREFUL)
        return
    tone = Tone.GOOD if up == known else Tone.CAREFUL if up else Tone.BAD
    users = f", {pool.users:,} users" if isinstance(pool.users, int) and pool.users else ""
    yield Words(f"{up} of {counted(known, 'machine')} up{users}", tone)


def _store(deployment: Deployment, pool: Pool) -> Iterator[Words]:
    copies = deployment.central_management.copies
    for copy in () if isinstance(copies, Unread) else copies:
        if copy.pool == pool.fqdn:
            yield (
                _STORE_UNREAD
                if isinstance(copy.active, Unread)
                else _ACTIVE_STORE
                if copy.active
                else _STANDBY_STORE
            )


def _lines(deployment: Deployment) -> Iterator[Line]:
    yield from _pairs(deployment)
    yield from _served(deployment)
    for edge in () if isinstance(deployment.edges, Unread) else deployment.edges:
        if edge.next_hop is not None:
            says = f"The next hop of {edge.fqdn} is {edge.next_hop}."
            yield Line(kind=LineKind.NEXT_HOP, start=edge.fqdn, end=edge.next_hop, says=says)
    for site in () if isinstance(deployment.sites, Unread) else deployment.sites:
        yield from _route(site, LineKind.FEDERATION, site.federation_route)
        yield from _route(site, LineKind.XMPP, site.xmpp_federation_route)


def _pairs(deployment: Deployment) -> Iterator[Line]:
    told: set[frozenset[Fqdn]] = set()
    for pool in deployment.front_end_pools:
        partner = pool.backup_pool
        if isinstance(partner, Fqdn) and frozenset((pool.fqdn, partner)) not in told:
            told.add(frozenset((pool.fqdn, partner)))
            says = f"{pool.fqdn} and {partner} are a backup pair."
            yield Line(kind=LineKind.PAIR, start=pool.fqdn, end=partner, says=says)


def _served(deployment: Deployment) -> Iterator[Line]:
    for pool in deployment.front_end_pools:
        away = not isinstance(pool.state, Unread) and not pool.state.is_home
        if away and isinstance(pool.backup_pool, Fqdn):
            says = f"The users of {pool.fqdn} are served by {pool.backup_pool}."
            yield Line(kind=LineKind.SERVES, start=pool.fqdn, end=pool.backup_pool, says=says)


def _route(site: Site, kind: LineKind, route: ServiceId | None) -> Iterator[Line]:
    if route is not None:
        says = f"The {kind.value} of site {site.name} is {route.pool}."
        yield Line(kind=kind, start=f"{_SITE}{site.name}", end=route.pool, says=says)
