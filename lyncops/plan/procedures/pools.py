"""Procedures that move the users of a pool, or its Central Management store."""

from __future__ import annotations

from typing import ClassVar

import attrs

from lyncops.errors import InvalidValueError
from lyncops.plan.procedures.base import (
    BOTH_MODES,
    ENABLE_TOPOLOGY,
    Procedure,
    as_mode,
    asks,
    is_target,
    optional_fqdn,
    optional_fqdns,
    sip_addresses,
)
from lyncops.values import Fqdn, Mode

_RESTORE = "Restoring conference contents using the Backup Service"


@attrs.frozen(slots=True, kw_only=True)
class TwoModes(Procedure):
    """A procedure that is planned while the failing side is up, or a rescue when it is gone."""

    MODES: ClassVar[tuple[Mode, ...]] = BOTH_MODES

    mode: Mode = attrs.field(
        converter=as_mode,
        metadata=asks("--mode", "Is the failing side up (planned), or gone (disaster)?"),
    )
    accept_data_loss: bool = attrs.field(
        default=False,
        metadata=asks(
            "--accept-data-loss",
            "Accept the loss of changes that were not copied yet; required in disaster mode.",
        ),
    )


@attrs.frozen(slots=True, kw_only=True)
class MovesStore(TwoModes):
    """A procedure that may move the Central Management store, and saves it before."""

    export: bool = attrs.field(
        default=True,
        metadata=asks("--export", "Export configuration and locations (LIS) before a move."),
    )
    export_folder: str = attrs.field(
        default=r"C:\Windows\Temp",
        metadata=asks(
            "--export-folder",
            "The folder for the exports, on the server that writes them.",
            example="FOLDER",
        ),
    )
    store_sql_server: Fqdn | None = attrs.field(
        default=None,
        converter=optional_fqdn,
        metadata=asks(
            "--store-sql-server",
            "The SQL Server of the receiving copy of the store, if it cannot be read.",
            example="FQDN",
        ),
    )
    store_sql_instance: str = attrs.field(
        default="",
        metadata=asks("--store-sql-instance", "The SQL instance of that copy.", example="NAME"),
    )
    store_mirror_sql_server: Fqdn | None = attrs.field(
        default=None,
        converter=optional_fqdn,
        metadata=asks(
            "--store-mirror-sql-server",
            "The SQL Server of that copy's mirror, if it cannot be read.",
            example="FQDN",
        ),
    )
    store_mirror_sql_instance: str = attrs.field(
        default="",
        metadata=asks(
            "--store-mirror-sql-instance", "The SQL instance of that mirror.", example="NAME"
        ),
    )


@attrs.frozen(slots=True, kw_only=True)
class ManagementStoreFailover(MovesStore):
    """Move the Central Management store from the pool that holds it to that pool's backup pool."""

    NAME: ClassVar[str] = "management-store-failover"
    SUMMARY: ClassVar[str] = "Move the Central Management store to the backup pool of its pool."
    GUIDE: ClassVar[str] = "Failing over a pool, steps 2 to 5"

    pool: Fqdn = attrs.field(
        converter=Fqdn, metadata=is_target("POOL", "The pool that holds the store now.")
    )
    to: Fqdn | None = attrs.field(
        default=None,
        converter=optional_fqdn,
        metadata=asks(
            "--to",
            "The pool that the store is installed on (by hand) if it has no standby copy.",
            example="POOL",
        ),
    )


@attrs.frozen(slots=True, kw_only=True)
class MovesUsers(MovesStore):
    """A procedure that moves users between the pools of a pair."""

    enable_topology: bool = attrs.field(
        default=False,
        metadata=ENABLE_TOPOLOGY,
    )
    verify: bool = attrs.field(
        default=False,
        metadata=asks(
            "--verify",
            "At the end, test whether the pool's test users can sign in and exchange messages.",
        ),
    )
    verify_users: tuple[str, ...] = attrs.field(
        default=(),
        converter=sip_addresses,
        metadata=asks(
            "--verify-user",
            "Test as this user; give two, and they also exchange messages.",
            example="SIP_ADDRESS",
        ),
    )

    @property
    def takes_test_users(self) -> bool:
        """Where no users are named."""
        return self.verify and not self.verify_users


@attrs.frozen(slots=True, kw_only=True)
class Evacuate(MovesUsers):
    """Serve the users of both pools of a pair from one of them."""

    NAME: ClassVar[str] = "evacuate"
    SUMMARY: ClassVar[str] = "Serve the users of both pools of a pair from one of them."
    GUIDE: ClassVar[str] = "Managing disaster recovery, IMPORTANT box"

    to_pool: Fqdn = attrs.field(
        converter=Fqdn, metadata=is_target("POOL", "The pool that serves everybody afterwards.")
    )
    next_hop: Fqdn | None = attrs.field(
        default=None,
        converter=optional_fqdn,
        metadata=asks(
            "--next-hop",
            "The new next hop of Edge pools that use the pool being left.",
            example="POOL",
        ),
    )


@attrs.frozen(slots=True, kw_only=True)
class MovesPool(MovesUsers):
    """The failover or failback of one pool, with its response groups where that is wanted."""

    response_groups: bool = attrs.field(
        default=False,
        metadata=asks("--response-groups", "Move response groups too, by export and import."),
    )
    response_groups_file: str = attrs.field(
        default="",
        metadata=asks(
            "--response-groups-file",
            "Import this saved export of response groups (a path on the server).",
            example="FILE",
        ),
    )


@attrs.frozen(slots=True, kw_only=True)
class PoolFailover(MovesPool):
    """Serve the users of a pool from its backup pool."""

    NAME: ClassVar[str] = "pool-failover"
    SUMMARY: ClassVar[str] = "Move a pool's users to its backup pool."
    GUIDE: ClassVar[str] = "Failing over a pool"

    pool: Fqdn = attrs.field(
        converter=Fqdn, metadata=is_target("POOL", "The pool that first homed the users.")
    )
    next_hop: Fqdn | None = attrs.field(
        default=None,
        converter=optional_fqdn,
        metadata=asks(
            "--next-hop",
            "The new next hop of Edge pools that use the failed pool (default: the backup pool).",
            example="POOL",
        ),
    )

    @property
    def way_back(self) -> str:
        """The failback, once the pool is up again."""
        return f"pool-failback {self.pool} --mode planned"


@attrs.frozen(slots=True, kw_only=True)
class PoolFailback(MovesPool):
    """Serve the users of a pool that is failed over at home again.

    `edges` names the Edge pools that get the pool as their next hop again; None means those that
    the failover moved, according to the journal. `store_is_older` says that the failover was
    written to a store that is gone, so that the one that is left calls the pool's users at home.
    """

    NAME: ClassVar[str] = "pool-failback"
    SUMMARY: ClassVar[str] = "Move a pool's users back home, and restore their conference content."
    GUIDE: ClassVar[str] = "Failing back a pool"

    pool: Fqdn = attrs.field(
        converter=Fqdn, metadata=is_target("POOL", "The pool that first homed the users.")
    )
    edges: tuple[Fqdn, ...] | None = attrs.field(
        default=None,
        converter=optional_fqdns,
        metadata=asks(
            "--edge",
            "Make the pool the next hop of this Edge pool again (default: those that the failover"
            " moved); write none for none.",
            example="EDGE_POOL",
        ),
    )
    store_is_older: bool = attrs.field(
        default=False,
        metadata=asks(
            "--store-is-older",
            "The store predates the failover: record again that the pool is failed over.",
        ),
    )

    def __attrs_post_init__(self) -> None:
        if self.store_is_older and self.mode is not Mode.DISASTER:
            raise InvalidValueError(
                "--store-is-older is for a backup pool that died with the newer store.",
                remedy="Use it with --mode disaster, or leave it out.",
            )


@attrs.frozen(slots=True, kw_only=True)
class ConferenceRestore(Procedure):
    """Restore a pool's conference content from its backup pool."""

    NAME: ClassVar[str] = "conference-restore"
    SUMMARY: ClassVar[str] = "Restore a pool's conference content from its backup pool."
    GUIDE: ClassVar[str] = _RESTORE
    COUNTS_USERS: ClassVar[bool] = True

    pool: Fqdn = attrs.field(
        converter=Fqdn, metadata=is_target("POOL", "The pool that first homed the users.")
    )
