"""Every procedure there and back, by the command line, through a real PowerShell."""

from __future__ import annotations

import attrs
import pytest

from tests.engine.conftest import Site
from tests.engine.deployment import EDGE1, EDGE2, EDGE_SERVERS, FRONT_ENDS, P1, P2, Deployment
from tests.engine.world import Problem
from tests.independent.desk import Answer

pytestmark = pytest.mark.slow
PLANNED = ("--mode", "planned")
DISASTER = ("--mode", "disaster", "--accept-data-loss")
PAUSED = 5


def run(site: Site, procedure: str, target: str, *options: str, expect: int = 0) -> Answer:
    answer = site.desk("run", procedure, target, *options, "--yes")
    assert answer.code == expect, f"{answer.out}\n{answer.err}"
    return answer


def resume(site: Site, expect: int = 0) -> Answer:
    with site.desk.client() as client:
        answer = site.desk("resume", client.runs()[0].run_id)
    assert answer.code == expect, f"{answer.out}\n{answer.err}"
    return answer


def report(site: Site) -> str:
    """What the newest run is told as."""
    with site.desk.client() as client:
        return site.desk("runs", "report", client.runs()[0].run_id).out


def changes(site: Site) -> list[str]:
    """The cmdlets that changed something, in their order, and none with an error of its own."""
    return [call.cmdlet for call in site.world.calls if not call.cmdlet.startswith("Get-")]


def test_a_pool_fails_over_and_back_as_planned(site: Site) -> None:
    before = attrs.asdict(site.deployment)
    run(site, "pool-failover", P1, *PLANNED)
    assert site.deployment.states[P1] == "FailedOver"
    assert site.deployment.store == P2
    assert f"Failing over {P1}" in report(site)
    run(site, "pool-failback", P1, *PLANNED)
    run(site, "management-store-failover", P2, *PLANNED)
    run(site, "edge-next-hop", EDGE1, "--next-hop", P1)
    assert attrs.asdict(site.deployment) == before
    assert changes(site).count("Invoke-CsPoolFailOver") == 1
    assert changes(site).count("Invoke-CsPoolFailBack") == 1
    assert changes(site).count("Set-CsEdgeServer") == 2


def test_the_innermost_reason_of_a_failed_failover_is_told(site: Site) -> None:
    said = 'Cannot open database "rtcxds" requested by the login.'
    inner = Problem(said, exception="System.ComponentModel.Win32Exception", code=5)
    site.deployment.failover = lambda _call: [Problem("Outer.", inner=inner).thrown()]
    answer = run(site, "pool-failover", P1, *PLANNED, expect=3)
    assert all(line.count(said) <= 1 for line in answer.out.splitlines())
    assert answer.out.count(said) >= 1
    assert "Outer." in report(site)


def test_a_lost_pool_is_failed_over_in_a_disaster_and_back(site: Site) -> None:
    site.deployment.dead |= set(FRONT_ENDS[P1])
    run(site, "pool-failover", P1, *PLANNED, expect=2)
    run(site, "pool-failover", P1, *DISASTER)
    assert site.deployment.states[P1] == "FailedOver"
    sent = [call for call in site.world.calls if call.cmdlet == "Invoke-CsPoolFailOver"]
    assert [call.parameters["DisasterMode"] for call in sent] == [True]
    site.deployment.dead.clear()
    run(site, "pool-failback", P1, *PLANNED)
    assert site.deployment.states[P1] == "Active"


def test_a_pair_is_evacuated_and_restored(site: Site) -> None:
    run(site, "evacuate", P1, *PLANNED)
    assert site.deployment.states == {P1: "Active", P2: "FailedOver"}
    run(site, "evacuate", P2, *PLANNED)
    assert site.deployment.states == {P1: "FailedOver", P2: "Active"}
    run(site, "pool-failback", P1, *PLANNED)
    assert site.deployment.states == {P1: "Active", P2: "Active"}


def test_the_store_moves_and_comes_back(site: Site) -> None:
    run(site, "management-store-failover", P1, *PLANNED)
    assert site.deployment.store == P2
    run(site, "management-store-failover", P2, *PLANNED)
    assert site.deployment.store == P1


def test_databases_fail_over_and_back(site: Site) -> None:
    for kind in ("User", "CentralMgmt"):
        run(site, "database-failover", P1, "--database-type", kind)
        assert site.deployment.on_mirror == {(P1, kind)}
        run(site, "database-failover", P1, "--database-type", kind)
    assert site.deployment.on_mirror == set()


def test_media_take_another_edge_pool_and_back(site: Site) -> None:
    run(site, "edge-association", P1, "--edge", EDGE2)
    assert {edge for (pool, _), edge in site.deployment.media.items() if pool == P1} == {
        f"EdgeServer:{EDGE2}"
    }
    run(site, "edge-association", P1, "--edge", EDGE1)
    assert site.deployment.media == Deployment().media


def test_the_content_of_conferences_is_restored(site: Site) -> None:
    run(site, "conference-restore", P1)
    sent = [call for call in site.world.calls if call.cmdlet == "Invoke-CsBackupServiceSync"]
    assert [(call.text("PoolFqdn"), call.text("BackupModule")) for call in sent] == [
        (P2, "ConfServices.DataConf")
    ]


def test_the_backup_service_is_set_and_copies(site: Site) -> None:
    assert site.desk("backup-service", "set", "--sync-interval", "10m", "--yes").code == 0
    assert site.deployment.interval == "00:10:00"
    assert site.desk("backup-service", "set", "--sync-interval", "2m", "--yes").code == 0
    assert site.deployment.interval == "00:02:00"
    assert site.desk("backup-service", "sync", P1, "--all", "--yes").code == 0
    assert "Invoke-CsBackupServiceSync" in changes(site)


def test_federation_moves_to_the_other_edge_pool_and_back(site: Site) -> None:
    before = attrs.asdict(site.deployment)
    for leaving, taking in ((EDGE1, EDGE2), (EDGE2, EDGE1)):
        how, named = ("failover", leaving) if leaving == EDGE1 else ("failback", taking)
        assert "Topology Builder" in run(site, f"edge-federation-{how}", named, expect=PAUSED).out
        site.deployment.federated = {taking}
        resume(site, PAUSED)  # the port is closed until setup has been run there
        site.outside.open(f"sip{taking[4]}.contoso.com", 5061)
        resume(site)
        assert set(site.deployment.federation_route.values()) == {f"EdgeServer:{taking}"}
    assert attrs.asdict(site.deployment) == before


def test_xmpp_moves_to_the_other_edge_pool_and_back(site: Site) -> None:
    before = attrs.asdict(site.deployment)
    run(site, "xmpp-failover", EDGE1, "--domain", "contoso.com", expect=PAUSED)
    assert {machine for machine, _ in site.deployment.stopped} == set(EDGE_SERVERS[EDGE2])
    site.outside.hosts["xmpp.contoso.com"] = site.outside.hosts["sip2.contoso.com"]
    resume(site, PAUSED)
    site.outside.open("sip2.contoso.com", 5269)
    resume(site)
    assert set(site.deployment.xmpp_route.values()) == {f"EdgeServer:{EDGE2}"}
    site.outside.open("sip1.contoso.com", 5269)
    run(site, "xmpp-failback", EDGE1, "--domain", "contoso.com", expect=PAUSED)
    site.outside.hosts["xmpp.contoso.com"] = site.outside.hosts["sip1.contoso.com"]
    resume(site)
    assert attrs.asdict(site.deployment) == before


@pytest.mark.parametrize("site", ["flat", "deep"], indirect=True)
@pytest.mark.parametrize("status", ["BackupServiceStatus", "PlainServiceStatus"])
def test_a_planned_failover_whatever_the_modules_arrive_as(site: Site, status: str) -> None:
    """Texts that say the states, texts that are only the type's name, or whole objects."""
    site.deployment.status = status
    run(site, "pool-failover", P1, *PLANNED)
    assert site.deployment.states[P1] == "FailedOver"


@pytest.mark.parametrize("site", ["unlisted"], indirect=True)
def test_a_module_that_does_not_load_by_itself(site: Site) -> None:
    """Each runspace has to import it: what one has is not there in another."""
    answer = site.desk("--json", "status")
    assert answer.code == 7, answer.err
    assert "not recognized" not in answer.out
