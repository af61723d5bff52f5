"""Asks servers to try what users do, and which test users there are."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from lyncops.cmdlets import (
    GetCsHealthMonitoringConfiguration,
    HealthMonitoring,
    TestCsIM,
    TestCsPresence,
    TestCsRegistration,
)
from lyncops.cmdlets.base import Cmdlet
from lyncops.cmdlets.synthetic_tests import TaskOutput
from lyncops.deployment.asking import Answer, Question
from lyncops.deployment.scope import Facet, Scope
from lyncops.deployment.trials import Deed, PoolTestUsers, Trial, Tried, no_test_users
from lyncops.remoting.interface import CmdletRunner
from lyncops.text.sentences import each_once
from lyncops.values import Anywhere, Unread

_DEADLINE: Final = timedelta(minutes=2)
_TEST_USERS: Final = "the test users"


class TrialReading:
    """The trials that a scope wants, and the test users where it wants them: asked when it
    is made.
    """

    def __init__(self, sessions: CmdletRunner, scope: Scope) -> None:
        """Ask at once."""
        wanted = sorted(scope.trials, key=str)
        self._trials = [(trial, Answer(sessions, _question(trial))) for trial in wanted]
        self._users: Answer[HealthMonitoring] | None = None
        if Facet.TEST_USERS in scope.facets:
            cmdlet, local = (
                GetCsHealthMonitoringConfiguration(),
                GetCsHealthMonitoringConfiguration(local_store=True),
            )
            self._users = Answer(
                sessions,
                Question(what=_TEST_USERS, cmdlet=cmdlet, local=local, deadline=_DEADLINE / 2),
            )

    def tried(self) -> tuple[Tried, ...]:
        """The result of each trial."""
        return tuple(_tried(trial, answer) for trial, answer in self._trials)

    def test_users(self) -> tuple[PoolTestUsers, ...] | Unread:
        """The test users of the pools that have some."""
        if self._users is None:
            return no_test_users()
        found = self._users.get()
        if isinstance(found, Unread):
            return found
        having = [
            (one.pool, tuple(user for user in (one.first_user, one.second_user) if user))
            for one in found
        ]
        return tuple(
            PoolTestUsers(pool=pool, users=users) for pool, users in having if pool is not None
        )


def _question(trial: Trial) -> Question[TaskOutput]:
    return Question(
        what=str(trial),
        cmdlet=_cmdlet(trial),
        place=Anywhere(prefer=trial.pool),
        deadline=_DEADLINE,
    )


def _cmdlet(trial: Trial) -> Cmdlet[TaskOutput]:
    first, *others = trial.users
    match trial.deed:
        case Deed.SIGN_IN:
            return TestCsRegistration(target_fqdn=trial.pool, user_sip_address=first)
        case Deed.MESSAGE:
            return TestCsIM(
                target_fqdn=trial.pool, sender_sip_address=first, receiver_sip_address=others[0]
            )
        case Deed.PRESENCE:
            return TestCsPresence(
                target_fqdn=trial.pool,
                subscriber_sip_address=first,
                publisher_sip_address=others[0],
            )


def _tried(trial: Trial, answer: Answer[TaskOutput]) -> Tried:
    found = answer.first()
    if isinstance(found, Unread):
        return Tried(trial=trial, works=found)
    if found is None or not found.result:
        return Tried(trial=trial, works=Unread(str(trial), "the answer has no result"))
    words = each_once(
        (text.strip() for text in (found.error, found.diagnosis) if text and text.strip()),
        between=" ",
    )
    return Tried(trial=trial, works=found.succeeded, words=words)
