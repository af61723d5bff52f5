"""Procedures about data: mirrored databases, and what the Backup Service copies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar, Final

import attrs

from lyncops.cmdlets import BackupModule, DatabaseNameType, MirrorRole
from lyncops.cmdlets.backup_service import SYNC_INTERVAL
from lyncops.cmdlets.databases import DATABASE_TYPE
from lyncops.errors import InvalidValueError
from lyncops.plan.procedures.base import Procedure, asks, is_target, optional_fqdn, texts, word_of
from lyncops.values import Fqdn

_GUIDE: Final = "Configuring and monitoring the Backup Service"


def _database_type(word: DatabaseNameType | str) -> DatabaseNameType:
    return DATABASE_TYPE.convert(word)


def _principal(word: MirrorRole | str | None) -> MirrorRole | None:
    return None if word is None else word_of(MirrorRole, word)


def _modules(words: Iterable[BackupModule | str]) -> tuple[BackupModule, ...]:
    return tuple(word_of(BackupModule, word) for word in words)


def _interval(interval: timedelta | None) -> timedelta | None:
    return None if interval is None else SYNC_INTERVAL.convert(interval)


@attrs.frozen(slots=True, kw_only=True)
class DatabaseFailover(Procedure):
    """Move the principal of a pool's mirrored databases to the other SQL Server.

    `principal` None means the side that is not principal now.
    """

    NAME: ClassVar[str] = "database-failover"
    SUMMARY: ClassVar[str] = "Move the principal of mirrored databases to the other SQL Server."
    GUIDE: ClassVar[str] = "Failing over a mirrored database"

    pool: Fqdn = attrs.field(
        converter=Fqdn, metadata=is_target("POOL", "The pool of the databases.")
    )
    database_type: DatabaseNameType = attrs.field(
        default=DatabaseNameType.USER,
        converter=_database_type,
        metadata=asks("--database-type", "Which databases (default: User).", example="TYPE"),
    )
    principal: MirrorRole | None = attrs.field(
        default=None,
        converter=_principal,
        metadata=asks(
            "--principal", "The side that is principal afterwards (default: the other one)."
        ),
    )
    accept_data_loss: bool = attrs.field(
        default=False,
        metadata=asks(
            "--accept-data-loss",
            "Accept the loss of what the mirror had not yet received from its principal.",
        ),
    )


@attrs.frozen(slots=True, kw_only=True)
class BackupServiceSet(Procedure):
    """Set how often the Backup Service copies, and groups that may query its status, for the whole
    deployment.

    Raises:
        InvalidValueError: neither is given, or the interval is not between 5 seconds and 3 hours.
    """

    NAME: ClassVar[str] = "backup-service-set"
    SUMMARY: ClassVar[str] = (
        "Set how often the Backup Service copies, and who may query its status."
    )
    GUIDE: ClassVar[str] = _GUIDE

    pool: Fqdn | None = attrs.field(
        default=None,
        converter=optional_fqdn,
        metadata=is_target(
            "POOL", "Not needed: the configuration applies to the whole deployment."
        ),
    )
    sync_interval: timedelta | None = attrs.field(
        default=None,
        converter=_interval,
        metadata=asks(
            "--sync-interval",
            "The interval between copies: 5s to 3h (default: 2m).",
            example="DURATION",
        ),
    )
    authorized_groups: tuple[str, ...] = attrs.field(
        default=(),
        converter=texts,
        metadata=asks(
            "--authorized-group",
            "A group that may query its status. The groups given replace the present list.",
            example="GROUP",
        ),
    )

    def __attrs_post_init__(self) -> None:
        if self.sync_interval is None and not self.authorized_groups:
            raise InvalidValueError(
                f"{self.NAME} needs an interval or groups.",
                remedy="Add --sync-interval, --authorized-group or both.",
            )


@attrs.frozen(slots=True, kw_only=True)
class BackupServiceSync(Procedure):
    """Copy what a pool has changed to its backup pool now: some modules, or all of them."""

    NAME: ClassVar[str] = "backup-service-sync"
    SUMMARY: ClassVar[str] = "Copy a pool's changes to its backup pool now."
    GUIDE: ClassVar[str] = _GUIDE

    pool: Fqdn = attrs.field(
        converter=Fqdn, metadata=is_target("POOL", "The pool whose changes are copied.")
    )
    modules: tuple[BackupModule, ...] = attrs.field(
        default=(),
        converter=_modules,
        metadata=asks("--module", "Only this module (default: all of them)."),
    )
