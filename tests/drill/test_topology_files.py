"""A topology document alone is enough for a copy; what it does not have is assumed, and said."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import lyncops
from lyncops.cmdlets import GetCsTopology
from lyncops.deployment.codec import deployment_from_json, deployment_to_json, load_snapshot
from lyncops.deployment.comparison import differences
from lyncops.deployment.model import Deployment, PoolKind
from lyncops.drill import drill
from lyncops.drill.unlike import told_copy
from lyncops.errors import InvalidValueError
from lyncops.lab.simulation import Simulation
from lyncops.testing import in_memory
from lyncops.values import Fqdn, LyncVersion
from tests.deployment.test_topology_document import (
    FEDERATED,
    STORE,
    cluster,
    service,
    service_id,
)
from tests.drill.test_copying import read

WHEN = datetime(2026, 1, 2, tzinfo=UTC)
SKYPE = Fqdn("skypefe.contoso.com")
# As small as a real one: a Standard Edition pool, an Edge server, a gateway.
LONELY = f"""<Topology xmlns="urn:schema:Microsoft.Rtc.Management.Deploy.Topology.2008">
  <Sites><CentralSite SiteId="1"><Name>TVP</Name></CentralSite></Sites>
  <Clusters>{cluster(SKYPE, 1, SKYPE)}{cluster("Edge.contoso.com", 2, "Edge.contoso.com")}
    {cluster("sbc1.contoso.com", 3, "sbc1.contoso.com")}</Clusters>
  <Services>
    {service("UserServices", 1, service_id("UserStore", 1), version="7")}
    {service("Registrar", 1, service_id("UserServices", 1), version="7")}
    {service("UserStore", 1, sql="rtc", version="7")}
    {service("MediationServer", 1, service_id("Registrar", 1), version="7")}
    {service("CentralMgmt", 1, service_id("CentralMgmtStore", 1), inside=STORE, version="7")}
    {service("CentralMgmtStore", 1, sql="rtc", version="7")}
    {service("EdgeServer", 2, service_id("Registrar", 1), inside=FEDERATED, version="7")}
    {service("PstnGateway", 3, service_id("MediationServer", 1), version="7")}
  </Services>
</Topology>"""


def document_of(scenario: str) -> str:
    with in_memory(scenario) as lab:
        return str(lab.client.ask(GetCsTopology(as_xml=True))[0])


def loaded(path: Path, text: str, encoding: str = "utf-8") -> Deployment:
    path.write_text(text, encoding=encoding)
    return load_snapshot(path)


@pytest.mark.parametrize("scenario", ["two-sites", "three-pairs", "standard-pair", "sfb2019"])
def test_the_copy_of_a_document_is_the_deployment(scenario: str, tmp_path: Path) -> None:
    snapshot = loaded(tmp_path / f"{scenario}.xml", document_of(scenario))
    copied = read(Simulation(told_copy(snapshot).scenario))
    found = differences(read(scenario), copied)
    assert [one for one in found if "display name" not in one] == []


def test_what_a_document_does_not_have_is_assumed_and_said(tmp_path: Path) -> None:
    copy = told_copy(loaded(tmp_path / "topology.xml", document_of("two-sites")))
    for words in (
        "assumed to be pairs: pool1.contoso.com and pool2.contoso.com",
        "state of pool1.contoso.com, pool2.contoso.com was not read: Active",
        "Backup Service of pool1.contoso.com, pool2.contoso.com was not read",
        "interval was not read: two minutes",
        "assumed to have mirrors",
        "run: yes is assumed",
        "Users were not counted",
    ):
        assert any(words in sentence for sentence in copy.assumed), words
    assert not any("BackupRegistrar" in sentence for sentence in copy.missing)


def test_pairs_of_a_document_are_no_finding(tmp_path: Path) -> None:
    """Only a copy assumes them: plans and checks take a backup registrar for no backup pool."""
    snapshot = loaded(tmp_path / "topology.xml", document_of("two-sites"))
    pool = snapshot.front_end_pools[0]
    assert "could not be read" in str(pool.backup_pool)
    path = tmp_path / "topology.xml"
    with lyncops.from_snapshot(path) as client:
        plan = client.plan(lyncops.PoolFailover(pool=pool.fqdn, mode="planned"))
    assert plan.is_refused


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_document_is_read_as_powershell_writes_it(encoding: str, tmp_path: Path) -> None:
    found = loaded(tmp_path / "tvp.xml", LONELY, encoding)
    assert (found.name, found.version) == ("tvp", LyncVersion.V2015)
    (pool,) = found.front_end_pools
    assert (pool.fqdn, pool.kind) == (SKYPE, PoolKind.STANDARD)
    assert deployment_from_json(deployment_to_json(found)) == found


def test_a_small_document_is_drilled(tmp_path: Path) -> None:
    snapshot = loaded(tmp_path / "tvp.xml", LONELY)
    assert [one.fqdn for one in told_copy(snapshot).scenario.services] == ["sbc1.contoso.com"]
    report = drill(snapshot, played_at=WHEN)
    assert [one.disaster for one in report.drills] == [
        "loss of pool skypefe.contoso.com",
        "loss of site TVP",
    ]
    assert not any(one.is_rescued for one in report.drills)


def test_another_document_is_no_snapshot(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="not a topology"):
        loaded(tmp_path / "other.xml", "<TopologyBuilder />")
