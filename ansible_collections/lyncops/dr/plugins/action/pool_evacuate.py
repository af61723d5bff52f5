# Written by scripts/ansible_pages.py from the description of what it runs.
"""Serve everybody of a pair of pools from one of them."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Serve everybody of a pair of pools from one of them."""

    MODULE = "pool_evacuate"
