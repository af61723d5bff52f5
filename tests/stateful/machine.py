"""Anything that an operator may do and that may happen to the servers, in any order, on invented
deployments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar, Unpack

import attrs
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lyncops.cmdlets import DatabaseNameType
from lyncops.deployment.model import Deployment
from lyncops.deployment.reader import read_deployment
from lyncops.deployment.scope import EVERYTHING, Scope
from lyncops.lab.model.summary import PoolSummary, Summary
from lyncops.lab.scenarios.scenario import Kind, Scenario
from lyncops.lab.simulation import Simulation
from lyncops.plan.codec import plan_from_json, plan_to_json
from lyncops.plan.conditions import all_hold
from lyncops.plan.model import Plan
from lyncops.plan.procedures import SiteFailback, SiteFailover
from lyncops.procedures import make_plan
from lyncops.runs.led_away import led_away
from lyncops.runs.model import Run, RunState
from lyncops.runs.runner import Runner
from lyncops.testing.model import ModelClock
from lyncops.values import Fqdn, Mode, SiteName
from tests.journals import scratch_journal
from tests.procedures.asking import Options, asked
from tests.procedures.scenarios import scenarios
from tests.runs.scene import DEAD, DyingJournal, Fuse, Killed
from tests.stateful.sessions import WatchedSessions

FOR_A_WHILE: Final = timedelta(minutes=20)
POLL: Final = timedelta(minutes=5)
REACHED: Final = {RunState.COMPLETED, RunState.COMPLETED_WITH_EXCEPTIONS}
ANY: Final = st.integers(0, 11)  # one of what there is, whatever it is
MOSTLY: Final = st.booleans() | st.just(value=True)
# A failover has some 60 points at which its client can die
DEATH: Final = st.none() | st.integers(1, 80)
AWAY: Final = ("pool-failover", "pool-failback", "evacuate")
SITES: Final = ("site-failover", "site-failback")


Name = TypeVar("Name", bound=str)


class Operation(RuleBasedStateMachine):
    """A deployment and its operator; what happens to both, the classes below say.

    Between a crash and the failover that answers it nobody serves the pool's users: that is what
    lyncops is there to end. So what must always hold is that no procedure leaves users with a dead
    pool, or takes them from a living one.
    """

    sound = False  # nothing is to be led home before the beginning, and after a failure

    @initialize(scenario=scenarios())
    def begin(self, scenario: Scenario) -> None:
        self.world = Simulation(scenario)
        self.sessions = WatchedSessions(self.world)
        self.clock = ModelClock(self.world)
        self.journal = scratch_journal()
        self.pools = [pool.fqdn for pool in scenario.pools if pool.kind.homes_users]
        self.edges = [pool.fqdn for pool in scenario.pools if pool.kind is Kind.EDGE]
        self.sites = [SiteName(site.name) for site in scenario.sites]
        self.places = [*self.pools, *(f"site:{site.name}" for site in scenario.sites)]
        self.down: set[str] = set()
        self.clock.sleep(FOR_A_WHILE)
        self.first = self.world.summary()
        self.sound = True

    def read(self, scope: Scope = EVERYTHING) -> Deployment:
        return read_deployment(self.sessions, name="contoso", clock=self.clock, scope=scope)

    # What the operator does.

    def partner(self, pool: Fqdn) -> Fqdn:
        partner = self.world.pools[pool].spec.backup_pool
        assert partner is not None
        return partner

    def mode_for(self, leaving: Fqdn, *, fitting: bool) -> Mode:
        alive = self.world.summary().pools[leaving].alive
        return Mode.PLANNED if alive is fitting else Mode.DISASTER

    def planned(
        self, procedure: str, target: Fqdn | SiteName, mode: Mode | None, **options: Unpack[Options]
    ) -> Plan:
        """A plan as a client makes it: a failback knows from the journal what the failover
        moved.
        """
        deployment = self.read()
        modes = {} if mode is None else {"mode": mode}
        known = led_away(self.journal, deployment)
        return make_plan(asked(procedure, target, **modes, **options), deployment, led_away=known)

    def must(
        self,
        procedure: str,
        target: Fqdn | SiteName,
        mode: Mode | None,
        *,
        dies_at: int | None = None,
        **options: Unpack[Options],
    ) -> Plan:
        """Perform what nothing may refuse now."""
        plan = self.perform(procedure, target, mode, dies_at=dies_at, **options)
        assert not plan.is_refused, [
            f"{check.check_id}: {check.evidence}" for check in plan.refusals
        ]
        return plan

    def perform(
        self,
        procedure: str,
        target: Fqdn | SiteName,
        mode: Mode | None,
        *,
        dies_at: int | None = None,
        **options: Unpack[Options],
    ) -> Plan:
        """Plan and, where nothing refuses it, run: then it reaches its goal."""
        before, executed = self.world.summary(), self.world.executions.copy()
        if mode is not None:
            options["accept_data_loss"] = True
        plan = self.planned(procedure, target, mode, **options)
        assert before.difference(self.world.summary()) == {}, "planning changed something"
        event(f"{procedure}: {', '.join(check.check_id for check in plan.refusals) or 'runs'}")
        if plan.is_refused:
            assert self.world.executions == executed
            assert all(refusal.remedy for refusal in plan.refusals)
            return plan
        self.sound = False
        run = self.execute(plan_from_json(plan_to_json(plan)), dies_at=dies_at)
        assert run.state in REACHED, f"{procedure} {target} {mode}: {run.state}: {run.why}"
        truth = all_hold(plan.goal, self.read())
        assert truth.holds, truth.evidence
        after = self.world.summary()
        self.judge_users(before, after, procedure, plan)
        self.sound = True
        self.clock.sleep(FOR_A_WHILE)
        return plan

    def execute(self, plan: Plan, *, dies_at: int | None = None) -> Run:
        """Run it, by two processes where the first one dies.

        The second knows nothing but the journal.
        """
        earlier, fuse = len(self.journal.runs()), Fuse(dies_at)
        try:
            return self.runner(fuse).start(plan, operator="tester")
        except Killed:
            event(f"the client dies: {plan.procedure}")
        if len(self.journal.runs()) == earlier:
            return self.runner(Fuse()).start(plan, operator="tester")
        run = self.runner(Fuse()).resume(self.journal.runs()[0].run_id)  # the newest
        if run.state is RunState.UNKNOWN and run.current is not None and run.current.awaits_word:
            event(f"the client dies between journal and send: {plan.procedure}")
            return self.runner(Fuse()).resume(
                run.run_id, send_again="the servers show that it did not run"
            )
        return run

    def runner(self, fuse: Fuse) -> Runner:
        self.sessions.fuse = fuse
        journal = DyingJournal(self.journal, fuse)
        return Runner(
            sessions=self.sessions,
            clock=self.clock,
            journal=journal,
            read=self.read,
            poll=POLL,
            process=DEAD,
        )

    def judge_users(self, before: Summary, after: Summary, procedure: str, plan: Plan) -> None:
        for name, pool in after.pools.items():
            assert pool.served_by is not None or before.pools[name].served_by is None, (
                f"{plan.procedure}: {name} is served no more"
            )
        if procedure in AWAY:
            target = plan.procedure.target_pool
            assert target is not None
            assert after.pools[target].served_by is not None
        if isinstance(plan.procedure, SiteFailover | SiteFailback):
            self.judge_site(after, plan.procedure)

    def judge_site(self, after: Summary, procedure: SiteFailover | SiteFailback) -> None:
        """The users of the site's pools are all served outside of it, or all at home."""
        for name in self.pools:
            if self.world.pools[name].spec.site == procedure.site:
                home = name if isinstance(procedure, SiteFailback) else self.partner(name)
                assert after.pools[name].served_by == home, f"{name} is not served by {home}"

    # What always holds.

    @invariant()
    def one_store(self) -> None:
        assert len(self.world.summary().store_active) == 1

    @invariant()
    def nobody_is_served_by_two_or_by_strangers(self) -> None:
        for name, pool in self.world.pools.items():
            if pool.serving is not None:
                assert pool.serving in (name, pool.spec.backup_pool)
                partner = self.world.pools[self.partner(name)]
                assert pool.serving != partner.fqdn or partner.serving == partner.fqdn, (
                    f"{name} and its partner are both away"
                )

    @invariant()
    def what_the_servers_say_is_so(self) -> None:
        states = self.world.configuration.pool_states
        for name in self.pools:
            assert (states[name] == "FailedOver") == (self.world.pools[name].serving != name), (
                f"{name} is {states[name]}"
            )

    def teardown(self) -> None:
        """At the end everything is brought up and everybody is led home."""
        if not self.sound:
            return
        for name in self.places:
            self.world.recover(name)
        self.down.clear()
        self.clock.sleep(FOR_A_WHILE)
        for name, pool in self.world.summary().pools.items():
            if pool.state == "FailedOver":
                self.must("pool-failback", name, Mode.PLANNED)
        for name, pool in self.world.summary().pools.items():
            if pool.conference_content_left_behind:
                self.must("conference-restore", name, None)
        self.clock.sleep(FOR_A_WHILE)
        last = self.world.summary()
        assert {name: at_home(pool) for name, pool in last.pools.items()} == {
            name: at_home(pool) for name, pool in self.first.pools.items()
        }
        assert differing(self.first, last).keys() <= {"next_hops", "pools"}


def chosen(names: Sequence[Name], which: int) -> Name:
    return names[which % len(names)]


def differing(before: Summary, after: Summary) -> Mapping[str, object]:
    """What differs, but for the store, which stays where it went, and the services that go
    with it.
    """
    usual = ("store_active", "services_stopped", "lis_entries")
    return {name: values for name, values in before.difference(after).items() if name not in usual}


def at_home(pool: PoolSummary) -> PoolSummary:
    """A pool apart from the side that its databases were moved to on purpose."""
    return attrs.evolve(pool, databases_on_mirror=frozenset())


class Recovery(Operation):
    """Whatever may happen, and whatever may be asked for then."""

    # What happens.

    @precondition(lambda self: bool(self.expendable))
    @rule(which=ANY)
    def crash(self, which: int) -> None:
        name = chosen(self.expendable, which)
        self.world.crash(name)
        self.down.add(name)
        self.clock.sleep(FOR_A_WHILE)

    @property
    def expendable(self) -> list[str]:
        """What can crash so that somebody is left whom lyncops can ask."""
        alive = {name for name, pool in self.world.summary().pools.items() if pool.alive}
        site = {name: f"site:{self.world.pools[name].spec.site}" for name in alive}
        return [
            place
            for place in self.places
            if any(place not in (name, site[name]) for name in alive) and place not in self.down
        ]

    @precondition(lambda self: self.down)
    @rule(which=ANY)
    def recover(self, which: int) -> None:
        name = chosen(sorted(self.down), which)
        self.world.recover(name)
        self.down.remove(name)
        for other in self.down:
            self.world.crash(other)  # a site that is down keeps its pools down
        self.clock.sleep(FOR_A_WHILE)

    # What the operator does.

    @rule(procedure=st.sampled_from(AWAY), which=ANY, fitting=MOSTLY, dies_at=DEATH)
    def move_users(self, procedure: str, which: int, dies_at: int | None, *, fitting: bool) -> None:
        target = chosen(self.pools, which)
        leaving = target if procedure == "pool-failover" else self.partner(target)
        self.perform(procedure, target, self.mode_for(leaving, fitting=fitting), dies_at=dies_at)

    @rule(procedure=st.sampled_from(SITES), which=ANY, fitting=MOSTLY, dies_at=DEATH)
    def move_site(self, procedure: str, which: int, dies_at: int | None, *, fitting: bool) -> None:
        site = chosen(self.sites, which)
        own = [fqdn for fqdn in self.pools if self.world.pools[fqdn].spec.site == site]
        leaving = own[0] if procedure == "site-failover" else self.partner(own[0])
        self.perform(procedure, site, self.mode_for(leaving, fitting=fitting), dies_at=dies_at)

    @precondition(lambda self: not self.down)
    @rule(procedure=st.sampled_from(AWAY), which=ANY, place=ANY, changes=st.integers(0, 4))
    def crash_while_users_move(self, procedure: str, which: int, place: int, changes: int) -> None:
        """When the servers are back the run goes on; where nobody can tell what became of a change,
        a new one does.
        """
        target, fails = chosen(self.pools, which), chosen(self.places, place)
        plan = self.planned(procedure, target, Mode.PLANNED)
        if plan.is_refused or (self.expendable and fails not in self.expendable):
            return
        self.sound = False
        self.sessions.mishaps = {len(self.sessions.sent) + changes: lambda: self.world.crash(fails)}
        run = self.execute(plan)
        event(f"{procedure} in which a server dies: {run.state.value}")
        self.sessions.mishaps.clear()
        self.world.recover(fails)
        self.clock.sleep(FOR_A_WHILE)
        if not run.state.is_final:
            run = self.runner(Fuse()).resume(run.run_id)
        event(f"{procedure} in which a server died, resumed: {run.state.value}")
        if run.state in REACHED:
            self.sound = True
            self.clock.sleep(FOR_A_WHILE)
            return
        assert run.state is RunState.UNKNOWN, f"{run.state}: {run.why}"
        self.runner(Fuse()).cancel(
            run.run_id, operator="tester", reason="the server that knew is gone"
        )
        self.perform(procedure, target, Mode.PLANNED)

    @rule(which=ANY, held=MOSTLY, fitting=MOSTLY, dies_at=DEATH)
    def move_store(self, which: int, dies_at: int | None, *, held: bool, fitting: bool) -> None:
        holders = sorted(self.world.summary().store_active)
        target = chosen(holders if held else self.pools, which)
        self.perform(
            "management-store-failover",
            target,
            self.mode_for(target, fitting=fitting),
            dies_at=dies_at,
        )

    @rule(which=ANY, database_type=st.sampled_from(["User", "Application", "CentralMgmt"]))
    def move_databases(self, which: int, database_type: str) -> None:
        self.perform(
            "database-failover",
            chosen(self.pools, which),
            None,
            database_type=DatabaseNameType(database_type),
        )

    @precondition(lambda self: self.edges)
    @rule(which=ANY, to=ANY)
    def move_next_hop(self, which: int, to: int) -> None:
        self.perform(
            "edge-next-hop", chosen(self.edges, which), None, next_hop=chosen(self.pools, to)
        )

    @rule(which=ANY)
    def restore_conferences(self, which: int) -> None:
        self.perform("conference-restore", chosen(self.pools, which), None)

    @rule(which=ANY)
    def go_and_come_back(self, which: int) -> None:
        """A failover followed by its failback is the identity, but for the store, which may stay
        where it went.
        """
        target = chosen(self.pools, which)
        before = self.world.summary()
        if self.perform("pool-failover", target, Mode.PLANNED).is_refused:
            return
        self.must("pool-failback", target, Mode.PLANNED)
        self.clock.sleep(FOR_A_WHILE)
        assert differing(before, self.world.summary()) == {}


class LostSites(Operation):
    """Two pools in each site, and nothing but the loss of a site and the way back.

    The order of a plan for a whole site counts only where a site has several pools and the store
    died with one of them.
    """

    @initialize(scenario=scenarios(second_pair=True))
    def begin(self, scenario: Scenario) -> None:
        super().begin(scenario)

    @precondition(lambda self: not self.down)
    @rule(which=ANY, leaves=DEATH, returns=DEATH)
    def lose_site(self, which: int, leaves: int | None, returns: int | None) -> None:
        """Its users are served by the other one, and afterwards everybody is where they were, but
        for the store, which may stay.
        """
        site, before = chosen(self.sites, which), self.world.summary()
        self.world.crash(f"site:{site}")
        self.clock.sleep(FOR_A_WHILE)
        self.must("site-failover", site, Mode.DISASTER, dies_at=leaves)
        self.world.recover(f"site:{site}")
        self.clock.sleep(FOR_A_WHILE)
        self.must("site-failback", site, Mode.PLANNED, dies_at=returns)
        self.clock.sleep(FOR_A_WHILE)
        assert differing(before, self.world.summary()) == {}


class Maintenance(Recovery):
    """The same without crashes: whatever is asked for on living servers."""

    @property
    def expendable(self) -> list[str]:
        return []
