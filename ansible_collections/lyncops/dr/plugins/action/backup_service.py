# Written by scripts/ansible_pages.py from the description of what it runs.
"""Configure the Backup Service, or copy what a pool has changed now."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Configure the Backup Service, or copy what a pool has changed now."""

    MODULE = "backup_service"
