"""Get-CsUser, Get-CsUserPoolInfo and Test-CsRegistration. Most users are only counted; they are made up when somebody asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final
from zlib import crc32

import attrs

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.registry import Store, reads
from lyncops.lab.model.state import PoolRuntime
from lyncops.values import Fqdn, RemoteObject

_USER: Final = "Microsoft.Rtc.Management.ADConnect.Schema.ADUser"
_POOL_INFO: Final = "Microsoft.Rtc.Management.Xds.GetOCsUserPoolInfoCmdlet+UserInformation"
_TASK: Final = "Microsoft.Rtc.SyntheticTransactions.TaskOutput"
_FILTER: Final = re.compile(r"\{?\s*RegistrarPool\s+-eq\s+(?P<quote>[\"']?)(?P<pool>[^\"'\s]+)(?P=quote)\s*\}?", re.IGNORECASE)


@attrs.frozen(slots=True)
class _User:
    name: str
    pool: Fqdn
    domain: str

    @property
    def address(self) -> str:
        return f"sip:{self.name}@{self.domain}"


def _users(call: Call, pools: list[PoolRuntime]) -> Iterator[_User]:
    for pool in pools:
        short = pool.fqdn.partition(".")[0]
        named = pool.spec.named_users
        for name in named:
            yield _User(name, pool.fqdn, call.world.scenario.domain)
        for number in range(1, pool.spec.users - len(named) + 1):
            yield _User(f"user{number:05}.{short}", pool.fqdn, call.world.scenario.domain)


def _front_ends(call: Call) -> list[PoolRuntime]:
    return [pool for pool in call.world.pools.values() if pool.kind.homes_users]


def _filtered(call: Call) -> list[PoolRuntime]:
    pools = _front_ends(call)
    if not call.given("Filter"):
        return pools
    found = _FILTER.fullmatch(call.text("Filter").strip())
    if found is None:  # the lab understands no other filter
        call.fail(placeholders.BAD_FILTER.format(text=call.text("Filter")), category="InvalidArgument")
    return [pool for pool in pools if pool.fqdn == found["pool"].casefold()]


def _find(call: Call) -> _User:
    """The user of -Identity: a SIP address with or without its scheme, or a name."""
    wanted = call.text("Identity").casefold().removeprefix("sip:")
    for user in _users(call, _front_ends(call)):
        if wanted in (user.name, user.address.removeprefix("sip:")):
            return user
    missing = call.text("Identity")
    return call.fail(placeholders.UNKNOWN_USER.format(missing), category="ObjectNotFound", target=missing)


@reads("Get-CsUser", store=Store.NONE, opens="Active Directory")
def get_cs_user(call: Call) -> Iterator[RemoteObject]:
    """Users from Active Directory. RegistrarPool is the home pool and does not change with a failover (fact: users-not-rehomed)."""
    users: Iterator[_User] = iter((_find(call),)) if call.given("Identity") else _users(call, _filtered(call))
    size = str(call.value("ResultSize") or "")
    for user in islice(users, int(size)) if size.isdecimal() else users:
        identity = f"CN={user.name},CN=Users,{','.join(f'DC={part}' for part in user.domain.split('.'))}"
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
    """Where a user is homed and served. What it says after a failover is not documented (fact: user-pool-info): see the switch."""
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


@reads("Test-CsRegistration", store=Store.NONE, opens="Active Directory")
def test_cs_registration(call: Call) -> Iterator[RemoteObject]:
    """Whether somebody can sign in at a pool. The result is an object, not an error, as of every synthetic transaction."""
    fqdn = call.text("TargetFqdn").casefold()
    pool = next((p for p in _front_ends(call) if p.fqdn == fqdn or fqdn in p.spec.machines), None)
    if pool is None:
        call.fail(placeholders.UNKNOWN_POOL.format(fqdn), category="ObjectNotFound")
    works = call.world.is_alive(pool)
    values = {
        "TargetFqdn": fqdn,
        "Result": "Success" if works else "Failure",
        "Latency": "00:00:00.1200000" if works else "00:00:00",
        "Error": "" if works else "A connection attempt failed because the connected party did not respond.",
        "Diagnosis": "",
    }
    yield call.make(_TASK, values)
