"""Checks of the pair itself: does the pool exist, can it be failed over, does it have a suitable
partner, do the versions agree.
"""

from __future__ import annotations

import difflib

from lyncops.checks.check import (
    Finding,
    Weight,
    check,
    failed,
    of_store,
    pair_unknown,
    passed,
    unknown,
    warning,
)
from lyncops.checks.context import CheckContext
from lyncops.checks.words import listed
from lyncops.deployment.gaps import Need, Part
from lyncops.deployment.model import Pool
from lyncops.sources import fact, page, reference
from lyncops.values import Fqdn, LyncVersion, Unread

_NEAR = 0.8  # of 1: a slip of the fingers
_PAIRING = (
    "Pair the pools in Topology Builder (Resiliency, Associated Backup Pool), publish, and run"
    " setup on every Front End of both."
)


@check(
    "pool-exists", question="Does the topology have this pool?", sources=(fact("wrong-pool-named"),)
)
def pool_exists(situation: CheckContext) -> Finding:
    """FAILED is law: nothing can be done to a pool that is not there."""
    deployment, target = situation.deployment, situation.target
    if isinstance(deployment.pools, Unread):
        return unknown(
            f"The topology could not be read: {deployment.pools.reason}",
            "Give an endpoint of a Front End that still answers, so that its local copy of the"
            " topology can be read; and, where access is denied, an account of"
            " RTCUniversalServerAdmins.",
            blocking=True,
            overridable=False,
        )
    if deployment.pool(target):
        return passed(f"The topology has {target}.")
    owner = deployment.pool_of(target)
    if owner:
        return failed(
            f"{target} is a machine of {owner.fqdn}, not a pool.",
            f"Name the pool: {owner.fqdn}.",
            overridable=False,
        )
    names = [pool.fqdn for pool in deployment.front_end_pools]
    hint = (
        f"Did you mean {' or '.join(meant)}?"
        if (meant := _meant(target, names))
        else "Name one of these pools."
    )
    return failed(
        f"The topology has no pool {target}; its Front End pools are {listed(names)}.",
        hint,
        overridable=False,
    )


def _meant(name: Fqdn, names: list[Fqdn]) -> list[Fqdn]:
    """The names that a wrong one may mean: those that it begins, or all that are equally close
    to it.
    """
    shortened = [known for known in names if known.partition(".")[0] == name]
    if shortened:
        return shortened
    nearness = {known: difflib.SequenceMatcher(None, name, known).ratio() for known in names}
    nearest = max(nearness.values(), default=0.0)
    return [known for known in names if nearness[known] == nearest >= _NEAR]


@check(
    "pool-is-front-end",
    question="Is it a Front End pool?",
    sources=(reference("Invoke-CsPoolFailOver"),),
)
def pool_is_front_end(situation: CheckContext) -> Finding:
    """FAILED is law: only a pool that homes users can be failed over or back."""
    pool = situation.pool
    if pool is None:
        return pair_unknown(situation)
    if pool.kind.is_front_end:
        return passed(f"{pool.fqdn} is a Front End pool, {pool.kind.value} Edition.")
    names = listed(other.fqdn for other in situation.deployment.front_end_pools)
    return failed(
        f"{pool.fqdn} is not a Front End pool (kind: {pool.kind.value}), so no users are homed on"
        " it.",
        f"Name the pool that first homed the users: {names}.",
        overridable=False,
    )


@check(
    "pool-is-paired",
    question="Does it have a suitable backup pool?",
    sources=(reference("Invoke-CsPoolFailOver"), fact("pairing-rules")),
)
def pool_is_paired(situation: CheckContext) -> Finding:
    """No backup pool is law; an unsupported pair is a WARNING, since Lync itself lets it be built
    and run.
    """
    pool = situation.pool
    if pool is None:
        return pair_unknown(situation)
    if isinstance(pool.backup_pool, Unread):
        return unknown(
            f"The backup pool of {pool.fqdn} could not be read: {pool.backup_pool.reason}",
            f"Run Get-CsPoolBackupRelationship -PoolFqdn {pool.fqdn} -LocalStore on a Front End"
            " that still answers.",
            blocking=True,
            overridable=False,
        )
    if pool.version is LyncVersion.V2010:
        return failed(
            f"{pool.fqdn} is of Lync Server 2010, which has no pool pairs: it is left as it is.",
            "Its users can only be moved to another pool (Move-CsUser).",
            overridable=False,
        )
    if pool.backup_pool is None:
        return failed(
            f"{pool.fqdn} has no backup pool, and the cmdlet fails without one.",
            _PAIRING,
            overridable=False,
        )
    partner = situation.partner
    if partner is None:
        return failed(
            f"The backup pool {pool.backup_pool} of {pool.fqdn} is not in the topology.",
            _PAIRING,
            overridable=False,
        )
    oddities = _oddities(pool, partner)
    if oddities:
        return warning(
            f"{pool.fqdn} is paired with {partner.fqdn}, but {listed(oddities)}.",
            "Such a pair is not supported. " + _PAIRING,
        )
    return passed(f"{pool.fqdn} is paired with {partner.fqdn}.")


def _oddities(pool: Pool, partner: Pool) -> list[str]:
    odd: list[str] = []
    if not partner.kind.is_front_end or partner.kind is not pool.kind:
        odd.append(f"one is {pool.kind.value} and the other {partner.kind.value}")
    back = partner.backup_pool
    if not isinstance(back, Unread) and back != pool.fqdn:
        odd.append(f"{partner.fqdn} names {back or 'no pool'} as its own backup pool")
    return odd


@check(
    "pair-in-different-sites",
    question="Are the two pools in different sites?",
    sources=(page("Managing disaster recovery"),),
    needs=lambda situation: (Need(Part.SITES),) if situation.pool else (),
    weight=Weight.NEVER,
)
def pair_in_different_sites(situation: CheckContext) -> Finding:
    """Never in the way: the pair exists as it is."""
    pool, partner = situation.pool, situation.partner
    if pool is None or partner is None:
        return pair_unknown(situation)
    if isinstance(pool.site, Unread) or isinstance(partner.site, Unread):
        return unknown(
            "The site of one of the pools could not be read.", "Look at Get-CsPool.", blocking=False
        )
    if pool.site == partner.site:
        return warning(
            f"Both {pool.fqdn} and {partner.fqdn} are in {pool.site}: if that site is lost, both"
            " pools are lost.",
            "Next time you change the topology, pair pools of different sites.",
        )
    return passed(f"{pool.fqdn} is in {pool.site}, {partner.fqdn} in {partner.site}.")


@check(
    "versions-agree",
    question="Do both pools run the same version, with the same updates?",
    sources=(fact("pairing"),),
    needs=lambda situation: (Need(Part.REPLICAS),) if situation.pool else (),
    weight=Weight.NEVER,
)
def versions_agree(situation: CheckContext) -> Finding:
    """Different generations FAIL a planned move; different updates are a WARNING."""
    pool, partner = situation.pool, situation.partner
    if pool is None or partner is None:
        return pair_unknown(situation)
    if isinstance(pool.version, Unread) or isinstance(partner.version, Unread):
        return unknown(
            "The version of one of the pools could not be read.",
            "Look at Get-CsService -Registrar.",
            blocking=False,
        )
    product_of = situation.deployment.product_of
    if pool.version is not partner.version:
        evidence = (
            f"{pool.fqdn} is {product_of(pool.version)}, {partner.fqdn} is"
            f" {product_of(partner.version)}."
        )
        remedy = "Bring both pools to the same version."
        return warning(evidence, remedy) if situation.disaster else failed(evidence, remedy)
    builds = _builds(situation, pool), _builds(situation, partner)
    if all(builds) and builds[0] != builds[1]:
        return warning(
            f"{pool.fqdn} reports {listed(sorted(builds[0]))}, {partner.fqdn}"
            f" {listed(sorted(builds[1]))}.",
            "Install the same cumulative update on every Front End of both pools.",
        )
    return passed(f"Both pools are {product_of(pool.version)}.")


def _builds(situation: CheckContext, pool: Pool) -> frozenset[str]:
    return frozenset(
        replica.product_version
        for name in {machine.fqdn for machine in pool.machines}
        for replica in situation.store.replicas_of(name)
        if replica.product_version
    )


@check(
    "version-supports",
    question="Does the version have what the procedure needs?",
    sources=(fact("versions"), fact("store-2010")),
    needs=of_store,
    weight=Weight.ALWAYS,
)
def version_supports(situation: CheckContext) -> Finding:
    """Pool pairs came with Lync Server 2013; a store that is still on Lync 2010 moves by other
    cmdlets.
    """
    version = situation.deployment.version
    old_store = [
        copy for copy in situation.store.active_copies if copy.version is LyncVersion.V2010
    ]
    if version is LyncVersion.V2010:
        return failed(
            "Lync Server 2010 does not support pool pairing.",
            "Give an endpoint of a Lync Server 2013 or later pool.",
            overridable=False,
        )
    if old_store and situation.store_pool == situation.target and not situation.disaster:
        return failed(
            f"The Central Management store on {old_store[0].pool} runs Lync Server 2010, which"
            " cannot be failed over.",
            "Move it on the receiving server: Install-CsDatabase -CentralManagementDatabase -Clean,"
            " then Move-CsManagementServer.",
        )
    if isinstance(version, Unread):
        return unknown(
            f"The version could not be read: {version.reason}",
            "Set version in [deployment] of lyncops.toml.",
            blocking=False,
        )
    without = " (no SQL mirroring, no XMPP gateway)" if version is LyncVersion.V2019 else ""
    return passed(f"{situation.deployment.product} supports pool failover and failback{without}.")
