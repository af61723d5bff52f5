"""Whether the user databases of many pools are online, by one cmdlet: without -RegistrarPool it
writes that of every pool.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from lyncops.cmdlets import GetCsUserDatabaseState, UserDatabaseState
from lyncops.deployment.asking import Answer, Question
from lyncops.deployment.pool import Pool, PoolKind
from lyncops.deployment.scope import Facet, Scope
from lyncops.remoting.interface import CmdletRunner
from lyncops.values import Fqdn, Unread

_DEADLINE: Final = timedelta(seconds=20)
_FEW: Final = 8
"""So many pools are asked one by one, side by side: a SQL Server that is silent holds up no
other."""
_DATABASE: Final = "userdatabase:"


class BackEndReading:
    """The question, asked at once where it saves many.

    Standard Edition cannot be asked from another machine (fact: user-database-state): its errors
    beside the answers say nothing.
    """

    def __init__(self, sessions: CmdletRunner, pools: Iterable[Pool], scope: Scope) -> None:
        """Ask when `scope` wants it of many of these pools."""
        asked = [pool for pool in pools if pool.kind is PoolKind.ENTERPRISE]
        servers = Counter(pool.sql_server for pool in asked)
        self._alone = frozenset(server for server, number in servers.items() if number == 1)
        wanted = Facet.BACK_END in scope.facets and sum(scope.covers(p.fqdn) for p in asked) > _FEW
        question = Question(
            what="the user databases",
            cmdlet=GetCsUserDatabaseState(),
            deadline=_DEADLINE,
            partial=True,
        )
        self._answer = Answer(sessions, question) if wanted else None
        self._found: dict[str, tuple[UserDatabaseState, ...]] | None = None

    def of(self, server: Fqdn | None) -> tuple[UserDatabaseState, ...]:
        """What was written of the database on a SQL Server that one pool uses, waited for; nothing
        where it has to be asked for.
        """
        if server not in self._alone:
            return ()
        if self._found is None:
            answer = () if self._answer is None else self._answer.get()
            self._found = {}
            for state in () if isinstance(answer, Unread) else answer:
                name = (state.identity or "").casefold()
                self._found[name] = (*self._found.get(name, ()), state)
        return self._found.get(f"{_DATABASE}{server}", ())
