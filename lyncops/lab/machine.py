"""A machine of the lab: takes invocations, decides whether the cmdlet exists for the caller, binds,
and runs its semantics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NoReturn

from lyncops.lab.cmdlets import causes, placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.rbac import allows
from lyncops.lab.cmdlets.registry import Changer, Handler, Opens, Store
from lyncops.lab.cmdlets.table import HANDLERS
from lyncops.lab.interface import ErrorDetail, Invocation, Session, Sink, TerminatingError
from lyncops.lab.model.progress import settle
from lyncops.lab.model.state import MachineState, Power
from lyncops.lab.model.world import World
from lyncops.lab.parameters.binding import Bound, bind
from lyncops.lab.parameters.catalogue import CmdletSpec, catalogue, find
from lyncops.lab.powershell.commands import LISTING
from lyncops.lab.powershell.pipe import run_pipe
from lyncops.lab.powershell.specs import CMDLETS, PROXIES
from lyncops.lab.powershell.streams import SerialisingSink
from lyncops.lab.scenarios.scenario import Kind, Product
from lyncops.values import Fqdn

_FAILOVER: Final = ("invoke-cspoolfailover", "invoke-cspoolfailback")
_RUNSPACES_PER_SESSION: Final = 10
"""How many more runspaces start in the time that a session takes: measured with PowerShell 7.6, 0.1
against 1 s."""
# Facts page 1.3, 6.2: these have a switch to read the machine's own copy; the binder knows which.
_LOCAL: Final = "LocalStore"


class Machine:
    """A machine as the wire sees it; implements `SimulatedMachine`."""

    def __init__(self, world: World, state: MachineState) -> None:
        self._world = world
        self._state = state

    @property
    def fqdn(self) -> Fqdn:
        """Its name."""
        return self._state.fqdn

    @property
    def pool(self) -> Fqdn:
        """The pool that it belongs to."""
        return self._state.pool

    @property
    def kind(self) -> Kind:
        """What its pool is."""
        return self._world.pools[self._state.pool].kind

    @property
    def product(self) -> Product:
        """The product that runs on it."""
        return self._world.version_of(self._state.fqdn)

    @property
    def files(self) -> dict[str, object]:
        """What cmdlets wrote to its disk, by path in lower case."""
        return self._state.files

    @property
    def is_down(self) -> bool:
        """Crashed: the wire must refuse or cut connections."""
        return self._state.power is Power.DOWN

    @property
    def is_hung(self) -> bool:
        """Hung: the wire accepts connections and never answers."""
        return self._state.power is Power.HUNG

    def start_runspace(self, *, is_first: bool) -> None:
        """Let the time pass that a session takes to start, or one more runspace in it."""
        cost = self._world.switches.session_cost
        self._world.clock.sleep(cost if is_first else cost / _RUNSPACES_PER_SESSION)

    def run(self, statement: Sequence[Invocation], session: Session, sink: Sink) -> None:
        """Run the commands of one statement; see `SimulatedMachine.run`."""
        if any(one.is_script for one in statement):
            # The text is real: the lab takes no script text, as a no-language endpoint does not.
            _refuse(
                "The syntax is not supported by this runspace. This can occur if the runspace is in"
                " no-language mode.",
                "ScriptsNotAllowed",
                "System.Management.Automation.PSNotSupportedException",
            )
        if self._world.latency:
            session.stopped.wait(self._world.latency)
        # PowerShell looks up all commands, then binds their arguments, before the first one begins.
        specs = [self._find(one.name, session) for one in statement]
        if any("-Cs" in spec.name for spec in specs):
            session.modules.add(self.module)  # where it was not there, it has just loaded by itself
        version = self.product.value
        bounds = [
            bind(spec, one.arguments, version, piped=number > 0)
            for number, (spec, one) in enumerate(zip(specs, statement, strict=True))
        ]
        run_pipe(_Commands(self, session), bounds, SerialisingSink(sink, self._world.switches))

    @property
    def module(self) -> str:
        """The module of the cmdlets of its product."""
        return self.product.module

    def offered(self, session: Session) -> tuple[str, ...]:
        """The commands that exist in a session."""
        return tuple(spec.name for spec in self.commands(session))

    def commands(self, session: Session) -> Iterator[CmdletSpec]:
        """What can be called in a session."""
        yield from (PROXIES if session.restricted or session.caller.ocs else CMDLETS).values()
        yield from (spec for spec in catalogue().values() if self._exists(spec, session))

    def _find(self, name: str, session: Session) -> CmdletSpec:
        own = name.rpartition("\\")[2].casefold()
        restricted = session.restricted or session.caller.ocs
        kept = (PROXIES if restricted else CMDLETS).get(own) or find(own, self.product.value)
        if kept is None or ("-Cs" in kept.name and not self._exists(kept, session)):
            # PowerShell's own text.
            _refuse(
                f"The term '{name}' is not recognized as the name of a cmdlet, function, script"
                " file, or operable program. Check the spelling of the name, or if a path was"
                " included, verify that the path is correct and try again.",
                "CommandNotFoundException",
                "System.Management.Automation.CommandNotFoundException",
                category="ObjectNotFound",
                target=name,
            )
        return kept

    def _exists(self, spec: CmdletSpec, session: Session) -> bool:
        """Whether a session has a cmdlet of Lync."""
        if self.product.value not in spec.versions or spec.name.casefold() in session.hidden:
            return False
        if session.caller.ocs:
            hidden = (
                spec.name.casefold() in _FAILOVER and not self._world.switches.failover_over_ocs
            )
            return allows(session.caller.groups, spec.name) and not hidden
        loaded = self.product.module.casefold() in {m.casefold() for m in session.modules}
        return session.restricted or loaded or self._world.switches.autoload_modules

    def call(self, bound: Bound, session: Session, sink: Sink) -> Call:
        """A command that is about to run on this machine."""
        return Call(self._world, self._state, bound, session, sink)

    # Cs cmdlets.

    def run_cmdlet(self, bound: Bound, session: Session, sink: Sink) -> None:
        """Run one of Lync's cmdlets, completely bound."""
        call = self.call(bound, session, sink)
        handler = HANDLERS.get(bound.spec.name.casefold())
        if handler is None:
            call.fail(
                placeholders.NOT_SIMULATED.format(cmdlet=bound.spec.name), category="NotImplemented"
            )
        with self._world.lock:
            settle(self._world)
            self._check_admission(call, handler)
        if handler.reader is not None:
            with self._world.lock:
                items = list(handler.reader(call))
            for item in items:
                call.check_stopped()
                sink.output(item)
        elif handler.changer is not None:
            self._run_change(call, handler.changer, has_report=bound.spec.has("Report"))

    def _run_change(self, call: Call, changer: Changer, *, has_report: bool) -> None:
        terminating: str | None = None
        try:
            changer(call)
            if has_report and self._world.faults.report_with_errors and not call.flag("WhatIf"):
                # Real words (fact: report-files); the run goes on, so the error is not terminating.
                call.error(
                    "Failed to start service. Cannot start service RTCMEDIARELAY on computer"
                    f" '{self.fqdn}'."
                )
        except TerminatingError as error:
            terminating = error.detail.message
            raise
        finally:
            if has_report and self._state.is_up:
                call.write_report(terminating)

    def _check_admission(self, call: Call, handler: Handler) -> None:
        caller = call.session.caller
        denied = self._world.faults.denied
        if handler.admins:
            call.require_group()
        if handler.locally and caller.ocs:
            call.fail(placeholders.REMOTE_NOT_ALLOWED.format(cmdlet=call.name))
        if call.name in denied or "*" in denied:
            message = placeholders.ACCESS_DENIED.format(
                user=caller.user, group="RTCUniversalServerAdmins"
            )
            call.fail(
                message, category="PermissionDenied", exception="System.UnauthorizedAccessException"
            )
        local = call.flag(_LOCAL)
        if self.kind is Kind.EDGE and not handler.on_edge and not local:
            call.fail(placeholders.STORE_NOT_FROM_EDGE, category="ConnectionError")
        if not (handler.opens is Opens.STORE and local):
            self._check_double_hop(call, handler)
        self._check_store(call, handler, local=local)

    def _check_double_hop(self, call: Call, handler: Handler) -> None:
        """A token that was not delegated opens nothing on another machine; what runs on this one,
        as the SQL Express of Standard Edition, it does.

        A SQL Server that does not answer is not even logged on to: the cmdlet says that itself.
        """
        if not self._world.switches.enforce_double_hop or call.session.caller.may_hop:
            return
        server, answers = self._server(call, handler.opens)
        if server in {None, self.fqdn} or (handler.reader is not None and not answers):
            return
        message = placeholders.DOUBLE_HOP.format(resource=handler.opens.value)
        call.fail(message, category="AuthenticationError", inner=causes.anonymous_logon())

    def _server(self, call: Call, opens: Opens) -> tuple[str | None, bool]:
        """The machine that holds what is opened, None for nothing; and whether it answers."""
        world = self._world
        match opens:
            case Opens.NOTHING:
                return None, True
            case Opens.STORE:
                holder = world.pools[world.store.point]
                return world.principal(holder, "CentralMgmt"), world.store_readable
            case Opens.DATABASES:
                named = call.text("PoolFqdn") or call.text("RegistrarPool")
                pool = world.pools.get(Fqdn(named.casefold()))
                return ("", True) if pool is None else (pool.sql_server, world.has_sql(pool))
            case Opens.DIRECTORY:
                return "", True

    def _check_store(self, call: Call, handler: Handler, *, local: bool) -> None:
        if handler.store is Store.NONE or (handler.store is Store.READ and local):
            return
        if not self._world.store_readable:
            server = self._world.principal(
                self._world.pools[self._world.store.point], "CentralMgmt"
            )
            message = placeholders.STORE_NOT_READABLE.format(server=server)
            call.fail(
                message, category="ConnectionError", target=server, inner=causes.no_sql_server()
            )
        if handler.store is Store.WRITE and not self._world.store_writable:
            call.fail(placeholders.STORE_READ_ONLY)


class _Commands:
    """A machine's commands in one session, for the pipe."""

    def __init__(self, machine: Machine, session: Session) -> None:
        self._machine = machine
        self._session = session
        self.version = machine.product.value
        self.module = machine.module

    def commands(self) -> Iterator[CmdletSpec]:
        """What can be called in this session."""
        return self._machine.commands(self._session)

    def call(self, bound: Bound, sink: Sink) -> Call:
        """A command that is about to run."""
        return self._machine.call(bound, self._session, sink)

    def run(self, bound: Bound, sink: Sink) -> None:
        """Run one command that is completely bound."""
        listing = LISTING.get(bound.spec.name.casefold())
        if listing is None:
            self._machine.run_cmdlet(bound, self._session, sink)
        else:
            listing(self.call(bound, sink), self)


def _refuse(
    message: str,
    error_id: str,
    exception: str,
    *,
    category: str = "ParserError",
    target: str | None = None,
) -> NoReturn:
    raise TerminatingError(
        ErrorDetail(
            message=message,
            category=category,
            error_id=error_id,
            exception_type=exception,
            target=target,
            activity="",
        )
    )
