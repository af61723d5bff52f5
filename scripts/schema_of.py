"""JSON Schema of a type, as lyncops writes its values: attrs classes, typed dictionaries,
enumerations and what they are made of.

Libraries that make schemas write durations as text and know no attrs classes; the two ways in which
lyncops turns values into JSON (`lyncops.views.json_values`, and cattrs for what is read back) are
described by a `Dialect`.
"""

from __future__ import annotations

import enum
import inspect
import types
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import (
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import attrs

from lyncops.values import DotNetVersion, Fqdn, JsonValue, ServiceId, SiteName, Unread

Schema = dict[str, Any]
_TEXTS = (str, Fqdn, SiteName, ServiceId, DotNetVersion)
_PLAIN: Mapping[object, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    types.NoneType: {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    timedelta: {"type": "number", "description": "seconds"},
    object: {},
    Any: {},
    JsonValue: {},
    **{text: {"type": "string"} for text in _TEXTS},
}


@attrs.frozen(slots=True)
class Dialect:
    """How values become JSON.

    `tagged`: classes that carry their name under `is`. `left_out`: fields that may be missing.
    `added`: what an object has besides its fields. `whole`: the schema of a type that is known
    otherwise. `instead`: the type that stands for one.
    """

    for_reading_back: bool = False
    tagged: frozenset[type] = frozenset()
    left_out: Mapping[type, frozenset[str]] = attrs.field(factory=dict[type, frozenset[str]])
    added: Mapping[type, Schema] = attrs.field(factory=dict[type, Schema])
    whole: Mapping[object, Schema] = attrs.field(factory=dict[object, Schema])
    instead: Mapping[object, object] = attrs.field(factory=dict[object, object])


@attrs.define(slots=True)
class Schemas:
    """Makes schemas in one dialect; what they share is kept in `definitions`."""

    dialect: Dialect = attrs.field(factory=Dialect)
    definitions: dict[str, Schema] = attrs.field(factory=dict[str, Schema], init=False)

    def of(self, kind: object) -> Schema:
        """The schema of a type.

        Raises:
            TypeError: nothing is known of that type.
        """
        if kind in self.dialect.whole:
            return self.dialect.whole[kind]
        kind = self.dialect.instead.get(kind, kind)
        if kind in _PLAIN:
            return dict(_PLAIN[kind])
        if isinstance(kind, TypeVar):
            return {}
        origin = get_origin(kind)
        if origin is None:
            return self._named(cast("type[object]", kind))
        return self._composed(kind, origin)

    def _composed(self, kind: object, origin: object) -> Schema:
        arguments = get_args(kind)
        if origin is Union or origin is types.UnionType:
            found = [self.of(each) for each in arguments]
            return {"anyOf": [one for at, one in enumerate(found) if one not in found[:at]]}
        if origin is Literal:
            return {"enum": list(arguments)}
        if not inspect.isclass(origin):
            raise TypeError(f"no schema is known for {kind!r}")
        if issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        if issubclass(origin, Sequence | AbstractSet):
            if origin is tuple and arguments[-1] is not Ellipsis:
                return {"type": "array", "prefixItems": [self.of(each) for each in arguments]}
            return {"type": "array", "items": self.of(arguments[0])}
        return self.of(origin)

    def _named(self, kind: type[object]) -> Schema:
        name = kind.__name__
        if name not in self.definitions:
            self.definitions[name] = {}  # it may mention itself
            self.definitions[name] = self._definition(kind)
        return {"$ref": f"#/$defs/{name}"}

    def _definition(self, kind: type[object]) -> Schema:
        if issubclass(kind, enum.Enum):
            return {**_about(kind), "enum": [member.value for member in kind]}
        if kind is Unread:
            return self._unread()
        if attrs.has(kind):
            return self._of_attrs(kind)
        return self._of_dictionary(kind)

    def _of_dictionary(self, kind: object) -> Schema:
        if not is_typeddict(cast("type", kind)):
            raise TypeError(f"no schema is known for {kind!r}")
        hints = get_type_hints(kind)
        return _object(_about(kind), {name: self.of(each) for name, each in hints.items()})

    def _unread(self) -> Schema:
        properties: dict[str, Schema] = {"unread": {"type": "string"}, "reason": {"type": "string"}}
        if self.dialect.for_reading_back:
            properties["asked"] = {"type": "boolean"}
        return _object(_about(Unread), properties)

    def _of_attrs(self, kind: type[attrs.AttrsInstance]) -> Schema:
        hints = get_type_hints(kind)
        fields = attrs.fields(kind)
        back = self.dialect.for_reading_back
        names = {
            each.name: each.name if back else each.name.strip("_")
            for each in fields
            if each.init or not back
        }
        properties = {shown: self.of(hints[name]) for name, shown in names.items()}
        if kind in self.dialect.tagged:
            properties = {"is": {"const": kind.__name__}, **properties}
        properties = {**self.dialect.added.get(kind, {}), **properties}
        return _object(_about(kind), properties, left_out=self.dialect.left_out.get(kind))


def _about(kind: object) -> Schema:
    doc = inspect.getdoc(kind) or ""
    return {"description": " ".join(doc.partition("\n\n")[0].split())} if doc else {}


def _object(
    about: Schema, properties: dict[str, Schema], *, left_out: frozenset[str] | None = None
) -> Schema:
    return {
        **about,
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in (left_out or ())],
        "additionalProperties": False,
    }


def document(title: str, kind: object, dialect: Dialect) -> Schema:
    """The whole schema of an answer, with everything that it refers to."""
    made = Schemas(dialect)
    root = made.of(kind)
    if set(root) == {"$ref"}:
        root = made.definitions.pop(root["$ref"].rpartition("/")[2])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **root,
        **({"$defs": dict(sorted(made.definitions.items()))} if made.definitions else {}),
    }
