"""The machines whose replicas of the configuration cannot follow, so that no step waits for
them.
"""

from __future__ import annotations

from itertools import chain

from lyncops.deployment.model import Deployment
from lyncops.values import Fqdn


def silent_machines(deployment: Deployment) -> tuple[Fqdn, ...]:
    """The machines whose replicas cannot follow, in the order of the topology: Front Ends and
    Directors that are down, Edge servers of a dead site (`lyncops.deployment.signs`).
    """
    silent = deployment.signs.silent
    return tuple(chain.from_iterable(map(silent.__getitem__, sorted(silent))))


def is_silent(deployment: Deployment, machine: Fqdn) -> bool:
    """Whether a machine is one of them."""
    return machine in deployment.signs.silent_machines
