# Written by scripts/ansible_pages.py from the description of what it runs.
"""Move federation between two Edge pools."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Move federation between two Edge pools."""

    MODULE = "edge_federation"
