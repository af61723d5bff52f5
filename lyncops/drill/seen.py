"""What `lyncops readiness` shows of the lost pools while the disaster is fresh."""

from __future__ import annotations

import attrs

from lyncops.client import Client
from lyncops.errors import LyncOpsError
from lyncops.plan.procedures import PoolFailover, Procedure, SiteFailover
from lyncops.procedures.readiness import PoolReadiness, ReadinessVerdict, readiness
from lyncops.text.brief import brief
from lyncops.values import Mode


@attrs.frozen(slots=True, kw_only=True)
class Seen:
    """One lost pool as readiness saw it: whether its disaster failover was possible."""

    pool: str
    life: str
    verdict: ReadinessVerdict
    in_the_way: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return brief(self, f"{self.pool} is {self.life}: {self.verdict}")

    def __str__(self) -> str:
        """`pool1.contoso.com (down): ready, with warnings (backup-service-steady)`."""
        why = ", ".join((*self.in_the_way, *self.warnings))
        return f"{self.pool} ({self.life}): {self.verdict}{f' ({why})' if why else ''}"


def seen(client: Client, rescue: Procedure) -> tuple[Seen, ...]:
    """The pools that a rescue would move; none where no server answers."""
    try:
        deployment = client.status()
    except LyncOpsError:
        return ()
    match rescue:
        case PoolFailover():
            pools = [rescue.pool]
        case SiteFailover():
            pools = [one.fqdn for one in deployment.front_end_pools if one.site == rescue.site]
        case _:
            return ()
    found = readiness(deployment, pools).pools if pools else ()
    return tuple(map(_seen, found))


def _seen(pool: PoolReadiness) -> Seen:
    modes = [mode for mode in pool.modes if mode.mode is Mode.DISASTER]
    return Seen(
        pool=str(pool.pool),
        life=pool.life,
        verdict=modes[0].verdict if modes else pool.verdict,
        in_the_way=tuple(check.check_id for mode in modes for check in mode.obstacles),
        warnings=tuple(check.check_id for mode in modes for check in mode.warnings),
    )
