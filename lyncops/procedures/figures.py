"""The documented durations that estimates and deadlines are made of (facts page 5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

POOL_FAILOVER: Final = timedelta(minutes=20)  # recovery time objective of a pool: 15 to 20 minutes
POOL_FAILBACK: Final = timedelta(minutes=15)  # the same objective, for a pool with few users
FAILBACK_OF_20000_USERS: Final = timedelta(minutes=60)  # "up to 60 minutes"
STORE_FAILOVER: Final = timedelta(minutes=5)  # recovery time objective of the Central Management store
MIRROR_FAILOVER: Final = timedelta(minutes=5)  # the same of an automatic mirror failover
REPLICATION: Final = timedelta(minutes=3)  # a change reaches the replicas: two to three minutes
SETTING: Final = timedelta(seconds=10)  # a Set-Cs cmdlet; no figure is documented
SERVICES: Final = timedelta(minutes=2)  # services of one server stop or start; no figure is documented
EXPORT: Final = timedelta(seconds=30)  # an export; no figure is documented
CONTENT_SYNC: Final = timedelta(minutes=10)  # conference content of 20,000 users; no figure is documented

REPLICATION_DEADLINE: Final = timedelta(minutes=15)
ONE_HOUR: Final = timedelta(hours=1)


def failback(users: int | None) -> timedelta:
    """How long the failback of so many users takes: up to an hour for 20,000. Where the number is not known, that hour."""
    return FAILBACK_OF_20000_USERS if users is None else max(POOL_FAILBACK, FAILBACK_OF_20000_USERS * (users / 20_000))


def content_sync(users: int | None) -> timedelta:
    """How long the conference content of so many users takes, by the same measure."""
    return CONTENT_SYNC if users is None else max(CONTENT_SYNC / 5, CONTENT_SYNC * (users / 20_000))
