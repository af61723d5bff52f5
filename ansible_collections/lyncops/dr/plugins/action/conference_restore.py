# Written by scripts/ansible_pages.py from the description of what it runs.
"""Restore a pool's conference content from its backup pool."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Restore a pool's conference content from its backup pool."""

    MODULE = "conference_restore"
