"""Runs cmdlets straight on the lab's model, without a wire: fast enough for thousands of invented
deployments.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import TypeVar, cast

import attrs

from lyncops.cmdlets.base import Cmdlet, NoOutput
from lyncops.errors import EndpointError, InvalidValueError
from lyncops.lab.interface import (
    Argument,
    Caller,
    ErrorDetail,
    Invocation,
    MachineDiedError,
    Session,
    TerminatingError,
)
from lyncops.lab.simulation import Simulation
from lyncops.remoting.execution import BeforeSend, CommandAddress, Execution, Sending
from lyncops.remoting.psrp.streams import Cause, ErrorRecord, StreamKind, StreamRecord
from lyncops.values import ANYWHERE, Anywhere, Effect, Fqdn, OnMachine, OnPool, Outcome, Place

R = TypeVar("R")
OnRecord = Callable[[StreamRecord], None]


@attrs.define
class ModelClock:
    """The client's clock is the lab's: sleeping moves the lab's time."""

    world: Simulation

    def now(self) -> datetime:
        """What time the lab has."""
        return self.world.now()

    def sleep(self, duration: timedelta) -> None:
        """Let that much time pass."""
        self.world.clock.sleep(duration)


@attrs.define
class _Sink:
    """What a cmdlet wrote."""

    on_record: OnRecord | None
    outputs: list[object] = attrs.field(factory=list[object])
    errors: list[ErrorRecord] = attrs.field(factory=list[ErrorRecord])
    records: list[StreamRecord] = attrs.field(factory=list[StreamRecord])

    def _record(self, kind: StreamKind, text: str, percent: int | None = None) -> None:
        record = StreamRecord(kind=kind, text=text, percent=percent)
        self.records.append(record)
        if self.on_record is not None:
            self.on_record(record)

    def output(self, item: object) -> None:
        self.outputs.append(item)

    def error(self, detail: ErrorDetail) -> None:
        self.failed(detail, terminating=False)

    def failed(self, detail: ErrorDetail, *, terminating: bool) -> None:
        self.errors.append(
            ErrorRecord(
                message=detail.message,
                category=detail.category,
                fully_qualified_error_id=detail.error_id,
                target=detail.target or "",
                causes=tuple(_causes(detail)),
                exception_type=detail.exception_type,
                terminating=terminating,
            )
        )
        self._record(StreamKind.ERROR, detail.message)

    def warning(self, text: str) -> None:
        self._record(StreamKind.WARNING, text)

    def verbose(self, text: str) -> None:
        self._record(StreamKind.VERBOSE, text)

    def debug(self, text: str) -> None:
        self._record(StreamKind.DEBUG, text)

    def information(self, text: str) -> None:
        self._record(StreamKind.INFORMATION, text)

    def progress(self, activity: str, status: str, percent: int) -> None:
        self._record(StreamKind.PROGRESS, f"{activity}: {status}", percent)


def _causes(detail: ErrorDetail) -> Iterator[Cause]:
    yield Cause(message=detail.message, exception_type=detail.exception_type)
    inner = detail.inner
    while inner is not None:
        yield Cause(message=inner.message, exception_type=inner.type_name, code=inner.native_code)
        inner = inner.inner


@attrs.define
class ModelSessions:
    """CmdletRunner on a world.

    `edge_endpoints` says whether Edge servers have endpoints of their own.
    """

    world: Simulation
    edge_endpoints: bool = True
    requests: list[Cmdlet[object]] = attrs.field(factory=list[Cmdlet[object]])
    _ended: dict[str, Execution[object]] = attrs.field(factory=dict[str, Execution[object]])
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def run(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: OnRecord | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        """Run it on the first machine that is up and fits `place`; a machine that dies on the way
        leaves the outcome unknown.
        """
        del deadline
        machine = self._choose(place)
        with self._lock:
            self.requests.append(cast("Cmdlet[object]", cmdlet))
            number = str(len(self.requests))
        address = CommandAddress(
            endpoint=f"model://{machine}",
            session_id="model",
            shell_id="model",
            command_id=number,
            resource_uri="model",
        )
        fence = before_send(Sending(address=address)) if before_send is not None else None
        if fence is not None:
            fence()
        execution = self._invoke(machine, cmdlet, address, on_record)
        self._ended[number] = cast("Execution[object]", execution)
        return execution

    def session(self, caller: Caller) -> Session:
        """What a command runs in."""
        return Session(caller=caller, modules={"Lync", "SkypeForBusiness"})

    def _invoke(
        self, machine: Fqdn, cmdlet: Cmdlet[R], address: CommandAddress, on_record: OnRecord | None
    ) -> Execution[R]:
        started, sink = self.world.now(), _Sink(on_record)
        session = self.session(attrs.evolve(self.world.caller, delegated=True))
        statement = [
            Invocation(name, tuple(Argument(each, value) for each, value in arguments.items()))
            for name, arguments in cmdlet.commands()
        ]
        outcome, reason = Outcome.SUCCEEDED, ""
        try:
            self.world.machine(machine).run(statement, session, sink)
        except TerminatingError as error:
            sink.failed(error.detail, terminating=True)
        except MachineDiedError as error:
            outcome, reason = Outcome.UNKNOWN, f"the connection to {error} was lost"
        if sink.errors and outcome is Outcome.SUCCEEDED:
            outcome = Outcome.FAILED
        raw = tuple(sink.outputs)
        decoded = (cmdlet.decode(item) for item in raw)
        return Execution(
            cmdlet=cmdlet,
            outcome=outcome,
            started=started,
            ended=self.world.now(),
            output=tuple(item for item in decoded if not isinstance(item, NoOutput)),
            raw=raw,
            errors=tuple(sink.errors),
            records=tuple(sink.records),
            reason=reason,
            address=address,
            endpoint=address.endpoint,
        )

    def _choose(self, place: Place) -> Fqdn:
        up = [
            fqdn
            for fqdn, machine in self.world.machines.items()
            if not machine.is_down and not machine.is_hung
        ]
        edges = {fqdn for fqdn in up if self.world.machines[fqdn].kind.value == "edge"}
        for fqdn in self._in_order(
            place, [fqdn for fqdn in up if fqdn not in edges or isinstance(place, OnMachine)]
        ):
            if fqdn not in edges or self.edge_endpoints:
                return fqdn
        raise EndpointError(
            f"No endpoint of {place} could be reached.", remedy="Look whether it runs."
        )

    def _in_order(self, place: Place, machines: Iterable[Fqdn]) -> list[Fqdn]:
        pool_of = {fqdn: self.world.machines[fqdn].pool for fqdn in machines}
        match place:
            case OnMachine(machine):
                return [fqdn for fqdn in pool_of if fqdn == machine]
            case OnPool(pool):
                return [fqdn for fqdn in pool_of if pool_of[fqdn] == pool]
            case Anywhere(prefer, avoid):
                return sorted(
                    pool_of, key=lambda fqdn: (pool_of[fqdn] == avoid, pool_of[fqdn] != prefer)
                )

    def submit(
        self, cmdlet: Cmdlet[R], *, place: Place = ANYWHERE, deadline: timedelta | None = None
    ) -> Future[Execution[R]]:
        """Run a READ cmdlet at once: the model is fast, and its time does not pass by itself."""
        if cmdlet.effect is Effect.CHANGE:
            raise InvalidValueError(f"{cmdlet.NAME} changes something.", remedy="Use run.")
        future = Future[Execution[R]]()
        try:
            future.set_result(self.run(cmdlet, place=place, deadline=deadline))
        except EndpointError as error:
            future.set_exception(error)
        return future

    def collect(
        self,
        address: CommandAddress,
        cmdlet: Cmdlet[R],
        *,
        deadline: timedelta | None = None,
        on_record: OnRecord | None = None,
    ) -> Execution[R]:
        """The outcome of a command: what `run` said; of one that never came, no other process can
        prove that.
        """
        del deadline, on_record
        known = self._ended.get(address.command_id)
        if known is not None:
            return cast("Execution[R]", known)
        now = self.world.now()
        reason = "the server has nothing to say about it"
        return Execution(
            cmdlet=cmdlet,
            outcome=Outcome.UNKNOWN,
            started=now,
            ended=now,
            reason=reason,
            address=address,
        )

    def forget(self, address: CommandAddress) -> None:
        """A command whose end is recorded is never reattached."""
        self._ended.pop(address.command_id, None)

    def close(self) -> None:
        """Nothing to let go."""
