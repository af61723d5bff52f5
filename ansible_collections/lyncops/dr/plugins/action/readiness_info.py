# Written by scripts/ansible_pages.py from the description of what it runs.
"""Could every pool be failed over now: in which mode, at what loss?"""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Could every pool be failed over now: in which mode, at what loss?"""

    MODULE = "readiness_info"
