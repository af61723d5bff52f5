"""Reading a scenario from TOML, strictly: every mistake names the file, the field and the cure."""

from __future__ import annotations

import difflib
import enum
import importlib.resources
import re
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar, cast

import attrs

from lyncops.errors import InvalidValueError, ScenarioError
from lyncops.lab.scenarios.checks import check
from lyncops.lab.scenarios.scenario import PoolSpec, Scenario, ServiceSpec, SiteSpec, StoreSpec
from lyncops.values import Fqdn

_DURATION: Final = re.compile(r"(\d+)\s*(s|m|h)")
_UNITS: Final[Mapping[str, str]] = {"s": "seconds", "m": "minutes", "h": "hours"}
_TABLES: Final = ("scenario", "site", "pool", "service", "central_management", "faults", "shapes")
T = TypeVar("T")


def scenario_names() -> tuple[str, ...]:
    """The scenarios that come with lyncops."""
    folder = importlib.resources.files("lyncops.lab.scenarios")
    return tuple(
        sorted(
            entry.name.removesuffix(".toml")
            for entry in folder.iterdir()
            if entry.name.endswith(".toml")
        )
    )


def load_scenario(source: str | Path) -> Scenario:
    """Read the scenario of that name, or the TOML file at that path.

    Raises:
        ScenarioError: there is no such scenario, or it is no valid TOML, has unknown or ill-typed
            fields, or contradicts itself.
    """
    if str(source) in scenario_names():
        text = (
            importlib.resources.files("lyncops.lab.scenarios")
            .joinpath(f"{source}.toml")
            .read_text("utf-8")
        )
        return parse_scenario(text, f"{source}.toml")
    path = Path(source)
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        names = ", ".join(scenario_names())
        raise ScenarioError(
            f"There is no scenario {str(source)!r}: {error}.",
            remedy=f"Name a TOML file or one of: {names}.",
        ) from error
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{path} is not UTF-8 text.", remedy="Save the file as UTF-8."
        ) from error
    return parse_scenario(text, str(path))


def parse_scenario(text: str, file: str) -> Scenario:
    """Read a scenario from the text of `file` (its name serves messages only).

    Raises:
        ScenarioError: as `load_scenario`.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(
            f"{file} is not valid TOML: {error}.", remedy="Correct the syntax at that place."
        ) from error
    _known(document, _TABLES, file, "")
    head = _table(document, "scenario", file)
    _known(
        head,
        ("name", "version", "description", "domain", "start", "sync_interval"),
        file,
        "scenario.",
    )
    values = {
        "name": Path(file).stem,
        **head,
        "sites": tuple(
            _structure(SiteSpec, t, file, f"site[{i}].")
            for i, t in enumerate(_tables(document, "site", file), 1)
        ),
        "pools": tuple(
            _structure(PoolSpec, t, file, f"pool[{i}].")
            for i, t in enumerate(_tables(document, "pool", file), 1)
        ),
        "services": tuple(
            _structure(ServiceSpec, t, file, f"service[{i}].")
            for i, t in enumerate(_tables(document, "service", file), 1)
        ),
        "central_management": _structure(
            StoreSpec, _table(document, "central_management", file), file, "central_management."
        ),
        "faults": _table(document, "faults", file),
        "shapes": _table(document, "shapes", file),
    }
    scenario = _structure(Scenario, values, file, "scenario.")
    check(scenario, file)
    return scenario


def _table(document: Mapping[str, object], name: str, file: str) -> dict[str, object]:
    value = document.get(name, {})
    if not isinstance(value, dict):
        raise ScenarioError(f"{file}: {name} is not a table.", remedy=f"Write it as [{name}].")
    return cast("dict[str, object]", value)


def _tables(document: Mapping[str, object], name: str, file: str) -> list[dict[str, object]]:
    value = document.get(name, [])
    if not isinstance(value, list) or not all(
        isinstance(item, dict) for item in cast("list[object]", value)
    ):
        raise ScenarioError(
            f"{file}: {name} is not a list of tables.", remedy=f"Write each as [[{name}]]."
        )
    return cast("list[dict[str, object]]", value)


def _known(table: Mapping[str, object], names: Sequence[str], file: str, where: str) -> None:
    for key in table:
        if key not in names:
            near = difflib.get_close_matches(key, names, 1)
            cure = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(names)}."
            raise ScenarioError(f"{file}: unknown field {where}{key}.", remedy=cure)


def _structure(cls: type[T], table: Mapping[str, object], file: str, where: str) -> T:
    fields = {field.name: field for field in attrs.fields(cast("type[attrs.AttrsInstance]", cls))}
    _known(table, tuple(fields), file, where)
    hints = typing.get_type_hints(cls)
    for name, field in fields.items():
        if field.default is attrs.NOTHING and name not in table:
            raise ScenarioError(f"{file}: {where}{name} is missing.", remedy=f"Add {name}.")
    return cls(
        **{
            key: _convert(value, hints[key], f"{file}: {where}{key}")
            for key, value in table.items()
        }
    )


def _convert(value: object, hint: object, where: str) -> object:
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if origin is types.UnionType:  # only X | None occurs
        return _convert(value, arguments[0], where)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise ScenarioError(f"{where} is not a list.", remedy="Write it in square brackets.")
        return tuple(
            _convert(item, arguments[0], where) for item in cast("Sequence[object]", value)
        )
    if origin is not None:  # Mapping: faults and shapes are judged where they are used
        return value
    return _convert_scalar(value, cast("type[object]", hint), where)


def _convert_scalar(value: object, kind: type[object], where: str) -> object:
    if kind is Fqdn:
        try:
            return Fqdn(str(value))
        except InvalidValueError as error:
            raise ScenarioError(f"{where}: {error.what}", remedy=error.remedy) from error
    if issubclass(kind, enum.Enum):
        known = [str(member.value) for member in kind]
        if value not in known:
            raise ScenarioError(
                f"{where} is {value!r}.", remedy=f"Write one of: {', '.join(known)}."
            )
        return kind(value)
    if kind is timedelta:
        return _duration(value, where)
    if kind is datetime and isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        wanted = {
            "str": "a text",
            "int": "a whole number",
            "bool": "true or false",
            "datetime": "a date and time",
        }
        raise ScenarioError(
            f"{where} is {value!r}.", remedy=f"Write {wanted.get(kind.__name__, kind.__name__)}."
        )
    return value


def _duration(value: object, where: str) -> timedelta:
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ScenarioError(
            f"{where} is {value!r}.", remedy='Write a duration, for example "30s", "5m" or "1h".'
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
