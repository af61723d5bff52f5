"""Short ways to ask one check."""

from __future__ import annotations

from lyncops.checks.catalogue import CHECKS
from lyncops.checks.context import CheckContext, Direction
from lyncops.checks.result import CheckResult, Verdict
from lyncops.deployment.model import Deployment
from lyncops.values import Fqdn, Mode
from tests.deployments import P1

PASSED, WARNING, FAILED, UNKNOWN = Verdict.PASSED, Verdict.WARNING, Verdict.FAILED, Verdict.UNKNOWN
PLANNED, DISASTER = Mode.PLANNED, Mode.DISASTER


def ask(
    check_id: str,
    deployment: Deployment,
    mode: Mode = Mode.PLANNED,
    *,
    pool: Fqdn = P1,
    back: bool = False,
) -> CheckResult:
    direction = Direction.FAILBACK if back else Direction.FAILOVER
    return CHECKS[check_id](CheckContext(deployment, pool, mode, direction))
