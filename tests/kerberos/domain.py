"""Two Front Ends in a Kerberos realm, and people who log on to them."""

from __future__ import annotations

from datetime import timedelta

import attrs

from lyncops.remoting.clock import SystemClock
from lyncops.remoting.endpoint import Auth, Credentials, Endpoint
from lyncops.remoting.logon import LogOn
from lyncops.remoting.retry import RetryPolicy
from lyncops.remoting.sessions import Sessions
from tests.kerberos.kdc import PASSWORD, USER, Kdc
from tests.remoting.machines import FE1, FE2, POLICY, READ, Ground

PATIENT = attrs.evolve(
    POLICY, open_timeout=timedelta(seconds=10), lost_contact=timedelta(seconds=20)
)


@attrs.frozen(kw_only=True)
class Domain:
    """Two Front Ends behind one scheme."""

    kdc: Kdc
    ground: Ground
    scheme: str

    def endpoint(self, machine: str = FE1, auth: Auth = Auth.KERBEROS) -> Endpoint:
        """One of them."""
        return self.ground.endpoint(machine, scheme=self.scheme, auth=auth)

    def both(self, auth: Auth = Auth.KERBEROS) -> tuple[Endpoint, Endpoint]:
        """Both of them."""
        return self.endpoint(FE1, auth), self.endpoint(FE2, auth)

    def sessions(
        self, *endpoints: Endpoint, user: Credentials | None = None, policy: RetryPolicy = PATIENT
    ) -> Sessions:
        """Sessions as `user`; None: with the ticket that is there."""
        return Sessions(
            endpoints or (self.endpoint(),), credentials=user, policy=policy, clock=SystemClock()
        )

    def logon(self, *endpoints: Endpoint, user: Credentials | None = None) -> LogOn:
        """Read something, and say how that was logged on to."""
        with self.sessions(*endpoints, user=user) as sessions:
            assert not sessions.run(READ).errors
            (logon,) = sessions.logons.used().values()
            return logon


def person(name: str = USER, password: str = PASSWORD) -> Credentials:
    """Somebody with a password."""
    return Credentials(username=name, password=password)
