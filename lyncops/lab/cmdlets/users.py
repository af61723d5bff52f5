"""Get-CsUser and Get-CsUserPoolInfo.

Most users are only counted; they are made up when somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final
from zlib import crc32

import attrs

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.registry import Opens, Store, reads
from lyncops.lab.model.state import PoolRuntime
from lyncops.values import Fqdn, RemoteObject

_USER: Final = "Microsoft.Rtc.Management.ADConnect.Schema.ADUser"
_POOL_INFO: Final = "Microsoft.Rtc.Management.Xds.GetOCsUserPoolInfoCmdlet+UserInformation"
_FILTER: Final = re.compile(
    r"\{?\s*RegistrarPool\s+-eq\s+(?P<quote>[\"']?)(?P<pool>[^\"'\s]+)(?P=quote)\s*\}?",
    re.IGNORECASE,
)


@attrs.frozen(slots=True)
class LabUser:
    """A user, and the pool that homes it."""

    name: str
    pool: Fqdn
    domain: str

    @property
    def address(self) -> str:
        """Its SIP address."""
        return f"sip:{self.name}@{self.domain}"


def all_users(call: Call, pools: list[PoolRuntime]) -> Iterator[LabUser]:
    """The users that these pools home."""
    for pool in pools:
        short = pool.fqdn.partition(".")[0]
        named = pool.spec.named_users
        for name in named:
            yield LabUser(name, pool.fqdn, call.world.scenario.domain)
        for number in range(1, pool.spec.users - len(named) + 1):
            yield LabUser(f"user{number:05}.{short}", pool.fqdn, call.world.scenario.domain)


def front_ends(call: Call) -> list[PoolRuntime]:
    """The pools that home users."""
    return [pool for pool in call.world.pools.values() if pool.kind.homes_users]


def _filtered(call: Call) -> list[PoolRuntime]:
    pools = front_ends(call)
    if not call.given("Filter"):
        return pools
    found = _FILTER.fullmatch(call.text("Filter").strip())
    if found is None:  # the lab understands no other filter
        call.fail(
            placeholders.BAD_FILTER.format(text=call.text("Filter")), category="InvalidArgument"
        )
    return [pool for pool in pools if pool.fqdn == found["pool"].casefold()]


def _find(call: Call) -> LabUser:
    """The user of -Identity: a SIP address with or without its scheme, or a name."""
    wanted = call.text("Identity").casefold().removeprefix("sip:")
    for user in all_users(call, front_ends(call)):
        if wanted in (user.name, user.address.removeprefix("sip:")):
            return user
    missing = call.text("Identity")
    return call.fail(
        placeholders.UNKNOWN_USER.format(missing), category="ObjectNotFound", target=missing
    )


@reads("Get-CsUser", store=Store.NONE, opens=Opens.DIRECTORY)
def get_cs_user(call: Call) -> Iterator[RemoteObject]:
    """Users from Active Directory.

    RegistrarPool is the home pool and does not change with a failover (fact: users-not-rehomed).
    """
    users: Iterator[LabUser] = (
        iter((_find(call),)) if call.given("Identity") else all_users(call, _filtered(call))
    )
    size = str(call.value("ResultSize") or "")
    for user in islice(users, int(size)) if size.isdecimal() else users:
        identity = (
            f"CN={user.name},CN=Users,{','.join(f'DC={part}' for part in user.domain.split('.'))}"
        )
        values = {
            "Identity": identity,
            "SipAddress": user.address,
            "DisplayName": user.name,
            "RegistrarPool": user.pool,
            "Enabled": True,
            "EnterpriseVoiceEnabled": False,
            "SamAccountName": user.name,
        }
        yield call.make(_USER, values, text=identity)


@reads("Get-CsUserPoolInfo")
def get_cs_user_pool_info(call: Call) -> Iterator[RemoteObject]:
    """Where a user is homed and served.

    What it says after a failover is not documented (fact: user-pool-info): see the switch.
    """
    user = _find(call)
    pool = call.world.pools[user.pool]
    members = pool.spec.machines
    first = crc32(user.name.encode()) % len(members)
    ordered = (*members[first:], *members[:first])
    at_home = pool.serving == pool.fqdn or not call.world.switches.user_info_follows_failover
    values: dict[str, object] = {
        "Identity": user.address,
        "PrimaryPoolFqdn": pool.fqdn,
        "BackupPoolFqdn": pool.spec.backup_pool,
        "UserServicesPoolFqdn": pool.fqdn if at_home else pool.serving,
        "PrimaryPoolMachinesInPreferredOrder": ordered,
        "PrimaryPoolPrimaryRegistrar": ordered[0] if at_home else None,
        "PrimaryPoolBackupRegistrars": ordered[1:] if at_home else (),
        "BackupPoolPrimaryRegistrar": None,
    }
    if pool.spec.backup_pool is not None:
        others = call.world.pools[pool.spec.backup_pool].spec.machines
        values["BackupPoolPrimaryRegistrar"] = others[first % len(others)]
    yield call.make(_POOL_INFO, values, text=user.address)
