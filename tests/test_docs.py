from __future__ import annotations

import re
from pathlib import Path

import pytest
from python_page import SESSION
from reference_page import reference_page

import lyncops
from lyncops.plan.procedures import (
    PROCEDURES,
    ConferenceRestore,
    DatabaseFailover,
    EdgeAssociation,
    EdgeNextHop,
    Evacuate,
    ManagementStoreFailover,
    PoolFailback,
    PoolFailover,
    Procedure,
    SiteFailback,
    SiteFailover,
)
from lyncops.procedures import make_plan
from lyncops.remoting.proof import Proof
from lyncops.values import Mode
from tests.deployments import EDGE1, EDGE2, P1, P2, two_sites, with_dead

DOCS = Path(__file__).resolve().parent.parent / "docs"
DISASTER = Mode.DISASTER
DEAD = with_dead(two_sites(), P1)
REQUESTS: dict[str, Procedure] = {
    "pool-failover": PoolFailover(pool=P1, mode=DISASTER),
    "pool-failback": PoolFailback(pool=P1, mode=Mode.PLANNED),
    "evacuate": Evacuate(to_pool=P1, mode=Mode.PLANNED),
    "management-store-failover": ManagementStoreFailover(pool=P1, mode=Mode.PLANNED),
    "conference-restore": ConferenceRestore(pool=P1),
    "database-failover": DatabaseFailover(pool=P1),
    "edge-next-hop": EdgeNextHop(edge_pool=EDGE1, next_hop=P2),
    "edge-association": EdgeAssociation(pool=P1, edge_pool=EDGE2),
    "site-failover": SiteFailover(site="Redmond", mode=DISASTER),
    "site-failback": SiteFailback(site="Redmond", mode=Mode.PLANNED),
}


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([\w./-]+\.md)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_the_index_has_every_procedure(procedure: str) -> None:
    assert f"]({procedure}.md)" in (DOCS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("procedure", REQUESTS)
def test_a_page_names_every_check_of_its_procedure(procedure: str) -> None:
    request = REQUESTS[procedure]
    page = (DOCS / f"{procedure}.md").read_text(encoding="utf-8")
    plan = make_plan(request, DEAD if request.mode is DISASTER else two_sites())
    assert plan.checks
    assert [check.check_id for check in plan.checks if f"`{check.check_id}`" not in page] == []


@pytest.mark.parametrize("procedure", REQUESTS)
def test_a_page_shows_a_run_that_reached_its_goal(procedure: str) -> None:
    page = (DOCS / f"{procedure}.md").read_text(encoding="utf-8")
    assert "completed: The goal is reached." in page
    assert PROCEDURES[procedure].GUIDE in page


def test_the_page_on_safety_names_tests_that_exist() -> None:
    page = (DOCS / "safety.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests|scripts)/\S+?\.py)[ `]", page)
    assert len(named) > 15
    assert [name for name in named if not (DOCS.parent / name).is_file()] == []


@pytest.mark.parametrize("proof", Proof)
def test_the_page_on_safety_has_every_proof(proof: Proof) -> None:
    rows = re.findall(
        r"^\| `(\w+)` \|", (DOCS / "safety.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert proof.name.lower() in rows
    assert len(rows) == len(Proof)


def test_the_reference_of_the_python_api_has_every_public_name() -> None:
    for page in ((DOCS / "python-reference.md").read_text(encoding="utf-8"), reference_page()):
        assert [name for name in lyncops.__all__ if f"\n### {name}\n" not in page] == []


def test_what_the_page_about_python_types_ends_well() -> None:
    page = (DOCS / "python.md").read_text(encoding="utf-8")
    typed = [line for line in SESSION.splitlines() if not line.startswith("$ ")]
    assert [line for line in typed if f">>> {line}\n" not in page] == []
    assert "Traceback" not in page
    assert page.count("completed The goal is reached.") == 2
