"""The state of one pool: from the list of all, by its own name, by the global configuration, or by
one of its users.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from lyncops.cmdlets import (
    GetCsRegistrarConfiguration,
    GetCsUser,
    GetCsUserPoolInfo,
    RegistrarConfiguration,
    User,
    UserPoolInfo,
)
from lyncops.deployment.asking import Answer, Question
from lyncops.deployment.gaps import contradiction
from lyncops.deployment.model import PoolState
from lyncops.deployment.state_by_user import HomePool, state_by_user
from lyncops.deployment.state_reading import StateReading, by_default
from lyncops.remoting.interface import CmdletRunner
from lyncops.values import Fqdn, Unread

_DEADLINE: Final = timedelta(seconds=45)


class PoolStateReading:
    """The questions about one pool's state; each further one only where those before leave it
    open, and side by side with those of other pools.
    """

    def __init__(
        self,
        sessions: CmdletRunner,
        pool: Fqdn,
        states: StateReading,
        home: Callable[[], HomePool],
    ) -> None:
        """Ask by its name, unless the list of all tells, or nothing answers that cmdlet."""
        self._sessions, self._pool, self._states, self._home = sessions, pool, states, home
        self._what = f"the state of {pool}"
        told = states.of(pool)
        self.answer = None if told or states.is_silent else self._ask()
        """The answer about this pool by its name, perhaps on its way."""
        self._told = told
        self._state: PoolState | Unread | None = None
        self._why = ""
        self._user: Answer[User] | None = None
        self._info: Answer[UserPoolInfo] | None = None
        self._name = ""

    def _ask(self) -> Answer[RegistrarConfiguration]:
        identity = f"Service:Registrar:{self._pool}"
        here = GetCsRegistrarConfiguration(identity=identity, local_store=True)
        everywhere = GetCsRegistrarConfiguration(identity=identity)
        local = self._states.is_local
        return Answer(
            self._sessions,
            Question(
                what=self._what,
                cmdlet=here if local else everywhere,
                local=None if local else here,
                deadline=_DEADLINE,
            ),
        )

    def ask_deeper(self) -> None:
        """Ask for one of its users where no configuration tells its state, the documented way
        round (fact: pool-state).
        """
        self._state = self._configured()
        if self._state is None:
            users = GetCsUser(filter=homed_on(self._pool), result_size=1)
            self._user = Answer(
                self._sessions, Question(what=self._what, cmdlet=users, deadline=_DEADLINE)
            )

    def ask_about_user(self) -> None:
        """Ask about that user."""
        users = None if self._user is None else self._user.first()
        self._name = (users.sip_address or users.identity or "") if isinstance(users, User) else ""
        if self._name:
            self._info = Answer(
                self._sessions,
                Question(
                    what=self._what,
                    cmdlet=GetCsUserPoolInfo(identity=self._name),
                    local=GetCsUserPoolInfo(identity=self._name, local_store=True),
                    partial=True,
                    deadline=_DEADLINE,
                ),
            )

    def read(self) -> PoolState | Unread:
        """The state, after both."""
        if self._state is not None:
            return self._state
        if self._info is None:
            return Unread(self._what, f"{self._why}; and no user of it could be asked about")
        info = self._info.first()
        if not isinstance(info, UserPoolInfo):
            return Unread(
                self._what, f"{self._why}; and Get-CsUserPoolInfo did not answer for {self._name}"
            )
        told = state_by_user(info, self._home())
        return (
            told
            if isinstance(told, PoolState)
            else Unread(self._what, f"{self._why}; and for {self._name} {told}")
        )

    def _configured(self) -> PoolState | Unread | None:
        """What the configurations say; None, and why, where they do not say it."""
        found = self._told or (self._states.listed() if self.answer is None else self.answer.get())
        configurations = () if isinstance(found, Unread) else found
        configurations = configurations or self._by_default()
        known = dict.fromkeys(
            one.pool_state for one in configurations if one.pool_state is not None
        )
        if len(known) > 1:
            return Unread(self._what, contradiction(state.value for state in known))
        for state in known:
            return PoolState(state.value)
        odd = next(
            (
                value
                for one in configurations
                for name, value in one.unknown_properties.items()
                if name.casefold() == "poolstate"
            ),
            None,
        )
        if odd is not None:
            return Unread(self._what, f"{odd} is not a known PoolState")
        self._why = (
            found.reason
            if isinstance(found, Unread)
            else "the registrar configuration has no PoolState"
        )
        return None

    def _by_default(self) -> tuple[RegistrarConfiguration, ...]:
        """A pool that has no configuration of its own has the global one, whose state is Active."""
        if self.answer is None or self.answer.is_silent:
            return ()
        listed = self._states.listed()
        return () if isinstance(listed, Unread) else by_default(listed, self._pool)


def homed_on(pool: Fqdn) -> str:
    """The filter of Get-CsUser for the users that are homed on a pool."""
    return f"RegistrarPool -eq '{pool}'"
