# Written by scripts/ansible_pages.py from the description of what it runs.
"""Change the Edge pool that a Front End pool uses for media."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Change the Edge pool that a Front End pool uses for media."""

    MODULE = "edge_association"
