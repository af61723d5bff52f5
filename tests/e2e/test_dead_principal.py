"""The SQL Server of a principal dies and its mirror lives: by the command line, there and back
again.
"""

from __future__ import annotations

import pytest

from lyncops.values import Fqdn
from tests.e2e.conftest import Operator, assert_as_before

POOL1, EDGE1, SQL1 = "pool1.contoso.com", "edge1.contoso.com", "sql1.contoso.com"
CONSENT = "--accept-data-loss"
PLANNED = ("--mode", "planned")


@pytest.mark.slow
def test_the_mirror_serves_while_the_principal_is_dead_and_the_principal_comes_home(
    operator: Operator,
) -> None:
    first = operator.look()
    databases = operator.lab.world.pools[Fqdn(POOL1)].databases
    operator.lab.crash(SQL1)
    for question in (
        ("check", POOL1, *PLANNED),
        ("readiness", POOL1),
        ("plan", "pool-failover", POOL1, *PLANNED),
    ):
        seen = operator(*question, expect=2).out
        assert (
            f"first: lyncops run database-failover {POOL1} --database-type User {CONSENT}" in seen
        )
        assert (
            f"first: lyncops run database-failover {POOL1} --database-type CentralMgmt {CONSENT}"
            in seen
        )
    settings = operator(
        "plan", "edge-next-hop", EDGE1, "--next-hop", "pool2.contoso.com", expect=2
    ).out
    assert f"database-failover {POOL1} --database-type CentralMgmt" in settings
    assert "data-loss-accepted" in operator.run("database-failover", POOL1, expect=2).err
    assert not operator.lab.world.executions
    for kind in ("CentralMgmt", "User", "Application"):
        operator.run("database-failover", POOL1, "--database-type", kind, CONSENT)
    assert all(database.principal_on_mirror for database in databases)
    operator.lab.recover(SQL1)
    paused = operator.run("database-failover", POOL1, "--database-type", "CentralMgmt", expect=5)
    assert "ALTER DATABASE [xds] SET PARTNER RESUME" in paused.out
    operator.lab.inject("mirroring", "resume", POOL1)
    operator("resume", operator.latest_run())
    for kind in ("User", "Application"):
        operator.run("database-failover", POOL1, "--database-type", kind)
    assert not any(database.principal_on_mirror for database in databases)
    assert_as_before(first, operator.look())
    assert operator.lab.executions("Invoke-CsDatabaseFailover") == 6
