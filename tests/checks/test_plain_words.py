"""What checks say is so: of ignorance, of answers, of rights, of what has no replica."""

from __future__ import annotations

from itertools import chain
from typing import Final

import attrs
import pytest

from lyncops.checks.silence import silent_machines
from lyncops.checks.words import running
from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.deployment.model import BackupServiceSettings, Deployment, Machine, Pool, PoolKind
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.doctor.judging import diagnose
from lyncops.plan.conditions import BackupServiceSteady
from lyncops.procedures.readiness import readiness
from lyncops.values import Fqdn, LyncVersion, ServiceId, SiteName, Unread
from lyncops.views.blocks import plain_lines
from lyncops.views.status import status_blocks
from tests.checks.asking import DISASTER, FAILED, PASSED, PLANNED, UNKNOWN, WARNING, ask
from tests.deployments import (
    EDGE1,
    P1,
    P2,
    changed,
    machine,
    silent,
    two_sites,
    with_dead,
    with_store,
)
from tests.doctor.test_judging import examination
from tests.procedures.asking import ask as plan
from tests.procedures.asking import ids, powershell, step

GROUPS: Final = "ApplicationServer.RGSDataStore"
DEAD: Final = Witness(vantage=Vantage.SERVER, testimony=Says.DEAD, evidence="no answer to a ping")


def untold(fqdn: str) -> Machine:
    """A machine of which nobody says anything."""
    return attrs.evolve(silent(fqdn), witnesses=())


def pool_of(*machines: Machine) -> Pool:
    found = two_sites().pool(P1)
    assert found is not None
    return attrs.evolve(found, machines=machines)


@pytest.mark.parametrize(
    ("machines", "words"),
    [
        ((machine("a"), machine("b", up=False)), f"1 of 2 machines of {P1} run (b does not)"),
        ((untold("a"), untold("b")), f"Whether 2 machines of {P1} run is not known"),
        ((untold("a"),), f"Whether 1 machine of {P1} runs is not known"),
        ((silent("a", DEAD), silent("b", DEAD)), f"0 of 2 machines of {P1} run"),
        ((machine("a"), untold("b")), f"1 of 2 machines of {P1} run (not known of b)"),
    ],
)
def test_what_nobody_told_is_not_called_down(machines: tuple[Machine, ...], words: str) -> None:
    assert running(pool_of(*machines)) == words


def test_what_a_server_says_of_a_machine_is_not_called_no_answer() -> None:
    told = ask("mode-fits", changed(two_sites(), P1, machines=(silent("fe1"),))).evidence
    assert "No answer" not in told
    assert "fe1 was asked: " in told


def sql_server(fqdn: str, site: str = "Redmond") -> Pool:
    name = Fqdn(fqdn)
    services = (ServiceId("UserDatabase", name), ServiceId("FileStore", name))
    return Pool(
        fqdn=name,
        kind=PoolKind.OTHER,
        site=SiteName(site),
        version=LyncVersion.V2013,
        machines=(silent(fqdn),),
        services=services,
    )


def with_more(deployment: Deployment, *more: Pool) -> Deployment:
    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    return attrs.evolve(deployment, pools=(*pools, *more))


def test_a_sql_server_has_no_replica_that_could_follow() -> None:
    chat = attrs.evolve(
        sql_server("chat.contoso.com"),
        services=(ServiceId("PersistentChatServer", Fqdn("chat.contoso.com")),),
    )
    lost = with_dead(with_dead(two_sites(), P1), EDGE1)
    known = with_more(lost, sql_server("sql1.contoso.com"), chat)
    assert "sql1.contoso.com" not in silent_machines(known)
    assert "chat.contoso.com" in silent_machines(known)


def test_rights_are_a_remedy_where_access_is_denied_and_not_of_a_state_that_is_not_known() -> None:
    unread = Unread("the Backup Service status", "the connection was refused")
    asked = ask("backup-service", changed(two_sites(), P1, backup_modules=unread))
    assert "Where access is denied, " in asked.remedy
    odd = BackupModule(name="ConfServices.DataConf", export="Dozing", import_=ImportState.NORMAL)
    told = ask("backup-service", changed(two_sites(), P1, backup_modules=(odd,)))
    assert told.verdict is UNKNOWN
    assert "RTCUniversalServerAdmins" not in told.remedy


def with_response_groups(*, copied: bool | None) -> Deployment:
    """Of 2019, with a module of response groups that was never copied."""
    deployment = two_sites()
    assert isinstance(deployment.backup_service, BackupServiceSettings)
    settings = attrs.evolve(deployment.backup_service, response_groups_copied=copied)
    pool = deployment.pool(P1)
    assert pool is not None
    assert not isinstance(pool.backup_modules, Unread)
    idle = BackupModule(name=GROUPS, export=ExportState.NOT_INITIALIZED, import_=ImportState.NORMAL)
    return changed(
        attrs.evolve(deployment, backup_service=settings, version=LyncVersion.V2019),
        P1,
        version=LyncVersion.V2019,
        backup_modules=(*pool.backup_modules, idle),
    )


def test_response_groups_that_are_not_to_be_copied_are_no_fault() -> None:
    off, on = with_response_groups(copied=False), with_response_groups(copied=True)
    assert ask("backup-service", off).verdict is PASSED
    assert ask("backup-service", on).verdict is FAILED
    silent_settings = Unread("the Backup Service configuration", "access is denied")
    unread = attrs.evolve(off, backup_service=silent_settings)
    assert ask("backup-service", unread).verdict is UNKNOWN
    condition = BackupServiceSteady(P1)
    assert [condition.evaluate(each).holds for each in (off, on, unread)] == [True, False, None]


def test_status_and_doctor_agree_about_response_groups() -> None:
    for copied in (False, True, None):
        deployment = with_response_groups(copied=bool(copied))
        if copied is None:
            unread = Unread("the Backup Service configuration", "access is denied")
            deployment = attrs.evolve(deployment, backup_service=unread)
        shown = "\n".join(chain.from_iterable(map(plain_lines, status_blocks(deployment))))
        assert (GROUPS in shown) is (copied is not False)
        found = diagnose(examination(deployment=deployment)).results
        (told,) = (
            each for each in found if each.check_id == "backup-service" and P2 in each.evidence
        )
        assert (GROUPS in told.evidence) is (copied is not False)


def test_the_loss_and_the_notes_agree_about_response_groups() -> None:
    dead = with_dead(with_response_groups(copied=True), P1)
    loss = plan("pool-failover", dead, P1, DISASTER, accept_data_loss=True).expected_loss
    assert "Call park and location data are not copied" in loss
    other = plan("pool-failover", with_dead(two_sites(), P1), P1, DISASTER, accept_data_loss=True)
    assert "Response groups, call park and location data are not copied" in other.expected_loss


def test_the_next_hop_that_was_named_is_the_one_that_is_told() -> None:
    named = plan("pool-failover", two_sites(), P1, PLANNED, next_hop=Fqdn("pool3.contoso.com"))
    (told,) = (check for check in named.checks if check.check_id == "edge-next-hop")
    assert told.evidence.endswith("It will be moved first to pool3.contoso.com.")
    assert P2 not in told.evidence


def test_the_repair_of_a_store_that_nobody_holds_names_its_mirror() -> None:
    copies = two_sites().central_management.copies
    assert not isinstance(copies, Unread)
    nobody = with_store(two_sites(), copies=tuple(attrs.evolve(c, active=False) for c in copies))
    remedy = ask("store-single-master", nobody).remedy
    assert "-BackupMirrorSqlServerFqdn and -BackupMirrorSqlInstanceName" in remedy


def test_a_mirrored_standby_copy_is_explained_where_the_pages_contradict_each_other() -> None:
    moved = plan(
        "pool-failover",
        with_dead(two_sites(), P1),
        P1,
        DISASTER,
        accept_data_loss=True,
        store_sql_server=Fqdn("sql2.contoso.com"),
        store_mirror_sql_server=Fqdn("sql2m.contoso.com"),
    )
    assert "-BackupMirrorSqlServerFqdn" in powershell(moved, "store-failover")
    assert "also while the mirror is principal" in step(moved, "store-failover").why


def test_where_no_replica_follows_the_group_is_named() -> None:
    replicas = two_sites().central_management.replicas
    assert not isinstance(replicas, Unread)
    old = tuple(attrs.evolve(one, up_to_date=False, last_status_report=None) for one in replicas)
    nobody = ask("replicas-up-to-date", with_store(two_sites(), replicas=old))
    assert "RTCUniversalConfigReplicator" in nobody.remedy
    one = (old[0], *replicas[1:])
    some = ask("replicas-up-to-date", with_store(two_sites(), replicas=one))
    assert some.verdict in (FAILED, WARNING)
    assert "RTCUniversalConfigReplicator" not in some.remedy


def test_a_pool_of_lync_2010_is_left_alone() -> None:
    found = two_sites().pool(P1)
    assert found is not None
    old = attrs.evolve(
        found,
        fqdn=Fqdn("old.contoso.com"),
        version=LyncVersion.V2010,
        backup_pool=None,
        machines=(machine("old1.contoso.com"),),
    )
    deployment = with_more(two_sites(), old)
    told = ask("pool-is-paired", deployment, pool=old.fqdn)
    assert "Lync Server 2010, which has no pool pairs" in told.evidence
    assert "Topology Builder" not in told.remedy
    ready = readiness(deployment)
    assert old.fqdn not in {pool.pool for pool in ready.pools}
    assert old.fqdn not in {pool.pool for site in ready.sites for pool in site.pools}
    assert ids(plan("pool-failover", deployment, P1, PLANNED))
