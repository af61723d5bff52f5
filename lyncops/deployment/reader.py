"""Reads a deployment: the global questions side by side, then those of all pools side by side, and
no more.

A snapshot takes some ten cmdlets, two per Front End pool (three with mirrors) and one per machine,
so that it grows as the pools do. What a server fails to say does not make the reading fail: it is
kept in the snapshot as `Unread`, in the server's own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from lyncops.deployment.asking import Answer, settle_all
from lyncops.deployment.back_end_reading import BackEndReading
from lyncops.deployment.care_reading import CareReading
from lyncops.deployment.gaps import Gaps, Part
from lyncops.deployment.global_reading import GlobalReading
from lyncops.deployment.knocking import KnocksAtDoors
from lyncops.deployment.model import Deployment, Machine, Pool
from lyncops.deployment.pool_reading import ALWAYS_COPIED, STORE_MODULE, PoolReading
from lyncops.deployment.rights_reading import RightsReading
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.deployment.state_reading import StateReading
from lyncops.deployment.store_copies import build_copies
from lyncops.deployment.topology import build_edges, build_pools, note_nameless
from lyncops.deployment.trial_reading import TrialReading
from lyncops.deployment.witnesses import PORTS, Door, Hearing, Statement
from lyncops.remoting.clock import Clock
from lyncops.remoting.interface import CmdletRunner, OpensAhead
from lyncops.values import Fqdn, LyncVersion, Unread


def read_deployment(  # noqa: PLR0913 - who to ask, and what of
    sessions: CmdletRunner,
    *,
    name: str,
    clock: Clock,
    version: LyncVersion | None = None,
    scope: Scope = EVERYTHING,
    knocker: KnocksAtDoors | None = None,
) -> Deployment:
    """What the servers say now, as far as `scope` asks.

    What the Central Management store does not answer is read from a server's local copy if possible
    (`-LocalStore`, then `from_local_store` is true); the rest stays Unread.

    Raises:
        EndpointError: no endpoint could be reached at all.
    """
    read_at, gaps = clock.now(), Gaps()
    if isinstance(sessions, OpensAhead) and Facet.MACHINES in scope.facets:
        sessions.open_ahead(scope.covers)
    reading = GlobalReading(sessions, scope, version, gaps)
    topology, missing = reading.topology()
    local = reading.from_local_store
    rights = RightsReading(sessions, reading.endpoint, scope)
    trials = TrialReading(sessions, scope)
    note_nameless(topology, gaps)
    found = build_pools(topology, gaps)
    front_ends = tuple(pool for pool in found if pool.kind.is_front_end)
    versions = {machine.fqdn: pool.version for pool in front_ends for machine in pool.machines}
    care = CareReading(sessions, versions, scope)
    states = StateReading(sessions, tuple(pool.fqdn for pool in front_ends), scope, local=local)
    back_ends = BackEndReading(sessions, found, scope)
    knocks = knocker if Facet.WITNESSES in scope.facets else None
    knocking = knocks.begin(doors(found, scope)) if knocks is not None else None
    readings = [PoolReading(sessions, pool, scope, gaps, local=local) for pool in found]
    answers = [*reading.answers, *_first_answers(readings, states, back_ends)]
    pools, statements = _read_pools(readings, answers)
    pools = with_witnesses(pools, Hearing(statements, knocking.answers() if knocking else None))
    copies = build_copies(topology, pools, gaps)
    deployment = Deployment(
        name=name,
        version=reading.version(pools),
        read_at=read_at,
        read_through=reading.endpoint,
        sites=missing or reading.sites(topology, gaps),
        pools=missing or pools,
        edges=missing or build_edges(topology.services, gaps),
        central_management=reading.central_management(missing or copies),
        backup_service=reading.settings(),
        rights=rights.names(answers),
        offered=rights.offered(),
        own_product=reading.own_product(),
        from_local_store=local,
        store_silence=reading.store_silence,
        test_users=trials.test_users(),
        tried=trials.tried(),
        care=care.answers(),
    )
    note_missing_modules(deployment, gaps)
    return attrs.evolve(deployment, gaps=gaps.found)


def _first_answers(
    readings: Sequence[PoolReading], states: StateReading, back_ends: BackEndReading
) -> Iterator[Answer[object]]:
    """The answers about all pools, perhaps still on their way."""
    for one in readings:
        one.ask_back_end(back_ends)
    for one in readings:
        one.ask_state(states)
    for one in readings:
        yield from one.answers


def _read_pools(
    readings: Sequence[PoolReading], first_answers: list[Answer[object]]
) -> tuple[tuple[Pool, ...], list[Statement]]:
    """The pools after their second questions, and what servers said about the life of machines."""
    settle_all(first_answers)
    heard = Hearing((said for one in readings for said in one.statements()), None)
    for one in readings:
        one.ask_machines(heard)
    for one in readings:
        one.ask_deeper()
    for one in readings:
        one.ask_deepest()
    pools = _with_relations(tuple(one.filled() for one in readings))
    return pools, [statement for one in readings for statement in one.statements()]


def doors(pools: Iterable[Pool], scope: Scope) -> Iterator[Door]:
    """The ports of all machines whose life matters."""
    for pool in pools:
        if pool.kind.is_asked:
            names = [
                machine.fqdn for machine in pool.machines if scope.covers(pool.fqdn, machine.fqdn)
            ]
            yield from (Door(name, port) for name in names for port in PORTS)


def with_witnesses(pools: tuple[Pool, ...], hearing: Hearing) -> tuple[Pool, ...]:
    """The pools, with the witnesses of each machine whose Front-End service is not known to run."""
    return tuple(
        attrs.evolve(
            pool, machines=tuple(_witnessed(machine, hearing) for machine in pool.machines)
        )
        for pool in pools
    )


def _witnessed(machine: Machine, hearing: Hearing) -> Machine:
    unasked = isinstance(machine.services, Unread) and not machine.services.asked
    return (
        machine
        if machine.is_up or unasked
        else attrs.evolve(machine, witnesses=hearing.of(machine.fqdn))
    )


def _with_relations(pools: tuple[Pool, ...]) -> tuple[Pool, ...]:
    """Where a relation could not be read, the other side's: a pair is symmetrical (fact:
    backup-relation).
    """
    claimed = {pool.backup_pool: pool.fqdn for pool in pools if isinstance(pool.backup_pool, Fqdn)}
    return tuple(
        (
            attrs.evolve(pool, backup_pool=claimed[pool.fqdn])
            if isinstance(pool.backup_pool, Unread)
            and pool.backup_pool.asked
            and pool.fqdn in claimed
            else pool
        )
        for pool in pools
    )


def note_missing_modules(deployment: Deployment, gaps: Gaps) -> None:
    """Note the modules of the Backup Service that a pool must have and does not report: a module
    that is not reported is not steady.
    """
    store = deployment.central_management.copies
    holders = (
        frozenset[Fqdn]() if isinstance(store, Unread) else frozenset(copy.pool for copy in store)
    )
    for pool in deployment.front_end_pools:
        if isinstance(pool.backup_modules, Unread) or not pool.backup_modules:
            continue
        told = {module.name.casefold() for module in pool.backup_modules}
        if any(module.is_overall for module in pool.backup_modules):
            continue  # its state is that of all of them
        expected = (*ALWAYS_COPIED, *((STORE_MODULE,) if pool.fqdn in holders else ()))
        for name in expected:
            if name.casefold() not in told:
                what = f"the module {name} of the Backup Service of {pool.fqdn}"
                gaps.note(
                    Part.BACKUP_STATUS,
                    what,
                    "the answer does not name it",
                    pool=pool.fqdn,
                    item=name,
                )
