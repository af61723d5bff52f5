# Written by scripts/ansible_pages.py from the description of what it runs.
"""Move the principal of mirrored databases to the other SQL Server."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Move the principal of mirrored databases to the other SQL Server."""

    MODULE = "database_failover"
