"""The semantics of the cmdlets, by subject. Importing the package registers them all."""

from lyncops.lab.cmdlets import (
    administration,
    backup_service,
    databases,
    edge,
    exports,
    fabric,
    management_store,
    pools,
    response_groups,
    topology,
    users,
    windows_services,
)

__all__ = [
    "administration",
    "backup_service",
    "databases",
    "edge",
    "exports",
    "fabric",
    "management_store",
    "pools",
    "response_groups",
    "topology",
    "users",
    "windows_services",
]
