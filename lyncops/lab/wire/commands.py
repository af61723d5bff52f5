"""CREATE_PIPELINE read: the statements that a client asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import attrs

from lyncops.lab.interface import Argument, Invocation
from lyncops.lab.wire.clixml import MalformedClixmlError, read
from lyncops.values import RemoteObject


@attrs.frozen(slots=True, kw_only=True)
class Pipeline:
    """What a client asks for: statements that run in order, each a pipe of one or more commands."""

    statements: tuple[tuple[Invocation, ...], ...]
    has_host: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all commands, in order."""
        return tuple(one.name for statement in self.statements for one in statement)


def _object(value: object, what: str) -> RemoteObject:
    if not isinstance(value, RemoteObject):
        raise MalformedClixmlError(f"{what} is missing.")
    return value


def _objects(value: object, what: str) -> tuple[RemoteObject, ...]:
    if not isinstance(value, list):
        raise MalformedClixmlError(f"{what} is missing.")
    return tuple(_object(item, what) for item in cast("list[object]", value))


def _argument(value: RemoteObject) -> Argument:
    name, given = value.get("N"), value.get("V")
    if not isinstance(name, str):
        return Argument(None, given)
    # "-Force" without a value is a bare switch; "Force" with a null value is a null (PowerShell's
    # CommandParameter).
    bare = name.startswith("-") and given is None
    return Argument(name.removeprefix("-"), True if bare else given)


def _invocation(value: RemoteObject) -> Invocation:
    name = value.get("Cmd")
    if not isinstance(name, str) or not name:
        raise MalformedClixmlError("The name of a command is missing.")
    arguments = tuple(
        _argument(one) for one in _objects(value.get("Args"), "The list of arguments")
    )
    return Invocation(name, arguments, is_script=value.get("IsScript") is True)


def _statement(value: RemoteObject) -> tuple[Invocation, ...]:
    commands = tuple(
        _invocation(one) for one in _objects(value.get("Cmds"), "The list of commands")
    )
    if not commands:
        raise MalformedClixmlError("A statement has no command.")
    return commands


def parse_pipeline(data: bytes) -> Pipeline:
    """Read CREATE_PIPELINE.

    Raises:
        MalformedClixmlError: it is not one.
    """
    message = _object(read(data), "The pipeline")
    shell = _object(message.get("PowerShell"), "The pipeline's PowerShell")
    extra = shell.get("ExtraCmds")
    statements = (
        [_statement(one) for one in _objects(extra, "The list of statements")]
        if extra
        else [_statement(shell)]
    )
    host = message.get("HostInfo")
    flags: Mapping[str, object] = host.properties if isinstance(host, RemoteObject) else {}
    has_host = flags.get("_isHostNull") is False and flags.get("_isHostUINull") is False
    return Pipeline(statements=tuple(statements), has_host=has_host)
