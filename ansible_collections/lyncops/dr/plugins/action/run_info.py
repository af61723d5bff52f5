# Written by scripts/ansible_pages.py from the description of what it runs.
"""Show one run with its report, or the runs of the journal."""

from __future__ import annotations

from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction


class ActionModule(LyncopsAction):
    """Show one run with its report, or the runs of the journal."""

    MODULE = "run_info"
