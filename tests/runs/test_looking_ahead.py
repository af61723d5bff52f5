"""Readiness from fresh readings on the model, with what the journal knows."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from lyncops.checks.result import CheckResult, Verdict
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


def test_files_that_somebody_else_saves_are_exports_outside_of_the_pool(tmp_path: Path) -> None:
    site = Site.of("two-sites")
    now = site.clock.now().timestamp()
    kinds = ("the configuration", "locations (LIS)", "response groups")
    patterns = {kind: str(tmp_path / f"{number}-*.zip") for number, kind in enumerate(kinds)}

    def asked() -> CheckResult:
        found = look_ahead([P1], read=site.read, journal=scratch_journal, exports=patterns)
        return next(check for check in found.pools[0].care if check.check_id == "exports")

    assert asked().verdict is Verdict.UNKNOWN
    for number in range(3):
        for days in (1, 30):
            file = tmp_path / f"{number}-{days}.zip"
            file.write_bytes(b"PK")
            os.utime(file, (now - days * 86_400, now - days * 86_400))
    assert asked().verdict is Verdict.PASSED
    (tmp_path / "1-1.zip").unlink()
    old = asked()
    assert old.verdict is Verdict.WARNING
    assert "locations (LIS) (30 days old)" in old.evidence
    (tmp_path / "1-30.zip").write_bytes(b"")
    assert "export of locations (LIS) outside" in asked().evidence
