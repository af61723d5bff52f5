"""Changing the Edge pool that a Front End pool uses for media."""

from __future__ import annotations

from lyncops.checks.catalogue import CHECKS, run_checks
from lyncops.checks.context import CheckContext
from lyncops.cmdlets import SetCsConferenceServer, SetCsMediationServer, SetCsRegistrar
from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.model import Deployment, EdgePool, Pool
from lyncops.plan.conditions import MediaEdgeIs
from lyncops.plan.procedures import EdgeAssociation
from lyncops.plan.steps import CmdletStep
from lyncops.procedures import figures
from lyncops.procedures.drafting import Draft
from lyncops.procedures.edges import edge_pool_exists, find_edge, preferring, topology_steps
from lyncops.procedures.store_checks import store_writable
from lyncops.sources import fact, guide
from lyncops.values import Mode

_IDS = ("pool-exists", "pool-is-front-end")
_SOURCES = (guide("Changing the Edge pool associated with a Front End pool"), fact("media-edge"))
_ROLES = {
    "Registrar": ("Registrar",),
    "ConferencingServer": ("ConferencingServer", "ConferenceServer"),
    "MediationServer": ("MediationServer",),
}
_SHORT = {
    "Registrar": "registrar",
    "ConferencingServer": "conferencing",
    "MediationServer": "mediation",
}


def draft(deployment: Deployment, request: EdgeAssociation) -> Draft:
    """Draft that the pool `request.pool` uses the Edge pool `request.edge_pool` for media.

    Refused when the pool or the Edge pool does not exist, and when the store does not work.
    """
    situation = CheckContext(deployment, request.pool, Mode.PLANNED)
    checks = (
        *run_checks([CHECKS[check_id] for check_id in _IDS], situation),
        edge_pool_exists(deployment, request.edge_pool),
    )
    pool, edge = situation.pool, find_edge(deployment, request.edge_pool)
    if pool is None or edge is None:
        return Draft(checks=checks)
    return Draft(
        lock=(pool.fqdn, edge.fqdn),
        checks=(*checks, store_writable(deployment)),
        steps=(
            *_steps(pool, edge),
            *(topology_steps(preferring(pool.fqdn)) if request.enable_topology else ()),
        ),
        goal=(MediaEdgeIs(pool.fqdn, edge.fqdn),),
        expected_loss="Nothing.",
        notes=(
            (
                "The same in Topology Builder: properties of the pool, Associations, Associate Edge"
                " pool (for media components)."
            ),
            (
                "That these cmdlets together are equivalent to that one field is inferred from the"
                " topology document."
            ),
        ),
    )


def _steps(pool: Pool, edge: EdgePool) -> list[CmdletStep]:
    """One per service, each read back by itself."""
    value = f"EdgeServer:{edge.fqdn}"
    steps: list[CmdletStep] = []
    if identity := _service(pool, "ConferencingServer"):
        steps.append(
            _step(
                pool,
                edge,
                "ConferencingServer",
                SetCsConferenceServer(identity=identity, edge_server=value),
            )
        )
    if identity := _service(pool, "MediationServer"):
        steps.append(
            _step(
                pool,
                edge,
                "MediationServer",
                SetCsMediationServer(identity=identity, edge_server=value),
            )
        )
    identity = _service(pool, "Registrar") or f"Registrar:{pool.fqdn}"
    steps.append(
        _step(pool, edge, "Registrar", SetCsRegistrar(identity=identity, edge_server=value))
    )
    return steps


def _service(pool: Pool, role: str) -> str:
    """The identity of the pool's service of this role, as the topology spells it; "" where the pool
    has none.
    """
    names = {name.casefold() for name in _ROLES[role]}
    return next((str(service) for service in pool.services if service.role.casefold() in names), "")


def _step(pool: Pool, edge: EdgePool, role: str, cmdlet: Cmdlet[object]) -> CmdletStep:
    short = _SHORT[role]
    was = next((one.edge for one in pool.media_edges if one.role == role), None)
    return CmdletStep(
        step_id=f"edge-association-{short}",
        title=f"Associate {short} of {pool.fqdn} with {edge.fqdn}",
        why="Media of outside users goes through the associated Edge pool.",
        sources=_SOURCES,
        cmdlet=cmdlet,
        place=preferring(pool.fqdn),
        after=(MediaEdgeIs(pool.fqdn, edge.fqdn, role),),
        deadline=figures.ONE_HOUR / 4,
        estimate=figures.SETTING,
        undo=f"lyncops run edge-association {pool.fqdn} --edge {was}" if was else "",
    )
