"""Any value of lyncops as what JSON can say: the shape that `--json` prints."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import cast

import attrs

from lyncops.checks.result import CheckResult
from lyncops.values import DotNetVersion, JsonValue, ServiceId, Unread
from lyncops.views.see import see_check


def to_json(value: object) -> JsonValue:
    """Turn `value` into plain JSON values.

    Enums become their value, times ISO 8601, durations seconds, what could not be read `{"unread":
    WHAT, "reason": WHY}`, attrs values objects with the fields' names, and everything else its
    text. A check has besides, in `see`, where the documentation says more about it.
    """
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case enum.Enum():
            return to_json(cast("object", value.value))
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Unread():
            return {"unread": value.what, "reason": value.reason}
        case Mapping():
            items = cast("Mapping[object, object]", value)
            return {str(key): to_json(item) for key, item in items.items()}
        case frozenset() | set():
            return sorted((to_json(item) for item in cast("Iterable[object]", value)), key=str)
        case tuple() | list():
            return [to_json(item) for item in cast("Iterable[object]", value)]
        case _:
            return _fields_of(value)


def _fields_of(value: object) -> JsonValue:
    if isinstance(value, DotNetVersion | ServiceId) or not attrs.has(type(value)):
        return str(value)
    fields = attrs.fields(cast("type[attrs.AttrsInstance]", type(value)))
    told = {field.name.strip("_"): to_json(getattr(value, field.name)) for field in fields}
    return told | ({"see": see_check(value.check_id)} if isinstance(value, CheckResult) else {})
