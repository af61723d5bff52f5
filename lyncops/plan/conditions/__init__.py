"""Conditions: values that a fresh reading of the servers makes true, false or unknown.

A plan is saved with them.
"""

from lyncops.plan.conditions.base import Condition, Evaluation, UnlessRefuted, all_hold, scope_of
from lyncops.plan.conditions.network import HostLeadsTo, PortIsOpen, ServiceNames
from lyncops.plan.conditions.pools import (
    BackupModuleIs,
    BackupServiceSteady,
    MirrorPrincipalIs,
    MirrorsAreSynchronized,
    PoolIsAlive,
    PoolIsHome,
    PoolStateIs,
    ServicesAre,
)
from lyncops.plan.conditions.routes import (
    EdgeNextHopIs,
    FederatedEdgeIs,
    MediaEdgeIs,
    NoEdgeLeadsTo,
    RouteKind,
    SiteRouteIs,
    SyncIntervalIs,
)
from lyncops.plan.conditions.settings import AuthorizedGroupsAre
from lyncops.plan.conditions.store import ReplicasUpToDate, StoreHasSingleMaster, StoreIsActiveOn
from lyncops.plan.conditions.trials import UserCan

__all__ = [
    "AuthorizedGroupsAre",
    "BackupModuleIs",
    "BackupServiceSteady",
    "Condition",
    "EdgeNextHopIs",
    "Evaluation",
    "FederatedEdgeIs",
    "HostLeadsTo",
    "MediaEdgeIs",
    "MirrorPrincipalIs",
    "MirrorsAreSynchronized",
    "NoEdgeLeadsTo",
    "PoolIsAlive",
    "PoolIsHome",
    "PoolStateIs",
    "PortIsOpen",
    "ReplicasUpToDate",
    "RouteKind",
    "ServiceNames",
    "ServicesAre",
    "SiteRouteIs",
    "StoreHasSingleMaster",
    "StoreIsActiveOn",
    "SyncIntervalIs",
    "UnlessRefuted",
    "UserCan",
    "all_hold",
    "scope_of",
]
