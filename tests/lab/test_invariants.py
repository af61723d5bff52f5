"""What must hold whatever happens: hypothesis plays administrators and accidents."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lyncops.lab.scenarios.generator import scenario_of_size
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn
from tests.lab.support import Ran, run

POOLS = ("pool1.contoso.com", "pool2.contoso.com")
FRONT_ENDS = tuple(f"fe{pool}-{n}.contoso.com" for pool in (1, 2) for n in (1, 2, 3))
SERVERS = ("sql1.contoso.com", "sql2.contoso.com", *FRONT_ENDS, *POOLS)


class Operators(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = Simulation(scenario_of_size(2))

    def run(self, name: str, **named: object) -> Ran | None:
        machine = next(
            (
                fqdn
                for fqdn, m in self.world.machines.items()
                if not m.is_down and fqdn.startswith("fe")
            ),
            None,
        )
        return None if machine is None else run(self.world, machine, name, Confirm=False, **named)

    @rule(pool=st.sampled_from(POOLS), disaster=st.booleans())
    def fail_over(self, pool: str, *, disaster: bool) -> None:
        before, losses = self.world.summary(), len(self.world.losses)
        partner = self.world.pools[Fqdn(POOLS[1 - POOLS.index(pool)])]
        served_by_us = partner.serving == pool
        ran = self.run("Invoke-CsPoolFailOver", PoolFqdn=pool, DisasterMode=disaster)
        if ran is None or ran.terminating is not None:
            assert self.world.summary().pools == before.pools
        else:
            assert not served_by_us, "the order rule of the guide"
            assert self.world.pools[Fqdn(pool)].serving == partner.fqdn
            assert len(self.world.losses) == losses + disaster

    @rule(pool=st.sampled_from(POOLS), disaster=st.booleans())
    def fail_back(self, pool: str, *, disaster: bool) -> None:
        before = self.world.summary()
        ran = self.run("Invoke-CsPoolFailBack", PoolFqdn=pool, DisasterMode=disaster)
        if ran is None or ran.terminating is not None:
            assert self.world.summary() == before
        else:
            assert self.world.pools[Fqdn(pool)].serving == pool

    @rule(to=st.sampled_from(POOLS))
    def move_next_hop(self, to: str) -> None:
        self.run("Set-CsEdgeServer", Identity="edge1.contoso.com", Registrar=to)

    @rule(to=st.sampled_from((1, 2)))
    def move_store(self, to: int) -> None:
        machine = f"fe{to}-1.contoso.com"
        if not self.world.machine(machine).is_down:
            mirror = {
                "BackupMirrorSqlServerFqdn": f"sql{to}m.contoso.com",
                "BackupMirrorSqlInstanceName": "rtc",
            }
            named = {
                "BackupSqlServerFqdn": f"sql{to}.contoso.com",
                "BackupSqlInstanceName": "rtc",
                **mirror,
            }
            run(
                self.world,
                machine,
                "Invoke-CsManagementServerFailover",
                Confirm=False,
                Force=True,
                **named,
            )

    @rule(name=st.sampled_from(SERVERS))
    def crash(self, name: str) -> None:
        self.world.crash(name)

    @rule(name=st.sampled_from(SERVERS))
    def recover(self, name: str) -> None:
        self.world.recover(name)

    @rule(minutes=st.integers(min_value=1, max_value=90))
    def wait(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))

    @invariant()
    def users_are_served_by_at_most_one_living_pool_of_the_pair(self) -> None:
        for fqdn, pool in self.world.summary().pools.items():
            runtime = self.world.pools[fqdn]
            assert pool.served_by in (None, fqdn, runtime.spec.backup_pool)
            assert pool.served_by is None or self.world.is_alive(self.world.pools[pool.served_by])

    @invariant()
    def never_two_active_stores(self) -> None:
        assert len(self.world.summary().store_active) == 1

    @invariant()
    def not_both_pools_are_failed_over(self) -> None:
        states = [self.world.configuration.pool_states[Fqdn(fqdn)] for fqdn in POOLS]
        assert states.count("FailedOver") < 2

    @invariant()
    def copies_never_run_ahead(self) -> None:
        for fqdn in POOLS:
            assert all(span >= timedelta() for span in self.world.unsynced(fqdn).values())


TestOperators = Operators.TestCase
TestOperators.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
