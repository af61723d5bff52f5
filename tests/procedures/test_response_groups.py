from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from lyncops.deployment.model import BackupServiceSettings, Deployment, PoolState
from lyncops.errors import InvalidValueError
from lyncops.plan.model import CmdletStep, Plan
from lyncops.values import LyncVersion, Mode, Unread
from tests.deployments import P1, P2, two_sites, with_dead, with_state
from tests.procedures.asking import DISASTER, PLANNED, ask, ids, powershell
from tests.procedures.model import Site

GROUPS = ["response-groups-export", "response-groups-import"]
SAVED = r"\\share\groups.zip"


def away() -> Deployment:
    return with_state(two_sites(active_store=P2), P1, PoolState.FAILED_OVER)


def test_they_are_left_alone_unless_asked_for() -> None:
    plan = ask("pool-failover", two_sites(), P1, PLANNED)
    assert not set(GROUPS) & set(ids(plan))
    assert any("--response-groups" in note for note in plan.notes)


def test_a_living_pool_exports_before_it_is_failed_over_and_the_partner_imports_after() -> None:
    plan = ask("pool-failover", two_sites(), P1, PLANNED, export=False, response_groups=True)
    assert ids(plan)[0] == GROUPS[0]
    assert ids(plan)[-1] == GROUPS[1]
    assert "-Source 'service:ApplicationServer:pool1.contoso.com'" in powershell(plan, GROUPS[0])
    assert "-Owner" not in powershell(plan, GROUPS[0])
    assert "-Destination 'service:ApplicationServer:pool2.contoso.com'" in powershell(
        plan, GROUPS[1]
    )
    assert "-OverwriteOwner" not in powershell(plan, GROUPS[1])
    assert places(plan) == 1
    assert all(
        step.optional
        for step in plan.steps
        if isinstance(step, CmdletStep) and step.step_id in GROUPS
    )


def places(plan: Plan) -> int:
    """From how many places the file is written and read: it must be one, since it stays on that
    server.
    """
    return len(
        {
            step.place
            for step in plan.steps
            if isinstance(step, CmdletStep) and step.step_id in GROUPS
        }
    )


def test_a_lost_pool_needs_a_saved_export() -> None:
    dead = with_dead(two_sites(), P1)
    with pytest.raises(InvalidValueError, match="--response-groups-file"):
        ask("pool-failover", dead, P1, DISASTER, accept_data_loss=True, response_groups=True)
    plan = ask(
        "pool-failover", dead, P1, DISASTER, accept_data_loss=True, response_groups_file=SAVED
    )
    assert GROUPS[0] not in ids(plan)
    assert f"-FileName '{SAVED}'" in powershell(plan, GROUPS[1])


def test_at_home_they_are_owned_by_their_pool_again() -> None:
    plan = ask("pool-failback", away(), P1, PLANNED, response_groups=True)
    assert ids(plan)[-3:] == [*GROUPS, "conference-steady"]
    assert (
        "-Source 'service:ApplicationServer:pool2.contoso.com' -Owner"
        " 'service:ApplicationServer:pool1.contoso.com'" in (powershell(plan, GROUPS[0]))
    )
    assert "-OverwriteOwner" in powershell(plan, GROUPS[1])
    assert places(plan) == 1


def test_a_backup_pool_that_is_gone_exports_nothing() -> None:
    gone = with_dead(with_state(two_sites(), P1, PoolState.FAILED_OVER), P2)
    assert not set(GROUPS) & set(
        ids(ask("pool-failback", gone, P1, DISASTER, accept_data_loss=True, response_groups=True))
    )
    saved = ask(
        "pool-failback", gone, P1, DISASTER, accept_data_loss=True, response_groups_file=SAVED
    )
    assert ids(saved)[-1] == GROUPS[1]


def test_2019_copies_them_by_itself_where_that_is_switched_on() -> None:
    pools = two_sites().pools
    newer = (
        ()
        if isinstance(pools, Unread)
        else tuple(attrs.evolve(pool, version=LyncVersion.V2019) for pool in pools)
    )
    settings = BackupServiceSettings(
        sync_interval=timedelta(minutes=2), response_groups_copied=True
    )
    deployment = attrs.evolve(two_sites(), pools=newer, backup_service=settings)
    plan = ask("pool-failover", deployment, P1, PLANNED, response_groups=True)
    assert not set(GROUPS) & set(ids(plan))
    assert any("EnableRgsBackupService" in note for note in plan.notes)


def test_on_the_model_they_go_and_come_home() -> None:
    site = Site.of("two-sites")
    site.pass_time(timedelta(minutes=20))
    before = site.world.summary()
    run = site.run(site.plan("pool-failover", P1, Mode.PLANNED, response_groups=True))
    assert run.exceptions == ()
    carried = site.world.pools[P2].response_groups
    assert {name for name, owner in carried.items() if owner == P1} == {"Helpdesk", "Sales"}
    site.pass_time(timedelta(minutes=20))
    run = site.run(site.plan("pool-failback", P1, Mode.PLANNED, response_groups=True))
    assert run.exceptions == ()
    assert site.world.summary().pools[P1] == before.pools[P1]
