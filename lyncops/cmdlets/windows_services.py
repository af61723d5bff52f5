"""The Windows services of Lync on one machine."""

from __future__ import annotations

from typing import ClassVar

from lyncops.cmdlets.base import EVERY_VERSION, SINCE_2013, Cmdlet, NoOutput, command, parameter
from lyncops.cmdlets.enums import ServiceStatus
from lyncops.cmdlets.kinds import STRING, SWITCH
from lyncops.cmdlets.reading import as_name, as_text, several, word_of
from lyncops.cmdlets.result import Result, prop, result


@result
class WindowsService(Result):
    """A Windows service of Lync. Names and order of start: fact: windows-services."""

    BARE: ClassVar[str] = "Name"

    name: str | None = prop(as_name, "Name", "ServiceName", "Identity", default=None)
    display_name: str | None = prop(as_text, "DisplayName", default=None)
    status: ServiceStatus | None = prop(
        word_of(ServiceStatus, first=1), "Status", "State", default=None
    )
    role_name: tuple[str, ...] = prop(several(as_name), "RoleName", "Roles", default=())
    activity_level: str | None = prop(as_text, "ActivityLevel", "ServiceActivity", default=None)


@command("Get-CsWindowsService", EVERY_VERSION)
class GetCsWindowsService(Cmdlet[WindowsService]):
    """Ask for the Lync services of a machine, this one unless `computer_name`.

    `name` is one exact name, no wildcard.
    """

    name: str | None = parameter("Name", STRING, default=None)
    computer_name: str | None = parameter("ComputerName", STRING, default=None)
    exclude_activity_level: bool = parameter("ExcludeActivityLevel", SWITCH, default=False)
    report: str | None = parameter("Report", STRING, default=None)


@command("Start-CsWindowsService", EVERY_VERSION)
class StartCsWindowsService(Cmdlet[NoOutput]):
    """Start Lync services, all of the machine's unless `name`.

    With `no_wait` the start is only requested. A service that fails to start is an error among
    others: the rest goes on.
    """

    name: str | None = parameter("Name", STRING, default=None)
    computer_name: str | None = parameter("ComputerName", STRING, default=None)
    no_wait: bool = parameter("NoWait", SWITCH, default=False)
    force: bool = parameter("Force", SWITCH, default=False)
    report: str | None = parameter("Report", STRING, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)


@command("Stop-CsWindowsService", EVERY_VERSION)
class StopCsWindowsService(Cmdlet[NoOutput]):
    """Stop Lync services, all of the machine's unless `name`.

    `graceful` takes no new work and waits without limit; otherwise dependent services stop too.
    """

    name: str | None = parameter("Name", STRING, default=None)
    computer_name: str | None = parameter("ComputerName", STRING, default=None)
    graceful: bool = parameter("Graceful", SWITCH, default=False)
    no_wait: bool = parameter("NoWait", SWITCH, default=False)
    force: bool = parameter("Force", SWITCH, default=False)
    report: str | None = parameter("Report", STRING, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    leave_cls_agent_running: bool = parameter(
        "LeaveClsAgentRunning", SWITCH, default=False, versions=SINCE_2013
    )
    leave_web_server_running: bool = parameter(
        "LeaveWebServerRunning", SWITCH, default=False, versions=SINCE_2013
    )
