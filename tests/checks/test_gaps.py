"""What the servers' answers left open weakens every check that rests on it, in the mode where it
must, and no other.
"""

from __future__ import annotations

import attrs
import pytest

from lyncops.checks.catalogue import CHECKS
from lyncops.checks.check import Check, Weight, passed, weakened
from lyncops.checks.context import CheckContext, Direction
from lyncops.checks.result import CheckResult
from lyncops.deployment.gaps import Gap, Need, Part
from lyncops.deployment.model import Deployment
from lyncops.values import Mode
from tests.checks.asking import DISASTER, FAILED, PASSED, PLANNED, UNKNOWN, WARNING
from tests.deployments import P1, P2, two_sites

SAID = "is 4443"


def open_at(need: Need) -> Gap:
    """A gap that meets it."""
    return Gap(
        part=need.part,
        what="Something",
        reason=SAID,
        pool=next(iter(need.pools), None),
        item=next(iter(need.items), ""),
    )


def answered(check: Check[CheckContext], deployment: Deployment, mode: Mode) -> CheckResult:
    return check(CheckContext(deployment, P1, mode, Direction.FAILOVER))


@pytest.mark.parametrize("mode", [PLANNED, DISASTER])
@pytest.mark.parametrize("check", list(CHECKS.values()), ids=lambda check: check.check_id)
def test_a_check_is_unknown_where_what_it_needs_was_left_open(
    check: Check[CheckContext], mode: Mode
) -> None:
    whole = two_sites()
    before = answered(check, whole, mode)
    for need in check.needs(CheckContext(whole, P1, mode)):
        found = answered(check, attrs.evolve(whole, gaps=(open_at(need),)), mode)
        assert SAID in found.evidence or before.verdict is UNKNOWN
        if before.verdict in (PASSED, WARNING):
            blocks = {Weight.ALWAYS: True, Weight.PLANNED: mode is PLANNED, Weight.NEVER: False}[
                check.weight
            ]
            assert (found.verdict, found.blocking) == (UNKNOWN, blocks)
        else:
            assert found.verdict is before.verdict


def test_a_gap_elsewhere_weakens_nothing() -> None:
    need = Need(Part.MIRRORS, (P1,), ("rtcxds",))
    gap = open_at(need)
    assert need.meets(gap)
    assert need.meets(attrs.evolve(gap, pool=None))
    assert need.meets(attrs.evolve(gap, item=""))
    assert need.meets(attrs.evolve(gap, item="RTCXDS"))
    assert not need.meets(attrs.evolve(gap, pool=P2))
    assert not need.meets(attrs.evolve(gap, item="xds"))
    assert not need.meets(attrs.evolve(gap, part=Part.STORE))
    assert Need(Part.MIRRORS).meets(gap)
    whole = attrs.evolve(two_sites(), gaps=(gap,))
    assert whole.open_questions(need) == (gap,)
    assert whole.open_questions(need, Need(Part.MIRRORS)) == (gap,), "each once"
    assert whole.open_questions(Need(Part.STORE)) == ()


def test_without_gaps_a_finding_stays_what_it_is() -> None:
    finding = passed("All is well.")
    assert weakened(finding, (), blocking=True) is finding
    assert weakened(finding, (open_at(Need(Part.STORE)),), blocking=True).verdict is UNKNOWN
    broken = attrs.evolve(finding, verdict=FAILED)
    assert weakened(broken, (open_at(Need(Part.STORE)),), blocking=True).verdict is FAILED
