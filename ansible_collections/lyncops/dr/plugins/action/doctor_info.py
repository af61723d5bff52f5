# Written by scripts/ansible_pages.py from the description of what it runs.
"""Is everything that a rescue needs reachable and usable?"""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Is everything that a rescue needs reachable and usable?"""

    MODULE = "doctor_info"
