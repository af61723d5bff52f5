"""The questions that are asked per pool, and what their answers make of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, TypeVar, cast

import attrs

from lyncops.cmdlets import (
    DatabaseMirrorState,
    GetCsDatabaseMirrorState,
    GetCsPoolBackupRelationship,
    GetCsUser,
    GetCsUserDatabaseState,
    PoolBackupRelation,
    User,
    UserDatabaseState,
)
from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.asking import Answer, Question
from lyncops.deployment.back_end_reading import BackEndReading
from lyncops.deployment.backup_module import BackupModule
from lyncops.deployment.backup_reading import BackupReading
from lyncops.deployment.gaps import Gaps, Part, contradiction, why_open
from lyncops.deployment.machine_reading import MachineReading
from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.model import Pool, PoolKind
from lyncops.deployment.pool_state_reading import PoolStateReading, homed_on
from lyncops.deployment.scope import Facet, Scope
from lyncops.deployment.state_by_user import HomePool
from lyncops.deployment.state_reading import StateReading
from lyncops.deployment.topology import UNASKED
from lyncops.deployment.witnesses import Hearing, Statement
from lyncops.remoting.interface import CmdletRunner
from lyncops.values import Fqdn, LyncVersion, Unread

R = TypeVar("R")
_POOL_DEADLINE: Final = timedelta(seconds=45)
_USERS_DEADLINE: Final = timedelta(minutes=10)  # every user object of the pool comes over the wire
_PER_POOL: Final = frozenset(
    {Facet.POOL_STATE, Facet.BACKUP_STATUS, Facet.MIRRORS, Facet.MACHINES, Facet.USERS}
)
_MIRRORING: Final = frozenset({LyncVersion.V2013, LyncVersion.V2015})  # fact: version-differences
# Documented: the error of Get-CsDatabaseMirrorState where a pool has no database of a type (fact:
# mirror-state). It is not a fault.
_NO_SUCH_ROLE: Final = "is not present on pool"
_DATABASE_TYPES: Final = {
    **dict.fromkeys(("rtcab", "rtcshared", "rtcxds"), "User"),
    **dict.fromkeys(("rgsconfig", "rgsdyn", "cpsdyn"), "Application"),
    **dict.fromkeys(("xds", "lis"), "CentralMgmt"),
    **dict.fromkeys(("lcscdr", "qoemetrics"), "Monitoring"),
}
ALWAYS_COPIED: Final = ("UserServices.PresenceFocus", "ConfServices.DataConf")
"""The modules of the Backup Service that every paired pool has."""

STORE_MODULE: Final = "CentralMgmt.CMSMaster"
"""The module of a pool with a copy of the store."""


class PoolReading:
    """All questions about one pool: asked when it is made, answered by `filled`."""

    def __init__(
        self, sessions: CmdletRunner, pool: Pool, scope: Scope, gaps: Gaps, *, local: bool
    ) -> None:
        """Ask what `scope` wants; with `local` the local copy of the configuration is asked at
        once.
        """
        self._sessions, self._pool, self._gaps, self._local = sessions, pool, gaps, local
        wanted = scope.facets if scope.covers(pool.fqdn) else frozenset[Facet]()
        front_end = pool.kind.is_front_end
        self._relation = self._ask_relation() if front_end and wanted & _PER_POOL else None
        self._status = (
            BackupReading(sessions, pool.fqdn, gaps)
            if front_end and Facet.BACKUP_STATUS in wanted
            else None
        )
        self._wants_state = front_end and Facet.POOL_STATE in wanted
        self._state: PoolStateReading | None = None
        self._mirrors = (
            self._ask_mirrors() if _has_mirroring(pool) and Facet.MIRRORS in wanted else None
        )
        self._wants_back_end = pool.kind is PoolKind.ENTERPRISE and Facet.BACK_END in wanted
        self._back_end: Answer[UserDatabaseState] | tuple[UserDatabaseState, ...] | None = None
        self._users = self._ask_users() if front_end and Facet.USERS in wanted else None
        names = [machine.fqdn for machine in pool.machines] if pool.kind.is_asked else []
        asked = [
            name
            for name in names
            if Facet.MACHINES in scope.facets and scope.covers(pool.fqdn, name)
        ]
        self._machines = MachineReading(sessions, pool, asked, gaps)

    def ask_back_end(self, back_ends: BackEndReading) -> None:
        """Ask for the user database too, where what was asked of all pools at once does not tell
        it: after all other questions, since that waits for an answer.
        """
        if self._wants_back_end:
            self._back_end = back_ends.of(self._pool.sql_server) or self._ask_back_end()

    def ask_state(self, states: StateReading) -> None:
        """The same for the state."""
        if self._wants_state:
            self._state = PoolStateReading(self._sessions, self._pool.fqdn, states, self._home)

    def ask_machines(self, heard: Hearing) -> None:
        """Ask the machines themselves that no server may ask: after the first answers, which
        `heard` is.
        """
        self._machines.ask_themselves(heard)

    def ask_deeper(self) -> None:
        """Ask once more for what arrived as a mere name of a type: after the first answers, side by
        side with other pools.
        """
        if self._status is not None:
            self._status.ask_deeper()
        if self._state is not None:
            self._state.ask_deeper()

    def ask_deepest(self) -> None:
        """Ask what rests on those answers."""
        if self._state is not None:
            self._state.ask_about_user()

    @property
    def answers(self) -> list[Answer[object]]:
        """The answers on their way."""
        status = self._status.answer if self._status is not None else None
        state = self._state.answer if self._state is not None else None
        found = (
            self._relation,
            status,
            state,
            self._mirrors,
            self._back_end,
            self._users,
            *self._machines.answers,
        )
        return [cast("Answer[object]", answer) for answer in found if isinstance(answer, Answer)]

    def statements(self) -> Iterator[Statement]:
        """What servers said of the machines of this pool, or they of themselves."""
        return self._machines.statements()

    def filled(self) -> Pool:
        """The pool with what was learnt."""
        pool = self._pool
        if not pool.kind.is_front_end:
            return attrs.evolve(pool, machines=self._machines.read())
        return attrs.evolve(
            pool,
            backup_pool=self._read_relation(),
            state=self._not_asked("the state") if self._state is None else self._state.read(),
            backup_modules=self._read_status(),
            mirrors=self._read_mirrors(),
            back_end_online=self._read_back_end(),
            users=self._read_users(),
            machines=self._machines.read(),
        )

    def _not_asked(self, what: str) -> Unread:
        return Unread(f"{what} of {self._pool.fqdn}", UNASKED, asked=False)

    def _ask(
        self, what: str, cmdlet: Cmdlet[R], *, local: Cmdlet[R] | None = None, partial: bool = False
    ) -> Answer[R]:
        """Ask; at once the local copy when it is known that the store does not answer."""
        first, second = (local, None) if self._local and local is not None else (cmdlet, local)
        return Answer(
            self._sessions,
            Question(
                what=what, cmdlet=first, local=second, partial=partial, deadline=_POOL_DEADLINE
            ),
        )

    def _ask_relation(self) -> Answer[PoolBackupRelation]:
        fqdn = self._pool.fqdn
        return self._ask(
            f"the backup pool of {fqdn}",
            GetCsPoolBackupRelationship(pool_fqdn=fqdn),
            local=GetCsPoolBackupRelationship(pool_fqdn=fqdn, local_store=True),
        )

    def _read_relation(self) -> Fqdn | Unread | None:
        if self._relation is None:
            return self._not_asked("the backup pool")
        relations = self._relation.get()
        if isinstance(relations, Unread):
            return relations
        fqdn = self._pool.fqdn
        named = tuple(
            dict.fromkeys(filter(None, (relation.backup_of(fqdn) for relation in relations)))
        )
        odd = next(filter(None, (relation.why_unread for relation in relations)), None)
        if len(named) > 1:
            odd = f"the answer names {named[0]} and {named[1]}"
        return (
            named[0]
            if len(named) == 1
            else Unread(f"the backup pool of {fqdn}", odd)
            if odd
            else None
        )

    def _read_status(self) -> tuple[BackupModule, ...] | Unread:
        return (
            self._not_asked("the Backup Service status")
            if self._status is None
            else self._status.read()
        )

    def _home(self) -> HomePool:
        machines = self._pool.machines
        if not self._machines.answers:
            self._machines = MachineReading(
                self._sessions, self._pool, [machine.fqdn for machine in machines], self._gaps
            )
        running = any(machine.is_up for machine in self._machines.read())
        return HomePool(
            names=frozenset({self._pool.fqdn, *(machine.fqdn for machine in machines)}),
            is_alive=running,
        )

    def _ask_mirrors(self) -> Answer[DatabaseMirrorState]:
        fqdn = self._pool.fqdn
        return self._ask(
            f"the database mirrors of {fqdn}",
            GetCsDatabaseMirrorState(pool_fqdn=fqdn),
            local=GetCsDatabaseMirrorState(pool_fqdn=fqdn, local_store=True),
            partial=True,
        )

    def _read_mirrors(self) -> tuple[DatabaseMirror, ...] | Unread:
        if self._mirrors is None:
            return self._not_asked("the database mirrors") if _has_mirroring(self._pool) else ()
        states = self._mirrors.get()
        # Lync has only words for it. An error in other words, or in another language, leaves open
        # what was not written.
        others = [error for error in self._mirrors.errors if _NO_SUCH_ROLE not in str(error)]
        if isinstance(states, Unread):
            return () if self._mirrors.errors and not others else states
        if others:
            self._gaps.note(
                Part.MIRRORS,
                f"some database mirrors of {self._pool.fqdn}",
                str(others[0]),
                pool=self._pool.fqdn,
            )
        for state in states:
            self._note_mirror(state)
        return tuple(dict.fromkeys(map(_mirror, states)))

    def _note_mirror(self, state: DatabaseMirrorState) -> None:
        fqdn, name = self._pool.fqdn, state.database_name
        fields = ("database_name", "state_on_primary", "state_on_mirror")
        why = next(filter(None, (why_open(state, field) for field in fields)), None)
        if why is not None:
            what = f"the mirror of {name or 'a database'} of {fqdn}"
            self._gaps.note(Part.MIRRORS, what, why, pool=fqdn, item=name or "")

    def _ask_back_end(self) -> Answer[UserDatabaseState]:
        """Standard Edition cannot be asked from another machine (fact: user-database-state)."""
        return self._ask(
            f"the user database of {self._pool.fqdn}",
            GetCsUserDatabaseState(registrar_pool=self._pool.fqdn),
        )

    def _read_back_end(self) -> bool | Unread | None:
        """Whether every user database of the pool is online."""
        if self._back_end is None:
            return None
        states = self._back_end if isinstance(self._back_end, tuple) else self._back_end.get()
        if isinstance(states, Unread):
            return states
        what = f"the user database of {self._pool.fqdn}"
        told: dict[str, set[bool]] = {}
        for number, state in enumerate(states):
            if state.online is not None:
                told.setdefault((state.identity or f"{number}").casefold(), set()).add(state.online)
        if {False} in told.values():
            return False
        if any(len(words) > 1 for words in told.values()):
            return Unread(what, contradiction(("online", "not online")))
        odd = next(
            filter(None, (why_open(state, "online") for state in states)),
            None if states else "the answer names none",
        )
        return True if odd is None else Unread(what, odd)

    def _ask_users(self) -> Answer[User]:
        what = f"the users of {self._pool.fqdn}"
        cmdlet = GetCsUser(filter=homed_on(self._pool.fqdn))
        return Answer(self._sessions, Question(what=what, cmdlet=cmdlet, deadline=_USERS_DEADLINE))

    def _read_users(self) -> int | Unread:
        if self._users is None:
            return self._not_asked("the number of users")
        users = self._users.get()
        return users if isinstance(users, Unread) else len(users)


def _has_mirroring(pool: Pool) -> bool:
    """Standard Edition has no mirror, 2019 no mirroring; where the version is not known it is
    asked.
    """
    return pool.kind is PoolKind.ENTERPRISE and (
        isinstance(pool.version, Unread) or pool.version in _MIRRORING
    )


def _mirror(state: DatabaseMirrorState) -> DatabaseMirror:
    name = state.database_name or ""
    return DatabaseMirror(
        database=name,
        database_type=state.database_type or _DATABASE_TYPES.get(name.casefold(), ""),
        state_on_primary=state.state_on_primary.value if state.state_on_primary else "",
        state_on_mirror=state.state_on_mirror.value if state.state_on_mirror else "",
        status_on_primary=state.mirroring_status_on_primary or "",
        status_on_mirror=state.mirroring_status_on_mirror or "",
    )
