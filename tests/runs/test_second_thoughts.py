"""A saved plan that runs later, or again: it is asked about, and makes files of its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from lyncops.plan.model import CmdletStep
from lyncops.runs.model import Run, RunState
from lyncops.runs.second_thoughts import second_thoughts
from lyncops.values import Fqdn, Mode
from tests.procedures.model import Site
from tests.procedures.test_on_model import FOR_A_WHILE

FIRST: Final = Fqdn("se1.contoso.com")
HOUR: Final = timedelta(hours=1)


def files(run: Run) -> list[str]:
    cmdlets = (record.step.cmdlet for record in run.steps if isinstance(record.step, CmdletStep))
    names = (cmdlet.arguments().get("FileName") for cmdlet in cmdlets)
    return [str(name) for name in names if name]


def test_a_plan_that_ran_or_is_old_says_so_and_its_next_run_makes_new_files() -> None:
    site = Site.of("standard-pair")
    site.pass_time(FOR_A_WHILE)
    plan = site.plan("pool-failover", FIRST, Mode.PLANNED, response_groups=True)
    other = site.plan("pool-failover", FIRST, Mode.PLANNED)

    def thoughts(of: object = plan) -> tuple[str, ...]:
        assert of in (plan, other)
        asked = plan if of is plan else other
        return second_thoughts(asked, site.journal, now=site.clock.now(), plan_age=HOUR)

    assert thoughts() == ()
    run = site.run(plan)
    assert run.state is RunState.COMPLETED
    assert thoughts() == (f"This plan was executed already: run {run.run_id} is completed.",)
    assert thoughts(other) == ()
    names = files(run)
    assert len(names) == 4  # configuration, locations, response groups and their import
    assert all(run.run_id in name for name in names)
    assert names[2] == names[3]
    site.pass_time(2 * HOUR)
    executed, old = thoughts()
    assert "executed already" in executed
    assert "This plan is 2 hours old" in old
    again = site.run(plan)
    assert not set(files(again)) & set(names)


def test_a_run_that_is_not_over_is_named_with_the_way_to_go_on() -> None:
    site = Site.of("standard-pair")
    site.pass_time(FOR_A_WHILE)
    site.world.faults.midway = frozenset({"Invoke-CsPoolFailOver"})
    plan = site.plan("pool-failover", FIRST, Mode.PLANNED)
    run = site.run(plan)
    assert not run.state.is_final
    (told,) = second_thoughts(plan, site.journal, now=site.clock.now(), plan_age=HOUR)
    assert told.endswith(f"To go on with that run: lyncops resume {run.run_id}.")
