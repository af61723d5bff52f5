"""What an answer left open: the one way in which the reader says that part of an answer was not
understood.

Checks, conditions and procedures name what they rest on as a `Need`. Where a `Gap` meets it they
answer "unknown": what could not be read never counts as "no".
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, cast

import attrs

from lyncops.values import Fqdn, Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lyncops.cmdlets.result import Result


class Part(enum.StrEnum):
    """A part of a deployment that can be understood only partly."""

    SITES = "sites"
    POOLS = "pools"  # which there are, and of what kind
    MACHINES = "machines"  # which there are, and what runs on them
    EDGES = "Edge pools"
    BACKUP_STATUS = "Backup Service status"
    MIRRORS = "database mirrors"
    STORE = "Central Management store"
    REPLICAS = "replicas"
    SETTINGS = "Backup Service configuration"


@attrs.frozen(slots=True, kw_only=True)
class Gap:
    """One thing that an answer left open.

    Without `pool` it may concern any pool, without `item` anything of its part.
    """

    part: Part
    what: str
    reason: str
    pool: Fqdn | None = None
    item: str = ""  # such as a service, a database, a computer

    @property
    def unread(self) -> Unread:
        """The same as the placeholder of a value that could not be read."""
        return Unread(self.what, self.reason)

    def __str__(self) -> str:
        return f"{self.what} was not understood: {self.reason}"


@attrs.frozen(slots=True)
class Need:
    """What an answer rests on: a part, of these pools (of all, where none is named), and of it
    these items (all, likewise).
    """

    part: Part
    pools: tuple[Fqdn, ...] = ()
    items: tuple[str, ...] = ()

    def meets(self, gap: Gap) -> bool:
        """Whether the gap leaves open what is needed."""
        if gap.part is not self.part or (
            self.pools and gap.pool is not None and gap.pool not in self.pools
        ):
            return False
        return (
            not self.items
            or not gap.item
            or gap.item.casefold() in {item.casefold() for item in self.items}
        )


@attrs.frozen(slots=True, eq=False)
class GapIndex:
    """The gaps of a reading, found by their part and pool; those of some pools may be `settled`."""

    _by_subject: Mapping[Part, Mapping[Fqdn | None, Sequence[tuple[int, Gap]]]]
    _all: tuple[Gap, ...]
    _settled: frozenset[tuple[Part, Fqdn]] = frozenset()

    @classmethod
    def of(cls, gaps: tuple[Gap, ...]) -> GapIndex:
        """Of all of them, in their order."""
        found: dict[Part, dict[Fqdn | None, list[tuple[int, Gap]]]] = {}
        for at, gap in enumerate(gaps):
            found.setdefault(gap.part, {}).setdefault(gap.pool, []).append((at, gap))
        return cls(found, gaps)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Those that are open."""
        if not self._settled:
            return self._all
        places = sorted(
            (
                at
                for part, pool in self._settled
                for at, _ in self._by_subject.get(part, {}).get(pool, ())
            ),
            reverse=True,
        )
        open_now = self._all
        for at in places:
            open_now = (*open_now[:at], *open_now[at + 1 :])
        return open_now

    def without(self, parts: Iterable[Part], pools: Iterable[Fqdn]) -> GapIndex:
        """Without those of these parts of these pools."""
        of = tuple(parts)
        return GapIndex(
            self._by_subject,
            self._all,
            self._settled | {(part, pool) for pool in pools for part in of},
        )

    def open_questions(self, needs: Iterable[Need]) -> tuple[Gap, ...]:
        """The gaps that leave open something that is needed, each once and in their order."""
        found = {at: gap for need in needs for at, gap in self._of(need) if need.meets(gap)}
        return tuple(dict.fromkeys(found[at] for at in sorted(found)))

    def _of(self, need: Need) -> Iterator[tuple[int, Gap]]:
        by_pool = self._by_subject.get(need.part, {})
        for pool in (None, *dict.fromkeys(need.pools)) if need.pools else by_pool:
            if pool is None or (need.part, pool) not in self._settled:
                yield from by_pool.get(pool, ())


NEXT_HOP: Final = "next hop"
FEDERATION_PORT: Final = "external SIP port"
EXTERNAL_NAME: Final = "external name"
ROUTES: Final = "federation routes"
KIND: Final = "kind"
MEDIA_EDGE: Final = "media Edge pool"
FRONT_END: Final = "RTCSRV"
BACKUP: Final = "LYNCBACKUP"


def contradiction(told: Iterable[object]) -> str:
    """Why several answers about one thing count as none: it cannot be known which is right."""
    return f"the answers contradict each other: {' and '.join(map(str, told))}"


GROUPS: Final = "authorised groups"
# Of something that has no readable name, where those that are looked for are looked for by name
NAMELESS: Final = "?"


class Gaps:
    """Collects the gaps of a reading."""

    def __init__(self) -> None:
        """Begin with none."""
        self._found: list[Gap] = []

    def note(
        self, part: Part, what: str, reason: str, *, pool: Fqdn | None = None, item: str = ""
    ) -> None:
        """Keep one."""
        self._found.append(Gap(part=part, what=what, reason=reason, pool=pool, item=item))

    def extend(self, gaps: Iterable[Gap]) -> None:
        """Keep those that were found elsewhere."""
        self._found.extend(gaps)

    @property
    def found(self) -> tuple[Gap, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys(self._found))


def why_open(result: Result, field: str, *, required: bool = True) -> str | None:
    """Why a field that the answer must have could not be read; None if it was understood.

    A property that was written empty counts as understood unless it is `required`.
    """
    reason = result.gap(field)
    if reason is None and required and getattr(result, field) in (None, ()):
        return f"its {result.property_names()[field][0]} is empty"
    return reason


def unread_in(value: object) -> Iterator[Unread]:
    """Everything in a value that could not be read, at any depth."""
    if isinstance(value, Unread):
        yield value
    elif isinstance(value, tuple):
        for item in cast("tuple[object, ...]", value):
            yield from unread_in(item)
    elif attrs.has(type(value)):
        for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(value))):
            yield from unread_in(getattr(value, field.name))
