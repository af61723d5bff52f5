"""The bodies of WSMan replies, as Windows Server writes them (MS-WSMV, and pypsrp's recordings)."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape

from lyncops.lab.wire import soap
from lyncops.lab.wire.shells import Command, Received, Shell
from lyncops.lab.wire.soap import RSP

CONFIGURATION: Final = (
    "<cfg:Config"
    f' xmlns:cfg="{soap.CONFIG_URI}"><cfg:MaxEnvelopeSizekb>500</cfg:MaxEnvelopeSizekb>'
    f"</cfg:Config>"
)
"""The server's configuration, as far as clients ask for it."""
_DONE: Final = f"{RSP}/CommandState/Done"


def created(shell: Shell, machine: str) -> str:
    """A new shell, and where it is reached."""
    selector = (
        f'<w:SelectorSet><w:Selector Name="ShellId">{shell.name}</w:Selector></w:SelectorSet>'
    )
    return (
        f"<x:ResourceCreated><a:Address>http://{escape(machine)}/wsman</a:Address><a:ReferenceParameters><w:ResourceURI>"
        f"{escape(shell.resource_uri)}</w:ResourceURI>{selector}</a:ReferenceParameters></x:ResourceCreated>"
        f"{shell_description(shell)}"
    )


def connected(fragments: bytes) -> str:
    """A shell that was taken over, and what its pool says about itself."""
    return (
        "<rsp:ConnectResponse><rsp:InputStreams>stdin"
        " pr</rsp:InputStreams><rsp:OutputStreams>stdout</rsp:OutputStreams>"
        "<connectResponseXml"
        f' xmlns="{soap.PWSH}">{base64.b64encode(fragments).decode()}</connectResponseXml>'
        f"</rsp:ConnectResponse>"
    )


def enumerated(items: Iterable[str]) -> str:
    """All items of an enumeration at once."""
    listed = f"<w:Items>{''.join(items)}</w:Items><w:EndOfSequence/>"
    return (
        f"<n:EnumerateResponse><n:EnumerationContext></n:EnumerationContext>{listed}"
        f"</n:EnumerateResponse>"
    )


def received(what: Received, command_id: str) -> str:
    """Streams, and the state of a command that is done."""
    attribute = f' CommandId="{command_id}"' if command_id else ""
    streams = "".join(
        f'<rsp:Stream Name="stdout"{attribute}>{base64.b64encode(one).decode()}</rsp:Stream>'
        for one in what.fragments
    )
    state = (
        f"<rsp:CommandState{attribute}"
        f' State="{_DONE}"><rsp:ExitCode>0</rsp:ExitCode></rsp:CommandState>'
        if what.done
        else ""
    )
    return f"<rsp:ReceiveResponse>{streams}{state}</rsp:ReceiveResponse>"


def shell_description(shell: Shell) -> str:
    """A shell, for Create, Get and Enumerate."""
    fields = {
        "ShellId": shell.name,
        "ResourceUri": shell.resource_uri,
        "Owner": shell.owner.user,
        "ClientIP": "127.0.0.1",
        "ProcessId": "4711",
        "IdleTimeOut": f"PT{shell.idle_timeout.total_seconds():.3f}S",
        "InputStreams": "stdin pr",
        "OutputStreams": "stdout",
        "MaxIdleTimeOut": "PT2147483.647S",
        "Locale": "en-US",
        "DataLocale": "en-US",
        "CompressionMode": "NoCompression",
        "ProfileLoaded": "Yes",
        "Encoding": "UTF8",
        "BufferMode": "Block",
        "State": shell.state.value,
        "ShellRunTime": f"P0DT0H0M{int(time.monotonic() - shell.started)}S",
        "ShellInactivity": f"P0DT0H0M{int(shell.silence.total_seconds())}S",
    }
    inner = "".join(f"<rsp:{name}>{escape(text)}</rsp:{name}>" for name, text in fields.items())
    return f'<rsp:Shell xmlns:rsp="{RSP}">{inner}</rsp:Shell>'


def command_description(command: Command) -> str:
    """A command of a shell, for Enumerate."""
    # Windows says Running of every command that was not collected [recording].
    inner = (
        f"<rsp:CommandId>{str(command.id).upper()}</rsp:CommandId><rsp:CommandLine>"
        f"</rsp:CommandLine>"
    )
    return (
        "<rsp:Command"
        f' xmlns:rsp="{RSP}">{inner}<rsp:CommandState>Running</rsp:CommandState></rsp:Command>'
    )
