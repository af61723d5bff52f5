# Written by scripts/ansible_pages.py from the description of what it runs.
"""Move the Central Management store to the backup pool of its pool."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Move the Central Management store to the backup pool of its pool."""

    MODULE = "management_store_failover"
