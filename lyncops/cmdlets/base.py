"""What every cmdlet value has: a name, an effect, versions, parameters, a result type, and its text
as PowerShell.
"""

from __future__ import annotations

import base64
import enum
import functools
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import (
    ClassVar,
    Final,
    Generic,
    Protocol,
    TypedDict,
    TypeVar,
    Unpack,
    cast,
    dataclass_transform,
    get_args,
    overload,
)

import attrs

from lyncops.cmdlets.kinds import BOOLEAN, SWITCH, Kind, format_timespan
from lyncops.errors import InvalidValueError, UnsupportedByVersionError
from lyncops.sources import Source, reference
from lyncops.values import Effect, LyncVersion, RemoteObject

R_co = TypeVar("R_co", covariant=True)
C = TypeVar("C", bound="Cmdlet[object]")
T = TypeVar("T")

EVERY_VERSION: Final = frozenset(LyncVersion)
SINCE_2013: Final = EVERY_VERSION - {LyncVersion.V2010}
SINCE_2015: Final = SINCE_2013 - {LyncVersion.V2013}
ONLY_2010: Final = frozenset({LyncVersion.V2010})
ONLY_2013: Final = frozenset({LyncVersion.V2013})
ONLY_2015: Final = frozenset({LyncVersion.V2015})
ONLY_2019: Final = frozenset({LyncVersion.V2019})
UNTIL_2013: Final = ONLY_2010 | ONLY_2013
UNTIL_2015: Final = ONLY_2013 | ONLY_2015

_READING_VERBS: Final = frozenset({"Get", "Test", "Export", "Debug", "Import-Module"})
_PARAMETER: Final = "lyncops.cmdlets.parameter"
_QUOTES: Final = "'\u2018\u2019\u201a\u201b"  # PowerShell ends a single-quoted text at any of these


@attrs.frozen(slots=True, kw_only=True, eq=False)
class Parameter:
    """What the reference says about one parameter of one cmdlet."""

    name: str
    kind: Kind[object]
    field: str = ""
    mandatory: bool = False  # in every parameter set
    mandatory_in: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()  # empty: in every parameter set
    versions: frozenset[LyncVersion] | None = None  # None: those of the cmdlet
    # Values that came later
    words: Mapping[str, frozenset[LyncVersion]] = attrs.field(
        factory=dict[str, frozenset[LyncVersion]]
    )


def _convert(value: object, cmdlet: attrs.AttrsInstance, field: attrs.Attribute[object]) -> object:
    if value is None and field.default is None:
        return None
    about = _of_field(field)
    try:
        return about.kind.convert(value)
    except InvalidValueError as error:
        raise InvalidValueError(
            f"{cast('Cmdlet[object]', cmdlet).NAME} -{about.name}: {error.what}",
            remedy=error.remedy,
        ) from error


def _of_field(field: attrs.Attribute[object]) -> Parameter:
    return cast("Parameter", field.metadata[_PARAMETER])


_CONVERTER: Final = attrs.Converter(_convert, takes_self=True, takes_field=True)


class Differences(TypedDict, total=False):
    """Where a parameter differs from its cmdlet: the sets that have it, that demand it, its
    versions, those of single words.
    """

    sets: tuple[str, ...]
    mandatory_in: tuple[str, ...]
    versions: frozenset[LyncVersion]
    words: Mapping[str, frozenset[LyncVersion]]


@overload
def parameter(name: str, kind: Kind[T], **differences: Unpack[Differences]) -> T: ...
@overload
def parameter(
    name: str, kind: Kind[T], *, default: None, **differences: Unpack[Differences]
) -> T | None: ...
@overload
def parameter(name: str, kind: Kind[T], *, default: T, **differences: Unpack[Differences]) -> T: ...
def parameter(
    name: str, kind: Kind[T], *, default: object = attrs.NOTHING, **differences: Unpack[Differences]
) -> object:
    """A field that is a parameter.

    Without `default` it is mandatory in every parameter set that the cmdlet has.
    """
    about = Parameter(
        name=name,
        kind=cast("Kind[object]", kind),
        mandatory=default is attrs.NOTHING,
        mandatory_in=frozenset(differences.get("mandatory_in", ())),
        sets=frozenset(differences.get("sets", ())),
        versions=differences.get("versions"),
        words=differences.get("words", {}),
    )
    return attrs.field(default=default, converter=_CONVERTER, metadata={_PARAMETER: about})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(parameter,))
def command(
    name: str,
    versions: frozenset[LyncVersion],
    *,
    sets: tuple[str, ...] = (),
    fixed: Mapping[str, object] | None = None,
    expands: str = "",
) -> Callable[[type[C]], type[C]]:
    """Make a class a cmdlet: its name, the versions that have it, its parameter sets, and arguments
    that are always the same.

    `expands` names a property whose items are the results, in place of the objects that have it.
    """
    verb = name if name in _READING_VERBS else name.partition("-")[0]

    def build(cls: type[C]) -> type[C]:
        cls.NAME = name
        cls.EFFECT = Effect.READ if verb in _READING_VERBS else Effect.CHANGE
        cls.VERSIONS = versions
        cls.SETS = sets
        cls.FIXED = fixed or {}
        cls.EXPANDS = expands
        # One comparison and one repr serve all classes (see Cmdlet): compiling them for each would
        # double the time of the import.
        return attrs.frozen(cls, slots=True, kw_only=True, eq=False, repr=False)

    return build


class NoOutput:
    """The result of a cmdlet that writes nothing to the pipeline: there is none, success is read
    back from the state.
    """

    __slots__ = ()


class _Decodes(Protocol):
    @classmethod
    def decode(cls, item: object) -> object: ...


@command("", EVERY_VERSION)
class Cmdlet(Generic[R_co]):
    """A cmdlet call as a value. It does nothing by itself.

    Subclasses are attrs classes whose fields are the parameters, PowerShell's names in snake case
    (`PoolFqdn` -> `pool_fqdn`, `WhatIf` -> `what_if`). Common parameters (`Confirm`, `WhatIf`,
    `Force`, `Verbose`) are fields where the cmdlet has them. What no plan can hold has no field:
    objects of a pipeline (`-Instance`, `-InputObject`) and credentials, with the parameter sets
    that cannot do without.

    Making one raises InvalidValueError when a value has the wrong type or leaves its documented
    range, when no parameter set allows the combination, for `WhatIf` with `Force` (the WhatIf can
    be ignored then, fact: whatif-force), and for `Confirm` with True (a prompt that nobody can
    answer).
    """

    NAME: ClassVar[str]
    EFFECT: ClassVar[Effect]
    VERSIONS: ClassVar[frozenset[LyncVersion]]
    SETS: ClassVar[tuple[str, ...]]  # empty: there is only one
    FIXED: ClassVar[Mapping[str, object]]  # arguments that every call of this form has
    # A property that Select-Object expands: remoting carries what is within objects as mere text
    EXPANDS: ClassVar[str]
    __test__: ClassVar[bool] = (
        False  # pytest takes every class that is called Test... for one of its own
    )

    verbose: bool = parameter("Verbose", SWITCH, default=False, versions=EVERY_VERSION)

    def __attrs_post_init__(self) -> None:
        given = {about.name: value for about, value in self._given()}
        if given.get("WhatIf") and given.get("Force"):
            raise InvalidValueError(
                f"{self.NAME}: -WhatIf together with -Force may really run: never send both.",
                remedy="Leave one of them out.",
            )
        if given.get("Confirm"):
            raise InvalidValueError(
                f"{self.NAME}: -Confirm would ask where nobody can answer.", remedy="Leave it out."
            )
        self._check_sets(given)

    def _check_sets(self, given: Mapping[str, object]) -> None:
        abouts = self.parameters()
        if not self.SETS or any(self._fits(one, abouts, given) for one in self.SETS):
            return
        ways = (f"{one} ({self._mandatory(one, abouts)})" for one in self.SETS)
        raise InvalidValueError(
            f"{self.NAME} has no parameter set that takes"
            f" {', '.join(f'-{name}' for name in given) or 'no parameters'}.",
            remedy=f"Its sets, and what each requires: {'; '.join(ways)}.",
        )

    @staticmethod
    def _mandatory(one: str, abouts: tuple[Parameter, ...]) -> str:
        names = (f"-{about.name}" for about in abouts if one in about.mandatory_in)
        return ", ".join(names) or "nothing mandatory"

    @staticmethod
    def _fits(one: str, abouts: tuple[Parameter, ...], given: Mapping[str, object]) -> bool:
        inside = all(not about.sets or one in about.sets for about in abouts if about.name in given)
        return inside and all(about.name in given for about in abouts if one in about.mandatory_in)

    @classmethod
    def reference_page(cls) -> Source:
        """Microsoft's reference page of the cmdlet, which its parameters and versions come from."""
        return reference(cls.NAME)

    @classmethod
    @functools.cache
    def parameters(cls) -> tuple[Parameter, ...]:
        """The parameters of the class in the order of the reference, then the common `Verbose`."""
        fields = cast(
            "tuple[attrs.Attribute[object], ...]",
            attrs.fields(cast("type[attrs.AttrsInstance]", cls)),
        )
        abouts = [attrs.evolve(_of_field(field), field=field.name) for field in fields]
        return (*abouts[1:], abouts[0])

    def _given(self) -> list[tuple[Parameter, object]]:
        """The parameters that are set.

        A switch that is off is not; a Boolean, and Confirm, that says False is.
        """
        values = (
            (about, cast("object", getattr(self, about.field))) for about in self.parameters()
        )
        return [
            (about, value)
            for about, value in values
            if value is not None
            and (value is not False or about.kind is BOOLEAN or about.name == "Confirm")
        ]

    @property
    def effect(self) -> Effect:
        """READ or CHANGE; a CHANGE cmdlet with `what_if=True` is a READ."""
        what_if = any(about.name == "WhatIf" for about, _ in self._given())
        return Effect.READ if what_if else self.EFFECT

    def arguments(self) -> Mapping[str, object]:
        """The parameters that are set, by PowerShell name, in the order of the reference; values
        are Python values.

        Str, bool, int, timedelta, bytes or a tuple of str; a word of an enumeration is its str. A
        switch is a bool; `Confirm` is False for a CHANGE cmdlet that has it, so that no prompt can
        ever be asked.
        """
        given = self.given_arguments()
        if self.effect is Effect.CHANGE:
            given.setdefault("Confirm", False)
        order = (*self.FIXED, *(about.name for about in self.parameters()))
        return {name: given[name] for name in order if name in given}

    def commands(self) -> tuple[tuple[str, Mapping[str, object]], ...]:
        """The commands of its pipeline, each with its arguments: itself, and what expands a
        property of its objects.
        """
        expand = (("Select-Object", {"ExpandProperty": self.EXPANDS}),) if self.EXPANDS else ()
        return ((self.NAME, self.arguments()), *expand)

    def given_arguments(self) -> dict[str, object]:
        """`arguments()` without what lyncops adds by itself (`Confirm`): what a saved plan
        keeps.
        """
        given = {
            about.name: value.value if isinstance(value, enum.Enum) else value
            for about, value in self._given()
        }
        return {**self.FIXED, **given}

    def require_version(self, version: LyncVersion) -> None:
        """Raise UnsupportedByVersionError when `version` lacks the cmdlet or a parameter that is
        set.
        """
        self._require(version, self.VERSIONS, f"the cmdlet {self.NAME}")
        sent = self.arguments()
        for about in self.parameters():
            if about.name in sent:
                versions = self.VERSIONS if about.versions is None else about.versions
                self._require(version, versions, f"the parameter {self.NAME} -{about.name}")
                value = str(sent[about.name])
                self._require(
                    version,
                    about.words.get(value, EVERY_VERSION),
                    f"the value {value} of {self.NAME} -{about.name}",
                )

    @staticmethod
    def _require(version: LyncVersion, versions: frozenset[LyncVersion], what: str) -> None:
        if version not in versions:
            having = ", ".join(one.product for one in LyncVersion if one in versions)
            raise UnsupportedByVersionError(
                f"{version.product} does not have {what}.", remedy=f"It exists in {having}."
            )

    def to_powershell(self) -> str:
        """The call as correctly quoted PowerShell that a person could paste."""
        switches = {
            about.name for about in self.parameters() if about.kind is SWITCH
        } | self.FIXED.keys()
        words = (
            _word(name, value, is_switch=name in switches)
            for name, value in self.arguments().items()
        )
        expand = (
            ("|", "Select-Object", _word("ExpandProperty", self.EXPANDS, is_switch=False))
            if self.EXPANDS
            else ()
        )
        return " ".join((self.NAME, *words, *expand))

    @classmethod
    def decode(cls, item: RemoteObject | object) -> R_co:
        """One pipeline object as the cmdlet's result class (a RemoteObject, or a bare str/int/...

        for cmdlets that write such).
        """
        return cast("R_co", _decode(cls.result_type(), item))

    @classmethod
    def result_type(cls) -> type[object]:
        """The class of one result: what is in the brackets of `Cmdlet[...]`."""
        bases = cast("tuple[object, ...]", cls.__dict__["__orig_bases__"])
        return cast("type[object]", get_args(bases[0])[0])

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Cmdlet)
            and type(self) is type(cast("object", other))
            and self._values() == other._values()
        )

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def _values(self) -> tuple[object, ...]:
        return tuple(cast("object", getattr(self, about.field)) for about in self.parameters())

    def __repr__(self) -> str:
        given = ", ".join(f"{about.field}={value!r}" for about, value in self._given())
        return f"{type(self).__name__}({given})"


def _decode(result: type[object], item: object) -> object:
    if result is NoOutput:
        return NoOutput()
    if result is str:
        return str(item)
    if result is RemoteObject:
        return item if isinstance(item, RemoteObject) else RemoteObject(text=str(item))
    return cast("_Decodes", result).decode(item)


def _word(name: str, value: object, *, is_switch: bool) -> str:
    if is_switch:
        return f"-{name}" if value is True else f"-{name}:$false"
    return f"-{name} {_literal(value)}"


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "$true" if value else "$false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f"([System.Convert]::FromBase64String('{base64.b64encode(value).decode('ascii')}'))"
    if isinstance(value, tuple):
        return ",".join(_literal(item) for item in cast("tuple[object, ...]", value))
    return quoted(format_timespan(value) if isinstance(value, timedelta) else str(value))


def quoted(text: str) -> str:
    """A text as PowerShell reads it back, in single quotes: nothing in it is expanded."""
    return "'" + "".join(letter * 2 if letter in _QUOTES else letter for letter in text) + "'"
