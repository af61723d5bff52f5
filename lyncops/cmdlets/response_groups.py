"""Response groups, which a failover does not carry over before 2019 (fact: response-groups)."""

from __future__ import annotations

from lyncops.cmdlets.base import (
    EVERY_VERSION,
    ONLY_2019,
    SINCE_2013,
    SINCE_2015,
    Cmdlet,
    NoOutput,
    command,
    parameter,
)
from lyncops.cmdlets.kinds import FQDN, RESPONSE_GROUP_OWNER, STRING, SWITCH
from lyncops.values import Effect, RemoteObject


@command("Export-CsRgsConfiguration", SINCE_2013)
class ExportCsRgsConfiguration(Cmdlet[RemoteObject]):
    """Write response groups to a file on the server, which must not exist.

    `remove_exported_configuration` deletes them afterwards: then it is a change.
    """

    file_name: str = parameter("FileName", STRING)
    source: str = parameter("Source", RESPONSE_GROUP_OWNER)
    force: bool = parameter("Force", SWITCH, default=False)
    owner: str | None = parameter("Owner", RESPONSE_GROUP_OWNER, default=None)
    remove_exported_configuration: bool = parameter(
        "RemoveExportedConfiguration", SWITCH, default=False
    )

    @property
    def effect(self) -> Effect:
        """A READ unless it deletes what it wrote to the file."""
        return Effect.CHANGE if self.remove_exported_configuration else Effect.READ


@command("Import-CsRgsConfiguration", SINCE_2013)
class ImportCsRgsConfiguration(Cmdlet[NoOutput]):
    """Read response groups into a pool.

    Imported groups stay owned by their first pool unless `overwrite_owner`. To replace the settings
    of the application the name is `replace_existing_rgs_settings`: the procedure page shortens it
    to one that does not exist (fact: wrong-parameter-names).
    """

    destination: str = parameter("Destination", RESPONSE_GROUP_OWNER)
    file_name: str = parameter("FileName", STRING)
    force: bool = parameter("Force", SWITCH, default=False)
    overwrite_owner: bool = parameter("OverwriteOwner", SWITCH, default=False)
    replace_existing_rgs_settings: bool = parameter(
        "ReplaceExistingRgsSettings", SWITCH, default=False
    )
    resolve_name_conflicts: bool = parameter("ResolveNameConflicts", SWITCH, default=False)


@command("Move-CsRgsConfiguration", EVERY_VERSION)
class MoveCsRgsConfiguration(Cmdlet[NoOutput]):
    """Move response groups between pools that are both up."""

    source: str = parameter("Source", STRING)
    destination: str = parameter("Destination", STRING)
    force: bool = parameter("Force", SWITCH, default=False)
    resolve_name_conflicts: bool = parameter(
        "ResolveNameConflicts", SWITCH, default=False, versions=SINCE_2015
    )


@command("Invoke-CsRgsStoreReplicateData", ONLY_2019)
class InvokeCsRgsStoreReplicateData(Cmdlet[NoOutput]):
    """Bring response groups of before 2019 CU1 into the Backup Service, once."""

    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    force: bool = parameter("Force", SWITCH, default=False)
