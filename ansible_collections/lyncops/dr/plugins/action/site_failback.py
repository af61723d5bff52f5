# Written by scripts/ansible_pages.py from the description of what it runs.
"""Move the users of all pools of a site back home."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Move the users of all pools of a site back home."""

    MODULE = "site_failback"
