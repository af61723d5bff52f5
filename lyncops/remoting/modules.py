"""Lync's cmdlets in a new session: imported from their module, or there already."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Final
from uuid import uuid4

import attrs

from lyncops.remoting.clock import Clock
from lyncops.remoting.endpoint import Endpoint
from lyncops.remoting.failures import Phase, RemotingError, Symptom
from lyncops.remoting.outcome import EndReason
from lyncops.remoting.pipeline import CommandOptions, Pipeline
from lyncops.remoting.psrp.encoding import Commands
from lyncops.remoting.psrp.records import PipelineState
from lyncops.remoting.psrp.streams import ErrorRecord
from lyncops.remoting.psrp.transcript import Transcript
from lyncops.remoting.retry import RetryPolicy
from lyncops.remoting.shell import Shell
from lyncops.text.sentences import each_once
from lyncops.values import Effect

_MODULES: Final = ("SkypeForBusiness", "Lync")
_NONE_NEEDED: Final = ""
_SIGNS: Final = (
    "Get-CsService",
    "Get-CsPool",
    "Get-CsTopology",
    "Get-CsPoolBackupRelationship",
    "Invoke-CsPoolFailOver",
)
"""Any one of them shows that Lync's cmdlets are there. By name: a pattern would bring hundreds of
descriptions."""
_NO_SUCH_COMMAND: Final = "CommandNotFoundException"
"""The error id of a command that a session does not offer; unlike its message it is never
translated."""
_IMPORT: Final = "Import-Module"


@attrs.frozen(slots=True, kw_only=True)
class Modules:
    """How the sessions of one deployment come to Lync's cmdlets.

    `known` remembers each endpoint's module.
    """

    policy: RetryPolicy
    clock: Clock
    known: MutableMapping[str, str]

    def load(self, shell: Shell, endpoint: Endpoint) -> None:
        """Import the endpoint's module, where the cmdlets are not there without that.

        A restricted session configuration (JEA) has its cmdlets from the start, and no
        Import-Module.

        Raises:
            RemotingError: the session has no Lync cmdlets, or did not answer.
        """
        remembered = self.known.get(endpoint.url)
        if remembered == _NONE_NEEDED:
            return
        known = endpoint.module or remembered
        # The other servers' first
        likely = sorted(_MODULES, key=lambda name: name not in self.known.values())
        refusals: list[ErrorRecord] = []
        for name in (known,) if known else likely:
            said = self._run(shell, _IMPORT, {"Name": name})
            # A module that is not found is an error that does not end the pipeline.
            if said.state is PipelineState.COMPLETED and not said.errors:
                self.known[endpoint.url] = name
                return
            refusals += said.errors[:1]
        if not self._are_there(shell, can_import=not all(map(is_unknown_command, refusals))):
            what = f"it has no Lync cmdlets and no Lync module: {each_once(map(str, refusals))}"
            raise RemotingError(Symptom.NO_CMDLETS, Phase.CREATE, what.rstrip("."))
        self.known[endpoint.url] = _NONE_NEEDED

    def importing(self, endpoint: Endpoint) -> Commands:
        """The statement that imports the endpoint's module into whichever runspace it runs in;
        nothing where none is needed.

        A module is imported into one runspace. Into the others PowerShell loads it by itself when
        one of its cmdlets is called (from 3.0 on), unless its manifest leaves open which cmdlets it
        has, or PSModuleAutoLoadingPreference says not to:
        https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_modules
        """
        name = self.known.get(endpoint.url, _NONE_NEEDED)
        return [(_IMPORT, {"Name": name})] if name else ()

    def _are_there(self, shell: Shell, *, can_import: bool) -> bool:
        said = self._run(shell, "Get-Command", {"Name": list(_SIGNS)})
        # Where neither command exists, each cmdlet says for itself whether it does.
        return bool(said.output) or (not can_import and any(map(is_unknown_command, said.errors)))

    def _run(self, shell: Shell, name: str, arguments: Mapping[str, object]) -> Transcript:
        terms = CommandOptions(effect=Effect.READ, policy=self.policy, clock=self.clock)
        pipeline = Pipeline(shell, str(uuid4()).upper(), terms)
        ending = (
            pipeline.start(shell.pack(pipeline.command_id, [(name, arguments)]))
            or pipeline.follow()
        )
        if ending is not EndReason.ENDED:
            raise RemotingError(Symptom.CREATE_LOST, Phase.CREATE, f"{name}: {ending.value}")
        return pipeline.transcript


def is_unknown_command(error: ErrorRecord) -> bool:
    """Whether it says that there is no such command in the runspace."""
    return error.fully_qualified_error_id == _NO_SUCH_COMMAND
