"""Readiness: which pools could be failed over now, in which mode, and what is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.words import counted, listed, sentence
from lyncops.procedures.readiness import (
    ModeReadiness,
    PoolReadiness,
    Readiness,
    ReadinessVerdict,
    SiteReadiness,
)
from lyncops.text.durations import duration_in_words as duration
from lyncops.values import JsonValue
from lyncops.views.blocks import Block, Heading, Table, Text, Tone
from lyncops.views.json_values import to_json

TONES: Final = {
    ReadinessVerdict.READY: Tone.GOOD,
    ReadinessVerdict.READY_WITH_WARNINGS: Tone.CAREFUL,
    ReadinessVerdict.NOT_READY: Tone.BAD,
}


_CARE: Final = {Verdict.PASSED: Tone.GOOD, Verdict.UNKNOWN: Tone.FAINT}


def readiness_data(found: Readiness) -> JsonValue:
    """The answer as JSON."""
    return {
        "deployment": found.deployment,
        "read_at": found.read_at.isoformat(),
        "verdict": to_json(found.verdict),
        "unread": to_json(found.unread),
        "pools": [_pool_data(pool) for pool in found.pools],
        "sites": [_site_data(site) for site in found.sites],
    }


def _site_data(site: SiteReadiness) -> JsonValue:
    return {
        "site": site.site,
        "verdict": site.verdict.value,
        "store": site.store,
        "store_command": site.store_command,
        "pools": [_pool_data(pool) for pool in site.pools],
    }


def _pool_data(pool: PoolReadiness) -> JsonValue:
    return {
        "pool": pool.pool,
        "backup_pool": pool.backup_pool,
        "life": pool.life,
        "verdict": pool.verdict.value,
        "possible_modes": [mode.value for mode in pool.possible],
        "modes": [_mode_data(mode) for mode in pool.modes],
        "care": to_json(pool.care),
    }


def _mode_data(mode: ModeReadiness) -> JsonValue:
    return {
        "mode": mode.mode.value,
        "hypothetical": mode.hypothetical,
        "verdict": mode.verdict.value,
        "expected_loss": mode.expected_loss,
        "estimate_seconds": mode.estimate.total_seconds(),
        "command": mode.command,
        "obstacles": to_json(mode.obstacles),
        "warnings": to_json(mode.warnings),
        "by_hand": list(mode.by_hand),
    }


def findings(found: Readiness, *, details: bool = True) -> Iterator[CheckResult]:
    """The checks that `readiness_blocks` names."""
    for pool in found.pools:
        if details or pool.verdict is not ReadinessVerdict.READY:
            yield from pool.care
            for mode in pool.modes:
                yield from (*mode.obstacles, *mode.warnings)
    for pool in (pool for site in found.sites for pool in site.pools):
        yield from (check for mode in pool.modes for check in mode.obstacles)


def readiness_blocks(found: Readiness, *, details: bool = True) -> Iterator[Block]:
    """The verdict, the table, and below what is in the way, what to think of, and what would be
    lost.

    Without `details` a pool that is ready has its rows in the table and no more.
    """
    yield from verdict_blocks(found)
    if found.unread is not None or not found.pools:
        return
    ready = any(pool.verdict is ReadinessVerdict.READY for pool in found.pools)
    if ready and not details:
        yield Text("--details shows the commands and expected losses of the pools that are ready.")
    columns = (
        "pool",
        "backup pool",
        "is now",
        "mode",
        "verdict",
        "takes",
        "in the way",
        "warnings",
    )
    yield Table(columns, tuple(_row(pool, mode) for pool in found.pools for mode in pool.modes))
    yield from _sites(found.sites)
    for pool in found.pools:
        if details or pool.verdict is not ReadinessVerdict.READY:
            yield from _details(pool)


def verdict_blocks(found: Readiness) -> Iterator[Block]:
    """Of what, when, and the worst of all answers."""
    yield Heading(f"Readiness of {found.deployment} at {found.read_at:%Y-%m-%d %H:%M:%S %Z}")
    if found.unread is not None:
        yield Text(str(found.unread), Tone.BAD)
    elif not found.pools:
        yield Text("The topology has no Front End pool.", Tone.BAD)
    else:
        yield _verdict(found)


def _verdict(found: Readiness) -> Text:
    worst = found.verdict or ReadinessVerdict.NOT_READY
    if worst is ReadinessVerdict.READY:
        return Text(
            f"Ready: {counted(len(found.pools), 'pool')} could be failed over now.", Tone.GOOD
        )
    pools = (pool.pool for pool in found.pools if pool.verdict is worst)
    sites = (f"the loss of {site.site}" for site in found.sites if site.verdict is worst)
    return Text(f"{sentence(worst.value).rstrip('.')}: {listed((*pools, *sites))}.", TONES[worst])


def _sites(sites: tuple[SiteReadiness, ...]) -> Iterator[Block]:
    """What the loss of each site would mean."""
    if not sites:
        return
    yield Heading("If a whole site were lost now")
    yield Table(
        ("site", "its users", "verdict", "in the way", "by hand"), tuple(map(_site_row, sites))
    )
    for site in sites:
        if site.store:
            yield Text(
                f"{site.site}: {site.store}", Tone.CAREFUL if site.store_command else Tone.PLAIN
            )
        if site.store_command:
            yield Text(site.store_command, indent=4, verbatim=True)


def _site_row(site: SiteReadiness) -> tuple[Text | str, ...]:
    modes = [(pool.pool, mode) for pool in site.pools for mode in pool.modes]
    obstacles = [f"{pool}: {check.check_id}" for pool, mode in modes for check in mode.obstacles]
    return (
        site.site,
        ", ".join(f"{pool.pool} to {pool.backup_pool or 'nowhere'}" for pool in site.pools)
        or "are served elsewhere",
        Text(site.verdict.value, TONES[site.verdict]),
        ", ".join(obstacles) or "-",
        ", ".join(dict.fromkeys(title for _, mode in modes for title in mode.by_hand)) or "-",
    )


def _row(pool: PoolReadiness, mode: ModeReadiness) -> tuple[Text | str, ...]:
    return (
        pool.pool,
        pool.backup_pool or "-",
        pool.life,
        mode_in_words(mode),
        Text(mode.verdict.value, TONES[mode.verdict]),
        duration(mode.estimate) if not mode.obstacles else "-",
        ", ".join(check.check_id for check in mode.obstacles) or "-",
        ", ".join(check.check_id for check in mode.warnings) or "-",
    )


def mode_in_words(mode: ModeReadiness) -> str:
    """The mode, and whether it is asked of a pool that lives."""
    return f"{mode.mode.value}, if it died now" if mode.hypothetical else mode.mode.value


def _details(pool: PoolReadiness) -> Iterator[Block]:
    yield Heading(f"{pool.pool}: {pool.verdict.value}")
    for mode in pool.modes:
        possible = "not possible now" if mode.obstacles else f"about {duration(mode.estimate)}"
        yield Text(f"{mode_in_words(mode)}: {possible}", Tone.STRONG)
        if not mode.obstacles:
            yield Text(mode.command, indent=2, verbatim=True)
        for check, tone in (
            *((one, Tone.BAD) for one in mode.obstacles),
            *((one, Tone.CAREFUL) for one in mode.warnings),
        ):
            yield Text(f"{check.check_id}: {check.evidence}", tone, indent=4)
            if check.remedy:
                yield Text(check.remedy, indent=8)
            yield from (
                Text(f"first: {command}", indent=8, verbatim=True) for command in check.first
            )
        yield from (Text(f"by hand: {title}", Tone.CAREFUL, indent=4) for title in mode.by_hand)
        if not mode.obstacles:
            yield Text(f"would lose: {mode.expected_loss}", indent=4)
    for check in pool.care:
        yield Text(
            f"{check.check_id} ({check.verdict.value}): {check.evidence}",
            _CARE.get(check.verdict, Tone.CAREFUL),
        )
        if check.remedy:
            yield Text(check.remedy, indent=4)
