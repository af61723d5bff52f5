"""The commands of one statement, each fed by the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import attrs

from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.shapes import text_of_object
from lyncops.lab.interface import Sink
from lyncops.lab.parameters.binding import Bound
from lyncops.lab.parameters.piped import InputNotBoundError, bind_input
from lyncops.lab.powershell.collecting import COLLECTING, Collector, EnoughError
from lyncops.lab.powershell.specs import CMDLETS
from lyncops.lab.powershell.streams import PassingSink
from lyncops.values import RemoteObject

_INPUT: Final = "InputObject"


class Commands(Protocol):
    """What runs the commands of a session."""

    version: str

    def call(self, bound: Bound, sink: Sink) -> Call:
        """A command that is about to run."""
        ...

    def run(self, bound: Bound, sink: Sink) -> None:
        """Run one command that is completely bound."""
        ...


class _Feed(PassingSink):
    """Hands objects to the next command, and everything else to the client."""

    def __init__(self, to: Sink, stage: Collector) -> None:
        super().__init__(to)
        self._stage = stage

    def output(self, item: object) -> None:
        self._stage.take(item)


@attrs.define(eq=False)
class _Stage:
    """A command that is fed: it runs for each object that it can take, or collects them."""

    commands: Commands
    bound: Bound
    sink: Sink
    collector: Collector | None = None

    def take(self, item: object) -> None:
        try:
            bound = bind_input(self.bound, item, self.commands.version)
        except InputNotBoundError as error:
            self.commands.call(self.bound, self.sink).error(
                str(error),
                category="InvalidArgument",
                target=text_of_object(item) if isinstance(item, RemoteObject) else str(item),
                exception="System.Management.Automation.ParameterBindingException",
                error_id=error.error_id,
            )
            return
        if self.collector is None:
            self.commands.run(bound, self.sink)
        else:
            self.collector.take(item)

    def end(self) -> None:
        if self.collector is not None:
            self.collector.end()


def run_pipe(commands: Commands, bounds: Sequence[Bound], sink: Sink) -> None:
    """Run commands whose arguments are bound; what the last one writes goes to `sink`, the other
    streams of all of them too.
    """
    to, stages = sink, list[_Stage]()
    for bound in reversed(bounds[1:]):
        stage = _Stage(commands, bound, to, _collector(commands, bound, to))
        stages.insert(0, stage)
        to = _Feed(sink, stage)
    ended = 0
    try:
        _run_first(commands, bounds[0], to)
    except EnoughError as enough:
        ended = next(
            (number for number, one in enumerate(stages) if one.collector is enough.collector), 0
        )
    for stage in stages[ended:]:
        stage.end()


def _collector(commands: Commands, bound: Bound, sink: Sink) -> Collector | None:
    """The collector that a command is, named in its errors as the cmdlet that a proxy hides."""
    folded = bound.spec.name.casefold()
    make = COLLECTING.get(folded)
    return None if make is None else make(commands.call(_unveiled(bound), sink))


def _unveiled(bound: Bound) -> Bound:
    own = CMDLETS.get(bound.spec.name.casefold())
    return (
        bound
        if own is None
        else attrs.evolve(bound, spec=attrs.evolve(bound.spec, class_name=own.class_name))
    )


def _run_first(commands: Commands, bound: Bound, to: Sink) -> None:
    collector = _collector(commands, bound, to)
    if collector is None:
        commands.run(_unveiled(bound), to)
        return
    try:
        if _INPUT in bound.values:
            collector.take(bound.values[_INPUT])
    except EnoughError as enough:
        if enough.collector is not collector:
            raise
    collector.end()
