"""One drill: a disaster strikes the copy, the operator's rescue is played, and the way back."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Final

import attrs

from lyncops.checks.result import CheckResult
from lyncops.client import Client
from lyncops.deployment.comparison import differences
from lyncops.deployment.model import Deployment
from lyncops.drill.copying import Copy
from lyncops.drill.faults import (
    Fault,
    FaultySessions,
    LaptopDiedError,
    Mishap,
    run_too_often,
    told,
)
from lyncops.drill.seen import Seen, seen
from lyncops.drill.stage import Stage, over_winrm
from lyncops.errors import InvalidValueError, LyncOpsError, RunLockedError, ScenarioError
from lyncops.lab.model.progress import last_tick
from lyncops.lab.simulation import Simulation
from lyncops.plan.model import Plan
from lyncops.plan.procedures import (
    PoolFailback,
    PoolFailover,
    Procedure,
    SiteFailback,
    SiteFailover,
)
from lyncops.procedures.verification import is_verification
from lyncops.runs.model import Run, RunState, StepState
from lyncops.runs.onlookers import unwatched
from lyncops.testing.memory import in_memory
from lyncops.testing.model import ModelSessions
from lyncops.text.brief import brief
from lyncops.values import Fqdn, Mode, SiteName

SITE: Final = "site:"
_OPERATOR: Final = "drill"
_RECOVERY: Final = timedelta(minutes=30)
"""After the servers are back, for services and copies; then the failback is tried, a few times."""
_UNCOPIED: Final = 0.9
"""How much of the interval between two copies has passed when the disaster strikes."""
_SETTLING: Final = timedelta(minutes=15)
"""After the way back, until replicas and copies have caught up."""
_TRIES: Final = 8
_SAME_STEP: Final = 2
"""How often one manual step is confirmed: when it comes again, its condition does not hold, and it
takes a person."""


class Outcome(enum.StrEnum):
    """How a rescue or a way back ended, from good to bad."""

    DONE = "done"
    EXCEPTIONS = "done, with exceptions"
    BY_HAND = "waits for a person"
    REFUSED = "refused"
    FAILED = "failed"


@attrs.frozen(slots=True, kw_only=True)
class Disaster:
    """What is lost: a pool with its SQL Servers, or `site:NAME` with all in it. `only` is the pool
    or site that is rescued, where more is lost.
    """

    lost: str
    rescue: Procedure
    way_back: Procedure
    only: str = ""

    @property
    def title(self) -> str:
        """The disaster in words."""
        kind = "site" if self.lost.startswith(SITE) else "pool"
        only = f", failover of {self.only}" if self.only else ""
        return f"loss of {kind} {self.lost.removeprefix(SITE)}{only}"


@attrs.frozen(slots=True, kw_only=True)
class Part:
    """A rescue or a way back as it was played.

    `took` is on the lab's clock, with the documented durations. `in_the_way` are the refusals or
    errors, each with its remedy; `by_hand` the titles of manual steps. `verified` says for each
    pool with test users what came of signing in as one.
    """

    procedure: str
    outcome: Outcome
    took: timedelta = timedelta()
    steps: int = 0
    in_the_way: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    verified: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return brief(self, f"{self.procedure}: {self.outcome}")


@attrs.frozen(slots=True, kw_only=True)
class Drill:
    """What came of one disaster.

    `expected_loss` is what the plan said. `lost` is what the copy's Backup Service had not copied:
    for each kind of data, how much time of it. `unlike_before` are the differences between the
    first reading and the last one, in sentences. `seen` is what `lyncops readiness` says of the
    lost pools after the disaster, before anything is done. `mishaps` are the faults that were
    played on purpose.
    """

    disaster: str
    mode: Mode
    rescue: Part
    seen: tuple[Seen, ...] = ()
    expected_loss: str = ""
    lost: Mapping[str, timedelta] = attrs.field(factory=dict[str, timedelta])
    left_broken: tuple[str, ...] = ()
    way_back: Part | None = None
    unlike_before: tuple[str, ...] = ()
    mishaps: tuple[Mishap, ...] = ()

    def __repr__(self) -> str:
        return brief(self, f"{self.disaster}: {self.rescue.outcome}")

    @property
    def is_rescued(self) -> bool:
        """Whether everybody was served elsewhere, as the servers showed."""
        return self.rescue.outcome in (Outcome.DONE, Outcome.EXCEPTIONS)


def disasters(deployment: Deployment) -> tuple[Disaster, ...]:
    """The loss of each Front End pool, and of each site that has one."""
    pools = deployment.front_end_pools
    sites = dict.fromkeys(pool.site for pool in pools if isinstance(pool.site, SiteName))
    return (
        *(loss_of_pool(pool.fqdn) for pool in pools),
        *(loss_of_site(site) for site in sites),
    )


def loss_of_pool(pool: Fqdn, *, kill: str = "") -> Disaster:
    """The loss of a pool, or of what `kill` names, and the failover of the pool."""
    return Disaster(
        lost=kill or str(pool),
        rescue=PoolFailover(pool=pool, mode=Mode.DISASTER, accept_data_loss=True, verify=True),
        way_back=PoolFailback(pool=pool, mode=Mode.PLANNED, verify=True),
        only=str(pool) if kill else "",
    )


def loss_of_site(site: SiteName, *, kill: str = "") -> Disaster:
    """The loss of a site, and the failover of all its pools."""
    return Disaster(
        lost=kill or f"{SITE}{site}",
        rescue=SiteFailover(site=site, mode=Mode.DISASTER, accept_data_loss=True, verify=True),
        way_back=SiteFailback(site=site, mode=Mode.PLANNED, verify=True),
        only=str(site) if kill else "",
    )


def play_over_winrm(copy: Copy, disaster: Disaster) -> Drill:
    """Play one disaster on a fresh copy behind WinRM on this computer."""
    with over_winrm(copy.scenario) as stage:
        return _Story(stage, disaster).told()


def play(copy: Copy, disaster: Disaster, faults: Iterable[Fault] = ()) -> Drill:
    """Play one disaster on a fresh copy in memory, with these faults on the way."""
    mishaps = sorted(faults, key=tuple(Fault).index)

    def sessions(world: Simulation) -> FaultySessions:
        return FaultySessions(world=world, faults=mishaps)

    with in_memory(Simulation(copy.scenario), sessions=sessions) as lab:
        return _Story(lab, disaster, lab.sessions).told()


class _Story:
    """One disaster, on one copy."""

    def __init__(
        self, lab: Stage, disaster: Disaster, sessions: ModelSessions | None = None
    ) -> None:
        self._lab, self._disaster, self._sessions = lab, disaster, sessions

    def told(self) -> Drill:
        """The whole story, with what became of the faults."""
        with unwatched():
            drill = self._told()
        sessions = self._sessions
        if not isinstance(sessions, FaultySessions) or not (sessions.played or sessions.faults):
            return drill
        runs = [self._lab.client.show(one.run_id) for one in self._lab.client.runs()]
        found = told(sessions.played, sessions.faults, runs)
        wrong = (
            *(str(mishap) for mishap in found if not mishap.harmless),
            *run_too_often(self._lab.world.executions, runs),
        )
        rescue = drill.rescue
        if wrong:
            rescue = attrs.evolve(
                rescue, outcome=Outcome.FAILED, in_the_way=(*rescue.in_the_way, *wrong)
            )
        return attrs.evolve(drill, rescue=rescue, mishaps=found)

    def _told(self) -> Drill:
        try:
            before = self._lab.client.status()
        except LyncOpsError as error:  # in the snapshot everything is down already
            return self._nobody(str(error))
        self._wait_for_changes()
        self._strike()
        as_seen = seen(self._lab.client, self._disaster.rescue)
        plan, rescue = self._played(self._disaster.rescue)
        drill = Drill(
            disaster=self._disaster.title,
            mode=Mode.DISASTER,
            rescue=rescue,
            seen=as_seen,
            expected_loss="" if plan is None else plan.expected_loss,
            lost=self._lost(),
            left_broken=() if plan is None else tuple(str(one) for one in plan.left_broken),
        )
        if not drill.is_rescued:
            return drill
        self._lab.recover(self._disaster.lost)
        way_back = self._failed_back()
        self._lab.wait(_SETTLING)
        after = self._lab.client.status()
        return attrs.evolve(
            drill, way_back=way_back, unlike_before=tuple(differences(before, after))
        )

    def _nobody(self, why: str) -> Drill:
        name = self._disaster.rescue.NAME
        rescue = Part(procedure=name, outcome=Outcome.REFUSED, in_the_way=(why,))
        return Drill(disaster=self._disaster.title, mode=Mode.DISASTER, rescue=rescue)

    def _wait_for_changes(self) -> None:
        """Users go on working: what the Backup Service has not copied yet is lost with the pool.

        Reading took time too, more over WinRM than in memory: the wait ends at the same place
        between two copies.
        """
        world = self._lab.world
        interval, now = world.scenario.sync_interval, world.now()
        since = now - last_tick(world, now)
        self._lab.wait((interval * _UNCOPIED - since) % interval)

    def _strike(self) -> None:
        lost = self._disaster.lost
        try:
            self._lab.crash(lost)
        except ScenarioError as error:
            raise InvalidValueError(
                f"{lost} cannot be lost: {self._lab.client.connection.name} has no pool or site of"
                " this name.",
                remedy="Name a pool or a machine, or site:NAME.",
            ) from error

    def _failed_back(self) -> Part:
        """The way back is tried until the recovered servers take it."""
        begun = self._lab.world.now()
        for tries_left in reversed(range(_TRIES)):
            self._lab.wait(_RECOVERY)
            _plan, part = self._played(self._disaster.way_back)
            if part.outcome is not Outcome.REFUSED or not tries_left:
                return attrs.evolve(part, took=self._lab.world.now() - begun)
        raise AssertionError("there is at least one try")

    def _played(self, procedure: Procedure) -> tuple[Plan | None, Part]:
        name, begun = procedure.NAME, self._lab.world.now()
        try:
            plan = self._lab.client.plan(procedure)
        except LyncOpsError as error:
            return None, Part(procedure=name, outcome=Outcome.REFUSED, in_the_way=(str(error),))
        if plan.is_refused:
            reasons = tuple(map(_reason, plan.refusals))
            return plan, Part(procedure=name, outcome=Outcome.REFUSED, in_the_way=reasons)
        by_hand: list[str] = []
        try:
            run = self._run(plan, by_hand)
        except LyncOpsError as error:
            return plan, Part(procedure=name, outcome=Outcome.FAILED, in_the_way=(str(error),))
        return plan, Part(
            procedure=name,
            outcome=_OUTCOMES.get(run.state, Outcome.FAILED),
            took=self._lab.world.now() - begun,
            steps=len(plan.steps),
            in_the_way=_failures(run),
            by_hand=tuple(dict.fromkeys(by_hand)),
            exceptions=run.exceptions,
            verified=tuple(_verified(run)),
        )

    def _run(self, plan: Plan, by_hand: list[str]) -> Run:
        """Run a plan; each manual step is done as a person would do it."""
        run = self._begun(plan)
        while run.state is RunState.PENDING_MANUAL_STEP:
            by_hand.append(_waiting(run))
            if by_hand.count(by_hand[-1]) > _SAME_STEP:
                break
            run = self._lab.client.resume(run.run_id, operator=_OPERATOR)
        return run

    def _begun(self, plan: Plan) -> Run:
        client, sessions = self._lab.client, self._sessions
        if isinstance(sessions, FaultySessions):
            sessions.second_operator = partial(self._meet, plan)
        try:
            return client.run(plan, operator=_OPERATOR, reason="drill")
        except LaptopDiedError:
            with self._other_process() as other:
                return other.resume(other.runs()[0].run_id, operator=_OPERATOR)

    def _meet(self, plan: Plan) -> tuple[str, bool]:
        """What a second operator is told, and whether nothing came of it."""
        with self._other_process() as other:
            try:
                other.run(plan, operator="second operator", reason="drill")
            except RunLockedError as error:
                return f"refused. {error.what}", True
        return "it was not refused", False

    def _other_process(self) -> Client:
        """Another client of the same deployment, with a connection of its own to the journal."""
        return Client(attrs.evolve(self._lab.client.connection))

    def _lost(self) -> Mapping[str, timedelta]:
        lost: dict[str, timedelta] = {}
        for loss in self._lab.world.losses:
            for module, age in loss.unsynced.items():
                lost[module] = max(age, lost.get(module, timedelta()))
        return lost


_OUTCOMES: Final = {
    RunState.COMPLETED: Outcome.DONE,
    RunState.COMPLETED_WITH_EXCEPTIONS: Outcome.EXCEPTIONS,
    RunState.PENDING_MANUAL_STEP: Outcome.BY_HAND,
}


def _reason(check: CheckResult) -> str:
    return f"{check.check_id}: {check.evidence} {check.remedy}".rstrip()


def _failures(run: Run) -> tuple[str, ...]:
    if run.state in (RunState.COMPLETED, RunState.COMPLETED_WITH_EXCEPTIONS):
        return ()
    step = run.current
    where = "" if step is None else f"{step.step.title}: "
    why = "" if step is None else step.why
    return (f"{where}{why or run.why or run.state}",)


def _verified(run: Run) -> Iterator[str]:
    for record in run.steps:
        if is_verification(record.step):
            worked = record.state in (StepState.DONE, StepState.ALREADY_TRUE)
            yield f"{record.step.title}: {'they are' if worked else record.why or record.state}"


def _waiting(run: Run) -> str:
    return "" if run.current is None else run.current.step.title
