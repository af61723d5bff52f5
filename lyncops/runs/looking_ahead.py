"""Readiness from fresh readings: what the plans need, and what is looked at on the days before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import attrs

from lyncops.checks.care import serving
from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.deployment.trials import Trial
from lyncops.errors import JournalError
from lyncops.procedures.readiness import Readiness, readiness
from lyncops.procedures.saved import SavedExport
from lyncops.procedures.verification import configured_users, trials_of
from lyncops.runs.export_files import export_files
from lyncops.runs.journal import Journal
from lyncops.runs.saved_exports import saved_exports
from lyncops.values import Fqdn


def look_ahead(  # noqa: PLR0913 - who to ask, and what of
    pools: Iterable[Fqdn],
    *,
    read: Callable[[Scope], Deployment],
    journal: Callable[[], Journal],
    count_users: bool = False,
    verify: bool = False,
    exports: Mapping[str, str] = MappingProxyType({}),
) -> Readiness:
    """Read, and answer.

    `exports` has for each kind of export the pattern of files that somebody else saves. Users are
    counted, and things tried as a user, where that is wanted: both take their time.
    """
    wanted = (
        Facet.CARE,
        *((Facet.USERS,) if count_users else ()),
        *((Facet.TEST_USERS,) if verify else ()),
    )
    deployment = read(EVERYTHING | Scope.of(*wanted))
    trials = _trials(deployment) if verify else ()
    if trials:
        deployment = attrs.evolve(deployment, tried=read(Scope.trying(*trials)).tried)
    saved = (*_on_record(deployment, journal), *export_files(exports))
    return readiness(deployment, pools, saved=saved)


def _trials(deployment: Deployment) -> tuple[Trial, ...]:
    return tuple(
        Trial(one.deed, one.pool, one.users)
        for pool in deployment.front_end_pools
        if (users := configured_users(deployment, pool.fqdn))
        for one in trials_of(users, serving(pool))
    )


def _on_record(deployment: Deployment, journal: Callable[[], Journal]) -> tuple[SavedExport, ...]:
    try:
        return saved_exports(journal(), deployment.name)
    except JournalError:
        return ()
