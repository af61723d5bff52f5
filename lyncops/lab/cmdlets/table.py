"""Every cmdlet that the lab simulates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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
from lyncops.lab.cmdlets.registry import Handler

_ALL: Final = (
    administration.get_cs_admin_role,
    administration.get_cs_server_version,
    administration.get_cs_server_patch_version,
    backup_service.get_cs_backup_service_status,
    backup_service.invoke_cs_backup_service_sync,
    backup_service.get_cs_backup_service_configuration,
    backup_service.set_cs_backup_service_configuration,
    backup_service.debug_cs_inter_pool_replication,
    databases.get_cs_database_mirror_state,
    databases.invoke_cs_database_failover,
    databases.get_cs_user_database_state,
    edge.set_cs_edge_server,
    edge.set_cs_registrar,
    edge.set_cs_conference_server,
    edge.set_cs_mediation_server,
    edge.set_cs_director,
    exports.export_cs_configuration,
    exports.import_cs_configuration,
    exports.export_cs_lis_configuration,
    exports.import_cs_lis_configuration,
    exports.get_cs_conference_directory,
    exports.move_cs_conference_directory,
    fabric.get_cs_pool_upgrade_readiness_state,
    fabric.get_cs_upgrade_domain_info,
    fabric.get_cs_pool_fabric_state,
    fabric.reset_cs_pool_registrar_state,
    management_store.get_cs_management_store_replication_status,
    management_store.invoke_cs_management_store_replication,
    management_store.invoke_cs_management_server_failover,
    management_store.move_cs_management_server,
    pools.invoke_cs_pool_failover,
    pools.invoke_cs_pool_failback,
    pools.get_cs_pool_backup_relationship,
    pools.get_cs_registrar_configuration,
    pools.set_cs_registrar_configuration,
    response_groups.export_cs_rgs_configuration,
    response_groups.import_cs_rgs_configuration,
    topology.get_cs_site,
    topology.get_cs_pool,
    topology.get_cs_computer,
    topology.get_cs_service,
    topology.get_cs_topology,
    topology.set_cs_site,
    topology.enable_cs_topology,
    users.get_cs_user,
    users.get_cs_user_pool_info,
    users.test_cs_registration,
    windows_services.get_cs_windows_service,
    windows_services.start_cs_windows_service,
    windows_services.stop_cs_windows_service,
    windows_services.invoke_cs_computer_failover,
    windows_services.invoke_cs_computer_failback,
)
HANDLERS: Final[Mapping[str, Handler]] = {handler.name.casefold(): handler for handler in _ALL}
"""By folded name."""
