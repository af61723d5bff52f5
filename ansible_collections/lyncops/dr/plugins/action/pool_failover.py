# Written by scripts/ansible_pages.py from the description of what it runs.
"""Move a pool's users to its backup pool."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Move a pool's users to its backup pool."""

    MODULE = "pool_failover"
