"""A machine of the lab: takes invocations, decides whether the cmdlet exists for the caller, binds, and runs its semantics."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, NoReturn, cast

from lyncops.lab import invented
from lyncops.lab.binding import Bound, bind
from lyncops.lab.call import Call
from lyncops.lab.catalogue import CmdletSpec, catalogue, find
from lyncops.lab.interface import Caller, ErrorDetail, Invocation, Session, Sink, TerminatingError
from lyncops.lab.rbac import allows
from lyncops.lab.registry import HANDLERS, Changer, Handler, Store
from lyncops.lab.scenario import Kind, Product
from lyncops.lab.state import MachineState, Power
from lyncops.lab.streams import SerialisingSink
from lyncops.values import Fqdn, RemoteObject

if TYPE_CHECKING:
    from lyncops.lab.world import World

_BASE: Final = ("import-module", "get-module", "get-command")
_FAILOVER: Final = ("invoke-cspoolfailover", "invoke-cspoolfailback")
_RUNSPACES_PER_SESSION: Final = 10
"""How many more runspaces start in the time that a session takes: measured with PowerShell 7.6, 0.1 against 1 s."""
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

    def invoke(self, invocation: Invocation, session: Session, sink: Sink) -> None:
        """Run one command; see `SimulatedMachine.invoke`."""
        if invocation.is_script:
            # The text is real (facts page 3): the lab takes no script text, as a no-language endpoint does not.
            _refuse(
                "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.",
                "ScriptsNotAllowed",
                "System.Management.Automation.PSNotSupportedException",
            )
        if self._world.latency:
            session.stopped.wait(self._world.latency)
        spec = self._find(invocation.name, session)
        bound = bind(spec, invocation.arguments, self.product.value)
        sink = SerialisingSink(sink, self._world.switches)
        if spec.name.casefold() in _BASE:
            self._run_base(bound, session, sink)
        else:
            session.modules.add(self.product.module)  # where it was not there, it has just loaded by itself
            self._run(bound, session, sink)

    def offered(self, session: Session) -> tuple[str, ...]:
        """The cmdlets that exist in a session."""
        return tuple(spec.name for spec in catalogue().values() if self._exists(spec, session))

    def _find(self, name: str, session: Session) -> CmdletSpec:
        own = name.rpartition("\\")[2]
        kept = find(own.casefold(), self.product.value)
        if kept is None or not self._exists(kept, session):
            # PowerShell's own text.
            _refuse(
                f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program. Check "
                "the spelling of the name, or if a path was included, verify that the path is correct and try again.",
                "CommandNotFoundException",
                "System.Management.Automation.CommandNotFoundException",
                category="ObjectNotFound",
                target=name,
            )
        return kept

    def _exists(self, spec: CmdletSpec, session: Session) -> bool:
        folded = spec.name.casefold()
        if self.product.value not in spec.versions:
            return False
        if session.caller.ocs:
            if folded == "import-module":
                return False
            hidden = folded in _FAILOVER and not self._world.switches.failover_over_ocs
            return folded in _BASE or (allows(session.caller.groups, spec.name) and not hidden)
        loaded = self.product.module.casefold() in {m.casefold() for m in session.modules}
        return folded in _BASE or loaded or self._world.switches.autoload_modules

    # PowerShell's own cmdlets.

    def _run_base(self, bound: Bound, session: Session, sink: Sink) -> None:
        names = cast("tuple[str, ...]", bound.values.get("Name", ()))
        if bound.spec.name == "Import-Module":
            for name in names:
                self._import(name, session)
        elif bound.spec.name == "Get-Module":
            for module in sorted(session.modules if not bound.values.get("ListAvailable") else {self.product.module}):
                sink.output(RemoteObject({"Name": module}, ("System.Management.Automation.PSModuleInfo",), module))
        else:
            self._list_commands(names, session, sink)

    def _import(self, name: str, session: Session) -> None:
        stem = name.replace("/", "\\").rpartition("\\")[2].casefold().removesuffix(".psd1")
        if stem != self.product.module.casefold():
            # PowerShell's own text.
            _refuse(
                f"The specified module '{name}' was not loaded because no valid module file was found in any module directory.",
                "Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand",
                "System.IO.FileNotFoundException",
                category="ResourceUnavailable",
                target=name,
            )
        session.modules.add(self.product.module)

    def _list_commands(self, names: tuple[str, ...], session: Session, sink: Sink) -> None:
        wanted = [name.casefold() for name in names]
        for name in self.offered(session):
            if not wanted or any(_matches(name.casefold(), w) for w in wanted):
                sink.output(
                    RemoteObject(
                        {"Name": name, "CommandType": "Cmdlet", "ModuleName": self.product.module},
                        ("System.Management.Automation.CmdletInfo",),
                        name,
                    )
                )

    # Cs cmdlets.

    def _run(self, bound: Bound, session: Session, sink: Sink) -> None:
        call = Call(self._world, self._state, bound, session, sink)
        handler = _handler(bound.spec.name)
        if handler is None:
            call.fail(invented.NOT_SIMULATED.format(cmdlet=bound.spec.name), category="NotImplemented")
        with self._world.lock:
            self._world.settle()
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
                # Real words (facts page 2.3); the run goes on, so the error is not terminating.
                call.error(f"Failed to start service. Cannot start service RTCMEDIARELAY on computer '{self.fqdn}'.")
        except TerminatingError as error:
            terminating = error.detail.message
            raise
        finally:
            if has_report and self._state.is_up:
                self._state.files[call.report.path(call).casefold()] = call.report.render(call, terminating)

    def _check_admission(self, call: Call, handler: Handler) -> None:
        caller = call.session.caller
        denied = self._world.faults.denied
        if handler.admins:
            call.require_group()
        if handler.locally and caller.ocs:
            call.fail(invented.REMOTE_NOT_ALLOWED.format(cmdlet=call.name))
        if call.name in denied or "*" in denied:
            message = invented.ACCESS_DENIED.format(user=caller.user, group="RTCUniversalServerAdmins")
            call.fail(message, category="PermissionDenied", exception="System.UnauthorizedAccessException")
        local = call.flag(_LOCAL)
        if self.kind is Kind.EDGE and not handler.on_edge and not local:
            call.fail(invented.STORE_NOT_FROM_EDGE, category="ConnectionError")
        if handler.opens and not local:
            self._check_double_hop(call, caller, handler)
        self._check_store(call, handler, local=local)

    def _check_double_hop(self, call: Call, caller: Caller, handler: Handler) -> None:
        if self._world.switches.enforce_double_hop and not caller.delegated and not caller.ocs:
            message = invented.DOUBLE_HOP.format(resource=handler.opens)
            call.fail(message, category="AuthenticationError", exception="System.Data.SqlClient.SqlException")

    def _check_store(self, call: Call, handler: Handler, *, local: bool) -> None:
        if handler.store is Store.NONE or (handler.store is Store.READ and local):
            return
        if not self._world.store_readable:
            server = self._world.principal(self._world.pools[self._world.store.point], "CentralMgmt")
            message = invented.STORE_NOT_READABLE.format(server=server)
            call.fail(message, category="ConnectionError", target=server, exception="System.Data.SqlClient.SqlException")
        if handler.store is Store.WRITE and not self._world.store_writable:
            call.fail(invented.STORE_READ_ONLY)


def _handler(name: str) -> Handler | None:
    if not HANDLERS:
        importlib.import_module("lyncops.lab.cmdlets")
    return HANDLERS.get(name.casefold())


def _matches(name: str, wanted: str) -> bool:
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted


def _refuse(message: str, error_id: str, exception: str, *, category: str = "ParserError", target: str | None = None) -> NoReturn:
    raise TerminatingError(
        ErrorDetail(message=message, category=category, error_id=error_id, exception_type=exception, target=target)
    )
