"""Disasters on copies: the rescue, the loss, the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.drill import Drill, DrillReport, Outcome, disasters, drill, loss_of_pool, loss_of_site
from lyncops.drill.showing import report_blocks, report_data, report_from_data, report_html
from lyncops.drill.touched import touched_by
from lyncops.errors import InvalidValueError
from lyncops.lab.scenarios.generator import scenario_of_size
from lyncops.lab.simulation import Simulation
from lyncops.procedures.readiness import ReadinessVerdict
from lyncops.values import Fqdn, SiteName
from lyncops.views.blocks import plain_lines
from tests.drill.test_copying import read

WHEN = datetime(2026, 1, 2, tzinfo=UTC)
DAY = timedelta(hours=24)
P1, P2 = Fqdn("pool1.contoso.com"), Fqdn("pool2.contoso.com")


@pytest.fixture(scope="module")
def small() -> Deployment:
    return read(Simulation(scenario_of_size(2)))


@pytest.fixture(scope="module")
def played(small: Deployment) -> DrillReport:
    return drill(small, played_at=WHEN)


def test_each_pool_and_each_site_is_lost_once(played: DrillReport) -> None:
    assert [one.disaster for one in played.drills] == [
        "loss of pool pool1.contoso.com",
        "loss of pool pool2.contoso.com",
        "loss of site Site1",
        "loss of site Site2",
    ]
    assert played.outcome is Outcome.DONE
    assert all(one.is_rescued for one in played.drills)


def test_durations_and_losses_are_those_of_the_copy(played: DrillReport) -> None:
    with_store, without = played.drills[:2]
    assert timedelta(minutes=10) < without.rescue.took < with_store.rescue.took
    assert 0 < max(without.lost.values()).total_seconds() <= 120
    back = without.way_back
    assert back is not None
    assert back.outcome is Outcome.DONE


def test_after_the_way_back_all_is_as_before_but_the_store(played: DrillReport) -> None:
    with_store, without = played.drills[:2]
    assert without.unlike_before == ()
    assert with_store.unlike_before
    assert all(
        "pool" in one or "master" in one or "agents" in one for one in with_store.unlike_before
    )


def test_a_pool_without_a_backup_pool_is_refused_and_the_remedy_named() -> None:
    report = drill(
        read("everything-wrong"), [loss_of_pool(Fqdn("pool3.contoso.com"))], played_at=WHEN
    )
    (one,) = report.drills
    assert report.outcome is Outcome.REFUSED
    assert any(why.startswith("pool-is-paired: ") for why in one.rescue.in_the_way)
    assert one.way_back is None


def test_more_than_the_pool_may_be_lost(small: Deployment) -> None:
    report = drill(small, [loss_of_pool(P1, kill="site:Site1")], played_at=WHEN)
    assert report.drills[0].is_rescued
    with pytest.raises(InvalidValueError):
        drill(small, [loss_of_pool(P1, kill="site:Mars")], played_at=WHEN)


def test_of_a_large_deployment_what_a_disaster_touches_is_enough() -> None:
    large = read(Simulation(scenario_of_size(16, standard=True)))
    disaster = loss_of_site(SiteName("Site9"))
    part = touched_by(disaster, large)
    assert {pool.fqdn for pool in part.front_end_pools} == {
        Fqdn(f"pool{number}.contoso.com") for number in (1, 2, 9, 10)
    }
    (one,) = drill(large, [disaster], played_at=WHEN).drills
    assert one.is_rescued
    assert one.unlike_before == ()


@pytest.mark.slow
def test_many_are_played_side_by_side() -> None:
    deployment = read(Simulation(scenario_of_size(4, standard=True)))
    told: list[str] = []
    report = drill(deployment, played_at=WHEN, on_drill=lambda one: told.append(one.disaster))
    assert len(told) == len(disasters(deployment)) == 8
    assert [one.disaster for one in report.drills] == told
    assert report.outcome is Outcome.DONE


@pytest.mark.slow
def test_side_by_side_each_drill_has_its_own_part_of_a_large_deployment() -> None:
    deployment = read(Simulation(scenario_of_size(14)))
    chosen = disasters(deployment)[2:11]
    together = drill(deployment, chosen, played_at=WHEN)
    alone = drill(deployment, chosen[-1:], played_at=WHEN)
    assert together.drills[-1:] == alone.drills
    assert together.outcome is Outcome.DONE


def test_a_report_is_written_and_read(played: DrillReport) -> None:
    assert report_from_data(report_data(played)) == played
    for broken in (None, {}, {"format": "lyncops-drill/1"}, {"format": "lyncops-drill/9"}):
        with pytest.raises(InvalidValueError):
            report_from_data(broken)


def test_what_became_worse_is_said(played: DrillReport) -> None:
    first, *others = played.drills
    refused = attrs.evolve(first, rescue=attrs.evolve(first.rescue, outcome=Outcome.REFUSED))
    now = attrs.evolve(played, drills=(refused, *others[:-1]))
    assert worse(now, played) == [
        "loss of pool pool1.contoso.com, pool-failover: done became refused",
        "loss of site Site2: done became not played",
    ]
    assert worse(played, now) == []
    said = told(now, played)
    assert any("done became refused" in line for line in said)
    assert not any("Nothing became worse" in line for line in said)


def worse(now: DrillReport, before: DrillReport) -> list[str]:
    return [str(one) for one in now.compared_with(before).worse]


def told(now: DrillReport, before: DrillReport) -> list[str]:
    blocks = report_blocks(now, now.compared_with(before))
    return [line for block in blocks for line in plain_lines(block)]


def more_lost(one: Drill) -> Drill:
    return attrs.evolve(one, lost={"users": timedelta(hours=3)})


def by_hand(one: Drill) -> Drill:
    return attrs.evolve(one, rescue=attrs.evolve(one.rescue, by_hand=("DNS",)))


def slower(one: Drill) -> Drill:
    assert one.way_back is not None
    return attrs.evolve(one, way_back=attrs.evolve(one.way_back, took=DAY))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (more_lost, "pool1.contoso.com, what is lost: 2 min of changes became 3 h of changes"),
        (by_hand, "pool1.contoso.com, pool-failover, steps by hand: 0 became 1"),
        (slower, " became 24 h"),
    ],
)
def test_a_rescue_that_still_works_can_be_worse(
    played: DrillReport, change: Callable[[Drill], Drill], said: str
) -> None:
    first, *others = played.drills
    now = attrs.evolve(played, drills=(change(first), *others))
    (found,) = worse(now, played)
    assert found.endswith(said)
    assert worse(played, now) == []


def test_where_nothing_became_worse_the_earlier_drill_is_named(played: DrillReport) -> None:
    first, *others = played.drills
    a_little = first.rescue.took + timedelta(seconds=50)
    late = attrs.evolve(first, rescue=attrs.evolve(first.rescue, took=a_little))
    now = attrs.evolve(played, drills=(late, *others))
    (line,) = [line for line in told(now, played) if "since the drill" in line]
    assert line == f"Nothing became worse since the drill of {WHEN:%Y-%m-%d %H:%M} UTC."


def test_what_the_earlier_drill_did_not_play_is_not_called_as_good(played: DrillReport) -> None:
    earlier = attrs.evolve(played, drills=played.drills[1:])
    assert played.compared_with(earlier).not_compared == ("loss of pool pool1.contoso.com",)
    assert any(line.startswith("Not compared") for line in told(played, earlier))


def test_the_page_is_whole_and_escaped(played: DrillReport) -> None:
    named = attrs.evolve(played, deployment="<script>alert(1)</script>")
    page = report_html(named)
    assert "<script>" not in page
    assert played.snapshot[:12] in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.slow
def test_readiness_as_seen_and_signing_in_are_told() -> None:
    deployment = read("two-sites", EVERYTHING | Scope.of(Facet.TEST_USERS))
    site = loss_of_site(SiteName("Site1"))
    report = drill(deployment, [loss_of_pool(P1), loss_of_pool(P2), site], played_at=WHEN)
    with_users, without, of_site = report.drills
    (seen,) = with_users.seen
    assert seen.pool == P1
    assert seen.life != "alive"
    assert seen.verdict is ReadinessVerdict.READY_WITH_WARNINGS
    assert "backup-service" in seen.warnings
    assert with_users.way_back is not None
    assert [*with_users.rescue.verified, *with_users.way_back.verified] == [
        "Test whether users of pool1.contoso.com are served by pool2.contoso.com: they are",
        "Test whether users of pool1.contoso.com are served by pool1.contoso.com: they are",
    ]
    assert without.rescue.verified == ()
    assert of_site.rescue.verified == with_users.rescue.verified
    assert [one.pool for one in of_site.seen] == [P1]
    assert any("whether users of pool2.contoso.com can sign in" in one for one in report.missing)
    page = report_html(report)
    assert "Readiness after the loss: pool1.contoso.com" in page
    assert "served by pool2.contoso.com: they are" in page
    assert report_from_data(report_data(report)) == report


def test_readiness_says_what_refuses_the_rescue() -> None:
    report = drill(
        read("everything-wrong"), [loss_of_pool(Fqdn("pool3.contoso.com"))], played_at=WHEN
    )
    (seen,) = report.drills[0].seen
    assert seen.verdict is ReadinessVerdict.NOT_READY
    assert "pool-is-paired" in seen.in_the_way
