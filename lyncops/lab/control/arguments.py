"""The words that follow a fault's name in `lyncops lab inject`, read one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from lyncops.errors import InvalidValueError
from lyncops.lab.model.durations import parse_duration
from lyncops.lab.model.switches import known_cmdlet
from lyncops.lab.wire.faults import ACTIONS

_DIGITS: Final = 9
_STATUSES: Final = ("400", "401", "404", "500", "503")


class InjectionError(InvalidValueError):
    """What was asked of the lab means nothing to it."""


def pairs(arguments: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """Read `NAME=VALUE ...`.

    Raises:
        InjectionError: there is none, or a word that is none, or a name that is not known.
    """
    remedy = f"Write NAME=VALUE with one of: {', '.join(known)}."
    values: dict[str, str] = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not equals or name not in known:
            raise InjectionError(f"{argument!r} is not known here.", remedy=remedy)
        values[name] = value
    return values


def some_pairs(arguments: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """Read `NAME=VALUE ...`, of which there must be at least one.

    Raises:
        InjectionError: there is none, or `pairs` refuses.
    """
    if not arguments:
        raise InjectionError(
            "Nothing is to be changed.", remedy=f"Write NAME=VALUE with one of: {', '.join(known)}."
        )
    return pairs(arguments, known)


def none(arguments: Sequence[str]) -> None:
    """Check that no word follows.

    Raises:
        InjectionError: one does.
    """
    if arguments:
        raise InjectionError(
            f"{' '.join(arguments)!r} is not known here.", remedy="Write nothing behind it."
        )


def one(arguments: Sequence[str], what: str, remedy: str) -> str:
    """The only word.

    Raises:
        InjectionError: there is none, or another.
    """
    if len(arguments) != 1:
        raise InjectionError(f"One {what} is needed.", remedy=remedy)
    return arguments[0]


def machine_or_all(arguments: Sequence[str]) -> str | None:
    """A machine's name, or None for all.

    Raises:
        InjectionError: there are several words.
    """
    if len(arguments) > 1:
        raise InjectionError(
            "One machine at the most.", remedy="Name one machine, or none for all."
        )
    return arguments[0] if arguments else None


def action(text: str) -> str:
    """What requests ask for, in any letter case.

    Raises:
        InjectionError: no request asks for that.
    """
    known = {one.casefold(): one for one in ACTIONS}
    if text.casefold() not in known:
        raise InjectionError(
            f"action={text} is nothing that requests ask for.",
            remedy=f"Write one of: {', '.join(ACTIONS)}.",
        )
    return known[text.casefold()]


def times(text: str) -> int | None:
    """A number of requests; None for `always`.

    Raises:
        InjectionError: the text is neither.
    """
    if text == "always":
        return None
    if not text.isdecimal() or not int(text):
        raise InjectionError(
            f"times={text} is not a number of requests.",
            remedy="Write a number from 1 on, or always.",
        )
    return int(text)


def status(text: str) -> int:
    """An HTTP status that the lab can answer.

    Raises:
        InjectionError: it cannot answer that.
    """
    if text not in _STATUSES:
        raise InjectionError(
            f"status={text} is not one that the lab answers.",
            remedy=f"Write one of: {', '.join(_STATUSES)}.",
        )
    return int(text)


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise InjectionError(f"{text!r} is neither true nor false.", remedy="Write true or false.")
    return text == "true"


def _protocol(text: str) -> str:
    if text not in {"2.1", "2.2", "2.3"}:
        raise InjectionError(f"There is no protocol {text}.", remedy="Write 2.1, 2.2 or 2.3.")
    return text


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > _DIGITS:
        raise InjectionError(f"{text!r} is not a number.", remedy="Write a number such as 25.")
    return int(text)


def _cmdlets(text: str) -> frozenset[str]:
    return frozenset(known_cmdlet(name, "hidden") for name in text.split(",") if name)


PROFILE: Final[Mapping[str, Callable[[str], object]]] = {
    "protocol": _protocol,
    "disconnects": _flag,
    "full_language": _flag,
    "restricted": _flag,
    "hidden": _cmdlets,
    "max_shells_per_user": _number,
    "max_commands_per_shell": _number,
    "max_processes_per_shell": _number,
    "idle_timeout": parse_duration,
    "idle_disconnect": parse_duration,
    "allow_unencrypted": _flag,
    "untrusted_certificate": _flag,
    "clock_ahead": parse_duration,
    "delay": parse_duration,
}
"""How the fields of a server's profile are read."""
