"""The options of procedures: what an operator can ask for, on the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final, TypedDict, TypeVar

import attrs
import click

from lyncops.cmdlets import BackupModule
from lyncops.durations import parse_duration
from lyncops.errors import InvalidValueError
from lyncops.procedures import PROCEDURES, Procedure, ProcedureRequest
from lyncops.procedures.request import option_of
from lyncops.values import Fqdn, Mode, SiteName

F = TypeVar("F", bound=Callable[..., object])


MODULES: Final = tuple(module.value for module in BackupModule)


class Duration(click.ParamType[timedelta]):
    """A duration as people write it: `30s`, `2m`, `1h30m`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read it, or say how it is written."""
        if isinstance(value, timedelta):
            return value
        try:
            return parse_duration(str(value))
        except InvalidValueError as error:
            self.fail(str(error), param, ctx)


class Options(TypedDict):
    """The options as click hands them to a verb; None or empty where one was not given."""

    mode: str | None
    accept_data_loss: bool
    override: tuple[str, ...]
    reason: tuple[str, ...]
    export: bool | None
    export_folder: str | None
    next_hop: str | None
    enable_topology: bool
    edge: tuple[str, ...]
    site: tuple[str, ...]
    domain: tuple[str, ...]
    xmpp_host: str | None
    database_type: str | None
    principal: str | None
    store_sql_server: str | None
    store_sql_instance: str | None
    response_groups: bool
    response_groups_file: str | None
    sync_interval: timedelta | None
    authorized_group: tuple[str, ...]
    module: tuple[str, ...]


_OPTIONS: Final = (
    click.option("--mode", type=click.Choice([mode.value for mode in Mode]), help="Is the failing side up, or gone?"),
    click.option("--accept-data-loss", is_flag=True, help="Disaster mode loses what was not yet copied: say that this is known."),
    click.option("--override", metavar="CHECK_ID", multiple=True, help="Go on although this check fails; needs --reason."),
    click.option("--reason", metavar="TEXT", multiple=True, help="Why; one for all overrides, or one for each."),
    click.option("--export/--no-export", default=None, help="Export configuration and locations before a move (default: yes)."),
    click.option("--export-folder", metavar="FOLDER", help="Where to, on the server that exports."),
    click.option("--next-hop", metavar="POOL", help="The pool that Edge pools shall lead to."),
    click.option(
        "--enable-topology",
        is_flag=True,
        help="Run Enable-CsTopology after services or sites were changed: where the replicas do not follow without it.",
    ),
    click.option("--edge", metavar="EDGE_POOL", multiple=True, help="The Edge pool that is meant; may repeat for pool-failback."),
    click.option("--site", metavar="SITE", multiple=True, help="federation, XMPP: a site whose route changes; may repeat."),
    click.option("--domain", metavar="DOMAIN", multiple=True, help="XMPP: a domain whose partners come by it; may repeat."),
    click.option("--xmpp-host", metavar="HOST", help="XMPP: its external name (default: xmpp. and the first domain)."),
    click.option("--database-type", metavar="TYPE", help="database-failover: which databases (default: User)."),
    click.option("--principal", type=click.Choice(["primary", "mirror"]), help="database-failover: the side to be principal."),
    click.option("--store-sql-server", metavar="FQDN", help="Where the store's receiving copy is, when it cannot be read."),
    click.option("--store-sql-instance", metavar="NAME", help="Its SQL instance."),
    click.option("--response-groups", is_flag=True, help="Carry response groups over too, by an export and an import."),
    click.option("--response-groups-file", metavar="FILE", help="Import this saved export of them (a path on the server)."),
    click.option("--sync-interval", type=Duration(), metavar="DURATION", help="backup-service-set: from one copy to the next."),
    click.option("--authorized-group", metavar="GROUP", multiple=True, help="backup-service-set: who may ask; may repeat."),
    click.option("--module", type=click.Choice(MODULES, case_sensitive=False), multiple=True, help="backup-service-sync: only it."),
)


def request_options(verb: F) -> F:
    """Give a verb all options that a procedure can be asked with."""
    for option in reversed(_OPTIONS):
        verb = option(verb)
    return verb


def summaries() -> str:
    """The procedures and what they do, for a verb's help."""
    return "\n".join(("\b", "Procedures:", *(f"  {p.name:<26} {p.summary}" for p in PROCEDURES.values())))


def request_of(procedure: Procedure, target: str, options: Options) -> ProcedureRequest:
    """The request that the options make.

    Raises:
        InvalidValueError: an override has no reason, a name is none, the procedure has no use for an option or needs another.
    """
    given = _given(procedure, options)
    useless = sorted(set(given) - set(procedure.options))
    if useless:
        names = ", ".join(map(option_of, procedure.options)) or "none"
        raise InvalidValueError(
            f"{procedure.name} has no use for {', '.join(map(option_of, useless))}.",
            remedy=f"Its own options: {names}.",
        )
    base = ProcedureRequest(
        target=_fqdn("POOL", target),
        mode=Mode(options["mode"]) if options["mode"] else None,
        overrides=overrides_of(options["override"], options["reason"]),
        accept_data_loss=options["accept_data_loss"],
    )
    request = attrs.evolve(base, **given)
    procedure.require(request)
    return request


def _given(procedure: Procedure, options: Options) -> dict[str, Any]:
    """The fields of the request that were asked for."""
    edges = tuple(_fqdn("--edge", edge) for edge in options["edge"])
    fields = {
        "export": options["export"],
        "export_folder": options["export_folder"],
        "next_hop": _fqdn("--next-hop", options["next_hop"]) if options["next_hop"] else None,
        "enable_topology": options["enable_topology"] or None,
        "sites": tuple(map(SiteName, options["site"])) or None,
        "domains": tuple(_fqdn("--domain", domain) for domain in options["domain"]) or None,
        "xmpp_host": _fqdn("--xmpp-host", options["xmpp_host"]) if options["xmpp_host"] else None,
        "database_type": options["database_type"],
        "to_mirror": options["principal"] == "mirror" if options["principal"] else None,
        "store_sql_server": _fqdn("--store-sql-server", options["store_sql_server"]) if options["store_sql_server"] else None,
        "store_sql_instance": options["store_sql_instance"],
        "response_groups": options["response_groups"] or None,
        "response_groups_file": options["response_groups_file"],
        "sync_interval": options["sync_interval"],
        "authorized_groups": options["authorized_group"] or None,
        "modules": tuple(map(BackupModule, options["module"])) or None,
        "edge" if "edge" in procedure.options else "edges": (edges[0] if "edge" in procedure.options else edges) if edges else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def overrides_of(checks: Sequence[str], reasons: Sequence[str]) -> dict[str, str]:
    """The reason of each check that is to be overridden.

    Raises:
        InvalidValueError: there are neither as many reasons as checks nor one for all of them, or a reason is empty.
    """
    if not checks:
        return {}
    if len(reasons) not in (1, len(checks)) or not all(reason.strip() for reason in reasons):
        raise InvalidValueError(
            f"{len(checks)} --override and {len(reasons)} --reason were given.",
            remedy="Say with --reason why each check may be overridden: one text for all of them, or one for each.",
        )
    texts = reasons if len(reasons) == len(checks) else list(reasons) * len(checks)
    return dict(zip(checks, texts, strict=True))


def _fqdn(where: str, text: str) -> Fqdn:
    try:
        return Fqdn(text)
    except InvalidValueError as error:
        raise InvalidValueError(f"{where}: {error.what}", remedy=error.remedy) from None
