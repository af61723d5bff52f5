"""How many Front Ends an Enterprise pool needs (fact: front-end-quorum; the table of Microsoft's
high-availability page).
"""

from __future__ import annotations

from typing import Final

# The page lists 2 to 12, and 16 for 2019; 13 to 15 follow the step of the table.
_NEEDED_TO_START: Final = {
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
    13: 10,
    14: 11,
    15: 12,
    16: 12,
}


def needed_to_start(total: int) -> int:
    """How many of `total` Front Ends must run before the services of the pool start; below that
    they hang in `starting`.
    """
    return _NEEDED_TO_START.get(total, total)


def keeps_running(up: tuple[bool, ...], *, witness_up: bool) -> bool:
    """Whether the pool goes on with these Front Ends, in the order of the topology.

    Below the minimum the remaining servers stop all services. In a pool of even size the primary
    SQL Server is a witness: with exactly half of the servers running it decides; the page's minimum
    for even sizes counts on it.
    """
    total = len(up)
    if total <= 2:
        return any(up) and (total == 1 or all(up) or witness_up)
    voters, minimum = up, 2
    if total in (5, 6):
        minimum = 3
    elif total == 7:
        minimum = 4
    elif total in (8, 9):
        voters, minimum = up[:7], 4
    elif total in (10, 11, 12):
        voters, minimum = up[:9], 5
    elif total > 12:
        voters, minimum = up[:12], 7
    running = sum(voters)
    if len(voters) % 2 == 0 and running * 2 == len(voters):
        return running >= minimum and witness_up
    return running >= minimum
