from __future__ import annotations

import attrs
import pytest

from lyncops.deployment.model import PoolKind, PoolState
from lyncops.values import Fqdn, LyncVersion, Mode, SiteName, Unread
from tests.checks.asking import DISASTER, FAILED, PASSED, PLANNED, UNKNOWN, WARNING, ask
from tests.deployments import (
    EDGE1,
    NO_ANSWER,
    P1,
    P2,
    changed,
    two_sites,
    with_dead,
    with_state,
    with_store,
)

UNREAD = Unread("it", NO_ANSWER)
EVERY_PAIR_CHECK = (
    "pool-exists",
    "pool-is-front-end",
    "pool-is-paired",
    "pair-in-different-sites",
    "versions-agree",
)


@pytest.mark.parametrize(
    "check_id",
    [*EVERY_PAIR_CHECK, "not-failed-over", "partner-not-failed-over", "version-supports"],
)
def test_a_healthy_pair_passes(check_id: str) -> None:
    result = ask(check_id, two_sites())
    assert result.verdict is PASSED
    assert not result.refuses
    assert result.sources
    assert result.question.endswith("?")


def test_an_unknown_pool_is_refused_with_the_name_that_was_meant() -> None:
    result = ask("pool-exists", two_sites(), pool=Fqdn("pol1.contoso.com"))
    assert (result.verdict, result.overridable) == (FAILED, False)
    assert P1 in result.evidence
    assert result.remedy == f"Did you mean {P1}?"


def test_a_local_copy_is_no_proof_that_no_failover_took_place() -> None:
    known, local = (
        ask("is-failed-over", two_sites()),
        ask("is-failed-over", attrs.evolve(two_sites(), from_local_store=True)),
    )
    assert known.verdict is local.verdict is FAILED
    assert "served at home" in known.evidence
    assert "may be older" in local.evidence
    command = f"lyncops run pool-failback {P1} --mode disaster --accept-data-loss --store-is-older"
    assert command in local.remedy
    assert not local.overridable
    other = with_state(attrs.evolve(two_sites(), from_local_store=True), P2, PoolState.FAILED_OVER)
    assert f"{P2} is failed over: name that pool" in ask("is-failed-over", other).remedy


@pytest.mark.parametrize(
    ("name", "meant"),
    [("pool1", f"{P1}"), ("pool9.contoso.com", f"{P1} or {P2}"), ("pool2.contoso.co", f"{P2}")],
)
def test_a_short_name_is_understood_and_a_name_between_two_is_not_given_to_one(
    name: str, meant: str
) -> None:
    assert ask("pool-exists", two_sites(), pool=Fqdn(name)).remedy == f"Did you mean {meant}?"


def test_a_name_that_is_like_none_gets_the_list() -> None:
    result = ask("pool-exists", two_sites(), pool=Fqdn("zzz.example.org"))
    assert f"{P1} and {P2}" in result.evidence
    assert "one of these" in result.remedy


def test_a_machine_named_as_a_pool_is_told_its_pool() -> None:
    result = ask("pool-exists", two_sites(), pool=Fqdn("pool1-fe1.contoso.com"))
    assert result.refuses
    assert result.remedy == f"Name the pool: {P1}."


def test_without_a_topology_nothing_goes() -> None:
    result = ask("pool-exists", attrs.evolve(two_sites(), pools=UNREAD), DISASTER)
    assert (result.verdict, result.refuses, result.overridable) == (UNKNOWN, True, False)


def test_an_edge_pool_cannot_be_failed_over() -> None:
    result = ask("pool-is-front-end", two_sites(), pool=EDGE1)
    assert (result.verdict, result.overridable) == (FAILED, False)
    assert P1 in result.remedy


def test_an_unpaired_pool_is_refused_by_law() -> None:
    result = ask("pool-is-paired", changed(two_sites(), P1, backup_pool=None), DISASTER)
    assert (result.verdict, result.overridable) == (FAILED, False)
    assert "Topology Builder" in result.remedy


def test_a_partner_that_is_not_there_is_refused() -> None:
    result = ask("pool-is-paired", changed(two_sites(), P1, backup_pool=Fqdn("gone.contoso.com")))
    assert result.refuses
    assert "gone.contoso.com" in result.evidence


def test_a_relation_that_cannot_be_read_stands_in_the_way_even_in_a_disaster() -> None:
    result = ask("pool-is-paired", changed(two_sites(), P1, backup_pool=UNREAD), DISASTER)
    assert (result.verdict, result.refuses) == (UNKNOWN, True)


def test_an_unsupported_pair_is_a_warning() -> None:
    odd = changed(changed(two_sites(), P2, kind=PoolKind.STANDARD), P2, backup_pool=None)
    result = ask("pool-is-paired", odd)
    assert (result.verdict, result.refuses) == (WARNING, False)
    assert "one is Enterprise and the other Standard" in result.evidence
    assert "no pool as its own backup pool" in result.evidence


def test_a_pair_in_one_site_is_a_warning() -> None:
    result = ask("pair-in-different-sites", changed(two_sites(), P2, site=SiteName("site:REDMOND")))
    assert result.verdict is WARNING
    assert "both pools are lost" in result.evidence


def test_a_site_that_was_not_read_is_unknown_and_harmless() -> None:
    result = ask("pair-in-different-sites", changed(two_sites(), P2, site=UNREAD))
    assert (result.verdict, result.refuses) == (UNKNOWN, False)


def test_different_generations_refuse_a_planned_move_only() -> None:
    mixed = changed(two_sites(), P2, version=LyncVersion.V2015)
    assert ask("versions-agree", mixed).refuses
    assert ask("versions-agree", mixed, DISASTER).verdict is WARNING
    assert ask("versions-agree", changed(two_sites(), P1, version=UNREAD)).verdict is UNKNOWN


def test_different_updates_are_a_warning() -> None:
    deployment = two_sites()
    replicas = deployment.central_management.replicas
    assert not isinstance(replicas, Unread)
    patched = tuple(
        attrs.evolve(r, product_version="5.0.8308.577") if r.computer.startswith("pool2") else r
        for r in replicas
    )
    result = ask("versions-agree", with_store(deployment, replicas=patched))
    assert result.verdict is WARNING
    assert "5.0.8308.577" in result.evidence
    assert ask("versions-agree", with_store(deployment, replicas=UNREAD)).verdict is PASSED


def test_versions_that_cannot_do_it() -> None:
    old = ask("version-supports", attrs.evolve(two_sites(), version=LyncVersion.V2010))
    assert (old.verdict, old.overridable) == (FAILED, False)
    assert not ask("version-supports", attrs.evolve(two_sites(), version=UNREAD)).refuses
    assert (
        "no SQL mirroring"
        in ask("version-supports", attrs.evolve(two_sites(), version=LyncVersion.V2019)).evidence
    )


def test_a_store_of_2010_moves_by_other_cmdlets() -> None:
    copies = two_sites().central_management.copies
    assert not isinstance(copies, Unread)
    older = with_store(
        two_sites(), copies=tuple(attrs.evolve(copy, version=LyncVersion.V2010) for copy in copies)
    )
    result = ask("version-supports", older)
    assert result.refuses
    assert "Move-CsManagementServer" in result.remedy


@pytest.mark.parametrize(
    ("state", "refused", "overridable"),
    [
        (PoolState.ACTIVE, False, True),
        (PoolState.FAILED_BACK, False, True),
        (PoolState.FAILED_OVER, True, False),
        (PoolState.FAILING_OVER, True, True),
        (UNREAD, True, True),
    ],
)
def test_a_pool_is_failed_over_once(
    state: PoolState | Unread, *, refused: bool, overridable: bool
) -> None:
    result = ask("not-failed-over", changed(two_sites(), P1, state=state))
    assert (result.refuses, result.overridable) == (refused, overridable)


def test_an_unknown_state_does_not_stop_a_rescue() -> None:
    result = ask("not-failed-over", changed(two_sites(), P1, state=UNREAD), DISASTER)
    assert (result.verdict, result.refuses) == (UNKNOWN, False)


@pytest.mark.parametrize("state", [PoolState.FAILED_OVER, PoolState.FAILING_OVER])
def test_the_order_rule_names_the_failback_that_must_come_first(state: PoolState) -> None:
    away = with_state(two_sites(), P1, state)
    result = ask("partner-not-failed-over", away, PLANNED, pool=P2)
    assert (result.verdict, result.overridable) == (FAILED, False)
    assert result.first == (f"lyncops run pool-failback {P1} --mode planned",)
    assert f"lyncops run evacuate {P1} --mode planned" in result.remedy


@pytest.mark.parametrize("mode", [PLANNED, DISASTER])
def test_where_the_pool_that_serves_is_gone_the_disaster_form_must_come_first(mode: Mode) -> None:
    """Its planned form would be refused: it needs the pool that is gone."""
    away = with_dead(with_state(two_sites(), P1, PoolState.FAILED_OVER), P2)
    result = ask("partner-not-failed-over", away, mode, pool=P2)
    assert result.first == (f"lyncops run pool-failback {P1} --mode disaster --accept-data-loss",)
    assert f"lyncops run evacuate {P1} --mode disaster --accept-data-loss" in result.remedy
    home = ask("not-failed-over", away, DISASTER, pool=P1)
    assert f"pool-failback {P1} --mode disaster --accept-data-loss" in home.remedy


def test_a_partner_whose_state_is_unknown_needs_the_operators_word_but_in_a_rescue() -> None:
    unread = changed(two_sites(), P2, state=UNREAD)
    result = ask("partner-not-failed-over", unread, PLANNED)
    assert (result.verdict, result.refuses, result.overridable) == (UNKNOWN, True, True)
    assert not ask("partner-not-failed-over", unread, DISASTER).refuses


def test_only_a_pool_that_is_failed_over_can_be_failed_back() -> None:
    assert (
        ask("is-failed-over", with_state(two_sites(), P1, PoolState.FAILED_OVER), back=True).verdict
        is PASSED
    )
    assert ask(
        "is-failed-over", with_state(two_sites(), P1, PoolState.FAILING_OVER), back=True
    ).overridable
    assert (
        ask("is-failed-over", changed(two_sites(), P1, state=UNREAD), back=True).verdict is UNKNOWN
    )
    home = ask("is-failed-over", two_sites(), back=True)
    assert (home.refuses, home.overridable) == (True, False)


def test_a_failback_that_names_the_wrong_pool_of_the_pair_is_told_the_right_one() -> None:
    result = ask(
        "is-failed-over", with_state(two_sites(), P1, PoolState.FAILED_OVER), pool=P2, back=True
    )
    assert f"{P1} is failed over: name that pool" in result.remedy


@pytest.mark.parametrize(
    "check_id",
    [
        *(
            "pool-is-front-end",
            "pool-is-paired",
            "pair-in-different-sites",
            "versions-agree",
            "not-failed-over",
        ),
        *(
            "partner-not-failed-over",
            "is-failed-over",
            "mode-fits",
            "partner-healthy",
            "home-pool-healthy",
            "partner-quorum",
        ),
        *(
            "store-not-on-failed-pool",
            "standby-store-installed",
            "backup-service",
            "backup-service-running",
        ),
    ],
)
def test_checks_of_a_pair_that_is_not_there_neither_pass_nor_stand_in_the_way(
    check_id: str,
) -> None:
    result = ask(check_id, two_sites(), pool=Fqdn("nowhere.contoso.com"))
    assert (result.verdict, result.refuses) == (UNKNOWN, False)
