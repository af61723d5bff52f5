"""Every wording of the lab that no source gives, in one place: INVENTED.

No client may match on any of it (fact: texts-not-known).

Texts that a source gives word for word are found where they are used, with the source.
"""

from __future__ import annotations

from typing import Final

NOT_SIMULATED: Final = "[lab] The lab does not simulate {cmdlet}."
UNKNOWN_POOL: Final = 'Cannot find pool "{0}" in the topology.'
NOT_A_REGISTRAR_POOL: Final = 'Pool "{pool}" does not host users and cannot be failed over.'
NO_BACKUP_POOL: Final = 'Pool "{pool}" has no backup pool assigned.'
ALREADY_FAILED_OVER: Final = 'Pool "{pool}" is already failed over to "{backup}".'
BUSY: Final = 'Another failover or failback of pool "{pool}" is running.'
NOT_FAILED_OVER: Final = 'Pool "{pool}" is not failed over. PoolState is {state}.'
BACKUP_IS_FAILED_OVER: Final = (
    'The users of the backup pool "{backup}" are served by pool "{pool}". '
    'Fail back pool "{backup}" before failing over pool "{pool}".'
)
BACKUP_POOL_DOWN: Final = 'The backup pool "{backup}" of pool "{pool}" cannot be reached.'
POOL_UNREACHABLE: Final = (
    'Pool "{pool}" cannot be reached. Use -DisasterMode if the pool is no longer available.'
)
POOL_STILL_DOWN: Final = (
    'Pool "{pool}" cannot be reached, so its users cannot be failed back to it.'
)
POOL_ALIVE_IN_DISASTER_MODE: Final = (
    'Pool "{pool}" is still reachable. Data not yet copied by the Backup Service is lost in'
    " disaster mode."
)
NOT_FINAL_STATE: Final = 'Backup data of pool "{pool}" did not reach the final state.'
STORE_NOT_AVAILABLE: Final = (
    "The Central Management store is not available, or its failover is not complete. Complete it"
    " and run the cmdlet again."
)
STORE_NOT_READABLE: Final = (
    "Cannot connect to the Central Management store: the SQL Server {server} was not found or was"
    " not accessible."
)
STORE_NOT_FROM_EDGE: Final = (
    "The Central Management store cannot be reached from this server. Use -LocalStore where the"
    " cmdlet has it."
)
STORE_READ_ONLY: Final = (
    "No server holds the active Central Management role. The configuration cannot be changed."
)
STORE_WRONG_SERVER: Final = (
    "{machine} does not belong to a pool that hosts the standby Central Management store. "
    "Run the cmdlet on a Front End of that pool."
)
STORE_ALREADY_HERE: Final = "Pool {pool} already hosts the active Central Management store."
STORE_WRONG_SQL: Final = (
    "SQL Server {server} with instance {instance} is not the Central Management database that the"
    " topology defines for {pool}."
)
STORE_MIRROR_MISSING: Final = (
    "The Central Management database of {pool} is mirrored. Specify -BackupMirrorSqlServerFqdn."
)
STORE_SQL_DOWN: Final = "The Central Management database on {server} cannot be reached."
STORE_SOURCE_DOWN: Final = (
    "The active Central Management store on {pool} cannot be reached. Specify -BackupSqlServerFqdn"
    " in a disaster."
)
STORE_FORCE_REQUIRED: Final = (
    "-Force is required to fail over the Central Management store in a disaster."
)
STORE_REPLICAS_BEHIND: Final = "Replication to {machine} is not finished."
STORE_NOTHING_TO_RESTORE: Final = (
    "There is no incomplete failover of the Central Management store to restore."
)
STORE_WHAT_IF: Final = "move the Central Management store from {source} to {target}"
ACCESS_DENIED: Final = "Access is denied. The caller {user} is not a member of {group}."
DOUBLE_HOP: Final = "Login failed for user 'NT AUTHORITY\\ANONYMOUS LOGON'. (opening {resource})"
REMOTE_NOT_ALLOWED: Final = (
    "{cmdlet} must be run locally; it cannot be called from a remote management session."
)
BACKUP_SERVICE_DOWN: Final = (
    'The Backup Service of pool "{pool}" is not running or cannot be reached.'
)
BACKUP_SERVICE_STUCK: Final = (
    'The Backup Service of pool "{pool}" did not finish the synchronization.'
)
BAD_BACKUP_MODULE: Final = (
    'Cannot convert value "{value}" to a backup module. Possible values: {values}.'
)
BAD_SYNC_INTERVAL: Final = "SyncInterval must be from 00:00:05 to 03:00:00."
MIDWAY: Final = "{cmdlet} failed: the connection to {target} was lost."
MIRROR_ABSENT: Final = (
    'Database type {type} of pool "{pool}" has no primary and mirror database configured.'
)
MIRROR_NOT_SYNCHRONIZED: Final = "Database {database} is not synchronized with its mirror."
MIRROR_SERVER_DOWN: Final = "SQL Server {server} cannot be reached."
MIRROR_TYPE_ABSENT: Final = (  # "is not present on pool" is real (fact: mirror-state)
    'Database type {type} is not present on pool "{pool}".'
)
UNKNOWN_SERVICE: Final = 'Cannot find service "{0}" in the topology.'
UNKNOWN_SITE: Final = 'Cannot find site "{0}".'
UNKNOWN_COMPUTER: Final = 'Cannot find computer "{0}".'
UNKNOWN_ITEM: Final = 'Cannot find "{0}".'
UNKNOWN_USER: Final = 'Management object not found for identity "{0}".'
NO_TEST_USERS: Final = 'No test users are configured for pool "{0}", and none are named.'
NO_ANSWER_TO_SIP: Final = "A connection attempt failed because the connected party did not respond."
SERVED_ELSEWHERE: Final = 'The user "{0}" is not served by this pool.'
ROUTE_NEEDS_FEDERATION: Final = 'Federation is not enabled on "{edge}".'
NOT_A_MEMBER: Final = (
    "{machine} is not a Front End of a pool. Run the cmdlet on a Front End of the pool to examine."
)
DIRECTORY_POOL_DOWN: Final = (
    'Pool "{pool}" of conference directory {identity} cannot be reached. Use -Force to move it.'
)
FILE_EXISTS: Final = "The file {file} already exists."
FILE_NOT_FOUND: Final = "Could not find file '{file}'."
FILE_WRONG_KIND: Final = "The file {file} does not contain {kind}."
RGS_NAME_CONFLICT: Final = 'The name "{name}" is already used on {pool}.'
RGS_OWNER_MISMATCH: Final = (
    'The response groups in the file are owned by "{owner}". Use -OverwriteOwner to own them by'
    ' "{pool}".'
)
RGS_UNAVAILABLE: Final = 'The Response Group application of pool "{pool}" cannot be reached.'
BAD_FILTER: Final = "Cannot parse the filter {text}."
MASTER_WOULD_NOT_START: Final = "No active Central Management role on this server."
FAILED_OVER_TO: Final = 'Users of pool "{pool}" are served by pool "{backup}".'
FAILOVER_STEPS: Final = (
    'Checking that pool "{pool}" can be failed over.',
    'Setting pool "{pool}" to state FailingOver.',
    'Moving the users of pool "{pool}" to pool "{backup}".',
    'Pool "{pool}" is in state FailedOver.',
)
FAILBACK_STEPS: Final = (
    'Checking that pool "{pool}" can be failed back.',
    'Synchronizing the data of the users of pool "{pool}" from pool "{backup}".',
    'Moving the users of pool "{pool}" back from pool "{backup}".',
    'Pool "{pool}" serves its users again.',
)
STORE_STEPS: Final = (
    "Checking the replication of the Central Management store.",
    "Setting the Central Management store on {source} to read-only.",
    "Activating the Central Management store on {target}.",
)
