"""Plans as plain data: one converter that turns every value of a plan into JSON's types and back.

Values of an open family (conditions, steps, places) carry their class name under `is`; cmdlets have
their own form (`lyncops.cmdlets.codec`). A name that is not known is refused: a saved plan can only
hold what lyncops defines.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, cast, get_origin

from cattrs import Converter
from cattrs.strategies import configure_tagged_union

from lyncops.cmdlets.base import Cmdlet
from lyncops.cmdlets.codec import cmdlet_from_dict, cmdlet_to_dict
from lyncops.plan import conditions
from lyncops.plan.steps import Step
from lyncops.values import Fqdn, Place, ServiceId, SiteName

_TAG: Final = "is"

AnyCondition = (
    conditions.AuthorizedGroupsAre
    | conditions.BackupModuleIs
    | conditions.BackupServiceSteady
    | conditions.EdgeNextHopIs
    | conditions.FederatedEdgeIs
    | conditions.HostLeadsTo
    | conditions.MediaEdgeIs
    | conditions.MirrorPrincipalIs
    | conditions.MirrorsAreSynchronized
    | conditions.NoEdgeLeadsTo
    | conditions.PoolIsAlive
    | conditions.PoolIsHome
    | conditions.PoolStateIs
    | conditions.PortIsOpen
    | conditions.ReplicasUpToDate
    | conditions.ServiceNames
    | conditions.ServicesAre
    | conditions.SiteRouteIs
    | conditions.StoreHasSingleMaster
    | conditions.StoreIsActiveOn
    | conditions.SyncIntervalIs
    | conditions.UnlessRefuted
    | conditions.UserCan
)


def _is_cmdlet(kind: object) -> bool:
    return kind is Cmdlet or get_origin(kind) is Cmdlet


def _is_condition(kind: object) -> bool:
    return kind is conditions.Condition


def _condition_to_data(condition: object) -> object:
    return CONVERTER.unstructure(condition, AnyCondition)


def _condition_from_data(data: object, _: object) -> object:
    # It takes a union too, its annotation does not
    from_data = cast("Callable[[object, object], object]", CONVERTER.structure)
    return from_data(data, AnyCondition)


def _cmdlet_from_data(data: object, _: object) -> object:
    return cmdlet_from_dict(data)


def _text(data: object, kind: type) -> object:
    if not isinstance(data, str):
        raise TypeError(f"{data!r} is not text")
    return kind(data)


def _moment(data: object, _: object) -> datetime:
    moment = datetime.fromisoformat(str(data))
    if moment.tzinfo is None:
        raise ValueError(f"{data!r} has no time zone")
    return moment


def _duration(data: object, _: object) -> timedelta:
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise TypeError(f"{data!r} is not a number of seconds")
    return timedelta(seconds=data)


def _service(data: object, _: object) -> ServiceId:
    return ServiceId.parse(str(data))


def _make_converter() -> Converter:
    made = Converter(forbid_extra_keys=True, detailed_validation=True)
    made.register_unstructure_hook(datetime, datetime.isoformat)
    made.register_structure_hook(datetime, _moment)
    made.register_unstructure_hook(timedelta, timedelta.total_seconds)
    made.register_structure_hook(timedelta, _duration)
    for name in (str, Fqdn, SiteName):
        made.register_unstructure_hook(name, str)
        made.register_structure_hook(name, _text)
    made.register_unstructure_hook(ServiceId, str)
    made.register_structure_hook(ServiceId, _service)
    made.register_unstructure_hook_func(_is_cmdlet, cmdlet_to_dict)
    made.register_structure_hook_func(_is_cmdlet, _cmdlet_from_data)
    made.register_unstructure_hook_func(_is_condition, _condition_to_data)
    made.register_structure_hook_func(_is_condition, _condition_from_data)
    configure_tagged_union(AnyCondition, made, tag_name=_TAG)
    for family in (Place, Step):  # last: a step's own form is built from all the above
        configure_tagged_union(family, made, tag_name=_TAG)
    return made


def canonical(data: object) -> str:
    """JSON with sorted keys and no spaces: the same data gives the same text."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


CONVERTER: Final = _make_converter()
