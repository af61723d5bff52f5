"""What checks say: whole sentences, and an override is named only where one is possible."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyncops.checks.words import sentence
from lyncops.deployment.model import Deployment
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.plan.procedures import PROCEDURES
from lyncops.procedures import make_plan
from lyncops.values import Unread
from tests.deployments import P1, P2, changed, deployments, silent, two_sites, with_dead
from tests.procedures.asking import DISASTER, ask
from tests.procedures.requests import requests

NOBODY: Final = Witness(Vantage.HERE, Says.SILENT, "no answer at port 443")


def begins_well(text: str) -> bool:
    """With a capital, a number, or the name of a server."""
    first = text.split(maxsplit=1)[0].rstrip(",:;.")
    return not first.isalpha() or first[0].isupper()


@st.composite
def with_gaps(draw: st.DrawFn) -> Deployment:
    """Any deployment, some of it silent without a witness, and some states denied."""
    deployment = draw(deployments(pairs=1))
    for pool in deployment.pools if not isinstance(deployment.pools, Unread) else ():
        match draw(st.sampled_from(["as it is", "silent", "denied"])):
            case "silent":
                machines = tuple(silent(m.fqdn, NOBODY) for m in pool.machines)
                deployment = changed(deployment, pool.fqdn, machines=machines)
            case "denied":
                denied = Unread("the state", "Access is denied.")
                deployment = changed(deployment, pool.fqdn, state=denied)
            case _:
                pass
    return deployment


@pytest.mark.parametrize("name", sorted(PROCEDURES))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(deployment=with_gaps(), data=st.data())
def test_what_is_said_is_a_sentence_and_advises_no_override_that_is_not_possible(
    name: str, deployment: Deployment, data: st.DataObject
) -> None:
    for check in make_plan(data.draw(requests(name)), deployment).checks:
        for text in (check.evidence, check.remedy):
            assert not text or begins_well(text), check
            assert not text or text.endswith((".", "?", "!")), check
        if "override" in check.remedy.casefold():
            assert check.refuses, check
            assert check.overridable, check


def test_a_state_that_cannot_be_read_and_stops_no_rescue_asks_for_no_override() -> None:
    dead = with_dead(two_sites(active_store=P2), P1)
    unread = changed(dead, P2, state=Unread("the state", "Access is denied."))
    plan = ask("pool-failover", unread, P1, DISASTER, accept_data_loss=True)
    state = next(check for check in plan.checks if check.check_id == "partner-not-failed-over")
    assert not state.refuses
    assert "Get-CsRegistrarConfiguration" in state.remedy
    assert "override" not in state.remedy


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("pool1-fe1.contoso.com, here: dead", "pool1-fe1.contoso.com, here: dead."),
        ("fe1 is silent", "fe1 is silent."),
        ("the RPC server is unavailable.", "The RPC server is unavailable."),
        ("can't be read", "Can't be read."),
        ("denied", "Denied."),
    ],
)
def test_a_server_keeps_its_name_at_the_beginning_of_a_sentence(said: str, shown: str) -> None:
    assert sentence(said) == shown
