"""Whether what a plan aims at is so already, so that nothing is left to do."""

from __future__ import annotations

from typing import Final

from lyncops.deployment.model import Deployment
from lyncops.plan.conditions import all_hold
from lyncops.plan.model import Plan
from lyncops.plan.procedures import BackupServiceSync, ConferenceRestore

_WORK: Final = (BackupServiceSync, ConferenceRestore)
"""What these copy cannot be seen: a Backup Service that is steady may not have been asked."""


def is_reached(plan: Plan, deployment: Deployment) -> bool:
    """Whether the servers show, in the reading that the plan was made from, what was asked for.

    A server's local copy of the topology may be older than the last change, and proves nothing.
    """
    if deployment.from_local_store or isinstance(plan.procedure, _WORK):
        return False
    if not plan.steps and not plan.is_refused:
        return True
    return bool(plan.goal) and all_hold(plan.goal, deployment).holds is True
