# Written by scripts/ansible_pages.py from the description of what it runs.
"""Go on with a run that stopped, was cut off, or waits for a person."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Go on with a run that stopped, was cut off, or waits for a person."""

    MODULE = "run_resume"
