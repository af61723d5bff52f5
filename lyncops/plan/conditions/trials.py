"""A condition of service: that users can really do what they do."""

from __future__ import annotations

import attrs

from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import Scope
from lyncops.deployment.trials import Deed, Trial
from lyncops.plan.conditions.base import Evaluation, Judged, known
from lyncops.values import Fqdn


@attrs.frozen(slots=True)
class UserCan(Judged):
    """A user can sign in at a pool, or two can talk there or see each other, as a server tries it
    (fact: test-users).
    """

    deed: Deed
    pool: Fqdn
    users: tuple[str, ...]

    @property
    def scope(self) -> Scope:
        """The trial."""
        return Scope.trying(self._trial)

    @property
    def _trial(self) -> Trial:
        return Trial(self.deed, self.pool, self.users)

    def judge(self, deployment: Deployment) -> Evaluation:
        """What the server found when it tried."""
        found = next((one for one in deployment.tried if one.trial == self._trial), None)
        tried = known(found, f"it was not tried whether {self._trial}")
        works = known(tried.works)
        if works:
            return Evaluation(holds=True, evidence=str(self._trial))
        return Evaluation(
            holds=False,
            evidence=f"not seen: {self._trial}{f': {tried.words}' if tried.words else ''}",
        )

    def __str__(self) -> str:
        return str(self._trial)
