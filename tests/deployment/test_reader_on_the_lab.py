from __future__ import annotations

import attrs
import pytest

from lyncops.checks.catalogue import checks_for_failover
from lyncops.checks.result import Verdict
from lyncops.cmdlets import GetCsTopology, GetCsUser, GetCsUserDatabaseState, GetCsWindowsService
from lyncops.deployment.comparison import differences
from lyncops.deployment.model import Deployment, Pool, PoolKind, PoolState
from lyncops.deployment.reader import read_deployment
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.lab.model.switches import EnumShape, NameCase, RelationShape
from lyncops.lab.simulation import Simulation
from lyncops.testing.model import ModelClock, ModelSessions
from lyncops.values import Fqdn, LyncVersion, Mode, Unread

P1, P2 = Fqdn("pool1.contoso.com"), Fqdn("pool2.contoso.com")
SCENARIOS = ("two-sites", "standard-pair", "three-pairs", "sfb2015", "sfb2019", "everything-wrong")


def read(
    world: Simulation, scope: Scope = EVERYTHING, version: LyncVersion | None = None
) -> Deployment:
    return read_deployment(
        ModelSessions(world), name="contoso", clock=ModelClock(world), version=version, scope=scope
    )


def pool_of(deployment: Deployment, fqdn: Fqdn) -> Pool:
    pool = deployment.pool(fqdn)
    assert pool is not None
    return pool


def test_a_pool_without_a_registrar_configuration_of_its_own_has_the_global_one() -> None:
    world = Simulation.load("two-sites")
    world.switches.pool_state_global = True
    assert all(pool.state is PoolState.ACTIVE for pool in read(world).front_end_pools)
    one = read(world, Scope.of(Facet.POOL_STATE, pools=[P1]))
    assert pool_of(one, P1).state is PoolState.ACTIVE


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_is_read_as_it_was_written(scenario: str) -> None:
    world = Simulation.load(scenario)
    deployment = read(world)
    kinds = {
        "enterprise": PoolKind.ENTERPRISE,
        "standard": PoolKind.STANDARD,
        "edge": PoolKind.EDGE,
        "director": PoolKind.DIRECTOR,
    }
    for spec in world.scenario.pools:
        pool = pool_of(deployment, spec.fqdn)
        assert pool.kind is kinds[spec.kind.value]
        assert tuple(m.fqdn for m in pool.machines) == spec.machines
        assert pool.site == spec.site
        assert pool.version is LyncVersion((spec.version or world.scenario.version).value)
        assert (pool.edges_for_media, pool.kind.is_front_end) == (
            (spec.media_edge,) if spec.media_edge else (),
            spec.kind.homes_users,
        )
        if pool.kind.is_front_end:
            assert pool.backup_pool == spec.backup_pool
            assert pool.sql_server == (spec.sql_server or spec.machines[0])
            assert (pool.state is PoolState.FAILED_OVER) == spec.failed_over
    assert not isinstance(deployment.edges, Unread)
    assert {edge.fqdn: edge.next_hop for edge in deployment.edges} == {
        spec.fqdn: spec.next_hop for spec in world.scenario.pools if spec.kind.value == "edge"
    }
    copies = deployment.central_management.copies
    assert not isinstance(copies, Unread)
    assert {copy.pool for copy in copies if copy.active is True} == set(
        world.scenario.central_management.active
    )
    assert {copy.pool for copy in copies} == set(world.scenario.central_management.copies)
    assert isinstance(deployment.sites, tuple)
    assert [site.name for site in deployment.sites] == sorted(
        site.name for site in world.scenario.sites
    )
    assert not deployment.from_local_store


def test_a_healthy_deployment_leaves_nothing_unread() -> None:
    deployment = read(Simulation.load("two-sites"))
    assert deployment.unread == ()
    assert deployment.version is LyncVersion.V2013
    assert deployment.read_through == "model://fe1.contoso.com"
    mirrors = pool_of(deployment, P1).mirrors
    assert not isinstance(mirrors, Unread)
    assert len(mirrors) == 8
    assert pool_of(deployment, P1).is_alive


def test_a_dead_site_with_the_store_on_it_is_read_from_a_local_copy() -> None:
    world = Simulation.load("two-sites")
    before = read(world)
    world.crash(P1)
    after = read(world)
    assert after.from_local_store
    assert after.read_through == "model://fe4.contoso.com"
    assert [p.fqdn for p in after.front_end_pools] == [p.fqdn for p in before.front_end_pools]
    assert after.sites == before.sites
    assert isinstance(before.edges, tuple)
    # How the topology document carries the external name is not established, so that nothing reads
    # it from there.
    assert after.edges == tuple(attrs.evolve(edge, external_fqdn=None) for edge in before.edges)
    told = ("fe", "database", "Central Management store", "PresenceFocus", "external fqdn")
    assert [
        line for line in differences(before, after) if not any(word in line for word in told)
    ] == []
    assert not pool_of(after, P1).is_alive
    assert pool_of(after, P2).is_alive
    assert {
        machine.fqdn
        for machine in pool_of(after, P1).machines
        if isinstance(machine.services, Unread)
    } == {machine.fqdn for machine in pool_of(after, P1).machines}
    assert [
        result.check_id
        for result in checks_for_failover(after, P1, Mode.DISASTER)
        if result.refuses
    ] == []


def test_a_dead_site_without_the_store_needs_no_local_copy() -> None:
    world = Simulation.load("two-sites")
    world.crash(P2)
    deployment = read(world)
    assert not deployment.from_local_store
    assert isinstance(pool_of(deployment, P2).backup_modules, Unread)
    assert isinstance(deployment.central_management.replicas, tuple)


def test_a_returned_site_reads_as_before() -> None:
    world = Simulation.load("two-sites")
    before = read(world)
    world.crash(P1)
    world.recover(P1)
    ModelClock(world).sleep(attrs.evolve(before).read_at - before.read_at)
    assert [
        line
        for line in differences(before, read(world))
        if "state" in line and "database" not in line
    ] == []


@pytest.mark.parametrize("relation", RelationShape)
@pytest.mark.parametrize("enums", EnumShape)
def test_every_shape_of_the_answers_reads_the_same(
    relation: RelationShape, enums: EnumShape
) -> None:
    plain, odd = Simulation.load("two-sites"), Simulation.load("two-sites")
    switches = odd.switches
    switches.backup_relation, switches.enums = relation, enums
    switches.property_names = NameCase.LOWER if enums is EnumShape.NUMBERS else NameCase.UPPER
    switches.status_on_secondary = switches.overall_backup_status = True
    switches.heartbeats = False
    found = differences(read(plain), read(odd))
    # What Lync's own numbers mean is not established: a number is told as it is, never taken for a
    # state.
    told_as_they_are = (
        ", export: ",
        ", import: ",
        ", state: ",
        ", state on primary: ",
        ", state on mirror: ",
        "gaps: ",
    )
    assert [
        line
        for line in found
        if enums is not EnumShape.NUMBERS or not any(word in line for word in told_as_they_are)
    ] == []


def test_a_master_named_by_its_pool_is_the_same_master() -> None:
    world = Simulation.load("two-sites")
    world.switches.master_is_pool = True
    deployment = read(world)
    assert deployment.central_management.active_master == P1
    assert not [
        result.check_id
        for result in checks_for_failover(deployment, P1, Mode.PLANNED)
        if result.refuses
    ]


def test_without_a_pool_state_a_user_is_asked_about() -> None:
    world = Simulation.load("two-sites")
    world.switches.pool_state_present = False
    assert pool_of(read(world), P1).state is PoolState.ACTIVE


def test_an_empty_replication_status_stays_empty() -> None:
    world = Simulation.load("two-sites")
    world.faults.no_replication_status = True
    assert read(world).central_management.replicas == ()


def test_refused_cmdlets_become_unread_in_the_servers_words() -> None:
    world = Simulation.load("two-sites")
    world.faults.denied = frozenset({"Get-CsBackupServiceStatus", "Get-CsWindowsService"})
    deployment = read(world)
    whats = {unread.what for unread in deployment.unread}
    assert {f"the Backup Service status of {P1}", "the services of fe4.contoso.com"} <= whats
    assert all("Access is denied" in unread.reason for unread in deployment.unread)


def test_edge_servers_without_an_endpoint_are_unread() -> None:
    world = Simulation.load("two-sites")
    sessions = ModelSessions(world, edge_endpoints=False)
    deployment = read_deployment(sessions, name="contoso", clock=ModelClock(world))
    machines = pool_of(deployment, Fqdn("edge1.contoso.com")).machines
    assert all(isinstance(machine.services, Unread) for machine in machines)


def test_a_scope_asks_no_more_than_it_names() -> None:
    world = Simulation.load("three-pairs")
    sessions = ModelSessions(world)
    pool = world.scenario.pools[0].fqdn
    scope = Scope.of(Facet.POOL_STATE, pools=[pool])
    deployment = read_deployment(
        sessions, name="x", clock=ModelClock(world), version=LyncVersion.V2013, scope=scope
    )
    assert len(sessions.requests) == 6
    assert pool_of(deployment, pool).state is PoolState.ACTIVE
    others = [p for p in deployment.front_end_pools if p.fqdn != pool]
    assert others
    assert all(isinstance(p.state, Unread) and not p.state.asked for p in others)
    assert deployment.unread == ()
    assert isinstance(deployment.central_management.active_master, Unread)


def test_users_are_counted_only_when_asked_for() -> None:
    world = Simulation.load("two-sites")
    sessions = ModelSessions(world)
    plain = read_deployment(sessions, name="x", clock=ModelClock(world))
    assert isinstance(pool_of(plain, P1).users, Unread)
    assert not any(isinstance(request, GetCsUser) for request in sessions.requests)
    counted = read(world, Scope.of(Facet.USERS, pools=[P1]))
    users = pool_of(counted, P1).users
    assert isinstance(users, int)
    assert users >= 1


def test_the_requests_grow_no_faster_than_the_pools() -> None:
    counts: list[int] = []
    for scenario in ("two-sites", "three-pairs"):
        world = Simulation.load(scenario)
        sessions = ModelSessions(world)
        deployment = read_deployment(sessions, name="x", clock=ModelClock(world))
        pools = len(deployment.front_end_pools)
        machines = sum(isinstance(request, GetCsWindowsService) for request in sessions.requests)
        counts.append((len(sessions.requests) - machines - 9) // pools)
        assert not any(isinstance(request, GetCsTopology) for request in sessions.requests)
    assert max(counts) <= 4


@pytest.mark.parametrize("gone", [(), ("sql2",), ("sql2", "sql2m")])
def test_whether_the_back_end_of_a_pool_lives(gone: tuple[str, ...]) -> None:
    """Its Front Ends run on without it for a while.

    The other pool's Backup Service fails too, and its Back End lives.
    """
    world = Simulation.load("two-sites")
    for server in gone:
        world.crash(f"{server}.contoso.com")
    found = read(world)
    assert pool_of(found, P2).back_end_online is (not gone)
    assert pool_of(found, P1).back_end_online is True
    assert pool_of(found, P2).machines_up
    dead, alive = (
        {mode: answer_of("mode-fits", found, pool, mode) for mode in Mode} for pool in (P2, P1)
    )
    assert alive == {Mode.PLANNED: Verdict.PASSED, Mode.DISASTER: Verdict.FAILED}
    disaster = Verdict.PASSED if len(gone) == 2 else Verdict.WARNING  # its mirror comes first
    assert dead == ({Mode.PLANNED: Verdict.FAILED, Mode.DISASTER: disaster} if gone else alive)
    assert answer_of("partner-healthy", found, P1, Mode.PLANNED) is (
        Verdict.FAILED if gone else Verdict.PASSED
    )


def answer_of(check_id: str, deployment: Deployment, pool: Fqdn, mode: Mode) -> Verdict:
    return next(
        check.verdict
        for check in checks_for_failover(deployment, pool, mode)
        if check.check_id == check_id
    )


def test_where_the_store_went_with_the_back_end_it_cannot_be_asked_for() -> None:
    """Its own Back End holds the store, and both witnesses need the store: that this is unavailable
    speaks for itself.
    """
    world = Simulation.load("two-sites")
    for server in ("sql1", "sql1m"):
        world.crash(f"{server}.contoso.com")
    found = read(world)
    assert isinstance(pool_of(found, P1).back_end_online, Unread)
    assert answer_of("mode-fits", found, P1, Mode.DISASTER) is Verdict.WARNING
    assert answer_of("mode-fits", found, P1, Mode.PLANNED) is Verdict.FAILED
    assert answer_of("partner-healthy", found, P1, Mode.DISASTER) is Verdict.UNKNOWN


def test_the_database_of_a_standard_edition_server_is_not_asked_for_from_elsewhere() -> None:
    world = Simulation.load("standard-pair")
    sessions = ModelSessions(world)
    deployment = read_deployment(sessions, name="x", clock=ModelClock(world))
    assert not any(isinstance(request, GetCsUserDatabaseState) for request in sessions.requests)
    assert {pool.back_end_online for pool in deployment.front_end_pools} == {None}


def test_a_given_version_is_not_asked_for() -> None:
    world = Simulation.load("two-sites")
    sessions = ModelSessions(world)
    deployment = read_deployment(
        sessions, name="x", clock=ModelClock(world), version=LyncVersion.V2015
    )
    assert deployment.version is LyncVersion.V2015
    assert "Get-CsServerVersion" not in {request.NAME for request in sessions.requests}
