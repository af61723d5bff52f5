"""Conditions of the Backup Service's configuration."""

from __future__ import annotations

import attrs

from lyncops.checks.words import listed
from lyncops.deployment.gaps import GROUPS, Need, Part
from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import Facet, Scope
from lyncops.plan.conditions.base import Evaluation, Judged, known


def same_groups(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether two lists name the same groups: in any order and letter case, with or without a
    domain before the name.
    """
    return _bare(first) == _bare(second)


def _bare(groups: tuple[str, ...]) -> frozenset[str]:
    return frozenset(group.rpartition("\\")[2].strip().casefold() for group in groups)


@attrs.frozen(slots=True)
class AuthorizedGroupsAre(Judged):
    """Exactly these groups may ask the Backup Service for its status and for a synchronisation."""

    groups: tuple[str, ...]

    @property
    def scope(self) -> Scope:
        """The Backup Service configuration."""
        return Scope.of(Facet.SETTINGS)

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.SETTINGS, items=(GROUPS,)),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """Compare with the global configuration."""
        found = known(deployment.backup_service).authorized_universal_groups
        return Evaluation(
            same_groups(found, self.groups), f"the authorised groups are {listed(found)}"
        )

    def __str__(self) -> str:
        return f"the authorised groups are {listed(self.groups)}"
