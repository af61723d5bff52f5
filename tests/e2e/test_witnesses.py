"""Who is dead, on the wire: over NTLM without delegation a pool that is up reads like a dead one;
other witnesses tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import lyncops
from lyncops.checks.catalogue import checks_for_failover
from lyncops.checks.result import CheckResult, Verdict
from lyncops.cli.main import main
from lyncops.deployment.model import Deployment
from lyncops.deployment.witnesses import Says, Vantage
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab, LabAuth
from lyncops.values import Fqdn, Mode

P1 = Fqdn("pool1.contoso.com")


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    with Lab.start("two-sites", credssp=True) as lab:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, lab.password)
        yield lab


def read(lab: Lab, folder: Path, auth: LabAuth = LabAuth.NTLM) -> Deployment:
    with lyncops.connect(lab.write_config(folder, auth=auth)) as client:
        return client.status()


def without_endpoints_of(config: Path, pool: str) -> Path:
    """The configuration without the endpoints of a pool's machines."""
    block = re.compile(r"\[\[endpoint\]\]\n(?:[^\[\n].*\n)*")
    kept = block.sub(
        lambda found: "" if pool in found[0] else found[0], config.read_text(encoding="utf-8")
    )
    config.write_text(kept, encoding="utf-8")
    return config


def mode_fits(deployment: Deployment, mode: Mode) -> CheckResult:
    return next(
        check
        for check in checks_for_failover(deployment, P1, mode)
        if check.check_id == "mode-fits"
    )


def heard(deployment: Deployment, vantage: Vantage) -> set[Says]:
    pool = deployment.pool(P1)
    assert pool is not None
    return {
        one.testimony
        for machine in pool.machines
        for one in machine.witnesses
        if one.vantage is vantage
    }


def test_where_nobody_may_ask_silence_proves_nothing(lab: Lab, tmp_path: Path) -> None:
    lab.inject("crash", "pool1.contoso.com")
    dead = read(lab, tmp_path)
    assert heard(dead, Vantage.SERVER) <= {Says.DENIED, Says.UNASKED, Says.SILENT}
    assert mode_fits(dead, Mode.DISASTER).verdict is Verdict.UNKNOWN, (
        "no door was tried, and no server may ask"
    )
    planned = mode_fits(dead, Mode.PLANNED)
    assert planned.verdict is Verdict.UNKNOWN
    assert "--mode disaster" not in planned.remedy


def test_what_is_seen_from_here_speaks_where_the_server_may_not_ask(
    lab: Lab, tmp_path: Path
) -> None:
    assert lab.doors.addresses()
    lab.inject("crash", "pool1.contoso.com")
    lab.doors.synchronise()
    dead = read(lab, tmp_path)
    assert heard(dead, Vantage.HERE) == {Says.DEAD}
    found = mode_fits(dead, Mode.DISASTER)
    assert found.verdict is Verdict.WARNING
    assert "CredSSP" in found.remedy


def test_both_say_dead_with_delegation(lab: Lab, tmp_path: Path) -> None:
    assert lab.doors.addresses()
    lab.inject("crash", "pool1.contoso.com")
    lab.doors.synchronise()
    dead = read(lab, tmp_path, LabAuth.CREDSSP)
    assert (heard(dead, Vantage.SERVER), heard(dead, Vantage.HERE)) == ({Says.DEAD}, {Says.DEAD})
    assert mode_fits(dead, Mode.DISASTER).verdict is Verdict.PASSED
    assert mode_fits(dead, Mode.PLANNED).verdict is Verdict.FAILED


def test_a_living_pool_of_the_other_site_is_seen_alive_from_here(lab: Lab, tmp_path: Path) -> None:
    assert lab.doors.addresses()
    config = without_endpoints_of(
        lab.write_config(tmp_path, auth=LabAuth.NTLM), "pool1.contoso.com"
    )
    with lyncops.connect(config) as client:
        living = client.status()
    assert Says.ALIVE in heard(living, Vantage.HERE)
    assert mode_fits(living, Mode.DISASTER).verdict is Verdict.FAILED
    assert mode_fits(living, Mode.PLANNED).verdict is Verdict.UNKNOWN


def test_without_a_second_hop_machines_are_asked_at_their_own_endpoints(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(("--config", str(lab.write_config(tmp_path, auth=LabAuth.NTLM)), "status")) == 7
    told = capsys.readouterr().out
    assert "The topology comes from the local store of that server" in told
    assert "the status of the Central Management store could not be read: Login failed" in told
    rows = [line for line in told.splitlines() if line.startswith(("pool1.c", "pool2.c"))]
    assert [row for row in rows if "3 of 3" in row] == rows[:2]


def test_status_takes_no_pool_for_dead_that_no_server_may_ask(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = lab.write_config(tmp_path, auth=LabAuth.NTLM)
    config = str(without_endpoints_of(written, "pool2.contoso.com"))
    assert main(("--config", config, "status")) == 7
    told = capsys.readouterr().out
    assert "Whether 3 machines of pool2.contoso.com run is not known" in told
    assert "no service" not in told
    assert "no access from outside" not in told
    (row,) = (line for line in told.splitlines() if line.startswith("pool2.contoso.com  Site2"))
    assert "0 of 3" not in row
    lab.crash("pool2.contoso.com")
    config = str(lab.write_config(tmp_path, auth=LabAuth.CREDSSP))
    assert main(("--config", config, "status")) == 2
    assert "its users have no service" in capsys.readouterr().out
