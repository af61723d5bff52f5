"""How a server speaks."""

from __future__ import annotations

from collections.abc import Callable

import attrs


@attrs.define(kw_only=True)
class Manners:
    """How the server speaks, all of it legal."""

    protocol: str = "2.3"
    bom: bool = False
    chunked: bool = False
    close: bool = False
    gzip: bool = False
    stream: int = 100_000  # bytes in one Stream element
    reply: int = 400_000  # bytes in one Receive
    # As Windows: `reply` cuts between fragments; and a Receive waits for its command's end
    by_fragments: bool = False
    empty_last: bool = False
    state_first: bool = False
    exit_code: bool = True
    shell_id: Callable[[str], str] = str
    rewrite: Callable[[str], str] = str
    describe: bool = True
    mute: bool = False  # the pool never opens
    knows_get: bool = True
    knows_reconnect: bool = False
    offers: tuple[str, ...] = ("Negotiate", 'Basic realm="WSMAN"')
