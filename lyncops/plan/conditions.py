"""Conditions: values that a fresh reading of the servers makes true, false or unknown. A plan is saved with them."""
# CONTRACT SKETCH: the owner of lyncops/plan adds the conditions that procedures need.

from __future__ import annotations

from typing import Protocol

import attrs

from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import Scope


@attrs.frozen(slots=True)
class Truth:
    """Whether a condition holds (None: unknown), and what was seen."""

    holds: bool | None
    evidence: str


class Condition(Protocol):
    """A question to a deployment. Implementations are frozen attrs classes, so that they save as JSON."""

    @property
    def scope(self) -> Scope:
        """What must be read to answer."""
        ...

    def evaluate(self, deployment: Deployment) -> Truth:
        """Answer from a reading that covers `scope`."""
        ...

    def __str__(self) -> str:
        """The condition in words: `pool1.contoso.com is failed over`."""
        ...
