# Written by scripts/ansible_pages.py from the description of what it runs.
"""Show sites, pools, pairs, who serves whom, the store and Edge pools."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Show sites, pools, pairs, who serves whom, the store and Edge pools."""

    MODULE = "deployment_info"
