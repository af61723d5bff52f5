"""What an operator asks a procedure for: one value for all procedures, so that no face needs special cases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import attrs
from cattrs.errors import BaseValidationError

from lyncops.cmdlets import BackupModule, DatabaseNameType
from lyncops.cmdlets.backup_service import SYNC_INTERVAL
from lyncops.cmdlets.databases import DATABASE_TYPE
from lyncops.errors import PlanFormatError
from lyncops.plan.model import Plan
from lyncops.plan.serial import CONVERTER
from lyncops.values import Fqdn, Mode, SiteName


def _sync_interval(interval: timedelta | None) -> timedelta | None:
    return None if interval is None else SYNC_INTERVAL.convert(interval)


def _database_type(word: str) -> DatabaseNameType:
    return DATABASE_TYPE.convert(word)


_REPEATED: Final = ("edges", "sites", "domains", "authorized_groups", "modules")


def option_of(field: str) -> str:
    """The option of the command line that fills a field of the request: one that may repeat is named in the singular there."""
    if field == "to_mirror":
        return "--principal"
    return f"--{(field.removesuffix('s') if field in _REPEATED else field).replace('_', '-')}"


@attrs.frozen(slots=True, kw_only=True)
class ProcedureRequest:
    """The target and everything that can be said about how. A procedure ignores what it has no use for.

    `target` is the pool that first homed the users (pool-failover, pool-failback, conference-restore), the pool that shall
    serve everybody (evacuate), that the store leaves (management-store-failover), whose Edge association or mirrored
    databases change (edge-association, database-failover), the Edge pool (edge-next-hop), or the Edge pool that first had
    federation or XMPP (edge-federation-..., xmpp-..., in both directions). For backup-service-sync it is
    the pool whose changes are copied, for backup-service-set any Front End pool: the configuration is that of the deployment.
    """

    target: Fqdn
    mode: Mode | None = None
    overrides: Mapping[str, str] = attrs.field(factory=dict[str, str])  # check id -> the operator's reason
    accept_data_loss: bool = False
    export: bool = True  # export configuration and LIS before the store or a pool moves
    export_folder: str = r"C:\Windows\Temp"  # on the server that runs the export
    next_hop: Fqdn | None = None  # the pool that Edge pools shall lead to
    enable_topology: bool = False  # run Enable-CsTopology after settings of services were changed
    edges: tuple[Fqdn, ...] | None = None  # pool-failback: the Edge pools to lead back (None: those of the pool's site)
    edge: Fqdn | None = None  # edge-association: the Edge pool; edge-federation-..., xmpp-...: the other Edge pool
    sites: tuple[SiteName, ...] | None = None  # the sites whose route changes (None: those that lead to the Edge pool left)
    domains: tuple[Fqdn, ...] = ()  # xmpp-...: the domains whose partners come by XMPP
    xmpp_host: Fqdn | None = None  # xmpp-...: the external name of the XMPP gateway (None: xmpp. before the first domain)
    database_type: DatabaseNameType = attrs.field(default=DatabaseNameType.USER, converter=_database_type)  # database-failover
    to_mirror: bool | None = None  # database-failover: the side that shall be principal (None: the other one)
    store_sql_server: Fqdn | None = None  # where the receiving copy of the store is, when it cannot be read
    store_sql_instance: str = ""
    response_groups: bool = False  # pool-failover, pool-failback: carry response groups over by an export and an import
    response_groups_file: str = ""  # a saved export to take instead, on the server that imports (or on a share)
    sync_interval: timedelta | None = attrs.field(default=None, converter=_sync_interval)  # backup-service-set
    authorized_groups: tuple[str, ...] = ()  # backup-service-set: who may ask the Backup Service
    modules: tuple[BackupModule, ...] = ()  # backup-service-sync: which modules (none: all of them)

    @property
    def choices(self) -> tuple[str, ...]:
        """What was asked for other than by default, in a form that a plan keeps; the target, mode and overrides it has anyway."""
        plain = CONVERTER.unstructure(self)
        usual = CONVERTER.unstructure(ProcedureRequest(target=self.target))
        names = (name for name in usual if name not in ("target", "mode", "overrides"))
        return tuple(f"{name}={json.dumps(plain[name])}" for name in names if plain[name] != usual[name])

    @classmethod
    def of(cls, plan: Plan) -> ProcedureRequest:
        """The request that a plan was made for.

        Raises:
            PlanFormatError: the plan keeps choices that no procedure knows.
        """
        request = cls(
            target=plan.target,
            mode=plan.mode,
            overrides={check.check_id: check.overridden_because for check in plan.checks if check.overridden_because},
        )
        try:
            choices = {name: json.loads(text) for name, _, text in (choice.partition("=") for choice in plan.choices)}
            return CONVERTER.structure({**CONVERTER.unstructure(request), **choices}, cls)
        except (BaseValidationError, ValueError) as error:
            raise PlanFormatError(f"The plan's choices cannot be read: {error}.", remedy="Make the plan again.") from error
