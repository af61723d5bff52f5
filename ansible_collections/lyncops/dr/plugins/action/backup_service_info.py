# Written by scripts/ansible_pages.py from the description of what it runs.
"""Show the Backup Service, and what would be lost with each pool now."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Show the Backup Service, and what would be lost with each pool now."""

    MODULE = "backup_service_info"
