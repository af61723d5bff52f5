from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyncops.checks.synchronisation import (
    DirectionSync,
    SyncState,
    backup_service_report,
    silent_report,
    worst,
)
from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.deployment.model import Deployment
from lyncops.values import Fqdn, Unread
from tests.deployments import (
    EDGE1,
    NOW,
    P1,
    P2,
    STEADY,
    cms_module,
    deployments,
    two_sites,
    with_dead,
)

CMS = "CentralMgmt.CMSMaster"
CONTENT = "ConfServices.DataConf"


def with_modules(
    deployment: Deployment, fqdn: Fqdn, modules: tuple[BackupModule, ...] | Unread
) -> Deployment:
    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    changed = tuple(
        attrs.evolve(pool, backup_modules=modules) if pool.fqdn == fqdn else pool for pool in pools
    )
    return attrs.evolve(deployment, pools=changed)


def direction(deployment: Deployment, source: Fqdn) -> DirectionSync:
    return next(one for one in backup_service_report(deployment).directions if one.source == source)


def content(
    export: ExportState | str, import_: ImportState | str = ImportState.NORMAL
) -> BackupModule:
    return BackupModule(name=CONTENT, export=export, import_=import_)


def test_both_directions_of_a_pair_are_told_once() -> None:
    report = backup_service_report(two_sites())
    assert [(one.source, one.target) for one in report.directions] == [(P1, P2), (P2, P1)]
    assert report.state is SyncState.STEADY
    assert backup_service_report(two_sites(), [P2, P1, P2]).directions[0].source == P2
    assert len(backup_service_report(two_sites(), [P2, P1, P2]).directions) == 2


@pytest.mark.parametrize(
    ("export", "import_", "state", "loss"),
    [
        (ExportState.FINAL, ImportState.NORMAL, SyncState.STEADY, "nothing"),
        (ExportState.STEADY, ImportState.NORMAL, SyncState.STEADY, "2 minutes"),
        (ExportState.NON_STEADY, ImportState.NORMAL, SyncState.COPYING, "backlog"),
        (ExportState.NOT_INITIALIZED, ImportState.NORMAL, SyncState.COPYING, "never copied"),
        (ExportState.ERROR, ImportState.NORMAL, SyncState.ERROR, "not known"),
        ("Odd", ImportState.NORMAL, SyncState.UNKNOWN, "Odd"),
        (ExportState.STEADY, ImportState.ERROR, SyncState.ERROR, "2 minutes"),
        (ExportState.STEADY, "Odd", SyncState.UNKNOWN, "2 minutes"),
    ],
)
def test_every_pair_of_states_has_its_meaning(
    export: ExportState | str, import_: ImportState | str, state: SyncState, loss: str
) -> None:
    found = direction(with_modules(two_sites(), P1, (content(export, import_),)), P1)
    assert not isinstance(found.modules, Unread)
    (module,) = found.modules
    assert (module.state, found.state) == (state, state)
    assert loss in module.loss


def test_the_store_is_not_copied_by_the_standby_and_that_is_healthy() -> None:
    modules = (*STEADY, cms_module(ExportState.NOT_INITIALIZED))
    standby = direction(with_modules(two_sites(active_store=P1), P2, modules), P2)
    assert standby.state is SyncState.STEADY
    master = direction(with_modules(two_sites(active_store=P2), P2, modules), P2)
    assert master.state is SyncState.COPYING
    assert not isinstance(standby.modules, Unread)
    assert standby.modules[-1].loss == "Nothing: the active store is not here."


def test_silence_and_an_empty_answer_are_not_steady() -> None:
    silent = with_modules(two_sites(), P1, Unread("the status", "access is denied"))
    assert direction(silent, P1).state is SyncState.UNKNOWN
    assert backup_service_report(silent).state is SyncState.UNKNOWN
    assert direction(with_modules(two_sites(), P1, ()), P1).state is SyncState.COPYING
    assert direction(with_dead(two_sites(), P1), P1).state is SyncState.UNKNOWN


def test_what_is_no_pair_is_told_as_such() -> None:
    report = backup_service_report(two_sites(), [Fqdn("nowhere.contoso.com"), EDGE1])
    assert report.directions == ()
    assert len(report.unread) == 2
    assert report.state is SyncState.UNKNOWN
    pools = two_sites().pools
    single = (
        ()
        if isinstance(pools, Unread)
        else tuple(attrs.evolve(pool, backup_pool=None) for pool in pools)
    )
    assert backup_service_report(attrs.evolve(two_sites(), pools=single)).unpaired == (P1, P2)


def test_a_topology_that_cannot_be_read_leaves_everything_unknown() -> None:
    lost = attrs.evolve(two_sites(), pools=Unread("the topology", "no answer"))
    assert backup_service_report(lost).state is SyncState.UNKNOWN
    assert silent_report("no answer", NOW).state is SyncState.UNKNOWN


@given(st.lists(st.sampled_from(SyncState), min_size=1))
def test_the_worst_is_one_of_them_and_an_error_wins(states: list[SyncState]) -> None:
    assert worst(states) in states
    assert (worst(states) is SyncState.ERROR) == (SyncState.ERROR in states)
    assert (worst(states) is SyncState.STEADY) == (set(states) == {SyncState.STEADY})


@given(deployments())
def test_every_deployment_has_a_report(deployment: Deployment) -> None:
    report = backup_service_report(deployment)
    seen = [(one.source, one.target) for one in report.directions]
    assert len(seen) == len(set(seen))
    assert {(target, source) for source, target in seen} == set(seen)
    assert all(
        module.loss
        for one in report.directions
        if not isinstance(one.modules, Unread)
        for module in one.modules
    )
