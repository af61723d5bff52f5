"""The documented durations that estimates and deadlines are made of (fact: recovery-figures)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from lyncops.values import Unread

POOL_FAILOVER: Final = timedelta(minutes=20)  # recovery time objective of a pool: 15 to 20 minutes
POOL_FAILBACK: Final = timedelta(minutes=15)  # the same objective, for a pool with few users
FAILBACK_OF_20000_USERS: Final = timedelta(minutes=60)  # "up to 60 minutes"
# Recovery time objective of the Central Management store
STORE_FAILOVER: Final = timedelta(minutes=5)
MIRROR_FAILOVER: Final = timedelta(minutes=5)  # the same of an automatic mirror failover
REPLICATION: Final = timedelta(minutes=3)  # a change reaches the replicas: two to three minutes
SETTING: Final = timedelta(seconds=10)  # a Set-Cs cmdlet; no figure is documented
# Services of one server stop or start; no figure is documented
SERVICES: Final = timedelta(minutes=2)
EXPORT: Final = timedelta(seconds=30)  # an export; no figure is documented
# Conference content of 20,000 users; no figure is documented
CONTENT_SYNC: Final = timedelta(minutes=10)

REPLICATION_DEADLINE: Final = timedelta(minutes=15)
ONE_HOUR: Final = timedelta(hours=1)


def failback(users: int | Unread) -> timedelta:
    """How long the failback of so many users takes: up to an hour for 20,000.

    Where the number is not known, that hour.
    """
    return max(POOL_FAILBACK, _by_users(users, FAILBACK_OF_20000_USERS))


def content_sync(users: int | Unread) -> timedelta:
    """How long the conference content of so many users takes, by the same measure."""
    return max(CONTENT_SYNC / 5, _by_users(users, CONTENT_SYNC))


def _by_users(users: int | Unread, of_20000: timedelta) -> timedelta:
    """A reading in which users were not counted says 0: then the number is not known either."""
    return of_20000 if isinstance(users, Unread) or not users else of_20000 * (users / 20_000)
