"""What every procedure's value has: name, target, mode, overrides, and its options.

From the description of the options each face makes its own: flags, module parameters, forms.
"""

from __future__ import annotations

import enum
import re
import shlex
import types
import typing
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final, TypeVar, cast

import attrs

from lyncops.errors import InvalidValueError
from lyncops.values import Fqdn, Mode, SiteName

E = TypeVar("E", bound=enum.Enum)
_ASKED: Final = "lyncops.asked"
BOTH_MODES: Final = (Mode.PLANNED, Mode.DISASTER)


@attrs.frozen(slots=True, kw_only=True)
class Asked:
    """How people ask for a field: the option's name, what it is about, what its value looks like.

    The target's name is a word in capitals: it is a positional argument on the command line.
    """

    name: str
    about: str
    example: str = ""
    is_target: bool = False


@attrs.frozen(slots=True, kw_only=True)
class Option:
    """One field of a procedure as a face shows it.

    `kind` is the class of one value: Fqdn, SiteName, str, bool, timedelta or an enumeration.
    `repeated`: several values can be given. `required`: one must be given.
    """

    field: str
    asked: Asked
    kind: type[object]
    repeated: bool
    required: bool
    default: object

    @property
    def words(self) -> tuple[str, ...]:
        """What can be said, where that is one of an enumeration.

        Two words are written in lower case, as options are: planned, disaster; primary, mirror.
        """
        if not issubclass(self.kind, enum.Enum):
            return ()
        words = tuple(str(member.value) for member in self.kind)
        return tuple(map(str.lower, words)) if len(words) <= 2 else words


def asks(name: str, about: str, *, example: str = "") -> Mapping[object, object]:
    """The metadata of a field that an option fills."""
    return {_ASKED: Asked(name=name, about=about, example=example)}


_SIP_ADDRESS: Final = re.compile(r"sip:[^\s@:;?]+@[\w.-]+")
ENABLE_TOPOLOGY: Final = asks(
    "--enable-topology",
    "Run Enable-CsTopology after a change of services or sites; needed if the replicas do not "
    "update without it.",
)
"""Every procedure that changes services or sites offers it."""


def is_target(word: str, about: str) -> Mapping[object, object]:
    """The metadata of the field that names what the procedure is about."""
    return {_ASKED: Asked(name=word, about=about, is_target=True)}


def optional_fqdn(value: str | None) -> Fqdn | None:
    """A name, where one is given."""
    return None if value is None else Fqdn(value)


def fqdns(values: Iterable[str]) -> tuple[Fqdn, ...]:
    """Names, in the order given."""
    return tuple(map(Fqdn, values))


def optional_fqdns(values: Iterable[str] | None) -> tuple[Fqdn, ...] | None:
    """Names, where any are given; the word `none` alone says that there are none.

    Raises:
        InvalidValueError: `none` is said beside a name.
    """
    if values is None:
        return None
    names = fqdns(values)
    if "none" not in names:
        return names
    if len(names) > 1:
        raise InvalidValueError(
            f"Both none and {next(name for name in names if name != 'none')} are named.",
            remedy="Name either Edge pools, or none.",
        )
    return ()


def optional_sites(values: Iterable[str] | None) -> tuple[SiteName, ...] | None:
    """Names of sites, where any are given."""
    return None if values is None else tuple(map(SiteName, values))


def texts(values: Iterable[str]) -> tuple[str, ...]:
    """Texts, in the order given."""
    return tuple(values)


def sip_addresses(values: Iterable[str]) -> tuple[str, ...]:
    """One or two users by their SIP addresses, given with the scheme or without.

    Raises:
        InvalidValueError: one is not a SIP address, or there are more than two.
    """
    found = tuple(f"sip:{value.strip().removeprefix('sip:')}" for value in values)
    for address in found:
        if not _SIP_ADDRESS.fullmatch(address):
            raise InvalidValueError(
                f"{address.removeprefix('sip:')!r} is not a SIP address.",
                remedy="Write alice@contoso.com.",
            )
    if len(found) > 2:
        raise InvalidValueError(
            f"{len(found)} users were named for the test.", remedy="Name one or two."
        )
    return found


def word_of(kind: type[E], value: E | str) -> E:
    """The member of an enumeration, given as such or by its word in any letter case.

    Raises:
        InvalidValueError: there is no such word; the remedy lists them.
    """
    if isinstance(value, kind):
        return value
    wanted = str(value).casefold()
    for member in kind:
        if wanted in (str(member.value).casefold(), member.name.casefold()):
            return member
    words = ", ".join(str(member.value) for member in kind)
    raise InvalidValueError(f"{value!r} is not one of {words}.", remedy="Write one of these words.")


def as_mode(value: Mode | str) -> Mode:
    """A mode, given as such or by its word: `planned`, `disaster`."""
    return word_of(Mode, value)


@attrs.frozen(slots=True, kw_only=True)
class Procedure:
    """What an operator asks for, as a value. It does nothing by itself.

    `overrides` maps the ids of checks that may fail to the operator's reason for each.
    Every class says in `NAME` how the command line calls it, in `SUMMARY` what it does, in `GUIDE`
    which section of Microsoft's recovery guide it carries out, and in `MODES` which modes it has
    (none where there is only one way). `COUNTS_USERS`: how long it takes depends on the number of
    the target pool's users, which are then counted first.
    """

    NAME: ClassVar[str] = ""
    SUMMARY: ClassVar[str] = ""
    GUIDE: ClassVar[str] = ""
    MODES: ClassVar[tuple[Mode, ...]] = ()
    COUNTS_USERS: ClassVar[bool] = False

    overrides: Mapping[str, str] = attrs.field(factory=dict[str, str])

    def __str__(self) -> str:
        return self.NAME

    @property
    def target(self) -> Fqdn | SiteName | None:
        """The pool, Edge pool or site that it is about; None where that is the whole deployment."""
        for option in self.options():
            if option.asked.is_target:
                return cast("Fqdn | SiteName | None", getattr(self, option.field))
        return None

    @property
    def target_pool(self) -> Fqdn | None:
        """The target, where it is a pool or an Edge pool."""
        return self.target if isinstance(self.target, Fqdn) else None

    @property
    def mode(self) -> Mode | None:
        """Planned or disaster; None where there is only one way."""
        return None

    @property
    def title(self) -> str:
        """What is done to what, in one line: `pool-failover of pool1.contoso.com (planned)`."""
        subject = f" of {self.target}" if self.target else ""
        return f"{self.NAME}{subject}{f' ({self.mode.value})' if self.mode else ''}"

    @property
    def command(self) -> str:
        """The words that name it on the command line, without its other options."""
        return f"{self.NAME} {shlex.quote(self.target)}" if self.target else self.NAME

    @property
    def way_back(self) -> str:
        """The words that name what brings everything back when it is time; "" where nothing
        does.
        """
        return ""

    @property
    def takes_test_users(self) -> bool:
        """Whether the plan needs to know which test users the pools have."""
        return False

    @classmethod
    def options(cls) -> tuple[Option, ...]:
        """The fields that can be asked for, the target first; `overrides` is not among them."""
        known = _OPTIONS.get(cls.NAME)
        if known is None:
            known = _OPTIONS[cls.NAME] = _options(cls)
        return known


_OPTIONS: Final[dict[str, tuple[Option, ...]]] = {}


def _options(cls: type[Procedure]) -> tuple[Option, ...]:
    hints = typing.get_type_hints(cls)
    fields = [field for field in attrs.fields(cls) if _ASKED in field.metadata]
    found = [_option(field, hints[field.name.lstrip("_")]) for field in fields]
    return tuple(
        sorted(found, key=lambda option: (not option.asked.is_target, not option.required))
    )


def _option(field: attrs.Attribute[object], hint: object) -> Option:
    kinds = [each for each in _members(hint) if each is not types.NoneType]
    repeated = typing.get_origin(kinds[0]) is tuple
    kind = typing.get_args(kinds[0])[0] if repeated else kinds[0]
    is_required = field.default is attrs.NOTHING
    return Option(
        field=field.name,
        asked=field.metadata[_ASKED],
        kind=cast("type[object]", kind),
        repeated=repeated,
        required=is_required,
        default=None if is_required else field.default,
    )


def _members(hint: object) -> tuple[object, ...]:
    is_union = typing.get_origin(hint) in (types.UnionType, typing.Union)
    return typing.get_args(hint) if is_union else (hint,)
