# Written by scripts/ansible_pages.py from the description of what it runs.
"""Move a pool's users back home, and restore their conference content."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Move a pool's users back home, and restore their conference content."""

    MODULE = "pool_failback"
