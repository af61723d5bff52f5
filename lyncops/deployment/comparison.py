"""What differs between two readings: `the final status equals the first one, except ...`, in
sentences.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import Final, cast

import attrs

from lyncops.deployment.backup_module import BackupModule, ExportState
from lyncops.deployment.central_management import CentralManagement, Replica, StoreCopy
from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.model import (
    BackupServiceSettings,
    Deployment,
    EdgePool,
    Machine,
    Pool,
    PoolState,
    Site,
    WindowsService,
)
from lyncops.values import ServiceId, Unread

# What a fresh reading may change although nothing happened: times, and where it was read.
_PASSING: Final = frozenset(
    {
        "read_at",
        "read_through",
        "from_local_store",
        "store_silence",
        "last_status_report",
        "last_update_creation",
        "witnesses",
    }
)
# What things are called in a list, and the field that identifies one.
_NAMED: Final[Mapping[type, tuple[str, str]]] = {
    Site: ("site ", "name"),
    Pool: ("", "fqdn"),
    Machine: ("", "fqdn"),
    WindowsService: ("", "name"),
    EdgePool: ("Edge pool ", "fqdn"),
    StoreCopy: ("copy on ", "pool"),
    Replica: ("replica on ", "computer"),
    BackupModule: ("", "name"),
    DatabaseMirror: ("database ", "database"),
}
_PARTS: Final[Mapping[type, str]] = {
    CentralManagement: "Central Management store",
    BackupServiceSettings: "Backup Service configuration",
}
# The Backup Service goes from one to the other as changes come and are copied; a failed-back pool
# is active (fact: pool-state).
_ALIKE: Final[Mapping[object, object]] = {
    ExportState.FINAL: ExportState.STEADY,
    PoolState.FAILED_BACK: PoolState.ACTIVE,
}


@attrs.frozen(slots=True, kw_only=True)
class Difference:
    """One thing that two readings say differently.

    `path` names the object, from the outside in, then the field or the thing. A thing of a list
    that only one reading has is None in the other.
    """

    path: tuple[str, ...]
    before: object
    after: object

    @property
    def is_of_a_list(self) -> bool:
        """Whether it is a thing that only one of them has."""
        return (type(self.before) in _NAMED and self.after is None) or (
            type(self.after) in _NAMED and self.before is None
        )

    def __str__(self) -> str:
        """A sentence."""
        where = ", ".join(self.path)
        if self.is_of_a_list:
            return f"{where}: {'is new' if self.before is None else 'is gone'}."
        return f"{where}: {shown(self.before)} became {shown(self.after)}."


def differences(before: Deployment, after: Deployment) -> tuple[str, ...]:
    """Every difference as a sentence that names the object, the field and both values; empty when
    the readings agree.

    Times and where it was read do not count, nor what one of the readings was not asked for; nor
    the change between a final and a steady state of the Backup Service, or between the two states
    of a pool that serves its own users.
    """
    return tuple(map(str, found_differences(before, after)))


def found_differences(before: Deployment, after: Deployment) -> Iterator[Difference]:
    """The same, each as a value."""
    return _compare((), before, after)


def _compare(path: tuple[str, ...], old: object, new: object) -> Iterator[Difference]:
    if old == new or any(isinstance(value, Unread) and not value.asked for value in (old, new)):
        return
    if _is_list_of_things(old) and _is_list_of_things(new):
        yield from _compare_lists(
            path, cast("tuple[object, ...]", old), cast("tuple[object, ...]", new)
        )
    elif (
        type(old) is type(new) and attrs.has(type(old)) and not isinstance(old, Unread | ServiceId)
    ):
        for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(old))):
            if field.name not in _PASSING:
                was, now = getattr(old, field.name), getattr(new, field.name)
                yield from _compare((*path, *_words(field.name, was)), was, now)
    elif _settled(old) != _settled(new):
        yield Difference(path=path, before=old, after=new)


def _compare_lists(
    path: tuple[str, ...], old: tuple[object, ...], new: tuple[object, ...]
) -> Iterator[Difference]:
    was, now = {_name(item): item for item in old}, {_name(item): item for item in new}
    for name in dict.fromkeys((*was, *now)):
        here = (*path, name)
        if name in was and name in now:
            yield from _compare(here, was[name], now[name])
        else:
            yield Difference(path=here, before=was.get(name), after=now.get(name))


def _is_list_of_things(value: object) -> bool:
    return isinstance(value, tuple) and all(
        type(item) in _NAMED for item in cast("tuple[object, ...]", value)
    )


def _name(item: object) -> str:
    prefix, field = _NAMED[type(item)]
    return f"{prefix}{getattr(item, field)}"


def _words(field: str, value: object) -> tuple[str, ...]:
    if type(value) in _PARTS:
        return (_PARTS[type(value)],)
    return () if _is_list_of_things(value) and value else (field.strip("_").replace("_", " "),)


def _settled(value: object) -> object:
    if isinstance(value, tuple):
        return frozenset(str(item) for item in cast("tuple[object, ...]", value))
    return _ALIKE.get(value, value)


def shown(value: object) -> str:
    """A value of a reading in words."""
    if isinstance(value, tuple):
        items = cast("tuple[object, ...]", value)
        return (
            ", ".join(_name(item) if type(item) in _NAMED else str(item) for item in items)
            or "nothing"
        )
    if isinstance(value, Unread):
        return f"not readable ({value.reason})"
    return (
        "nothing"
        if value is None or value == ""
        else str(value.value if isinstance(value, enum.Enum) else value)
    )
