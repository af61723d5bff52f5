from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from lyncops.checks.result import Verdict
from lyncops.cmdlets import BackupModule
from lyncops.deployment.model import BackupServiceSettings, Deployment
from lyncops.errors import InvalidValueError
from lyncops.plan.codec import plan_from_json, plan_to_json
from lyncops.plan.conditions import (
    AuthorizedGroupsAre,
    BackupModuleIs,
    BackupServiceSteady,
    StoreHasSingleMaster,
    SyncIntervalIs,
)
from lyncops.plan.model import Plan
from lyncops.plan.procedures import BackupServiceSet
from lyncops.procedures import make_plan
from lyncops.runs.model import RunState, StepState
from lyncops.values import Fqdn, LyncVersion, Unread
from tests.deployments import P1, P2, STEADY, two_sites, with_dead
from tests.procedures.asking import ask, ids, powershell, refused_by, step
from tests.procedures.model import Site

SET, SYNC = "backup-service-set", "backup-service-sync"
ADMINS = "RTCUniversalServerAdmins"
OLD = BackupServiceSettings(
    sync_interval=timedelta(minutes=2), authorized_universal_groups=(ADMINS, "Helpers")
)


def configured(settings: BackupServiceSettings | Unread = OLD) -> Deployment:
    return attrs.evolve(two_sites(), backup_service=settings)


def verdict(plan: Plan, check_id: str) -> Verdict:
    return next(check.verdict for check in plan.checks if check.check_id == check_id)


# Setting


def test_the_interval_is_set_read_back_and_can_be_put_back() -> None:
    plan = ask(SET, configured(), P1, sync_interval=timedelta(minutes=10))
    (only,) = ids(plan)
    assert (
        powershell(plan, only)
        == "Set-CsBackupServiceConfiguration -Confirm:$false -SyncInterval '00:10:00'"
    )
    assert step(plan, only).before == (StoreHasSingleMaster(), SyncIntervalIs(timedelta(minutes=2)))
    assert step(plan, only).after == plan.goal == (SyncIntervalIs(timedelta(minutes=10)),)
    assert (
        step(plan, only).undo
        == "Set-CsBackupServiceConfiguration -Confirm:$false -SyncInterval '00:02:00'"
    )
    assert not plan.is_refused


@pytest.mark.parametrize(
    ("interval", "expected", "words"),
    [
        (timedelta(seconds=30), Verdict.PASSED, "30 seconds"),
        (timedelta(minutes=2), Verdict.PASSED, "no more"),
        (timedelta(seconds=150), Verdict.WARNING, "150 seconds are lost with it instead of 2"),
        (timedelta(minutes=30), Verdict.WARNING, "more than the documented target of 5 minutes"),
    ],
)
def test_a_longer_interval_is_warned_of_with_what_it_costs(
    interval: timedelta, expected: Verdict, words: str
) -> None:
    plan = ask(SET, configured(), P1, sync_interval=interval)
    cost = next(check for check in plan.checks if check.check_id == "sync-interval-cost")
    assert cost.verdict is expected
    assert words in cost.evidence
    assert not plan.is_refused


@pytest.mark.parametrize(
    "interval",
    [timedelta(seconds=4), timedelta(hours=3, seconds=1), timedelta(0), timedelta(seconds=-5)],
)
def test_an_interval_outside_of_the_documented_range_is_no_request(interval: timedelta) -> None:
    with pytest.raises(InvalidValueError, match="00:00:05 to 03:00:00"):
        BackupServiceSet(sync_interval=interval)


def test_nothing_to_set_is_no_request() -> None:
    with pytest.raises(InvalidValueError, match="--sync-interval"):
        ask(SET, configured(), P1)


def test_groups_are_replaced_and_those_who_lose_their_right_are_named() -> None:
    plan = ask(SET, configured(), P1, authorized_groups=(ADMINS.lower(), "Others"))
    assert step(plan, SET).after == (AuthorizedGroupsAre((ADMINS.lower(), "Others")),)
    assert step(plan, SET).before[-1] == AuthorizedGroupsAre((ADMINS, "Helpers"))
    assert f"-AuthorizedUniversalGroups '{ADMINS}','Helpers'" in step(plan, SET).undo
    loses = next(check for check in plan.checks if check.check_id == "authorized-groups")
    assert loses.verdict is Verdict.WARNING
    assert loses.evidence.startswith("Helpers can no longer")
    assert (
        verdict(
            ask(SET, configured(), P1, authorized_groups=(ADMINS, "contoso\\Helpers")),
            "authorized-groups",
        )
        is Verdict.PASSED
    )


def test_a_list_without_the_server_administrators_is_refused_but_can_be_insisted_on() -> None:
    plan = ask(SET, configured(), P1, authorized_groups=("Others",))
    assert refused_by(plan) == {"authorized-groups"}
    insisted = ask(
        SET,
        configured(),
        P1,
        authorized_groups=("Others",),
        overrides={"authorized-groups": "they are in Others"},
    )
    assert not insisted.is_refused


def test_old_values_that_cannot_be_read_refuse_since_nothing_would_undo_it() -> None:
    plan = ask(
        SET,
        configured(Unread("the configuration", "no answer")),
        P1,
        sync_interval=timedelta(minutes=1),
    )
    assert refused_by(plan) == {"settings-readable"}
    assert step(plan, SET).undo == ""
    assert step(plan, SET).before == (StoreHasSingleMaster(),)


def test_without_a_store_nothing_can_be_set() -> None:
    assert "store-works" in refused_by(
        ask(SET, with_dead(configured(), P1), P2, sync_interval=timedelta(minutes=1))
    )


def test_a_role_without_the_cmdlet_is_refused() -> None:
    weak = attrs.evolve(configured(), rights=("Get-Command",))
    assert "rights" in refused_by(ask(SET, weak, P1, sync_interval=timedelta(minutes=1)))
    assert "rights" in refused_by(ask(SYNC, weak, P1))


def test_on_the_model_it_is_set_and_put_back() -> None:
    site = Site.of("two-sites")
    plan = site.plan(
        SET,
        P1,
        sync_interval=timedelta(minutes=30),
        authorized_groups=(ADMINS, "CsBackupOperators"),
    )
    run = site.run(plan)
    assert run.state is RunState.COMPLETED
    settings = site.read().backup_service
    assert not isinstance(settings, Unread)
    assert settings.sync_interval == timedelta(minutes=30)
    assert set(settings.authorized_universal_groups) == {ADMINS, "CsBackupOperators"}
    again = site.run(site.plan(SET, P1, sync_interval=timedelta(minutes=30)))
    assert [record.state for record in again.steps] == [StepState.ALREADY_TRUE]
    site.run(site.plan(SET, P1, sync_interval=timedelta(minutes=2), authorized_groups=(ADMINS,)))
    assert site.world.executions["Set-CsBackupServiceConfiguration"] == 2


def test_what_somebody_else_has_set_meanwhile_is_not_overwritten() -> None:
    site = Site.of("two-sites")
    plan = site.plan(SET, P1, sync_interval=timedelta(minutes=30))
    site.run(site.plan(SET, P1, sync_interval=timedelta(minutes=5)))
    run = site.run(plan)
    assert run.state is RunState.PAUSED_BY_FAILED_STEP
    assert "nothing was sent" in run.why
    assert site.world.executions["Set-CsBackupServiceConfiguration"] == 1


# Forcing a copy


def test_every_module_is_copied_by_one_call_and_waited_for() -> None:
    plan = ask(SYNC, two_sites(), P1)
    assert ids(plan) == ["sync", "steady"]
    assert powershell(plan, "sync") == "Invoke-CsBackupServiceSync -PoolFqdn 'pool1.contoso.com'"
    assert plan.goal == (BackupServiceSteady(P1),)


def test_single_modules_have_a_step_each_by_the_names_of_the_reference() -> None:
    modules = (BackupModule.PRESENCE_FOCUS, BackupModule.CMS_MASTER, BackupModule.PRESENCE_FOCUS)
    plan = ask(SYNC, two_sites(active_store=P1), P1, modules=modules)
    assert ids(plan) == ["sync-userservices.presencefocus", "sync-centralmgmt.cmsmaster", "steady"]
    assert "-BackupModule 'UserServices.PresenceFocus'" in powershell(plan, ids(plan)[0])
    assert plan.goal == (
        BackupModuleIs(P1, "UserServices.PresenceFocus"),
        BackupModuleIs(P1, "CentralMgmt.CMSMaster"),
    )
    assert not plan.is_refused


def test_the_store_is_copied_by_the_pool_that_has_it() -> None:
    plan = ask(SYNC, two_sites(active_store=P1), P2, modules=(BackupModule.CMS_MASTER,))
    assert refused_by(plan) == {"modules-fit"}
    assert "backup-service sync pool1.contoso.com" in plan.refusals[0].remedy


@pytest.mark.parametrize("version", [LyncVersion.V2013, LyncVersion.V2015, LyncVersion.V2019])
def test_response_groups_are_copied_in_2019_only(version: LyncVersion) -> None:
    pools = two_sites().pools
    changed = (
        ()
        if isinstance(pools, Unread)
        else tuple(attrs.evolve(pool, version=version) for pool in pools)
    )
    plan = ask(
        SYNC, attrs.evolve(two_sites(), pools=changed), P1, modules=(BackupModule.RGS_DATA_STORE,)
    )
    assert "modules-fit" in refused_by(plan)
    assert ("in 2019 only" in plan.refusals[0].evidence) is (version is not LyncVersion.V2019)


@pytest.mark.parametrize(
    ("switched_on", "reported", "words"),
    [
        (False, False, "EnableRgsBackupService is off"),
        (True, False, "does not report"),
        (None, True, ""),
        (True, True, ""),
    ],
)
def test_in_2019_they_are_copied_where_that_is_switched_on(
    *, switched_on: bool | None, reported: bool, words: str
) -> None:
    module = BackupModule.RGS_DATA_STORE
    told = (attrs.evolve(STEADY[0], name=module.value),) if reported else ()
    pools = tuple(
        attrs.evolve(p, version=LyncVersion.V2019, backup_modules=(*STEADY, *told))
        for p in two_sites().front_end_pools
    )
    settings = attrs.evolve(OLD, response_groups_copied=switched_on)
    plan = ask(
        SYNC, attrs.evolve(two_sites(), pools=pools, backup_service=settings), P1, modules=(module,)
    )
    assert refused_by(plan) == ({"modules-fit"} if words else set())
    assert words in "".join(check.evidence for check in plan.refusals)


def test_a_version_that_is_not_known_is_no_2019() -> None:
    pools = two_sites().pools
    unknown = Unread("the version", "no answer")
    changed = (
        ()
        if isinstance(pools, Unread)
        else tuple(attrs.evolve(pool, version=unknown) for pool in pools)
    )
    plan = ask(
        SYNC, attrs.evolve(two_sites(), pools=changed), P1, modules=(BackupModule.RGS_FILE_STORE,)
    )
    assert "modules-fit" in refused_by(plan)


def test_a_dead_pair_and_no_pair_are_refused() -> None:
    assert "partner-healthy" in refused_by(ask(SYNC, with_dead(two_sites(), P2), P1))
    assert refused_by(ask(SYNC, two_sites(), Fqdn("nowhere.contoso.com"))) == {"pool-exists"}


def test_on_the_model_a_copy_is_forced() -> None:
    site = Site.of("two-sites")
    run = site.run(site.plan(SYNC, P1, modules=(BackupModule.DATA_CONF, BackupModule.CMS_MASTER)))
    assert run.state is RunState.COMPLETED
    assert site.world.executions == {"Invoke-CsBackupServiceSync": 2}


def test_what_was_asked_for_is_kept_in_the_plan() -> None:
    for plan in (
        ask(
            SET, configured(), P1, sync_interval=timedelta(seconds=90), authorized_groups=(ADMINS,)
        ),
        ask(SYNC, two_sites(), P1, modules=(BackupModule.DATA_CONF,)),
    ):
        request = plan_from_json(plan_to_json(plan)).procedure
        assert request == plan.procedure
        deployment = configured() if request.NAME == SET else two_sites()
        assert make_plan(request, deployment).content_id == plan.content_id
