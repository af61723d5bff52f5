"""Configuration, LIS and conference directories: exports and imports as files on the machine that
runs the cmdlet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

import attrs

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.registry import changes, reads
from lyncops.lab.cmdlets.selection import chosen
from lyncops.lab.model.configuration import Configuration
from lyncops.values import Fqdn, RemoteObject

T = TypeVar("T")

_DIRECTORY: Final = (
    "Microsoft.Rtc.Management.WritableConfig.Settings.PstnConf.ConferenceDirectories"
)


@attrs.frozen(slots=True)
class LisExport:
    """What Export-CsLisConfiguration wrote."""

    entries: int


@reads("Export-CsConfiguration")
def export_cs_configuration(call: Call) -> Iterator[bytes]:
    """Writes the store's content to a file on this machine, or returns bytes."""
    source = (
        call.machine.replica.configuration if call.flag("LocalStore") else call.world.configuration
    )
    if call.flag("AsBytes"):
        yield f"CsConfiguration {len(source.services)} services".encode()
        return
    write_file(call, call.text("FileName"), source)


@changes("Import-CsConfiguration")
def import_cs_configuration(call: Call) -> None:
    """Replaces the store's content by that of a file of this machine."""
    with call.world.lock:
        content = read_file(call, Configuration, "a configuration")
        if call.start():
            call.change(content)


@reads("Export-CsLisConfiguration")
def export_cs_lis_configuration(call: Call) -> Iterator[bytes]:
    """Writes the location data of the active store."""
    entries = call.world.store.copies[call.world.store.point].lis_entries
    if call.flag("AsBytes"):
        yield f"CsLisConfiguration {entries} entries".encode()
        return
    write_file(call, call.text("FileName"), LisExport(entries))


@changes("Import-CsLisConfiguration")
def import_cs_lis_configuration(call: Call) -> None:
    """Brings location data into the active store: the Backup Service does not replicate it (fact:
    lis-not-replicated).
    """
    with call.world.lock:
        content = read_file(call, LisExport, "location data")
        if call.start():
            call.world.store.copies[call.world.store.point].lis_entries = content.entries


def write_file(call: Call, path: str, content: object) -> None:
    """Write a file of this machine, over an existing one."""
    call.machine.files[path.casefold()] = content


def read_file(call: Call, kind: type[T], words: str) -> T:
    """The content of the file of this machine that -FileName names; fails when there is none, or
    none of that kind.

    Bytes as input are not simulated.
    """
    path = call.text("FileName")
    if not path:
        call.fail(
            placeholders.NOT_SIMULATED.format(cmdlet=f"{call.name} -ByteInput"),
            category="NotImplemented",
        )
    content = call.machine.files.get(path.casefold())
    if content is None:
        text = placeholders.FILE_NOT_FOUND.format(file=path)
        call.fail(
            text,
            category="ObjectNotFound",
            target=path,
            exception="System.IO.FileNotFoundException",
        )
    if not isinstance(content, kind):
        call.fail(placeholders.FILE_WRONG_KIND.format(file=path, kind=words))
    return content


@reads("Get-CsConferenceDirectory")
def get_cs_conference_directory(call: Call) -> Iterator[RemoteObject]:
    """`Identity` is a small number, `ServiceID` the pool's UserServer (fact:
    conference-directories).
    """
    source = (
        call.machine.replica.configuration if call.flag("LocalStore") else call.world.configuration
    )
    for number in chosen(call, source.directories, lambda n: (str(n),), placeholders.UNKNOWN_ITEM):
        values = {
            "Identity": str(number),
            "ServiceID": f"UserServer:{source.directories[number]}",
            "Id": number,
        }
        yield call.make(_DIRECTORY, values, text=str(number))


@changes("Move-CsConferenceDirectory")
def move_cs_conference_directory(call: Call) -> None:
    """Moves a directory to another pool; -Force when the pool that has it is lost (fact:
    conference-directories).
    """
    world = call.world
    with world.lock:
        number = next(
            (n for n in world.configuration.directories if str(n) == call.text("Identity")), None
        )
        if number is None:
            call.fail(
                placeholders.UNKNOWN_ITEM.format(call.text("Identity")), category="ObjectNotFound"
            )
        holder = world.pools[world.configuration.directories[number]]
        target = world.pools.get(Fqdn(call.text("TargetPool")))
        if target is None or not target.kind.homes_users:
            call.fail(
                placeholders.UNKNOWN_POOL.format(call.text("TargetPool")), category="ObjectNotFound"
            )
        if not world.is_alive(holder) and not call.flag("Force"):
            message = placeholders.DIRECTORY_POOL_DOWN.format(pool=holder.fqdn, identity=number)
            call.fail(message, category="ConnectionError", target=holder.fqdn)
    if not call.should_process(str(number)) or not call.start():
        return
    with world.lock:
        directories = {**world.configuration.directories, number: target.fqdn}
        call.change(attrs.evolve(world.configuration, directories=directories))
