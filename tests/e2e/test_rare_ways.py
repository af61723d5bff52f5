"""What happens rarely, played by the command line over WinRM, there and back again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

import attrs
import pytest

import lyncops
from lyncops.cmdlets import ExportCsRgsConfiguration
from lyncops.deployment.comparison import differences
from lyncops.lab.model.state import CONFERENCE
from lyncops.lab.scenarios.reader import load_scenario
from lyncops.lab.scenarios.scenario import PoolSpec, Product, Role, Scenario, ServiceSpec
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn, OnPool, Outcome
from tests.e2e.conftest import RATE, Hire, Operator, assert_as_before, said, until
from tests.e2e.test_pools import DISASTER, PLANNED, POOL1, POOL2, bring_back, serving
from tests.lab.test_beside_the_pools import OLD, with_old_store

SE1, SE2 = "se1.contoso.com", "se2.contoso.com"
MIXED: Final = ("--override", "versions-agree", "--reason", "the pair is being upgraded")
SAVED: Final = r"C:\dr\response-groups.zip"


def come_home(operator: Operator, pool: str, *options: str) -> None:
    """The failback, and the store to where it was."""
    operator.run("pool-failback", pool, *PLANNED, *options)
    if operator.lab.world.store.point != Fqdn(pool):
        operator.run("management-store-failover", str(operator.lab.world.store.point), *PLANNED)


@pytest.mark.slow
def test_evacuating_from_a_dead_pool_that_served_both(operator: Operator) -> None:
    first = operator.look()
    operator.run("pool-failover", POOL1, *PLANNED)
    operator.lab.inject("advance", "15m")
    operator.lab.crash(POOL2)
    operator.run("evacuate", POOL1, *PLANNED, expect=2)
    operator.run("evacuate", POOL1, *DISASTER)
    assert serving(operator, POOL1) == serving(operator, POOL2) == POOL1
    bring_back(operator, POOL2)
    operator.run("pool-failback", POOL2, *PLANNED)
    assert serving(operator, POOL2) == POOL2
    until(operator, lambda: not differences(first, operator.look()))


def mixed(first: Product, second: Product) -> Scenario:
    """The pair of two sites in two versions; what the newer lacks it has not."""
    scenario = load_scenario("two-sites")
    versions: dict[str, Product] = {POOL1: first, POOL2: second}

    def of(pool: PoolSpec) -> PoolSpec:
        version = versions.get(pool.fqdn, first)
        mirror = pool.mirror_server if version.has_mirroring else None
        return attrs.evolve(pool, version=version, mirror_server=mirror)

    return attrs.evolve(scenario, version=first, pools=tuple(map(of, scenario.pools)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second"), [(Product.V2013, Product.V2015), (Product.V2015, Product.V2019)]
)
def test_a_pair_of_two_versions(hire: Hire, first: Product, second: Product) -> None:
    operator = hire(Simulation(mixed(first, second), rate=RATE))
    before = operator.look()
    refused = operator.run("pool-failover", POOL1, *PLANNED, expect=2)
    assert "versions-agree" in refused.err
    operator.lab.crash(POOL1)
    operator.run("pool-failover", POOL1, *DISASTER)
    assert serving(operator, POOL1) == POOL2
    bring_back(operator, POOL1)
    operator.run("pool-failback", POOL1, *PLANNED, expect=2)
    operator.run("pool-failback", POOL1, *PLANNED, *MIXED)
    assert serving(operator, POOL1) == POOL1
    operator.run("management-store-failover", POOL2, *PLANNED)
    assert_as_before(before, operator.look())


@pytest.mark.slow
@pytest.mark.parametrize("version", [Product.V2010, Product.V2013])
def test_a_lost_store_without_a_standby_copy_is_installed_by_people_before_the_users_move(
    hire: Hire, version: Product
) -> None:
    scenario = with_old_store()
    *pools, old = scenario.pools
    pools.append(attrs.evolve(old, version=version))
    operator = hire(Simulation(attrs.evolve(scenario, pools=tuple(pools)), rate=RATE))
    operator.lab.crash(OLD)
    operator.lab.crash(POOL1)
    asked = operator.run("pool-failover", POOL1, *DISASTER, expect=5)
    assert "Install-CsDatabase -CentralManagementDatabase" in asked.out
    run = operator.latest_run()
    told = operator("resume", run, expect=5)
    assert "Move-CsManagementServer" in told.out
    assert "nothing was sent" not in told.out
    operator("resume", run, expect=5)  # nobody has moved it yet: that is seen
    assert operator.lab.executions("Invoke-CsPoolFailOver") == 0
    operator.lab.inject("store", "move", POOL2)
    assert "Bootstrapper.exe /Setup" in operator("resume", run, expect=5).out
    operator("resume", run)
    assert serving(operator, POOL1) == POOL2
    bring_back(operator, POOL1)
    operator.run("pool-failback", POOL1, *PLANNED)
    assert serving(operator, POOL1) == POOL1
    ready = operator("readiness", expect=2).out  # the pool with the store has no standby now
    assert (OLD in ready) == (version is Product.V2013)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [PLANNED, DISASTER])
def test_where_no_pool_state_is_told_a_user_tells_it(
    operator: Operator, mode: tuple[str, ...]
) -> None:
    operator.lab.inject("switch", "pool_state_present=false")
    first = operator.look()
    if mode is DISASTER:
        operator.lab.crash(POOL1)
    operator.run("pool-failover", POOL1, *mode)
    assert serving(operator, POOL1) == POOL2
    if mode is DISASTER:
        bring_back(operator, POOL1)
    operator.run("pool-failback", POOL1, *PLANNED)
    assert serving(operator, POOL1) == POOL1
    operator.run("management-store-failover", POOL2, *PLANNED)
    assert_as_before(first, operator.look())


@pytest.mark.slow
@pytest.mark.parametrize("mode", [PLANNED, DISASTER])
def test_by_ocspowershell_alone(operator: Operator, tmp_path: Path, mode: tuple[str, ...]) -> None:
    over = attrs.evolve(operator, config=operator.lab.write_config(tmp_path / "ocs", kind="ocs"))
    first = over.look()
    if mode is DISASTER:
        over.lab.crash(POOL1)
    over.run("pool-failover", POOL1, *mode)
    assert serving(over, POOL1) == POOL2
    if mode is DISASTER:
        bring_back(over, POOL1)
    over.run("pool-failback", POOL1, *PLANNED)
    over.run("management-store-failover", POOL2, *PLANNED)
    assert_as_before(first, over.look())


def save_response_groups(operator: Operator) -> None:
    """What a careful operator does on the days before, on the other pool's servers."""
    cmdlet = ExportCsRgsConfiguration(source=f"service:ApplicationServer:{POOL1}", file_name=SAVED)
    with lyncops.connect(operator.config) as client:
        sessions = client.connection.open_sessions()
        assert sessions.run(cmdlet, place=OnPool(Fqdn(POOL2))).outcome is Outcome.SUCCEEDED


@pytest.mark.slow
def test_response_groups_that_were_saved_before_the_disaster(operator: Operator) -> None:
    save_response_groups(operator)
    first = operator.look()
    own = set(operator.lab.world.pools[Fqdn(POOL1)].response_groups)
    operator.lab.crash(POOL1)
    told = operator.run("pool-failover", POOL1, *DISASTER, "--response-groups", expect=1)
    assert "--response-groups-file" in told.err
    operator.run("pool-failover", POOL1, *DISASTER, "--response-groups-file", SAVED)
    there = operator.lab.world.pools[Fqdn(POOL2)].response_groups
    assert own <= {name for name, owner in there.items() if owner == POOL1}
    bring_back(operator, POOL1)
    operator.lab.world.pools[Fqdn(POOL1)].response_groups.clear()  # what changed since is there
    operator.run("pool-failback", POOL1, *PLANNED, "--response-groups")
    home = operator.lab.world.pools[Fqdn(POOL1)].response_groups
    assert {name for name, owner in home.items() if owner == POOL1} == own
    operator.run("management-store-failover", POOL2, *PLANNED)
    assert_as_before(first, operator.look())


@pytest.mark.slow
def test_the_conference_content_of_20000_users_comes_home_by_a_slow_backup_service(
    operator: Operator,
) -> None:
    content = operator.lab.world.pools[Fqdn(POOL1)].tracks[CONFERENCE]
    content.left_behind = timedelta(hours=60)  # it takes six hours to come home
    done = operator.run("conference-restore", POOL1)
    assert not content.left_behind
    assert "ConfServices.DataConf SteadyState" in done.out


@pytest.mark.slow
def test_a_standard_edition_pair_that_died_one_after_the_other(hire: Hire) -> None:
    operator = hire("standard-pair")
    first = operator.look()
    operator.lab.crash(SE1)
    operator.run("pool-failover", SE1, *DISASTER)
    assert serving(operator, SE1) == SE2
    operator.lab.crash(SE2)
    bring_back(operator, SE1)
    assert operator.lab.world.summary().pools[Fqdn(SE1)].served_by is None
    refused = operator.run("pool-failback", SE1, *DISASTER, expect=2)
    assert "--store-is-older" in refused.out
    operator.run("pool-failback", SE1, *DISASTER, "--store-is-older")
    assert serving(operator, SE1) == SE1
    bring_back(operator, SE2)
    assert serving(operator, SE2) == SE2
    until(operator, lambda: not differences(first, operator.look()))


@pytest.mark.slow
def test_a_site_is_left_and_comes_home_and_its_users_are_tried(operator: Operator) -> None:
    users = ("--verify-user", "alice@contoso.com", "--verify-user", "anna@contoso.com")
    moved = operator.run("site-failover", "Site1", *PLANNED, *users)
    assert f"alice@contoso.com can send a message to anna@contoso.com at {POOL2}" in moved.out
    home = operator.run("site-failback", "Site1", *PLANNED, "--verify")
    assert f"alice@contoso.com can sign in at {POOL1}" in home.out


@pytest.mark.slow
def test_what_a_lost_site_leaves_broken_is_told_from_the_topology(hire: Hire) -> None:
    names = {
        Role.GATEWAY: "gw.contoso.com",
        Role.PERSISTENT_CHAT: "chat.contoso.com",
        Role.APPLICATION: "app.contoso.com",
        Role.BRANCH: "sba.contoso.com",
    }
    services = tuple(
        ServiceSpec(fqdn=Fqdn(name), role=role, site="Site2", leads_to=Fqdn(POOL1))
        for role, name in names.items()
    )
    scenario = attrs.evolve(load_scenario("two-sites"), services=services)
    operator = hire(Simulation(scenario, rate=RATE))
    operator.lab.crash("site:Site1")
    plan = said(operator("plan", "site-failover", "Site1", *DISASTER, "--json"))
    told = str(plan)
    assert all(name in told for name in names.values()), told
    done = operator.run("site-failover", "Site1", *DISASTER)
    assert all(name in done.out for name in names.values())
