"""Runs a pipeline's statements on a thread of its own and turns what the machine writes into
messages.
"""

from __future__ import annotations

import threading
from typing import Final

import attrs

from lyncops.lab.interface import (
    ErrorDetail,
    Invocation,
    MachineDiedError,
    SimulatedMachine,
    TerminatingError,
)
from lyncops.lab.wire import records
from lyncops.lab.wire.clixml import write
from lyncops.lab.wire.commands import Pipeline
from lyncops.lab.wire.faults import Profile
from lyncops.lab.wire.psrp import MessageType, PipelineState
from lyncops.lab.wire.shells import Command, Shell

_NO_LANGUAGE: Final = (
    "The syntax is not supported by this runspace. This can occur if the runspace is in no-language"
    " mode."
)
_STOPPED: Final = ErrorDetail(
    message="The pipeline has been stopped.",
    category="OperationStopped",
    error_id="PipelineStopped",
    exception_type="System.Management.Automation.PipelineStoppedException",
)


@attrs.define
class _Writer:
    """The sink of one statement: a message for each thing written."""

    shell: Shell
    command: Command
    machine: str
    name: str

    def _say(self, kind: MessageType, document: str) -> None:
        self.shell.say(kind, document, self.command)

    def output(self, item: object) -> None:
        self._say(MessageType.PIPELINE_OUTPUT, write(item))

    def error(self, detail: ErrorDetail) -> None:
        self._say(MessageType.ERROR_RECORD, records.error_record(detail, self.name))

    def warning(self, text: str) -> None:
        self._say(MessageType.WARNING_RECORD, records.informational("Warning", text))

    def verbose(self, text: str) -> None:
        self._say(MessageType.VERBOSE_RECORD, records.informational("Verbose", text))

    def debug(self, text: str) -> None:
        self._say(MessageType.DEBUG_RECORD, records.informational("Debug", text))

    def information(self, text: str) -> None:
        user = self.command.session.caller.user
        self._say(
            MessageType.INFORMATION_RECORD, records.information(text, self.name, user, self.machine)
        )

    def progress(self, activity: str, status: str, percent: int) -> None:
        self._say(MessageType.PROGRESS_RECORD, records.progress(activity, status, percent))


def _refuse_script(profile: Profile, *, ocs: bool) -> TerminatingError:
    if ocs or profile.restricted or not profile.full_language:
        detail = ErrorDetail(
            message=_NO_LANGUAGE,
            category="ParserError",
            error_id="ScriptsNotAllowed",
            exception_type="System.Management.Automation.PSNotSupportedException",
        )
    else:
        detail = ErrorDetail(
            # Invented
            message="The lab does not run script text: send a command and its parameters.",
            category="NotImplemented",
            error_id="LabRunsNoScript",
            exception_type="System.NotImplementedException",
        )
    return TerminatingError(detail)


@attrs.frozen(slots=True)
class PipelineRunner:
    """Runs pipelines on one machine."""

    machine_name: str
    machine: SimulatedMachine
    profile: Profile

    def start(self, shell: Shell, command: Command, pipeline: Pipeline) -> None:
        """Begin; the outcome is the command's last message."""
        thread = threading.Thread(
            target=self._run,
            args=(shell, command, pipeline),
            name=f"lab-{self.machine_name}",
            daemon=True,
        )
        command.thread = thread
        thread.start()

    def _run(self, shell: Shell, command: Command, pipeline: Pipeline) -> None:
        name = pipeline.names[0] if pipeline.names else ""
        # Should the model itself fail, the client gets an error, or it waits for ever; the thread
        # then
        # ends with the defect.
        detail: ErrorDetail | None = ErrorDetail(
            message="The lab's model failed.", error_id="LabDefect"
        )
        state = PipelineState.FAILED
        try:
            with shell.runspaces.occupied(command.session.stopped, self._warm_up) as runspace:
                if runspace is not None:
                    command.session.modules = runspace.modules
                    for statement in pipeline.statements:
                        name = statement[0].name
                        self._statement(shell, command, statement)
            state, detail = PipelineState.COMPLETED, None
        except TerminatingError as error:
            detail = error.detail
        except MachineDiedError:
            # No client is connected any more
            detail = ErrorDetail(message="The machine went down.", error_id="LabMachineDied")
        finally:
            if command.session.stopped.is_set():
                state, detail = PipelineState.STOPPED, _STOPPED
            shell.say(
                MessageType.PIPELINE_STATE, records.pipeline_state(state, detail, name), command
            )
            shell.finish(command)

    def _warm_up(self) -> None:
        self.machine.start_runspace(is_first=False)

    def _statement(self, shell: Shell, command: Command, statement: tuple[Invocation, ...]) -> None:
        session = command.session
        session.restricted = self.profile.restricted
        session.hidden = frozenset(name.casefold() for name in self.profile.hidden)
        if any(one.is_script for one in statement):
            raise _refuse_script(self.profile, ocs=session.caller.ocs)
        first = statement[0].name
        delay = self.profile.delay_of(first)
        if session.stopped.wait(delay.total_seconds()) if delay else session.stopped.is_set():
            return
        self.machine.run(statement, session, _Writer(shell, command, self.machine_name, first))
