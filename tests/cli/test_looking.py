from __future__ import annotations

import json
from collections.abc import Callable
from unittest.mock import MagicMock

import attrs
import pytest

from lyncops.checks.catalogue import checks_for_failover
from lyncops.checks.result import Verdict
from lyncops.deployment.backup_module import ExportState
from lyncops.deployment.central_management import CentralManagement
from lyncops.deployment.model import Deployment, PoolState
from lyncops.deployment.scope import Facet
from lyncops.values import Mode, Unread
from tests.cli.conftest import Answer, Invoke
from tests.cli.runs import failover
from tests.deployments import (
    P1,
    P2,
    changed,
    cms_module,
    two_sites,
    with_dead,
    with_state,
    with_store,
)

GONE = Unread("it", "the server is down")


def test_status_shows_sites_pools_store_and_edges(client: MagicMock, invoke: Invoke) -> None:
    client.status.return_value = two_sites()
    answer = invoke("status")
    assert answer.code == 0
    assert answer.err == ""
    for words in (
        "Lync Server 2013",
        "Redmond",
        P1,
        P2,
        "3 of 3",
        "steady",
        "edge1.contoso.com",
        "active master: pool1.contoso.com",
    ):
        assert words in answer.out
    assert "\x1b" not in answer.out


def test_status_says_what_could_not_be_read(client: MagicMock, invoke: Invoke) -> None:
    client.status.return_value = with_dead(two_sites(), P1)
    answer = invoke("status")
    assert "What could not be read" in answer.out
    assert "the RPC server is unavailable" in answer.out
    assert "0 of 3" in answer.out


@pytest.mark.parametrize(
    ("deployment", "words"),
    [
        (with_state(two_sites(), P1, PoolState.FAILED_OVER), "FailedOver"),
        (changed(two_sites(), P1, state=GONE, version=GONE, users=12345), "12,345"),
        (changed(two_sites(), P1, backup_modules=(), users=GONE), "not read"),
        (changed(two_sites(), P1, machines=two_sites().front_end_pools[0].machines[:1]), "1 of 1"),
        (
            attrs.evolve(two_sites(), sites=GONE, pools=GONE, edges=GONE, version=GONE),
            "unknown version",
        ),
        (
            with_store(two_sites(), active_master=None, file_transfer_agents=()),
            "active master: none",
        ),
        (
            with_store(two_sites(), active_master=GONE, copies=GONE, replicas=GONE),
            "replicas: not read",
        ),
        (attrs.evolve(two_sites(), from_local_store=True), "local store"),
    ],
)
def test_status_tells_every_state(
    client: MagicMock, invoke: Invoke, deployment: Deployment, words: str
) -> None:
    client.status.return_value = deployment
    assert words in invoke("status").out


@pytest.mark.parametrize(
    ("state", "shown"), [(ExportState.ERROR, "ErrorState/NormalState"), ("Odd", "Odd/NormalState")]
)
def test_status_names_a_module_that_is_not_steady(
    client: MagicMock, invoke: Invoke, state: ExportState | str, shown: str
) -> None:
    first = two_sites().front_end_pools[0]
    assert isinstance(first.backup_modules, tuple)
    loud = attrs.evolve(first.backup_modules[0], export=state)
    client.status.return_value = changed(two_sites(), P1, backup_modules=(loud,))
    assert f"{loud.name} {shown}" in invoke("status").out


def test_status_of_a_standby_whose_store_module_never_exported_is_steady(
    client: MagicMock, invoke: Invoke
) -> None:
    client.status.return_value = two_sites(active_store=P1)
    assert "NotInitialized" not in invoke("status").out
    client.status.return_value = with_store(
        two_sites(active_store=P1), copies=Unread("copies", "no answer"), active_master=None
    )
    assert "CentralMgmt.CMSMaster NotInitialized" in invoke("status").out
    active = changed(
        two_sites(active_store=P1), P1, backup_modules=(cms_module(ExportState.NOT_INITIALIZED),)
    )
    client.status.return_value = active
    assert "CentralMgmt.CMSMaster NotInitialized" in invoke("status").out


def test_status_names_replicas_that_are_behind(client: MagicMock, invoke: Invoke) -> None:
    store: CentralManagement = two_sites().central_management
    assert isinstance(store.replicas, tuple)
    late = attrs.evolve(store.replicas[0], up_to_date=False)
    client.status.return_value = with_store(two_sites(), replicas=(late, *store.replicas[1:]))
    assert f"7 of 8 up to date; behind: {late.computer}" in invoke("status").out


def test_status_counts_users_only_when_asked(client: MagicMock, invoke: Invoke) -> None:
    client.status.return_value = two_sites()
    invoke("status")
    assert Facet.USERS not in client.status.call_args.args[0].facets
    invoke("status", "--users")
    assert Facet.USERS in client.status.call_args.args[0].facets


@pytest.mark.parametrize("arguments", [("--json", "status"), ("status", "--json")])
def test_status_as_json_is_nothing_but_json(
    client: MagicMock, invoke: Invoke, arguments: tuple[str, ...]
) -> None:
    client.status.return_value = with_dead(two_sites(), P1)
    answer = invoke(*arguments)
    data = json.loads(answer.out)
    assert data["name"] == "contoso"
    assert {pool["fqdn"] for pool in data["pools"]} >= {P1, P2}
    assert answer.err == ""


def test_status_on_a_terminal_has_colours_and_every_name(
    client: MagicMock, at_terminal: Callable[..., Answer]
) -> None:
    client.status.return_value = two_sites()
    answer = at_terminal("status")
    assert "\x1b[" in answer.out
    assert P1 in answer.out


def test_check_of_a_healthy_pool_passes(client: MagicMock, invoke: Invoke) -> None:
    client.check.return_value = checks_for_failover(two_sites(), P1, Mode.PLANNED)
    answer = invoke("check", P1)
    client.check.assert_called_once_with(P1, mode=None)
    assert answer.code == 0
    assert "edge-next-hop" in answer.out


def test_check_asks_for_every_pool_in_the_given_mode(client: MagicMock, invoke: Invoke) -> None:
    client.check.return_value = ()
    answer = invoke("--json", "check", P1, P2, "--mode", "disaster")
    assert answer.code == 0
    assert json.loads(answer.out) == {"checks": {P1: [], P2: []}}
    assert [call.kwargs for call in client.check.call_args_list] == [{"mode": Mode.DISASTER}] * 2


def test_check_says_what_must_come_first(client: MagicMock, invoke: Invoke) -> None:
    served_elsewhere = with_state(two_sites(), P1, PoolState.FAILED_OVER)
    client.check.return_value = checks_for_failover(served_elsewhere, P2, Mode.PLANNED)
    answer = invoke("check", P2)
    assert answer.code == 2
    assert "first: lyncops run pool-failback pool1.contoso.com" in answer.out


def test_check_of_a_procedure_answers_the_checks_of_its_plan(
    client: MagicMock, invoke: Invoke
) -> None:
    client.plan.return_value = plan = failover(Mode.DISASTER)
    answer = invoke("check", "pool-failover", P1, "--mode", "disaster", "--details")
    assert answer.code == 2
    assert all(check.check_id in answer.out for check in plan.checks)


def test_without_details_checks_that_passed_are_counted_and_not_shown(
    client: MagicMock, invoke: Invoke
) -> None:
    client.plan.return_value = plan = failover(Mode.DISASTER)
    lines = invoke("check", "pool-failover", P1, "--mode", "disaster").out.splitlines()
    shown = {
        check.check_id
        for check in plan.checks
        if any(f" {check.check_id} " in line for line in lines)
    }
    assert shown == {check.check_id for check in plan.checks if check.verdict is not Verdict.PASSED}
    passed = len(plan.checks) - len(shown)
    assert lines[2] == f"Not possible now: refused by {plan.refusals[0].check_id}."
    assert lines[3].startswith(f"Of {len(plan.checks)} checks {passed} passed")


def test_an_overridden_check_is_shown_with_its_reason(client: MagicMock, invoke: Invoke) -> None:
    first, *_ = checks_for_failover(two_sites(), P1, Mode.PLANNED)
    client.check.return_value = (attrs.evolve(first, overridden_because="a drill"),)
    assert "is overridden because: a drill" in invoke("check", P1).out
