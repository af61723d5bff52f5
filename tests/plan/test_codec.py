from __future__ import annotations

import json
import string
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings

from lyncops.errors import PlanFormatError
from lyncops.plan.codec import plan_from_json, plan_to_data, plan_to_json
from lyncops.plan.model import Plan
from lyncops.plan.procedures import (
    BackupServiceSet,
    BackupServiceSync,
    DatabaseFailover,
    EdgeAssociation,
    EdgeFederationFailover,
    Evacuate,
    PoolFailback,
    PoolFailover,
    XmppFailover,
)
from lyncops.procedures import make_plan
from tests.deployments import EDGE1, EDGE2, P1, P2, two_sites
from tests.plan.plans import full_plan, plans

Document = dict[str, Any]


def altered(change: Callable[[Document], object]) -> str:
    document: Document = json.loads(plan_to_json(full_plan()))
    change(document)
    return json.dumps(document)


def test_a_plan_with_every_kind_of_step_and_condition_comes_back_as_it_was() -> None:
    assert plan_from_json(plan_to_json(full_plan())) == full_plan()


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(plans())
def test_every_plan_of_every_procedure_comes_back_as_it_was(plan: Plan) -> None:
    again = plan_from_json(plan_to_json(plan))
    assert again == plan
    assert again.content_id == plan.content_id


def test_the_content_id_is_the_same_whenever_the_plan_was_made() -> None:
    plan = full_plan()
    later = attrs.evolve(plan, created_at=plan.created_at + timedelta(hours=1))
    assert later.content_id == plan.content_id
    assert plan.content_id != attrs.evolve(plan, expected_loss="Much").content_id
    assert set(plan.content_id) <= set(string.hexdigits)


def test_the_text_shows_what_a_reader_wants_beside_the_plan() -> None:
    data = plan_to_data(full_plan())
    assert data["estimate_seconds"] == 180
    assert data["refused"] is False
    assert data["powershell"] == {
        "one": (
            "Invoke-CsPoolFailOver -PoolFqdn 'pool1.contoso.com' -Confirm:$false -DisasterMode"
            " -WaitTime '00:01:30'"
        ),
        "two": "Stop-CsWindowsService -Name 'RTCXMPPTGW' -Confirm:$false",
        "three": "Stop-CsWindowsService -Confirm:$false",
    }


CHANGES: list[tuple[Callable[[Document], object], str]] = [
    (lambda d: d["plan"].update(mode="planned"), "altered"),
    (
        lambda d: d["plan"]["steps"][0]["cmdlet"]["arguments"].update(PoolFqdn="pool2.contoso.com"),
        "altered",
    ),
    (lambda d: d["plan"]["checks"][0].update(overridden_because="I say so"), "altered"),
    (lambda d: d.update(content_id="0"), "altered"),
    (lambda d: d.update(powershell={}), "what it shows differs from what it would do"),
    (lambda d: d.update(refused=True), "what it shows differs from what it would do"),
    (lambda d: d["plan"].update(created_at="yesterday"), "cannot be read"),
    (lambda d: d["plan"].update(created_at="2014-06-01T03:00:00"), "time zone"),
    (lambda d: d["plan"].update(created_at=5), "cannot be read"),
    (lambda d: d["plan"].update(target=["pool1"]), "is not text"),
    (lambda d: d["plan"].update(target="not a name"), "fully qualified"),
    (lambda d: d["plan"].update(mode="gentle"), "cannot be read"),
    (lambda d: d["plan"].update(extra=1), "extra"),
    (lambda d: d["plan"]["steps"][0].update({"is": "RogueStep"}), "cannot be read"),
    (lambda d: d["plan"]["steps"][0]["after"][0].update({"is": "os.system"}), "cannot be read"),
    (lambda d: d["plan"]["steps"][0]["cmdlet"].update(cmdlet="Remove-Item"), "Remove-Item"),
    (lambda d: d["plan"]["steps"][0].update(cmdlet="Remove-Item"), "must be an object"),
    (lambda d: d["plan"]["steps"].append("x"), "cannot be read"),
    (lambda d: d["plan"].pop("steps"), "required field missing"),
    (lambda d: d.update(plan=[]), "cannot be read"),
    (lambda d: d.update(format=3), "format 3"),
    (lambda d: d["plan"].update(options={"colour": "red"}), "colour"),
    (lambda d: d["plan"].update(procedure="pool-failovr"), "no procedure"),
    (lambda d: d.update(format=1), "altered"),
    (lambda d: d.pop("plan"), "not a saved plan"),
]


@pytest.mark.parametrize(("change", "words"), CHANGES)
def test_what_is_no_plan_or_was_altered_is_refused_in_a_clear_sentence(
    change: Callable[[Document], object], words: str
) -> None:
    with pytest.raises(PlanFormatError) as caught:
        plan_from_json(altered(change))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "7", '"plan"'])
def test_text_that_holds_no_plan_is_refused(text: str) -> None:
    with pytest.raises(PlanFormatError):
        plan_from_json(text)


OLD = sorted((Path(__file__).parent / "format_1").glob("*.json"))
OPTIONS = {
    "backup-service-set": BackupServiceSet(pool=P1, sync_interval=timedelta(minutes=1)),
    "backup-service-sync": BackupServiceSync(pool=P1, modules=("ConfServices.DataConf",)),
    "database-failover": DatabaseFailover(pool=P1, principal="mirror"),
    "edge-association": EdgeAssociation(pool=P1, edge_pool=EDGE2, enable_topology=True),
    "edge-federation-failover": EdgeFederationFailover(edge_pool=EDGE1, other_edge=EDGE2),
    "evacuate": Evacuate(to_pool=P2, mode="planned"),
    "pool-failback": PoolFailback(pool=P1, mode="planned", edges=(EDGE1,)),
    "pool-failover": PoolFailover(
        pool=P1,
        mode="disaster",
        accept_data_loss=True,
        next_hop=P2,
        export=False,
    ),
    "xmpp-failover": XmppFailover(edge_pool=EDGE1, other_edge=EDGE2, domains=("contoso.com",)),
}


@pytest.mark.parametrize("file", OLD, ids=lambda file: file.stem)
def test_a_plan_that_an_older_version_saved_is_read(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    plan = plan_from_json(text)
    assert plan.procedure == OPTIONS[file.stem]
    assert plan_from_json(plan_to_json(plan)) == plan
    altered = json.loads(text)
    altered["plan"]["expected_loss"] += " or so"
    with pytest.raises(PlanFormatError, match="altered"):
        plan_from_json(json.dumps(altered))


def test_a_plan_printed_says_its_steps_or_what_refuses_it() -> None:
    plan = make_plan(PoolFailover(pool=P1, mode="planned"), two_sites())
    printed = str(plan)
    assert printed.startswith(f"pool-failover of {P1} (planned): {len(plan.steps)} steps")
    assert all(step.title in printed for step in plan.steps)
    assert f"Invoke-CsPoolFailOver -PoolFqdn '{P1}'" in printed
    refused = str(make_plan(PoolFailover(pool=P1, mode="disaster"), two_sites()))
    assert "refused" in refused
    assert "data-loss-accepted" in refused
