"""Front End quorum: how many machines of a pool must run so that it serves, and so that it
starts.
"""

from __future__ import annotations

from typing import Final

from lyncops.checks.check import (
    Finding,
    check,
    failed,
    of_machines,
    pair_unknown,
    passed,
    unknown,
    warning,
)
from lyncops.checks.context import CheckContext
from lyncops.checks.words import counted, running
from lyncops.deployment.model import Pool, PoolKind
from lyncops.sources import fact
from lyncops.values import LyncVersion

# Total machines: how many must be up together for the services to start.
_TO_START: Final = {
    1: 1,
    2: 1,
    3: 3,
    4: 3,
    5: 4,
    6: 5,
    7: 5,
    8: 6,
    9: 7,
    10: 8,
    11: 9,
    12: 10,
    16: 12,
}
# Up to so many machines: (how many must run, counted among the first how many).
_TO_SERVE: Final = ((2, 1, 2), (4, 2, 4), (6, 3, 6), (7, 4, 7), (9, 4, 7), (12, 5, 9), (16, 7, 12))
_TO_SERVE_2019: Final = (
    (2, 1, 2),
    (4, 2, 4),
    (6, 3, 6),
    (7, 4, 7),
    (9, 4, 7),
    (11, 5, 9),
    (16, 7, 12),
)


def needed_to_start(pool: Pool) -> int | None:
    """How many machines must be up for the pool's services to start; None for a size that the
    documentation does not name.
    """
    return _TO_START.get(len(pool.machines))


def needed_to_serve(pool: Pool) -> tuple[int, int]:
    """How many machines must run so that the others do not stop too, and among the first how many
    they are counted.
    """
    table = _TO_SERVE_2019 if pool.version is LyncVersion.V2019 else _TO_SERVE
    size = len(pool.machines)
    return next(((needed, among) for upto, needed, among in table if size <= upto), (7, 12))


def serves(pool: Pool) -> bool | None:
    """Whether enough of the pool's machines run; None where the answer hangs on machines that could
    not be asked.
    """
    if pool.kind is PoolKind.STANDARD or len(pool.machines) == 1:
        needed, among = 1, 1
    else:
        needed, among = needed_to_serve(pool)
    counting = pool.machines[:among]
    up = sum(machine.is_up for machine in counting)
    silent = sum(not machine.is_up and not machine.is_down for machine in counting)
    if up >= needed:
        return True
    return None if up + silent >= needed else False


@check(
    "partner-quorum",
    question="Are enough Front Ends of the receiving pool up?",
    sources=(fact("front-end-quorum"),),
    needs=lambda situation: of_machines(situation.receiving),
)
def partner_quorum(situation: CheckContext) -> Finding:
    """Below the functional minimum the remaining servers stop too; below the number to start, a
    restart hangs.
    """
    pool = situation.receiving
    if pool is None:
        return pair_unknown(situation)
    if pool.kind is PoolKind.STANDARD:
        return passed(f"{pool.fqdn} is a Standard Edition server: it needs no quorum.")
    answer, (needed, among) = serves(pool), needed_to_serve(pool)
    rule = f"{needed} of {'them' if among >= len(pool.machines) else f'the first {among}'} must run"
    if answer is None:
        return unknown(
            f"{running(pool)}; {rule}. Not all could be asked.",
            f"Look at Get-CsWindowsService -ComputerName for each Front End of {pool.fqdn}.",
            blocking=not situation.disaster,
        )
    if not answer:
        return failed(
            f"{running(pool)}, {rule}: the pool stops by itself.",
            "Start more of its Front Ends first (Start-CsWindowsService).",
        )
    start = needed_to_start(pool)
    if start is not None and len(pool.machines_up) < start:
        return warning(
            f"{running(pool)}: enough to serve, but {counted(start, 'machine')} must be up together"
            " if it has to start again.",
            "Start the other Front Ends, and restart none of those that run.",
        )
    return passed(f"{running(pool)}, {rule}.")
