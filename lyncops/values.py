"""Words that every floor shares: names of Lync objects, versions, outcomes, and objects as
PowerShell remoting carries them.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Self, TypeAlias, cast

import attrs

from lyncops.errors import InvalidValueError

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
"""Whatever JSON can say."""

_LABEL: Final = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_LABELS: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_MAX_FQDN: Final = 255


class Fqdn(str):
    """A fully qualified domain name of a pool or computer, kept in lower case so that names compare
    as DNS compares them.

    Raises:
        InvalidValueError: the text is not a host name of dot-separated labels.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check and normalise `text`."""
        if type(text) is cls:
            return text
        name = text.strip().rstrip(".").lower()
        if len(name) > _MAX_FQDN or not _LABELS.fullmatch(name):
            raise InvalidValueError(
                f"{text!r} is not a fully qualified domain name.",
                remedy="Write it as in the topology, for example pool1.contoso.com.",
            )
        return super().__new__(cls, name)


class SiteName(str):
    """The bare name of a Lync site, `Redmond`.

    `Get-CsService` reports a site as `site:Redmond` but `Set-CsSite -Identity` wants the bare name
    (fact: set-cssite-bare-name), so the prefix is dropped here and never sent. Names compare
    without regard to case.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Drop a `Site:` prefix, in any case."""
        prefix, colon, rest = text.strip().partition(":")
        name = rest if colon and prefix.lower() == "site" else text.strip()
        if not name:
            raise InvalidValueError(
                f"{text!r} is not the name of a site.",
                remedy="Write the site's name, for example Redmond.",
            )
        return super().__new__(cls, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.casefold() == other.casefold()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.casefold())


@attrs.frozen(slots=True)
class ServiceId:
    """The identity of a Lync service, `EdgeServer:edge.contoso.com`: its role and the pool that
    holds it.
    """

    role: str
    pool: Fqdn = attrs.field(converter=Fqdn)

    @classmethod
    def parse(cls, text: str) -> ServiceId:
        """Read `Role:pool` (with or without a leading `Service:`).

        Raises:
            InvalidValueError: the text has no role or no pool.
        """
        parts = [part.strip() for part in text.split(":")]
        if len(parts) == 3 and parts[0].lower() == "service":
            parts = parts[1:]
        if len(parts) != 2 or not all(parts):
            raise InvalidValueError(
                f"{text!r} is not the identity of a service.",
                remedy="Write role and pool, for example EdgeServer:edge.contoso.com.",
            )
        return cls(parts[0], Fqdn(parts[1]))

    def __str__(self) -> str:
        return f"{self.role}:{self.pool}"


class LyncVersion(enum.StrEnum):
    """A product generation.

    Subscription Edition is treated as 2019 (fact: subscription-edition).
    """

    V2010 = "2010"
    V2013 = "2013"
    V2015 = "2015"
    V2019 = "2019"

    @property
    def product(self) -> str:
        """The product's name as Microsoft writes it."""
        return (
            f"{'Lync Server' if self.value <= '2013' else 'Skype for Business Server'} {self.value}"
        )


class Effect(enum.StrEnum):
    """What a cmdlet does to the deployment."""

    READ = "read"
    CHANGE = "change"


class Outcome(enum.StrEnum):
    """The outcome of a cmdlet.

    UNKNOWN means: read the state back; it is neither a failure nor a success.
    """

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Mode(enum.StrEnum):
    """Planned: everything is up and nothing may be lost.

    Disaster: the failed side is gone, and what it had not copied is lost.
    """

    PLANNED = "planned"
    DISASTER = "disaster"


@attrs.frozen(slots=True)
class DotNetVersion:
    """A System.Version: two to four numbers."""

    parts: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> DotNetVersion:
        """Read `7.0.2046.0`.

        Raises:
            InvalidValueError: the text is not two to four numbers with dots between.
        """
        words = text.strip().split(".")
        if not 2 <= len(words) <= 4 or not all(word.isdecimal() for word in words):
            raise InvalidValueError(
                f"{text!r} is not a version number.", remedy="Write it as 7.0.2046.0."
            )
        return cls(tuple(int(word) for word in words))

    def __str__(self) -> str:
        return ".".join(map(str, self.parts))


@attrs.frozen(slots=True)
class RemoteEnum:
    """A .NET enum value as remoting carries it: its number, its text, or both."""

    text: str | None
    number: int | None = None
    type_names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text if self.text is not None else str(self.number)


def _briefly(value: object) -> str:
    """A property as text; of objects and lists within it only what they are."""
    if isinstance(value, RemoteObject) and value.text is None:
        return next(iter(value.type_names), "@{...}")
    if isinstance(value, (list, tuple, dict)):
        held = cast("Iterable[object]", value)
        parts = (
            "{...}" if isinstance(each, (list, tuple, dict)) else _briefly(each) for each in held
        )
        return f"{{{', '.join(parts)}}}"
    return str(value)


@attrs.frozen(slots=True, eq=False)
class RemoteObject:
    """An object as PowerShell remoting carries it: .NET type names, properties, and what ToString
    gave.

    Property values are None, bool, int, float, Decimal, str, bytes, datetime (with zone where the
    server sent one), timedelta, DotNetVersion, UUID, RemoteEnum, RemoteObject, or a list, tuple or
    dict of those. Property names keep the server's spelling.
    """

    properties: Mapping[str, object] = attrs.field(factory=dict[str, object])
    type_names: tuple[str, ...] = ()
    text: str | None = None

    def __iter__(self) -> Iterator[str]:
        return iter(self.properties)

    def get(self, *names: str) -> object:
        """The first of the named properties that is present, whatever its letter case; None where
        none is.
        """
        folded = {name.casefold(): value for name, value in self.properties.items()}
        return next((folded[name.casefold()] for name in names if name.casefold() in folded), None)

    def __str__(self) -> str:
        return (
            self.text
            if self.text is not None
            else f"@{{{'; '.join(f'{k}={_briefly(v)}' for k, v in self.properties.items())}}}"
        )


class NotedText(str):
    """A text with properties of its own, as PowerShell lets any text have."""

    __slots__ = ("properties",)
    properties: Mapping[str, object]

    def __new__(cls, text: str, properties: Mapping[str, object]) -> Self:
        """Keep both."""
        made = super().__new__(cls, text)
        made.properties = properties
        return made


class NotedList(list[object]):
    """A list with properties beside its items."""

    def __init__(self, items: Iterable[object], properties: Mapping[str, object]) -> None:
        super().__init__(items)
        self.properties = properties


@attrs.frozen(slots=True)
class Anywhere:
    """Any endpoint may serve; one that belongs to the pool `prefer` is tried first, one of the pool
    `avoid` last.
    """

    prefer: Fqdn | None = None
    avoid: Fqdn | None = None

    def __str__(self) -> str:
        first = f"a Front End of {self.prefer}" if self.prefer else "the server in use"
        last = f", of {self.avoid} last" if self.avoid else ""
        return f"{first}, else the first endpoint that answers{last}"


@attrs.frozen(slots=True)
class OnPool:
    """Only a Front End of this pool will do (the Central Management failover: the receiving
    pool).
    """

    pool: Fqdn

    def __str__(self) -> str:
        return f"a Front End of {self.pool}"


@attrs.frozen(slots=True)
class OnMachine:
    """Only this machine will do (services of an Edge server)."""

    machine: Fqdn

    def __str__(self) -> str:
        return str(self.machine)


Place = Anywhere | OnPool | OnMachine
ANYWHERE: Final = Anywhere()


@attrs.frozen(slots=True)
class Unread:
    """What could not be read, kept in the place of the value: never a guess, never an empty list.

    `asked` is False where not asked for it: it is then no finding about the servers.
    """

    what: str
    reason: str
    asked: bool = True

    def __str__(self) -> str:
        return f"{self.what} could not be read: {self.reason}"
