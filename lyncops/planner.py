"""Judging and planning: checks, readiness, the Backup Service, and the plans of every procedure. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from lyncops.connection import Connection
from lyncops.errors import EndpointError, InvalidValueError
from lyncops.values import Fqdn, Mode, Unread

if TYPE_CHECKING:
    from lyncops.checks.result import CheckResult
    from lyncops.checks.synchronisation import BackupServiceReport
    from lyncops.cmdlets import BackupModule
    from lyncops.deployment.model import Deployment
    from lyncops.plan.model import Plan
    from lyncops.plan.rehearsal import RehearsedStep
    from lyncops.plan.steps import Step
    from lyncops.procedures.readiness import Readiness
    from lyncops.procedures.request import ProcedureRequest
    from lyncops.remoting.execution import Execution
    from lyncops.runs.backup_service import BackupServiceWatch


@attrs.frozen(slots=True, kw_only=True)
class Rehearsal:
    """What the servers say that a step would do, asked with -WhatIf; or why they were not asked."""

    step: Step
    execution: Execution[object] | None = None
    because: str = ""  # why it was not rehearsed


@attrs.define(slots=True, kw_only=True, eq=False)
class Planner(Connection):
    """A connection that judges and plans by fresh readings."""

    _made: set[str] = attrs.field(factory=set[str], init=False, repr=False)  # content ids of plans

    def check(self, pool: Fqdn | str, *, mode: Mode | None = None) -> tuple[CheckResult, ...]:
        """Could this pool be failed over right now? Without a mode: planned while it lives, else disaster.

        Raises:
            EndpointError: no server could be reached.
            InvalidValueError: `pool` is no FQDN.
        """
        from lyncops.checks.catalogue import checks_for_failover

        fqdn = Fqdn(pool)
        deployment = self.status()
        found = deployment.pool(fqdn)
        lives = found is None or found.is_alive
        return checks_for_failover(deployment, fqdn, mode or (Mode.PLANNED if lives else Mode.DISASTER))

    def readiness(self, *pools: Fqdn | str) -> Readiness:
        """Could these pools (every Front End pool, where none is named) be failed over now: in which mode, at what loss?

        Raises:
            EndpointError: no server could be reached.
            InvalidValueError: a name is no FQDN.
        """
        from lyncops.procedures.readiness import readiness

        names = tuple(map(Fqdn, pools))
        return readiness(self.status(), names)

    def backup_service(self, *pools: Fqdn | str) -> BackupServiceReport:
        """The Backup Service: configuration, and both directions of the pairs of `pools` (of all pairs, where none is named).

        Raises:
            EndpointError: no server could be reached.
            InvalidValueError: a name is no FQDN.
        """
        return self._backup_service(pools, None).report()

    def watch_backup_service(
        self, *pools: Fqdn | str, every: timedelta | None = None, timeout: timedelta | None = None, until_steady: bool = False
    ) -> Iterator[BackupServiceReport]:
        """Reports of the Backup Service one after the other, until `timeout`, or with `until_steady` until it is steady or stuck.

        Raises:
            EndpointError: no server could be reached for the first one.
            AuthenticationFailedError: the credentials were refused.
            InvalidValueError: a name is no FQDN.
        """
        return self._backup_service(pools, every).follow(timeout=timeout, until_steady=until_steady)

    def plan(self, procedure: str, request: ProcedureRequest) -> Plan:
        """Make a plan from a fresh reading. It may be a refused one: see its `refusals`.

        Raises:
            InvalidValueError: there is no such procedure, or the request makes no sense for it.
            EndpointError: no server could be reached.
        """
        from lyncops.procedures.catalogue import procedure_named

        found = procedure_named(procedure)
        deployment = self.status()
        return self._kept(found.plan(self._counted(deployment, request.target) if found.counts_users else deployment, request))

    def _counted(self, deployment: Deployment, fqdn: Fqdn) -> Deployment:
        """The same reading with the users of one Front End pool counted; nobody else's, since each one comes over the wire."""
        from lyncops.deployment.scope import Facet, Scope

        pool = deployment.pool(fqdn)
        if pool is None or not pool.kind.is_front_end:
            return deployment
        seen = self.status(Scope.of(Facet.USERS, pools=[fqdn])).pool(fqdn)
        users = seen.users if seen is not None else Unread(f"the users of {fqdn}", "the pool is gone from the topology")
        return deployment.with_pool(attrs.evolve(pool, users=users))

    def plan_pool_failover(
        self, pool: Fqdn | str, mode: Mode, *, accept_data_loss: bool = False, overrides: Mapping[str, str] | None = None
    ) -> Plan:
        """Plan that the pool's users are served by its backup pool. `overrides` maps check ids to the reason of each.

        Raises:
            InvalidValueError: disaster mode without `accept_data_loss`, or `pool` is no FQDN.
            EndpointError: no server could be reached.
        """
        return self._plan_pool("pool-failover", pool, mode, accept_data_loss=accept_data_loss, overrides=overrides)

    def plan_pool_failback(
        self,
        pool: Fqdn | str,
        mode: Mode = Mode.PLANNED,
        *,
        accept_data_loss: bool = False,
        overrides: Mapping[str, str] | None = None,
    ) -> Plan:
        """Plan that the pool, which first homed the users and is failed over, serves them again.

        Raises:
            InvalidValueError: disaster mode without `accept_data_loss`, or `pool` is no FQDN.
            EndpointError: no server could be reached.
        """
        return self._plan_pool("pool-failback", pool, mode, accept_data_loss=accept_data_loss, overrides=overrides)

    def plan_evacuate(
        self, to_pool: Fqdn | str, mode: Mode, *, accept_data_loss: bool = False, overrides: Mapping[str, str] | None = None
    ) -> Plan:
        """Plan that `to_pool` serves everybody of its pair.

        Raises:
            InvalidValueError: disaster mode without `accept_data_loss`, or `to_pool` is no FQDN.
            EndpointError: no server could be reached.
        """
        return self._plan_pool("evacuate", to_pool, mode, accept_data_loss=accept_data_loss, overrides=overrides)

    def plan_backup_service_set(
        self,
        *,
        sync_interval: timedelta | None = None,
        authorized_groups: Sequence[str] = (),
        overrides: Mapping[str, str] | None = None,
    ) -> Plan:
        """Plan that the Backup Service copies every `sync_interval` (5 seconds to 3 hours), and who may ask it.

        Raises:
            InvalidValueError: neither is given, or the interval is out of range.
            EndpointError: no server could be reached, or none knows the topology.
        """
        from lyncops.procedures.catalogue import PROCEDURES
        from lyncops.procedures.request import ProcedureRequest

        deployment = self.status()
        pools = deployment.front_end_pools
        if not pools:
            raise EndpointError("No Front End pool is known.", remedy="Look at `lyncops status`.")
        request = ProcedureRequest(
            target=pools[0].fqdn,
            sync_interval=sync_interval,
            authorized_groups=tuple(authorized_groups),
            overrides=overrides or {},
        )
        return self._kept(PROCEDURES["backup-service-set"].plan(deployment, request))

    def plan_backup_service_sync(
        self, pool: Fqdn | str, *, modules: Sequence[BackupModule] = (), overrides: Mapping[str, str] | None = None
    ) -> Plan:
        """Plan that what `pool` has changed is copied to its backup pool now: these modules, or all of them.

        Raises:
            InvalidValueError: `pool` is no FQDN.
            EndpointError: no server could be reached.
        """
        from lyncops.procedures.request import ProcedureRequest

        request = ProcedureRequest(target=Fqdn(pool), modules=tuple(modules), overrides=overrides or {})
        return self.plan("backup-service-sync", request)

    def rehearse(self, plan: Plan) -> tuple[Rehearsal, ...]:
        """Send the plan's cmdlets with -WhatIf, where that can show something; every other step has a reason. Changes nothing.

        Raises:
            EndpointError: no server could be reached.
        """
        from lyncops.plan.conditions import scope_of
        from lyncops.plan.rehearsal import conditions_of, rehearsal

        return tuple(self._rehearse(part) for part in rehearsal(plan, self.status(scope_of(conditions_of(plan)))))

    def _rehearse(self, part: RehearsedStep) -> Rehearsal:
        if part.ask is None:
            return Rehearsal(step=part.step, because=part.because)
        execution = self.run_cmdlet(part.ask.cmdlet, place=part.ask.place, deadline=part.ask.deadline)
        return Rehearsal(step=part.step, execution=execution)

    def _kept(self, plan: Plan) -> Plan:
        self._made.add(plan.content_id)
        return plan

    def _backup_service(self, pools: Sequence[Fqdn | str], every: timedelta | None) -> BackupServiceWatch:
        from lyncops.runs.backup_service import EVERY, BackupServiceWatch

        pause = every or self.poll_interval or EVERY
        return BackupServiceWatch(read=self.status, clock=self.clock, pools=tuple(map(Fqdn, pools)), every=pause)

    def _plan_pool(
        self, procedure: str, pool: Fqdn | str, mode: Mode, *, accept_data_loss: bool, overrides: Mapping[str, str] | None
    ) -> Plan:
        from lyncops.procedures.request import ProcedureRequest

        if mode is Mode.DISASTER and not accept_data_loss:
            raise InvalidValueError(
                f"Disaster mode of {procedure} loses what {pool} had not yet copied to its partner.",
                remedy="Pass accept_data_loss=True when that side is really gone; else use planned mode.",
            )
        request = ProcedureRequest(target=Fqdn(pool), mode=mode, accept_data_loss=accept_data_loss, overrides=overrides or {})
        return self.plan(procedure, request)
