"""Short ways to ask procedures for plans and to look at what they answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, TypedDict, Unpack, cast

from lyncops.cmdlets import BackupModule, DatabaseNameType, MirrorRole
from lyncops.deployment.model import Deployment
from lyncops.plan.model import CmdletStep, Plan
from lyncops.plan.procedures import Procedure, procedure_named
from lyncops.procedures import make_plan
from lyncops.values import Fqdn, Mode

PLANNED: Final = Mode.PLANNED
DISASTER: Final = Mode.DISASTER


class Options(TypedDict, total=False):
    overrides: dict[str, str]
    accept_data_loss: bool
    export: bool
    verify: bool
    verify_users: tuple[str, ...]
    enable_topology: bool
    next_hop: Fqdn
    to: Fqdn
    edges: tuple[Fqdn, ...]
    edge_pool: Fqdn
    other_edge: Fqdn
    database_type: DatabaseNameType
    principal: MirrorRole
    store_sql_server: Fqdn
    store_sql_instance: str
    store_mirror_sql_server: Fqdn
    store_mirror_sql_instance: str
    response_groups: bool
    response_groups_file: str
    sync_interval: timedelta
    authorized_groups: tuple[str, ...]
    modules: tuple[BackupModule, ...]


def ask(
    procedure: str,
    deployment: Deployment,
    target: Fqdn,
    mode: Mode | None = None,
    **options: Unpack[Options],
) -> Plan:
    modes = {} if mode is None else {"mode": mode}
    return make_plan(asked(procedure, target, **modes, **options), deployment)


def asked(procedure: str, target: str, **fields: object) -> Procedure:
    """A procedure by its name on the command line; one without a target ignores it."""
    kind = procedure_named(procedure)
    named = {option.field: target for option in kind.options() if option.asked.is_target}
    return kind(**cast("dict[str, Any]", {**named, **fields}))


def ids(plan: Plan) -> list[str]:
    return [step.step_id for step in plan.steps]


def refused_by(plan: Plan) -> set[str]:
    return {check.check_id for check in plan.refusals}


def step(plan: Plan, step_id: str) -> CmdletStep:
    found = next(step for step in plan.steps if step.step_id == step_id)
    assert isinstance(found, CmdletStep)
    return found


def powershell(plan: Plan, step_id: str) -> str:
    return step(plan, step_id).cmdlet.to_powershell()
