# Written by scripts/ansible_pages.py from the description of what it runs.
"""Set another Front End pool as the next hop of an Edge pool."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Set another Front End pool as the next hop of an Edge pool."""

    MODULE = "edge_next_hop"
