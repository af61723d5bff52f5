"""The registrar configurations of all pools by one cmdlet: without -Identity it writes every scope,
those of services too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from lyncops.cmdlets import GetCsRegistrarConfiguration, RegistrarConfiguration
from lyncops.deployment.asking import Answer, Question
from lyncops.deployment.scope import Facet, Scope
from lyncops.remoting.interface import CmdletRunner
from lyncops.values import Fqdn, Unread

_DEADLINE: Final = timedelta(seconds=60)
_SCOPE: Final = "service:registrar:"
_GLOBAL: Final = "global"


class StateReading:
    """The question, asked at once where it saves some: for a single pool its own question is as
    good.
    """

    def __init__(
        self, sessions: CmdletRunner, pools: tuple[Fqdn, ...], scope: Scope, *, local: bool
    ) -> None:
        """Ask when `scope` wants the state of several of these Front End pools; with `local` the
        local copy at once.
        """
        everywhere, here = (
            GetCsRegistrarConfiguration(),
            GetCsRegistrarConfiguration(local_store=True),
        )
        self._sessions, self.is_local = sessions, local
        self._question = Question(
            what="the state of the pools",
            cmdlet=here if local else everywhere,
            local=None if local else here,
            deadline=_DEADLINE,
        )
        several = Facet.POOL_STATE in scope.facets and sum(map(scope.covers, pools)) > 1
        self._answer = Answer(sessions, self._question) if several else None
        self._found: dict[str, tuple[RegistrarConfiguration, ...]] | None = None

    def listed(self) -> tuple[RegistrarConfiguration, ...] | Unread:
        """Every scope that the server has, waited for; asked once, however many pools need it."""
        if self._answer is None:
            self._answer = Answer(self._sessions, self._question)
        return self._answer.get()

    @property
    def is_silent(self) -> bool:
        """Whether that was asked, and no server had a word on it: asked in another way, the same
        cmdlet would hang as long.
        """
        return self._answer is not None and self._answer.is_silent

    def of(self, pool: Fqdn) -> tuple[RegistrarConfiguration, ...]:
        """What was written of one pool's registrar, waited for; nothing where it has to be asked
        for by its name.
        """
        if self._found is None:
            found = () if self._answer is None else self._answer.get()
            configurations = () if isinstance(found, Unread) else found
            self._found = {}
            for one in configurations:
                if one.identity:
                    known = self._found.get(one.identity.casefold(), ())
                    self._found[one.identity.casefold()] = (*known, one)
        return self._found.get(f"{_SCOPE}{pool}".casefold(), ())


def by_default(
    listed: Iterable[RegistrarConfiguration], pool: Fqdn
) -> tuple[RegistrarConfiguration, ...]:
    """The global configuration, which holds for a pool without one of its own; nothing where the
    list leaves that open.

    `listed` is every scope that the server has. One whose name is not understood might be the
    pool's own.
    """
    names = {one.identity.strip().casefold() if one.identity else "": one for one in listed}
    own = f"{_SCOPE}{pool}".casefold()
    if own in names or not all(
        name == _GLOBAL or name.startswith((_SCOPE, "site:")) for name in names
    ):
        return ()
    return (names[_GLOBAL],) if _GLOBAL in names else ()
