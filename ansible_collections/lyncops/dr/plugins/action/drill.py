# Written by scripts/ansible_pages.py from the description of what it runs.
"""Rehearse the loss of each pool and site on a copy of the deployment."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Rehearse the loss of each pool and site on a copy of the deployment."""

    MODULE = "drill"
