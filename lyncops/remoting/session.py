"""One session on one endpoint: a shell with its runspaces, opened when it is needed and opened
again when it is gone.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Final

from lyncops.remoting.clock import Clock
from lyncops.remoting.endpoint import EndpointKind
from lyncops.remoting.failures import RemotingError, Symptom
from lyncops.remoting.modules import Modules
from lyncops.remoting.psrp.encoding import Commands
from lyncops.remoting.refusals import endpoint_error
from lyncops.remoting.retry import Limits, log, retrying
from lyncops.remoting.session_context import SessionContext
from lyncops.remoting.shell import Shell
from lyncops.remoting.transport import Transport

_POLITE: Final = timedelta(seconds=5)
"""How long closing a session may hold anybody up."""


class Session:
    """A shell that several lanes may lead into. Safe from every thread."""

    def __init__(self, around: SessionContext, *, runspaces: int = 1) -> None:
        self.around = around
        self._wanted = runspaces
        self._modules = Modules(policy=around.policy, clock=around.clock, known=around.modules)
        self._opening = threading.Lock()
        self._state = threading.Lock()
        self._shell: Shell | None = None
        self.imports: Commands = ()
        """The statement that each pipeline begins with."""

    @property
    def shell(self) -> Shell | None:
        """The shell that is open, not to be sent through."""
        return self._shell

    @property
    def runspaces(self) -> int:
        """How many cmdlets may run side by side, as far as is known."""
        shell = self._shell
        return self._wanted if shell is None else shell.pool.runspaces

    def opened(self, *, patient: bool) -> tuple[Shell, bool]:
        """The open shell, and whether it is new: then it is seen over a connection that is the
        caller's from now on.

        `patient` waits when the server has too many sessions.

        Raises:
            EndpointError: the endpoint cannot serve; its subclasses tell wrong credentials and
                certificates.
        """
        with self._opening:
            if self._shell is not None:
                return self._shell, False
            shell = self._open(patient=patient)
            with self._state:
                self._shell = shell
            return shell, True

    def need_imports(self) -> bool:
        """A runspace lacks the cmdlets: from now on each pipeline imports them first.

        False where that cannot help.
        """
        if self.runspaces > 1:
            self.imports = self._modules.importing(self.around.endpoint)
        return bool(self.imports)

    def give_up(self, shell: Shell) -> bool:
        """Open another one next time; False where that is so already."""
        with self._state:
            is_current = self._shell is not None and self._shell.id == shell.id
            if is_current:
                self._shell = None
            return is_current

    def _open(self, *, patient: bool) -> Shell:
        policy, endpoint = self.around.policy, self.around.endpoint
        transport = self.around.transport()
        again = {
            Symptom.CREATE_LOST,
            Symptom.GONE,
            *([Symptom.NOT_CREATED_BACK_OFF] if patient else []),
        }
        loop = retrying(
            policy,
            self.around.clock,
            Limits(attempts=policy.open_attempts),
            again=lambda error: isinstance(error, RemotingError) and error.symptom in again,
            what=f"opening a session on {endpoint.url}",
        )
        try:
            return loop(self._create, transport)
        except RemotingError as failure:
            transport.close()
            raise endpoint_error(endpoint, failure) from failure
        except BaseException:
            transport.close()
            raise

    def _create(self, transport: Transport) -> Shell:
        transport.key.forget_affinity()  # it may reach the server that had no room just now
        shell = Shell(transport)
        try:
            shell.open(runspaces=self._wanted, wait=self.around.policy.open_timeout)
            if shell.pool.protocol < (2, 2):
                # PowerShell 2 neither loads modules by itself nor runs two statements in one
                # runspace
                shell.pool.runspaces = 1
            if self.around.endpoint.kind is EndpointKind.WINRM:
                self._modules.load(shell, self.around.endpoint)
        except RemotingError as failure:
            if shell.created or failure.symptom in {Symptom.CREATE_LOST, Symptom.GONE}:
                # The client chose the id, so that it can close a shell that it never heard of.
                delete(shell, self.around.clock)
            raise
        return shell


def delete(shell: Shell, clock: Clock) -> bool:
    """Close a shell on its server.

    False: the server did not answer; one that hangs is not asked twice.
    """
    for _ in range(2):
        begun = clock.now()
        try:
            shell.delete(wait=_POLITE)
        except RemotingError as failure:
            log.debug("%s: %s", shell.transport.endpoint.url, failure)
            if failure.symptom is not Symptom.REPEATABLE:
                return failure.is_answer
            if clock.now() - begun >= _POLITE:
                return False
        else:
            return True
    return False
