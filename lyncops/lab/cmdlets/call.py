"""One running cmdlet as its semantics see it: the bound arguments, the world, the streams, prompts
and time.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, NoReturn, TypedDict, Unpack, cast

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.reports import Report, default_path
from lyncops.lab.cmdlets.shapes import build
from lyncops.lab.interface import (
    ErrorDetail,
    MachineDiedError,
    Session,
    Sink,
    TerminatingError,
    Thrown,
)
from lyncops.lab.model.configuration import Configuration
from lyncops.lab.model.power import set_power
from lyncops.lab.model.state import MachineState, PoolRuntime, Power
from lyncops.lab.model.world import World
from lyncops.lab.parameters.binding import Bound
from lyncops.lab.parameters.catalogue import CmdletSpec
from lyncops.values import Fqdn, RemoteObject

STEPS: Final = 20  # how many progress records a cmdlet that takes time writes
_SILENT: Final = ("SilentlyContinue", "Ignore")


class ErrorParts(TypedDict, total=False):
    """What can be said of an error besides its message: an ErrorCategory's name, the target, the
    exception and what caused it.
    """

    category: str
    target: str | None
    exception: str
    error_id: str
    inner: Thrown | None


class Call:
    """A cmdlet that runs on a machine for a caller."""

    def __init__(
        self, world: World, machine: MachineState, bound: Bound, session: Session, sink: Sink
    ) -> None:
        self.world = world
        self.machine = machine
        self.name = bound.spec.name
        self.session = session
        self._bound = bound
        self._sink = sink
        self.set_name = bound.set_name
        self.report = Report()

    # Arguments.

    def given(self, name: str) -> bool:
        """Whether the argument was given."""
        return name in self._bound.values

    @property
    def spec(self) -> CmdletSpec:
        """The cmdlet that runs."""
        return self._bound.spec

    def flag(self, name: str) -> bool:
        """Whether a switch is on."""
        return self._bound.values.get(name) is True

    def text(self, name: str) -> str:
        """A string argument; empty when it was not given."""
        return str(self._bound.values.get(name, ""))

    def fqdn(self, name: str) -> Fqdn:
        """A mandatory Fqdn argument; fails where a version's reference leaves the cmdlet without
        it.
        """
        if name not in self._bound.values:
            # PowerShell's own text.
            self.fail(
                "Cannot process command because of one or more missing mandatory parameters:"
                f" {name}.",
                category="InvalidArgument",
            )
        return Fqdn(str(self._bound.values[name]))

    def value(self, name: str) -> object:
        """Any argument, converted to the parameter's type; None when it was not given."""
        return self._bound.values.get(name)

    def duration(self, name: str) -> timedelta | None:
        """A TimeSpan argument."""
        return cast("timedelta | None", self._bound.values.get(name))

    @property
    def arguments(self) -> Mapping[str, object]:
        """All arguments that were given."""
        return self._bound.values

    # Streams.

    def make(
        self, type_name: str, properties: Mapping[str, object], *, text: str | None = None
    ) -> RemoteObject:
        """An object to return."""
        return build(self.world.switches, type_name, properties, text=text)

    def output(self, item: object) -> None:
        """Write an object to the pipeline."""
        self._sink.output(item)

    def warn(self, text: str) -> None:
        """Write a warning; -WarningAction decides whether it is shown."""
        action = self.value("WarningAction")
        if action in _SILENT:
            return
        self._sink.warning(text)
        if action == "Stop":
            # PowerShell's own text.
            reason = (
                'because the preference variable "WarningPreference" or common parameter is set to'
                " Stop"
            )
            self.fail(
                f"The running command stopped {reason}: {text}",
                error_id="ActionPreferenceStop",
                category="OperationStopped",
                exception="System.Management.Automation.ActionPreferenceStopException",
            )

    def verbose(self, text: str) -> None:
        """Write a verbose line when -Verbose was given; -Debug asks for it, too."""
        if self.flag("Verbose") or self.flag("Debug"):
            self._sink.verbose(text)

    def error(self, message: str, **parts: Unpack[ErrorParts]) -> None:
        """Write a non-terminating error; -ErrorAction decides how the cmdlet continues."""
        detail = self._detail(message, parts)
        self.report.errors.append((detail.category, message))
        action = self.value("ErrorAction")
        if action == "Stop":  # the pipeline then fails with the error itself
            raise TerminatingError(detail)
        if action == "Inquire":
            self._prompt(message)
        elif action not in _SILENT:
            self._sink.error(detail)

    def fail(self, message: str, **parts: Unpack[ErrorParts]) -> NoReturn:
        """End with a terminating error, which -ErrorAction does not touch."""
        raise TerminatingError(self._detail(message, parts))

    def _detail(self, message: str, parts: ErrorParts) -> ErrorDetail:
        error_id = parts.get("error_id", f"{self.name.replace('-', '')}Error")
        return ErrorDetail(
            message=message,
            category=parts.get("category", "InvalidOperation"),
            error_id=f"{error_id},{self._bound.spec.exception_source}",
            exception_type=parts.get("exception", "System.InvalidOperationException"),
            target=parts.get("target"),
            inner=parts.get("inner"),
            activity=self.name,
        )

    # Prompts and effects.

    def should_process(self, target: str, *, high_impact: bool = False, action: str = "") -> bool:
        """PowerShell's ShouldProcess: False when -WhatIf was given.

        A cmdlet of high impact prompts unless -Confirm:$false.

        The texts are PowerShell's own.
        """
        what = f'Performing the operation "{action or self.name}" on target "{target}".'
        if self.flag("WhatIf"):
            return False  # the host shows "What if: ...", and there is none
        if self.flag("Confirm") or (high_impact and not self.given("Confirm")):
            self._prompt(f"Are you sure you want to perform this action? {what}")
        elif self.flag("Verbose"):
            self._sink.verbose(what)
        return True

    def _prompt(self, question: str) -> None:
        """No one can answer: the command fails, or hangs where a host is said to exist or the fault
        is on.
        """
        if self.session.caller.has_host or self.world.faults.prompts_hang:
            while not self.session.stopped.wait(0.05):
                self._check_machine()
            self.check_stopped()
        # The wording of System.Management.Automation for a runspace without an interactive host.
        self.fail(
            "A command that prompts the user failed because the host program or the command type"
            " does not support user interaction. The host was attempting to request confirmation"
            f" with the following message: {question}",
            error_id="HostFunctionNotImplemented",
            category="NotImplemented",
            exception="System.Management.Automation.Host.HostException",
        )

    def start(self) -> bool:
        """The effect begins: count it.

        False when the fault says that this cmdlet does nothing and ends without an error.
        """
        self.world.record(self.name, self.machine.fqdn, self.session.caller.user, self.arguments)
        return self.name not in self.world.faults.without_effect

    def change(self, configuration: Configuration, *, needs_enabling: bool = False) -> None:
        """Write the Central Management store."""
        self.world.change(configuration, needs_enabling=needs_enabling)

    # Time.

    def wait(
        self,
        duration: timedelta,
        activity: str = "",
        status: str = "",
        *,
        span: tuple[int, int] = (0, 100),
    ) -> None:
        """Let lab time pass, with progress records from `span[0]` to `span[1]` percent.

        Must be called without the lock held.

        Time that somebody lets pass meanwhile counts, too.

        Raises:
            TerminatingError: the pipeline was stopped, or the fault `midway` struck.
            MachineDiedError: the machine crashed.
        """
        low, high = span
        began = self.world.now()
        for step in range(1, STEPS + 1):
            self.world.clock.sleep(
                began + duration * step / STEPS - self.world.now(), _Interruption(self)
            )
            percent = low + (high - low) * step // STEPS
            before = low + (high - low) * (step - 1) // STEPS
            if activity:
                self._sink.progress(activity, status, percent)
            for watcher in tuple(self.world.watchers):
                watcher(self.name, percent)
            if before < 50 <= percent:
                self._strike_midway()
            self._check_machine()
            self.check_stopped()

    def _strike_midway(self) -> None:
        if self.name in self.world.faults.crash_midway:
            set_power(self.world, self.machine.fqdn, Power.DOWN)
        if self.name in self.world.faults.midway:
            self.fail(placeholders.MIDWAY.format(cmdlet=self.name, target=self.machine.fqdn))

    def _check_machine(self) -> None:
        if not self.machine.is_up:
            raise MachineDiedError(str(self.machine.fqdn))

    def check_stopped(self) -> None:
        """End when somebody asked for it, as PowerShell's own stop does."""
        if self.session.stopped.is_set():
            raise TerminatingError(
                ErrorDetail(
                    message="The pipeline has been stopped.",
                    category="OperationStopped",
                    error_id="PipelineStopped",
                    exception_type="System.Management.Automation.PipelineStoppedException",
                )
            )

    # Things that many cmdlets need.

    def front_end_pool(self, name: str = "PoolFqdn") -> PoolRuntime:
        """The Front End pool that an argument names; fails when there is none."""
        fqdn = self.fqdn(name)
        pool = self.world.pools.get(fqdn)
        if pool is None:
            self.fail(
                placeholders.UNKNOWN_POOL.format(fqdn), category="ObjectNotFound", target=fqdn
            )
        if not pool.kind.homes_users:
            self.fail(
                placeholders.NOT_A_REGISTRAR_POOL.format(pool=fqdn),
                category="InvalidArgument",
                target=fqdn,
            )
        return pool

    def backup_of(self, pool: PoolRuntime) -> PoolRuntime:
        """The backup pool; fails when none is assigned (documented for the failover and
        Debug-CsInterPoolReplication).
        """
        if pool.spec.backup_pool is None:
            self.fail(placeholders.NO_BACKUP_POOL.format(pool=pool.fqdn), target=pool.fqdn)
        return self.world.pools[pool.spec.backup_pool]

    def require_group(self, group: str = "RTCUniversalServerAdmins") -> None:
        """Fail unless the caller is in the group; over OcsPowershell the role decides instead
        (fact: ocs-powershell).
        """
        caller = self.session.caller
        if not caller.ocs and group not in caller.groups:
            message = placeholders.ACCESS_DENIED.format(user=caller.user, group=group)
            self.fail(
                message, category="PermissionDenied", exception="System.UnauthorizedAccessException"
            )

    def new_id(self) -> str:
        """A name for a file, the same in every run of a test."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.name}{len(self.machine.files)}"))

    def write_report(self, terminating: str | None) -> None:
        """Write the file of -Report to the machine's disk; `terminating` is the message that
        stopped the run.
        """
        path = self.text("Report") or default_path(
            self.name, self.session.caller.user, self.new_id()
        )
        self.machine.files[path.casefold()] = self.report.render(
            self.name, self.world.now(), terminating
        )


class _Interruption:
    """Set when the pipeline was stopped or the machine died."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def is_set(self) -> bool:
        """Whether to stop waiting."""
        return self._call.session.stopped.is_set() or not self._call.machine.is_up
