"""Readiness from fresh readings on the model, with what the journal knows."""

from __future__ import annotations

from datetime import timedelta

from lyncops.checks.result import Verdict
from lyncops.procedures.readiness import PoolReadiness
from lyncops.runs.looking_ahead import look_ahead
from lyncops.runs.saved_exports import saved_exports
from lyncops.values import Fqdn, Mode
from tests.journals import scratch_journal
from tests.procedures.model import Site

P1, P2 = Fqdn("pool1.contoso.com"), Fqdn("pool2.contoso.com")


def looked(site: Site, *, verify: bool = False, count_users: bool = False) -> dict[str, Verdict]:
    found = look_ahead(
        [P1], read=site.read, journal=scratch_journal, verify=verify, count_users=count_users
    )
    (pool,) = found.pools
    assert isinstance(pool, PoolReadiness)
    return {check.check_id: check.verdict for check in pool.care}


def test_every_machine_of_the_pair_is_asked_for_its_certificates() -> None:
    site = Site.of("sfb2019")
    assert looked(site)["certificates"] is Verdict.PASSED
    assert looked(site)["updates"] is Verdict.PASSED
    machine = next(iter(site.world.machine_states.values()))
    machine.certificate_until = site.world.now() + timedelta(days=3)
    machine.patch = "7.0.2046.530"
    assert looked(site)["certificates"] is Verdict.WARNING
    assert looked(site)["updates"] is Verdict.WARNING


def test_service_and_capacity_are_asked_for_where_that_is_wanted() -> None:
    site = Site.of("two-sites")
    assert not {"service", "capacity"} & set(looked(site))
    both = looked(site, verify=True, count_users=True)
    assert (both["service"], both["capacity"]) == (Verdict.PASSED, Verdict.PASSED)
    assert both["updates"] is Verdict.UNKNOWN, "Lync Server 2013 tells no server's updates"


def test_the_exports_of_runs_are_known_with_the_server_that_has_them() -> None:
    site = Site.of("two-sites")
    site.run(site.plan("management-store-failover", P1, Mode.PLANNED))
    found = saved_exports(site.journal, "contoso")
    assert {saved.kind for saved in found} == {"the configuration", "locations (LIS)"}
    assert all(saved.file for saved in found)
    assert saved_exports(site.journal, "another") == ()
