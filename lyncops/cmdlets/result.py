"""What every result class has: fields that are properties, read tolerantly, and a place for what it
does not know.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final, Self, TypeVar, cast, dataclass_transform, overload

import attrs

from lyncops.cmdlets.reading import items_of
from lyncops.values import NotedList, NotedText, RemoteObject

T = TypeVar("T")
R = TypeVar("R", bound="Result")

_NOTHING: Final = frozenset[str]()
_PROPERTY: Final = "lyncops.cmdlets.property"


@attrs.frozen(slots=True)
class _Property:
    names: tuple[str, ...]
    read: Callable[[object], object]


@attrs.frozen(slots=True)
class _Reader:
    """How one spelling of a property is read.

    `order` is that of the fields, and of the names that one field may have.
    """

    order: int
    field: str
    read: Callable[[object], object]


@overload
def prop(reader: Callable[[object], T | None], *names: str, default: None) -> T | None: ...
@overload
def prop(reader: Callable[[object], T | None], *names: str, default: T) -> T: ...
def prop(reader: Callable[[object], object], *names: str, default: object) -> object:
    """A field that is a property: how it is read, the names that it may have (the best first), its
    value when it is absent.
    """
    return attrs.field(default=default, metadata={_PROPERTY: _Property(names, reader)})


def kept(*, factory: Callable[[], T]) -> T:
    """The field for what is not known; it does not take part in the hash."""
    return attrs.field(factory=factory, hash=False)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(prop, kept))
def result(cls: type[R]) -> type[R]:
    """Make a class of properties a result: an attrs value."""
    made = attrs.frozen(cls, slots=True, kw_only=True)
    every = cast(
        "tuple[attrs.Attribute[object], ...]", attrs.fields(cast("type[attrs.AttrsInstance]", made))
    )
    made.PROPERTIES = {
        field.name: cast("_Property", field.metadata[_PROPERTY])
        for field in every
        if _PROPERTY in field.metadata
    }
    readers: dict[str, list[_Reader]] = {}
    spellings = (
        (field, name, about.read)
        for field, about in made.PROPERTIES.items()
        for name in about.names
    )
    for order, (field, name, read) in enumerate(spellings):
        readers.setdefault(name.casefold(), []).append(_Reader(order, field, read))
    made.READERS = readers
    return made


@result
class Result:
    """One object that a cmdlet wrote.

    Reading one never raises: a property that is absent has its default, one that cannot be
    understood has too and is kept, with all that is not known, in `unknown_properties` by the
    server's spelling. A bare value (no object) counts as the property `BARE`.
    """

    BARE: ClassVar[str] = "Value"
    PROPERTIES: ClassVar[Mapping[str, _Property]] = {}  # by field
    # By casefolded name: servers write far fewer names than are known
    READERS: ClassVar[Mapping[str, Sequence[_Reader]]] = {}

    unknown_properties: Mapping[str, object] = kept(factory=dict[str, object])
    # Fields whose property was in the answer
    seen: frozenset[str] = attrs.field(factory=frozenset[str], eq=False, repr=False)

    @classmethod
    def decode(cls, item: object) -> Self:
        """Read one pipeline object: a RemoteObject, a mapping, or a bare value."""
        properties = cls._properties_of(item)
        present = [
            (reader, name) for name in properties for reader in cls.READERS.get(name.casefold(), ())
        ]
        fields: dict[str, object] = {}
        unknown = dict(properties)
        for reader, name in sorted(present, key=lambda known: known[0].order):
            if reader.field in fields:
                continue
            value = reader.read(properties[name])
            if _is_understood(properties[name], value):
                unknown.pop(name, None)
            if value not in (None, ()):
                fields[reader.field] = value
        says = not _is_bare(item) or bool(fields)
        seen = _same(frozenset(reader.field for reader, _ in present)) if says else _NOTHING
        # A dict never shrinks: most of these are empty by now, and a thousand pools have many
        return cast("Callable[..., Self]", cls)(
            **fields, unknown_properties=unknown.copy() if unknown else {}, seen=seen
        )

    def gap(self, field: str) -> str | None:
        """Why this field has no value, or not a whole one; None if it was understood, or written
        empty.
        """
        names = self.PROPERTIES[field].names
        value = getattr(self, field)
        if value is not None and not isinstance(value, tuple):
            return None
        known = {name.casefold() for name in names}
        odd = next((name for name in self.unknown_properties if name.casefold() in known), None)
        if odd is not None:
            return f"its {odd} is {str(self.unknown_properties[odd]).strip() or 'empty'!r}"
        return None if field in self.seen or value else f"the answer has no {names[0]}"

    @property
    def is_stray(self) -> bool:
        """Whether it is nothing but a null or a text in which nothing was found: not the object
        that was asked for.
        """
        return not self.seen and set(self.unknown_properties) <= {self.BARE}

    def tells(self, field: str) -> bool:
        """Whether all of a field's property could be read: of an object within it, remoting may
        bring only its type's name.
        """
        names = {name.casefold() for name in self.PROPERTIES[field].names}
        return names.isdisjoint(name.casefold() for name in self.unknown_properties)

    @classmethod
    def property_names(cls) -> Mapping[str, tuple[str, ...]]:
        """The names that each field's property may have, the best first."""
        return {field: about.names for field, about in cls.PROPERTIES.items()}

    @classmethod
    def _properties_of(cls, item: object) -> Mapping[str, object]:
        if isinstance(item, RemoteObject):
            says_nothing = not any(name.casefold() in cls.READERS for name in item.properties)
            return (
                {**item.properties, cls.BARE: item.text}
                if says_nothing and item.text is not None
                else item.properties
            )
        if isinstance(item, Mapping):
            return {
                str(name): value for name, value in cast("Mapping[object, object]", item).items()
            }
        noted: Mapping[str, object] = (
            item.properties if isinstance(item, NotedText | NotedList) else {}
        )
        return {} if item is None else {**noted, cls.BARE: item}


@functools.lru_cache(maxsize=1024)
def _same(seen: frozenset[str]) -> frozenset[str]:
    """One set for all objects in which the same fields were seen: a tenth of a snapshot's memory
    else.
    """
    return seen


def _is_bare(item: object) -> bool:
    return not isinstance(item, (RemoteObject, Mapping)) or (
        isinstance(item, RemoteObject) and not item.properties
    )


def _is_understood(raw: object, value: object) -> bool:
    if raw is None or raw == "":
        return True
    if isinstance(value, tuple):
        return len(cast("tuple[object, ...]", value)) >= len(
            [item for item in items_of(raw) if item is not None]
        )
    return value is not None
