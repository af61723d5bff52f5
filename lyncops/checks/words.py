"""Numbers, names and ages as an operator says them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from lyncops.deployment.model import Machine, Pool
from lyncops.deployment.witnesses import Says

# A word of letters; commands, "fe1" and "fe1.contoso.com" are written as they are
_COMMANDS: Final = r"(?!(?:certutil|klist|lyncops|netsh|nltest|setspn|whoami|winrm)\b)"
_BEGINS_WITH_A_WORD: Final = re.compile(
    rf"{_COMMANDS}[a-z][A-Za-z'\u2019-]*(?![\w.])|[a-z]+\.(?!\w)"
)


def listed(things: Iterable[object]) -> str:
    """`a`, `a and b`, `a, b and c`; `none` for nothing."""
    words = [str(thing) for thing in things]
    if not words:
        return "none"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def counted(number: int, thing: str) -> str:
    """`1 machine`, `2 machines`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def sentence(text: object) -> str:
    """The text with a full stop, and a capital at its beginning unless it begins with a name such
    as `fe1.contoso.com`: servers' words end as they like.
    """
    words = str(text).strip()
    if _BEGINS_WITH_A_WORD.match(words):
        words = words[:1].upper() + words[1:]
    return words + ("" if words.endswith((".", "!", "?")) else ".")


def age(duration: timedelta) -> str:
    """How long, rounded, in the largest unit that says it: `40 seconds`, `5 minutes`, `3 hours`, `2
    days`.
    """
    seconds = max(0.0, duration.total_seconds())
    for size, unit, end in ((1, "second", 60), (60, "minute", 60), (3_600, "hour", 24)):
        if round(seconds / size) < end:
            return counted(round(seconds / size), unit)
    return counted(round(seconds / 86_400), "day")


def exactly(duration: timedelta) -> str:
    """How long, to the second, in the largest unit that needs no fraction: `90 seconds`, `2
    minutes`, `3 hours`.
    """
    seconds = round(duration.total_seconds())
    size, unit = next(
        (size, unit)
        for size, unit in ((3_600, "hour"), (60, "minute"), (1, "second"))
        if seconds % size == 0
    )
    return counted(seconds // size, unit)


def running(pool: Pool) -> str:
    """How many of a pool's machines run: `2 of 3 machines of pool1.contoso.com run (fe3.contoso.com
    does not)`. A machine that was not reported does not count as one that does not run.
    """
    untold = [machine.fqdn for machine in pool.machines if not is_told(machine)]
    machines = counted(len(pool.machines), "machine")
    if untold and len(untold) == len(pool.machines):
        return (
            f"Whether {machines} of {pool.fqdn} run{'s' if len(untold) == 1 else ''} is not known"
        )
    down = [m.fqdn for m in pool.machines if not m.is_up and m.fqdn not in untold]
    parts = (
        *(
            (f"{listed(down)} {'does' if len(down) == 1 else 'do'} not",)
            if pool.machines_up and down
            else ()
        ),
        *((f"not known of {listed(untold)}",) if untold else ()),
    )
    rest = f" ({'; '.join(parts)})" if parts else ""
    return f"{len(pool.machines_up)} of {machines} of {pool.fqdn} run{rest}"


def is_told(machine: Machine) -> bool:
    """Whether the machine itself or a witness reported that it runs, or that it does not."""
    died = bool(machine.vouched(Says.DEAD)) and not machine.vouched(Says.ALIVE)
    return machine.is_up or machine.is_down or died
