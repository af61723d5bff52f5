# Written by scripts/ansible_pages.py from the description of what it runs.
"""Serve the users of both pools of a pair from one of them."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Serve the users of both pools of a pair from one of them."""

    MODULE = "pool_evacuate"
