"""Configuration and location data as files: what to save before the Central Management store moves
(fact: store-bad-ends).
"""

from __future__ import annotations

from lyncops.cmdlets.base import EVERY_VERSION, Cmdlet, NoOutput, command, parameter
from lyncops.cmdlets.kinds import BYTES, STRING, SWITCH
from lyncops.values import RemoteObject


@command("Export-CsConfiguration", EVERY_VERSION, sets=("AsBytes", "FileName"))
class ExportCsConfiguration(Cmdlet[RemoteObject]):
    """Write the store's content to a file on the server, or as bytes to the pipeline."""

    as_bytes: bool = parameter("AsBytes", SWITCH, default=False, sets=("AsBytes",))
    force: bool = parameter("Force", SWITCH, default=False)
    local_store: bool = parameter("LocalStore", SWITCH, default=False)
    file_name: str | None = parameter(
        "FileName", STRING, default=None, sets=("FileName",), mandatory_in=("FileName",)
    )


@command("Import-CsConfiguration", EVERY_VERSION, sets=("ByteInput", "FileName"))
class ImportCsConfiguration(Cmdlet[NoOutput]):
    """Replace the store's content."""

    byte_input: bytes | None = parameter(
        "ByteInput", BYTES, default=None, sets=("ByteInput",), mandatory_in=("ByteInput",)
    )
    force: bool = parameter("Force", SWITCH, default=False)
    local_store: bool = parameter("LocalStore", SWITCH, default=False)
    file_name: str | None = parameter(
        "FileName", STRING, default=None, sets=("FileName",), mandatory_in=("FileName",)
    )


@command("Export-CsLisConfiguration", EVERY_VERSION, sets=("AsBytes", "FileName"))
class ExportCsLisConfiguration(Cmdlet[RemoteObject]):
    """Write location data to a file on the server, or as bytes. No replication carries it over."""

    as_bytes: bool = parameter("AsBytes", SWITCH, default=False, sets=("AsBytes",))
    file_name: str | None = parameter(
        "FileName", STRING, default=None, sets=("FileName",), mandatory_in=("FileName",)
    )


@command("Import-CsLisConfiguration", EVERY_VERSION, sets=("ByteInput", "FileName"))
class ImportCsLisConfiguration(Cmdlet[NoOutput]):
    """Replace location data."""

    byte_input: bytes | None = parameter(
        "ByteInput", BYTES, default=None, sets=("ByteInput",), mandatory_in=("ByteInput",)
    )
    file_name: str | None = parameter(
        "FileName", STRING, default=None, sets=("FileName",), mandatory_in=("FileName",)
    )
