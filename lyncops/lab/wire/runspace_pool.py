"""What a runspace pool answers to what its client says of it over PSRP (MS-PSRP, section 3.2)."""

from __future__ import annotations

from lyncops.lab.wire import psrp
from lyncops.lab.wire.clixml import Int64, read
from lyncops.lab.wire.psrp import Message, MessageType
from lyncops.lab.wire.shells import Shell
from lyncops.values import RemoteObject


def answer(shell: Shell, message: Message, protocol: str) -> None:
    """Let a pool say what one message of its client asks for; what is not known is passed over.

    Raises:
        MalformedClixmlError: the message is not CLIXML.
    """
    if message.kind == MessageType.SESSION_CAPABILITY:
        shell.say(MessageType.SESSION_CAPABILITY, psrp.session_capability(protocol), anonymous=True)
    elif message.kind == MessageType.INIT_RUNSPACEPOOL:
        wanted = _properties(message)
        shell.min_runspaces = _number(wanted.get("MinRunspaces"), 1)
        shell.runspaces.most = max(1, _number(wanted.get("MaxRunspaces"), 1))
        shell.say(MessageType.APPLICATION_PRIVATE_DATA, psrp.application_private_data(protocol))
        shell.say_later(MessageType.RUNSPACEPOOL_STATE, psrp.runspace_pool_opened())
    elif message.kind in {
        MessageType.SET_MIN_RUNSPACES,
        MessageType.SET_MAX_RUNSPACES,
        MessageType.RESET_RUNSPACE_STATE,
    }:
        asked = _properties(message)
        shell.min_runspaces = _number(asked.get("MinRunspaces"), shell.min_runspaces)
        shell.runspaces.most = max(1, _number(asked.get("MaxRunspaces"), shell.runspaces.most))
        _available(shell, asked, response=True)
    elif message.kind == MessageType.GET_AVAILABLE_RUNSPACES:
        _available(shell, _properties(message), response=Int64(shell.runspaces.free))


def connected(shell: Shell, protocol: str) -> bytes:
    """What a pool says to a client that takes it over: its capability and size at once, its private
    data with the next Receive.
    """
    with shell.lock:
        said = shell.speaker.say(MessageType.SESSION_CAPABILITY, psrp.session_capability(protocol))
        init = psrp.runspace_pool_init_data(shell.min_runspaces, shell.runspaces.most)
        said += shell.speaker.say(MessageType.RUNSPACEPOOL_INIT_DATA, init)
        shell.say(MessageType.APPLICATION_PRIVATE_DATA, psrp.application_private_data(protocol))
    return b"".join(said)


def _available(shell: Shell, asked: RemoteObject, *, response: object) -> None:
    shell.say(
        MessageType.RUNSPACE_AVAILABILITY,
        psrp.runspace_availability(_number(asked.get("ci"), 0), response),
    )


def _properties(message: Message) -> RemoteObject:
    value = read(message.data)
    return value if isinstance(value, RemoteObject) else RemoteObject()


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) else default
